//! The record: one line of a history.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LogLine, NodeObservation, OperationId, Outcome};
use crate::model::{ClientName, ContextPath, Endpoints, FaultKind, NodeName, RunId, plan::AppRequest};

/// Monotonic nanoseconds since the run's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Nanos(pub u64);

impl Nanos {
    /// The time from `earlier` to here, zero where it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Nanos {
    /// Seconds with milliseconds, as in `3.207s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0 / 1_000_000;
        f.pad(&format!("{}.{:03}s", milliseconds / 1000, milliseconds % 1000))
    }
}

/// A whole history, in order of arrival.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Its records.
    pub records: Vec<Record>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// When it happened, on the run's clock.
    #[serde(rename = "at-ns")]
    pub at: Nanos,
    /// What it was.
    #[serde(flatten)]
    pub kind: RecordKind,
}

/// What a record tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "record", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum RecordKind {
    /// A client sends a request.
    Invoke {
        /// Its number in the run.
        operation: OperationId,
        /// Who asks.
        client: ClientName,
        /// Who is asked.
        node: NodeName,
        /// What is asked, where it is the counter app's.
        request: Option<AppRequest>,
        /// Method, path and query as sent.
        target: String,
        /// The session id that the client's cookie carries.
        session: Option<crate::model::SessionId>,
    },
    /// The request ended.
    Complete {
        /// The number of its invocation.
        operation: OperationId,
        /// How.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// A fault is on its way, has hit, was undone.
    Fault {
        /// Its number in the run, from 1.
        fault: u32,
        /// Which fault.
        kind: FaultKind,
        /// On which node.
        node: NodeName,
        /// How far it is.
        #[serde(flatten)]
        phase: FaultPhase,
    },
    /// What the probe of a node said.
    Observe(NodeObservation),
    /// Something that the harness did or noticed.
    Event(Event),
    /// A classified log line of a node.
    Log(LogLine),
}

/// How far a fault is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "phase", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum FaultPhase {
    /// It was asked for.
    Asked,
    /// It hit, and this proves it.
    Hit {
        /// For example `process 4711 ended by signal 9`.
        proof: String,
    },
    /// It did not hit: the verdict is Unknown.
    Missed {
        /// What was seen instead.
        seen: String,
    },
    /// It was undone.
    Healed {
        /// What it had done by then, where that was counted; for example `37 packets dropped`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effect: Option<String>,
    },
}

/// Something that the harness did or noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A step of the plan begins.
    StepBegins {
        /// Its number, from 1.
        step: u32,
        /// Its title.
        title: String,
    },
    /// A step of the plan ended well.
    StepEnds {
        /// Its number, from 1.
        step: u32,
    },
    /// The runtime gave the nodes their addresses; of several the last counts. Members are told apart by them.
    Addressed {
        /// The addresses.
        endpoints: Endpoints,
    },
    /// Nodes that run since an earlier scenario were taken over, in the place of a start: each lives and sees every other,
    /// and no app, session or fault of that scenario is left, as the looks right before this record show.
    ClusterAdopted {
        /// The run whose cluster it was first.
        from: RunId,
        /// The nodes, the one whose present life began first in front.
        nodes: Vec<NodeName>,
    },
    /// A node's process or container was started.
    NodeStarts {
        /// Which.
        node: NodeName,
    },
    /// A node is ready: its connector answers and its server is healthy.
    NodeReady {
        /// Which.
        node: NodeName,
    },
    /// All nodes that should live see each other: after the start, after a restart, and wherever a wait found that the
    /// survivors of a fault have evicted its victim. Members are judged from here to the next fault or start.
    ClusterFormed {
        /// Those nodes.
        nodes: Vec<NodeName>,
    },
    /// The nodes on each side of a partition see each other, and nobody beyond it. Members are not judged from here on, but
    /// from the next `ClusterFormed`.
    ClusterSplit {
        /// The nodes of each side.
        sides: Vec<Vec<NodeName>>,
    },
    /// A WAR was put into a folder.
    WarDropped {
        /// The node whose folder it is.
        node: NodeName,
        /// Whether it is meant for this node alone, and not for the farm to carry to the others.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        alone: bool,
        /// Where it will be served.
        context: ContextPath,
        /// SHA-256 of its bytes, in hexadecimal.
        sha256: String,
        /// SHA-256 over what a node serves that has unpacked it, as [`ContextState::served_sha256`](super::ContextState)
        /// has it. Older runs have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        served_sha256: Option<String>,
    },
    /// A WAR was removed from where it had been put.
    WarRemoved {
        /// The node whose folder it was in.
        node: NodeName,
        /// Where it was served.
        context: ContextPath,
    },
    /// A node has the context no more.
    Undeployed {
        /// Which node.
        node: NodeName,
        /// Which context.
        context: ContextPath,
    },
    /// A node serves the context.
    Deployed {
        /// Which node.
        node: NodeName,
        /// Which context.
        context: ContextPath,
    },
    /// A restarted node holds the same session ids as its peers.
    Synchronised {
        /// Which node.
        node: NodeName,
        /// How many sessions.
        sessions: usize,
    },
    /// A wait ran out.
    WaitRanOut {
        /// What was waited for.
        wanted: String,
        /// What was seen last.
        last_seen: String,
        /// How long it was waited, in milliseconds.
        waited_ms: u64,
        /// The guarantee that this breaks, where one explains it.
        breaks: Option<crate::model::Guarantee>,
    },
    /// A node ended that nobody had asked to end.
    NodeDied {
        /// Which.
        node: NodeName,
        /// How it ended and the lines that say why.
        why: String,
    },
    /// The run was cut short.
    Interrupted {
        /// By what.
        by: String,
    },
}
