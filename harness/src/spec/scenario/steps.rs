//! From the tables of a scenario to the steps of a plan; refuses what no run could do.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;

use super::ScenarioError;
use super::error::nearest;
use super::file::{StepTable, WaitWord};
use super::prose;
use crate::spec::plan::{App, Plan};
use crate::spec::{
    ClientName, ContextPath, Expect, FaultKind, NodeName, Role, Step, StepKind, Target, Topology, Until,
};

/// A plan has at most this many steps, repetitions counted.
const MOST_STEPS: usize = 5000;
const MOST_REPEATS: u32 = 1000;
const MOST_CLIENTS: u32 = 1000;
const MOST_TIMES: u32 = 100_000;
const MOST_NESTED: usize = 4;
/// Who asks where nobody is named.
const CLIENT: &str = "alice";

/// The steps of a scenario on a cluster of this shape, the start and the looks at replicas included.
pub(super) fn steps(tables: &[Spanned<StepTable>], topology: &Topology) -> Result<Vec<Step>, ScenarioError> {
    let mut story = Story {
        topology,
        steps: vec![],
        contexts: vec![],
        living: Some(topology.names().cloned().collect()),
        paused: BTreeSet::new(),
    };
    story.add(StepKind::Start, None);
    story.all(tables, 0)?;
    Ok(observed(story.steps))
}

/// What is known of the cluster when a step begins.
struct Story<'a> {
    topology: &'a Topology,
    steps: Vec<Step>,
    /// Where apps are served, the last one last; whether each is the counter.
    contexts: Vec<(ContextPath, bool)>,
    /// The nodes that run. `None` behind a fault on a role: nobody knows then which.
    living: Option<BTreeSet<NodeName>>,
    paused: BTreeSet<NodeName>,
}

