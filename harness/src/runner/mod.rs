//! Runs: what must be there before one, its steps on a cluster, its verdict; and the clusters that many runs share.

mod budget;
mod builder;
pub mod doctor;
mod evidence;
mod execution;
mod executor;
mod final_read;
mod memory;
mod pool;
pub mod prepare;
mod recorded;
mod schedule;
mod workload;

pub use budget::{Budget, Jobs, JobsError};
pub use builder::{ClusterBuilder, GuardedCluster, ShutdownError, StartError};
pub use execution::{AtTheEnd, Ended, TrialError, hands_on, run, run_on};
pub use pool::{ClusterPool, IdleCluster, IdleClusterError, Lease, Renewal, RenewalListener, remove_machines};
