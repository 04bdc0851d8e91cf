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
}

impl FaultKind {
    /// What a runtime must be able to do for this fault.
    pub fn needs(self) -> Capability {
        match self {
            Self::Kill => Capability::Kill,
            Self::Stop => Capability::Stop,
            Self::Pause => Capability::Pause,
            Self::LoseHost => Capability::LoseHost,
        }
    }

    /// Whether the node lives on and the fault is undone by healing it; otherwise only a restart brings it back.
    pub fn is_undone_in_place(self) -> bool {
        match self {
            Self::Pause => true,
            Self::Kill | Self::Stop | Self::LoseHost => false,
        }
    }
}

kebab!(FaultKind);
