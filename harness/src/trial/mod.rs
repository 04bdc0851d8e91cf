//! One run of one plan: the steps are walked on a cluster, all that happens is recorded, and the verdict is drawn.

mod final_read;
mod memory;
mod recorded;
mod runner;
mod walk;
mod workload;

pub use runner::{AtTheEnd, Ended, TrialError, hands_on, run, run_on};
