//! A plan: what one run does to one cluster, step by step, and what is promised meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Capability, ClientName, ContextPath, FaultKind, Guarantee, NodeName, Topology};

/// What one run does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// A sentence that names the story.
    pub name: String,
    /// The cluster it is told on.
    pub topology: Topology,
    /// What the verdict decides.
    pub guarantees: Vec<Guarantee>,
    /// The story.
    pub steps: Vec<Step>,
}

/// One step, with its number in the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// What a progress line says while it runs.
    pub title: String,
    /// What is done.
    #[serde(flatten)]
    pub kind: StepKind,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum StepKind {
    /// Starts all nodes and waits until each is ready and sees every other.
    Start,
    /// Drops a WAR into the farm's watch folder of the watcher and waits until every node serves it.
    Deploy {
        /// Which app.
        app: App,
        /// Where it is served.
        context: ContextPath,
    },
    /// Makes requests, one after the other.
    Request {
        /// Who asks.
        client: ClientName,
        /// The node that is asked.
        node: NodeName,
        /// Where the counter app is served.
        context: ContextPath,
        /// What is asked.
        request: AppRequest,
        /// How often.
        times: u32,
    },
    /// Reads on every living node what its replica of the app's sessions holds, without touching a session.
    Observe {
        /// The app.
        context: ContextPath,
    },
    /// Breaks a node.
    Fault {
        /// How.
        kind: FaultKind,
        /// Which one.
        node: NodeName,
    },
    /// Starts a node again and waits until it is ready, seen by all, and its session ids equal its peers'.
    Restart {
        /// Which one.
        node: NodeName,
    },
}

/// An app to deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum App {
    /// The session counter that comes with the harness.
    Counter,
    /// A WAR of the user's.
    War(#[schemars(with = "String")] camino::Utf8PathBuf),
}

/// A request to the counter app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AppRequest {
    /// Adds one; creates the session where there is none.
    Count,
    /// Reads, and creates nothing.
    Read,
    /// Changes the list in place, which no Manager replicates.
    Mutate,
    /// Ends the session.
    Invalidate,
    /// Asks for a new id with the same content.
    ChangeId,
}

impl AppRequest {
    /// The page below the context.
    pub fn page(self) -> &'static str {
        match self {
            Self::Count => "count.jsp",
            Self::Read => "read.jsp",
            Self::Mutate => "mutate.jsp",
            Self::Invalidate => "invalidate.jsp",
            Self::ChangeId => "change-id.jsp",
        }
    }
}

/// A plan that a runtime cannot honour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A step names a node that the cluster does not have.
    #[error("step {step} ({title}) names node {node}, which the cluster does not have")]
    UnknownNode {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// The name.
        node: NodeName,
    },
    /// The runtime lacks what a step needs.
    #[error("step {step} ({title}) needs {capability}, which runtime {runtime} cannot do")]
    Lacks {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// What it needs.
        capability: Capability,
        /// The runtime.
        runtime: String,
    },
    /// A step names a context that no step before it deploys.
    #[error("step {step} ({title}) names {context}, which no step before it deploys")]
    NotDeployed {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// The context.
        context: ContextPath,
    },
    /// A step acts on the cluster before the step that starts it.
    #[error("step {step} ({title}) comes before the cluster is started")]
    NotStarted {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
    },
}

impl Plan {
    /// Refuses what cannot be done, before anything starts.
    ///
    /// # Errors
    /// The first step that names an unknown node, comes too early, or needs what is not in `capabilities`.
    pub fn check(&self, runtime: &str, capabilities: &BTreeSet<Capability>) -> Result<(), PlanError> {
        let mut started = false;
        let mut deployed = BTreeSet::new();
        for (index, step) in self.steps.iter().enumerate() {
            let (number, title) = (index + 1, || step.title.clone());
            if let Some(node) = step.kind.node().filter(|node| self.topology.node(node).is_none()) {
                return Err(PlanError::UnknownNode { step: number, title: title(), node: node.clone() });
            }
            match (&step.kind, started) {
                (StepKind::Start, _) => started = true,
                (_, false) => return Err(PlanError::NotStarted { step: number, title: title() }),
                _ => {}
            }
            match &step.kind {
                StepKind::Deploy { context, .. } => drop(deployed.insert(context)),
                StepKind::Request { context, .. } | StepKind::Observe { context } if !deployed.contains(context) => {
                    return Err(PlanError::NotDeployed { step: number, title: title(), context: context.clone() });
                }
                _ => {}
            }
            if let Some(capability) = self.needs(&step.kind).into_iter().find(|need| !capabilities.contains(need)) {
                return Err(PlanError::Lacks { step: number, title: title(), capability, runtime: runtime.to_owned() });
            }
        }
        Ok(())
    }

    fn needs(&self, kind: &StepKind) -> Vec<Capability> {
        match kind {
            StepKind::Start if self.topology.cluster.membership == super::Membership::Multicast => {
                vec![Capability::Multicast]
            }
            StepKind::Fault { kind, .. } => vec![kind.needs()],
            StepKind::Restart { .. } => vec![Capability::Restart],
            _ => vec![],
        }
    }
}

impl StepKind {
    fn node(&self) -> Option<&NodeName> {
        match self {
            Self::Request { node, .. } | Self::Fault { node, .. } | Self::Restart { node, .. } => Some(node),
            Self::Start | Self::Deploy { .. } | Self::Observe { .. } => None,
        }
    }
}

/// How long each kind of wait may take before the run ends as Unknown or as a violation that explains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the start of a node to its readiness.
    pub start: Duration,
    /// From the drop of a WAR to the last node that serves it.
    pub deploy: Duration,
    /// One request.
    pub request: Duration,
    /// From a restart until the session ids are equal.
    pub synchronise: Duration,
}

impl Limits {
    /// Limits that fit a timing: documented farm scans come every 20 s.
    pub fn of(timing: super::Timing) -> Self {
        let deploy = match timing {
            super::Timing::Accelerated => Duration::from_mins(1),
            super::Timing::Documented => Duration::from_mins(2),
        };
        Self {
            start: Duration::from_mins(2),
            deploy,
            request: Duration::from_secs(30),
            synchronise: Duration::from_secs(90),
        }
    }
}