/// The verb of a step, with its place.
enum Verb<'t> {
    Deploy(&'t Spanned<String>),
    Request(Range<usize>),
    Get(&'t Spanned<String>),
    Observe(&'t Spanned<ContextPath>),
    Fault(FaultKind, &'t Spanned<Target>),
    Heal(&'t Spanned<Target>),
    Restart(&'t Spanned<Target>),
    Wait(&'t Spanned<WaitWord>),
    Repeat(&'t Spanned<u32>),
}

impl Story<'_> {
    fn add(&mut self, kind: StepKind, say: Option<&String>) {
        self.add_expecting(kind, say, None);
    }

    fn add_expecting(&mut self, kind: StepKind, say: Option<&String>, expect: Option<Expect>) {
        let title = say.cloned().unwrap_or_else(|| prose::title(&kind, self.topology));
        self.steps.push(Step { title, expect, kind });
    }

    fn all(&mut self, tables: &[Spanned<StepTable>], depth: usize) -> Result<(), ScenarioError> {
        tables.iter().try_for_each(|table| self.one(table, depth))
    }

    fn one(&mut self, table: &Spanned<StepTable>, depth: usize) -> Result<(), ScenarioError> {
        let (span, step) = (table.span(), table.get_ref());
        if self.steps.len() > MOST_STEPS {
            return Err(ScenarioError::at(span, format!("more than {MOST_STEPS} steps, repetitions counted")));
        }
        self.known_nodes(step)?;
        let (name, verb) = verb(step, &span)?;
        belongs(step, name)?;
        let say = step.say.as_ref();
        match verb {
            Verb::Deploy(app) => self.deploy(app, step),
            Verb::Request(at) => self.request(step, &at),
            Verb::Get(path) => self.get(step, path),
            Verb::Observe(context) => {
                self.served(context.get_ref(), context.span())?;
                self.add(StepKind::Observe { context: context.get_ref().clone() }, say);
                Ok(())
            }
            Verb::Fault(kind, target) => self.fault(kind, target, step),
            Verb::Heal(target) => self.heal(target, step),
            Verb::Restart(target) => self.restart(target, step),
            Verb::Wait(word) => self.wait(word, step),
            Verb::Repeat(times) => self.repeat(times, step, depth),
        }
    }

    fn known_nodes(&self, step: &StepTable) -> Result<(), ScenarioError> {
        let names = || self.topology.names().map(NodeName::as_str);
        for target in step.targets() {
            let Some(node) = target.get_ref().node().filter(|node| self.topology.node(node).is_none()) else {
                continue;
            };
            let all: Vec<&str> = names().collect();
            let message = format!("there is no node {node}: the cluster has {}", all.join(", "));
            let words = names().chain(Role::ALL.into_iter().map(|(_, name)| name));
            let error = ScenarioError::at(target.span(), message);
            return Err(match nearest(node.as_str(), words) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        }
        if let Some(node) = step.expected_route().filter(|node| self.topology.node(node).is_none()) {
            let span = step.expect.as_ref().map(Spanned::span).unwrap_or_default();
            return Err(ScenarioError::at(span, format!("the route of {node} cannot come: there is no such node")));
        }
        Ok(())
    }

    fn deploy(&mut self, app: &Spanned<String>, step: &StepTable) -> Result<(), ScenarioError> {
        let (span, name) = (app.span(), app.get_ref().as_str());
        let (app, context) = match name {
            "counter" => (App::Counter, "/counter".parse()),
            "local-counter" => (App::LocalCounter, "/counter".parse()),
            path if path.ends_with(".war") => {
                let path = camino::Utf8PathBuf::from(path);
                let context = ContextPath::of_war(path.file_name().unwrap_or_default());
                (App::War(path), context)
            }
            other => {
                let error = ScenarioError::at(span, format!("no app is called {other:?}"));
                return Err(match nearest(other, ["counter", "local-counter"]) {
                    Some(near) => error.help(format!("did you mean `{near}`? A WAR of yours ends in .war")),
                    None => error.help("`counter`, `local-counter`, or the path of a WAR"),
                });
            }
        };
        let context = match &step.at {
            Some(at) => at.get_ref().clone(),
            None => context.map_err(|error| ScenarioError::at(span, error.to_string()))?,
        };
        self.contexts.retain(|(served, _)| *served != context);
        self.contexts.push((context.clone(), app.is_counter()));
        self.add(StepKind::Deploy { app, context }, step.say.as_ref());
        Ok(())
    }

    /// The context of a step: the one that it names, else the one that was deployed last.
    fn context(&self, step: &StepTable, verb: Range<usize>) -> Result<ContextPath, ScenarioError> {
        match &step.at {
            Some(at) => self.served(at.get_ref(), at.span()).map(|()| at.get_ref().clone()),
            None => match self.contexts.last() {
                Some((context, _)) => Ok(context.clone()),
                None => Err(ScenarioError::at(verb, "no app is deployed yet").help("`deploy = \"counter\"` before it")),
            },
        }
    }

    fn served(&self, context: &ContextPath, span: Range<usize>) -> Result<(), ScenarioError> {
        if self.contexts.iter().any(|(served, _)| served == context) {
            return Ok(());
        }
        Err(ScenarioError::at(span, format!("{context} is not deployed here")))
    }

    fn request(&mut self, step: &StepTable, verb: &Range<usize>) -> Result<(), ScenarioError> {
        let Some(request) = step.request.as_ref().map(|request| *request.get_ref()) else { return Ok(()) };
        let context = self.context(step, verb.clone())?;
        if !self.contexts.iter().any(|(served, counter)| *served == context && *counter) {
            return Err(ScenarioError::at(verb.clone(), format!("{context} is not the counter app"))
                .help("`get` asks an app of yours"));
        }
        let node = self.asked(step, verb)?;
        let expect = expectation(step)?;
        let clients = within(step.clients.as_ref(), "clients", MOST_CLIENTS)?;
        let kind = StepKind::Request {
            client: client(step)?,
            node,
            context,
            request,
            times: within(step.times.as_ref(), "times", MOST_TIMES)?,
            clients,
            parallel: within(step.parallel.as_ref(), "parallel", clients)?,
        };
        self.add_expecting(kind, step.say.as_ref(), expect);
        Ok(())
    }

    fn get(&mut self, step: &StepTable, path: &Spanned<String>) -> Result<(), ScenarioError> {
        let span = path.span();
        if !path.get_ref().starts_with('/') || path.get_ref().chars().any(|c| c.is_control() || c == ' ') {
            return Err(ScenarioError::at(span, "a path begins with / and has no blanks"));
        }
        let node = self.asked(step, &span)?;
        let expect = expectation(step)?;
        if let (Some(said), Some(expect)) = (&step.expect, &expect)
            && (expect.count.is_some() || expect.once.is_some() || expect.list.is_some())
        {
            return Err(ScenarioError::at(said.span(), "only the counter app answers with count, once and list")
                .help("`body` is a text that any answer may contain"));
        }
        let kind = StepKind::Get {
            client: client(step)?,
            node,
            path: path.get_ref().clone(),
            times: within(step.times.as_ref(), "times", MOST_TIMES)?,
        };
        self.add_expecting(kind, step.say.as_ref(), expect);
        Ok(())
    }

    /// The node of a request: it must run, unless it is expected to be silent.
    fn asked(&self, step: &StepTable, verb: &Range<usize>) -> Result<Target, ScenarioError> {
        let Some(on) = &step.on else {
            return Err(ScenarioError::at(verb.clone(), "nobody is asked")
                .help("`on = \"n1\"`, or a role: `owner`, `backup`, `neither`, `rotate`"));
        };
        let silent = step.expect.as_ref().is_some_and(|expect| expect.get_ref().answered == Some(false));
        if let (Some(node), Some(living)) = (on.get_ref().node(), &self.living)
            && !silent
            && (!living.contains(node) || self.paused.contains(node))
        {
            return Err(ScenarioError::at(on.span(), format!("{node} does not run here"))
                .help("restart it before, or say `expect = { answered = false }`"));
        }
        if self.living.as_ref().is_some_and(BTreeSet::is_empty) && !silent {
            return Err(ScenarioError::at(on.span(), "no node runs here any more"));
        }
        Ok(on.get_ref().clone())
    }

    fn fault(&mut self, kind: FaultKind, target: &Spanned<Target>, step: &StepTable) -> Result<(), ScenarioError> {
        let node = target.get_ref();
        self.must_live(target)?;
        if matches!(node.role(), Some(Role::Rotate | Role::Victim)) {
            return Err(ScenarioError::at(target.span(), format!("{node} is no node to break")));
        }
        if let Some(lasting) = &step.lasting
            && (!kind.is_undone_in_place() || lasting.get_ref().0 == 0)
        {
            return Err(ScenarioError::at(lasting.span(), format!("a {kind} cannot be undone after a time"))
                .help("`restart` brings a node back"));
        }
        let of_session = node.role().is_some_and(Role::is_of_a_session);
        let kind_of_step = StepKind::Fault {
            kind,
            node: node.clone(),
            client: if of_session { Some(client(step)?) } else { step.client.clone() },
            lasting: step.lasting.as_ref().map(|lasting| *lasting.get_ref()),
        };
        match (node.node(), kind.is_undone_in_place()) {
            (Some(name), true) if step.lasting.is_none() => drop(self.paused.insert(name.clone())),
            (Some(name), false) => {
                if let Some(living) = &mut self.living {
                    living.remove(name);
                }
            }
            (None, false) => self.living = None,
            _ => {}
        }
        self.add(kind_of_step, step.say.as_ref());
        Ok(())
    }

    fn must_live(&self, target: &Spanned<Target>) -> Result<(), ScenarioError> {
        match (target.get_ref().node(), &self.living) {
            (Some(node), Some(living)) if !living.contains(node) => {
                Err(ScenarioError::at(target.span(), format!("{node} does not run here")).help("restart it before"))
            }
            (_, Some(living)) if living.is_empty() => {
                Err(ScenarioError::at(target.span(), "no node runs here any more"))
            }
            _ => Ok(()),
        }
    }

    fn heal(&mut self, target: &Spanned<Target>, step: &StepTable) -> Result<(), ScenarioError> {
        if let Some(node) = target.get_ref().node()
            && self.living.is_some()
            && !self.paused.remove(node)
        {
            return Err(ScenarioError::at(target.span(), format!("nothing was done to {node} that can be undone"))
                .help("`restart` brings a dead node back"));
        }
        self.add(StepKind::Heal { node: target.get_ref().clone() }, step.say.as_ref());
        Ok(())
    }

    fn restart(&mut self, target: &Spanned<Target>, step: &StepTable) -> Result<(), ScenarioError> {
        match (target.get_ref(), &mut self.living) {
            (Target::Node(node), Some(living)) => {
                if !living.insert(node.clone()) {
                    return Err(ScenarioError::at(target.span(), format!("{node} runs here already"))
                        .help("`stop` or `kill` it before"));
                }
            }
            (Target::Role(Role::Victim) | Target::Node(_), _) => {}
            (Target::Role(role), _) => {
                return Err(ScenarioError::at(target.span(), format!("the {role} runs already"))
                    .help("`victim` is the node that was broken last"));
            }
        }
        self.add(StepKind::Restart { node: target.get_ref().clone() }, step.say.as_ref());
        Ok(())
    }

    fn wait(&mut self, word: &Spanned<WaitWord>, step: &StepTable) -> Result<(), ScenarioError> {
        let named = || match &step.on {
            Some(on) => match on.get_ref() {
                Target::Node(node) => Ok(node.clone()),
                Target::Role(role) => Err(ScenarioError::at(on.span(), format!("{role} is no node's name"))),
            },
            None => Err(ScenarioError::at(word.span(), "for which node?").help("`on = \"n1\"`")),
        };
        let until = match word.get_ref() {
            WaitWord::ClusterFormed => Until::ClusterFormed,
            WaitWord::StateTransferred => {
                Until::StateTransferred { node: named()?, context: self.context(step, word.span())? }
            }
            WaitWord::Sessions => {
                let Some(count) = &step.sessions else {
                    return Err(ScenarioError::at(word.span(), "for how many?").help("`sessions = 5`"));
                };
                let context = self.context(step, word.span())?;
                Until::Sessions { node: named()?, context, count: *count.get_ref() }
            }
        };
        let within = step.within.as_ref().map(|within| *within.get_ref());
        self.add(StepKind::Wait { until, within }, step.say.as_ref());
        Ok(())
    }

    fn repeat(&mut self, times: &Spanned<u32>, step: &StepTable, depth: usize) -> Result<(), ScenarioError> {
        let count = *times.get_ref();
        if !(1..=MOST_REPEATS).contains(&count) {
            return Err(ScenarioError::at(times.span(), format!("a repetition goes 1 to {MOST_REPEATS} times")));
        }
        if step.steps.is_empty() {
            return Err(ScenarioError::at(times.span(), "nothing is repeated").help("`steps = [ … ]`"));
        }
        if depth >= MOST_NESTED {
            return Err(ScenarioError::at(times.span(), format!("repetitions nest at most {MOST_NESTED} deep")));
        }
        (0..count).try_for_each(|_| self.all(&step.steps, depth + 1))
    }
}

fn expectation(step: &StepTable) -> Result<Option<Expect>, ScenarioError> {
    let Some(said) = &step.expect else { return Ok(None) };
    let (span, expect) = (said.span(), said.get_ref());
    let refuse = |message: &str| Err(ScenarioError::at(span.clone(), message));
    if *expect == Expect::default() {
        return refuse("nothing is expected");
    }
    let silent = Expect { answered: Some(false), ..Expect::default() };
    if expect.answered == Some(false) && *expect != silent {
        return refuse("an answer that does not come shows nothing else");
    }
    if expect.status.is_some_and(|status| !(100..600).contains(&status)) {
        return refuse("no HTTP status is like that");
    }
    if expect.count.is_some_and(|count| count < 0) {
        return refuse("the counter never goes below 0");
    }
    if expect.first_answer_within.is_some_and(|limit| limit.0 == 0) {
        return refuse("no answer comes within no time");
    }
    Ok(Some(expect.clone()))
}

fn client(step: &StepTable) -> Result<ClientName, ScenarioError> {
    match &step.client {
        Some(client) => Ok(client.clone()),
        None => ClientName::new(CLIENT).map_err(|error| ScenarioError::nowhere(error.to_string())),
    }
}

fn within(number: Option<&Spanned<u32>>, what: &str, most: u32) -> Result<u32, ScenarioError> {
    let Some(number) = number else { return Ok(1) };
    if (1..=most).contains(number.get_ref()) {
        return Ok(*number.get_ref());
    }
    Err(ScenarioError::at(number.span(), format!("{what} must be 1 to {most} here")))
}

/// The one verb of a step.
fn verb<'t>(step: &'t StepTable, span: &Range<usize>) -> Result<(&'static str, Verb<'t>), ScenarioError> {
    let faults = [
        ("kill", FaultKind::Kill, &step.kill),
        ("stop", FaultKind::Stop, &step.stop),
        ("pause", FaultKind::Pause, &step.pause),
        ("lose-host", FaultKind::LoseHost, &step.lose_host),
    ];
    let faults = faults
        .into_iter()
        .filter_map(|(name, kind, target)| target.as_ref().map(|target| (name, Verb::Fault(kind, target))));
    let others = [
        step.deploy.as_ref().map(|app| ("deploy", Verb::Deploy(app))),
        step.request.as_ref().map(|request| ("request", Verb::Request(request.span()))),
        step.get.as_ref().map(|path| ("get", Verb::Get(path))),
        step.observe.as_ref().map(|context| ("observe", Verb::Observe(context))),
        step.heal.as_ref().map(|target| ("heal", Verb::Heal(target))),
        step.restart.as_ref().map(|target| ("restart", Verb::Restart(target))),
        step.wait.as_ref().map(|word| ("wait", Verb::Wait(word))),
        step.repeat.as_ref().map(|times| ("repeat", Verb::Repeat(times))),
    ];
    let mut found = others.into_iter().flatten().chain(faults);
    match (found.next(), found.next()) {
        (Some(verb), None) => Ok(verb),
        (Some((one, _)), Some((other, _))) => {
            Err(ScenarioError::at(span.clone(), format!("{one} and {other} in one step")).help("a step does one thing"))
        }
        (None, _) => Err(ScenarioError::at(span.clone(), "this step does nothing")
            .help("one of deploy, request, get, observe, kill, stop, pause, lose-host, heal, restart, wait, repeat")),
    }
}

/// Refuses a key that says nothing beside the step's verb.
fn belongs(step: &StepTable, verb: &str) -> Result<(), ScenarioError> {
    fn place<T>(key: Option<&Spanned<T>>) -> Option<Range<usize>> {
        key.map(Spanned::span)
    }
    let keys = [
        ("clients", place(step.clients.as_ref()), &["request"][..]),
        ("parallel", place(step.parallel.as_ref()), &["request"]),
        ("on", place(step.on.as_ref()), &["request", "get", "wait"]),
        ("times", place(step.times.as_ref()), &["request", "get"]),
        ("at", place(step.at.as_ref()), &["deploy", "request", "wait"]),
        ("for", place(step.lasting.as_ref()), &["kill", "stop", "pause", "lose-host"]),
        ("within", place(step.within.as_ref()), &["wait"]),
        ("sessions", place(step.sessions.as_ref()), &["wait"]),
        ("expect", place(step.expect.as_ref()), &["request", "get"]),
        ("steps", step.steps.first().map(Spanned::span), &["repeat"]),
    ];
    let alien = keys
        .into_iter()
        .find_map(|(key, span, verbs)| Some((key, span?, verbs)).filter(|(_, _, verbs)| !verbs.contains(&verb)));
    match alien {
        Some((key, span, verbs)) => Err(ScenarioError::at(span, format!("`{key}` says nothing beside `{verb}`"))
            .help(format!("it belongs to {}", verbs.join(", ")))),
        None => Ok(()),
    }
}

/// Adds the looks at replicas that a verdict rests on: after requests, after a restart, and at the end.
fn observed(steps: Vec<Step>) -> Vec<Step> {
    let mut seen = Vec::with_capacity(steps.len() * 2);
    let mut context: Option<ContextPath> = None;
    let mut blind = false;
    for step in steps {
        let asks = matches!(step.kind, StepKind::Request { .. } | StepKind::Get { .. } | StepKind::Observe { .. });
        if let Some(context) = context.as_ref().filter(|_| blind && !asks) {
            seen.push(look(context));
            blind = false;
        }
        match &step.kind {
            StepKind::Deploy { context: deployed, .. } => (context, blind) = (Some(deployed.clone()), true),
            StepKind::Request { context: asked, .. } => (context, blind) = (Some(asked.clone()), true),
            StepKind::Restart { .. } | StepKind::Get { .. } => blind = true,
            StepKind::Observe { .. } => blind = false,
            _ => {}
        }
        seen.push(step);
    }
    seen.extend(context.as_ref().filter(|_| blind).map(look));
    seen
}

fn look(context: &ContextPath) -> Step {
    Step::new("read every replica", StepKind::Observe { context: context.clone() })
}

impl Plan {
    /// Whether it asks the counter app after a fault: only then do the guarantees about sessions have something to show.
    pub(super) fn tests_sessions(&self) -> bool {
        let broken = self.steps.iter().position(|step| matches!(step.kind, StepKind::Fault { .. }));
        let asked = self.steps.iter().rposition(|step| matches!(step.kind, StepKind::Request { .. }));
        broken.is_some_and(|broken| asked.is_some_and(|asked| asked > broken))
    }
}
