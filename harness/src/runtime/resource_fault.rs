//! Faults of resources: what is done to the host of a node that runs on.

use crate::model::{Capability, Skew};

/// What a node gets less of, or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceFault {
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

impl ResourceFault {
    /// What a runtime must be able to do for it.
    pub fn needs(self) -> Capability {
        match self {
            Self::SlowProcessor { .. } => Capability::Throttle,
            Self::FullDisk => Capability::FillDisk,
            Self::WrongClock { .. } => Capability::SkewClock,
        }
    }
}
