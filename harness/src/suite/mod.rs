//! Scenarios as tests of somebody's own crate.
//!
//! Either a test target without the usual harness, with a test for each file and cell of its matrix, found when it runs:
//!
//! ```toml
//! [[test]]
//! name = "failover"
//! harness = false
//! ```
//! ```no_run
//! // tests/failover.rs
//! fn main() -> std::process::ExitCode {
//!     tomee_harness::test_main("scenarios")
//! }
//! ```
//!
//! or one function of rstest's, with a test for each file:
//!
//! ```no_run
//! # use rstest::rstest;
//! #[rstest]
//! #[tokio::test]
//! async fn scenario(#[files("scenarios/**/*.toml")] path: std::path::PathBuf) {
//!     tomee_harness::suite::tell_file(&path).await.expect("it holds");
//! }
//! ```
//!
//! Each test takes a cluster of its own, of two JVMs or more: let them run one after the other (`test_main` does so
//! where nothing else is said; under nextest a test group with `max-threads = 1` does).

mod budget;
mod files;
mod fleet;
mod main;
mod teller;

pub use budget::{Budget, Jobs, JobsError};
pub use files::files_below;
pub use fleet::{Berth, Fleet, Standing, StandingError};
pub use main::test_main;
pub use teller::{TellError, Teller, Told, tell_file};
