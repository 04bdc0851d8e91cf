//! Cuts: what of the traffic between a node and its peers is dropped, or comes late.

use crate::model::{Capability, Millis};

/// What is dropped or held back. Never what clients and the harness send and get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkFault {
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
    /// Nothing is dropped; everything, both ways, comes later.
    Delay {
        /// By how much.
        by: Millis,
    },
}

impl NetworkFault {
    /// What a runtime must be able to do for it.
    pub fn needs(self) -> Capability {
        match self {
            Self::Loss { .. } => Capability::PacketLoss,
            Self::Delay { .. } => Capability::Latency,
            _ => Capability::Partition,
        }
    }
}
