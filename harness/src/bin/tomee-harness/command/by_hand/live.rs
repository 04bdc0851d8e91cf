//! What a lab shows while it goes on, for a page and for a dashboard: read from its keeper and from the files of its run.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read as _, Seek as _, SeekFrom};

use camino::Utf8PathBuf;
use serde::Serialize;
use tomee_harness::history::{Event, FaultPhase, History, Nanos, OperationId, Outcome, Record, RecordKind};
use tomee_harness::keeper::{Ask, CallError, Client, ClusterView, LogEntry, SessionRow, Tail};
use tomee_harness::model::NodeName;
use tomee_harness::verdict;

use super::ask::chain;

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

/// How a lab is, as its keeper says.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Look {
    /// What its keeper says.
    pub(super) view: Option<ClusterView>,
    /// Why the keeper says nothing.
    pub(super) gone: Option<String>,
    pub(super) sessions: Vec<SessionRow>,
}

impl Look {
    /// How a lab is now. Blocks for as long as its keeper takes.
    pub(super) fn of(client: &Client) -> Self {
        match ask(client) {
            Ok((view, sessions)) => Self { view: Some(view), gone: None, sessions },
            Err(error) => Self { view: None, gone: Some(chain(&error)), sessions: vec![] },
        }
    }
}

fn ask(client: &Client) -> Result<(ClusterView, Vec<SessionRow>), CallError> {
    let unknown = |error: serde_json::Error| CallError::Silent {
        name: client.entry().name.clone(),
        source: std::io::Error::other(error),
    };
    let view: ClusterView = serde_json::from_value(client.call(&Ask::Status, |_| {})?).map_err(unknown)?;
    // While it starts there is nothing to be asked of the nodes.
    let sessions = match client.call(&Ask::Sessions(None), |_| {}) {
        Ok(value) => serde_json::from_value(value).map_err(unknown)?,
        Err(_) => vec![],
    };
    Ok((view, sessions))
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

    /// The lines of the nodes' logs since the last call.
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
        let Some(text) = self.appended() else { return vec![] };
        let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
        records.collect::<Vec<_>>().iter().filter_map(|record| self.row(record)).collect()
    }

    fn appended(&mut self) -> Option<String> {
        let mut file = fs_err::File::open(&self.history).ok()?;
        file.seek(SeekFrom::Start(self.offset)).ok()?;
        let mut bytes = vec![];
        file.read_to_end(&mut bytes).ok()?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n')? + 1;
        self.offset += whole as u64;
        Some(String::from_utf8_lossy(&bytes[..whole]).into_owned())
    }

    fn row(&mut self, record: &Record) -> Option<Row> {
        let at_ms = record.at.0 / 1_000_000;
        let row = |kind, node: Option<&NodeName>, text, bad| {
            Some(Row { at_ms, kind, node: node.map(ToString::to_string), text, bad })
        };
        let described = || verdict::described(record, &History::default());
        match &record.kind {
            RecordKind::Invoke { operation, client, node, target, .. } => {
                self.total += 1;
                self.open.insert(*operation, (record.at, format!("{client} {target}"), node.clone()));
                None
            }
            RecordKind::Complete { operation, outcome } => {
                let (begun, asked, node) = self.open.remove(operation)?;
                let node = outcome.reply().and_then(|reply| reply.chosen.clone()).unwrap_or(node);
                let took = record.at.0.saturating_sub(begun.0) / 1_000_000;
                let bad = !matches!(outcome, Outcome::Ok { .. });
                self.recent.push_back((!bad, took));
                if self.recent.len() > RECENT {
                    self.recent.pop_front();
                }
                row("request", Some(&node), format!("{operation} {asked}: {} ({took} ms)", ended(outcome)), bad)
            }
            RecordKind::Fault { node, phase, .. } => {
                row("fault", Some(node), described(), matches!(phase, FaultPhase::Missed { .. }))
            }
            RecordKind::Observe(look) => look.state().is_none().then(|| Row {
                at_ms,
                kind: "look",
                node: Some(look.node.to_string()),
                text: described(),
                bad: true,
            }),
            RecordKind::Event(Event::StepEnds { .. }) => None,
            RecordKind::Event(event) => {
                let bad = matches!(event, Event::NodeDied { .. } | Event::WaitRanOut { .. });
                row("event", node_of(event), described(), bad)
            }
            RecordKind::Log(line) => {
                let bad = matches!(line.level.as_str(), "WARNING" | "SEVERE");
                row("log", Some(&line.node), described(), bad)
            }
        }
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

/// The node of an event, as far as it is about one.
fn node_of(event: &Event) -> Option<&NodeName> {
    match event {
        Event::NodeStarts { node }
        | Event::NodeReady { node }
        | Event::NodeDied { node, .. }
        | Event::Deployed { node, .. }
        | Event::Undeployed { node, .. }
        | Event::WarDropped { node, .. }
        | Event::WarRemoved { node, .. }
        | Event::Synchronised { node, .. }
        | Event::FrontTold { node, .. } => Some(node),
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
