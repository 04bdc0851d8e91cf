//! The faults, by the one name that TOML, JSON, command line and reports share.

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Capability, Millis, Skew};

/// A way to break a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
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

/// A way to break a node, with all that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// See [`FaultKind::Kill`].
    Kill,
    /// See [`FaultKind::Stop`].
    Stop,
    /// See [`FaultKind::Pause`].
    Pause,
    /// See [`FaultKind::LoseHost`].
    LoseHost,
    /// See [`FaultKind::Partition`].
    Partition,
    /// See [`FaultKind::TribesPartition`].
    TribesPartition,
    /// See [`FaultKind::MembershipPartition`].
    MembershipPartition,
    /// See [`FaultKind::DropOutgoing`].
    DropOutgoing,
    /// See [`FaultKind::DropIncoming`].
    DropIncoming,
    /// See [`FaultKind::PacketLoss`].
    PacketLoss {
        /// How many of a hundred packets are lost, 1 to 99.
        percent: u8,
    },
    /// See [`FaultKind::Latency`].
    Latency {
        /// How much later each packet comes, 1 ms to 60 s.
        delay: Millis,
    },
    /// See [`FaultKind::SlowNode`].
    SlowNode {
        /// How many hundredths of one core are left, 1 to 99.
        percent: u8,
    },
    /// See [`FaultKind::FillDisk`].
    FillDisk,
    /// See [`FaultKind::SkewClock`].
    SkewClock {
        /// How far it jumps.
        by: Skew,
    },
}

/// A parameter of a fault that is missing, out of range, or of another fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// It has none.
    #[error("missing `{parameter}` of `{kind}`, {expected}")]
    Missing {
        /// The fault.
        kind: FaultKind,
        /// The parameter, as a scenario names it.
        parameter: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// It is out of range.
    #[error("invalid `{parameter}` of `{kind}`: {found}, {expected}")]
    OutOfRange {
        /// The fault.
        kind: FaultKind,
        /// The parameter, as a scenario names it.
        parameter: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// It has no such parameter.
    #[error("`{parameter}` is not valid with `{kind}`")]
    NotValid {
        /// The fault.
        kind: FaultKind,
        /// The parameter, as a scenario names it.
        parameter: &'static str,
    },
}

impl FaultError {
    /// The parameter, as a scenario names it.
    pub fn parameter(&self) -> &'static str {
        match self {
            Self::Missing { parameter, .. } | Self::OutOfRange { parameter, .. } | Self::NotValid { parameter, .. } => {
                parameter
            }
        }
    }
}

/// How much of the packets can be lost, or of a core be left: all or nothing is another fault.
const PERCENTS: RangeInclusive<u8> = 1..=99;
/// How late packets can be made: more than a minute is a partition to every peer.
const DELAYS: RangeInclusive<Millis> = Millis(1)..=Millis(60_000);

const EXPECTED_PERCENT: &str = "expected 1 to 99";
const EXPECTED_DELAY: &str = "expected 1ms to 60s";
const EXPECTED_SKEW: &str = "expected for example `+1h`";

impl Fault {
    /// The fault of this kind, with the parameters that it needs and no others.
    ///
    /// # Errors
    /// A parameter is missing, out of range, or of another fault.
    pub fn of(kind: FaultKind, extent: FaultParams) -> Result<Self, FaultError> {
        let missing = |parameter, expected| FaultError::Missing { kind, parameter, expected };
        let percent = || extent.percent.ok_or_else(|| missing("percent", EXPECTED_PERCENT));
        let fault = match kind {
            FaultKind::Kill => Self::Kill,
            FaultKind::Stop => Self::Stop,
            FaultKind::Pause => Self::Pause,
            FaultKind::LoseHost => Self::LoseHost,
            FaultKind::Partition => Self::Partition,
            FaultKind::TribesPartition => Self::TribesPartition,
            FaultKind::MembershipPartition => Self::MembershipPartition,
            FaultKind::DropOutgoing => Self::DropOutgoing,
            FaultKind::DropIncoming => Self::DropIncoming,
            FaultKind::PacketLoss => Self::PacketLoss { percent: percent()? },
            FaultKind::Latency => {
                Self::Latency { delay: extent.delay.ok_or_else(|| missing("delay", EXPECTED_DELAY))? }
            }
            FaultKind::SlowNode => Self::SlowNode { percent: percent()? },
            FaultKind::FillDisk => Self::FillDisk,
            FaultKind::SkewClock => Self::SkewClock { by: extent.by.ok_or_else(|| missing("by", EXPECTED_SKEW))? },
        };
        let own = fault.extent();
        for (parameter, is_given, is_own) in [
            ("percent", extent.percent.is_some(), own.percent.is_some()),
            ("by", extent.by.is_some(), own.by.is_some()),
            ("delay", extent.delay.is_some(), own.delay.is_some()),
        ] {
            if is_given && !is_own {
                return Err(FaultError::NotValid { kind, parameter });
            }
        }
        fault.check().map(|()| fault)
    }

