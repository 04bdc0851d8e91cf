//! What can go wrong with a cluster, reported with node, phase, limit and evidence.

use std::time::Duration;

use crate::cluster::client::ClientError;
use crate::cluster::probe::ProbeError;
use crate::host::error_report::debug_is_the_report;
use crate::host::wait::TimedOut;
use crate::model::{ContextPath, FaultError, FaultKind, Guarantee, NodeName};
use crate::runtime::RuntimeError;

/// What can go wrong with a cluster.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The machines.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The probe cannot be made.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// A client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The configuration cannot be rendered.
    #[error("the configuration of {node} cannot be written")]
    Render {
        /// The node.
        node: NodeName,
        /// Why.
        #[source]
        source: crate::config::RenderError,
    },
    /// The user's own configuration cannot be used.
    #[error("the configuration of {node} cannot be used")]
    Own {
        /// The node.
        node: NodeName,
        /// Why.
        #[source]
        source: Box<crate::tomcat::own_base::OwnFilesError>,
    },
    /// The server's version cannot be read.
    #[error("the server of {node} cannot be identified")]
    Version {
        /// The node.
        node: NodeName,
        /// Why.
        #[source]
        source: crate::model::version::TomcatVersionError,
    },
    /// The run directory cannot be written.
    #[error("the run directory cannot be written")]
    RunDir(#[source] std::io::Error),
    /// The logs of the nodes cannot be copied.
    #[error("the logs cannot be copied")]
    Logs(#[source] std::io::Error),
    /// A cluster that an earlier scenario has left is not as a new one would be.
    #[error("the cluster cannot be reused: {}", why.join("; "))]
    NotAsNew {
        /// What is left of the scenario, or missing.
        why: Vec<String>,
    },
    /// The files of a node cannot be gathered.
    #[error("the files of {node} cannot be collected")]
    Files {
        /// The node.
        node: NodeName,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A node ended or failed while it started.
    #[error("{node} failed while starting: {how}")]
    NodeFailed {
        /// The node.
        node: NodeName,
        /// How it ended, or what it said.
        how: String,
        /// The lines that say why, from its own log or console.
        lines: Vec<String>,
        /// Whether somebody else had taken its port.
        address_in_use: bool,
    },
    /// A node ended while nobody had asked it to.
    #[error("{node} exited unexpectedly: {how}")]
    NodeDied {
        /// The node.
        node: NodeName,
        /// How it ended.
        how: String,
    },
    /// A fault whose parameters are missing or out of range.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// A fault that the machine could not do.
    #[error("the {kind} of {node} had no effect")]
    FaultMissed {
        /// The fault.
        kind: FaultKind,
        /// The node that it was meant for.
        node: NodeName,
        /// Why the machine could not do it.
        #[source]
        source: Box<ClusterError>,
    },
    /// A fault on a node, of which another one is still to be undone.
    #[error("the {kind} of {node} is still active")]
    StillBroken {
        /// The node.
        node: NodeName,
        /// What was done to it.
        kind: FaultKind,
    },
    /// Nothing was done to a node that can be undone.
    #[error("{0} has no active fault to heal")]
    NothingToHeal(NodeName),
    /// A wait ran out.
    #[error("timed out waiting for {what}")]
    Wait {
        /// What was waited for.
        what: String,
        /// The guarantee that this breaks, where one explains it.
        breaks: Option<Guarantee>,
        /// Whether what is waited for had begun and may still come, so that nothing is broken yet.
        open: bool,
        /// The wait.
        #[source]
        source: TimedOut,
    },
    /// An app did not start, and no server tries that again by itself; this breaks `deployed-everywhere`.
    #[error("{node} could not start the app at {context}")]
    NotDeployed {
        /// The node.
        node: NodeName,
        /// Where the app was to be served.
        context: ContextPath,
        /// How long it was waited for.
        waited: Duration,
        /// Why.
        #[source]
        source: AppFailure,
    },
    /// An HTTP client cannot be made.
    #[error("an HTTP client cannot be created: {0}")]
    Http(String),
    /// There is no node of this name.
    #[error("the cluster has no node {0}")]
    NoSuchNode(String),
    /// A probe does not answer.
    #[error("the probe of {node} does not answer: {why}")]
    ProbeDead {
        /// The node.
        node: NodeName,
        /// Why.
        why: String,
    },
    /// A node that is asked for does not exist or was broken.
    #[error("{0} is not running")]
    NotRunning(NodeName),
}

debug_is_the_report!(ClusterError);

/// Why an app did not start, in the words of the node's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AppFailure(pub String);

impl From<TimedOut> for ClusterError {
    fn from(source: TimedOut) -> Self {
        Self::Wait { what: source.wanted.clone(), breaks: None, open: false, source }
    }
}

impl ClusterError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Runtime(RuntimeError::Environment { hint, .. }) => hint.clone(),
            Self::FaultMissed { source, .. } => source.hint(),
            _ => None,
        }
    }

    /// The lines of a log or a console that show it.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::NodeFailed { lines, .. } => lines,
            _ => &[],
        }
    }

    /// Says which guarantee a wait that ran out breaks. Other errors stay as they are.
    #[must_use]
    pub(super) fn breaking(self, guarantee: Guarantee) -> Self {
        match self {
            Self::Wait { what, open: false, source, .. } => {
                Self::Wait { what, breaks: Some(guarantee), open: false, source }
            }
            other => other,
        }
    }
}
