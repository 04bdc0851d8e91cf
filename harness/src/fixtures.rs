//! Fixtures for tests with rstest (feature `rstest`).
//!
//! ```no_run
//! use rstest::rstest;
//! use tomee_harness::fixtures::{StartedCluster, two_nodes};
//!
//! #[rstest]
//! #[tokio::test]
//! async fn the_counter_survives(#[future(awt)] two_nodes: StartedCluster) {
//!     let cluster = two_nodes.expect("two TomEEs start");
//!     let alice = cluster.client("alice").expect("a good name");
//!     alice.get("n1", "/counter/").await.expect("n1 is there");
//!     cluster.node("n1").expect("n1 is there").kill().await.expect("killed");
//!     let answer = alice.get("n2", "/counter/").await.expect("n2 is there");
//!     assert!(answer.body.contains("\"count\":2"));
//!     cluster.shutdown().await.expect("ended");
//! }
//! ```

use rstest::fixture;

use crate::Cluster;
use crate::model::ManagerKind;
use crate::runner::{GuardedCluster, StartError};

/// A cluster, or why there is none.
pub type StartedCluster = Result<GuardedCluster, StartError>;

/// Two nodes of the default server with the session counter on `/counter`. Takes a cluster for each test, for no state
/// may be shared where tests are processes of their own.
#[fixture]
pub async fn two_nodes() -> StartedCluster {
    Cluster::builder().nodes(2).counter().start().await
}

/// Three nodes with `BackupManager` and the session counter on `/counter`.
#[fixture]
pub async fn three_nodes_with_backups() -> StartedCluster {
    Cluster::builder().nodes(3).manager(ManagerKind::Backup).counter().start().await
}
