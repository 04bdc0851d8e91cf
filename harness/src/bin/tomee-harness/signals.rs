//! Signals: once is graceful, twice is at once. The guard cleans up behind both.

use nix::sys::signal::Signal;
use tomee_harness::host::signals;

use crate::exit::Exit;

/// Begins to listen. The first signal cancels the token, the second ends the program.
pub(crate) fn listen() -> std::io::Result<signals::Signals> {
    listen_with(|| {})
}

/// The same, with what must be done even where the second signal ends the program.
#[expect(clippy::exit, reason = "the second signal wants out at once; the guard removes all")]
pub(crate) fn listen_with(last: impl Fn() + Send + 'static) -> std::io::Result<signals::Signals> {
    signals::Signals::listen(move |signal| {
        last();
        std::process::exit(exit(signal).code().into())
    })
}

/// How to end after a signal.
pub(crate) fn exit(signal: Signal) -> Exit {
    match signal {
        Signal::SIGINT => Exit::Interrupted,
        _ => Exit::Terminated,
    }
}
