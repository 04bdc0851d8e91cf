//! The one wait: bounded, level-triggered, and it reports the last status that it saw.

use std::time::{Duration, Instant};

/// How often a condition is looked at where nothing else is said.
pub const POLL: Duration = Duration::from_millis(25);

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
#[error("waited {waited:.1?} for {wanted}; last seen: {last_seen}")]
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
    let start = Instant::now();
    loop {
        let last_seen = match look().await? {
            Look::Ready(value) => return Ok(value),
            Look::NotYet(status) => status,
        };
        let waited = start.elapsed();
        if waited >= limit {
            return Err(TimedOut { wanted: wanted.to_owned(), last_seen, waited }.into());
        }
        pause(POLL.min(limit.saturating_sub(waited))).await;
    }
}

/// Lets a bounded time pass between two looks.
pub(crate) async fn pause(time: Duration) {
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
