//! The registry of clusters: a file for each cluster of this user, which its keeper locks for as long as it lives.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use serde::{Deserialize, Serialize};

use crate::host::guard::{RegistryError, state_of_user};
use crate::model::{ClusterName, RunId};

/// Which cluster was chosen last: no name of a cluster has a dot.
const CHOSEN: &str = "chosen.run";

/// Where the clusters of this user are remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    folder: Utf8PathBuf,
}

/// What is remembered of a cluster. An entry of any version has these keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// The format, 1.
    pub format: u32,
    /// What it is called.
    pub name: ClusterName,
    /// The version of the tool that brought it up.
    pub version: String,
    /// Its run.
    pub run: RunId,
    /// The run's folder.
    pub folder: Utf8PathBuf,
    /// Where its keeper answers.
    pub socket: Utf8PathBuf,
    /// The keeper.
    pub pid: i32,
    /// When it was brought up.
    pub started: jiff::Timestamp,
}

/// A cluster that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What is remembered.
    pub entry: Entry,
    /// Whether its keeper lives.
    pub lives: bool,
}

/// What can go wrong with the registry.
#[derive(Debug, thiserror::Error)]
pub enum ClustersError {
    /// No place for it.
    #[error(transparent)]
    Place(#[from] RegistryError),
    /// A file of it cannot be used.
    #[error("the registry of clusters, {folder}, cannot be used")]
    Files {
        /// Its folder.
        folder: Utf8PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What is remembered of a cluster is cut off, or no tool of ours wrote it.
    #[error("what is remembered of cluster {name}, {path}, cannot be read")]
    Unreadable {
        /// The cluster.
        name: ClusterName,
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A cluster of this name is remembered.
    #[error("cluster {0} is already up")]
    Taken(ClusterName),
}

/// Why no cluster is meant.
#[derive(Debug, thiserror::Error)]
pub enum NoCluster {
    /// The registry.
    #[error(transparent)]
    Clusters(#[from] ClustersError),
    /// There is none.
    #[error("no cluster is up")]
    None,
    /// There is none of this name.
    #[error("no cluster {name} is up{}", others(.up))]
    NotThis {
        /// The name.
        name: ClusterName,
        /// Those that are.
        up: Vec<ClusterName>,
    },
    /// There are several.
    #[error("several clusters are up: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Several(Vec<ClusterName>),
}

impl ClustersError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { name, .. } => Some(format!("`tomee-harness down --name {name}` removes it")),
            _ => None,
        }
    }
}

fn others(up: &[ClusterName]) -> String {
    match up {
        [] => String::new(),
        up => format!("; there is {}", up.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

impl NoCluster {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Clusters(error) => error.hint(),
            Self::None | Self::NotThis { .. } => Some("`tomee-harness up` brings one up".to_owned()),
            Self::Several(_) => {
                Some("--name says which one is meant; `tomee-harness attach NAME` chooses one".to_owned())
            }
        }
    }
}

/// The entry of a cluster, locked. It is removed by [`Held::forget`] alone.
#[derive(Debug)]
pub struct Held {
    _file: File,
    path: Utf8PathBuf,
}

impl Clusters {
    /// The registry of this user: `tomee-harness/clusters` in `$XDG_STATE_HOME`, by default `~/.local/state`.
    ///
    /// # Errors
    /// There is no home folder, or its path is not UTF-8.
    pub fn of_user() -> Result<Self, ClustersError> {
        Ok(Self::at(&state_of_user()?.join("clusters")))
    }

    /// A registry in `folder`, which is made when the first cluster enters.
    pub fn at(folder: &Utf8Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder.
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Enters a cluster. The entry is locked before it can be seen.
    ///
    /// # Errors
    /// One of this name is remembered, or the folder cannot be written.
    pub fn enter(&self, entry: &Entry) -> Result<Held, ClustersError> {
        if let Some(parent) = self.folder.parent() {
            fs_err::create_dir_all(parent).map_err(self.failed())?;
        }
        std::fs::DirBuilder::new().mode(0o700).recursive(true).create(&self.folder).map_err(self.failed())?;
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(&self.folder).map_err(self.failed())?;
        file.as_file().lock().map_err(self.failed())?;
        let text = serde_json::to_string(entry).map_err(|error| self.failed()(error.into()))?;
        file.write_all(format!("{text}\n").as_bytes()).map_err(self.failed())?;
        let path = self.path(&entry.name);
        match file.persist_noclobber(&path) {
            Ok(file) => Ok(Held { _file: File::from_parts(file, &path), path }),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ClustersError::Taken(entry.name.clone()))
            }
            Err(error) => Err(self.failed()(error.error)),
        }
    }

    /// All that are remembered and can be read, by their names.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn all(&self) -> Result<Vec<Known>, ClustersError> {
        let mut all = vec![];
        for name in self.names()? {
            match self.known(&name) {
                Err(ClustersError::Unreadable { .. }) => {}
                known => all.extend(known?),
            }
        }
        Ok(all)
    }

