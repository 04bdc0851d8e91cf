//! The registry: a file for each run of this user, locked for as long as the run's owner or guard lives.
//!
//! The file is named by the run, with `.kept` behind it when the run's things were to be kept. Its lines are the run's
//! manifest. Owner and guard hold shared locks, so whoever gets an exclusive one knows that both are gone.

use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};
use etcetera::BaseStrategy;
use fs_err::File;

use super::message::{Manifest, Message};
use crate::model::RunId;

/// What can go wrong with the registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No place for it.
    #[error("no folder for the registry of runs: set XDG_STATE_HOME or HOME")]
    NoPlace,
    /// A run of this name is there already.
    #[error("run {run} is already in the registry {folder}")]
    Taken {
        /// The run.
        run: RunId,
        /// The registry's folder.
        folder: Utf8PathBuf,
    },
    /// A file of it cannot be used.
    #[error("the registry of runs, {folder}, cannot be used (XDG_STATE_HOME moves it)")]
    Files {
        /// The registry's folder.
        folder: Utf8PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Where the runs of this user are remembered.
#[derive(Debug, Clone)]
pub struct Registry {
    folder: Utf8PathBuf,
}

/// Whether a run's things were to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
}

/// A run's entry, locked.
#[derive(Debug)]
pub(crate) struct Held {
    file: File,
    path: Utf8PathBuf,
    registry: Registry,
}

impl Registry {
    /// The registry of this user: `tomee-harness/runs` in `$XDG_STATE_HOME`, by default `~/.local/state`.
    ///
    /// # Errors
    /// There is no home folder, or its path is not UTF-8.
    pub fn of_user() -> Result<Self, RegistryError> {
        Ok(Self::at(&state_of_user()?.join("runs")))
    }

    /// A registry in `folder`, which is made when the first run enters.
    pub fn at(folder: &Utf8Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder.
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Whether a run is remembered: it goes on, was kept, or left something.
    pub fn knows(&self, run: &RunId) -> bool {
        [Kept::No, Kept::Yes].into_iter().any(|kept| self.path(run, kept).exists())
    }

    /// Enters a run. The entry is locked before it can be seen, so no sweep takes it for a dead one.
    pub(super) fn enter(&self, run: &RunId) -> Result<Held, RegistryError> {
        let taken = || RegistryError::Taken { run: run.clone(), folder: self.folder.clone() };
        fs_err::create_dir_all(&self.folder).map_err(self.failed())?;
        if self.path(run, Kept::Yes).exists() {
            return Err(taken());
        }
        let entry = tempfile::Builder::new().prefix(".").tempfile_in(&self.folder).map_err(self.failed())?;
        entry.as_file().lock_shared().map_err(self.failed())?;
        let path = self.path(run, Kept::No);
        match entry.persist_noclobber(&path) {
            Ok(file) => Ok(Held { file: File::from_parts(file, &path), path, registry: self.clone() }),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(taken()),
            Err(error) => Err(self.failed()(error.error)),
        }
    }

    /// Takes a hold of its own on the entry of a live run.
    pub(super) fn join(&self, run: &RunId) -> Result<Held, RegistryError> {
        let path = self.path(run, Kept::No);
        let file = File::options().read(true).append(true).open(&path).map_err(self.failed())?;
        file.try_lock_shared().map_err(|error| self.failed()(error.into()))?;
        Ok(Held { file, path, registry: self.clone() })
    }

    /// All runs that are remembered.
    pub(crate) fn runs(&self) -> Result<Vec<(RunId, Kept)>, RegistryError> {
        let entries = match fs_err::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed()(error)),
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut runs: Vec<_> = names
            .filter_map(|name| match name.strip_suffix(".kept") {
                Some(run) => Some((RunId::new(run).ok()?, Kept::Yes)),
                None => Some((RunId::new(name).ok()?, Kept::No)),
            })
            .collect();
        runs.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(runs)
    }

    /// Takes the entry of a run whose owner and guard are gone; none if one of them lives or the entry is gone.
    pub(crate) fn seize(&self, run: &RunId, kept: Kept) -> Result<Option<Held>, RegistryError> {
        let path = self.path(run, kept);
        let file = match File::options().read(true).append(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed()(error)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
            Err(std::fs::TryLockError::Error(source)) => return Err(self.failed()(source)),
        }
        // The guard may have removed or renamed the entry just before its lock ended.
        let ours = file.metadata().map_err(self.failed())?.ino();
        let there = fs_err::metadata(&path).is_ok_and(|there| there.ino() == ours);
        Ok(there.then(|| Held { file, path, registry: self.clone() }))
    }

