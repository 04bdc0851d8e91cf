//! One node of a cluster, as a handle.

use super::{Cluster, ClusterError};
use crate::cluster::probe::SessionScope;
use crate::history::Question;
use crate::history::SessionReplica;
use crate::model::{Fault, NodeName, SessionId};

/// A node of a running cluster.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    cluster: &'a Cluster,
    name: &'a NodeName,
}

impl Cluster {
    /// The node of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn node(&self, name: &str) -> Result<Node<'_>, ClusterError> {
        let found = self.topology().names().find(|node| node.as_str() == name);
        found.map(|name| Node { cluster: self, name }).ok_or_else(|| ClusterError::NoSuchNode(name.to_owned()))
    }
}

impl Node<'_> {
    /// Its name.
    pub fn name(&self) -> &NodeName {
        self.name
    }

    /// Ends its JVM with SIGKILL, and returns when it is gone.
    ///
    /// # Errors
    /// It does not run, or the machine could not do it.
    pub async fn kill(&self) -> Result<(), ClusterError> {
        self.fault(Fault::Kill).await
    }

    /// Asks it to stop (SIGTERM), and returns when it is gone.
    ///
    /// # Errors
    /// It does not run, or the machine could not do it.
    pub async fn stop(&self) -> Result<(), ClusterError> {
        self.fault(Fault::Stop).await
    }

    /// Freezes it; undone by [`Node::resume`].
    ///
    /// # Errors
    /// It does not run, or the machine could not do it.
    pub async fn pause(&self) -> Result<(), ClusterError> {
        self.fault(Fault::Pause).await
    }

    /// Thaws it.
    ///
    /// # Errors
    /// It was not paused, or the machine could not do it.
    pub async fn resume(&self) -> Result<(), ClusterError> {
        self.cluster.heal(self.name).await
    }

    /// Cuts it off from its peers, as a partition does, while its clients still reach it; undone by [`Node::heal`].
    ///
    /// # Errors
    /// It does not run, or the machine could not do it.
    pub async fn partition(&self) -> Result<(), ClusterError> {
        self.fault(Fault::Partition).await
    }

    /// Breaks it in any way, as in `node.fault(Fault::SlowNode { percent: 10 })`; what lasts is undone by [`Node::heal`].
    /// Right before that all replicas are read and recorded, for [`Cluster::verdict`] to know what there was to lose.
    ///
    /// # Errors
    /// A parameter of the fault is out of range, the node does not run, a fault that this one clashes with still lasts, or the machine could not do it.
    pub async fn fault(&self, fault: Fault) -> Result<(), ClusterError> {
        // What cannot be looked at shows in the fault itself, or in the verdict.
        let _ = self.cluster.look_at_apps().await;
        self.cluster.fault(fault, self.name).await.map(drop)
    }

    /// Undoes all that was done to it and can be undone.
    ///
    /// # Errors
    /// Nothing was, or the machine could not do it.
    pub async fn heal(&self) -> Result<(), ClusterError> {
        self.cluster.heal(self.name).await
    }

    /// Starts it again after it ended, and waits until it is ready, all see each other, it serves each app that was
    /// deployed, and its session ids equal its peers'.
    ///
    /// # Errors
    /// One of these waits ran out, or the node failed.
    pub async fn restart(&self) -> Result<(), ClusterError> {
        self.cluster.restart(self.name).await?;
        self.cluster.look_at_apps().await
    }

    /// What it holds of a session, read without touching the session; `None` where it holds nothing of it. The route
    /// of the id does not matter.
    ///
    /// # Errors
    /// Its probe does not answer.
    pub async fn replica(&self, session: &SessionId) -> Result<Option<SessionReplica>, ClusterError> {
        let seen = self.cluster.peek(self.name, &Question::Everything, SessionScope::One(session)).await?;
        let Some(state) = seen.state() else {
            return Err(ClusterError::ProbeDead { node: self.name.clone(), why: format!("{seen:?}") });
        };
        let mut replicas = state.contexts.iter().flat_map(|context| &context.sessions);
        Ok(replicas.find(|replica| replica.id.stem() == session.stem()).cloned())
    }
}
