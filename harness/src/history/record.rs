//! The record: one line of a history.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LogLine, Nanos, NodeObservation, OperationId, Outcome};
use crate::model::{
    ClientName, ContextPath, Endpoints, FaultKind, FrontOrder, FrontState, NodeName, RunId, plan::AppRequest,
};

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

/// What a record says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "record", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum RecordKind {
    /// A client sends a request.
    Invoke {
        /// Its number in the run.
        operation: OperationId,
        /// The client.
        client: ClientName,
        /// The node that the request goes to; [`NodeName::front`] where the balancer chooses it, which the answer says then.
        node: NodeName,
        /// The counter app's request; `None` for another app.
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
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// A fault was requested, took effect, or was undone.
    Fault {
        /// Its number in the run, from 1.
        fault: u32,
        /// The kind of fault.
        kind: FaultKind,
        /// The node.
        node: NodeName,
        /// The phase of the fault.
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

/// The phase of a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "phase", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum FaultPhase {
    /// It was requested.
    Asked,
    /// It took effect, and this proves it.
    Hit {
        /// For example `process 4711 ended by signal 9`.
        proof: String,
    },
    /// It had no effect: the verdict is Unknown.
    Missed {
        /// What was seen instead.
        seen: String,
    },
    /// It was undone.
    Healed {
        /// What it had done by then, if that was counted; for example `37 packets dropped`.
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
    /// A step of the plan completed.
    StepEnds {
        /// Its number, from 1.
        step: u32,
    },
    /// The runtime gave the nodes their addresses; the last such record counts. They identify the members.
    Addressed {
        /// The addresses.
        endpoints: Endpoints,
    },
    /// Nodes of an earlier scenario were reused instead of started: each is alive and sees every other,
    /// and no app, session or fault of that scenario is left, as the looks right before this record show.
    ClusterAdopted {
        /// The run whose cluster it was first.
        from: RunId,
        /// The nodes, ordered by the start of their present life.
        nodes: Vec<NodeName>,
    },
    /// A node's process or container was started.
    NodeStarts {
        /// The node.
        node: NodeName,
    },
    /// A node is ready: its connector answers and its server is healthy.
    NodeReady {
        /// The node.
        node: NodeName,
    },
    /// All nodes that should be alive see each other: after the start, after a restart, and wherever a wait found that the
    /// survivors of a fault have evicted its victim. Members are judged from here to the next fault or start.
    ClusterFormed {
        /// Those nodes.
        nodes: Vec<NodeName>,
    },
    /// The nodes on each side of a partition see each other, and no node beyond it. Members are not judged from here on, but
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
    /// A node no longer has the context.
    Undeployed {
        /// The node.
        node: NodeName,
        /// The context path.
        context: ContextPath,
    },
    /// A node serves the context.
    Deployed {
        /// The node.
        node: NodeName,
        /// The context path.
        context: ContextPath,
    },
    /// A restarted node holds the same session ids as its peers.
    Synchronised {
        /// The node.
        node: NodeName,
        /// How many sessions.
        sessions: usize,
    },
    /// A wait timed out.
    WaitRanOut {
        /// What was waited for.
        wanted: String,
        /// The last status seen.
        last_seen: String,
        /// How long the wait took, in milliseconds.
        waited_ms: u64,
        /// The guarantee that this breaks, where one explains it.
        breaks: Option<crate::model::Guarantee>,
        /// Whether what followed was done all the same, as by hand: nothing else was left out then.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        went_on: bool,
    },
    /// An app did not start on a node, and no server tries that again by itself.
    DeploymentFailed {
        /// The node.
        node: NodeName,
        /// Where the app was to be served.
        context: ContextPath,
        /// Why, in the words of the node's log.
        why: String,
        /// How long it was waited for, in milliseconds.
        waited_ms: u64,
    },
    /// An app is written for the other of `javax.servlet` and `jakarta.servlet` than a node's server has.
    OtherNamespace {
        /// Where the app was put.
        context: ContextPath,
        /// What shows it, in words.
        why: String,
    },
    /// A node exited unexpectedly.
    NodeDied {
        /// The node.
        node: NodeName,
        /// How it ended and the lines that say why.
        why: String,
    },
    /// The balancer in front has the nodes otherwise than before.
    FrontSees {
        /// Each node.
        nodes: BTreeMap<NodeName, FrontState>,
    },
    /// The balancer in front was told what to do with a node.
    FrontTold {
        /// The node.
        node: NodeName,
        /// What.
        order: FrontOrder,
    },
    /// The run was interrupted.
    Interrupted {
        /// The signal or limit.
        by: String,
    },
}

impl Event {
    /// The one node that it is about.
    pub fn node(&self) -> Option<&NodeName> {
        match self {
            Self::NodeStarts { node }
            | Self::NodeReady { node }
            | Self::NodeDied { node, .. }
            | Self::Deployed { node, .. }
            | Self::DeploymentFailed { node, .. }
            | Self::Undeployed { node, .. }
            | Self::WarDropped { node, .. }
            | Self::WarRemoved { node, .. }
            | Self::Synchronised { node, .. }
            | Self::FrontTold { node, .. } => Some(node),
            _ => None,
        }
    }
}
