//! `runs`: the runs that lie in a folder.

use std::time::SystemTime;

use clap::ArgMatches;
use serde_json::json;

use super::check;
use crate::args::runs::{PruneArgs, RunsCommand};
use crate::args::{OutputArgs, RunArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::settings::Settings;
use crate::stored_runs::{self, Retention, StoredRun};

pub(crate) fn runs(command: &RunsCommand, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    match command {
        RunsCommand::List(args) => {
            let folder = args.folder.clone().map_or_else(stored_runs::default_folder, Ok)?;
            list(&stored_runs::all(&folder)?, output)
        }
        RunsCommand::Show(args) => check::check(args, output),
        RunsCommand::Latest => {
            let folder = stored_runs::meant("latest".into())?;
            if output.is_json() {
                print_json(&json!({"format": 1, "folder": folder}))?;
            } else {
                print(&format!("{folder}\n"))?;
            }
            Ok(Exit::Holds)
        }
        RunsCommand::Prune(args) => prune(args, output, matches),
    }
}

fn list(runs: &[StoredRun], output: &OutputArgs) -> Result<Exit, Failure> {
    if output.is_json() {
        print_json(&json!({"format": 1, "runs": runs}))?;
        return Ok(Exit::Holds);
    }
    if runs.is_empty() {
        print("there is no run\n")?;
        return Ok(Exit::Holds);
    }
    let width = runs.iter().map(|run| run.run.as_str().len()).max().unwrap_or_default();
    let mut text = format!("{:<width$}  {:<9}  {:>9}  WHAT\n", "RUN", "VERDICT", "SIZE");
    for run in runs {
        let status = run.status.as_deref().unwrap_or("-");
        let what = run.name.as_deref().unwrap_or("not begun");
        let live = if run.is_live { " (live)" } else { "" };
        text.push_str(&format!(
            "{:<width$}  {status:<9}  {:>9}  {what}{live}\n",
            run.run.as_str(),
            megabytes(run.bytes)
        ));
    }
    print(&text)?;
    Ok(Exit::Holds)
}

fn prune(args: &PruneArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let settings = Settings::resolve(&RunArgs::default(), output, matches)?;
    let said = Retention { runs: args.keep, days: args.days };
    let retention = if said.is_said() { said } else { settings.retention };
    if !retention.is_said() {
        let hint = "--keep 20, --days 30, or keep-runs and keep-days in tomee-harness.toml".to_owned();
        return Err(Failure::usage("nothing says which runs are kept").hint(Some(hint)));
    }
    let folder = args.folder.clone().map_or_else(stored_runs::default_folder, Ok)?;
    let runs = stored_runs::all(&folder)?;
    let gone = stored_runs::to_go(&runs, retention, SystemTime::now());
    if !args.dry_run {
        for run in &gone {
            fs_err::remove_dir_all(&run.folder).map_err(Failure::environment)?;
        }
    }
    let bytes: u64 = gone.iter().map(|run| run.bytes).sum();
    if output.is_json() {
        print_json(&json!({"format": 1, "removed": gone, "bytes": bytes, "dry-run": args.dry_run}))?;
        return Ok(Exit::Holds);
    }
    let verb = if args.dry_run { "would remove" } else { "removed" };
    let mut text: String = gone.iter().map(|run| format!("{verb} {}\n", run.folder)).collect();
    text.push_str(&format!("{verb} {} of {} runs, {}\n", gone.len(), runs.len(), megabytes(bytes)));
    print(&text)?;
    Ok(Exit::Holds)
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}
