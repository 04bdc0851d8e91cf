//! Faults of what a node's machine gives it: processor and disk.

use crate::cluster::{Cluster, ClusterError};
use crate::model::NodeName;
use crate::runtime::ResourceFault;

pub(super) async fn hit(cluster: &Cluster, node: &NodeName, fault: ResourceFault) -> Result<String, ClusterError> {
    Ok(cluster.machines.runtime.add_resource_fault(node, fault).await?)
}

pub(super) async fn undo(
    cluster: &Cluster,
    node: &NodeName,
    fault: ResourceFault,
) -> Result<Option<String>, ClusterError> {
    Ok(cluster.machines.runtime.remove_resource_fault(node, fault).await?)
}
