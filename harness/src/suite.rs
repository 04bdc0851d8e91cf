//! Scenarios as tests of somebody's own crate.
//!
//! Either a test target without the usual harness, with a test for each file and cell of its matrix, found when it runs:
//!
//! ```toml
//! [[test]]
//! name = "failover"
//! harness = false
//! ```
//! ```no_run
//! // tests/failover.rs
//! fn main() -> std::process::ExitCode {
//!     tomee_harness::test_main("scenarios")
//! }
//! ```
//!
//! or one function of rstest's, with a test for each file:
//!
//! ```no_run
//! # use rstest::rstest;
//! #[rstest]
//! #[tokio::test]
//! async fn scenario(#[files("scenarios/**/*.toml")] path: std::path::PathBuf) {
//!     tomee_harness::suite::tell_file(&path).await.expect("it holds");
//! }
//! ```
//!
//! Each test takes a cluster of its own, of two JVMs or more: let them run one after the other (`test_main` does so
//! where nothing else is said; under nextest a test group with `max-threads = 1` does).

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio_util::sync::CancellationToken;

use crate::lab::clock::Clock;
use crate::lab::distribution::{Caches, DistributionError, Maven, Quiet};
use crate::lab::guard::GuardError;
use crate::lab::prepare::{Preparation, PrepareError, Prepared, RuntimeKind};
use crate::lab::run_dir::RunDir;
use crate::lab::runtime::docker::DockerOptions;
use crate::report::Summary;
use crate::report::terminal::{self, Style};
use crate::spec::scenario::{Scenario, ScenarioError};
use crate::spec::{Plan, Topology};
use crate::trial::{self, TrialError};
use crate::verdict::Status;

/// How plans are told. What is not said is as on the command line: the runtime by what the plan needs, a folder under
/// `target/tomee-harness` of the working directory, which for a test is its package.
#[derive(Debug, Clone, Default)]
pub struct Teller {
    runtime: Option<RuntimeKind>,
    folder: Option<Utf8PathBuf>,
}

/// A plan that was told to its end.
#[derive(Debug, Clone)]
pub struct Told {
    /// What it showed.
    pub status: Status,
    /// The summary, as the command line prints it.
    pub text: String,
    /// The run's folder.
    pub run_dir: Utf8PathBuf,
}

/// Why a scenario is no passed test.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
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
    /// A run that does not hold; its summary.
    #[error("{0}")]
    DoesNotHold(String),
}

impl Teller {
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

    /// Tells one plan on a cluster of its own, which is gone when this returns.
    ///
    /// # Errors
    /// It could not be judged. A guarantee that does not hold is no error here but a status.
    pub async fn tell(&self, plan: &Plan) -> Result<Told, TellError> {
        let run = RunDir::new_id(&jiff::Zoned::now());
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => RunDir::of_tests().map_err(TellError::WorkingDirectory)?,
        };
        let runtime = match self.runtime {
            Some(runtime) => runtime,
            None => RuntimeKind::choose(plan).await.0,
        };
        let preparation = Preparation {
            folder: folder.join(run.as_str()),
            run,
            topology: plan.topology.clone(),
            runtime,
            docker: DockerOptions::default(),
            caches: Caches::of_user()?,
            maven: Maven::default(),
            progress: &Quiet,
            clock: Clock::start(),
            listener: Arc::new(|_| {}),
        };
        let Prepared { parts, guard } = preparation.prepare().await?;
        let run_dir = parts.run_dir.clone();
        let ended = Box::pin(trial::run(plan, parts, false, &CancellationToken::new())).await;
        if let Some(guard) = Arc::into_inner(guard) {
            guard.release()?;
        }
        let ended = ended?;
        let setting = format!("{} nodes of {} on {}", plan.topology.nodes.len(), plan.topology.server, runtime.name());
        let summary = Summary::of(plan, setting, ended.verdict, &ended.history, run_dir.path())
            .cut_short_by(ended.cut_short.as_ref());
        let text = terminal::render(&summary, Style::Plain);
        Ok(Told { status: summary.verdict.status, text, run_dir: run_dir.path().to_owned() })
    }
}

impl Told {
    /// Itself where it holds.
    ///
    /// # Errors
    /// Something that is promised or expected is violated, or nobody can know.
    pub fn holds(self) -> Result<Self, TellError> {
        match self.status {
            Status::Holds => Ok(self),
            Status::Violated | Status::Unknown => Err(TellError::DoesNotHold(self.text)),
        }
    }
}

/// Tells all runs of one scenario file, one after the other.
///
/// # Errors
/// The first that does not hold, with its summary.
pub async fn tell_file(path: impl AsRef<Path>) -> Result<(), TellError> {
    let path = Utf8Path::from_path(path.as_ref()).ok_or(TellError::Path)?;
    for (_, plan) in plans(path)? {
        Teller::default().tell(&plan).await?.holds()?;
    }
    Ok(())
}

