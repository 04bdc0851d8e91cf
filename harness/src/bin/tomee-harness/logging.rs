//! What the program says about its own work, on standard error: `-v` and `RUST_LOG`.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The variable with which users of `tracing` choose what is logged.
const VARIABLE: &str = EnvFilter::DEFAULT_ENV;

/// Begins to print events: those that `RUST_LOG` names, or else the program's own, from errors on, with `-v` all but
/// each record of a run.
pub(crate) fn begin(verbose: bool, color: bool) {
    let said = std::env::var(VARIABLE).ok().filter(|said| !said.trim().is_empty());
    let level = if verbose { LevelFilter::DEBUG } else { LevelFilter::ERROR };
    let filter = said.map_or_else(|| EnvFilter::new(format!("tomee_harness={level}")), EnvFilter::new);
    let events = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(color);
    // There is no other subscriber in this program.
    let _ = events.try_init();
}
