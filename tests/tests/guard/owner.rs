//! Owners of guarded runs, and a view of the machine's processes that is independent of the guard's own.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::host::guard::{RUN_VARIABLE, Registry};
use tomee_harness::host::wait::{Look, TimedOut, until};
use tomee_harness::model::RunId;

/// What the guard promises.
const LIMIT: Duration = Duration::from_secs(10);

/// A folder for one run, removed with the value.
pub(crate) struct Place {
    _folder: tempfile::TempDir,
    pub(crate) path: Utf8PathBuf,
    pub(crate) run: RunId,
}

impl Place {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let run = RunId::new(format!("test-{}-{count}", std::process::id())).expect("a good name");
        Self { _folder: folder, path, run }
    }

    /// Another run with the same registry.
    pub(crate) fn beside(&self) -> Self {
        let other = Self::new();
        Self { path: self.path.clone(), ..other }
    }

    pub(crate) fn registry(&self) -> Registry {
        Registry::at(&self.path.join("runs"))
    }

    pub(crate) fn command(&self, steps: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guard-owner"));
        command.args([self.path.as_str(), self.run.as_str()]).args(steps);
        command
    }

    /// The guard's process, as its log says.
    pub(crate) fn guard(&self) -> Running {
        let log = fs_err::read_to_string(self.path.join("guard.log")).expect("a log");
        let line =
            log.lines().find(|line| line.contains(&format!("guarding run {} ", self.run))).expect("its first line");
        let pid = line.split("guard ").nth(1).and_then(|rest| rest.split(':').next()).expect("a number");
        Running::of(pid.parse().expect("a number")).expect("the guard runs")
    }

    /// All processes that carry the run's id.
    pub(crate) fn carriers(&self) -> Vec<i32> {
        carriers(&self.run)
    }

    /// Waits until nothing of the run is there any more, `registered` included, nor its entry in the registry.
    pub(crate) async fn cleared(&self, registered: &[Running]) {
        let cleared: Result<(), TimedOut> = until("a machine without the run", LIMIT, async || {
            let carriers = self.carriers();
            let registered: Vec<&Running> = registered.iter().filter(|process| process.lives()).collect();
            // An owner that was killed before it had a guard leaves an entry, and nothing else, for the next sweep.
            let guarded = self.log().contains("guarding");
            let entry = guarded && self.path.join("runs").join(self.run.as_str()).exists();
            if carriers.is_empty() && registered.is_empty() && !entry {
                return Ok(Look::Ready(()));
            }
            Ok(Look::NotYet(format!("carriers {carriers:?}, registered {registered:?}, in the registry: {entry}")))
        })
        .await;
        cleared.unwrap_or_else(|error| panic!("{error}\n{}", self.log()));
    }

    /// Kills the guard, so that nobody cleans up after the owner.
    pub(crate) async fn end_guard(&self) {
        let guard = self.guard();
        guard.signal("KILL");
        let gone: Result<(), TimedOut> = until("the end of the guard", LIMIT, async || {
            Ok(if guard.lives() { Look::NotYet("it lives".into()) } else { Look::Ready(()) })
        })
        .await;
        gone.expect("it was killed");
    }

    pub(crate) fn log(&self) -> String {
        fs_err::read_to_string(self.path.join("guard.log")).unwrap_or_default()
    }
}

/// An owner that has taken all its steps up to `hold`.
pub(crate) struct Owner {
    pub(crate) process: Child,
    pub(crate) lines: Vec<(String, u32)>,
    _out: BufReader<ChildStdout>,
}

impl Owner {
    /// Starts an owner in a process group of its own, as a shell does with a foreground job.
    pub(crate) fn hold(place: &Place, steps: &[&str]) -> Self {
        Self::hold_with(place, steps, |command| command)
    }

    /// As [`Owner::hold`], with more said to its command. It releases when its standard input ends.
    #[expect(clippy::zombie_processes, reason = "each test ends its owner in its own way; a failed one ends with it")]
    pub(crate) fn hold_with(place: &Place, steps: &[&str], more: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let steps = [steps, &["hold", "release"]].concat();
        let mut process = more(&mut place.command(&steps))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the owner starts");
        let mut out = BufReader::new(process.stdout.take().expect("piped"));
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(out.read_line(&mut line).expect("read"), 0, "the owner ended after {lines:?}");
            let (what, number) = line.trim_end().split_once(' ').expect("two words");
            if what == "hold" {
                return Self { process, lines, _out: out };
            }
            lines.push((what.to_owned(), number.parse().expect("a number")));
        }
    }

    /// The processes that the owner started, in order.
    pub(crate) fn started(&self) -> Vec<Running> {
        // `setsid` leaves its own number behind when it makes the session.
        let started = self.lines.iter().filter(|(what, _)| !["guarded", "lease", "session"].contains(&what.as_str()));
        started.map(|(what, pid)| Running::of(*pid).unwrap_or_else(|| panic!("{what} {pid} runs"))).collect()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("waited for");
    }
}

/// A process that was seen running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) pid: u32,
    start: String,
}

impl Running {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let fields = stat(pid)?;
        (fields[0] != "Z").then(|| Self { pid, start: fields[19].clone() })
    }

    pub(crate) fn lives(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// The process group that it is in.
    pub(crate) fn group(&self) -> String {
        stat(self.pid).expect("it runs")[2].clone()
    }

    pub(crate) fn children(&self) -> Vec<Self> {
        let child = |pid: &u32| stat(*pid).is_some_and(|fields| fields[1] == self.pid.to_string());
        processes().into_iter().filter(child).filter_map(Self::of).collect()
    }

    pub(crate) fn signal(&self, signal: &str) {
        send(signal, &self.pid.to_string());
    }

    /// What its open files are.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs_err::read_dir(format!("/proc/{}/fd", self.pid)).expect("listed");
        let links = entries.flatten().filter_map(|entry| fs_err::read_link(entry.path()).ok());
        links.map(|link| link.to_string_lossy().into_owned()).collect()
    }
}

/// Sends a signal to a process, or to a group if the number is negative.
pub(crate) fn send(signal: &str, to: &str) {
    let sent = Command::new("kill").args(["-s", signal, "--", to]).status().expect("kill runs");
    assert!(sent.success(), "{signal} to {to}");
}

/// All processes that carry the id of `run`.
pub(crate) fn carriers(run: &RunId) -> Vec<i32> {
    let wanted = format!("{RUN_VARIABLE}={run}");
    let carries = |pid: &u32| {
        let environment =
            fs_err::read(Utf8Path::new("/proc").join(pid.to_string()).join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    processes().into_iter().filter(carries).map(|pid| i32::try_from(pid).expect("small")).collect()
}

fn processes() -> Vec<u32> {
    let entries = fs_err::read_dir("/proc").expect("listed");
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The fields behind the name: the state first.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_ascii_whitespace().map(str::to_owned).collect())
}