    /// Its parameters.
    pub fn extent(self) -> FaultParams {
        let none = FaultParams::default();
        match self {
            Self::PacketLoss { percent } | Self::SlowNode { percent } => FaultParams { percent: Some(percent), ..none },
            Self::Latency { delay } => FaultParams { delay: Some(delay), ..none },
            Self::SkewClock { by } => FaultParams { by: Some(by), ..none },
            _ => none,
        }
    }

    /// Whether its parameters are in range.
    ///
    /// # Errors
    /// One is not.
    pub fn check(self) -> Result<(), FaultError> {
        let out_of_range = |parameter, found: String, expected| {
            Err(FaultError::OutOfRange { kind: self.kind(), parameter, found, expected })
        };
        match self {
            Self::PacketLoss { percent } | Self::SlowNode { percent } if !PERCENTS.contains(&percent) => {
                out_of_range("percent", percent.to_string(), EXPECTED_PERCENT)
            }
            Self::Latency { delay } if !DELAYS.contains(&delay) => {
                out_of_range("delay", delay.to_string(), EXPECTED_DELAY)
            }
            _ => Ok(()),
        }
    }

    /// Its kind, by which histories and reports name it.
    pub fn kind(self) -> FaultKind {
        match self {
            Self::Kill => FaultKind::Kill,
            Self::Stop => FaultKind::Stop,
            Self::Pause => FaultKind::Pause,
            Self::LoseHost => FaultKind::LoseHost,
            Self::Partition => FaultKind::Partition,
            Self::TribesPartition => FaultKind::TribesPartition,
            Self::MembershipPartition => FaultKind::MembershipPartition,
            Self::DropOutgoing => FaultKind::DropOutgoing,
            Self::DropIncoming => FaultKind::DropIncoming,
            Self::PacketLoss { .. } => FaultKind::PacketLoss,
            Self::Latency { .. } => FaultKind::Latency,
            Self::SlowNode { .. } => FaultKind::SlowNode,
            Self::FillDisk => FaultKind::FillDisk,
            Self::SkewClock { .. } => FaultKind::SkewClock,
        }
    }
}

/// The parameters of a fault as a plan stores them: those that it has not are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FaultParams {
    /// Of packet loss: how many of a hundred packets are lost. Of a slow node: how many hundredths of one core are left.
    pub percent: Option<u8>,
    /// Of a skewed clock: how far it jumps.
    pub by: Option<Skew>,
    /// Of a latency: how much later each packet comes.
    pub delay: Option<Millis>,
}

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

    /// Whether the node and its peers hear nothing of each other while it lasts, so that each side evicts the other.
    pub fn is_partition(self) -> bool {
        matches!(self, Self::Partition | Self::TribesPartition)
    }
}

kebab!(FaultKind);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_its_parameters_and_no_others_or_is_an_error_that_names_the_parameter() {
        use FaultKind::*;
        let (percent, by, delay) = (Some(10), "+1h".parse().ok(), Some(Millis(200)));
        let all = FaultParams { percent, by, delay };
        for (kind, parameter) in [(PacketLoss, "percent"), (SlowNode, "percent"), (Latency, "delay"), (SkewClock, "by")]
        {
            let error = Fault::of(kind, FaultParams::default()).expect_err("a parameter is missing");
            assert!(matches!(error, FaultError::Missing { parameter: named, .. } if named == parameter), "{error}");
            let own = match parameter {
                "percent" => FaultParams { percent, ..FaultParams::default() },
                "delay" => FaultParams { delay, ..FaultParams::default() },
                _ => FaultParams { by, ..FaultParams::default() },
            };
            assert_eq!(Fault::of(kind, own).map(|fault| (fault.kind(), fault.extent())), Ok((kind, own)));
        }
        for kind in [Kill, Stop, Pause, LoseHost, Partition, TribesPartition, MembershipPartition, FillDisk] {
            assert_eq!(Fault::of(kind, FaultParams::default()).map(Fault::kind), Ok(kind));
            let refused = Fault::of(kind, all).expect_err("it has no parameters");
            assert_eq!(refused.to_string(), format!("`percent` is not valid with `{kind}`"));
        }
        let out_of_range = [
            Fault::SlowNode { percent: 0 },
            Fault::PacketLoss { percent: 100 },
            Fault::Latency { delay: Millis(0) },
            Fault::Latency { delay: Millis(60_001) },
        ];
        for fault in out_of_range {
            assert!(matches!(fault.check(), Err(FaultError::OutOfRange { .. })), "{fault:?}");
        }
    }

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
