//! A fake cluster: nodes that behave as `TomEE`s do towards the harness, in this process, with bugs to inject.
//!
//! [`FakeRuntime`] is a runtime as `process` and `docker` are; [`FakeRun`] runs a plan on it. Replication, farm,
//! membership and failover follow Tomcat's semantics (`DeltaManager`, `BackupManager`, `FarmWarDeployer`,
//! `JvmRouteBinderValve`) as far as the harness can see them; a [`Bug`] breaks one of them. Nothing sleeps: what takes
//! time on a real node becomes visible at an instant a few milliseconds ahead.

mod app;
mod bug;
mod door;
mod node;
mod one_session;
mod probe;
mod replication;
mod run;
mod runtime;
mod world;

pub use bug::{BadAnswer, BadProbe, Bug};
pub use one_session::one_session;
pub use run::{FakeRun, recording};
pub use runtime::FakeRuntime;
