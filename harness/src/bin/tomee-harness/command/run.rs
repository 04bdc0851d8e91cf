//! `run`: the main job or scenarios, once or many times.

mod failure;
mod many;
mod one;
mod unsupported;
mod unused;

use std::sync::Arc;

use clap::ArgMatches;
use serde_json::json;
use tomee_harness::config;
use tomee_harness::host::clock::Clock;
use tomee_harness::model::deploy_job::{self, OwnAppError};
use tomee_harness::model::plan::App;
use tomee_harness::model::scenario::refused_jvm_argument;
use tomee_harness::model::{Plan, Topology, main_job};
use tomee_harness::suite::PlannedRun;

pub(super) use self::failure::{run_failure, war_failure};
use self::many::Many;
use self::one::Common;
use self::unsupported::Skipped;
use super::by_hand;
use crate::able::able;
use crate::args::{Format, OutputArgs, RuntimeChoice, ScenarioRunArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::progress::Progress;
use crate::scenarios::{self, Checked};
use crate::settings::Settings;
use crate::signals;
use crate::stored_runs;

pub(crate) fn run(args: &ScenarioRunArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let clock = Clock::start();
    let mut settings = Settings::resolve(&args.run, output, matches)?;
    if args.events.is_some() {
        // What is a line of events and what is not must be known of each line.
        settings.format = Format::Json;
    }
    let mut runs = planned(args, &settings)?;
    if args.own.is_given() {
        on_own_configuration(&mut runs, args, output)?;
    }
    unused::warn(&runs);
    let mut checked = Checked::default();
    runs.iter().try_for_each(|run| check_input(run, settings.runtime, &mut checked))?;
    // What the last of many runs cannot do is better said before the first one.
    let skipped = Skipped::take(&mut runs, settings.runtime, args.skip_unsupported)?;
    if args.dry_run {
        return skipped.list(dry_run(&runs, &settings)?, &settings);
    }
    if args.hold.is_some() {
        let [run] = &runs[..] else {
            return Err(Failure::usage(format!("--hold is for one run, and these are {}", runs.len())));
        };
        let kind = able(run, settings.runtime).map_err(Failure::usage)?;
        let times = args.run.repeat.unwrap_or(if args.run.until_failure { u32::MAX } else { 1 });
        return by_hand::hold(run, (kind, times), &settings, output);
    }
    let events = args.events.is_some();
    let args = &args.run;
    // A cluster that is kept is nobody else's.
    let (jobs, warm) = (settings.jobs, settings.warm && !args.keep);
    let progress = Progress::new(output, settings.color);
    let many = Many { runs: &runs, times: args.repeat, until_failure: args.until_failure, jobs, warm };
    let result = block_on(async {
        let signals = signals::listen().map_err(Failure::environment)?;
        let (keep, progress, signals) = (args.keep, &progress, &signals);
        let common = Common { settings: &settings, keep, events, progress, signals };
        // On the heap: the future of a whole run is some ten kilobytes.
        Box::pin(many.run(common, clock)).await
    });
    progress.finish();
    if settings.out.is_none() {
        stored_runs::retain(settings.retention);
    }
    skipped.list(result?, &settings)
}

/// What is to be run: scenarios, a WAR, or the main job.
fn planned(args: &ScenarioRunArgs, settings: &Settings) -> Result<Vec<PlannedRun>, Failure> {
    if !args.scenarios.is_empty() {
        let scenarios = scenarios::choose(&args.scenarios)?;
        let runs = scenarios.iter().map(|scenario| scenario.runs(settings, &args.set));
        return Ok(runs.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect());
    }
    if !args.set.is_empty() {
        let hint = "the main job takes flags, as --nodes 4".to_owned();
        return Err(Failure::usage("--set is for scenarios, and none is named").hint(Some(hint)));
    }
    let topology = settings.topology.clone();
    let Some(war) = args.run.war.clone() else {
        let plan = main_job::plan(topology).map_err(Failure::usage)?;
        return Ok(vec![PlannedRun {
            label: "the main job".to_owned(),
            source: None,
            app: None,
            plan: Arc::new(plan),
        }]);
    };
    let (label, within) = (war.to_string(), args.run.within);
    let app = scenarios::own_app(&war, &args.run.app, within)?;
    let plan = deploy_job::plan(topology, app.clone()).map_err(|error| {
        let hint = match &error {
            OwnAppError::Elsewhere { context, .. } => Some(format!(
                "--path takes the path from the root of the server, as {}; --at says where the app is served",
                context.page("cart")
            )),
            OwnAppError::Name(_) | OwnAppError::Path(_) => None,
        };
        Failure::usage(error).hint(hint)
    })?;
    Ok(vec![PlannedRun { label, source: None, app: Some(app), plan: Arc::new(plan) }])
}

/// Puts a configuration of the user's own in the place of the one that each scenario says.
fn on_own_configuration(runs: &mut [PlannedRun], args: &ScenarioRunArgs, output: &OutputArgs) -> Result<(), Failure> {
    for run in runs {
        let topology = &run.plan.topology;
        let (count, server) = (Some(topology.nodes.len()), Some(topology.server.clone()));
        let own = by_hand::own_topology(&args.own, count, server, &topology.jvm, output)?;
        let prepared_for = topology.prepared_for.clone();
        let topology = Topology { prepared_for, ..own };
        run.plan = Arc::new(Plan::clone(&run.plan).on(topology));
    }
    Ok(())
}

/// Says what would be run, and on which machines it could be.
fn dry_run(planned: &[PlannedRun], settings: &Settings) -> Result<Exit, Failure> {
    let (mut text, mut runs) = (String::new(), vec![]);
    for run in planned {
        let kind = able(run, settings.runtime).map_err(Failure::usage)?;
        let steps: Vec<&str> = run.plan.steps.iter().map(|step| step.title.as_str()).collect();
        text.push_str(&format!("{}: {} steps in runtime {}\n", run.label, steps.len(), kind.name()));
        text.extend((1..).zip(&steps).map(|(number, title)| format!("{number:>5}. {title}\n")));
        runs.push(json!({"run": run.label, "runtime": kind.name(), "steps": steps}));
    }
    if settings.format == Format::Json {
        print_json(&json!({"format": 1, "runs": runs}))?;
    } else {
        print(&text)?;
    }
    Ok(Exit::Holds)
}

/// Refuses what no run could use, before anything is fetched or started.
fn check_input(run: &PlannedRun, runtime: RuntimeChoice, checked: &mut Checked) -> Result<(), Failure> {
    scenarios::check_files(run, checked)?;
    for (app, _) in run.plan.deployed() {
        if let App::War(path) = app {
            checked.war(path).map_err(war_failure)?;
        }
    }
    let ours = run.plan.topology.own.is_none();
    for (node, topology) in run.plan.each_node().filter(|_| ours) {
        config::refuse_unused(&topology).map_err(|error| Failure::usage(format!("{}: {node}: {error}", run.label)))?;
    }
    let jvm = &run.plan.topology.jvm;
    if let Some(refused) = jvm.args.iter().find_map(|argument| refused_jvm_argument(argument)) {
        return Err(Failure::usage(refused).hint(Some("leave out this --jvm-arg".to_owned())));
    }
    if let Some(lib) = jvm.libs.iter().find(|lib| !lib.is_file()) {
        return Err(Failure::usage(format!("there is no file {lib}"))
            .hint(Some("--lib takes a jar; it may be repeated".to_owned())));
    }
    match &jvm.home {
        Some(home) if runtime.kind().is_some_and(|kind| !kind.uses_local_java()) => {
            let refused =
                format!("--java {home} cannot be used with --runtime {runtime}: an image brings its own Java");
            Err(Failure::usage(refused).hint(Some("leave out one of the two".to_owned())))
        }
        _ => Ok(()),
    }
}
