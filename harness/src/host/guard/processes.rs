//! The machine's processes, as far as the guard needs to know them.

use std::collections::BTreeSet;
use std::fmt;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
mod ps;
#[cfg(not(target_os = "linux"))]
use ps as system;

/// The environment variable that every process of a run carries from birth; its value is the run's id.
pub const RUN_VARIABLE: &str = "TOMEE_HARNESS_RUN";

/// The environment variable that makes a process of this program a guard; its value is a
/// [`Task`](super::message::Task).
pub(super) const GUARD_VARIABLE: &str = "TOMEE_HARNESS_GUARD";

/// One process and no other: a number is used again, a number with its start is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    pub(crate) pid: i32,
    /// When it started, as exactly as the system reports it; names the boot too where the system counts from it.
    pub(crate) start: String,
}

impl ProcessId {
    /// The process that has this number now.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let pid = i32::try_from(pid).ok().filter(|pid| *pid > 1)?;
        Some(system::look(pid)?.id)
    }
}

/// What is known of a process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) id: ProcessId,
    parent: i32,
    group: i32,
    /// It has ended and waits for its parent to take notice.
    ended: bool,
    name: String,
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
    fn note(&mut self, variable: &str) {
        if let Some((name, value)) = variable.split_once('=') {
            if name == RUN_VARIABLE {
                self.run = Some(value.to_owned());
            } else if name == GUARD_VARIABLE {
                self.guard = Some(value.to_owned());
            }
        }
    }
}

/// All processes that live at one moment.
pub(crate) struct Table {
    processes: Vec<Process>,
}

impl Table {
    pub(crate) fn read() -> Self {
        Self { processes: system::all().into_iter().filter(|process| !process.ended).collect() }
    }

    /// Each process with what its environment says, where it may be read.
    pub(crate) fn marks(&self) -> Vec<(&Process, Marks)> {
        system::marks(&self.processes)
    }

    /// What belongs to a run: processes that are known and those that carry its id, with the groups that they lead and with
    /// all their descendants. Never `spared` ones nor this process, nor what belongs to the run through them alone.
    pub(crate) fn of_run(&self, run: &str, known: &BTreeSet<ProcessId>, spared: &BTreeSet<i32>) -> Vec<&Process> {
        let this = std::process::id();
        let marked = self.marks();
        let marked: BTreeSet<i32> = marked
            .iter()
            .filter(|(_, marks)| marks.run.as_deref() == Some(run))
            .map(|(process, _)| process.id.pid)
            .collect();
        let (mut found, mut others): (Vec<&Process>, Vec<&Process>) = self
            .processes
            .iter()
            .filter(|process| !spared.contains(&process.id.pid) && u32::try_from(process.id.pid) != Ok(this))
            .partition(|process| known.contains(&process.id) || marked.contains(&process.id.pid));
        let mut pids: BTreeSet<i32> = found.iter().map(|process| process.id.pid).collect();
        loop {
            let (relatives, rest): (Vec<&Process>, Vec<&Process>) =
                others.into_iter().partition(|process| pids.contains(&process.parent) || pids.contains(&process.group));
            if relatives.is_empty() {
                return found;
            }
            pids.extend(relatives.iter().map(|process| process.id.pid));
            found.extend(relatives);
            others = rest;
        }
    }
}

impl Process {
    /// Ends it with SIGKILL, and the group that it leads, unless its number belongs to another process by now.
    pub(crate) fn kill(&self) {
        let pid = Pid::from_raw(self.id.pid);
        if system::look(self.id.pid).is_none_or(|now| now.id != self.id) {
            return;
        }
        // A process that ended in between is what is wanted; one that may not be killed shows up at the next look.
        if self.group == self.id.pid {
            let _ = killpg(pid, Signal::SIGKILL);
        }
        let _ = kill(pid, Signal::SIGKILL);
    }
}
