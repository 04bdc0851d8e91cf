//! Steps by hand: the plan of a cluster that stays up grows step by step, as a scenario would say it.
//!
//! A step is written as in a scenario file, read by the scenario's reader, and done by the executor of every run, with the
//! looks at replicas that a scenario gets. So all steps together are a scenario ([`ByHand::recipe`]), and what they showed is
//! judged as that of a run ([`ByHand::judge`]).

mod error;
mod proof;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::error::ByHandError;
pub use self::proof::AnswerSeen;
use super::execution::{Ended, TrialError, judge_walk};
use super::executor::{Walk, Wars};
use super::import::{self, DoneStep, RecordedAnswer};
use crate::cluster::{Cluster, ClusterError};
use crate::history::{Event, Reply};
use crate::model::plan::{App, AppRequest};
use crate::model::scenario::{Head, Recipe};
use crate::model::step::Through;
use crate::model::{ContextPath, FaultKind, Guarantee, NodeName, Plan, RunId, Scenario, State, Step, StepKind};
use crate::verdict::{self, Verdict};

/// The requests of the counter app, each a page.
const PAGES: [AppRequest; 6] = [
    AppRequest::Count,
    AppRequest::Read,
    AppRequest::Mutate,
    AppRequest::Invalidate,
    AppRequest::ChangeId,
    AppRequest::ShortLive,
];

/// What is done by hand to one cluster, from its start on.
#[derive(Debug)]
pub struct ByHand {
    cluster: Arc<Cluster>,
    name: String,
    /// What is said beside the steps, where the cluster is that of a scenario.
    head: Option<Head>,
    /// The plan of all that was asked for last, for what it has beside its steps.
    template: Plan,
    /// Whether a wait that finds nothing ends what is done, as in a run.
    as_a_run: bool,
    walk: Walk,
    /// What was asked for.
    asked: Vec<Asked>,
    /// How many steps of the plan of that are behind us.
    planned: usize,
    /// Each step that was begun, as the history has it.
    done: Vec<Step>,
    guarantees: Vec<Guarantee>,
    /// What failed and is not repeated, to be noted with the next step.
    notes: Vec<String>,
    /// Whether nothing was done since all sessions were asked for last.
    read: bool,
}

/// A step that was asked for.
#[derive(Debug, Clone)]
struct Asked {
    table: Map<String, Value>,
    note: Option<String>,
    /// The last answer to it.
    answer: Option<RecordedAnswer>,
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepDone {
    /// What was done, in words.
    pub title: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// How that is known, a line each.
    pub proof: Vec<String>,
    /// What was answered.
    pub answers: Vec<AnswerSeen>,
}

/// All that was done by hand, when it has ended.
#[derive(Debug)]
pub struct HandDone {
    /// What was done.
    pub plan: Plan,
    /// The same as a scenario file.
    pub recipe: String,
    /// What it showed.
    pub ended: Ended,
}

impl ByHand {
    /// Nothing was done yet, not even the start.
    ///
    /// # Errors
    /// A plan without steps cannot be made.
    pub fn new(cluster: Arc<Cluster>, name: impl Into<String>, head: Option<Head>) -> Result<Self, ByHandError> {
        let name = head.as_ref().and_then(Head::name).map_or_else(|| name.into(), str::to_owned);
        let plan = Plan::new(name.clone(), cluster.topology().clone(), vec![], vec![]);
        let walk = Walk::new(&plan, Wars::default(), cluster.clone());
        let (asked, done, notes, guarantees) = (vec![], vec![], vec![], vec![]);
        let (template, as_a_run, planned, read) = (plan, false, 0, false);
        Ok(Self { cluster, name, head, template, as_a_run, walk, asked, planned, done, guarantees, notes, read })
    }

    /// Whether a wait that finds nothing ends what is done, as in a run.
    pub fn go_as_a_run(&mut self, as_a_run: bool) {
        self.as_a_run = as_a_run;
    }

    /// What all that was done so far shows, without asking for anything more. Plan and verdict are in the run's folder then.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn so_far(&self) -> Result<Verdict, ByHandError> {
        self.cluster.read_logs();
        self.write_plan()?;
        let verdict = verdict::judge(&self.done_plan(), &self.cluster.recorder().history());
        let run_dir = self.cluster.run_dir();
        run_dir.write_json(&run_dir.verdict(), &verdict).map_err(ByHandError::RunDir)?;
        Ok(verdict)
    }

    /// The cluster.
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Starts the nodes.
    ///
    /// # Errors
    /// One does not start, or they do not see each other in time.
    pub async fn start(&mut self) -> Result<StepDone, ByHandError> {
        let plan = self.plan(&[])?;
        let started = self.steps(&plan, 0).await?;
        self.planned = due(&plan);
        Ok(started)
    }

