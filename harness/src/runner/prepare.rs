//! Everything that must be there before a cluster can start: the run's folder, its guard, the server's files, Java,
//! the machines.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::cluster::recorder::{Listener, Recorder};
use crate::cluster::{Cluster, ClusterParts, Successor};
use crate::host::clock::Clock;
use crate::host::guard::{Guard, GuardError, RUN_VARIABLE};
use crate::host::ports::{PortError, PortPool};
use crate::host::run_dir::RunDir;
use crate::model::plan::{Limits, PlanError};
use crate::model::{Capability, NodeChanges, Plan, RunId, Topology};
use crate::runtime::docker::{self, DockerOptions, DockerRuntime};
use crate::runtime::process::{self, ClassArchive, ProcessRuntime};
use crate::runtime::{Runtime, RuntimeError};
use crate::tomcat::compiler::Compiler;
use crate::tomcat::distribution::{Caches, Distribution, DistributionError, Maven, Progress};
use crate::tomcat::java::{Java, JavaError};
use crate::tomcat::jsp_cache::JspCache;

/// Which machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuntimeKind {
    /// JVMs on this machine.
    Process,
    /// Pods of containers.
    Docker,
}

impl RuntimeKind {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => process::NAME,
            Self::Docker => docker::NAME,
        }
    }

    /// What it can do.
    pub fn capabilities(self) -> BTreeSet<Capability> {
        match self {
            Self::Process => process::capabilities(),
            Self::Docker => docker::CAPABILITIES.into(),
        }
    }

    /// Whether it can do all of a plan.
    ///
    /// # Errors
    /// The first step that cannot be done.
    pub fn check(self, plan: &Plan) -> Result<(), PlanError> {
        plan.check(self.name(), &self.capabilities())
    }

    /// The machines for a plan where nobody named them, and why: processes where they can do all of it and no engine
    /// with images answers, containers otherwise.
    pub async fn choose(plan: &Plan) -> (Self, String) {
        if let Err(lacks) = Self::Process.check(plan) {
            return (Self::Docker, format!("containers, because {lacks}"));
        }
        if plan.topology.jvm.home.is_some() {
            return (Self::Process, "processes, because a Java home of this machine is asked for".to_owned());
        }
        if let Err(lacks) = Self::Docker.check(plan) {
            return (Self::Process, format!("processes, because {lacks}"));
        }
        match docker::sweep::engine().await {
            Ok(facts) if facts.base_images.len() >= 2 => (
                Self::Docker,
                format!("containers, because container engine {} answers and has the images", facts.version),
            ),
            Ok(facts) => {
                (Self::Process, format!("processes, because container engine {} has no base images", facts.version))
            }
            Err(_) => (Self::Process, "processes, because no container engine answers".to_owned()),
        }
    }
}

/// What a run is to be made of.
pub struct Preparation<'a> {
    /// Its id.
    pub run: RunId,
    /// Its folder, which must not exist yet.
    pub folder: Utf8PathBuf,
    /// The folder of the machines' own files, where their cluster is to outlive the run; else they are in the run's.
    pub machines: Option<Utf8PathBuf>,
    /// What is wanted.
    pub topology: Topology,
    /// What nodes have otherwise, from the start or later: other servers and Javas must be there, too.
    pub changes: Vec<NodeChanges>,
    /// On which machines.
    pub runtime: RuntimeKind,
    /// What they must be able to do.
    pub capabilities: BTreeSet<Capability>,
    /// Whether nodes take their classes out of a [`ClassArchive`], which is made if need be: worth it where many start.
    pub class_archive: bool,
    /// Images and limits of containers, where they are asked for.
    pub docker: DockerOptions,
    /// Where distributions are kept.
    pub caches: Caches,
    /// How they are fetched.
    pub maven: Maven,
    /// Who hears how far that is.
    pub progress: &'a dyn Progress,
    /// The run's clock. A program starts it at its own start, so that nothing it does goes unmeasured.
    pub clock: Clock,
    /// Who hears what happens in the run.
    pub listener: Listener,
}

/// A run that may begin.
#[derive(Debug)]
pub struct Prepared {
    /// What its cluster is made of.
    pub parts: ClusterParts,
    /// What ends it, however its owner ends. To be released when the cluster is gone.
    pub guard: Arc<Guard>,
}

/// Something is missing or broken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The run's folder cannot be made.
    #[error("the run directory cannot be made")]
    RunDir(#[source] std::io::Error),
    /// The run cannot be guarded, and is refused.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The server's files.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// Java.
    #[error(transparent)]
    Java(#[from] JavaError),
    /// Ports.
    #[error(transparent)]
    Ports(#[from] PortError),
    /// The machines.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

impl PrepareError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Guard(error) => error.hint(),
            Self::Distribution(error) => error.hint(),
            Self::Java(error) => error.hint(),
            Self::Runtime(RuntimeError::Environment { hint, .. }) => hint.clone(),
            Self::RunDir(_) | Self::Ports(_) | Self::Runtime(_) => None,
        }
    }
}

