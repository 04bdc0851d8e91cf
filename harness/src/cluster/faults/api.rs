//! Faults of the API server that lists the nodes as pods: it is the runtime's.

use crate::cluster::{Cluster, ClusterError};
use crate::model::NodeName;
use crate::runtime::ApiFault;

pub(super) async fn hit(cluster: &Cluster, node: &NodeName, fault: ApiFault) -> Result<String, ClusterError> {
    Ok(cluster.machines.runtime.add_api_fault(node, fault).await?)
}

/// A node has one at one time.
pub(super) async fn undo(cluster: &Cluster, node: &NodeName) -> Result<String, ClusterError> {
    Ok(cluster.machines.runtime.remove_api_fault(node).await?)
}
