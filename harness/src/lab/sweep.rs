//! The sweep: removes what is left of runs whose owner and guard died together, and never touches a live run.

use std::collections::{BTreeMap, BTreeSet};

use super::guard::processes::{ProcessId, Table};
use super::guard::{Held, Kept, Message, Registry, RegistryError, Removal, Task, remove_processes};
use crate::spec::RunId;

/// How far a sweep goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only what crashed runs of this registry left.
    Crashed,
    /// Also what was kept on purpose, and what carries the id of a run that is in no registry known here.
    All,
}

/// Why something of a run was left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spared {
    /// Its owner or its guard lives.
    Live,
    /// It was kept on purpose.
    Kept,
    /// The run is not in the registry: another registry may know it as live.
    Stranger,
    /// It withstood.
    Failed,
}

impl std::fmt::Display for Spared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Live => "it is going on",
            Self::Kept => "it was kept on purpose; sweep --all removes it",
            Self::Stranger => "it is not known here, another user's harness may know it; sweep --all removes it",
            Self::Failed => "it could not be removed",
        })
    }
}

/// What a sweep did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Each thing that was removed, in words, with the run that it belonged to.
    pub removed: Vec<(RunId, String)>,
    /// The runs that were left alone.
    pub spared: BTreeMap<RunId, Spared>,
}

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The registry of runs cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The sweep was cancelled with its async runtime.
    #[error("the sweep was cancelled")]
    Cancelled(#[source] tokio::task::JoinError),
}

/// Removes what dead runs left.
///
/// # Errors
/// The registry cannot be read or written. That something withstood is no error: see [`Spared::Failed`].
pub async fn sweep(registry: &Registry, scope: Scope) -> Result<Swept, SweepError> {
    let mut swept = Swept::default();
    // Looked at before the registry is: a run enters it before it starts anything.
    let marked = Marked::look();
    let known = registry.runs()?;
    for (run, kept) in &known {
        match (registry.seize(run, *kept)?, kept, scope) {
            (None, ..) => {
                swept.spared.insert(run.clone(), Spared::Live);
            }
            (Some(_), Kept::Yes, Scope::Crashed) => {
                swept.spared.insert(run.clone(), Spared::Kept);
            }
            (Some(entry), ..) => swept.dead(run, entry).await?,
        }
    }
    for run in marked.runs {
        if known.iter().any(|(known, _)| *known == run) {
            continue;
        }
        if marked.guarded.contains(&run) {
            swept.spared.insert(run, Spared::Live);
        } else if scope == Scope::All {
            let removal = remove(&run, BTreeSet::new()).await?;
            swept.note(&run, removal);
        } else if Marked::look().runs.contains(&run) {
            swept.spared.insert(run, Spared::Stranger);
        }
    }
    Ok(swept)
}

impl Swept {
    async fn dead(&mut self, run: &RunId, entry: Held) -> Result<(), SweepError> {
        let told = entry.manifest()?.into_iter().filter_map(|message| match message {
            Message::Process(process) => Some(process),
            _ => None,
        });
        let removal = remove(run, told.collect()).await?;
        if removal.left.is_empty() {
            entry.forget()?;
        }
        self.note(run, removal);
        Ok(())
    }

    fn note(&mut self, run: &RunId, removal: Removal) {
        self.removed.extend(removal.removed.into_iter().map(|what| (run.clone(), what)));
        if !removal.left.is_empty() {
            self.spared.insert(run.clone(), Spared::Failed);
        }
    }
}

async fn remove(run: &RunId, told: BTreeSet<ProcessId>) -> Result<Removal, SweepError> {
    let run = run.clone();
    tokio::task::spawn_blocking(move || remove_processes(&run, &told, &BTreeSet::new()))
        .await
        .map_err(SweepError::Cancelled)
}

/// The runs of which processes are there.
struct Marked {
    runs: BTreeSet<RunId>,
    /// Those with a guard, whatever registry they are in.
    guarded: BTreeSet<RunId>,
}

impl Marked {
    fn look() -> Self {
        let mut marked = Self { runs: BTreeSet::new(), guarded: BTreeSet::new() };
        for (_, marks) in Table::read().marks() {
            marked.runs.extend(marks.run.and_then(|run| RunId::new(run).ok()));
            let task: Option<Task> = marks.guard.and_then(|task| serde_json::from_str(&task).ok());
            marked.guarded.extend(task.map(|task| task.run));
        }
        marked
    }
}
