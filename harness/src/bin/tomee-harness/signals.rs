//! Signals: once is graceful, twice is at once. The guard cleans up behind both.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

/// Listens for SIGINT, SIGTERM and SIGHUP.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    interrupt: CancellationToken,
    first: Arc<AtomicU8>,
}

impl Signals {
    /// Begins to listen. The first signal cancels the token, the second ends the program.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let signals = Self { interrupt: CancellationToken::new(), first: Arc::default() };
        let mut kinds = [
            (signal(SignalKind::interrupt())?, Exit::Interrupted),
            (signal(SignalKind::terminate())?, Exit::Terminated),
            (signal(SignalKind::hangup())?, Exit::Terminated),
        ];
        let listening = signals.clone();
        tokio::spawn(async move {
            loop {
                let [(int, on_int), (term, on_term), (hup, on_hup)] = &mut kinds;
                let exit = tokio::select! {
                    _ = int.recv() => *on_int,
                    _ = term.recv() => *on_term,
                    _ = hup.recv() => *on_hup,
                };
                if listening.interrupt.is_cancelled() {
                    // The second signal wants out at once; the guard removes all.
                    std::process::exit(exit.code().into());
                }
                listening.first.store(exit.code(), Ordering::SeqCst);
                listening.interrupt.cancel();
            }
        });
        Ok(signals)
    }

    /// Cancelled by the first signal.
    pub(crate) fn token(&self) -> &CancellationToken {
        &self.interrupt
    }

    /// How to end after the first signal; `None` where none came.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.first.load(Ordering::SeqCst) {
            0 => None,
            code if code == Exit::Interrupted.code() => Some(Exit::Interrupted),
            _ => Some(Exit::Terminated),
        }
    }
}