impl Preparation<'_> {
    /// Makes all of it. Nothing of a server runs yet, and a run that is refused leaves no folder.
    ///
    /// # Errors
    /// The first thing that is missing, before anything is started.
    pub async fn prepare(self) -> Result<Prepared, PrepareError> {
        let run_dir = RunDir::create(&self.folder).map_err(PrepareError::RunDir)?;
        let machines = match &self.machines {
            Some(folder) => RunDir::create(folder).map_err(PrepareError::RunDir)?,
            None => run_dir.clone(),
        };
        // Before Maven, which is a process of the run like any other.
        let guard = Arc::new(Guard::spawn(&self.run, machines.path())?);
        let prepared = self.prepare_guarded(&run_dir, &machines, guard).await;
        if prepared.is_err() {
            // Nothing has happened yet that is worth a folder.
            fs_err::remove_dir_all(run_dir.path()).map_err(PrepareError::RunDir)?;
            if machines != run_dir {
                fs_err::remove_dir_all(machines.path()).map_err(PrepareError::RunDir)?;
            }
        }
        prepared
    }

    async fn prepare_guarded(
        self,
        run_dir: &RunDir,
        machines: &RunDir,
        guard: Arc<Guard>,
    ) -> Result<Prepared, PrepareError> {
        let java = match (Java::find(self.topology.jvm.home.as_deref()), self.runtime) {
            (Ok(java), _) => Some(java),
            // A container brings its own Java; Maven will say so itself where it has none.
            (Err(_), RuntimeKind::Docker) => None,
            (Err(error), RuntimeKind::Process) => return Err(error.into()),
        };
        let mut maven = Maven { java_home: java.as_ref().map(|java| java.home.clone()), ..self.maven };
        maven.env.push((RUN_VARIABLE.to_owned(), self.run.to_string()));
        let distribution = Distribution::resolve(&self.topology.server, &self.caches, &maven, self.progress).await?;
        if let (RuntimeKind::Process, Some(java)) = (self.runtime, &java) {
            java.check_for(&distribution)?;
        }
        let distribution = Arc::new(distribution);
        // Of a node that is a process of this machine.
        let own_java = java.clone().filter(|_| self.runtime == RuntimeKind::Process);
        let classes = match &own_java {
            Some(java) if self.class_archive => {
                let made = ClassArchive::of(&self.caches, &distribution, java, &self.run, self.progress).await;
                // Servers start without it, only later.
                made.unwrap_or_else(|error| {
                    self.progress.note(&format!("no class archive: {error}"));
                    None
                })
            }
            _ => None,
        };
        let mut other_distributions = BTreeMap::new();
        for server in self.changes.iter().filter_map(|changes| changes.server.as_ref()) {
            if let Entry::Vacant(other) = other_distributions.entry(server.to_string()) {
                other.insert(Arc::new(Distribution::resolve(server, &self.caches, &maven, self.progress).await?));
            }
        }
        if self.runtime == RuntimeKind::Process {
            for changes in &self.changes {
                let java = match &changes.java {
                    Some(home) => Some(Java::find(Some(home))?),
                    None => java.clone(),
                };
                let other = changes.server.as_ref().and_then(|server| other_distributions.get(&server.to_string()));
                if let Some(java) = java {
                    java.check_for(other.unwrap_or(&distribution))?;
                }
            }
        }
        let recorder =
            Recorder::new(self.clock, Some(&run_dir.history()), self.listener).map_err(PrepareError::RunDir)?;
        let runtime: Arc<dyn Runtime> = match self.runtime {
            RuntimeKind::Process => {
                let processes =
                    ProcessRuntime::new(self.run.clone(), machines.clone(), guard.clone(), PortPool::of_user()?);
                Arc::new(processes.with_capabilities(&self.capabilities))
            }
            RuntimeKind::Docker => {
                Arc::new(DockerRuntime::connect(&self.run, guard.clone(), machines.path(), self.docker).await?)
            }
        };
        let parts = ClusterParts {
            limits: Limits::of(self.topology.timing),
            topology: self.topology,
            runtime,
            jsp_cache: own_java.as_ref().map(|java| JspCache::of(&self.caches, &distribution, java)),
            compiler: java.as_ref().map(|java| Compiler::new(&self.caches, &distribution, java, &self.run)),
            distribution,
            classes,
            java: own_java,
            recorder: Arc::new(recorder),
            run_dir: run_dir.clone(),
            token: self.run.to_string(),
            other_distributions,
        };
        Ok(Prepared { parts, guard })
    }
}

/// Makes the folder and the history of a run that takes over the cluster of an earlier one. `from` is the run that
/// started it.
///
/// # Errors
/// The folder cannot be made.
pub fn succeed(
    previous: Arc<Cluster>,
    from: RunId,
    folder: &Utf8Path,
    clock: Clock,
    listener: Listener,
) -> std::io::Result<Successor> {
    let run_dir = RunDir::create(folder)?;
    let recorder = Recorder::new(clock, Some(&run_dir.history()), listener)?;
    Ok(Successor { previous, from, recorder: Arc::new(recorder), run_dir })
}
