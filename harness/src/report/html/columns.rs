//! What the page draws, as columns: a list a property, not an object a mark. Times are microseconds of the run's clock.

use std::collections::HashMap;

use serde::Serialize;

use crate::history::{Event, FaultPhase, History, Nanos, NodeObservation, OperationId, Outcome, RecordKind};
use crate::model::{FaultKind, NodeName, SessionId};
use crate::verdict::COUNT_ATTRIBUTE;

/// No such thing, in a column of indexes.
const NONE: i64 = -1;

/// See the module.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Columns<'a> {
    nodes: Names<'a>,
    clients: Names<'a>,
    /// The stems of the session ids.
    sessions: Names<'a>,
    /// When each record was made, as the difference to the one before.
    at: Vec<i64>,
    /// What each record is, one letter each: i(nvoke), c(omplete), f(ault), o(bserve), e(vent), l(og).
    kinds: String,
    /// The node of each record.
    node_of: Vec<i64>,
    operations: Operations,
    faults: Vec<Fault>,
    lives: Vec<Life>,
    replicas: Replicas,
    logs: Logs<'a>,
}

/// Requests, in order of invocation.
#[derive(Debug, Default, Serialize)]
struct Operations {
    /// Their numbers.
    id: Vec<u32>,
    /// The record of the invocation.
    invoke: Vec<i64>,
    /// The record of the end, -1 while it is open.
    complete: Vec<i64>,
    node: Vec<i64>,
    client: Vec<i64>,
    /// The session whose id was sent, and the one that was answered.
    sent: Vec<i64>,
    answered: Vec<i64>,
    /// One each: o(k), f(ailed), u(nknown), p(ending).
    outcome: Letters,
}

/// A letter for each of many things, written as one text.
#[derive(Debug, Default)]
struct Letters(Vec<char>);

impl Serialize for Letters {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.iter().collect::<String>())
    }
}

/// A fault, drawn from its hit to its end.
#[derive(Debug, Serialize)]
struct Fault {
    number: u32,
    kind: String,
    node: i64,
    record: usize,
    /// When it hit; `None` where it missed or nothing is known.
    from: Option<u64>,
    /// When it was undone or its node was ready again; `None` where it lasted.
    until: Option<u64>,
    state: String,
}

/// A life of a node.
#[derive(Debug, Serialize)]
struct Life {
    node: i64,
    from: u64,
    ready: Option<u64>,
    until: Option<u64>,
}

/// What a look at a node showed of a session.
#[derive(Debug, Default, Serialize)]
struct Replicas {
    record: Vec<i64>,
    node: Vec<i64>,
    session: Vec<i64>,
    /// The counter, `None` where the replica shows none.
    count: Vec<Option<i64>>,
}

/// Classified log lines.
#[derive(Debug, Default, Serialize)]
struct Logs<'a> {
    classes: Names<'a>,
    record: Vec<usize>,
    class: Vec<i64>,
    /// S(EVERE), W(ARNING), I(NFO and all below).
    level: String,
}

/// Names, each once, in order of appearance.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
struct Names<'a> {
    names: Vec<std::borrow::Cow<'a, str>>,
    #[serde(skip)]
    index: HashMap<std::borrow::Cow<'a, str>, i64>,
}

impl<'a> Names<'a> {
    fn of(&mut self, name: impl Into<std::borrow::Cow<'a, str>>) -> i64 {
        let name = name.into();
        if let Some(index) = self.index.get(&name) {
            return *index;
        }
        let index = position(self.names.len());
        self.names.push(name.clone());
        self.index.insert(name, index);
        index
    }
}

impl<'a> Columns<'a> {
    pub(super) fn of(history: &'a History) -> Self {
        let mut columns = Self::default();
        let mut open: HashMap<OperationId, usize> = HashMap::new();
        let mut before = 0;
        for (index, record) in history.records.iter().enumerate() {
            let at = micros(record.at);
            let now = i64::try_from(at).unwrap_or(i64::MAX);
            columns.at.push(now - before);
            before = now;
            let (letter, node) = columns.record(&record.kind, index, at, &mut open);
            columns.kinds.push(letter);
            columns.node_of.push(node);
        }
        columns
    }

    /// The place of an operation among all, by its number.
    pub(super) fn places(&self) -> HashMap<OperationId, usize> {
        self.operations.id.iter().enumerate().map(|(place, id)| (OperationId(*id), place)).collect()
    }

    /// The place of a node among all.
    pub(super) fn node(&self, node: &NodeName) -> i64 {
        self.nodes.index.get(node.as_str()).copied().unwrap_or(NONE)
    }

