//! A cluster for somebody's own test, in a few lines.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::cluster::{Cluster, ClusterError, ReleaseError};
use crate::host::clock::Clock;
use crate::host::run_dir::RunDir;
use crate::model::names::NameError;
use crate::model::server::ServerSpecError;
use crate::model::topology::NodeCountError;
use crate::model::{ContextPath, FaultKind, ManagerKind, Membership, SendOptions, Timing, Topology};
use crate::runner::OtherError;
use crate::runner::prepare::{MachineSpec, Place, PrepareError, RuntimeKind};
use crate::tomcat::distribution::{DistributionError, Quiet};
use crate::tomcat::war::{War, WarError};

/// Says what a cluster is to be. What is not said is as in the main job: two TomEE 9.0.0 as processes, `DeltaManager`,
/// static membership, synchronous replication with acknowledgement, accelerated timing.
///
/// ```no_run
/// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
/// use tomee_harness::Cluster;
///
/// let cluster = Cluster::builder().nodes(2).war("target/shop.war").start().await?;
/// let alice = cluster.client("alice")?;
/// alice.get("n1", "/shop/cart").await?;
/// cluster.node("n1")?.kill().await?;
/// let session = alice.session().ok_or("no session")?;
/// assert!(cluster.node("n2")?.replica(&session).await?.is_some());
/// cluster.shutdown().await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ClusterBuilder {
    nodes: usize,
    server: String,
    runtime: RuntimeKind,
    manager: ManagerKind,
    membership: Membership,
    send_options: SendOptions,
    timing: Timing,
    jvm_args: Vec<String>,
    prepared_for: BTreeSet<FaultKind>,
    wars: Vec<Utf8PathBuf>,
    counter: bool,
    folder: Option<Utf8PathBuf>,
}

impl Default for ClusterBuilder {
    fn default() -> Self {
        Self {
            nodes: 2,
            server: crate::model::ServerSpec::default().to_string(),
            runtime: RuntimeKind::PROCESS,
            manager: ManagerKind::default(),
            membership: Membership::default(),
            send_options: SendOptions::default(),
            timing: Timing::default(),
            jvm_args: vec![],
            prepared_for: BTreeSet::new(),
            wars: vec![],
            counter: false,
            folder: None,
        }
    }
}

/// Why a cluster did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Too few nodes, or too many.
    #[error(transparent)]
    Nodes(#[from] NodeCountError),
    /// The server cannot be understood.
    #[error(transparent)]
    Server(#[from] ServerSpecError),
    /// A WAR's name gives no context path.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A WAR cannot be used.
    #[error(transparent)]
    War(#[from] WarError),
    /// The user has no cache folder.
    #[error(transparent)]
    Caches(#[from] DistributionError),
    /// Something is missing.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// A node did not start, or a WAR was not served in time.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The working directory is unknown.
    #[error("the working directory is unknown")]
    WorkingDirectory(#[source] std::io::Error),
}

impl Cluster {
    /// Says what a cluster is to be, step by step.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
    }
}

impl ClusterBuilder {
    /// How many nodes, 2 to 8.
    #[must_use]
    pub fn nodes(mut self, count: usize) -> Self {
        self.nodes = count;
        self
    }

    /// `tomee:VERSION[:FLAVOUR]`, `tomcat:VERSION`, or a folder.
    #[must_use]
    pub fn server(mut self, server: impl Into<String>) -> Self {
        self.server = server.into();
        self
    }

    /// On which machines.
    #[must_use]
    pub fn runtime(mut self, runtime: RuntimeKind) -> Self {
        self.runtime = runtime;
        self
    }

    /// Which Manager.
    #[must_use]
    pub fn manager(mut self, manager: ManagerKind) -> Self {
        self.manager = manager;
        self
    }

    /// How members find each other.
    #[must_use]
    pub fn membership(mut self, membership: Membership) -> Self {
        self.membership = membership;
        self
    }

    /// `channelSendOptions`.
    #[must_use]
    pub fn send_options(mut self, options: SendOptions) -> Self {
        self.send_options = options;
        self
    }

    /// How fast the servers' own clocks tick.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// One more argument for each node's JVM.
    #[must_use]
    pub fn jvm_arg(mut self, argument: impl Into<String>) -> Self {
        self.jvm_args.push(argument.into());
        self
    }

    /// Prepares the machines for a fault, where they must be: `fill-disk`, `skew-clock`.
    #[must_use]
    pub fn prepared_for(mut self, fault: FaultKind) -> Self {
        self.prepared_for.insert(fault);
        self
    }

    /// A WAR to deploy through the farm once the cluster has formed. Its file name gives the context path.
    #[must_use]
    pub fn war(mut self, path: impl Into<Utf8PathBuf>) -> Self {
        self.wars.push(path.into());
        self
    }

    /// Deploys the session counter that comes with the harness, to `/counter`.
    #[must_use]
    pub fn counter(mut self) -> Self {
        self.counter = true;
        self
    }

    /// The run's folder, which must not exist yet. Otherwise one under `target/tomee-harness` of the working directory,
    /// which for a test is its package.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Starts the cluster and deploys what was named.
    ///
    /// # Errors
    /// See [`StartError`]. Nothing is left running then.
    pub async fn start(self) -> Result<GuardedCluster, StartError> {
        let mut topology = Topology::of(self.nodes)?;
        topology.server = self.server.parse()?;
        topology.cluster.manager = self.manager;
        topology.cluster.membership = self.membership;
        topology.cluster.send_options = self.send_options;
        topology.timing = self.timing;
        topology.jvm.args = self.jvm_args;
        topology.prepared_for = self.prepared_for;
        let mut wars = vec![];
        if self.counter {
            wars.push(Arc::new(War::counter(ContextPath::new("/counter")?)?));
        }
        for path in &self.wars {
            let context = ContextPath::of_war(path.file_name().unwrap_or_default())?;
            wars.push(Arc::new(War::read(path, context)?));
        }
        let started = jiff::Zoned::now();
        let run = RunDir::new_id(&started);
        let folder = match self.folder {
            Some(folder) => folder,
            None => RunDir::of_tests().map_err(StartError::WorkingDirectory)?.join(run.as_str()),
        };
        let spec = MachineSpec::new(topology, self.runtime)?;
        let place = Place { run, folder, machines: None };
        // On the heap, as it is some ten kilobytes.
        let cluster = Box::pin(spec.prepare(&place, &Quiet, Clock::start(), Arc::new(|_| {}))).await?;
        if let Err(error) = Box::pin(cluster.start()).await {
            // The first error is the one to report; what shutdown cannot remove, the guard removes.
            let _ = cluster.shutdown().await;
            return Err(error.into());
        }
        let cluster = GuardedCluster { cluster, started };
        for war in &wars {
            cluster.deploy(war).await?;
        }
        Ok(cluster)
    }
}

/// A running cluster with its guard. End it with `shutdown`; dropped without, as by a failed
/// assertion, its guard ends it within seconds.
#[derive(Debug)]
#[must_use = "a cluster that is dropped is ended by its guard"]
pub struct GuardedCluster {
    cluster: Cluster,
    started: jiff::Zoned,
}

impl Deref for GuardedCluster {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

/// A cluster that did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum ShutdownError {
    /// Something could not be removed by the cluster itself.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Something could not be removed by the guard either.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The run's folder cannot be written.
    #[error("the run directory cannot be written")]
    Outputs(#[source] OtherError),
}

impl GuardedCluster {
    /// When it was asked for.
    pub(crate) fn started(&self) -> &jiff::Zoned {
        &self.started
    }
}
