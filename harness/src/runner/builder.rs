//! A cluster for somebody's own test, in a few lines.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::cluster::{Cluster, ClusterError, ReleaseError};
use crate::host::clock::Clock;
use crate::host::error_report::debug_is_the_report;
use crate::host::run_dir::RunDir;
use crate::model::cluster_element::ClusterElements;
use crate::model::names::NameError;
use crate::model::plan::Limits;
use crate::model::server::ServerSpecError;
use crate::model::topology::NodeCountError;
use crate::model::{ContextPath, FaultKind, ManagerKind, Membership, SendOptions, Timing, Topology};
use crate::runner::OtherError;
use crate::runner::prepare::{MachineSpec, Place, PrepareError, RuntimeKind};
use crate::tomcat::distribution::{Caches, DistributionError, Quiet};
use crate::tomcat::war::{War, WarError};

/// Says what a cluster is to be, in any order. What is not said is as in the main job: two TomEE 9.0.0 as processes,
/// `DeltaManager`, static membership, synchronous replication with acknowledgement, accelerated timing.
///
/// ```no_run
/// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use tomee_harness::{Cluster, ManagerKind};
///
/// let cluster = Cluster::builder()
///     .nodes(3)
///     .server("tomcat:11.0.24")
///     .manager(ManagerKind::Backup)
///     .java("/usr/lib/jvm/java-21-openjdk-amd64")
///     .env("SHOP_DATABASE", "memory")
///     .lib("target/driver.jar")
///     .war("target/shop.war")
///     .request_timeout(Duration::from_secs(5))
///     .start()
///     .await?;
/// let alice = cluster.client("alice")?;
/// alice.get("n1", "/shop/cart").await?;
/// cluster.node("n1")?.kill().await?;
/// let session = alice.session().ok_or("no session")?;
/// assert!(cluster.node("n2")?.replica(&session).await?.is_some());
/// cluster.shutdown().await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder starts nothing before `start`"]
pub struct ClusterBuilder {
    topology: Option<Topology>,
    nodes: Option<usize>,
    server: Option<String>,
    runtime: Option<RuntimeKind>,
    manager: Option<ManagerKind>,
    membership: Option<Membership>,
    send_options: Option<SendOptions>,
    timing: Option<Timing>,
    elements: Option<ClusterElements>,
    java: Option<Utf8PathBuf>,
    jvm_args: Vec<String>,
    env: Vec<(String, String)>,
    libs: Vec<Utf8PathBuf>,
    prepared_for: BTreeSet<FaultKind>,
    wars: Vec<(Utf8PathBuf, Option<String>)>,
    counter: bool,
    limits: GivenLimits,
    folder: Option<Utf8PathBuf>,
    cache: Option<Utf8PathBuf>,
}

/// The limits that are not to be those of the timing.
#[derive(Debug, Clone, Copy, Default)]
struct GivenLimits {
    start: Option<Duration>,
    deploy: Option<Duration>,
    request: Option<Duration>,
    synchronise: Option<Duration>,
}

impl GivenLimits {
    fn over(self, limits: Limits) -> Limits {
        Limits {
            start: self.start.unwrap_or(limits.start),
            deploy: self.deploy.unwrap_or(limits.deploy),
            request: self.request.unwrap_or(limits.request),
            synchronise: self.synchronise.unwrap_or(limits.synchronise),
        }
    }
}

/// Why a cluster did not start.
#[derive(thiserror::Error)]
#[non_exhaustive]
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
    /// A jar for the nodes' lib folder is missing.
    #[error("there is no file {0}")]
    Lib(Utf8PathBuf),
    /// A node did not start, or a WAR was not served in time.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The working directory is unknown.
    #[error("the working directory is unknown")]
    WorkingDirectory(#[source] std::io::Error),
}

debug_is_the_report!(StartError);

impl StartError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::War(error) => error.hint(),
            Self::Caches(error) => error.hint(),
            Self::Prepare(error) => error.hint(),
            Self::Cluster(error) => error.hint(),
            Self::Nodes(_) | Self::Server(_) | Self::Name(_) | Self::Lib(_) | Self::WorkingDirectory(_) => None,
        }
    }

    /// The lines of a log or a console that show it.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Cluster(error) => error.lines(),
            _ => &[],
        }
    }
}

impl Cluster {
    /// Says what a cluster is to be, step by step.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
    }
}

impl ClusterBuilder {
    /// The whole cluster as a topology, with what only that can say: a node's own configuration, given ports. What a method
    /// of the builder says beside it wins.
    pub fn topology(mut self, topology: Topology) -> Self {
        self.topology = Some(topology);
        self
    }

    /// How many nodes, 2 to 8.
    pub fn nodes(mut self, count: usize) -> Self {
        self.nodes = Some(count);
        self
    }

