//! The machine's processes, as far as the guard needs to know them.

use std::collections::BTreeSet;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

mod process;

pub(super) use process::GUARD_VARIABLE;
pub use process::RUN_VARIABLE;
pub(crate) use process::{Marks, Process, ProcessId};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
mod ps;
#[cfg(not(target_os = "linux"))]
use ps as system;

impl ProcessId {
    /// The process that has this number now.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let pid = i32::try_from(pid).ok().filter(|pid| *pid > 1)?;
        Some(system::look(pid)?.id)
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
