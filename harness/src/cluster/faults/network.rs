//! Faults of the traffic between a node and its peers: the runtime's packet filter does them.

use crate::cluster::{Cluster, ClusterError};
use crate::model::NodeName;
use crate::runtime::NetworkFault;

pub(super) async fn hit(cluster: &Cluster, node: &NodeName, fault: NetworkFault) -> Result<String, ClusterError> {
    Ok(cluster.machines.runtime.add_network_fault(node, fault).await?)
}

/// A node has one at one time.
pub(super) async fn undo(cluster: &Cluster, node: &NodeName) -> Result<String, ClusterError> {
    Ok(cluster.machines.runtime.remove_network_fault(node).await?)
}
