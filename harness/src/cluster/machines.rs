//! What a cluster runs on: the same for all that it is used for, from its first start to its end.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::host::guard::{Guard, GuardError, Released};
use crate::model::plan::Limits;
use crate::model::{RunId, ServerSpec, Topology};
use crate::runtime::Runtime;
use crate::runtime::process::ClassArchive;
use crate::tomcat::compiler::Compiler;
use crate::tomcat::distribution::Distribution;
use crate::tomcat::java::Java;
use crate::tomcat::jsp_cache::JspCache;

/// The machines of one cluster, and the software that they get.
#[derive(Debug)]
pub struct Machines {
    /// The run that they were prepared for. Everything that they start carries its id.
    pub run: RunId,
    /// What is wanted.
    pub topology: Topology,
    /// Where the nodes live.
    pub runtime: Arc<dyn Runtime>,
    /// What ends them, however this program ends. None where nothing outlives this program.
    pub guard: Option<Arc<Guard>>,
    /// The folder of their own files, where they may outlive the run; else these are in the run's.
    pub folder: Option<Utf8PathBuf>,
    /// The server's files.
    pub distribution: Arc<Distribution>,
    /// The servers of nodes that run another one than the topology says, by their word.
    pub other_distributions: BTreeMap<String, Arc<Distribution>>,
    /// The Java of this machine; a runtime whose nodes bring their own needs none.
    pub java: Option<Java>,
    /// Pages compiled by an earlier run, where they fit this one.
    pub jsp_cache: Option<JspCache>,
    /// The class archive of the topology's server, where one is kept.
    pub classes: Option<ClassArchive>,
    /// What compiles the apps that have classes; none where there is no Java to do it with.
    pub compiler: Option<Compiler>,
    /// How long things may take.
    pub limits: Limits,
    /// The secret that the probes ask for.
    pub token: String,
}

/// Machines that were not cleared away as they should.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The guard is gone, or could not remove something.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The last look of the guard was cancelled.
    #[error("the guard's last look was cancelled")]
    Cancelled(#[source] tokio::task::JoinError),
    /// The folder of the machines cannot be removed.
    #[error("the folder of the machines cannot be removed")]
    Folder(#[source] io::Error),
}

impl Machines {
    /// The files of a server.
    pub fn distribution_of(&self, server: &ServerSpec) -> &Arc<Distribution> {
        self.other_distributions.get(&server.to_string()).unwrap_or(&self.distribution)
    }

    /// Lets the guard look once more, when all nodes have ended, and ends it. What it had to remove is a fault of ours.
    ///
    /// # Errors
    /// Something could not be removed.
    pub async fn release(&self) -> Result<Released, ReleaseError> {
        let Some(guard) = self.guard.clone() else { return Ok(Released { removed: vec![] }) };
        // It blocks for a tenth of a second, in which other runs go on.
        let released = tokio::task::spawn_blocking(move || guard.release()).await;
        Ok(released.map_err(ReleaseError::Cancelled)??)
    }

    /// Ends the guard and leaves everything running.
    ///
    /// # Errors
    /// The guard is gone.
    pub fn keep(&self) -> Result<(), ReleaseError> {
        match &self.guard {
            Some(guard) => Ok(guard.keep()?),
            None => Ok(()),
        }
    }

    /// Removes the machines' own folder, where they have one and are gone.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove_folder(&self) -> Result<(), ReleaseError> {
        match &self.folder {
            Some(folder) => fs_err::remove_dir_all(folder).map_err(ReleaseError::Folder),
            None => Ok(()),
        }
    }
}
