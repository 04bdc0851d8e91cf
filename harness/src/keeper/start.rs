//! How a keeper is started: this very program once more, in a session of its own.

use std::io::{self, Write as _};
use std::process::{Child, Command, Stdio};

use camino::Utf8PathBuf;
use fs_err::File;

use super::message::Task;
use crate::host::guard::this_program;

/// The keeper's log, in the run's folder.
const LOG: &str = "keeper.log";

/// Why there is no keeper.
#[derive(Debug, thiserror::Error)]
#[error("the keeper cannot be started; see {log}")]
pub struct StartKeeperError {
    /// Its log.
    pub log: Utf8PathBuf,
    /// Why.
    #[source]
    source: io::Error,
}

/// Starts the program as a keeper, by these arguments, and tells it its task. It goes on when this process has ended.
///
/// # Errors
/// It cannot be started, or does not listen.
pub fn start(task: &Task, arguments: &[&str]) -> Result<Child, StartKeeperError> {
    let log = task.folder.join(LOG);
    let failed = |source| StartKeeperError { log: log.clone(), source };
    let out = File::options().create(true).append(true).open(&log).map_err(failed)?.into_parts().0;
    let errors = out.try_clone().map_err(failed)?;
    let mut keeper = Command::new(this_program().map_err(failed)?)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(errors)
        .spawn()
        .map_err(failed)?;
    let text = serde_json::to_string(task).map_err(|error| failed(error.into()))?;
    let mut stdin = keeper.stdin.take().ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
    stdin.write_all(text.as_bytes()).map_err(failed)?;
    Ok(keeper)
}

/// Lets go of what ties a keeper to the terminal that it was started from: its session and its working directory.
pub(super) fn detach() {
    // Fails only in a process that leads its group, which a child that was just forked does not.
    let _ = nix::unistd::setsid();
    let _ = std::env::set_current_dir("/");
}