    fn record(
        &mut self,
        kind: &'a RecordKind,
        index: usize,
        at: u64,
        open: &mut HashMap<OperationId, usize>,
    ) -> (char, i64) {
        match kind {
            RecordKind::Invoke { operation, client, node, session, .. } => {
                open.entry(*operation).or_insert(self.operations.id.len());
                let (client, node) = (self.clients.of(client.as_str()), self.nodes.of(node.as_str()));
                let sent = session.as_ref().map_or(NONE, |id| self.sessions.of(id.stem()));
                self.operations.invoked(*operation, index, (client, node, sent));
                ('i', node)
            }
            RecordKind::Complete { operation, outcome } => {
                let Some(place) = open.get(operation).copied() else { return ('c', NONE) };
                self.complete(place, index, outcome);
                ('c', self.operations.node[place])
            }
            RecordKind::Fault { fault, kind, node, phase } => {
                let name = self.nodes.of(node.as_str());
                self.fault(*fault, *kind, name, phase, index, at);
                ('f', name)
            }
            RecordKind::Observe(observation) => ('o', self.observe(observation, index)),
            RecordKind::Event(event) => ('e', self.event(event, at)),
            RecordKind::Log(line) => {
                let node = self.nodes.of(line.node.as_str());
                let class = serde_json::to_value(line.class).ok().and_then(|class| class.as_str().map(str::to_owned));
                self.logs.record.push(index);
                self.logs.class.push(self.logs.classes.of(class.unwrap_or_default()));
                self.logs.level.push(match line.level.as_str() {
                    "SEVERE" => 'S',
                    "WARNING" => 'W',
                    _ => 'I',
                });
                ('l', node)
            }
        }
    }

    fn complete(&mut self, place: usize, index: usize, outcome: &'a Outcome) {
        if self.operations.complete[place] != NONE {
            return;
        }
        let (letter, reply) = match outcome {
            Outcome::Ok { reply } => ('o', Some(reply)),
            Outcome::Failed { .. } => ('f', None),
            Outcome::Unknown { reply, .. } => ('u', reply.as_ref()),
        };
        let counter = reply.and_then(|reply| reply.counter.as_ref());
        let answered = counter.and_then(|counter| counter.session.as_ref()).map(SessionId::stem);
        self.operations.answered[place] = answered.map_or(NONE, |stem| self.sessions.of(stem));
        self.operations.complete[place] = position(index);
        self.operations.outcome.0[place] = letter;
    }

    fn fault(&mut self, number: u32, kind: FaultKind, node: i64, phase: &FaultPhase, record: usize, at: u64) {
        let known = self.faults.iter().position(|fault| fault.number == number).unwrap_or_else(|| {
            let state = "asked for".to_owned();
            let kind = kind.to_string();
            self.faults.push(Fault { number, kind, node, record, from: None, until: None, state });
            self.faults.len() - 1
        });
        let fault = &mut self.faults[known];
        match phase {
            FaultPhase::Asked => {}
            FaultPhase::Hit { proof } => {
                (fault.from, fault.record, fault.state) = (Some(at), record, format!("took effect: {proof}"));
                if !kind.leaves_it_up() {
                    self.end_of_life(node, at);
                }
            }
            FaultPhase::Missed { seen } => (fault.record, fault.state) = (record, format!("had no effect: {seen}")),
            FaultPhase::Healed { .. } => {
                fault.until = Some(at);
                // A node that ran on was up all the time.
                if kind.leaves_it_up() {
                    return;
                }
                self.lives.push(Life { node, from: at, ready: Some(at), until: None });
            }
        }
    }

    fn event(&mut self, event: &'a Event, at: u64) -> i64 {
        match event {
            Event::ClusterAdopted { nodes, .. } => {
                for node in nodes {
                    let node = self.nodes.of(node.as_str());
                    self.lives.push(Life { node, from: at, ready: Some(at), until: None });
                }
                NONE
            }
            Event::NodeStarts { node } => {
                let node = self.nodes.of(node.as_str());
                self.end_of_life(node, at);
                self.lives.push(Life { node, from: at, ready: None, until: None });
                node
            }
            Event::NodeReady { node } => {
                let node = self.nodes.of(node.as_str());
                if let Some(life) = self.lives.iter_mut().rfind(|life| life.node == node) {
                    life.ready.get_or_insert(at);
                }
                for fault in self.faults.iter_mut().filter(|fault| fault.node == node && fault.from.is_some()) {
                    fault.until.get_or_insert(at);
                }
                node
            }
            Event::NodeDied { node, .. } => {
                let node = self.nodes.of(node.as_str());
                self.end_of_life(node, at);
                node
            }
            // What the front was told is drawn with the front.
            Event::FrontTold { .. } => NONE,
            event => event.node().map_or(NONE, |node| self.nodes.of(node.as_str())),
        }
    }

    fn end_of_life(&mut self, node: i64, at: u64) {
        if let Some(life) = self.lives.iter_mut().rfind(|life| life.node == node) {
            life.until.get_or_insert(at);
        }
    }

    fn observe(&mut self, observation: &'a NodeObservation, index: usize) -> i64 {
        let node = self.nodes.of(observation.node.as_str());
        let contexts = observation.state().map_or(&[][..], |state| &state.contexts);
        for session in contexts.iter().flat_map(|context| &context.sessions) {
            let count = session.attributes.get(COUNT_ATTRIBUTE).and_then(|count| count.value.as_i64());
            self.replicas.record.push(position(index));
            self.replicas.node.push(node);
            self.replicas.session.push(self.sessions.of(session.id.stem()));
            self.replicas.count.push(count.filter(|_| session.valid));
        }
        node
    }
}

impl Operations {
    fn invoked(&mut self, id: OperationId, record: usize, (client, node, sent): (i64, i64, i64)) {
        self.id.push(id.0);
        self.invoke.push(position(record));
        self.complete.push(NONE);
        self.node.push(node);
        self.client.push(client);
        self.sent.push(sent);
        self.answered.push(NONE);
        self.outcome.0.push('p');
    }
}

/// Microseconds since the run's start.
fn micros(at: Nanos) -> u64 {
    at.0 / 1000
}

fn position(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
