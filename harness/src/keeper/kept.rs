//! A cluster that is kept, as its keeper and those who ask it share it.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::message::{Mistake, Refused, Task};
use crate::cluster::{Cluster, ClusterError};
use crate::host::error_chain::DisplayErrorChain;
use crate::host::sync::lock;
use crate::runner::{ByHand, ByHandError};
use crate::tomcat::distribution::Progress;

/// How far a cluster is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Phase {
    Starting,
    Up,
    /// It did not start; `Some` says whether its nodes are there to be looked at.
    Failed(Refused),
    Ending,
    /// It is gone; what of it is left.
    Ended(Option<Refused>),
}

/// A cluster that is kept.
pub(super) struct Kept {
    pub(super) task: Task,
    pub(super) phase: watch::Sender<Phase>,
    /// What is said while it starts and ends.
    pub(super) lines: watch::Sender<Vec<String>>,
    pub(super) cluster: OnceLock<Arc<Cluster>>,
    /// Who has it changes the cluster.
    pub(super) hand: tokio::sync::Mutex<Option<ByHand>>,
    /// What is done by who has it, since when.
    pub(super) doing: Mutex<Option<(String, Instant)>>,
    /// Where a run stands that failed and is held.
    pub(super) held: OnceLock<String>,
    /// Whether somebody heard why the cluster did not start.
    pub(super) told: tokio::sync::Notify,
    /// Cancelled by `down`.
    pub(super) stop: CancellationToken,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("name", &self.task.name).finish_non_exhaustive()
    }
}

impl Progress for Kept {
    fn note(&self, text: &str) {
        self.lines.send_modify(|lines| lines.push(text.to_owned()));
    }

    fn fraction(&self, _done: u64, _total: u64) {}
}

impl Kept {
    /// Notes what is being done, until the value is dropped.
    pub(super) fn does(&self, what: impl Into<String>) -> Doing<'_> {
        *lock(&self.doing) = Some((what.into(), Instant::now()));
        Doing(self)
    }
}

/// Something that is being done.
pub(super) struct Doing<'k>(&'k Kept);

impl Drop for Doing<'_> {
    fn drop(&mut self) {
        *lock(&self.0.doing) = None;
    }
}

pub(super) fn environment(error: &(dyn std::error::Error + 'static), hint: Option<String>) -> Refused {
    let message = DisplayErrorChain(error).to_string();
    Refused { message, hint, lines: vec![], mistake: Mistake::Environment }
}

/// Why a step was not done, as it is told.
pub(super) fn refused(error: &ByHandError) -> Refused {
    let mistake = match error {
        ByHandError::Refused { .. } | ByHandError::App(_) => Mistake::Usage,
        ByHandError::Failed(ClusterError::Wait { .. } | ClusterError::NotDeployed { .. }) => Mistake::Wait,
        ByHandError::Failed(_) | ByHandError::RunDir(_) => Mistake::Environment,
    };
    let message = DisplayErrorChain(error).to_string();
    Refused { message, hint: error.hint(), lines: error.lines().to_vec(), mistake }
}
