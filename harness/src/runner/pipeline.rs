//! The pipeline: a run from its preparation to the release of its machines, for whoever asks for it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;

use super::execution::{AtTheEnd, Ended, TrialError, execute};
use super::idle_cluster::IdleCluster;
use super::observer::{Observer, Phase};
use super::pool::{ClusterPool, Lease};
use super::prepare::{MachineSpec, Place, PrepareError};
use crate::cluster::{Cluster, Recording, ReleaseError};
use crate::history::Record;
use crate::host::clock::Clock;
use crate::host::run_dir::RunDir;
use crate::model::{Plan, RunId};
use crate::runtime::RuntimeKind;
use crate::tomcat::distribution::DistributionError;

/// Any error, of somebody whom the runner does not know.
pub type OtherError = Box<dyn std::error::Error + Send + Sync>;

/// One run that is wanted.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// Its id.
    pub run: RunId,
    /// When it was asked for.
    pub started: jiff::Zoned,
    /// What is done.
    pub plan: Arc<Plan>,
    /// Its folder, which must not exist yet.
    pub folder: Utf8PathBuf,
    /// On which machines; where nothing is said, by what the plan needs and what is at hand.
    pub runtime: Option<RuntimeKind>,
    /// How long it may take from the start of its nodes. Then it is interrupted.
    pub timeout: Option<Duration>,
    /// Whether its cluster goes on running.
    pub keep: bool,
    /// Its clock. A program starts that of its first run at its own start, so that nothing it does goes unmeasured.
    pub clock: Clock,
}

/// A run that is being done, as those see it who write down what it leaves.
#[derive(Debug, Clone, Copy)]
pub struct RunFacts<'a> {
    /// What was asked for.
    pub request: &'a RunRequest,
    /// The cluster, with its machines and the run's folder.
    pub cluster: &'a Cluster,
}

/// Writes what a run leaves in its folder beside plan, history, verdict and logs.
pub trait Outputs {
    /// What is said of a run that was judged.
    type Report;

    /// Before the first step; the folder is there.
    ///
    /// # Errors
    /// Something cannot be written.
    fn begin(&mut self, run: RunFacts<'_>) -> Result<(), OtherError>;

    /// After the verdict.
    ///
    /// # Errors
    /// Something cannot be written.
    fn end(&mut self, run: RunFacts<'_>, ended: &Ended) -> Result<Self::Report, OtherError>;
}

/// A run that was judged, and whose machines were released, kept or handed on.
#[derive(Debug)]
pub struct Finished<R> {
    /// Its folder.
    pub run_dir: RunDir,
    /// Whether it took too long, and was interrupted.
    pub timed_out: bool,
    /// What [`Outputs::end`] gave.
    pub report: R,
    /// What was recorded and judged.
    pub ended: Ended,
}

/// Why a run gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunFailure {
    /// The user has no cache folder.
    #[error(transparent)]
    Caches(#[from] DistributionError),
    /// Something is missing.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// It could not be judged.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// Its folder cannot be written.
    #[error(transparent)]
    Outputs(OtherError),
    /// It left something that could not be removed.
    #[error(transparent)]
    Left(ReleaseError),
    /// It was stopped before it began.
    #[error("interrupted before the run began")]
    Stopped,
}

impl RunFailure {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Caches(error) => error.hint(),
            Self::Prepare(error) => error.hint(),
            Self::Trial(TrialError::Cluster(error)) => error.hint(),
            Self::Trial(TrialError::War(error)) => error.hint(),
            _ => None,
        }
    }

    /// The lines of a log or a console that show it.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Trial(TrialError::Cluster(error)) => error.lines(),
            _ => &[],
        }
    }
}

/// A run that gave nothing.
#[derive(Debug)]
pub struct FailedRun {
    /// What went wrong first.
    pub error: RunFailure,
    /// What of it could not be removed either.
    pub left: Option<OtherError>,
    /// Its folder, where it has one.
    pub run_dir: Option<RunDir>,
    /// The run whose id its machines carry: itself, or the one that started the cluster.
    pub machines: RunId,
}