    fn path(&self, run: &RunId, kept: Kept) -> Utf8PathBuf {
        match kept {
            Kept::Yes => self.folder.join(format!("{run}.kept")),
            Kept::No => self.folder.join(run.as_str()),
        }
    }

    fn failed(&self) -> impl Fn(io::Error) -> RegistryError {
        let folder = self.folder.clone();
        move |source| RegistryError::Files { folder: folder.clone(), source }
    }
}

/// The folder of what this user has running: `tomee-harness` in `$XDG_STATE_HOME`, by default `~/.local/state`.
///
/// # Errors
/// There is no home folder, or its path is not UTF-8.
pub(crate) fn state_of_user() -> Result<Utf8PathBuf, RegistryError> {
    let places = etcetera::base_strategy::Xdg::new().map_err(|_| RegistryError::NoPlace)?;
    let state = places.state_dir().unwrap_or_else(|| places.home_dir().join(".local/state"));
    let state = Utf8PathBuf::from_path_buf(state).map_err(|_| RegistryError::NoPlace)?;
    Ok(state.join("tomee-harness"))
}

impl Held {
    /// Adds a line to the manifest.
    pub(super) fn note(&self, message: &Message) -> Result<(), RegistryError> {
        let mut line = serde_json::to_string(message).map_err(|error| self.registry.failed()(error.into()))?;
        line.push('\n');
        self.file.file().write_all(line.as_bytes()).map_err(self.registry.failed())
    }

    /// What is known of the run's things.
    pub(crate) fn manifest(&self) -> Result<Manifest, RegistryError> {
        let text = fs_err::read(&self.path).map_err(self.registry.failed())?;
        Ok(Manifest::of(String::from_utf8_lossy(&text).lines()))
    }

    /// Remembers that the run's things are to be kept.
    pub(super) fn keep(&self) -> Result<(), RegistryError> {
        fs_err::rename(&self.path, format!("{}.kept", self.path)).map_err(self.registry.failed())
    }

    /// Forgets the run.
    pub(crate) fn forget(self) -> Result<(), RegistryError> {
        fs_err::remove_file(&self.path).map_err(self.registry.failed())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::message::Providers;
    use super::*;
    use crate::host::wait::{Look, TimedOut, until};

    fn registry() -> (tempfile::TempDir, Registry) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(folder.path().join("runs")).expect("UTF-8");
        (folder, Registry::at(&path))
    }

    fn run() -> RunId {
        RunId::new("run-1").expect("a good name")
    }

    /// A process that another test is forking holds a copy of the lock until it becomes a program of its own.
    async fn seize(registry: &Registry, kept: Kept) -> Held {
        let seized: Result<Held, TimedOut> = until("the entry", Duration::from_secs(10), async || {
            let held = registry.seize(&run(), kept).expect("tried");
            Ok(held.map_or_else(|| Look::NotYet("locked".into()), Look::Ready))
        })
        .await;
        seized.expect("nobody lives")
    }

    #[tokio::test]
    async fn an_entry_is_seized_only_when_owner_and_guard_are_gone() {
        let (_keep, registry) = registry();
        let owner = registry.enter(&run()).expect("entered");
        let guard = registry.join(&run()).expect("joined");
        drop(owner);
        assert!(registry.seize(&run(), Kept::No).expect("tried").is_none(), "the guard lives");
        drop(guard);
        seize(&registry, Kept::No).await;
    }

    #[test]
    fn a_run_cannot_be_entered_twice() {
        let (_keep, registry) = registry();
        let first = registry.enter(&run()).expect("entered");
        assert!(matches!(registry.enter(&run()), Err(RegistryError::Taken { .. })));
        first.keep().expect("kept");
        assert!(matches!(registry.enter(&run()), Err(RegistryError::Taken { .. })), "also when it was kept");
    }

    #[tokio::test]
    async fn a_kept_run_is_listed_as_kept_with_its_manifest() {
        let (_keep, registry) = registry();
        let held = registry.enter(&run()).expect("entered");
        held.note(&Message::Provider("docker".to_owned())).expect("noted");
        held.keep().expect("kept");
        drop(held);
        assert_eq!(registry.runs().expect("listed"), [(run(), Kept::Yes)]);
        let held = seize(&registry, Kept::Yes).await;
        let providers = Providers::Named(["docker".to_owned()].into());
        assert_eq!(held.manifest().expect("read"), Manifest { providers, ..Manifest::default() });
        held.forget().expect("forgotten");
        assert_eq!(registry.runs().expect("listed"), []);
    }
}
