//! Signals: the first ends in good order, the second at once. The guard cleans up behind both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Listens for SIGINT, SIGTERM and SIGHUP.
#[derive(Debug, Clone)]
pub struct Signals {
    stop: CancellationToken,
    first: Arc<AtomicI32>,
}

impl Signals {
    /// Begins to listen. The first signal cancels the token; each further one is handed to `at_once`, which ends the program.
    ///
    /// # Errors
    /// A signal cannot be listened for.
    pub fn listen(at_once: impl Fn(Signal) + Send + 'static) -> std::io::Result<Self> {
        let signals = Self { stop: CancellationToken::new(), first: Arc::default() };
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let listening = signals.clone();
        tokio::spawn(async move {
            loop {
                let came = tokio::select! {
                    _ = interrupt.recv() => Signal::SIGINT,
                    _ = terminate.recv() => Signal::SIGTERM,
                    _ = hang_up.recv() => Signal::SIGHUP,
                };
                if listening.stop.is_cancelled() {
                    at_once(came);
                }
                listening.first.store(came as i32, Ordering::SeqCst);
                listening.stop.cancel();
            }
        });
        Ok(signals)
    }

    /// Cancelled by the first signal.
    pub fn token(&self) -> &CancellationToken {
        &self.stop
    }

    /// The first signal; `None` where none came.
    pub fn first(&self) -> Option<Signal> {
        Signal::try_from(self.first.load(Ordering::SeqCst)).ok()
    }
}
