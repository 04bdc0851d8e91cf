//! Faults of a node's process, and the loss of its host.

use crate::cluster::{Cluster, ClusterError};
use crate::history::{Question, Seen};
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::NodeName;

/// How a process ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Kill,
    Stop,
}

pub(super) async fn end(cluster: &Cluster, node: &NodeName, end: End) -> Result<String, ClusterError> {
    let runtime = &cluster.machines.runtime;
    let proof = match end {
        End::Kill => runtime.kill(node).await?,
        End::Stop => runtime.stop(node).await?,
    };
    await_silence(cluster, node).await?;
    Ok(proof)
}

pub(super) async fn freeze(cluster: &Cluster, node: &NodeName) -> Result<String, ClusterError> {
    Ok(cluster.machines.runtime.pause(node).await?)
}

pub(super) async fn thaw(cluster: &Cluster, node: &NodeName) -> Result<(), ClusterError> {
    cluster.machines.runtime.resume(node).await?;
    lock(&cluster.state.living).insert(node.clone());
    Ok(())
}

pub(super) async fn lose_host(cluster: &Cluster, node: &NodeName) -> Result<String, ClusterError> {
    Ok(cluster.machines.runtime.lose_host(node).await?)
}

/// The second witness beside the machine's own proof: a node that has ended no longer answers.
async fn await_silence(cluster: &Cluster, node: &NodeName) -> Result<(), ClusterError> {
    wait::until(&format!("{node} to stop answering"), cluster.machines.limits.request, async || {
        Ok(match cluster.look(node, &Question::Members).await?.seen {
            Seen::Dead(_) => Look::Ready(()),
            Seen::State(_) => Look::NotYet("its probe still answers".to_owned()),
        })
    })
    .await
}
