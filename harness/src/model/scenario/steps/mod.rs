//! From the tables of a scenario to the steps of a plan; refuses what no run could do.

mod apps;
mod asks;
mod breaks;
mod looks;

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::ScenarioError;
use super::error::nearest;
use super::file::StepTable;
use super::prose;
use super::verbs::{Verb, belongs, verb};
use crate::model::plan::{App, Plan};
use crate::model::{ClientName, ContextPath, Expect, FaultKind, NodeName, Role, Step, StepKind, Topology};

/// A plan has at most this many steps, repetitions counted.
const MOST_STEPS: usize = 5000;
const MOST_REPEATS: u32 = 1000;
const MOST_NESTED: usize = 4;

/// The steps of a scenario on a cluster of this shape, the start and the looks at replicas included.
pub(super) fn steps(tables: &[Spanned<StepTable>], topology: &Topology) -> Result<Vec<Step>, ScenarioError> {
    let mut sequence = Sequence {
        topology,
        steps: vec![],
        contexts: vec![],
        living: Some(topology.names().cloned().collect()),
        undoable: BTreeMap::new(),
        detached: BTreeSet::new(),
        traffic: BTreeSet::new(),
        captured: BTreeMap::new(),
    };
    sequence.add(StepKind::Start, None);
    sequence.all(tables, 0)?;
    Ok(looks::observed(sequence.steps))
}

/// What is known of the cluster when a step begins.
struct Sequence<'a> {
    topology: &'a Topology,
    steps: Vec<Step>,
    /// Where which apps are served, the last one last.
    contexts: Vec<(ContextPath, App)>,
    /// The apps that were dropped and not waited for.
    detached: BTreeSet<ContextPath>,
    /// The nodes that run. `None` behind a fault on a role: nobody knows then which.
    living: Option<BTreeSet<NodeName>>,
    /// What was done to a node and is to be undone by a later step.
    undoable: BTreeMap<NodeName, Vec<FaultKind>>,
    /// Whose traffic goes on.
    traffic: BTreeSet<ClientName>,
    /// What clients have captured of answers, by their name and how many of it they were.
    captured: BTreeMap<(ClientName, u32), BTreeSet<String>>,
}

impl Sequence<'_> {
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
        let logs = logs(step, &name)?;
        match verb {
            Verb::Deploy(app) => self.deploy(app, step),
            Verb::Request(at) => self.request(step, &at),
            Verb::Undeploy(context) => self.undeploy(context, step),
            Verb::Http(method, path) => self.http(method, path, step),
            Verb::Traffic(request) => self.traffic(request, step),
            Verb::EndTraffic(client) => self.end_traffic(client, step),
            Verb::Look(node) => self.look(node, step),
            Verb::RollingRestart(how) => self.rolling_restart(how, step),
            Verb::ColdRestart(how) => self.cold_restart(how, step),
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
        }?;
        if let (Some(logs), Some(last)) = (logs, self.steps.last_mut()) {
            last.expect.get_or_insert(logs);
        }
        Ok(())
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

/// What a step that asks nobody expects: lines of logs.
fn logs(step: &StepTable, verb: &str) -> Result<Option<Expect>, ScenarioError> {
    let Some(said) = &step.expect else { return Ok(None) };
    let asks = ["request", "get", "post", "put", "delete", "look"].contains(&verb);
    if asks || (verb != "repeat" && !said.get_ref().is_about_more_than_logs()) {
        return Ok(Some(said.get_ref().clone()).filter(|_| !asks));
    }
    Err(ScenarioError::at(said.span(), format!("`expect` of `{verb}` cannot be about an answer"))
        .help("`log` and `no-log` are about the nodes' logs"))
}

impl Plan {
    /// Whether it asks after a fault, the final read included: the counter app, or by requests that any app takes. Only then
    /// do the guarantees about their sessions have something to show.
    pub(super) fn asks_after_a_fault(&self, counter: bool) -> bool {
        let asks = |step: &StepKind| match step {
            StepKind::Request { .. } => counter,
            StepKind::Http { .. } => !counter,
            _ => false,
        };
        let mut asked = false;
        let mut asking = BTreeSet::new();
        let mut broken = false;
        for Step { kind, .. } in &self.steps {
            broken |= matches!(kind, StepKind::Fault { .. });
            let now = asks(kind) || (asked && matches!(kind, StepKind::FinalRead));
            if broken && (now || !asking.is_empty()) {
                return true;
            }
            match kind {
                StepKind::Traffic { client, .. } if counter => drop(asking.insert(client)),
                StepKind::HttpTraffic { client, .. } if !counter => drop(asking.insert(client)),
                StepKind::EndTraffic { client } => drop(asking.remove(client)),
                _ => {}
            }
            asked |= now || !asking.is_empty();
        }
        broken && !asking.is_empty()
    }
}
