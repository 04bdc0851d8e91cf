//! The runner: a plan on a cluster, from its preparation to its verdict.

use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use crate::cluster::Beginning;
use crate::host::clock::Clock;
use crate::host::error_report::debug_is_the_report;
use crate::host::guard::GuardError;
use crate::host::run_dir::RunDir;
use crate::model::scenario::{Scenario, ScenarioError};
use crate::model::{Plan, RunId, Topology};
use crate::report::Summary;
use crate::report::terminal::{self, Style};
use crate::runner::prepare::{self, Preparation, PrepareError, Prepared, RuntimeKind};
use crate::runner::{self, AtTheEnd, TrialError};
use crate::runner::{Budget, Jobs};
use crate::runner::{ClusterPool, IdleCluster, IdleClusterError, Lease, remove_machines};
use crate::runtime::docker::DockerOptions;
use crate::tomcat::distribution::{Caches, DistributionError, Maven, Quiet};
use crate::verdict::Status;

/// How plans are told. What is not said is as on the command line: the runtime by what the plan needs, a folder under
/// `target/tomee-harness` of the working directory, which for a test is its package.
#[derive(Debug, Clone)]
pub struct ScenarioRunner {
    runtime: Option<RuntimeKind>,
    folder: Option<Utf8PathBuf>,
    /// Of all that were cloned from one.
    pool: Arc<ClusterPool>,
}

impl Default for ScenarioRunner {
    fn default() -> Self {
        Self { runtime: None, folder: None, pool: ClusterPool::new(Budget::UNLIMITED, false) }
    }
}

/// A plan that was told to its end.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FinishedRun {
    /// What it showed.
    pub status: Status,
    /// The summary, as the command line prints it.
    pub text: String,
    /// The run's folder.
    pub run_dir: Utf8PathBuf,
}

