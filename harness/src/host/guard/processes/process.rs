//! A process, and what its environment says of runs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The environment variable that every process of a run carries from birth; its value is the run's id.
pub const RUN_VARIABLE: &str = "TOMEE_HARNESS_RUN";

/// The environment variable that makes a process of this program a guard; its value is a
/// [`Task`](super::super::message::Task).
pub(in crate::host::guard) const GUARD_VARIABLE: &str = "TOMEE_HARNESS_GUARD";

/// One process and no other: a number is used again, a number with its start is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    pub(crate) pid: i32,
    /// When it started, as exactly as the system reports it; names the boot too where the system counts from it.
    pub(crate) start: String,
}

/// What is known of a process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) id: ProcessId,
    pub(super) parent: i32,
    pub(super) group: i32,
    /// It has ended and waits for its parent to take notice.
    pub(super) ended: bool,
    pub(super) name: String,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({})", self.id.pid, self.name)
    }
}

/// What a process's environment says of runs.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// The run that it belongs to.
    pub(crate) run: Option<String>,
    /// The task that it has as a guard.
    pub(crate) guard: Option<String>,
}

impl Marks {
    pub(super) fn note(&mut self, variable: &str) {
        if let Some((name, value)) = variable.split_once('=') {
            if name == RUN_VARIABLE {
                self.run = Some(value.to_owned());
            } else if name == GUARD_VARIABLE {
                self.guard = Some(value.to_owned());
            }
        }
    }
}
