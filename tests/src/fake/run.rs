//! A plan on a fake cluster, through the public way: `runner::execute`.

use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use tomee_harness::cluster::{Cluster, ClusterError, Machines, Recording};
use tomee_harness::host::clock::Clock;
use tomee_harness::model::plan::Limits;
use tomee_harness::model::{Plan, RunId, Topology, main_job};
use tomee_harness::runner::{self, AtTheEnd, Ended, TrialError};
use tomee_harness::tomcat::distribution::{Distribution, Namespace, Product, Quiet};

use super::one_session::one_session;
use super::{Bug, FakeRuntime};

/// A run of a plan on a fake cluster.
#[derive(Debug, Clone)]
pub struct FakeRun {
    /// What is done, to which cluster.
    pub plan: Plan,
    /// What is wrong with it.
    pub bug: Option<Bug>,
    /// How long waits may take. Long where nothing should run out: a busy machine must not make a run red.
    pub limits: Limits,
}

const PATIENCE: Duration = Duration::from_mins(1);

impl FakeRun {
    /// A run of one session over two kills that waits long enough for anything.
    pub fn new(topology: Topology, bug: Option<Bug>) -> Self {
        Self::of(one_session(topology), bug)
    }

    /// A run of the main job that waits long enough for anything.
    ///
    /// # Panics
    /// Never: the names of the main job are good.
    pub fn main_job(topology: Topology, bug: Option<Bug>) -> Self {
        Self::of(main_job::plan(topology).expect("the names of the main job are good"), bug)
    }

    /// A run of any plan that waits long enough for anything.
    pub fn of(plan: Plan, bug: Option<Bug>) -> Self {
        let limits = Limits { start: PATIENCE, deploy: PATIENCE, request: PATIENCE, synchronise: PATIENCE };
        Self { plan, bug, limits }
    }

    /// Runs it in a folder, which becomes the run directory.
    ///
    /// # Errors
    /// Those of [`runner::execute`].
    ///
    /// # Panics
    /// The folder cannot be written.
    pub async fn run(&self, folder: &Utf8Path) -> Result<Ended, TrialError> {
        self.execute(self.prepared(folder)?, AtTheEnd::ShutDown).await
    }

    /// Starts its cluster alone, for a test that does all else itself.
    ///
    /// # Errors
    /// A node does not start.
    ///
    /// # Panics
    /// The folder cannot be written.
    pub async fn cluster(&self, folder: &Utf8Path) -> Result<Cluster, ClusterError> {
        let cluster = self.prepared(folder)?;
        cluster.start().await?;
        Ok(cluster)
    }

    /// Runs it in a folder, and hands its cluster on where it is fit for that.
    ///
    /// # Errors
    /// Those of [`runner::execute`].
    ///
    /// # Panics
    /// The folder cannot be written.
    pub async fn handing_on(&self, folder: &Utf8Path) -> Result<Ended, TrialError> {
        self.execute(self.prepared(folder)?, AtTheEnd::HandOn).await
    }

    /// Runs it on a cluster that was handed on, and hands it on again where it is fit for that.
    ///
    /// # Errors
    /// The cluster is not as good as new, or those of [`runner::execute`].
    ///
    /// # Panics
    /// The folder cannot be written.
    pub async fn taking_over(&self, cluster: Arc<Cluster>, folder: &Utf8Path) -> Result<Ended, TrialError> {
        cluster.reset().await?;
        self.execute(cluster.record(recording(folder)).await?, AtTheEnd::HandOn).await
    }

    async fn execute(&self, cluster: Cluster, at_the_end: AtTheEnd) -> Result<Ended, TrialError> {
        let (cluster, token) = (Arc::new(cluster), CancellationToken::new());
        Box::pin(runner::execute(&self.plan, &cluster, at_the_end, &token, &Quiet)).await
    }

    /// Its cluster, of which nothing runs yet.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    ///
    /// # Panics
    /// The folder cannot be written.
    pub fn prepared(&self, folder: &Utf8Path) -> Result<Cluster, ClusterError> {
        let machines = Machines {
            run: RunId::new("20261122-120000-0001").expect("a good id"),
            topology: self.plan.topology.clone(),
            runtime: Arc::new(FakeRuntime::new(folder.join("fake"), self.bug)),
            guard: None,
            folder: None,
            distribution: Arc::new(distribution(folder.join("home")).expect("the test's own folder can be written")),
            other_distributions: std::collections::BTreeMap::new(),
            java: None,
            jsp_cache: None,
            classes: None,
            compiler: None,
            limits: self.limits,
            token: "a-secret".to_owned(),
        };
        Cluster::new(machines, recording(folder))
    }
}

/// A recording in a test's own folder.
///
/// # Panics
/// The folder cannot be written.
pub fn recording(folder: &Utf8Path) -> Recording {
    let recording = Recording::create(&folder.join("run"), Clock::start(), Arc::new(|_| {}));
    recording.expect("the test's own folder can be written")
}

/// As much of a TomEE 9.0.0 as is looked at before it runs.
fn distribution(home: Utf8PathBuf) -> std::io::Result<Distribution> {
    let conf = home.join("conf");
    fs_err::create_dir_all(&conf)?;
    fs_err::write(conf.join("logging.properties"), "handlers = java.util.logging.ConsoleHandler\n")?;
    fs_err::write(conf.join("web.xml"), "<web-app/>")?;
    Ok(Distribution {
        base: home.clone(),
        home,
        product: Product::Tomee,
        version: "9.0.0".to_owned(),
        tomcat_version: "10.0.27".to_owned(),
        namespace: Namespace::Jakarta,
        digest: "none".to_owned(),
        chosen: None,
    })
}
