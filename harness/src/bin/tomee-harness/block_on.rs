//! The tokio runtime of a command.

use crate::exit::Failure;

/// The tokio runtime of a command. One thread: the harness waits most of the time, and wakes no other thread for it.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::environment)?.block_on(future)
}
