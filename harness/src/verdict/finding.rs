//! What a verdict says: one finding a guarantee, the assumptions, the measures, the notes.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::history::OperationId;
use crate::model::{FaultKind, Guarantee, NodeName, Violation};

/// Three-valued, because a lost machine is neither pass nor fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Decided, and it holds.
    Holds,
    /// Decided, and it does not.
    Violated,
    /// Not decided.
    Unknown,
}

/// What a run showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Verdict {
    /// The format of the file, 1.
    pub format: u32,
    /// The worst of what is promised: violated before unknown before holds.
    pub status: Status,
    /// One entry a guarantee of the plan, in its order; behind them each other one that reports a loss which was seen.
    pub guarantees: Vec<Finding>,
    /// What the plan's steps expected of their answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
    /// The violations that the scenario is expected to show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected_violations: Vec<Expectation>,
    /// What must be true for the rest to mean anything.
    pub assumptions: Vec<Assumption>,
    /// What was measured.
    pub measures: Measures,
    /// What is worth knowing and breaks nothing, as that in-place changes were not replicated.
    pub notes: Vec<String>,
}

/// Why a finding adds nothing to a run's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Aside {
    /// The configuration does not promise it, and nothing was lost.
    NotPromised,
    /// It is violated in no other way than the scenario is run to show.
    Expected,
    /// It is violated in no other way than the scenario allows.
    Allowed,
    /// What was to be shown has cut the run short.
    CutShort,
}

impl Aside {
    /// As a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotPromised => "not promised",
            Self::Expected => "as expected",
            Self::Allowed => "allowed",
            Self::CutShort => "the run was cut short as expected",
        }
    }
}

impl Finding {
    /// What it adds to the run's status; `None` where it adds nothing.
    pub fn counts(&self) -> Option<Status> {
        if self.aside.is_some() { None } else { Some(self.status) }
    }
}

/// What a run showed about one guarantee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Finding {
    /// Which one.
    pub guarantee: Guarantee,
    /// Whether this configuration promises it. What is not promised and was not lost fails no run, and is no pass either;
    /// what was seen to be lost counts all the same.
    pub promised: bool,
    /// Why it adds nothing to the run's status, where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<Aside>,
    /// How it stands.
    pub status: Status,
    /// One sentence that says why, with values.
    pub because: String,
    /// How it is violated, and how often each way showed; also where the loss is excused, and the status unknown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub violations: BTreeMap<Violation, u32>,
    /// In how many sessions each way showed; what names no session is of one of its own.
    #[serde(skip)]
    pub(crate) sessions: BTreeMap<Violation, u32>,
    /// The operations it rests on; the first of a violation is the one that broke it.
    pub rests_on: Vec<OperationId>,
    /// The records it rests on, as indexes into the history from 0; [`super::explain`] prints what is around them.
    pub evidence: Vec<usize>,
}

/// What a run showed about one expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Expectation {
    /// What was expected, as in `step 4: count 5` or `lost-first-request`.
    pub what: String,
    /// How it stands: an expected violation *holds* where it showed.
    pub status: Status,
    /// One sentence that says why, with values.
    pub because: String,
    /// The operations it rests on.
    pub rests_on: Vec<OperationId>,
    /// The records it rests on, as indexes into the history from 0.
    pub evidence: Vec<usize>,
}

/// Something that must be true for a verdict to mean anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Assumption {
    /// What is assumed, as in `every fault hit`.
    pub what: String,
    /// Whether it is met.
    pub met: bool,
    /// What shows it.
    pub because: String,
}

/// What was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Measures {
    /// From each fault to the first right answer of a survivor.
    pub failovers: Vec<Failover>,
    /// From the drop of the WAR to the last node that serves it, in milliseconds.
    pub farm_ms: Option<u64>,
    /// From the last drop of a WAR to each node that serves it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub farm: Vec<NodeTime>,
    /// From the start of the first node until all are ready and see each other, in milliseconds.
    pub start_ms: Option<u64>,
    /// From each start of a node that came back until it held its peers' sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state_transfers: Vec<NodeTime>,
    /// From the hit of each fault until each node logged that a member had disappeared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evictions: Vec<Eviction>,
    /// From the answer that acknowledged a write to the first look at another node that showed it. Nodes are looked at now
    /// and then, so each is the most that the lag can have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_lag: Option<Latency>,
    /// Each lag of which [`Measures::replication_lag`] is the spread, for what draws them. Not stored: the history has them.
    #[serde(skip)]
    pub lags: Vec<Lag>,
    /// How long the answered operations took; `None` where none was answered.
    pub latency: Option<Latency>,
}

/// How long something took on or to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NodeTime {
    /// Which node.
    pub node: NodeName,
    /// How long, in milliseconds.
    pub ms: u64,
}

/// How soon a survivor missed a node that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Eviction {
    /// How the node was broken.
    pub fault: FaultKind,
    /// The node that was broken.
    pub node: NodeName,
    /// Who missed a member.
    pub by: NodeName,
    /// From the hit to the line in its log, in milliseconds.
    pub ms: u64,
}

/// How late one replica was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The acknowledged write.
    pub operation: OperationId,
    /// The node whose replica showed it.
    pub node: NodeName,
    /// The record of the look that showed it, as an index into the history.
    pub record: usize,
    /// From the answer to that look.
    pub lag: Duration,
}

/// How long operations took, or how late replicas were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Latency {
    /// How many were answered.
    pub operations: usize,
    /// The median, in microseconds.
    pub median_us: u64,
    /// 99 of 100 took no longer, in microseconds.
    pub p99_us: u64,
    /// The longest, in microseconds.
    pub max_us: u64,
}

/// One failover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Failover {
    /// The node that was broken.
    pub node: NodeName,
    /// The operation that was answered rightly first.
    pub answered_by: OperationId,
    /// How long that operation took, in milliseconds.
    pub first_answer_ms: u64,
    /// From the fault's hit to that answer, in milliseconds.
    pub since_fault_ms: u64,
}

impl Measures {
    /// Whole milliseconds of a duration.
    pub fn millis(duration: Duration) -> u64 {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }
}
