//! The end of a cluster, whether its keeper lives, hangs or is gone.

use std::time::Duration;

use camino::Utf8PathBuf;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Serialize;

use super::client::{CallError, Client};
use super::clusters::{Clusters, ClustersError, Known};
use super::message::Ask;
use crate::host::guard::{Registry, RegistryError};
use crate::host::wait::{self, Look, TimedOut};
use crate::model::ClusterName;
use crate::runtime::sweep::{Scope, Spared, SweepError, sweep};

/// How long a keeper may say nothing while it ends its cluster.
const SILENT: Duration = Duration::from_mins(1);
/// How long the guard of a keeper that is gone may take.
const GUARD: Duration = Duration::from_secs(30);

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Removed {
    /// The cluster.
    pub name: ClusterName,
    /// The run's folder, which stays.
    pub folder: Utf8PathBuf,
    /// Whether its keeper ended it; else it was gone, or had to be killed.
    pub in_order: bool,
    /// What was found of it beside its keeper, in words.
    pub removed: Vec<String>,
}

/// Why something of a cluster is left.
#[derive(Debug, thiserror::Error)]
pub enum DownError {
    /// The registry of clusters.
    #[error(transparent)]
    Clusters(#[from] ClustersError),
    /// The registry of runs.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The keeper says why.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The sweep.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// Something withstood.
    #[error(transparent)]
    Left(#[from] TimedOut),
}

/// Ends a cluster and removes all of it but the run's folder.
///
/// # Errors
/// Something is left.
pub async fn down(clusters: &Clusters, known: &Known, progress: impl FnMut(&str)) -> Result<Removed, DownError> {
    let entry = &known.entry;
    let mut removed =
        Removed { name: entry.name.clone(), folder: entry.folder.clone(), in_order: true, removed: vec![] };
    match Client::of(known).call_within(&Ask::Down, Some(SILENT), progress) {
        Ok(_) => {}
        Err(CallError::Refused(refused)) => return Err(CallError::from(refused).into()),
        Err(CallError::Gone { .. } | CallError::Silent { .. }) => {
            removed.in_order = false;
            // Whoever has the lock is the keeper: no other process can have its number meanwhile.
            if clusters.known(&entry.name)?.is_some_and(|now| now.lives && now.entry == *entry) {
                let _ = kill(Pid::from_raw(entry.pid), Signal::SIGKILL);
            }
        }
    }
    let registry = Registry::of_user()?;
    let mut patience = wait::Patience::new(format!("all of cluster {} to be removed", entry.name), GUARD);
    loop {
        let forgotten = clusters.forget(entry)?;
        if removed.in_order && forgotten {
            // Its guard has looked once more already.
            return Ok(removed);
        }
        let swept = sweep(&registry, Scope::Run(entry.run.clone())).await?;
        removed.removed.extend(swept.removed.into_iter().map(|(_, what)| what));
        let spared = swept.spared.get(&entry.run);
        let look = match spared {
            Some(Spared::Failed) => Look::NotYet("something withstands".to_owned()),
            Some(Spared::Live) => Look::NotYet("its guard still lives".to_owned()),
            _ if !forgotten => Look::NotYet("its keeper still lives".to_owned()),
            _ => Look::Ready(()),
        };
        match look {
            Look::Ready(()) => return Ok(removed),
            Look::NotYet(status) => patience.another_look(status).await?,
        }
    }
}
