//! `check`: judges a stored run again, offline.

use std::io::{self, BufReader};

use tomee_harness::history;
use tomee_harness::lab::run_dir::RunDir;
use tomee_harness::report::Environment;
use tomee_harness::report::summary::{self, Summary};
use tomee_harness::report::terminal::{self, Style};
use tomee_harness::spec::Plan;
use tomee_harness::verdict;

use super::{colored, print, print_json};
use crate::args::{CheckArgs, ColorChoice, OutputArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn check(args: &CheckArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let run_dir = RunDir::open(&args.run_dir).map_err(|error| {
        Failure::usage(error).hint(Some("a run directory has history.jsonl and plan.json in it".to_owned()))
    })?;
    let plan: Plan = read_json(&run_dir.plan())?;
    let file = fs_err::File::open(run_dir.history()).map_err(|error| unreadable(&run_dir.history(), &error))?;
    let history = history::read(BufReader::new(file)).map_err(Failure::usage)?;
    let verdict = verdict::judge(&plan, &history);
    let exit = Exit::from(verdict.status);
    let summary = Summary {
        format: 1,
        name: plan.name.clone(),
        // Only a convenience here: a run that crashed may have written none.
        setting: read_json::<Environment>(&run_dir.environment())
            .map_or_else(|_| plan.topology.server.to_string(), |environment| environment.server),
        around: summary::around(&verdict, &history),
        verdict,
        differences: tomee_harness::config::differences(&plan.topology),
        cut_short: None,
        run_dir: run_dir.path().to_string(),
    };
    if output.is_json() {
        print_json(&summary)?;
    } else {
        let style = if colored(output.color.unwrap_or(ColorChoice::Auto)) { Style::Color } else { Style::Plain };
        print(&terminal::render(&summary, style))?;
    }
    Ok(exit)
}

fn read_json<T: serde::de::DeserializeOwned>(path: &camino::Utf8Path) -> Result<T, Failure> {
    let text = fs_err::read(path).map_err(|error| unreadable(path, &error))?;
    let read = serde_json::from_slice(&text);
    read.map_err(|error| Failure::usage(format!("{path} is not as tomee-harness writes it: {error}")))
}

fn unreadable(path: &camino::Utf8Path, error: &io::Error) -> Failure {
    Failure::usage(match error.kind() {
        io::ErrorKind::NotFound => format!("{path} is missing"),
        kind => format!("{path} cannot be read: {kind}"),
    })
}
