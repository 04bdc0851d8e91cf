//! Strains: what is done to the host of a node that runs on.

use crate::spec::{Capability, Extent, FaultKind, Skew};

/// What a node gets less of, or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strain {
    /// It is left a part of one processor core.
    SlowProcessor {
        /// How many hundredths, 1 to 99.
        percent: u8,
    },
    /// Nothing can be written to the disk that its `CATALINA_BASE` is on.
    FullDisk,
    /// The wall clock of its JVM is wrong.
    WrongClock {
        /// How wrong.
        by: Skew,
    },
}

impl Strain {
    /// What a fault does to the host; `None` where it does something else, or does not say how much.
    pub fn of(kind: FaultKind, extent: Extent) -> Option<Self> {
        match kind {
            FaultKind::SlowNode => extent.percent.map(|percent| Self::SlowProcessor { percent }),
            FaultKind::FillDisk => Some(Self::FullDisk),
            FaultKind::SkewClock => extent.by.map(|by| Self::WrongClock { by }),
            _ => None,
        }
    }

    /// What a runtime must be able to do for it.
    pub fn needs(self) -> Capability {
        match self {
            Self::SlowProcessor { .. } => Capability::Throttle,
            Self::FullDisk => Capability::FillDisk,
            Self::WrongClock { .. } => Capability::SkewClock,
        }
    }
}
