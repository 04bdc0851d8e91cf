//! The faults, by the one name that TOML, JSON, command line and reports share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Capability;

/// A way to break a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// SIGKILL of the JVM: a process crash. Its host stays, so peers get a reset at once.
    Kill,
    /// A graceful stop (SIGTERM).
    Stop,
    /// SIGSTOP or a container pause; undone by resume.
    Pause,
    /// The host vanishes: nothing answers any more, not even with a reset.
    LoseHost,
    /// All traffic between the node and its peers is dropped, both ways; clients still reach it.
    Partition,
    /// Only Tribes is dropped, both ways: the receivers' ports and the multicast group.
    TribesPartition,
    /// Only the multicast heartbeats are dropped, both ways; sessions are still sent.
    MembershipPartition,
    /// What the node sends to its peers is dropped.
    DropOutgoing,
    /// What its peers send to the node is dropped.
    DropIncoming,
    /// A part of the packets between the node and its peers is dropped, by chance, both ways.
    PacketLoss,
}

impl FaultKind {
    /// What a runtime must be able to do for this fault.
    pub fn needs(self) -> Capability {
        match self {
            Self::Kill => Capability::Kill,
            Self::Stop => Capability::Stop,
            Self::Pause => Capability::Pause,
            Self::LoseHost => Capability::LoseHost,
            Self::Partition
            | Self::TribesPartition
            | Self::MembershipPartition
            | Self::DropOutgoing
            | Self::DropIncoming => Capability::Partition,
            Self::PacketLoss => Capability::PacketLoss,
        }
    }

    /// Whether the node lives on and the fault is undone by healing it; otherwise only a restart brings it back.
    pub fn is_undone_in_place(self) -> bool {
        self == Self::Pause || self.cuts()
    }

    /// Whether it cuts the node's traffic with its peers and nothing else: the node runs on and answers its clients.
    pub fn cuts(self) -> bool {
        match self {
            Self::Partition
            | Self::TribesPartition
            | Self::MembershipPartition
            | Self::DropOutgoing
            | Self::DropIncoming
            | Self::PacketLoss => true,
            Self::Kill | Self::Stop | Self::Pause | Self::LoseHost => false,
        }
    }

    /// Whether it ends the JVM and nothing else, so that what was done to its host goes on.
    pub fn spares_the_host(self) -> bool {
        matches!(self, Self::Kill | Self::Stop)
    }

    /// Whether the node and its peers hear nothing of each other while it lasts, so that each side evicts the other.
    pub fn splits(self) -> bool {
        matches!(self, Self::Partition | Self::TribesPartition)
    }
}

kebab!(FaultKind);
