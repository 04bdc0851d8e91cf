//! The main function of a test target.

use std::process::ExitCode;

use camino::Utf8Path;
use libtest_mimic::{Arguments, Failed, Trial};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use tokio::runtime::Handle;

use super::files::files_below;
use super::options::Options;
use super::planned_run::PlannedRun;
use super::scenario_runner::{RunError, ScenarioRunner, runs_of};
use crate::cluster::ClusterError;
use crate::host::signals::Signals;
use crate::runner::{Budget, RunFailure, TrialError};

/// Threads only wait for their run, but nobody needs hundreds.
const MOST_THREADS: usize = 64;

/// How many tests begin, of which as many go on as the budget bears. Of tests that hand their clusters on, the pool
/// chooses among those that have begun.
fn threads(budget: Budget, warm: bool) -> usize {
    if warm { MOST_THREADS } else { budget.runs.min(MOST_THREADS) }
}

/// The main function of a test target without the usual harness: a test for each scenario file below a folder and each
/// cell of its matrix. Takes the arguments of `cargo test` and nextest, `--jobs N|auto` and `--warm`. Tests run one after
/// the other, unless `--jobs` says otherwise.
pub fn test_main(folder: impl AsRef<Utf8Path>) -> ExitCode {
    crate::runtime::guard_main();
    match Options::of_process() {
        Ok(options) => run_all(folder.as_ref(), &options),
        Err(why) => failed("options", why),
    }
}

fn run_all(folder: &Utf8Path, options: &Options) -> ExitCode {
    let mut arguments = Arguments::from_iter(&options.rest);
    let budget = Budget::of(options.jobs);
    arguments.test_threads.get_or_insert(threads(budget, options.warm));
    // One for all tests: what a cluster has of it must outlive the test that started it.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed("options", error.to_string()),
    };
    let signals = match runtime.block_on(async { Signals::listen(end_at_once) }) {
        Ok(signals) => signals,
        Err(error) => return failed("signals", error.to_string()),
    };
    let runner = ScenarioRunner::default().jobs(options.jobs).warm(options.warm).stopped_by(signals.token().clone());
    let conclusion = libtest_mimic::run(&arguments, trials(folder, &runner, runtime.handle()));
    match runtime.block_on(runner.end()) {
        Ok(()) if conclusion.has_failed() || signals.first().is_none() => conclusion.exit_code(),
        Ok(()) => failed("all scenarios", "interrupted".to_owned()),
        Err(error) => failed("the end of the clusters that were used again", whole_text(&error)),
    }
}

/// Nothing in good order any more: the guards of all runs remove what they have started.
fn end_at_once(_: Signal) {
    // It cannot fail on oneself.
    let _ = nix::sys::signal::kill(Pid::this(), Signal::SIGKILL);
}

/// A test that fails, for what is no fault of any test: so it is shown as the others are, and never passed over.
fn failed(name: &str, why: String) -> ExitCode {
    let arguments = Arguments { test_threads: Some(1), ..Arguments::default() };
    libtest_mimic::run(&arguments, vec![failing(name, why)]).exit_code()
}

fn failing(name: &str, why: String) -> Trial {
    Trial::test(name, || Err(Failed::from(why)))
}

/// A test for each run; a file that cannot be read is a test that fails.
fn trials(folder: &Utf8Path, runner: &ScenarioRunner, runtime: &Handle) -> Vec<Trial> {
    let files = match files_below(folder) {
        Ok(files) => files,
        Err(error) => return vec![failing(folder.as_str(), format!("{folder} cannot be read: {error}"))],
    };
    if files.is_empty() {
        // A suite that finds nothing must not be green.
        return vec![failing(folder.as_str(), format!("there is no scenario (*.toml) in {folder}"))];
    }
    let runs: Vec<(String, Result<PlannedRun, RunError>)> =
        files.iter().flat_map(|file| named_runs(folder, file)).collect();
    runner.expect(runs.iter().filter_map(|(_, run)| Some(&*run.as_ref().ok()?.plan)));
    let trial = |(name, run): (String, Result<PlannedRun, RunError>)| {
        let (runner, runtime) = (runner.clone(), runtime.clone());
        Trial::test(name, move || {
            let run = run.map_err(|error| Failed::from(whole_text(&error)))?;
            let finished = runtime.block_on(async { runner.run(&run).await?.holds() });
            finished.map(drop).map_err(|error| whole_text(&error).into())
        })
    };
    runs.into_iter().map(trial).collect()
}

/// The runs of a file, each with the name of its test.
fn named_runs(folder: &Utf8Path, file: &Utf8Path) -> Vec<(String, Result<PlannedRun, RunError>)> {
    let name = file.strip_prefix(folder).unwrap_or(file).with_extension("");
    match runs_of(file) {
        Err(error) => vec![(name.to_string(), Err(error))],
        Ok(runs) => {
            let named = runs.into_iter().map(|(cell, run)| {
                let cell = cell.replace(' ', ",");
                (if cell.is_empty() { name.to_string() } else { format!("{name}::{cell}") }, Ok(run))
            });
            named.collect()
        }
    }
}

/// An error with its sources, what a failed node logged, where the run's folder is and what is left, as a test shows it.
fn whole_text(error: &RunError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!("\n  because: {inner}"));
        source = inner.source();
    }
    let RunError::Run(failed) = error else { return text };
    if let RunFailure::Trial(TrialError::Cluster(ClusterError::NodeFailed { lines, .. })) = &failed.error {
        for line in lines {
            text.push_str(&format!("\n  | {line}"));
        }
    }
    if let Some(left) = &failed.left {
        text.push_str(&format!("\n  | {left}"));
    }
    if let Some(run_dir) = &failed.run_dir {
        text.push_str(&format!("\nrun: {}", run_dir.path()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(folder: &Utf8Path) -> Vec<Trial> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        super::trials(folder, &ScenarioRunner::default(), runtime.handle())
    }

    fn quiet() -> Arguments {
        Arguments { quiet: true, ..Arguments::default() }
    }

    #[test]
    fn a_suite_that_finds_nothing_or_cannot_be_run_is_not_green() {
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
        let scenario = "name = \"x\"\n[matrix]\nmanager = [\"delta\", \"backup\"]\nnodes = [2, 3]\n";
        fs_err::write(folder.join("scenario.toml"), scenario).expect("written");
        let names: Vec<String> = trials(folder).iter().map(|trial| trial.name().to_owned()).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{names:?}");
        assert!(names.contains(&"scenario::nodes=3,manager=backup".to_owned()), "{names:?}");
    }
}