    /// Does a step, written as in a scenario file: `{"kill": "n1"}`.
    ///
    /// # Errors
    /// It cannot follow here, and nothing was done; or it failed.
    pub async fn step(&mut self, table: Map<String, Value>) -> Result<StepDone, ByHandError> {
        self.take_note_of_deaths().await?;
        let before = self.plan(&self.asked)?;
        let mut table = state_after(&before).map_or(table.clone(), |state| counter_request(&table, state.apps()));
        // As it is done, so that a recipe says it.
        if !self.cluster.topology().has_farm() && ["deploy", "undeploy"].iter().any(|verb| table.contains_key(*verb)) {
            table.entry("through").or_insert_with(|| Through::Copy.to_string().into());
        }
        let mut asked = self.asked.clone();
        asked.push(Asked { table, note: None, answer: None });
        let plan = self.plan(&asked)?;
        let runtime = self.cluster.runtime();
        plan.check(runtime.name(), &runtime.capabilities())?;
        let done = self.steps(&plan, self.planned).await;
        let living = self.cluster.living();
        let note = std::mem::take(&mut self.notes).join("\n");
        if let Some(last) = asked.last_mut() {
            last.note = Some(note).filter(|note| !note.is_empty());
        }
        match &done {
            Ok(done) => {
                if let Some(last) = asked.last_mut() {
                    last.answer = done.answers.last().and_then(AnswerSeen::reply).map(recorded);
                }
            }
            // An archive that cannot be read was put nowhere.
            Err(ByHandError::App(_)) => {
                self.notes = asked.pop().and_then(|asked| asked.note).into_iter().collect();
                return done;
            }
            // What failed may have left something all the same, or be what is to be repeated.
            Err(error)
                if plan.steps[..due(&plan)].last().is_some_and(|step| is_repeated(&step.kind, error, &living)) =>
            {
                if let Some(last) = asked.last_mut() {
                    let note = last.note.take().into_iter().chain([format!("failed: {error}")]);
                    last.note = Some(note.collect::<Vec<_>>().join("\n"));
                }
            }
            Err(error) => {
                let title = plan.steps[..due(&plan)].last().map_or("", |step| step.title.as_str());
                self.notes = asked.pop().and_then(|asked| asked.note).into_iter().collect();
                self.notes.push(format!("{title} failed here: {error}"));
                return done;
            }
        }
        (self.asked, self.planned) = (asked, due(&plan));
        done
    }

    /// Asks for every session once more where one was not asked for since something happened, as a run does at its end, and
    /// judges all that was done so far. Plan and verdict are in the run's folder then.
    ///
    /// # Errors
    /// A node died that nobody had asked to end, or the folder cannot be written.
    pub async fn judge(&mut self) -> Result<Verdict, ByHandError> {
        self.take_note_of_deaths().await?;
        let plan = self.plan(&self.asked)?;
        if !self.read {
            let behind = plan.steps[due(&plan)..].to_vec();
            self.all(&behind).await?;
            self.read = true;
        }
        self.so_far()
    }

    /// What was done, as a scenario file that does it again. What an answer gave and a later request sent is captured there,
    /// for it is another one when it is done again.
    pub fn recipe(&self) -> String {
        let topology = self.cluster.topology();
        let mut notes: Vec<String> = self.notes.iter().map(|note| format!("At the end: {note}")).collect();
        if let Some(home) = &topology.jvm.home {
            notes.push(format!("Run it with --java {home}."));
        }
        if !topology.jvm.env.is_empty() {
            let names: Vec<&str> = topology.jvm.env.keys().map(String::as_str).collect();
            notes.push(format!("Run it with --env for {}.", names.join(", ")));
        }
        if let Some(own) = &topology.own {
            let files = own.nodes.iter().map(|(node, files)| {
                let path = files.base.as_ref().or(files.conf.as_ref()).unwrap_or(&files.server_xml);
                format!("--node {node}={path}")
            });
            let runtime = self.cluster.runtime().name();
            notes.push(format!("Run it with --runtime {runtime} {}.", files.collect::<Vec<_>>().join(" ")));
        }
        let done = self.asked.iter();
        let mut done: Vec<DoneStep> =
            done.map(|asked| DoneStep { table: asked.table.clone(), answer: asked.answer.clone() }).collect();
        import::capture(&mut done);
        let filled =
            done.into_iter().zip(&self.asked).map(|(done, asked)| Asked { table: done.table, ..asked.clone() });
        let filled = self.written(&filled.collect::<Vec<_>>(), notes.clone());
        match Scenario::parse(filled.as_bytes()) {
            Ok(_) => filled,
            Err(_) => self.written(&self.asked, notes),
        }
    }

