//! A cluster between two runs.

use std::sync::Arc;

use crate::cluster::{Cluster, ClusterError, ReleaseError};
use crate::host::guard::Released;
use crate::model::{Plan, RunId};

/// A cluster between two runs.
#[derive(Debug)]
pub struct IdleCluster {
    /// The cluster.
    pub cluster: Arc<Cluster>,
}

/// A cluster that did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum IdleClusterError {
    /// Something could not be removed by the cluster itself.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Something could not be removed by the guard either.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Its reset or its end was.
    #[error("the end of a cluster was cancelled")]
    Cancelled(#[from] tokio::task::JoinError),
}

impl IdleCluster {
    /// The run that started it.
    pub(super) fn run(&self) -> &RunId {
        &self.cluster.machines().run
    }

    /// Ends the nodes, lets the guard look once more, and removes the machines' folder.
    ///
    /// # Errors
    /// Something could not be removed; the guard goes on trying when this program ends.
    pub async fn shutdown(self) -> Result<Released, IdleClusterError> {
        self.cluster.shutdown().await?;
        let machines = self.cluster.machines();
        let released = machines.release().await?;
        machines.remove_folder()?;
        Ok(released)
    }

    /// Whether a plan could be run on it.
    pub(super) fn fits(&self, plan: &Plan) -> bool {
        let runtime = &self.cluster.runtime();
        takes_any(plan)
            && *self.cluster.topology() == plan.topology
            && plan.check(runtime.name(), &runtime.capabilities()).is_ok()
    }
}

/// Whether a plan can be run on a cluster that was handed on. One that restarts a node with something else prepares that
/// for a cluster of its own.
pub(super) fn takes_any(plan: &Plan) -> bool {
    !plan.steps.iter().any(|step| step.kind.changes_its_node())
}
