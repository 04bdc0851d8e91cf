//! A local cluster test harness for HTTP session replication on Apache TomEE and Tomcat.
//!
//! The tour: a **cluster** of real servers ([`Cluster`]) is started from a [`spec::Topology`]; clients drive
//! **sessions** through it; **faults** break it on purpose; everything that happened is a **history**
//! ([`history::History`]); and a pure function turns the history into a **verdict** ([`verdict::Verdict`]), which says
//! with evidence whether session state survived.
//!
//! In a test:
//!
//! ```no_run
//! # async fn test() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = tomee_harness::Cluster::builder().counter().start().await?;
//! let alice = cluster.client("alice")?;
//! alice.get("n1", "/counter/").await?;
//! cluster.node("n1")?.kill().await?;
//! let answer = alice.get("n2", "/counter/").await?;
//! assert!(answer.body.contains("\"count\":2"));
//! assert_eq!(cluster.verdict().await?.status, tomee_harness::verdict::Status::Holds);
//! cluster.shutdown().await?;
//! # Ok(()) }
//! ```

pub mod config;
#[cfg(feature = "rstest")]
pub mod fixtures;
pub mod history;
pub mod lab;
pub mod lint;
pub mod report;
pub mod spec;
pub mod suite;
pub mod trial;
pub mod verdict;

pub use lab::cluster::Cluster;
pub use suite::test_main;