    /// Steps as a scenario on this cluster.
    fn written(&self, asked: &[Asked], notes: Vec<String>) -> String {
        let steps = asked.iter().map(|asked| (&asked.table, asked.note.as_deref())).collect();
        let (topology, head) = (self.cluster.topology(), self.head.as_ref());
        Recipe { name: &self.name, notes, topology, head, steps }.text()
    }

    /// Ends all nodes. What was done until then is judged as it stands.
    ///
    /// # Errors
    /// Something could not be removed.
    pub async fn end(self) -> Result<HandDone, ByHandError> {
        let (plan, recipe) = (self.done_plan(), self.recipe());
        self.walk.stop().await;
        let _ = self.cluster.heal_all().await;
        let collected = self.cluster.collect_logs().await;
        let ended = self.cluster.shutdown().await;
        let history = self.cluster.recorder().close();
        let verdict = verdict::judge(&plan, &history);
        let run_dir = self.cluster.run_dir();
        run_dir.write_plan(&plan).map_err(ByHandError::RunDir)?;
        run_dir.write_json(&run_dir.verdict(), &verdict).map_err(ByHandError::RunDir)?;
        ended?;
        // Of nodes that were only about to start there may be no logs.
        let _ = collected;
        let kept = std::collections::BTreeMap::new();
        let ended = Ended { history, verdict, cut_short: None, interrupted: false, kept, cluster: None };
        Ok(HandDone { plan, recipe, ended })
    }

    /// The run whose id everything carries.
    pub fn run(&self) -> &RunId {
        &self.cluster.machines().run
    }

    /// The plan of a scenario with these steps, on this cluster.
    fn plan(&self, asked: &[Asked]) -> Result<Plan, ByHandError> {
        let topology = self.cluster.topology();
        // What is read is what a recipe says.
        let scenario = Scenario::parse(self.written(asked, vec![]).as_bytes())?;
        let plans = scenario.plans(topology)?;
        let plan = plans.into_iter().next().map(|run| run.plan);
        let plan = plan.ok_or_else(|| ByHandError::Refused { message: "no plan".to_owned(), help: None })?;
        // As it was prepared, whatever these steps would have asked for.
        Ok(plan.on(topology.clone()))
    }

    /// Does the steps of a plan from this one on, less what only its end asks for.
    async fn steps(&mut self, plan: &Plan, from: usize) -> Result<StepDone, ByHandError> {
        let new = &plan.steps[from.min(due(plan))..due(plan)];
        self.guarantees.clone_from(&plan.guarantees);
        self.template = Plan { steps: vec![], ..plan.clone() };
        self.read = false;
        let records = self.cluster.recorder().read(|history| history.records.len());
        let begun = Instant::now();
        self.all(new).await?;
        let took = begun.elapsed();
        let title = new.last().map(|step| step.title.clone()).unwrap_or_default();
        let (proof, answers) = self.cluster.recorder().read(|history| proof::of(&history.records[records..]));
        Ok(StepDone { title, took_ms: millis(took), proof, answers })
    }

    async fn all(&mut self, steps: &[Step]) -> Result<(), ByHandError> {
        let new = Plan::new(self.name.clone(), self.cluster.topology().clone(), vec![], steps.to_vec());
        let wars = Wars::of(&new, self.cluster.machines().compiler.as_ref()).await?;
        self.walk.learn(steps, wars);
        let recorder = self.cluster.recorder().clone();
        recorder.keep_lines_with(self.done_plan().log_texts().into_iter().chain(new.log_texts()).collect());
        for step in steps {
            self.done.push(step.clone());
            self.write_plan()?;
            let number = u32::try_from(self.done.len()).unwrap_or(u32::MAX);
            if let Err(error) = self.walk.one(number, step).await {
                if let (StepKind::Wait { .. }, Some(ran_out), false) = (&step.kind, was_answered(&error), self.as_a_run)
                {
                    recorder.event(ran_out);
                    recorder.event(Event::StepEnds { step: number });
                    return Err(error.into());
                }
                // A wait that ran out is recorded, for the verdict to say what it means.
                return Err(match judge_walk(Err(error), &self.done_plan(), &recorder) {
                    Ok(Some(error)) | Err(TrialError::Cluster(error)) => error.into(),
                    Err(TrialError::RunDir(error)) => ByHandError::RunDir(error),
                    Ok(None) => continue,
                    Err(other) => ByHandError::Refused { message: other.to_string(), help: None },
                });
            }
        }
        match recorder.take_write_error() {
            Some(error) => Err(ByHandError::RunDir(error)),
            None => Ok(()),
        }
    }

    fn done_plan(&self) -> Plan {
        Plan { guarantees: self.guarantees.clone(), steps: self.done.clone(), ..self.template.clone() }
    }

