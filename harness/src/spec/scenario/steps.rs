//! From the tables of a scenario to the steps of a plan; refuses what no run could do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use super::ScenarioError;
use super::error::nearest;
use super::file::{StepTable, WaitWord};
use super::prose;
use super::verbs::{Verb, belongs, verb};
use crate::spec::plan::{App, Plan};
use crate::spec::{
    ClientName, ContextPath, Expect, FaultKind, Membership, NodeName, Role, Step, StepKind, Target, Topology, Until,
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
        undoable: BTreeMap::new(),
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
    /// What was done to a node and is to be undone by a later step.
    undoable: BTreeMap<NodeName, FaultKind>,
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
        belongs(step, &name)?;
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
            && (!living.contains(node) || self.undoable.get(node) == Some(&FaultKind::Pause))
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
        if let Some(lasting) = &step.lasting {
            if !kind.is_undone_in_place() {
                return Err(ScenarioError::at(lasting.span(), format!("a {kind} cannot be undone after a time"))
                    .help("`restart` brings a node back"));
            }
            if lasting.get_ref().0 == 0 {
                return Err(ScenarioError::at(lasting.span(), format!("a {kind} for no time hits nothing")));
            }
        }
        if let Some(before) = node.node().and_then(|node| self.undoable.get(node))
            && !kind.spares_the_host()
        {
            return Err(ScenarioError::at(target.span(), format!("the {before} of {node} still lasts"))
                .help(format!("`heal = \"{node}\"` before it")));
        }
        let percent = percent(kind, target, step)?;
        self.heartbeats(kind, target)?;
        let of_session = node.role().is_some_and(Role::is_of_a_session);
        let kind_of_step = StepKind::Fault {
            kind,
            node: node.clone(),
            client: if of_session { Some(client(step)?) } else { step.client.clone() },
            percent,
            lasting: step.lasting.as_ref().map(|lasting| *lasting.get_ref()),
        };
        match (node.node(), kind.is_undone_in_place()) {
            (Some(name), true) if step.lasting.is_none() => drop(self.undoable.insert(name.clone(), kind)),
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

    /// Only multicast membership has heartbeats that can be cut and leave the sessions' way open.
    fn heartbeats(&self, kind: FaultKind, target: &Spanned<Target>) -> Result<(), ScenarioError> {
        let membership = self.topology.cluster.membership;
        if kind == FaultKind::MembershipPartition && membership != Membership::Multicast {
            return Err(ScenarioError::at(
                target.span(),
                format!("membership {membership} sends no heartbeats of its own"),
            )
            .help("`membership = \"multicast\"` in [cluster], or `tribes-partition`"));
        }
        Ok(())
    }

    /// The node whose fault still lasts, where that is one of these.
    fn lasting(&self, kinds: impl Fn(FaultKind) -> bool) -> Option<(&NodeName, FaultKind)> {
        self.undoable.iter().map(|(node, kind)| (node, *kind)).find(|(_, kind)| kinds(*kind))
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
            && self.undoable.remove(node).is_none()
        {
            return Err(ScenarioError::at(target.span(), format!("nothing was done to {node} that can be undone"))
                .help("`restart` brings a dead node back"));
        }
        self.add(StepKind::Heal { node: target.get_ref().clone() }, step.say.as_ref());
        Ok(())
    }

    fn restart(&mut self, target: &Spanned<Target>, step: &StepTable) -> Result<(), ScenarioError> {
        if let Some((node, kind)) = self.lasting(FaultKind::cuts) {
            let message =
                format!("the {kind} of {node} still lasts: a node that starts would take over one side's sessions");
            return Err(ScenarioError::at(target.span(), message).help(format!("`heal = \"{node}\"` before it")));
        }
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
            WaitWord::ClusterFormed => {
                let one_way = |kind| matches!(kind, FaultKind::DropOutgoing | FaultKind::DropIncoming);
                if let Some((node, kind)) = self.lasting(one_way) {
                    let message = format!("who sees whom while the {kind} of {node} lasts depends on the traffic");
                    return Err(ScenarioError::at(word.span(), message).help(format!("`heal = \"{node}\"` before it")));
                }
                Until::ClusterFormed
            }
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

fn percent(kind: FaultKind, target: &Spanned<Target>, step: &StepTable) -> Result<Option<u8>, ScenarioError> {
    match (&step.percent, kind) {
        (Some(percent), _) if !(1..=99).contains(percent.get_ref()) => {
            Err(ScenarioError::at(percent.span(), "percent must be 1 to 99 here"))
        }
        (None, FaultKind::PacketLoss) => {
            Err(ScenarioError::at(target.span(), "how many packets are lost?").help("`percent = 30`"))
        }
        (percent, _) => Ok(percent.as_ref().map(|percent| *percent.get_ref())),
    }
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

/// Adds the looks at replicas that a verdict rests on: after requests, after a restart, when the cluster has formed anew,
/// and at the end.
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
            StepKind::Restart { .. } | StepKind::Get { .. } | StepKind::Wait { until: Until::ClusterFormed, .. } => {
                blind = true;
            }
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
