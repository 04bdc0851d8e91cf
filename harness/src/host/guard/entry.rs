//! How a process of this program becomes a guard: before `main`, whatever program it is.
//!
//! The owner may be the command line, a test binary of this workspace or one of somebody else's crate. They have
//! different `main` functions, but all of them link this library.

use std::os::fd::RawFd;

use nix::sys::signal::SigSet;

use super::processes::GUARD_VARIABLE;
use super::watch::{self, RemoveElsewhere};

/// Arguments for the case that the program does not turn into a guard: a test binary lists no test and ends, where
/// without them it would run all its tests once more.
pub(super) const HARMLESS: [&str; 3] = ["--list", "--exact", "tomee-harness-guard"];

/// Turns a process that was started as a guard into one, and never returns from it; does nothing in any other process.
/// `remove` removes what a run has elsewhere than among the processes of this machine.
pub(crate) fn become_guard(remove: RemoveElsewhere) {
    let Some(task) = std::env::var_os(GUARD_VARIABLE) else { return };
    detach();
    let code = watch::run(&task.to_string_lossy(), remove);
    #[expect(clippy::exit, reason = "a guard must never reach main")]
    std::process::exit(code);
}

/// Lets go of all that ties this process to its owner but the three standard streams, which the owner has set:
/// the terminal and its Ctrl-C, the working directory, and open files, since an inherited pipe would keep its reader
/// waiting (`cargo test | cat`).
fn detach() {
    // Fails only in a process that leads its group, which a child that was just forked does not.
    let _ = nix::unistd::setsid();
    // Blocked is as good as ignored: nothing but SIGKILL and SIGSTOP gets through.
    let _ = SigSet::all().thread_block();
    let _ = std::env::set_current_dir("/");
    for inherited in open_files().into_iter().filter(|file| *file > 2) {
        let _ = nix::unistd::close(inherited);
    }
}

fn open_files() -> Vec<RawFd> {
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}
