//! A local cluster test harness for HTTP session replication on Apache TomEE and Tomcat.
//!
//! A [`Cluster`] of real servers is started from a [`Topology`]; clients drive **sessions** through it; **faults** break it
//! on purpose; everything that happens becomes one **history**; and a pure function judges the history: the [`Verdict`]
//! says with evidence whether session state survived.
//!
//! There are three ways to use it in the tests of your own crate.
//!
//! # A cluster in a test
//!
//! ```no_run
//! use tomee_harness::{Cluster, Status};
//!
//! #[tokio::test]
//! async fn the_cart_survives() -> Result<(), Box<dyn std::error::Error>> {
//!     let cluster = Cluster::builder().nodes(2).war("target/shop.war").start().await?;
//!     let alice = cluster.client("alice")?;
//!     alice.post("n1", "/shop/cart").form([("item", "book")]).await?;
//!     cluster.node("n1")?.kill().await?;
//!     let answer = alice.get("n2", "/shop/cart").await?;
//!     assert_eq!(answer.status(), Some(200));
//!     assert_eq!(cluster.verdict().await?.status, Status::Holds);
//!     cluster.shutdown().await?;
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! # A folder of scenario files as a test target
//!
//! With `harness = false` for the target in Cargo.toml; a test for each file and each cell of its matrix. (Feature
//! `test-main`.)
//!
//! ```no_run
//! # #[cfg(feature = "test-main")]
//! fn main() -> std::process::ExitCode {
//!     tomee_harness::test_main("scenarios")
//! }
//! # #[cfg(not(feature = "test-main"))]
//! # fn main() {}
//! ```
//!
//! # Fixtures and cases of rstest
//!
//! A cluster as a fixture, of your own or one of `tomee_harness::fixtures` (feature `rstest`); and a test for each scenario
//! file.
//!
//! ```no_run
//! use rstest::{fixture, rstest};
//! use tomee_harness::{Cluster, GuardedCluster, RunError, StartError};
//!
//! #[fixture]
//! async fn shop() -> Result<GuardedCluster, StartError> {
//!     Cluster::builder().nodes(3).war("target/shop.war").start().await
//! }
//!
//! #[rstest]
//! #[tokio::test]
//! async fn the_cart_survives(#[future(awt)] shop: Result<GuardedCluster, StartError>) -> Result<(), Box<dyn std::error::Error>> {
//!     let shop = shop?;
//!     shop.client("alice")?.get("n1", "/shop/cart").await?;
//!     shop.shutdown().await?;
//!     Ok(())
//! }
//!
//! #[rstest]
//! #[tokio::test]
//! async fn scenario(#[files("scenarios/**/*.toml")] path: std::path::PathBuf) -> Result<(), RunError> {
//!     tomee_harness::run_file(&path).await
//! }
//! # fn main() {}
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `guard-at-start` | on | the guard process takes over before `main`; without it see [`guard_main`] |
//! | `test-main` | on | [`test_main`] |
//! | `docker` | on | nodes in containers, and with them full disks, slow nodes and wrong clocks, and partitions without root |
//! | `cli` | on | the program `tomee-harness` |
//! | `rstest` | off | `fixtures` |
//! | `unstable` | by `cli` | every module is public, for the program; anything in there may change in any release |
//!
//! A crate that only starts clusters of processes in its tests builds fastest with
//! `default-features = false, features = ["guard-at-start"]`.

// Without one of these features a part of the library has no caller. `allow`, because it depends on the features which of
// these lints have anything to say.
#![cfg_attr(
    not(all(feature = "unstable", feature = "docker", feature = "test-main")),
    allow(dead_code, unreachable_pub, unused_imports, reason = "only a part of the library is in use")
)]

#[cfg(feature = "unstable")]
pub mod cluster;
#[cfg(feature = "unstable")]
pub mod config;
#[cfg(feature = "rstest")]
pub mod fixtures;
#[cfg(feature = "cli")]
pub mod gate;
#[cfg(feature = "unstable")]
pub mod history;
#[cfg(feature = "unstable")]
pub mod host;
#[cfg(feature = "cli")]
pub mod keeper;
#[cfg(feature = "cli")]
pub mod lint;
#[cfg(feature = "unstable")]
pub mod model;
#[cfg(feature = "unstable")]
pub mod report;
#[cfg(feature = "unstable")]
pub mod runner;
#[cfg(feature = "unstable")]
pub mod runtime;
#[cfg(feature = "unstable")]
pub mod suite;
#[cfg(feature = "unstable")]
pub mod tomcat;
#[cfg(feature = "unstable")]
pub mod verdict;

#[cfg(not(feature = "unstable"))]
mod cluster;
#[cfg(not(feature = "unstable"))]
mod config;
#[cfg(not(feature = "unstable"))]
mod history;
#[cfg(not(feature = "unstable"))]
mod host;
#[cfg(not(feature = "unstable"))]
mod model;
#[cfg(not(feature = "unstable"))]
mod report;
#[cfg(not(feature = "unstable"))]
mod runner;
#[cfg(not(feature = "unstable"))]
mod runtime;
#[cfg(not(feature = "unstable"))]
mod suite;
#[cfg(not(feature = "unstable"))]
mod tomcat;
#[cfg(not(feature = "unstable"))]
mod verdict;

pub use cluster::client::{Answer, Client, ClientError, RequestBuilder};
pub use cluster::{Cluster, ClusterError, Node};
pub use history::{AttributeValue, CounterReply, Outcome, Reply, SessionReplica};
pub use host::guard::Released;
pub use model::exchange::{Body, Capture, Decode, FilePart, Method, Part};
pub use model::plan::App;
pub use model::scenario::{ClusterTable, MatrixTable, ScenarioBuilder, ScenarioError, StepBuilder};
pub use model::topology::JvmSpec;
pub use model::{
    AtMost, ClientName, ClusterSpec, ContextPath, Exchange, Expect, Fault, FaultKind, Flavour, Guarantee, JvmRoute,
    ManagerKind, Membership, Millis, NodeChanges, NodeName, NodeSpec, Plan, Ports, RunId, Scenario, SendOptions,
    ServerPorts, ServerSpec, SessionId, Skew, Step, StepKind, Texts, Timing, Topology, Violation,
};
pub use runner::prepare::RuntimeKind;
pub use runner::{ClusterBuilder, GuardedCluster, ShutdownError, StartError};
pub use runtime::guard_main;
#[cfg(feature = "test-main")]
pub use suite::test_main;
pub use suite::{FinishedRun, RunError, ScenarioRunner, run_file};
pub use verdict::{Assumption, Expectation, Finding, Measures, Status, Verdict};

/// The elements of `<Cluster>` and their attributes, as [`ClusterBuilder::elements`] takes them.
pub mod elements {
    pub use crate::model::cluster_element::*;
}
