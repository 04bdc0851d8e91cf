//! What goes on in a lab, as it is written: read on from the history and the logs of its run.

use std::collections::{BTreeMap, VecDeque};

use camino::Utf8PathBuf;
use serde::Serialize;
use tomee_harness::history::{Event, FaultPhase, History, Nanos, OperationId, Outcome, Record, RecordKind};
use tomee_harness::keeper::{Ask, Client, LogEntry, Tail, appended};
use tomee_harness::model::NodeName;
use tomee_harness::verdict;

/// How many answers count as the traffic of now.
const RECENT: usize = 200;

/// A line of the history, as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Row {
    /// Since the begin of the run.
    pub(super) at_ms: u64,
    /// `request`, `fault`, `event`, `look` or `log`.
    pub(super) kind: &'static str,
    /// The node that it is about.
    pub(super) node: Option<String>,
    pub(super) text: String,
    /// Whether it is something that one wants to know of.
    pub(super) bad: bool,
    /// What begins or ends with it on its node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edge: Option<Edge>,
}

/// The begin or the end of something that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Edge {
    /// The node is down.
    Down,
    /// It is back, with all its faults gone.
    Up,
    /// A fault takes effect, which can be undone.
    Begins(u32),
    /// It was undone.
    Ends(u32),
}

/// The requests of the last while.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Traffic {
    /// How many were made in all.
    pub(super) total: usize,
    /// How many of the recent ones were answered well, and how many not.
    pub(super) answered: usize,
    pub(super) failed: usize,
    /// What the recent answers took, in milliseconds.
    pub(super) median_ms: u64,
    pub(super) longest_ms: u64,
}

/// Reads on.
#[derive(Debug)]
pub(super) struct Live {
    client: Client,
    tail: Option<Tail>,
    history: Utf8PathBuf,
    offset: u64,
    open: BTreeMap<OperationId, (Nanos, String, NodeName)>,
    recent: VecDeque<(bool, u64)>,
    total: usize,
}

impl Live {
    pub(super) fn of(client: Client) -> Self {
        let history = client.entry().folder.join("history.jsonl");
        let (open, recent) = (BTreeMap::new(), VecDeque::new());
        Self { client, tail: None, history, offset: 0, open, recent, total: 0 }
    }

    /// The lines of the nodes' logs since the last call, without details.
    pub(super) fn logs(&mut self) -> Vec<LogEntry> {
        if self.tail.is_none() {
            let paths = self.client.call(&Ask::Logs, |_| {}).ok();
            self.tail = paths.and_then(|paths| serde_json::from_value(paths).ok()).map(Tail::of);
        }
        let detail = |entry: &LogEntry| matches!(entry.level.as_str(), "FINE" | "FINER" | "FINEST");
        let entries = self.tail.as_mut().map(|tail| tail.read_on(false)).unwrap_or_default();
        entries.into_iter().filter(|entry| !detail(entry)).collect()
    }

    /// What was recorded since the last call.
    pub(super) fn rows(&mut self) -> Vec<Row> {
        let text = appended(&self.history, &mut self.offset).unwrap_or_default();
        let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
        records.collect::<Vec<_>>().iter().filter_map(|record| self.row(record)).collect()
    }

    fn row(&mut self, record: &Record) -> Option<Row> {
        let described = || verdict::described(record, &History::default());
        let (kind, node, text, bad) = match &record.kind {
            RecordKind::Invoke { operation, client, node, target, .. } => {
                self.total += 1;
                self.open.insert(*operation, (record.at, format!("{client} {target}"), node.clone()));
                return None;
            }
            RecordKind::Complete { operation, outcome } => {
                let (begun, asked, node) = self.open.remove(operation)?;
                let node = outcome.reply().and_then(|reply| reply.chosen.clone()).unwrap_or(node);
                let took = record.at.0.saturating_sub(begun.0) / 1_000_000;
                let good = matches!(outcome, Outcome::Ok { .. });
                self.recent.push_back((good, took));
                if self.recent.len() > RECENT {
                    self.recent.pop_front();
                }
                ("request", Some(node), format!("{operation} {asked}: {} ({took} ms)", ended(outcome)), !good)
            }
            RecordKind::Fault { node, phase, .. } => {
                ("fault", Some(node.clone()), described(), matches!(phase, FaultPhase::Missed { .. }))
            }
            RecordKind::Observe(look) if look.state().is_some() => return None,
            RecordKind::Observe(look) => ("look", Some(look.node.clone()), described(), true),
            RecordKind::Event(Event::StepEnds { .. }) => return None,
            RecordKind::Event(event) => {
                let bad = matches!(event, Event::NodeDied { .. } | Event::WaitRanOut { .. });
                ("event", event.node().cloned(), described(), bad)
            }
            RecordKind::Log(line) => {
                let bad = matches!(line.level.as_str(), "WARNING" | "SEVERE");
                ("log", Some(line.node.clone()), format!("{}: {}", line.level, line.message), bad)
            }
        };
        // The node has a column of its own.
        let own = node.as_ref().and_then(|node| text.strip_prefix(&format!("{node}  ")));
        let text = own.map_or_else(|| text.clone(), str::to_owned);
        let node = node.map(|node| node.to_string());
        Some(Row { at_ms: record.at.0 / 1_000_000, kind, node, text, bad, edge: edge(&record.kind) })
    }

    /// The requests of the last while.
    pub(super) fn traffic(&self) -> Traffic {
        let mut took: Vec<u64> = self.recent.iter().map(|(_, took)| *took).collect();
        took.sort_unstable();
        let answered = self.recent.iter().filter(|(good, _)| *good).count();
        Traffic {
            total: self.total,
            answered,
            failed: self.recent.len() - answered,
            median_ms: took.get(took.len() / 2).copied().unwrap_or_default(),
            longest_ms: took.last().copied().unwrap_or_default(),
        }
    }
}

fn edge(kind: &RecordKind) -> Option<Edge> {
    match kind {
        RecordKind::Event(Event::NodeDied { .. }) => Some(Edge::Down),
        RecordKind::Event(Event::NodeReady { .. }) => Some(Edge::Up),
        RecordKind::Fault { kind, phase: FaultPhase::Hit { .. }, .. } if !kind.is_undone_in_place() => Some(Edge::Down),
        RecordKind::Fault { fault, phase: FaultPhase::Hit { .. }, .. } => Some(Edge::Begins(*fault)),
        RecordKind::Fault { fault, phase: FaultPhase::Healed { .. }, .. } => Some(Edge::Ends(*fault)),
        _ => None,
    }
}

fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok { reply } => match &reply.counter {
            Some(counter) => format!("{}, count {}", reply.status, counter.count),
            None => reply.status.to_string(),
        },
        Outcome::Failed { why } => format!("failed: {why}"),
        Outcome::Unknown { why, .. } => format!("unknown: {why}"),
    }
}
