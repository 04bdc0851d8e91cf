//! Processes out of `/proc` (proc(5)).

use std::sync::OnceLock;

use super::process::{Marks, Process, ProcessId};

/// All processes that this one may see.
pub(super) fn all() -> Vec<Process> {
    let Ok(entries) = fs_err::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| look(entry.file_name().to_str()?.parse().ok()?)).collect()
}

/// The process that has this number now; one that ended but was not waited for counts.
pub(super) fn look(pid: i32) -> Option<Process> {
    // Bytes, because a process may give itself a name that is not UTF-8.
    let stat = fs_err::read(format!("/proc/{pid}/stat")).ok()?;
    parse(pid, &String::from_utf8_lossy(&stat), boot())
}

/// What the environments say. One that cannot be read belongs to another user, or to a process that has just ended.
pub(super) fn marks(processes: &[Process]) -> Vec<(&Process, Marks)> {
    processes
        .iter()
        .filter_map(|process| {
            let environment = fs_err::read(format!("/proc/{}/environ", process.id.pid)).ok()?;
            let mut marks = Marks::default();
            environment
                .split(|byte| *byte == 0)
                .filter(|variable| variable.starts_with(b"TOMEE_HARNESS_"))
                .for_each(|variable| marks.note(&String::from_utf8_lossy(variable)));
            Some((process, marks))
        })
        .collect()
}

/// `pid (name) state ppid pgrp …`, the start as field 22; the name may hold blanks and parentheses.
fn parse(pid: i32, stat: &str, boot: &str) -> Option<Process> {
    let (head, tail) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
    Some(Process {
        id: ProcessId { pid, start: format!("{boot}/{}", fields.get(19)?) },
        ended: matches!(*fields.first()?, "Z" | "X" | "x"),
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        name: head.split_once('(')?.1.to_owned(),
    })
}

/// Names the boot from which the kernel counts: early processes have the same number and start after each boot.
fn boot() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        let id = fs_err::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        id.trim().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_parentheses_does_not_shift_the_fields() {
        let stat = "77 (a) (b c) S 5 70 70 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1";
        let process = parse(77, stat, "boot").expect("a process");
        assert_eq!((process.parent, process.group, process.ended), (5, 70, false));
        assert_eq!(process.id.start, "boot/98765");
        assert_eq!(process.name, "a) (b c");
    }

    #[test]
    fn a_zombie_has_ended() {
        let stat = "77 (java) Z 5 70 70 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1";
        assert!(parse(77, stat, "boot").expect("a process").ended);
    }
}
