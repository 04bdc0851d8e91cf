//! Runs: the pipeline from the preparation of one to its verdict and the release of its machines ([`Runner`]); and the
//! clusters that many runs share.

mod batch;
mod budget;
mod builder;
mod by_hand;
pub mod doctor;
mod execution;
mod executor;
mod final_read;
mod idle_cluster;
pub mod import;
mod memory;
mod minimal;
mod observer;
mod pipeline;
mod pool;
pub mod prepare;
mod question;
mod recorded;
mod renewal;
mod schedule;
pub mod survey;
mod workload;

pub use batch::{Batch, Left, run_all};
pub use budget::{Budget, Jobs, JobsError};
pub use builder::{ClusterBuilder, GuardedCluster, ShutdownError, StartError};
pub use by_hand::{AnswerSeen, ByHand, ByHandError, HandDone, StepDone};
pub use execution::{AtTheEnd, Ended, TrialError, execute, hands_on};
pub use idle_cluster::{IdleCluster, IdleClusterError};
pub use minimal::minimal;
pub use observer::{Observer, Phase};
pub use pipeline::{FailedRun, Finished, OtherError, Outputs, RunFacts, RunFailure, RunRequest, Runner};
pub use pool::{ClusterPool, Lease};
pub use renewal::{Renewal, RenewalListener};
