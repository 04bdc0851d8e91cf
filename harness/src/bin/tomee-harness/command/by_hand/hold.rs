//! `run --hold on-failure`: one scenario, whose cluster stays up where it fails.

use tomee_harness::keeper::{self, Ask, Client, ClusterView, Known};
use tomee_harness::report::terminal::{self, Style};
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::suite::PlannedRun;

use super::ask::{call, call_failure, chain, tell};
use super::task::{free_name, reached, tables, task};
use crate::args::OutputArgs;
use crate::block_on::block_on;
use crate::command::report::Stored;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::settings::Settings;

/// Runs it so often at most, until it fails.
pub(crate) fn hold(
    run: &PlannedRun,
    (kind, times): (RuntimeKind, u32),
    settings: &Settings,
    output: &OutputArgs,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Holds;
    for number in 1..=times.max(1) {
        if times > 1 {
            tell(output, &format!("run {number} of {times}"));
        }
        exit = once(run, kind, settings, output)?;
        if exit != Exit::Holds {
            break;
        }
    }
    Ok(exit)
}

fn once(run: &PlannedRun, kind: RuntimeKind, settings: &Settings, output: &OutputArgs) -> Result<Exit, Failure> {
    let Some(source) = &run.source else {
        let hint = "`tomee-harness list` shows the built-in ones, as main".to_owned();
        return Err(Failure::usage("--hold is for a scenario, and none is named").hint(Some(hint)));
    };
    let (name, clusters) = free_name(None)?;
    let topology = run.plan.topology.clone();
    let tables = tables(source, &topology)?;
    let steps = (Some(tables.head), tables.steps);
    let task = task((name, &clusters), settings.out.clone(), (topology, kind), steps, true)?;
    let known = reached(&clusters, &task)?;
    let started = call::<ClusterView>(&Client::of(&known), &Ask::Started, output);
    let folder = &task.folder;
    let held = match &started {
        Ok(view) => view.held.clone(),
        Err(_) => None,
    };
    match (started, held) {
        (Err(failure), _) => {
            let down = folder.is_dir().then(|| format!("`tomee-harness down --name {}` ends it", task.name));
            let hint = failure.hint.clone().into_iter().chain(down).collect::<Vec<_>>().join("; ");
            Err(failure.hint(Some(hint).filter(|hint| !hint.is_empty())))
        }
        (Ok(_), Some(held)) => {
            let exit = show(&known, output)?;
            tell(output, &format!("held at {held}"));
            tell(output, &format!("cluster {} is up; `tomee-harness down` ends it", task.name));
            // Where a step failed and nothing is violated, nobody knows.
            Ok(if exit == Exit::Holds { Exit::Unknown } else { exit })
        }
        (Ok(_), None) => {
            block_on(async {
                let down = keeper::down(&clusters, &known, |_| {}).await;
                down.map_err(|error| match error {
                    keeper::DownError::Call(error) => call_failure(error),
                    error => Failure::environment(chain(&error)),
                })
            })?;
            show(&known, output)
        }
    }
}

/// The verdict of the run's folder as it is now.
fn show(known: &Known, output: &OutputArgs) -> Result<Exit, Failure> {
    let summary = Stored::open(&known.entry.folder)?.summary();
    if output.is_json() {
        print_json(&summary)?;
    } else {
        let color = crate::color::on_stdout(output.color.unwrap_or(crate::color::ColorChoice::Auto));
        print(&terminal::render(&summary, Style { color, verbose: output.verbose, page: false }))?;
    }
    Ok(summary.verdict.status.into())
}