impl fmt::Display for FailedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for FailedRun {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Does runs: prepares, executes, judges, reports and releases. What differs from caller to caller is who hears of it
/// ([`Observer`]), what becomes of it ([`Outputs`]) and what stops it.
#[derive(Debug, Clone)]
pub struct Runner {
    pool: Arc<ClusterPool>,
}

impl RunRequest {
    /// A run of a plan in a folder that is named by its id.
    pub fn new(plan: Arc<Plan>, folder: impl FnOnce(&RunId) -> Utf8PathBuf) -> Self {
        let started = jiff::Zoned::now();
        let run = RunDir::new_id(&started);
        let folder = folder(&run);
        Self { run, started, plan, folder, runtime: None, timeout: None, keep: false, clock: Clock::start() }
    }
}

impl Runner {
    /// A runner that takes its clusters from a pool, and hands them on where the pool does.
    pub fn new(pool: Arc<ClusterPool>) -> Self {
        Self { pool }
    }

    /// Where its clusters come from.
    pub fn pool(&self) -> &Arc<ClusterPool> {
        &self.pool
    }

    /// Does one run, on the cluster that comes with the lease or on one of its own. The machines are gone when this
    /// returns, whatever it returns, unless they are kept or handed on. `stop` ends the run at its next step or wait; what
    /// was recorded so far is judged.
    ///
    /// # Errors
    /// It could not be judged, or left something. A guarantee that does not hold is no error but a verdict.
    pub async fn run<O: Outputs>(
        &self,
        request: &RunRequest,
        (lease, idle): (Lease, Option<IdleCluster>),
        observer: &Arc<dyn Observer>,
        outputs: &mut O,
        stop: &CancellationToken,
    ) -> Result<Finished<O::Report>, Box<FailedRun>> {
        observer.phase(Phase::Prepare);
        let prepared = tokio::select! {
            prepared = self.prepare(request, &lease, idle, observer) => prepared,
            () = stop.cancelled() => Err(FailedRun::before(request, RunFailure::Stopped)),
        };
        let cluster = Arc::new(prepared?);
        let facts = RunFacts { request, cluster: &cluster };
        let executed = match outputs.begin(facts) {
            Ok(()) => self.execute(request, &cluster, observer, stop).await.map_err(RunFailure::Trial),
            Err(error) => Err(RunFailure::Outputs(error)),
        };
        let (result, released) = match executed {
            Ok((mut ended, timed_out)) => {
                let handed_on = ended.cluster.take();
                let is_handed_on = handed_on.is_some();
                if let Some(cluster) = handed_on {
                    let observer = observer.clone();
                    let listener = Arc::new(move |run: &RunId, renewal: &_| observer.renewed(run, renewal));
                    lease.hand_on(IdleCluster { cluster }, listener);
                }
                observer.phase(Phase::Report);
                let report = outputs.end(facts, &ended).map_err(RunFailure::Outputs);
                let released = if is_handed_on { Ok(()) } else { release(facts, observer).await };
                let run_dir = cluster.run_dir().clone();
                (report.map(|report| Finished { run_dir, timed_out, report, ended }), released)
            }
            Err(error) => {
                if !request.keep {
                    // Ended already, unless nothing was begun on it. What cannot be removed here is the guard's.
                    let _ = cluster.shutdown().await;
                }
                (Err(error), release(facts, observer).await)
            }
        };
        // What went wrong first is what to say; that it also left something comes with it.
        let (error, left) = match (result, released) {
            (Ok(finished), Ok(())) => return Ok(finished),
            (Ok(_), Err(left)) => (RunFailure::Left(left), None),
            (Err(error), released) => (error, released.err().map(Into::into)),
        };
        let (run_dir, machines) = (Some(cluster.run_dir().clone()), cluster.machines().run.clone());
        Err(Box::new(FailedRun { error, left, run_dir, machines }))
    }

