//! What processes can do, here and anywhere.

use std::collections::BTreeSet;

use super::namespaces;
use crate::model::Capability;

/// What processes on one machine can do. Where they share its network, no packet filter is theirs, and their host cannot
/// be lost alone.
pub const CAPABILITIES: [Capability; 10] = [
    Capability::Kill,
    Capability::Stop,
    Capability::Pause,
    Capability::Restart,
    Capability::Multicast,
    Capability::ChangeNode,
    Capability::ChooseJava,
    Capability::ChoosePorts,
    Capability::SlowCopy,
    Capability::Front,
];
/// What processes can do besides, where each has a network namespace of its own.
pub const CAPABILITIES_OF_NAMESPACES: [Capability; 4] =
    [Capability::LoseHost, Capability::Partition, Capability::PacketLoss, Capability::Latency];
/// What processes can do on this machine.
pub fn capabilities() -> BTreeSet<Capability> {
    let apart = CAPABILITIES_OF_NAMESPACES.into_iter().filter(|_| namespaces::check().is_ok());
    CAPABILITIES.into_iter().chain(of_pods()).chain(apart).collect()
}

/// Nodes that share a port have an address of 127.0.0.0/8 each, all of which are this machine's on Linux only.
pub(super) fn of_pods() -> Option<Capability> {
    cfg!(target_os = "linux").then_some(Capability::Kubernetes)
}
