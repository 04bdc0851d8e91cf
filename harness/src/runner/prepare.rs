//! Everything that must be there before a cluster can start: the run's folder, its guard, the server's files, Java,
//! the machines.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::cluster::recorder::Listener;
use crate::cluster::{Cluster, ClusterError, Machines, Recording};
use crate::host::clock::Clock;
use crate::host::guard::{Guard, GuardError, RUN_VARIABLE};
use crate::host::run_dir::RunDir;
use crate::model::plan::Limits;
use crate::model::{Capability, NodeChanges, Plan, RunId, Topology};
pub use crate::runtime::RuntimeKind;
use crate::runtime::process::ClassArchive;
use crate::runtime::{MachineOrder, RuntimeError};
use crate::tomcat::compiler::Compiler;
use crate::tomcat::distribution::{Caches, Distribution, DistributionError, Maven, Progress};
use crate::tomcat::java::{Java, JavaError};
use crate::tomcat::jsp_cache::JspCache;

/// Which machines are wanted, and where their software comes from.
#[derive(Debug, Clone)]
pub struct MachineSpec {
    /// What is wanted.
    pub topology: Topology,
    /// What nodes have otherwise, from the start or later: other servers and Javas must be there, too.
    pub changes: Vec<NodeChanges>,
    /// What machines must be able to do beside running nodes.
    pub needs: BTreeSet<Capability>,
    /// On which machines.
    pub runtime: RuntimeKind,
    /// Whether nodes take their classes out of a [`ClassArchive`], which is made if need be: worth it where many start.
    pub class_archive: bool,
    /// Where distributions are kept.
    pub caches: Caches,
    /// How they are fetched.
    pub maven: Maven,
    /// How long things may take.
    pub limits: Limits,
}

/// Where a run is written down.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its id.
    pub run: RunId,
    /// Its folder, which must not exist yet.
    pub folder: Utf8PathBuf,
    /// The folder of the machines' own files, where their cluster may outlive the run; else they are in the run's.
    pub machines: Option<Utf8PathBuf>,
}

/// Something is missing or broken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The run's folder cannot be made.
    #[error("the run directory cannot be created")]
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
    /// The machines.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// What reads them cannot be made.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl PrepareError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Guard(error) => error.hint(),
            Self::Distribution(error) => error.hint(),
            Self::Java(error) => error.hint(),
            Self::Cluster(error) => error.hint(),
            Self::Runtime(RuntimeError::Environment { hint, .. }) => hint.clone(),
            Self::RunDir(_) | Self::Runtime(_) => None,
        }
    }
}

impl MachineSpec {
    /// Machines for a topology, with the user's caches and Maven.
    ///
    /// # Errors
    /// The user has no cache folder.
    pub fn new(topology: Topology, runtime: RuntimeKind) -> Result<Self, DistributionError> {
        let (caches, maven) = (Caches::of_user()?, Maven::default());
        let front = topology.front.iter().map(|_| Capability::Front);
        let needs = topology.prepared_for.iter().map(|fault| fault.needs()).chain(front).collect();
        let limits = Limits::of_topology(&topology);
        Ok(Self { topology, changes: vec![], needs, runtime, class_archive: false, caches, maven, limits })
    }

    /// Machines for a plan, with the user's caches and Maven.
    ///
    /// # Errors
    /// The user has no cache folder.
    pub fn of_plan(plan: &Plan, runtime: RuntimeKind) -> Result<Self, DistributionError> {
        let (changes, needs) = (plan.changes().cloned().collect(), plan.needed_capabilities());
        Ok(Self { changes, needs, ..Self::new(plan.topology.clone(), runtime)? })
    }

