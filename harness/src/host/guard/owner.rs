//! The owner's side of the guard.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::entry::HARMLESS;
use super::message::{Message, Reply, Task, Thing};
use super::processes::{GUARD_VARIABLE, ProcessId, RUN_VARIABLE};
use super::registry::{Held, Registry, RegistryError};
use crate::host::sync::lock;
use crate::model::RunId;

/// How long the guard may take to be ready. It needs some ten milliseconds; this is for a machine that is overloaded.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// How long the guard may take for its last look, with what it may have to remove then.
const DONE_LIMIT: Duration = Duration::from_secs(80);

/// Why a run is not guarded, or not guarded any more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// The run cannot be entered in the registry of runs.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The guard's log cannot be written.
    #[error("run {run} cannot be guarded: the guard's log cannot be written")]
    Log {
        /// The run.
        run: RunId,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The guard process cannot be started.
    #[error("run {run} cannot be guarded: no guard process can be started")]
    Start {
        /// The run.
        run: RunId,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was started did not become a guard.
    #[error("run {run} cannot be guarded: {problem}; see {log}")]
    NoGuard {
        /// The run.
        run: RunId,
        /// What happened instead.
        problem: String,
        /// The guard's log.
        log: Utf8PathBuf,
    },
    /// The guard is not there any more.
    #[error("the guard of run {run} is gone; see {log}")]
    Gone {
        /// The run.
        run: RunId,
        /// The guard's log.
        log: Utf8PathBuf,
        /// How it showed.
        #[source]
        source: io::Error,
    },
    /// The guard could not remove everything.
    #[error("the guard could not remove everything of run {run}; left: {}; see {log}", left.join(", "))]
    Left {
        /// The run.
        run: RunId,
        /// What is left, in words.
        left: Vec<String>,
        /// The guard's log.
        log: Utf8PathBuf,
    },
}

impl GuardError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoGuard { .. } => Some(
                "the program that starts a cluster must be able to become its guard: use the feature `guard-at-start`, or \
                 call `tomee_harness::guard_main()` first in `main`"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// What the guard found when the owner had removed everything.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Released {
    /// What the guard had to remove all the same, in words. Each is a fault of the owner.
    pub removed: Vec<String>,
}

/// A guarded run. While this lives the run's things are safe; dropped without [`release`](Guard::release) or
/// [`keep`](Guard::keep), by a panic or by the end of the process, they are removed within seconds.
///
/// ```no_run
/// use tomee_harness::host::guard::{Guard, RUN_VARIABLE};
/// use tomee_harness::model::RunId;
///
/// let run = RunId::new("example-1")?;
/// let guard = Guard::spawn(&run, "target/example-1".into())?;
/// let mut child = std::process::Command::new("sleep").arg("60").env(RUN_VARIABLE, run.as_str()).spawn()?;
/// guard.process(child.id())?;
/// child.kill()?;
/// child.wait()?;
/// assert!(guard.release()?.removed.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped ends the run"]
pub struct Guard {
    run: RunId,
    log: Utf8PathBuf,
    /// None once the guard knows how the run ends.
    pipe: Mutex<Option<ChildStdin>>,
    replies: Mutex<Option<BufReader<ChildStdout>>>,
    /// None once the process was waited for.
    process: Option<Child>,
    entry: Held,
}

impl Guard {
    /// Starts the guard of `run` and returns when it guards. It logs to `guard.log` in `folder`, which must be there.
    /// Blocks, usually for some ten milliseconds, at most for ten seconds.
    ///
    /// # Errors
    /// The run cannot be guarded, so it must not begin.
    pub fn spawn(run: &RunId, folder: &Utf8Path) -> Result<Self, GuardError> {
        Self::spawn_in(&Registry::of_user()?, run, folder)
    }

    /// As [`Guard::spawn`], with a registry of its own.
    ///
    /// # Errors
    /// The run cannot be guarded, so it must not begin.
    pub fn spawn_in(registry: &Registry, run: &RunId, folder: &Utf8Path) -> Result<Self, GuardError> {
        let log = folder.join("guard.log");
        if std::env::var_os(GUARD_VARIABLE).is_some() {
            // This process was meant to be a guard and is not: without an end here each would start the next.
            let problem = "this program does not become a guard process when it is started as one".to_owned();
            return Err(GuardError::NoGuard { run: run.clone(), problem, log });
        }
        let entry = registry.enter(run)?;
        match start(registry, run, &log) {
            Ok((process, pipe, replies)) => Ok(Self {
                run: run.clone(),
                log,
                pipe: Mutex::new(Some(pipe)),
                replies: Mutex::new(Some(replies)),
                process: Some(process),
                entry,
            }),
            Err(error) => {
                // The guard may have forgotten the run already.
                let _ = entry.forget();
                Err(error)
            }
        }
    }

    /// Notes a process. To be called right after its start; until then the run's id in its environment
    /// ([`RUN_VARIABLE`]) is what the guard finds it by. A process that has ended by now needs no guard.
    ///
    /// # Errors
    /// The guard is gone.
    pub fn process(&self, pid: u32) -> Result<(), GuardError> {
        ProcessId::of(pid).map_or(Ok(()), |process| self.note(&Message::Process(process)))
    }

    /// Notes something that is no process of this machine: who made it, what it is, and what its maker knows it by.
    ///
    /// # Errors
    /// The guard is gone.
    pub fn thing(&self, provider: &str, kind: &str, id: &str) -> Result<(), GuardError> {
        let (provider, kind, id) = (provider.to_owned(), kind.to_owned(), id.to_owned());
        self.note(&Message::Thing(Thing { provider, kind, id }))
    }

    /// Notes that the run uses a provider, so that what it has there is looked for. To be called before the first thing is asked
    /// for: a container may come into being although its maker is gone.
    ///
    /// # Errors
    /// The guard is gone.
    pub fn provider(&self, name: &str) -> Result<(), GuardError> {
        self.note(&Message::Provider(name.to_owned()))
    }

    /// Ends the run after the owner has removed everything. The guard looks once more and removes what is left.
    /// Blocks, usually for a tenth of a second; at most for 80 s, where an engine hangs. Nothing may be started behind it.
    ///
    /// # Errors
    /// The guard is gone or was released already, or something could not be removed.
    pub fn release(&self) -> Result<Released, GuardError> {
        self.end(&Message::Release)
    }

    /// Ends the guard and leaves everything running. Only a sweep of kept runs removes it then.
    ///
    /// # Errors
    /// The guard is gone.
    pub fn keep(&self) -> Result<(), GuardError> {
        self.end(&Message::Keep).map(drop)
    }

    fn end(&self, message: &Message) -> Result<Released, GuardError> {
        self.send(message)?;
        drop(lock(&self.pipe).take());
        let gone = |source| GuardError::Gone { run: self.run.clone(), log: self.log.clone(), source };
        let replies = lock(&self.replies).take().ok_or_else(|| gone(io::ErrorKind::BrokenPipe.into()))?;
        let (line, _) = next_line(replies, DONE_LIMIT).map_err(gone)?;
        match serde_json::from_str(&line) {
            Ok(Reply::Done { removed, left }) if left.is_empty() => Ok(Released { removed }),
            Ok(Reply::Done { left, .. }) => {
                Err(GuardError::Left { run: self.run.clone(), left, log: self.log.clone() })
            }
            Ok(Reply::Ready) => Err(gone(io::ErrorKind::InvalidData.into())),
            Err(error) => Err(gone(error.into())),
        }
    }

    /// Notes it with the guard, and for a later sweep for the case that the guard is killed before it listens.
    fn note(&self, message: &Message) -> Result<(), GuardError> {
        self.send(message)?;
        Ok(self.entry.note(message)?)
    }

    pub(super) fn send(&self, message: &Message) -> Result<(), GuardError> {
        let gone = |source| GuardError::Gone { run: self.run.clone(), log: self.log.clone(), source };
        let mut line = serde_json::to_string(message).map_err(|error| gone(error.into()))?;
        line.push('\n');
        let mut pipe = lock(&self.pipe);
        let pipe = pipe.as_mut().ok_or_else(|| gone(io::ErrorKind::BrokenPipe.into()))?;
        pipe.write_all(line.as_bytes()).map_err(gone)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The end of the pipe is the signal. Somebody must wait for the guard, else a long-lived owner collects zombies.
        drop(lock(&self.pipe).take());
        if let Some(mut process) = self.process.take() {
            let _ = std::thread::Builder::new().name("guard-end".to_owned()).spawn(move || process.wait());
        }
    }
}

type Started = (Child, ChildStdin, BufReader<ChildStdout>);

fn start(registry: &Registry, run: &RunId, log: &Utf8Path) -> Result<Started, GuardError> {
    let failed = |source| GuardError::Start { run: run.clone(), source };
    let log_file = File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(|source| GuardError::Log { run: run.clone(), source })?;
    let folder = camino::absolute_utf8(registry.folder()).map_err(failed)?;
    let owner = i32::try_from(std::process::id()).map_err(|error| failed(io::Error::other(error)))?;
    let task = Task { run: run.clone(), owner, registry: folder };
    let task = serde_json::to_string(&task).map_err(|error| failed(error.into()))?;
    let mut child = Command::new(this_program().map_err(failed)?);
    child
        .arg0("tomee-harness-guard")
        .env(GUARD_VARIABLE, task)
        .env_remove(RUN_VARIABLE)
        .stderr(log_file.into_parts().0);
    ready(&mut child, READY_LIMIT).map_err(|problem| match problem {
        NotReady::Unstarted(source) => failed(source),
        NotReady::Other(problem) => GuardError::NoGuard { run: run.clone(), problem, log: log.to_owned() },
    })
}

/// Why a process is no guard.
#[derive(Debug)]
pub(super) enum NotReady {
    Unstarted(io::Error),
    Other(String),
}

/// Starts a process that is to become a guard, and waits until it says that it is one.
pub(super) fn ready(command: &mut Command, limit: Duration) -> Result<Started, NotReady> {
    let mut child =
        command.args(HARMLESS).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(NotReady::Unstarted)?;
    let problem = match (child.stdin.take(), child.stdout.take()) {
        (Some(pipe), Some(replies)) => match next_line(BufReader::new(replies), limit) {
            Ok((line, replies)) if serde_json::from_str(&line).is_ok_and(|reply: Reply| reply == Reply::Ready) => {
                return Ok((child, pipe, replies));
            }
            Ok((line, _)) if line.is_empty() => "the guard process exited during its start".to_owned(),
            Ok((line, _)) => format!("the guard process answered {:?}", line.trim_end()),
            Err(error) => format!("the guard process did not answer: {error}"),
        },
        _ => "the guard process has no pipe".to_owned(),
    };
    // It may be anything, even this program's main function once more.
    let _ = child.kill();
    let _ = child.wait();
    Err(NotReady::Other(problem))
}

/// This very program, also after its file was replaced or removed by a build.
pub(crate) fn this_program() -> io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") && fs_err::read_link("/proc/self/exe").is_ok() {
        return Ok("/proc/self/exe".into());
    }
    std::env::current_exe()
}

/// The next line, empty at the end of the stream. The reader is lost with a time-out.
fn next_line(mut replies: BufReader<ChildStdout>, limit: Duration) -> io::Result<(String, BufReader<ChildStdout>)> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().name("guard-reply".to_owned()).spawn(move || {
        let mut line = String::new();
        let read = replies.read_line(&mut line);
        // Nobody listens any more after a time-out.
        let _ = sender.send(read.map(|_| (line, replies)));
    })?;
    receiver
        .recv_timeout(limit)
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}"))))
}
