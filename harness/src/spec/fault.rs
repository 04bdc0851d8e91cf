//! The faults, by the one name that TOML, JSON, command line and reports share.

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Capability, Millis, Skew};

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
    /// Each packet between the node and its peers comes later, both ways, and none is lost.
    Latency,
    /// The node is left a part of one processor core; it runs on, slowly.
    SlowNode,
    /// Not one more byte can be written to the disk that the node's whole `CATALINA_BASE` is on.
    FillDisk,
    /// The wall clock of the node's JVM jumps; time still passes at its pace.
    SkewClock,
}

/// How much of a fault, where it has a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extent {
    /// Of packet loss: how many of a hundred packets are lost. Of a slow node: how many hundredths of one core are left.
    pub percent: Option<u8>,
    /// Of a skewed clock: how far it jumps.
    pub by: Option<Skew>,
    /// Of a latency: how much later each packet comes.
    pub delay: Option<Millis>,
}

/// How late packets can be made: more than a minute is a partition to every peer.
pub(super) const DELAYS: RangeInclusive<Millis> = Millis(1)..=Millis(60_000);

/// What a fault takes hold of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Process,
    Host,
    Traffic,
    Processor,
    Disk,
    Clock,
}

impl FaultKind {
    fn part(self) -> Part {
        match self {
            Self::Kill | Self::Stop | Self::Pause => Part::Process,
            Self::LoseHost => Part::Host,
            Self::Partition
            | Self::TribesPartition
            | Self::MembershipPartition
            | Self::DropOutgoing
            | Self::DropIncoming
            | Self::PacketLoss
            | Self::Latency => Part::Traffic,
            Self::SlowNode => Part::Processor,
            Self::FillDisk => Part::Disk,
            Self::SkewClock => Part::Clock,
        }
    }

    /// Whether it cannot come to a node on which another still lasts: one part breaks once at a time, a host is lost with
    /// all that was done to it, and nothing can be done inside a frozen node.
    pub fn clashes_with(self, lasting: Self) -> bool {
        let (part, lasting) = (self.part(), lasting.part());
        part == lasting || part == Part::Host || (lasting == Part::Process && part != Part::Traffic)
    }

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
            Self::Latency => Capability::Latency,
            Self::SlowNode => Capability::Throttle,
            Self::FillDisk => Capability::FillDisk,
            Self::SkewClock => Capability::SkewClock,
        }
    }

    /// Whether the node lives on and the fault is undone by healing it; otherwise only a restart brings it back.
    pub fn is_undone_in_place(self) -> bool {
        self == Self::Pause || self.leaves_it_up()
    }

    /// Whether it is about the node's traffic with its peers and nothing else: the node runs on and answers its clients.
    pub fn cuts(self) -> bool {
        self.part() == Part::Traffic
    }

    /// Whether the node runs on while it lasts and answers its clients, if with an error, a wrong time, or late.
    pub fn leaves_it_up(self) -> bool {
        !matches!(self.part(), Part::Process | Part::Host)
    }

    /// Whether machines must be prepared for it before they start (`Topology::prepared_for`).
    pub fn needs_preparation(self) -> bool {
        matches!(self, Self::Latency | Self::FillDisk | Self::SkewClock)
    }

    /// Whether it has a percentage.
    pub fn has_percent(self) -> bool {
        matches!(self, Self::PacketLoss | Self::SlowNode)
    }

    /// Whether the node and its peers hear nothing of each other while it lasts, so that each side evicts the other.
    pub fn splits(self) -> bool {
        matches!(self, Self::Partition | Self::TribesPartition)
    }
}

kebab!(FaultKind);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_different_parts_of_a_node_overlap() {
        use FaultKind::*;
        for (later, lasting, clashes) in [
            (PacketLoss, Partition, true),
            (Latency, PacketLoss, true),
            (Kill, Latency, false),
            (SlowNode, SlowNode, true),
            (Pause, Pause, true),
            (LoseHost, Partition, true),
            (LoseHost, FillDisk, true),
            (Kill, Pause, true),
            (SkewClock, Pause, true),
            (FillDisk, Pause, true),
            (Partition, Pause, false),
            (Pause, Partition, false),
            (Kill, Partition, false),
            (Stop, FillDisk, false),
            (SlowNode, FillDisk, false),
            (SkewClock, DropIncoming, false),
        ] {
            assert_eq!(later.clashes_with(lasting), clashes, "{later} while {lasting} lasts");
        }
    }
}
