//! The one wait: bounded, level-triggered, and it reports the last status that it saw.

use std::time::{Duration, Instant};

/// The least time between two looks, and that of a wait that is young.
pub const POLL: Duration = Duration::from_millis(25);
/// The most time between two looks, and that of a wait of seconds: a look costs, and being 50 ms late in 4 s does not.
const SLOW_POLL: Duration = Duration::from_millis(100);
/// The time between two looks is this part of the time already waited.
const POLL_PART: u32 = 40;

/// What one look shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look<T> {
    /// It is there.
    Ready(T),
    /// Not yet; this is how it stands.
    NotYet(String),
}

/// A wait that ran out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("timed out after {waited:.1?} waiting for {wanted}; last status: {last_seen}")]
pub struct TimedOut {
    /// What was waited for.
    pub wanted: String,
    /// How it stood at the last look.
    pub last_seen: String,
    /// How long it was waited.
    pub waited: Duration,
}

/// Looks until `look` is ready or `limit` is over. An error of `look` ends the wait at once.
///
/// # Errors
/// [`TimedOut`] with the last status, or the error of `look`.
pub async fn until<T, E, F, Looking>(wanted: &str, limit: Duration, mut look: F) -> Result<T, E>
where
    // Not `AsyncFnMut`, whose future the compiler cannot prove to be `Send`.
    F: FnMut() -> Looking,
    Looking: Future<Output = Result<Look<T>, E>>,
    E: From<TimedOut>,
{
    let mut patience = Patience::new(wanted, limit);
    loop {
        match look().await? {
            Look::Ready(value) => return Ok(value),
            Look::NotYet(status) => patience.another_look(status).await?,
        }
    }
}

/// The same wait as a loop of the caller's, for looks that change what they borrow.
#[derive(Debug)]
pub struct Patience {
    wanted: String,
    limit: Duration,
    start: Instant,
}

impl Patience {
    /// Begins to wait.
    pub fn new(wanted: impl Into<String>, limit: Duration) -> Self {
        Self { wanted: wanted.into(), limit, start: Instant::now() }
    }

    /// How long it has been waited.
    pub fn waited(&self) -> Duration {
        self.start.elapsed()
    }

    /// Lets the time between two looks pass. `last_seen` is how it stood at the last one.
    ///
    /// # Errors
    /// [`TimedOut`]: the limit is over.
    pub async fn another_look(&mut self, last_seen: impl Into<String>) -> Result<(), TimedOut> {
        let waited = self.waited();
        if waited >= self.limit {
            return Err(TimedOut { wanted: self.wanted.clone(), last_seen: last_seen.into(), waited });
        }
        let gap = (waited / POLL_PART).clamp(POLL, SLOW_POLL);
        pause(gap.min(self.limit.saturating_sub(waited))).await;
        Ok(())
    }
}

/// Lets a bounded time pass between two looks.
pub async fn pause(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "the one place that may sleep")]
    tokio::time::sleep(time).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_runs_out_says_what_it_saw_last() {
        let looks = std::cell::Cell::new(0);
        let waited: Result<(), TimedOut> = until("three members", Duration::from_millis(100), async || {
            looks.set(looks.get() + 1);
            Ok(Look::NotYet(format!("{} looks", looks.get())))
        })
        .await;
        let error = waited.expect_err("it never becomes ready");
        assert_eq!(error.wanted, "three members");
        assert_eq!(error.last_seen, format!("{} looks", looks.get()));
    }

    #[tokio::test]
    async fn an_error_ends_the_wait_at_once() {
        let waited: Result<(), TimedOut> = until("nothing", Duration::from_hours(1), async || {
            Err(TimedOut { wanted: "the inner thing".into(), last_seen: String::new(), waited: Duration::ZERO })
        })
        .await;
        assert_eq!(waited.expect_err("an error").wanted, "the inner thing");
    }
}
