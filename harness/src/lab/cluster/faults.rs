//! Breaking and mending nodes; every fault proves that it hit.

use super::{Cluster, ClusterError, lock};
use crate::history::{FaultPhase, RecordKind};
use crate::lab::war::War;
use crate::spec::{FaultKind, NodeName};

impl Cluster {
    /// Ends a node's JVM with SIGKILL.
    ///
    /// # Errors
    /// It does not run, or the machine could not do it; the fault is then recorded as missed.
    pub async fn kill(&self, node: &NodeName) -> Result<(), ClusterError> {
        self.fault(FaultKind::Kill, node).await
    }

    /// Breaks a node.
    ///
    /// # Errors
    /// It does not run, or the machine could not do it; the fault is then recorded as missed.
    pub async fn fault(&self, kind: FaultKind, node: &NodeName) -> Result<(), ClusterError> {
        if !lock(&self.living).remove(node) {
            return Err(ClusterError::NotRunning(node.clone()));
        }
        let recorder = &self.parts.recorder;
        let fault = recorder.next_fault();
        let record = |phase| recorder.record(RecordKind::Fault { fault, kind, node: node.clone(), phase });
        record(FaultPhase::Asked);
        let runtime = &self.parts.runtime;
        let hit = match kind {
            FaultKind::Kill => runtime.kill(node).await,
            FaultKind::Stop => runtime.stop(node).await,
            FaultKind::Pause => runtime.pause(node).await,
            FaultKind::LoseHost => runtime.lose_host(node).await,
        };
        match hit {
            Ok(proof) => {
                record(FaultPhase::Hit { proof });
                Ok(())
            }
            Err(error) => {
                record(FaultPhase::Missed { seen: error.to_string() });
                Err(error.into())
            }
        }
    }

    /// Starts a node again and waits until it is ready, all see each other, it serves the app, and its session ids
    /// equal its peers'.
    ///
    /// # Errors
    /// One of these waits ran out, or the node failed.
    pub async fn restart(&self, node: &NodeName, war: &War) -> Result<(), ClusterError> {
        self.start_node(node).await?;
        self.await_formed().await?;
        self.await_served(node, war).await?;
        self.await_synchronised(node, &war.context).await
    }
}