    /// `tomee:VERSION[:FLAVOUR]`, `tomcat:VERSION`, a line as `tomcat:10.1` or `tomee:latest`, or a folder.
    pub fn server(mut self, server: impl Into<String>) -> Self {
        self.server = Some(server.into());
        self
    }

    /// On which machines.
    pub fn runtime(mut self, runtime: RuntimeKind) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Which Manager.
    pub fn manager(mut self, manager: ManagerKind) -> Self {
        self.manager = Some(manager);
        self
    }

    /// How members find each other.
    pub fn membership(mut self, membership: Membership) -> Self {
        self.membership = Some(membership);
        self
    }

    /// `channelSendOptions`.
    pub fn send_options(mut self, options: SendOptions) -> Self {
        self.send_options = Some(options);
        self
    }

    /// How fast the servers' own clocks tick.
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = Some(timing);
        self
    }

    /// Attributes of the elements of `<Cluster>`, as in `ClusterElements { receiver: …, ..Default::default() }`; see
    /// `tomee_harness::elements`.
    pub fn elements(mut self, elements: ClusterElements) -> Self {
        self.elements = Some(elements);
        self
    }

    /// The Java home of the nodes. Without this `JAVA_HOME`, then java on the path.
    pub fn java(mut self, home: impl Into<Utf8PathBuf>) -> Self {
        self.java = Some(home.into());
        self
    }

    /// One more argument for each node's JVM.
    pub fn jvm_arg(mut self, argument: impl Into<String>) -> Self {
        self.jvm_args.push(argument.into());
        self
    }

    /// One more environment variable for each node.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// One more jar for each node's `lib` folder.
    pub fn lib(mut self, jar: impl Into<Utf8PathBuf>) -> Self {
        self.libs.push(jar.into());
        self
    }

    /// Prepares the machines for a fault, where they must be: `fill-disk`, `skew-clock`.
    pub fn prepared_for(mut self, fault: FaultKind) -> Self {
        self.prepared_for.insert(fault);
        self
    }

    /// A WAR to deploy through the farm once the cluster has formed. Its file name gives the context path.
    pub fn war(mut self, path: impl Into<Utf8PathBuf>) -> Self {
        self.wars.push((path.into(), None));
        self
    }

    /// A WAR to deploy through the farm, with its context path, as `/shop`.
    pub fn war_at(mut self, path: impl Into<Utf8PathBuf>, context: impl Into<String>) -> Self {
        self.wars.push((path.into(), Some(context.into())));
        self
    }

    /// Deploys the session counter that comes with the harness, to `/counter`.
    pub fn counter(mut self) -> Self {
        self.counter = true;
        self
    }

    /// How long a node may take from its start until it is ready. Without this two minutes.
    pub fn start_timeout(mut self, limit: Duration) -> Self {
        self.limits.start = Some(limit);
        self
    }

    /// How long a WAR may take until the last node serves it. Without this one minute; two with documented timing.
    pub fn deploy_timeout(mut self, limit: Duration) -> Self {
        self.limits.deploy = Some(limit);
        self
    }

    /// How long one request may take. Without this half a minute.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.limits.request = Some(limit);
        self
    }

    /// How long a node that was restarted may take until it has the session ids of its peers. Without this 90 seconds.
    pub fn synchronise_timeout(mut self, limit: Duration) -> Self {
        self.limits.synchronise = Some(limit);
        self
    }

    /// The run's folder, which must not exist yet. Without this one under `target/tomee-harness` of the working directory,
    /// which for a test is its package.
    pub fn folder(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The folder in which unpacked servers are kept from run to run. Without this `tomee-harness` in the user's cache folder.
    pub fn cache(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// The cluster that all of it describes.
    ///
    /// # Errors
    /// The number of nodes, or the server.
    fn described(&self) -> Result<Topology, StartError> {
        let mut topology = match &self.topology {
            Some(topology) => topology.clone(),
            None => Topology::of(self.nodes.unwrap_or(2))?,
        };
        if let (Some(count), Some(_)) = (self.nodes, &self.topology) {
            topology.nodes = Topology::of(count)?.nodes;
        }
        if let Some(server) = &self.server {
            topology.server = server.parse()?;
        }
        let cluster = &mut topology.cluster;
        cluster.manager = self.manager.unwrap_or(cluster.manager);
        cluster.membership = self.membership.unwrap_or(cluster.membership);
        cluster.send_options = self.send_options.unwrap_or(cluster.send_options);
        if let Some(elements) = &self.elements {
            cluster.elements = elements.clone();
        }
        topology.timing = self.timing.unwrap_or(topology.timing);
        topology.jvm.home = self.java.clone().or(topology.jvm.home);
        topology.jvm.args.extend(self.jvm_args.iter().cloned());
        topology.jvm.env.extend(self.env.iter().cloned());
        topology.jvm.libs.extend(self.libs.iter().cloned());
        topology.prepared_for.extend(&self.prepared_for);
        Ok(topology)
    }

    fn wars(&self) -> Result<Vec<Arc<War>>, StartError> {
        let mut wars = vec![];
        if self.counter {
            wars.push(Arc::new(War::counter(ContextPath::new("/counter")?)?));
        }
        for (path, context) in &self.wars {
            let context = match context {
                Some(context) => ContextPath::new(context)?,
                None => ContextPath::of_war(path.file_name().unwrap_or_default())?,
            };
            wars.push(Arc::new(War::read(path, context)?));
        }
        Ok(wars)
    }

    /// Starts the cluster and deploys what was named.
    ///
    /// # Errors
    /// See [`StartError`]. Nothing is left running then.
    pub async fn start(self) -> Result<GuardedCluster, StartError> {
        // On the heap: it is a future of some twenty kilobytes, and a test would have it on its stack.
        Box::pin(self.start_all()).await
    }

    async fn start_all(self) -> Result<GuardedCluster, StartError> {
        let (topology, wars) = (self.described()?, self.wars()?);
        // Before anything is started: a jar that is missing would show as a class that is not found.
        if let Some(jar) = topology.jvm.libs.iter().find(|jar| !jar.is_file()) {
            return Err(StartError::Lib(jar.clone()));
        }
        let started = jiff::Zoned::now();
        let run = RunDir::new_id(&started);
        let folder = match self.folder {
            Some(folder) => folder,
            None => RunDir::of_tests().map_err(StartError::WorkingDirectory)?.join(run.as_str()),
        };
        let mut spec = MachineSpec::new(topology, self.runtime.unwrap_or(RuntimeKind::PROCESS))?;
        spec.limits = self.limits.over(spec.limits);
        if let Some(folder) = self.cache {
            spec.caches = Caches::at(folder);
        }
        let place = Place { run, folder, machines: None };
        // On the heap, as it is some ten kilobytes.
        let cluster = Box::pin(spec.prepare(&place, &Quiet, Clock::start(), Arc::new(|_| {}))).await?;
        if let Err(error) = Box::pin(cluster.start()).await {
            // The first error is the one to report; what shutdown cannot remove, the guard removes.
            let _ = cluster.shutdown().await;
            return Err(error.into());
        }
        let cluster = GuardedCluster { cluster, started, ended: false };
        for war in &wars {
            cluster.deploy(war).await?;
        }
        Ok(cluster)
    }
}

/// A running cluster with its guard. End it with `shutdown`; dropped without, as by a failed assertion, its guard ends it
/// within seconds, and what was recorded is judged and printed with the run's folder.
///
/// The folder has what a run of the command line leaves there: `tomee-harness check FOLDER` judges it again, and
/// `tomee-harness report FOLDER` makes its report.html.
#[derive(Debug)]
#[must_use = "a cluster that is dropped is ended by its guard"]
pub struct GuardedCluster {
    cluster: Cluster,
    started: jiff::Zoned,
    ended: bool,
}

impl Deref for GuardedCluster {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

/// A cluster that did not end as it should.
#[derive(thiserror::Error)]
#[non_exhaustive]
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

debug_is_the_report!(ShutdownError);

impl ShutdownError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Cluster(error) => error.hint(),
            Self::Release(_) | Self::Outputs(_) => None,
        }
    }

    /// The lines of a log or a console that show it.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Cluster(error) => error.lines(),
            _ => &[],
        }
    }
}

