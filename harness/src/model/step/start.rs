//! The start of the cluster: no verb, but the step before the first one of every scenario.

use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{Capability, Membership, Topology};

pub(super) fn title(topology: &Topology) -> String {
    format!("start {} nodes", topology.nodes.len())
}

#[expect(clippy::unnecessary_wraps, reason = "the form of every step")]
pub(super) fn apply(state: &mut State<'_>) -> Result<(), Refusal> {
    state.started = true;
    Ok(())
}

/// What the start asks of the machines.
pub(super) fn needs(topology: &Topology) -> Vec<Capability> {
    // The cloud's members share a port on addresses of their own.
    let by_cloud = topology.names().any(|node| topology.elements_of(node).cloud_membership.is_some());
    let members = match topology.cluster.membership {
        Membership::Kubernetes => Some(Capability::Kubernetes),
        _ if by_cloud => Some(Capability::Dns),
        Membership::Multicast => Some(Capability::Multicast),
        Membership::Dns => Some(Capability::Dns),
        Membership::Static => None,
    };
    let java = topology.nodes.iter().any(|node| node.changes.java.is_some());
    let receivers = topology
        .names()
        .any(|node| topology.given_receiver_port(node).is_some() || topology.given_receiver_address(node).is_some());
    let ports = (receivers || !topology.ports.are_free()).then_some(Capability::ChoosePorts);
    let front = topology.front.is_some().then_some(Capability::Front);
    members.into_iter().chain(front).chain(java.then_some(Capability::ChooseJava)).chain(ports).collect()
}
