//! Scenarios as tests: each through the runner's pipeline, with a folder as the command line's.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use super::planned_run::{PlannedRun, Source};
use super::run_folder::RunFolder;
use crate::host::error_report::debug_is_the_report;
use crate::host::run_dir::RunDir;
use crate::model::scenario::{Scenario, ScenarioError};
use crate::model::{Plan, Topology};
use crate::report::terminal::{self, Style};
use crate::runner::{Budget, ClusterPool, FailedRun, IdleClusterError, Jobs, Observer, RunRequest, Runner};
use crate::runtime::RuntimeKind;
use crate::tomcat::distribution::Quiet;
use crate::verdict::Status;

/// How long a run may take where nobody says anything.
const TIMEOUT: Duration = Duration::from_mins(10);

/// How scenarios are run. What is not said is as on the command line: the runtime by what the plan needs, a folder under
/// `target/tomee-harness` of the working directory, which for a test is its package.
#[derive(Debug, Clone)]
pub struct ScenarioRunner {
    runtime: Option<RuntimeKind>,
    folder: Option<Utf8PathBuf>,
    stop: CancellationToken,
    /// Its pool is that of all that were cloned from one.
    runner: Runner,
}

impl Default for ScenarioRunner {
    fn default() -> Self {
        let runner = Runner::new(ClusterPool::new(Budget::UNLIMITED, false));
        Self { runtime: None, folder: None, stop: CancellationToken::new(), runner }
    }
}

/// A run that was judged.
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
    /// It is no scenario.
    #[error("{file}: {error}{}", .error.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default())]
    Scenario {
        /// The file.
        file: Utf8PathBuf,
        /// Why.
        error: ScenarioError,
    },
    /// The working directory is unknown.
    #[error("the working directory is unknown")]
    WorkingDirectory(#[source] std::io::Error),
    /// The run could not be judged, or left something.
    #[error(transparent)]
    Run(#[from] Box<FailedRun>),
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
            Self::Run(failed) => failed.error.hint(),
            _ => None,
        }
    }

    /// The lines of a log or a console that show it.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Run(failed) => failed.error.lines(),
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

    /// What ends runs at their next step or wait, and lets no other begin.
    #[must_use]
    pub fn stopped_by(mut self, stop: CancellationToken) -> Self {
        self.stop = stop;
        self
    }

    /// Whether no other run begins.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// How many plans are run at one time, by this one and what is cloned from it. Without this: as many as ask.
    #[must_use]
    pub fn jobs(mut self, jobs: Jobs) -> Self {
        let (_, warm) = self.runner.pool().terms();
        self.runner = Runner::new(ClusterPool::new(Budget::of(jobs), warm));
        self
    }

    /// Whether a cluster is used again by the next plan with an equal topology, reset and verified to be as good as new. The
    /// last one is to be ended by [`ScenarioRunner::end`].
    #[must_use]
    pub fn warm(mut self, warm: bool) -> Self {
        let (budget, _) = self.runner.pool().terms();
        self.runner = Runner::new(ClusterPool::new(budget, warm));
        self
    }

    /// Says which plans there are to be, so that a runner that is [warm](Self::warm) keeps no cluster for nobody.
    pub fn expect<'p>(&self, plans: impl IntoIterator<Item = &'p Plan>) {
        self.runner.pool().expect(plans);
    }

    /// Ends the clusters that wait for another plan.
    ///
    /// # Errors
    /// Something is left of one.
    pub async fn end(&self) -> Result<(), RunError> {
        Ok(self.runner.pool().end().await?)
    }

    /// Runs one plan on a cluster of its own, which is gone when this returns; a runner that is [warm](Self::warm) keeps it.
    ///
    /// # Errors
    /// It could not be judged. A guarantee that does not hold is no error here but a status.
    pub async fn run_plan(&self, plan: &Plan) -> Result<FinishedRun, RunError> {
        self.run(&PlannedRun::of_plan(plan.clone())).await
    }

    /// As [`Self::run_plan`], of a plan with its origin.
    ///
    /// # Errors
    /// As there.
    pub async fn run(&self, planned: &PlannedRun) -> Result<FinishedRun, RunError> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => RunDir::of_tests().map_err(RunError::WorkingDirectory)?,
        };
        let (_, lease, idle) = self.runner.pool().lease(std::slice::from_ref(&planned.plan)).await;
        let request = RunRequest {
            runtime: self.runtime,
            timeout: Some(TIMEOUT),
            ..RunRequest::new(planned.plan.clone(), |run| folder.join(run.as_str()))
        };
        let observer: Arc<dyn Observer> = Arc::new(Quiet);
        let mut outputs = RunFolder::of(planned);
        // On the heap: the future of a whole run is some ten kilobytes.
        let running = Box::pin(self.runner.run(&request, (lease, idle), &observer, &mut outputs, &self.stop));
        let finished = running.await?;
        let text = terminal::render(&finished.report, Style { page: true, ..Style::default() });
        let status = finished.report.verdict.status;
        Ok(FinishedRun { status, text, run_dir: finished.run_dir.path().to_owned() })
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

/// Does all runs of one scenario file, one after the other.
///
/// # Errors
/// The first that does not hold, with its summary.
pub async fn run_file(path: impl AsRef<Path>) -> Result<(), RunError> {
    let path = Utf8Path::from_path(path.as_ref()).ok_or(RunError::Path)?;
    for (_, planned) in runs_of(path)? {
        ScenarioRunner::default().run(&planned).await?.holds()?;
    }
    Ok(())
}

/// The runs of a scenario file, each with the cell of its matrix.
pub(super) fn runs_of(file: &Utf8Path) -> Result<Vec<(String, PlannedRun)>, RunError> {
    let refuse = |error| RunError::Scenario { file: file.to_owned(), error };
    let text = fs_err::read(file).map_err(RunError::File)?;
    let source = Source::of_file(file, &text);
    let scenario = Scenario::parse(&text).map_err(refuse)?.in_folder(&source.folder);
    let two = Topology::of(2).map_err(|error| refuse(ScenarioError::nowhere(error.to_string())))?;
    let plans = scenario.plans(&two).map_err(refuse)?.into_iter();
    let named = plans.map(|run| {
        let cell = run.cell.to_string();
        let planned = PlannedRun::of_scenario(source.clone(), &cell, run.plan);
        (cell, planned)
    });
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_holds_passes() {
        let finished = |status| FinishedRun { status, text: "a summary".to_owned(), run_dir: "run".into() };
        assert!(finished(Status::Holds).holds().is_ok());
        for status in [Status::Violated, Status::Unknown] {
            assert_eq!(finished(status).holds().expect_err("it does not hold").to_string(), "a summary");
        }
    }
}
