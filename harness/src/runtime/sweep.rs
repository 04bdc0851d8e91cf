//! The sweep: removes what is left of runs whose owner and guard died together, and never touches a live run.

use std::collections::{BTreeMap, BTreeSet};

use super::guard_entry;
use crate::host::guard::processes::Table;
use crate::host::guard::{Held, Kept, Manifest, Providers, Registry, RegistryError, Removal, Task, remove_processes};
use crate::model::RunId;
use crate::runtime::{RuntimeError, RuntimeKind};

/// How far a sweep goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// What crashed runs of the registry left.
    Crashed,
    /// That, and what was kept on purpose. Not what carries the id of a run that the registry does not know: another
    /// registry may know it as kept or live.
    All,
    /// What is left of this one run, whether it crashed, was kept, or is in no registry known here.
    Run(RunId),
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
            Self::Live => "still running",
            Self::Kept => "kept on purpose; remove it with `sweep --all`",
            Self::Stranger => "not in this registry, it may be in another one; remove it with `sweep --run RUN_ID`",
            Self::Failed => "it could not be removed",
        })
    }
}

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Each thing that was removed, in words, with the run that it belonged to.
    pub removed: Vec<(RunId, String)>,
    /// The runs that were left alone.
    pub spared: BTreeMap<RunId, Spared>,
    /// Why a provider of machines, as a container engine, could not be asked. Where there is none, it has nothing.
    pub no_engine: Option<RuntimeError>,
    /// The providers that could not be asked.
    silent: BTreeSet<&'static str>,
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
    let elsewhere = swept.look_elsewhere().await;
    let known = registry.runs()?;
    for (run, kept) in &known {
        if !scope.concerns(run) {
            continue;
        }
        match registry.seize(run, *kept)? {
            None => swept.spare(run, Spared::Live),
            Some(_) if *kept == Kept::Yes && scope == Scope::Crashed => swept.spare(run, Spared::Kept),
            Some(entry) => swept.dead(run, entry, elsewhere.of(run)).await?,
        }
    }
    let elsewhere_runs: BTreeSet<RunId> = elsewhere.runs().cloned().collect();
    let strangers = marked.runs.union(&elsewhere_runs).filter(|run| known.iter().all(|(known, _)| known != *run));
    for run in strangers.filter(|run| scope.concerns(run)) {
        if marked.guarded.contains(run) {
            swept.spare(run, Spared::Live);
        } else if matches!(scope, Scope::Run(_)) {
            let removal = remove(run, Manifest { providers: elsewhere.of(run), ..Manifest::default() }).await?;
            swept.note(run, removal);
        } else if Marked::look().runs.contains(run) || swept.look_elsewhere().await.has(run) {
            // It did not just end in good order between the looks.
            swept.spare(run, Spared::Stranger);
        }
    }
    Ok(swept)
}

impl Scope {
    fn concerns(&self, run: &RunId) -> bool {
        match self {
            Self::Run(only) => only == run,
            Self::Crashed | Self::All => true,
        }
    }
}

impl Swept {
    /// The runs that have something elsewhere than among the processes of this machine.
    async fn look_elsewhere(&mut self) -> Elsewhere {
        let mut found = Elsewhere::default();
        for kind in RuntimeKind::all() {
            if self.silent.contains(kind.name()) {
                continue;
            }
            match kind.provider().runs().await {
                Ok(runs) => found.0.push((kind.name(), runs)),
                Err(error) => {
                    self.silent.insert(kind.name());
                    self.no_engine.get_or_insert(error);
                }
            }
        }
        found
    }

    async fn dead(&mut self, run: &RunId, entry: Held, found: Providers) -> Result<(), SweepError> {
        let mut manifest = entry.manifest()?;
        // Those that it used are asked also where they show nothing now: one may not answer, and then the run must not be
        // forgotten.
        if let Providers::Named(names) = found {
            for name in &names {
                manifest.providers.add(name);
            }
        }
        let removal = remove(run, manifest).await?;
        if removal.left.is_empty() {
            entry.forget()?;
        }
        self.note(run, removal);
        Ok(())
    }

    fn note(&mut self, run: &RunId, removal: Removal) {
        self.removed.extend(removal.removed.into_iter().map(|what| (run.clone(), what)));
        if !removal.left.is_empty() {
            self.spare(run, Spared::Failed);
        }
    }

    fn spare(&mut self, run: &RunId, why: Spared) {
        self.spared.insert(run.clone(), why);
    }
}

async fn remove(run: &RunId, manifest: Manifest) -> Result<Removal, SweepError> {
    let (of_run, Manifest { processes, providers }) = (run.clone(), manifest);
    let removal = tokio::task::spawn_blocking(move || remove_processes(&of_run, &processes, &BTreeSet::new()))
        .await
        .map_err(SweepError::Cancelled)?;
    Ok(if providers.is_empty() { removal } else { removal.and(guard_entry::remove(run, &providers).await) })
}

/// The runs that each provider has something of.
#[derive(Debug, Default)]
struct Elsewhere(Vec<(&'static str, BTreeSet<RunId>)>);

impl Elsewhere {
    fn runs(&self) -> impl Iterator<Item = &RunId> {
        self.0.iter().flat_map(|(_, runs)| runs)
    }

    fn has(&self, run: &RunId) -> bool {
        self.runs().any(|found| found == run)
    }

    /// Who has something of a run.
    fn of(&self, run: &RunId) -> Providers {
        let having = self.0.iter().filter(|(_, runs)| runs.contains(run));
        Providers::Named(having.map(|(name, _)| (*name).to_owned()).collect())
    }
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
