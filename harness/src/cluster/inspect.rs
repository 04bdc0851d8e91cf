//! What each node is just now, asked of its machine and its probe. Nothing of it is recorded, but for a death that nobody knew of.

use std::net::SocketAddr;

use futures_util::future::join_all;

use super::Cluster;
use super::probe::SessionScope;
use crate::history::{LogLine, Question, Seen};
use crate::host::error_chain::DisplayErrorChain;
use crate::host::sync::lock;
use crate::model::{FaultKind, NodeName};
use crate::runtime::NodeStatus;
use crate::verdict::last_problem;

/// A node as its machine and its probe have it.
#[derive(Debug, Clone)]
pub struct NodeView {
    /// Its name.
    pub node: NodeName,
    /// Whether it runs, as its machine says; why that is unknown, where it is.
    pub status: Result<NodeStatus, String>,
    /// What it is on this machine, as `process 4711`, where it runs.
    pub whereabouts: Option<String>,
    /// Where its connector is reached.
    pub http: Option<SocketAddr>,
    /// What was done to it and can be undone, in order.
    pub faults: Vec<FaultKind>,
    /// What its probe says; `None` where it does not run, or stands still.
    pub seen: Option<Seen>,
    /// The last line of its log that reports a failure and is not known to be harmless where it stands.
    pub problem: Option<LogLine>,
}

impl Cluster {
    /// Looks at every node, at one time, with these of its sessions.
    pub async fn inspect(&self, scope: SessionScope<'_>) -> Vec<NodeView> {
        join_all(self.topology().names().map(|node| self.inspect_node(node, scope))).await
    }

    /// Notes each node that exited unexpectedly since somebody looked.
    pub async fn notice_deaths(&self) {
        for node in self.living() {
            // It is noted where it died; what cannot be asked is known by nobody.
            let _ = self.check_alive(&node).await;
        }
    }

    async fn inspect_node(&self, node: &NodeName, scope: SessionScope<'_>) -> NodeView {
        let runtime = &self.machines.runtime;
        // A death that nobody knew of is recorded where it is first seen.
        let _ = self.check_alive(node).await;
        let status = runtime.status(node).await.map_err(|error| DisplayErrorChain(&error).to_string());
        let runs = status == Ok(NodeStatus::Running);
        let faults: Vec<FaultKind> =
            lock(&self.state.undoable).get(node).into_iter().flatten().map(|fault| fault.kind()).collect();
        let http = runtime.http(node).await.ok();
        let seen = match http {
            Some(address) if runs && !faults.contains(&FaultKind::Pause) => {
                Some(self.probe.peek(address, &Question::Everything, scope).await)
            }
            _ => None,
        };
        if let Some(Seen::State(state)) = &seen {
            self.learn(node, state);
        }
        let problem = self.recorder().read(|history| last_problem(history, node).cloned());
        let whereabouts = if runs { runtime.whereabouts(node).await.ok() } else { None };
        NodeView { node: node.clone(), status, whereabouts, http, faults, seen, problem }
    }
}
