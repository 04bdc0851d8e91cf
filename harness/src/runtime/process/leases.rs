//! What a run holds of this machine's ports and groups.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use crate::host::ports::{MulticastLease, PortLease};
use crate::model::NodeName;

/// What a run holds, and where its nodes answer.
#[derive(Debug, Default)]
pub(super) struct Leases {
    pub(super) ports: Vec<PortLease>,
    pub(super) multicast: Option<MulticastLease>,
    pub(super) http: BTreeMap<NodeName, SocketAddr>,
    /// The addresses of the nodes as pods.
    pub(super) pods: BTreeMap<NodeName, Ipv4Addr>,
    /// The port of the balancer in front.
    pub(super) front: Option<PortLease>,
}