    /// Makes all of it: a cluster of which nothing runs yet. What is refused leaves no folder.
    ///
    /// # Errors
    /// The first thing that is missing, before anything is started.
    pub async fn prepare(
        self,
        place: &Place,
        progress: &dyn Progress,
        clock: Clock,
        listener: Listener,
    ) -> Result<Cluster, PrepareError> {
        let run_dir = RunDir::create(&place.folder).map_err(PrepareError::RunDir)?;
        let folder = match &place.machines {
            Some(folder) => RunDir::create(folder).map_err(PrepareError::RunDir)?,
            None => run_dir.clone(),
        };
        let prepared = self.prepare_in(place, run_dir.clone(), &folder, progress, (clock, listener)).await;
        if prepared.is_err() {
            // Nothing has happened yet that is worth a folder.
            fs_err::remove_dir_all(run_dir.path()).map_err(PrepareError::RunDir)?;
            if folder != run_dir {
                fs_err::remove_dir_all(folder.path()).map_err(PrepareError::RunDir)?;
            }
        }
        prepared
    }

    /// As [`Self::prepare`], in folders that were made for it and stay whatever happens: the run's own, and that of the
    /// machines' files.
    ///
    /// # Errors
    /// As there.
    pub async fn prepare_in(
        self,
        place: &Place,
        run_dir: RunDir,
        folder: &RunDir,
        progress: &dyn Progress,
        (clock, listener): (Clock, Listener),
    ) -> Result<Cluster, PrepareError> {
        // Before Maven, which is a process of the run like any other.
        let guard = Arc::new(Guard::spawn(&place.run, folder.path())?);
        let machines = self.machines(place, folder, guard, progress).await?;
        let recording = Recording::into(run_dir, clock, listener).map_err(PrepareError::RunDir)?;
        Ok(Cluster::new(machines, recording)?)
    }

    async fn machines(
        self,
        place: &Place,
        folder: &RunDir,
        guard: Arc<Guard>,
        progress: &dyn Progress,
    ) -> Result<Machines, PrepareError> {
        let (run, topology, kind) = (&place.run, self.topology, self.runtime);
        let java = match Java::find(topology.jvm.home.as_deref()) {
            Ok(java) => Some(java),
            Err(error) if kind.uses_local_java() => return Err(error.into()),
            // Nodes bring their own; Maven will say so itself where it has none.
            Err(_) => None,
        };
        let mut maven = Maven { java_home: java.as_ref().map(|java| java.home.clone()), ..self.maven };
        maven.env.push((RUN_VARIABLE.to_owned(), run.to_string()));
        let distribution = Distribution::resolve(&topology.server, &self.caches, &maven, progress).await?;
        // Of a node that is a process of this machine.
        let own_java = java.clone().filter(|_| kind.uses_local_java());
        if let Some(java) = &own_java {
            java.check_for(&distribution)?;
        }
        let distribution = Arc::new(distribution);
        let classes = match &own_java {
            Some(java) if self.class_archive => {
                let made = ClassArchive::of(&self.caches, &distribution, java, run, progress).await;
                // Servers start without it, only later.
                made.unwrap_or_else(|error| {
                    progress.note(&format!("no class archive: {error}"));
                    None
                })
            }
            _ => None,
        };
        let mut other_distributions = BTreeMap::new();
        for server in self.changes.iter().filter_map(|changes| changes.server.as_ref()) {
            if let Entry::Vacant(other) = other_distributions.entry(server.to_string()) {
                other.insert(Arc::new(Distribution::resolve(server, &self.caches, &maven, progress).await?));
            }
        }
        for changes in self.changes.iter().filter(|_| kind.uses_local_java()) {
            let java = match &changes.java {
                Some(home) => Some(Java::find(Some(home))?),
                None => java.clone(),
            };
            let other = changes.server.as_ref().and_then(|server| other_distributions.get(&server.to_string()));
            if let Some(java) = java {
                java.check_for(other.unwrap_or(&distribution))?;
            }
        }
        let order = MachineOrder { run, folder, guard: guard.clone(), needs: &self.needs };
        Ok(Machines {
            run: run.clone(),
            runtime: kind.connect(order).await?,
            guard: Some(guard),
            folder: place.machines.clone(),
            limits: self.limits,
            topology,
            jsp_cache: own_java.as_ref().map(|java| JspCache::of(&self.caches, &distribution, java)),
            compiler: java.as_ref().map(|java| Compiler::new(&self.caches, &distribution, java, run)),
            distribution,
            other_distributions,
            classes,
            java: own_java,
            token: run.to_string(),
        })
    }
}
