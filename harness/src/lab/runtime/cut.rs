//! Cuts: what of the traffic between a node and its peers is dropped.

use crate::spec::FaultKind;

/// How much a packet loss loses where nothing is said.
const SOME_LOSS_PERCENT: u8 = 50;

/// What is dropped. Never what clients and the harness send and get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Everything, both ways.
    Peers,
    /// Tribes, both ways: the receivers' ports and the multicast group.
    Tribes,
    /// The multicast group, both ways.
    Heartbeats,
    /// What the node sends.
    Outgoing,
    /// What the node is sent.
    Incoming,
    /// A part of everything, both ways.
    Loss {
        /// How many of a hundred packets, 1 to 99.
        percent: u8,
    },
}

impl Cut {
    /// What a fault drops; `None` where it does something else to the node.
    pub fn of(kind: FaultKind, percent: Option<u8>) -> Option<Self> {
        match kind {
            FaultKind::Partition => Some(Self::Peers),
            FaultKind::TribesPartition => Some(Self::Tribes),
            FaultKind::MembershipPartition => Some(Self::Heartbeats),
            FaultKind::DropOutgoing => Some(Self::Outgoing),
            FaultKind::DropIncoming => Some(Self::Incoming),
            FaultKind::PacketLoss => Some(Self::Loss { percent: percent.unwrap_or(SOME_LOSS_PERCENT) }),
            _ => None,
        }
    }
}
