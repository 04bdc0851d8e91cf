//! What went wrong with a run, as a user sees it.

use tomee_harness::cluster::ClusterError;
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::model::RunId;
use tomee_harness::runner::prepare::PrepareError;
use tomee_harness::runner::{FailedRun, RunFailure, TrialError};
use tomee_harness::runtime::RuntimeError;
use tomee_harness::tomcat::compiler::CompileError;
use tomee_harness::tomcat::war::WarError;

use crate::exit::{Exit, Failure, space_hint};

/// `stopped` is how the program ends where it was stopped before the run began.
pub(in crate::command) fn run_failure(failed: FailedRun, stopped: Exit) -> Failure {
    let FailedRun { error, left, run_dir, machines } = failed;
    let failure = match error {
        RunFailure::Caches(error) => Failure::environment(error),
        RunFailure::Prepare(error) => prepare_failure(error),
        RunFailure::Trial(error) => trial_failure(error, run_dir.as_ref()),
        RunFailure::Outputs(error) => Failure::environment(error),
        RunFailure::Left(error) => return Failure::environment(error).hint(Some(sweep_hint(&machines))),
        error @ RunFailure::Stopped => Failure::new(stopped, error),
    };
    match left {
        Some(left) => failure.leaving(Failure::environment(left).hint(Some(sweep_hint(&machines)))),
        None => failure,
    }
}

/// What to do about what the guard could not remove.
fn sweep_hint(run: &RunId) -> String {
    format!("when the cause is gone, `tomee-harness sweep --run {run}` removes what is left")
}

fn prepare_failure(error: PrepareError) -> Failure {
    let hint = match &error {
        PrepareError::RunDir(source) if source.kind() == std::io::ErrorKind::AlreadyExists => {
            let hint = "--out names a folder that is not there yet; each run makes its own".to_owned();
            return Failure::usage(error).hint(Some(hint));
        }
        PrepareError::RunDir(source) if space_hint(source).is_none() => {
            Some("--out DIR puts the run elsewhere".to_owned())
        }
        PrepareError::Distribution(error) => error.hint(),
        PrepareError::Java(error) => error.hint(),
        PrepareError::Runtime(RuntimeError::Environment { hint, .. }) => hint.clone(),
        _ => None,
    };
    Failure::environment(error).hint(hint)
}

fn trial_failure(error: TrialError, run_dir: Option<&RunDir>) -> Failure {
    match error {
        TrialError::Plan(error) => Failure::usage(error),
        TrialError::War(error) => war_failure(error),
        TrialError::Compile(error) => {
            let hint = error.hint();
            match error {
                CompileError::Lacks { .. } => Failure::usage(error),
                error => Failure::environment(error),
            }
            .hint(hint)
        }
        // What is said of the configuration cannot be written, or not for this server.
        TrialError::Cluster(error @ (ClusterError::Render { .. } | ClusterError::Own { .. })) => Failure::usage(error),
        TrialError::Cluster(error) => cluster_failure(error, run_dir),
        TrialError::RunDir(error) => Failure::environment(TrialError::RunDir(error)),
    }
}

pub(in crate::command) fn war_failure(error: WarError) -> Failure {
    let hint = error.hint();
    Failure::usage(error).hint(hint)
}

fn cluster_failure(error: ClusterError, run_dir: Option<&RunDir>) -> Failure {
    let (mut lines, mut hint) = (vec![], None);
    match &error {
        ClusterError::NodeFailed { node, lines: said, how, address_in_use } => {
            lines.clone_from(said);
            let logs = run_dir.map_or_else(String::new, |run_dir| run_dir.node(node).into_string());
            let logs = format!("all that it said is in {logs}");
            hint = Some(match how.contains("signal 9") {
                _ if *address_in_use => {
                    format!("other programs take ports of this machine as fast as they are tried; {logs}")
                }
                true => format!("nobody here sent that signal: most often memory has run out (see dmesg); {logs}"),
                false => logs,
            });
        }
        ClusterError::Runtime(RuntimeError::Environment { hint: known, .. }) => hint.clone_from(known),
        _ => {}
    }
    Failure { lines, ..Failure::environment(error) }.hint(hint)
}