/// Why a scenario is no passed test.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The file cannot be read.
    #[error("the scenario cannot be read")]
    File(#[source] std::io::Error),
    /// The file's path is no UTF-8.
    #[error("the scenario's path is no UTF-8")]
    Path,
    /// What is in it cannot be told.
    #[error("{file}: {error}{}", .error.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default())]
    Scenario {
        /// The file.
        file: Utf8PathBuf,
        /// Why.
        error: ScenarioError,
    },
    /// The working directory cannot be told.
    #[error("the working directory cannot be told")]
    WorkingDirectory(#[source] std::io::Error),
    /// The user has no cache folder.
    #[error(transparent)]
    Caches(#[from] DistributionError),
    /// Something is missing.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The run could not be judged.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// What the run left could not be removed.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// A cluster that was handed on did not end as it should.
    #[error(transparent)]
    IdleCluster(#[from] IdleClusterError),
    /// A run that does not hold; its summary.
    #[error("{0}")]
    DoesNotHold(String),
}

debug_is_the_report!(RunError);

impl RunError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Caches(error) => error.hint(),
            Self::Prepare(error) => error.hint(),
            Self::Trial(TrialError::Cluster(error)) => error.hint(),
            Self::Trial(TrialError::War(error)) => error.hint(),
            Self::Guard(error) => error.hint(),
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

impl ScenarioRunner {
    /// On which machines.
    #[must_use]
    pub fn runtime(mut self, runtime: RuntimeKind) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// The folder in which each run makes one of its own.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<Utf8PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// How many plans are told at one time, by this one and what is cloned from it. Without this: as many as ask.
    #[must_use]
    pub fn jobs(mut self, jobs: Jobs) -> Self {
        let (_, warm) = self.pool.terms();
        self.pool = ClusterPool::new(Budget::of(jobs), warm);
        self
    }

    /// Whether a cluster is handed on to the next plan that wants an equal one, reset and verified to be as good as new. The
    /// last one is to be ended by [`ScenarioRunner::end`].
    #[must_use]
    pub fn warm(mut self, warm: bool) -> Self {
        let (budget, _) = self.pool.terms();
        self.pool = ClusterPool::new(budget, warm);
        self
    }

    /// Says which plans there are to be, so that a runner that is [warm](Self::warm) keeps no cluster for nobody.
    pub fn expect<'p>(&self, plans: impl IntoIterator<Item = &'p Plan>) {
        self.pool.expect(plans);
    }

    /// Ends the clusters that wait for another plan.
    ///
    /// # Errors
    /// Something is left of one.
    pub async fn end(&self) -> Result<(), RunError> {
        Ok(self.pool.end().await?)
    }

    /// Tells one plan on a cluster of its own, which is gone when this returns; a runner that is [warm](Self::warm) keeps it.
    ///
    /// # Errors
    /// It could not be judged. A guarantee that does not hold is no error here but a status.
    pub async fn tell(&self, plan: &Plan) -> Result<FinishedRun, RunError> {
        let run = RunDir::new_id(&jiff::Zoned::now());
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => RunDir::of_tests().map_err(RunError::WorkingDirectory)?,
        };
        let folder = folder.join(run.as_str());
        let (_, warm) = self.pool.terms();
        let (_, lease, idle_cluster) = self.pool.lease(&[Arc::new(plan.clone())]).await;
        let (on, guard, from, machines) =
            if let Some(IdleCluster { cluster, guard, run: from, machines }) = idle_cluster {
                let successor = prepare::succeed(cluster, from.clone(), &folder, Clock::start(), Arc::new(|_| {}));
                (Beginning::Warm(successor.map_err(PrepareError::RunDir)?), guard, from, Some(machines))
            } else {
                let machines = warm.then(|| folder.with_file_name(format!("cluster-{run}")));
                let Prepared { parts, guard } = self.prepare(plan, &run, folder, machines.clone(), &lease).await?;
                (parts.into(), guard, run, machines)
            };
        let (run_dir, runtime) = (on.run_dir().clone(), on.parts().runtime.name());
        let at_the_end = if warm { AtTheEnd::HandOn } else { AtTheEnd::ShutDown };
        let mut ended = Box::pin(runner::run_on(plan, on, at_the_end, &CancellationToken::new())).await;
        let cluster = ended.as_mut().ok().and_then(|ended| ended.cluster.take());
        if let Some((cluster, machines)) = cluster.zip(machines.clone()) {
            lease.hand_on(IdleCluster { cluster, guard, run: from, machines }, Arc::new(|_, _| {}));
        } else if let Some(guard) = Arc::into_inner(guard) {
            guard.release()?;
            if let Some(machines) = machines {
                remove_machines(&machines, &run_dir, &plan.topology).map_err(PrepareError::RunDir)?;
            }
        }
        let ended = ended?;
        let setting = format!("{} nodes of {} on {runtime}", plan.topology.nodes.len(), plan.topology.server);
        let summary = Summary::of(plan, setting, ended.verdict, &ended.history, run_dir.path())
            .cut_short_by(ended.cut_short.as_ref().map(ToString::to_string));
        let text = terminal::render(&summary, Style::default());
        Ok(FinishedRun { status: summary.verdict.status, text, run_dir: run_dir.path().to_owned() })
    }

    async fn prepare(
        &self,
        plan: &Plan,
        run: &RunId,
        folder: Utf8PathBuf,
        machines: Option<Utf8PathBuf>,
        lease: &Lease,
    ) -> Result<Prepared, RunError> {
        let runtime = match self.runtime {
            Some(runtime) => runtime,
            None => RuntimeKind::choose(plan).await.0,
        };
        let preparation = Preparation {
            capabilities: plan.needed_capabilities(),
            run: run.clone(),
            folder,
            class_archive: machines.is_some(),
            machines,
            topology: plan.topology.clone(),
            changes: plan.changes().cloned().collect(),
            runtime,
            docker: DockerOptions::default(),
            caches: Caches::of_user()?,
            maven: Maven::default(),
            progress: &Quiet,
            clock: Clock::start(),
            listener: lease.starting(Arc::new(|_| {})).await,
        };
        Ok(preparation.prepare().await?)
    }
}

impl FinishedRun {
    /// Itself where it holds.
    ///
    /// # Errors
    /// Something that is promised or expected is violated, or nobody can know.
    pub fn holds(self) -> Result<Self, RunError> {
        match self.status {
            Status::Holds => Ok(self),
            Status::Violated | Status::Unknown => Err(RunError::DoesNotHold(self.text)),
        }
    }
}

/// Tells all runs of one scenario file, one after the other.
///
/// # Errors
/// The first that does not hold, with its summary.
pub async fn run_file(path: impl AsRef<Path>) -> Result<(), RunError> {
    let path = Utf8Path::from_path(path.as_ref()).ok_or(RunError::Path)?;
    for (_, plan) in plans(path)? {
        ScenarioRunner::default().tell(&plan).await?.holds()?;
    }
    Ok(())
}

/// The runs of a scenario file, each with the cell of its matrix.
pub(super) fn plans(file: &Utf8Path) -> Result<Vec<(String, Plan)>, RunError> {
    let refuse = |error| RunError::Scenario { file: file.to_owned(), error };
    let scenario = Scenario::parse(&fs_err::read(file).map_err(RunError::File)?).map_err(refuse)?;
    let scenario = scenario.in_folder(file.parent().unwrap_or(Utf8Path::new("")));
    let two = Topology::of(2).map_err(|error| refuse(ScenarioError::nowhere(error.to_string())))?;
    let plans = scenario.plans(&two).map_err(refuse)?;
    Ok(plans.into_iter().map(|run| (run.cell.to_string(), run.plan)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_holds_passes() {
        let told = |status| FinishedRun { status, text: "a summary".to_owned(), run_dir: "run".into() };
        assert!(told(Status::Holds).holds().is_ok());
        for status in [Status::Violated, Status::Unknown] {
            assert_eq!(told(status).holds().expect_err("it does not hold").to_string(), "a summary");
        }
    }
}