    /// What is remembered and cannot be read, by its names. One bad file is no matter for the other clusters.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn unreadable(&self) -> Result<Vec<ClusterName>, ClustersError> {
        let mut names = self.names()?;
        names.retain(|name| matches!(self.known(name), Err(ClustersError::Unreadable { .. })));
        Ok(names)
    }

    /// Forgets what cannot be read, and of which no keeper can live: that one writes its entry whole before it can be seen.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget_unreadable(&self, name: &ClusterName) -> Result<(), ClustersError> {
        match self.known(name) {
            Err(ClustersError::Unreadable { .. }) => remove(&self.path(name)).map_err(self.failed()),
            known => known.map(|_| ()),
        }
    }

    fn names(&self) -> Result<Vec<ClusterName>, ClustersError> {
        let entries = match fs_err::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(self.failed()(error)),
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<ClusterName> =
            names.filter_map(|name| ClusterName::new(name.strip_suffix(".json")?).ok()).collect();
        names.sort();
        Ok(names)
    }

    /// What is remembered of a cluster.
    ///
    /// # Errors
    /// Its entry cannot be read.
    pub fn known(&self, name: &ClusterName) -> Result<Option<Known>, ClustersError> {
        let Some((text, lives)) = self.look(name)? else { return Ok(None) };
        let unreadable = |source| ClustersError::Unreadable { name: name.clone(), path: self.path(name), source };
        let entry = serde_json::from_str(&text).map_err(unreadable)?;
        Ok(Some(Known { entry, lives }))
    }

    /// The cluster that is meant: the one of this name, or the only one.
    ///
    /// # Errors
    /// There is none, or several and no name.
    pub fn meant(&self, name: Option<&ClusterName>) -> Result<Known, NoCluster> {
        let mut all = self.all()?;
        let names = || all.iter().map(|known| known.entry.name.clone()).collect::<Vec<_>>();
        match name {
            Some(name) => {
                let up = names();
                match self.known(name)? {
                    Some(known) => Ok(known),
                    None => Err(NoCluster::NotThis { name: name.clone(), up }),
                }
            }
            None if all.len() > 1 => {
                let chosen = self.chosen().and_then(|chosen| all.iter().position(|known| known.entry.run == chosen));
                match chosen {
                    Some(index) => Ok(all.swap_remove(index)),
                    None => Err(NoCluster::Several(names())),
                }
            }
            None => match (all.pop(), self.unreadable()?.first()) {
                (Some(known), _) => Ok(known),
                // Somebody who looks for a cluster hears of what may be one.
                (None, Some(name)) => self.known(name)?.ok_or(NoCluster::None),
                (None, None) => Err(NoCluster::None),
            },
        }
    }

    /// From now on commands without a name mean the cluster of this run, for as long as it is up.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn choose(&self, run: &RunId) -> Result<(), ClustersError> {
        fs_err::write(self.folder.join(CHOSEN), run.as_str()).map_err(self.failed())
    }

    /// The run whose cluster was chosen last.
    fn chosen(&self) -> Option<RunId> {
        let text = fs_err::read_to_string(self.folder.join(CHOSEN)).ok()?;
        RunId::new(text.trim()).ok()
    }

    /// Forgets a cluster whose keeper is gone. One whose keeper lives is left alone, and `false` is said.
    ///
    /// # Errors
    /// The entry cannot be removed.
    pub fn forget(&self, entry: &Entry) -> Result<bool, ClustersError> {
        match self.known(&entry.name)? {
            Some(Known { lives: true, .. }) => Ok(false),
            Some(Known { entry: known, .. }) if known.run == entry.run => {
                remove(&self.path(&entry.name)).and_then(|()| remove(&entry.socket)).map_err(self.failed())?;
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    /// The text of an entry, and whether it is locked.
    fn look(&self, name: &ClusterName) -> Result<Option<(String, bool)>, ClustersError> {
        let path = self.path(name);
        loop {
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(self.failed()(error)),
            };
            let lives = match file.try_lock_shared() {
                Ok(()) => false,
                Err(std::fs::TryLockError::WouldBlock) => true,
                Err(std::fs::TryLockError::Error(source)) => return Err(self.failed()(source)),
            };
            let text = fs_err::read_to_string(&path);
            // It may have been removed, and another have come, between the two looks.
            let same =
                fs_err::metadata(&path).is_ok_and(|there| file.metadata().is_ok_and(|ours| ours.ino() == there.ino()));
            match text {
                Ok(text) if same => return Ok(Some((text, lives))),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.failed()(error)),
                _ => {}
            }
        }
    }

    fn path(&self, name: &ClusterName) -> Utf8PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    fn failed(&self) -> impl Fn(io::Error) -> ClustersError {
        let folder = self.folder.clone();
        move |source| ClustersError::Files { folder: folder.clone(), source }
    }
}

impl Held {
    /// Forgets the cluster.
    ///
    /// # Errors
    /// The entry cannot be removed.
    pub fn forget(self) -> io::Result<()> {
        remove(&self.path)
    }
}

fn remove(path: &Utf8Path) -> io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
