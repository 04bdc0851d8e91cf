//! Processes out of `ps`, where there is no `/proc`: macOS and the BSDs.
//!
//! `ps` reports starts in whole seconds, and environments only of this user's processes that the system does not protect.

use std::process::{Command, Stdio};

use super::process::{Marks, Process, ProcessId};

/// All processes that this one may see.
pub(super) fn all() -> Vec<Process> {
    ps(&["-ax"])
}

/// The process that has this number now.
pub(super) fn look(pid: i32) -> Option<Process> {
    ps(&["-p", &pid.to_string()]).pop()
}

/// What the environments say: `ps` prints them behind the command, separated by blanks.
pub(super) fn marks(processes: &[Process]) -> Vec<(&Process, Marks)> {
    let with_environment = if cfg!(target_vendor = "apple") { "-axwwE" } else { "axwwe" };
    let listing = output(&[with_environment, "-o", "pid=,command="]);
    listing
        .lines()
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let pid: i32 = words.next()?.parse().ok()?;
            let process = processes.iter().find(|process| process.id.pid == pid)?;
            let mut marks = Marks::default();
            words.filter(|word| word.starts_with("TOMEE_HARNESS_")).for_each(|word| marks.note(word));
            Some((process, marks))
        })
        .collect()
}

fn ps(which: &[&str]) -> Vec<Process> {
    let columns = ["-o", "pid=,ppid=,pgid=,stat=,lstart=,comm="];
    output(&[which, &columns].concat()).lines().filter_map(parse).collect()
}

/// `pid ppid pgid stat`, five words of a date, and the command.
fn parse(line: &str) -> Option<Process> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    Some(Process {
        id: ProcessId { pid: words.first()?.parse().ok()?, start: words.get(4..9)?.join(" ") },
        parent: words.get(1)?.parse().ok()?,
        group: words.get(2)?.parse().ok()?,
        ended: words.get(3)?.starts_with('Z'),
        name: words.get(9..)?.join(" "),
    })
}

fn output(arguments: &[&str]) -> String {
    let ps = Command::new("ps").args(arguments).env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null()).output();
    ps.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}