    fn write_plan(&self) -> Result<(), ByHandError> {
        self.cluster.run_dir().write_plan(&self.done_plan()).map_err(ByHandError::RunDir)
    }

    /// A node that exited unexpectedly is down from here on, as if it had been killed: who repeats the steps must do that.
    async fn take_note_of_deaths(&mut self) -> Result<(), ByHandError> {
        self.cluster.notice_deaths().await;
        for node in self.died()? {
            let note = format!("{node} exited unexpectedly here");
            let table = Map::from_iter([(FaultKind::Kill.to_string(), Value::String(node.to_string()))]);
            self.asked.push(Asked { table, note: Some(note), answer: None });
            self.planned = due(&self.plan(&self.asked)?);
        }
        Ok(())
    }

    /// The nodes that run as far as the steps know, and do not.
    fn died(&self) -> Result<Vec<NodeName>, ByHandError> {
        if self.done.is_empty() {
            return Ok(vec![]);
        }
        let plan = self.plan(&self.asked)?;
        let Some(state) = state_after(&plan) else { return Ok(vec![]) };
        let Some(expected) = &state.nodes().living else { return Ok(vec![]) };
        let (living, broken) = (self.cluster.living(), self.cluster.broken());
        Ok(expected.iter().filter(|node| !living.contains(*node) && !broken.contains(*node)).cloned().collect())
    }
}

/// An answer, as far as the history keeps it.
fn recorded(reply: &Reply) -> RecordedAnswer {
    let body = reply.body.clone().unwrap_or_default();
    RecordedAnswer { status: reply.status, headers: reply.headers.clone(), body }
}

/// How many steps of a plan are due before its end is: all but the last looks and the final read.
fn due(plan: &Plan) -> usize {
    let is_last = |step: &&Step| matches!(step.kind, StepKind::Observe { .. } | StepKind::FinalRead);
    plan.steps.len() - plan.steps.iter().rev().take_while(is_last).count()
}

/// The state behind the steps of a plan that are due.
fn state_after(plan: &Plan) -> Option<State<'_>> {
    let mut state = State::of(&plan.topology);
    plan.steps[..due(plan)].iter().try_for_each(|step| state.apply(step)).ok()?;
    Some(state)
}

/// A plain GET of a page of the counter app as the `request` that it is: more is known of its answer then, and its session is
/// judged as that of the counter. Any other step stays as it is.
fn counter_request(table: &Map<String, Value>, apps: &[(ContextPath, App)]) -> Map<String, Value> {
    let plain = table.keys().all(|key| matches!(key.as_str(), "get" | "on" | "client"));
    let path = table.get("get").and_then(Value::as_str).filter(|_| plain);
    let Some((path, (context, _))) = path.and_then(|path| {
        let of = ContextPath::serving(path, apps.iter().map(|(context, _)| context))?;
        Some((path, apps.iter().find(|(context, app)| context == of && app.is_counter())?))
    }) else {
        return table.clone();
    };
    let request = match PAGES.iter().find(|request| context.page(request.page()) == path) {
        Some(request) => *request,
        None if context.page("") == path => AppRequest::Count,
        None => return table.clone(),
    };
    let mut counter = table.clone();
    counter.remove("get");
    counter.insert("request".to_owned(), serde_json::to_value(request).unwrap_or_default());
    counter.insert("at".to_owned(), context.to_string().into());
    counter
}

/// Whether a step that failed is repeated by a recipe: what it leaves is there, or the failure is what it showed. A fault that
/// had no effect, a node that did not start and a wait that was answered with no have left nothing.
fn is_repeated(kind: &StepKind, error: &ByHandError, living: &BTreeSet<NodeName>) -> bool {
    let ran_out = matches!(error, ByHandError::Failed(ClusterError::Wait { .. } | ClusterError::NotDeployed { .. }));
    match kind {
        StepKind::Fault { .. } | StepKind::Heal { .. } | StepKind::Front { .. } => false,
        // A node that runs came back, whatever was waited for behind that.
        StepKind::Restart { node, .. } => ran_out && node.node().is_some_and(|node| living.contains(node)),
        StepKind::StartAgain => ran_out && living.len() > 1,
        StepKind::Wait { .. } => !matches!(error, ByHandError::Failed(error) if was_answered(error).is_some()),
        _ => true,
    }
}

/// What a wait showed that ran out and that no guarantee was to end: that it was not so. What follows is done all the same.
fn was_answered(error: &ClusterError) -> Option<Event> {
    let ClusterError::Wait { breaks: None, source, .. } = error else { return None };
    Some(Event::WaitRanOut {
        wanted: source.wanted.clone(),
        last_seen: source.last_seen.clone(),
        waited_ms: millis(source.waited),
        breaks: None,
        went_on: true,
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