impl GuardedCluster {
    /// When it was asked for.
    pub(crate) fn started(&self) -> &jiff::Zoned {
        &self.started
    }

    /// Whether it was shut down, and its folder completed.
    pub(crate) fn ended(&mut self) -> &mut bool {
        &mut self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_method_says_wins_over_the_topology_in_any_order() {
        let mut base = Topology::of(3).expect("three nodes");
        base.cluster.manager = ManagerKind::Backup;
        base.jvm.args = vec!["-Da=1".to_owned()];
        let said = |builder: ClusterBuilder| builder.server("tomcat:11.0.24").jvm_arg("-Db=2").env("X", "1");
        let one = said(Cluster::builder().topology(base.clone())).described().expect("a topology");
        let other = said(Cluster::builder()).topology(base).described().expect("a topology");
        assert_eq!(one, other);
        assert_eq!((one.nodes.len(), one.cluster.manager), (3, ManagerKind::Backup));
        assert_eq!(
            (one.server.to_string().as_str(), one.jvm.args),
            ("tomcat:11.0.24", vec!["-Da=1".into(), "-Db=2".into()])
        );
        assert_eq!(other.jvm.env.get("X").map(String::as_str), Some("1"));
    }

    #[test]
    fn what_is_not_said_is_as_in_the_main_job() {
        assert_eq!(Cluster::builder().described().expect("a topology"), Topology::of(2).expect("two nodes"));
        assert!(matches!(Cluster::builder().nodes(9).described(), Err(StartError::Nodes(_))));
        let limits = Limits::of(Timing::Accelerated);
        assert_eq!(GivenLimits::default().over(limits), limits);
    }
}
