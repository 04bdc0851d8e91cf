//! What owner and guard say to each other: JSON, one message a line.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::processes::ProcessId;
use crate::model::RunId;

/// What a guard is started for: the value of its environment variable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) run: RunId,
    /// The owner, which is never killed, whatever it carries.
    pub(super) owner: i32,
    /// The folder of the registry.
    pub(super) registry: Utf8PathBuf,
}

/// From the owner, who writes the same lines into the run's entry of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Message {
    /// A process was started.
    Process(ProcessId),
    /// A container was made.
    Container(String),
    /// A network was made.
    Network(String),
    /// The run uses the container engine.
    Engine,
    /// The owner has removed everything.
    Release,
    /// What runs is to go on running.
    Keep,
}

impl Message {
    /// Whether it says that the run has something on the container engine.
    pub(crate) fn needs_engine(&self) -> bool {
        matches!(self, Self::Container(_) | Self::Network(_) | Self::Engine)
    }
}

/// From the guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reply {
    /// It guards: it has a session of its own and holds the pipe.
    Ready,
    /// It did what was requested last, and ends.
    Done {
        /// What it had to remove, a line each.
        removed: Vec<String>,
        /// What it could not remove.
        left: Vec<String>,
    },
}
