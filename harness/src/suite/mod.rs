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
//!     tomee_harness::suite::run_file(&path).await.expect("it holds");
//! }
//! ```
//!
//! Each test takes a cluster of its own, of two JVMs or more: let them run one after the other (`test_main` does so
//! where nothing else is said; under nextest a test group with `max-threads = 1` does).
//!
//! `cargo test --test failover -- --jobs auto --warm` runs as many at one time as memory and processors bear, and hands
//! clusters on from test to test, reset and verified; `TOMEE_HARNESS_JOBS` and `TOMEE_HARNESS_WARM` say the same. Under
//! nextest each test is a process of its own, and neither has a meaning.

mod again;
mod files;
mod guarded_cluster;
mod kept;
#[cfg(feature = "test-main")]
mod main;
#[cfg_attr(not(feature = "test-main"), expect(dead_code, reason = "only a test target has options"))]
mod options;
mod planned_run;
mod run_folder;
mod scenario_runner;
mod whole_path;

pub use files::files_below;
#[cfg(feature = "test-main")]
pub use main::test_main;
#[cfg(feature = "test-main")]
pub use options::{JOBS_VARIABLE, WARM_VARIABLE};
pub use planned_run::{PlannedRun, Source};
pub use run_folder::{RunFolder, unused_configuration};
pub use scenario_runner::{FinishedRun, RunError, ScenarioRunner, run_file};