/// The runs of a scenario file, each with the cell of its matrix.
fn plans(file: &Utf8Path) -> Result<Vec<(String, Plan)>, TellError> {
    let refuse = |error| TellError::Scenario { file: file.to_owned(), error };
    let scenario = Scenario::parse(&fs_err::read(file).map_err(TellError::File)?).map_err(refuse)?;
    let two = Topology::of(2).map_err(|error| refuse(ScenarioError::nowhere(error.to_string())))?;
    let plans = scenario.plans(&two).map_err(refuse)?;
    Ok(plans.into_iter().map(|run| (run.cell.to_string(), run.plan)).collect())
}

/// The main function of a test target without the usual harness: a test for each scenario file below a folder and each
/// cell of its matrix. Takes the arguments of `cargo test` and nextest. Tests run one after the other, unless
/// `--test-threads` says otherwise.
pub fn test_main(folder: impl AsRef<Utf8Path>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(1);
    libtest_mimic::run(&arguments, trials(folder.as_ref())).exit_code()
}

/// A test for each run; a file that cannot be told is a test that fails.
fn trials(folder: &Utf8Path) -> Vec<Trial> {
    let files = match files_below(folder) {
        Ok(files) => files,
        Err(error) => {
            let why = format!("{folder} cannot be read: {error}");
            return vec![Trial::test(folder.as_str(), || Err(Failed::from(why)))];
        }
    };
    if files.is_empty() {
        // A suite that finds nothing must not be green.
        let why = format!("there is no scenario (*.toml) in {folder}");
        return vec![Trial::test(folder.as_str(), || Err(Failed::from(why)))];
    }
    files.iter().flat_map(|file| trials_of(folder, file)).collect()
}

fn trials_of(folder: &Utf8Path, file: &Utf8Path) -> Vec<Trial> {
    let name = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    match plans(file) {
        Err(error) => vec![Trial::test(name.as_str(), move || Err(told_whole(&error)))],
        Ok(plans) => plans
            .into_iter()
            .map(|(cell, plan)| {
                let name =
                    if cell.is_empty() { name.to_string() } else { format!("{name}::{}", cell.replace(' ', ",")) };
                Trial::test(name, move || tell_now(&plan).map_err(|error| told_whole(&error)))
            })
            .collect(),
    }
}

/// Tells a plan on a tokio runtime of its own.
fn tell_now(plan: &Plan) -> Result<(), TellError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| TellError::Prepare(PrepareError::RunDir(error)))?;
    runtime.block_on(async { Teller::default().tell(plan).await?.holds() }).map(drop)
}

/// An error with its sources, as a test shows it.
fn told_whole(error: &TellError) -> Failed {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!("\n  because: {inner}"));
        source = inner.source();
    }
    Failed::from(text)
}

/// The scenario files in a folder and below it, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub fn files_below(folder: &Utf8Path) -> std::io::Result<Vec<Utf8PathBuf>> {
    let mut files = vec![];
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        // A link to a folder above would lead round in a circle.
        if path.is_dir() && !path.is_symlink() {
            files.extend(files_below(&path)?);
        } else if path.extension() == Some("toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet() -> Arguments {
        Arguments { quiet: true, ..Arguments::default() }
    }

    #[test]
    fn a_suite_that_finds_nothing_or_cannot_be_told_is_not_green() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let failed = |folder: &Utf8Path| {
            let conclusion = libtest_mimic::run(&quiet(), trials(folder));
            (conclusion.num_passed, conclusion.num_failed)
        };
        assert_eq!(failed(folder), (0, 1), "an empty folder");
        assert_eq!(failed(&folder.join("nowhere")), (0, 1));
        fs_err::create_dir(folder.join("deep")).expect("made");
        fs_err::write(folder.join("deep/typo.toml"), "nam = \"x\"").expect("written");
        assert_eq!(failed(folder), (0, 1), "a file that is no scenario");
    }

    #[test]
    fn each_cell_is_a_test_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let story = "name = \"x\"\n[matrix]\nmanager = [\"delta\", \"backup\"]\nnodes = [2, 3]\n";
        fs_err::write(folder.join("story.toml"), story).expect("written");
        let names: Vec<String> = trials(folder).iter().map(|trial| trial.name().to_owned()).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        assert!(names.contains(&"story::nodes=3,manager=backup".to_owned()), "{names:?}");
    }

    #[test]
    fn only_what_holds_passes() {
        let told = |status| Told { status, text: "a summary".to_owned(), run_dir: "run".into() };
        assert!(told(Status::Holds).holds().is_ok());
        for status in [Status::Violated, Status::Unknown] {
            assert_eq!(told(status).holds().expect_err("it does not hold").to_string(), "a summary");
        }
    }
}
