//! `gate`: is a change of configuration, server or app safe to merge?

mod accept;
pub(super) mod asked;
mod bisect;
mod changelog;
mod exact;
mod git;
mod items;
pub(super) mod work;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;
use serde_json::json;
use tempfile::TempDir;
use tomee_harness::gate::{self, AcceptedFile, GateReport, Role, Side};
use tomee_harness::model::topology::JvmSpec;
use tomee_harness::report::gate as page;
use tomee_harness::runner::Jobs;

use self::asked::{Asked, asked, environment, files_failure, folder, given, run_args};
use self::work::{Common, Done, Item};
use super::reports::{self, Wanted};
use crate::args::gate::{GateArgs, GateCommand};
use crate::args::{Format, OutputArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::progress::Progress;
use crate::settings::Settings;
use crate::signals;

pub(crate) fn gate(args: &GateArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let began = Instant::now();
    if let Some(GateCommand::Accept(accept)) = &args.command {
        return accept::accept(accept, output);
    }
    if let Some(releases) = &args.bisect {
        return bisect::bisect(args, releases, output, matches);
    }
    let wanted = reports::wanted(output, &args.output, matches);
    let is_known = |wanted: &&Wanted<'_>| matches!(wanted.format, Format::Sarif | Format::Github);
    if let Some(other) = wanted.iter().find(is_known) {
        return Err(Failure::usage(format!("--format {:?} is only valid with lint", other.format).to_lowercase()));
    }
    let env = environment(args)?;
    let settings = Settings::resolve(&run_args(args, env), output, matches)?;
    let jvm = settings.topology.jvm.clone();
    let accepted = accept::file(args.accepted.as_deref())?;
    let progress = Progress::new(output, settings.color);
    // Nothing is fetched for what starts nothing.
    let starts_nothing = args.show_transplant || args.plan;
    let args = &if starts_nothing { args.clone() } else { exact::servers(args, &jvm, &progress)? };
    let (mut sides, _kept) = sides(args, &jvm)?;
    let mut rolling = items::rolling(args, &sides)?;
    if let Some(only) = &args.only {
        items::leave_out(only, &mut sides, &mut rolling)?;
    }
    if args.show_transplant {
        return show_transplant(&sides, output);
    }
    if args.plan {
        return show_plan(&sides, rolling.as_ref(), output);
    }
    if let Some(lib) = jvm.libs.iter().find(|lib| !lib.is_file()) {
        return Err(Failure::usage(format!("there is no file {lib}")));
    }
    let folder = folder(args)?;
    let pairs = args.pairs.map_or(if args.noise { 6 } else { 1 }, usize::from);
    let done = block_on(async {
        let signals = signals::listen().map_err(Failure::environment)?;
        let within = args.within.map(|within| (began, within));
        // Another run at the same time would be most of the noise.
        let jobs = if pairs > 1 { Jobs::Count(NonZeroUsize::MIN) } else { settings.jobs };
        let timeout = settings.timeout;
        let common = Common { jobs, jvm: &jvm, timeout, within, progress: &progress, signals: &signals };
        let items = items::all(&sides, rolling, &folder, pairs);
        let done = Box::pin(work::all(&items, common)).await?;
        Ok(items.into_iter().map(|item| item.side).zip(done).collect::<Vec<_>>())
    });
    progress.finish();
    let report = report(sides, done?, &accepted);
    write(&report, &folder, &wanted, output)?;
    Ok(Exit::from(report.status))
}

/// The configuration, and what it is compared with.
fn sides(args: &GateArgs, jvm: &JvmSpec) -> Result<(Vec<Asked>, Vec<TempDir>), Failure> {
    let given = given(args, jvm);
    let mut own = asked(args, &given, args.war.as_deref(), jvm)?;
    if args.noise {
        let mut itself = asked(args, &given, args.war.as_deref(), jvm)?;
        "itself".clone_into(&mut itself.name);
        let mut both = vec![own, itself];
        for side in &mut both {
            side.choices.retain(|choice| choice.name == "failover");
        }
        return Ok((both, vec![]));
    }
    let is_compared = args.against.is_some() || args.against_server.is_some() || args.against_war.is_some();
    if !is_compared {
        return Ok((vec![own], vec![]));
    }
    let (mut other, mut kept) = (given, vec![]);
    // The server of a side that has none of its own.
    other.server = args.against_server.clone().or(other.server).or_else(|| Some(own.loaded.topology.server.clone()));
    other.count = Some(own.loaded.topology.nodes.len());
    if let Some(against) = &args.against {
        let path = Utf8Path::new(against);
        if path.exists() {
            (other.config, other.nodes) = (Some(path.to_owned()), BTreeMap::new());
        } else {
            // Each as the revision has it.
            let mut at_revision = |path: &Utf8PathBuf| {
                let (folder, path) = git::checked_out(path, against)?;
                kept.push(folder);
                Ok::<_, Failure>(path)
            };
            other.config = other.config.as_ref().map(&mut at_revision).transpose()?;
            for path in other.nodes.values_mut() {
                *path = at_revision(path)?;
            }
        }
    }
    let war = args.against_war.as_deref().or(args.war.as_deref());
    other.war = war.map(Utf8Path::to_owned);
    let mut against = asked(args, &other, war, jvm)?;
    if let Some(revision) = &args.against {
        against.name.clone_from(revision);
    }
    if let Some(server) = &args.against_server {
        against.name = format!("{} on {server}", against.name);
    }
    if own.name == against.name {
        for side in [&mut own, &mut against] {
            side.name.extend(side.app().map(|app| format!(" with {app}")));
        }
    }
    let counts = [&own, &against].map(|side| side.loaded.topology.nodes.len());
    if counts[0] != counts[1] {
        let (now, before) = (counts[0], counts[1]);
        return Err(Failure::usage(format!("{now} nodes are compared with {before}: nothing could be said of it")));
    }
    Ok((vec![own, against], kept))
}

fn report(sides: Vec<Asked>, done: Vec<(usize, Done)>, accepted: &AcceptedFile) -> GateReport {
    let mut shown: Vec<Side> = sides
        .into_iter()
        .map(|asked| Side {
            app: asked.app().map(str::to_owned),
            name: asked.name,
            nodes: asked.loaded.topology.nodes.len(),
            replaced: asked.replaced,
            lint: asked.lint,
            left_out: asked.left_out,
            ..Side::default()
        })
        .collect();
    for (side, done) in done {
        let side = &mut shown[side];
        match done {
            Done::Run { result, effective, setting } => {
                if side.setting.is_empty() {
                    side.setting = setting;
                }
                // Each run has ports of its own: what is as it should be is shown of one.
                let shows_all = side.effective.is_empty() && result.role == Role::Decides;
                side.effective.extend(effective.into_iter().filter(|setting| shows_all || setting.differs));
                side.runs.push(*result);
            }
            Done::LeftOut(what) => side.left_out.push(what),
        }
    }
    for side in &mut shown {
        let differs = side.effective.iter().filter(|setting| setting.differs);
        side.differences = differs.map(gate::Setting::line).collect();
        side.differences.sort();
        side.differences.dedup();
    }
    let mut shown = shown.into_iter();
    let own = shown.next().unwrap_or_else(|| unreachable!("a gate has a side"));
    GateReport::of(own, shown.next(), accepted)
}

fn write(report: &GateReport, folder: &Utf8Path, wanted: &[Wanted<'_>], output: &OutputArgs) -> Result<(), Failure> {
    for (name, format) in [("gate.json", Format::Json), ("gate.md", Format::Markdown), ("gate.html", Format::Html)] {
        fs_err::write(folder.join(name), rendered(report, format)?).map_err(Failure::environment)?;
    }
    for wanted in wanted {
        if let Some(path) = wanted.file {
            fs_err::write(path, rendered(report, wanted.format)?).map_err(Failure::environment)?;
        }
    }
    match reports::to_stdout(wanted, output)? {
        Some(format) => print(&rendered(report, format)?),
        None => Ok(()),
    }
}

fn rendered(report: &GateReport, format: Format) -> Result<String, Failure> {
    Ok(match format {
        Format::Json => serde_json::to_string(report).map_err(Failure::environment)? + "\n",
        Format::Markdown => page::markdown(report),
        Format::Junit => page::junit(report).map_err(Failure::environment)?,
        Format::Html => page::html(report),
        Format::Text | Format::Sarif | Format::Github => page::text(report),
    })
}

fn show_transplant(sides: &[Asked], output: &OutputArgs) -> Result<Exit, Failure> {
    let mut all = vec![];
    for side in sides {
        all.extend(gate::preview(&side.loaded.topology).map_err(|error| files_failure(&error))?);
    }
    if output.is_json() {
        print_json(&json!({"format": 1, "nodes": all}))?;
    } else {
        let text = all.iter().map(|preview| {
            let notes: String = preview.notes.iter().map(|note| format!("# {}: {note}\n", preview.node)).collect();
            format!("{notes}{}", preview.diff)
        });
        print(&text.collect::<String>())?;
    }
    Ok(Exit::Holds)
}

fn show_plan(sides: &[Asked], rolling: Option<&Item>, output: &OutputArgs) -> Result<Exit, Failure> {
    let (mut text, mut runs) = (String::new(), vec![]);
    for (number, side) in sides.iter().enumerate() {
        text.push_str(&format!("{} on {}\n", side.name, side.loaded.topology.server));
        let of_both = rolling.filter(|_| number == 0).map(|item| &item.choice);
        for choice in side.choices.iter().chain(of_both) {
            text.push_str(&format!("  {}: {}\n", choice.name, choice.reason));
            let steps: Vec<&str> = choice.plan.steps.iter().map(|step| step.title.as_str()).collect();
            text.extend((1..).zip(&steps).map(|(number, title)| format!("{number:>5}. {title}\n")));
            let (name, reason) = (choice.name, &choice.reason);
            runs.push(json!({"config": side.name, "run": name, "reason": reason, "steps": steps}));
        }
    }
    if output.is_json() {
        print_json(&json!({"format": 1, "runs": runs}))?;
    } else {
        print(&text)?;
    }
    Ok(Exit::Holds)
}