    /// The cluster that comes with the lease, which begins another recording, or one of which nothing runs yet.
    async fn prepare(
        &self,
        request: &RunRequest,
        lease: &Lease,
        idle: Option<IdleCluster>,
        observer: &Arc<dyn Observer>,
    ) -> Result<Cluster, Box<FailedRun>> {
        let hearing = observer.clone();
        let listener = Arc::new(move |record: &Record| hearing.record(record));
        let before = |error| FailedRun::before(request, error);
        let Some(IdleCluster { cluster }) = idle else {
            let spec = self.machines(request, observer).await.map_err(|error| before(error.into()))?;
            let machines = self.hands_on(request).then(|| {
                // Beside the runs' folders, as it outlives the first of them.
                request.folder.with_file_name(format!("cluster-{}", request.run))
            });
            let place = Place { run: request.run.clone(), folder: request.folder.clone(), machines };
            let listener = lease.starting(listener).await;
            let prepared = spec.prepare(&place, &**observer, request.clock, listener).await;
            return prepared.map_err(|error| before(error.into()));
        };
        // What came before is not of this run.
        let recorded = match Recording::create(&request.folder, Clock::start(), listener) {
            Ok(recording) => cluster.record(recording).await.map_err(|error| RunFailure::Trial(error.into())),
            Err(error) => Err(PrepareError::RunDir(error).into()),
        };
        match recorded {
            Ok(cluster) => Ok(cluster),
            Err(error) => {
                let machines = cluster.machines().run.clone();
                let left = IdleCluster { cluster }.shutdown().await.err().map(Into::into);
                Err(Box::new(FailedRun { error, left, run_dir: None, machines }))
            }
        }
    }

    async fn machines(
        &self,
        request: &RunRequest,
        observer: &Arc<dyn Observer>,
    ) -> Result<MachineSpec, DistributionError> {
        let runtime = if let Some(runtime) = request.runtime {
            runtime
        } else {
            let (runtime, why) = RuntimeKind::choose(&request.plan).await;
            observer.line(&format!("  nodes are {why}"));
            runtime
        };
        let spec = MachineSpec::of_plan(&request.plan, runtime)?;
        Ok(MachineSpec { class_archive: self.hands_on(request), ..spec })
    }

    /// Whether a run's cluster may be handed on. One that is kept is nobody else's.
    fn hands_on(&self, request: &RunRequest) -> bool {
        let (_, warm) = self.pool.terms();
        warm && !request.keep
    }

    /// Executes and judges, and says whether that took too long.
    async fn execute(
        &self,
        request: &RunRequest,
        cluster: &Arc<Cluster>,
        observer: &Arc<dyn Observer>,
        stop: &CancellationToken,
    ) -> Result<(Ended, bool), TrialError> {
        let token = stop.child_token();
        let at_the_end = match (request.keep, self.hands_on(request)) {
            (true, _) => AtTheEnd::Keep,
            (false, true) => AtTheEnd::HandOn,
            (false, false) => AtTheEnd::ShutDown,
        };
        let deadline = async {
            match request.timeout {
                Some(limit) => drop(tokio::time::timeout(limit, std::future::pending::<()>()).await),
                None => std::future::pending().await,
            }
        };
        let running = execute(&request.plan, cluster, at_the_end, &token, &**observer);
        tokio::pin!(running, deadline);
        tokio::select! {
            ended = &mut running => Ok((ended?, false)),
            () = &mut deadline => {
                let limit = request.timeout.unwrap_or_default();
                observer.line(&format!("  the run takes longer than {limit:?}; ending the cluster"));
                token.cancel();
                Ok((running.await?, true))
            }
        }
    }
}

impl FailedRun {
    /// A run that did not get as far as its machines.
    fn before(request: &RunRequest, error: RunFailure) -> Box<Self> {
        Box::new(Self { error, left: None, run_dir: None, machines: request.run.clone() })
    }
}

/// Lets the guard look once more. What it had to remove is a fault of ours, and is said.
async fn release(run: RunFacts<'_>, observer: &Arc<dyn Observer>) -> Result<(), ReleaseError> {
    observer.phase(Phase::Release);
    let machines = run.cluster.machines();
    if run.request.keep {
        return machines.keep();
    }
    for removed in machines.release().await?.removed {
        observer.line(&format!("  the guard had to remove {removed}"));
    }
    // Where the run's folder has no logs of a node, those in the machines' folder are the only evidence.
    let run_dir = run.cluster.run_dir();
    let copied = run.cluster.topology().names().all(|node| run_dir.node(node).join("console.log").exists());
    if copied { machines.remove_folder() } else { Ok(()) }
}
