//! `gate`: is a change of configuration, server or app safe to merge?

mod git;
mod work;

use std::collections::BTreeMap;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;
use serde_json::json;
use tempfile::TempDir;
use tomee_harness::gate::{self, Choice, GateReport, Given, Linted, LoadError, Loaded, Role, Side};
use tomee_harness::host::error_chain::DisplayErrorChain;
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::lint::{Severity, Versions};
use tomee_harness::model::deploy_job::OwnApp;
use tomee_harness::model::topology::JvmSpec;
use tomee_harness::model::{ContextPath, ServerSpec};
use tomee_harness::report::gate as page;
use tomee_harness::runner::Jobs;
use tomee_harness::tomcat::distribution::Caches;
use tomee_harness::tomcat::library;
use tomee_harness::tomcat::own_base::OwnFilesError;
use tomee_harness::tomcat::war::War;

use self::work::{Common, Done, Item};
use super::lint;
use super::reports::{self, Wanted};
use crate::args::gate::GateArgs;
use crate::args::{ClusterArgs, Format, OutputArgs, RunArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::progress::Progress;
use crate::scenarios;
use crate::settings::Settings;
use crate::signals;

/// One configuration with what is to be run on it.
struct Asked {
    name: String,
    loaded: Loaded,
    lint: Linted,
    choices: Vec<Choice>,
    replaced: Vec<String>,
    war: Option<Utf8PathBuf>,
}

pub(crate) fn gate(args: &GateArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let began = Instant::now();
    let wanted = reports::wanted(output, &args.output, matches);
    let is_known = |wanted: &&Wanted<'_>| matches!(wanted.format, Format::Sarif | Format::Github);
    if let Some(other) = wanted.iter().find(is_known) {
        return Err(Failure::usage(format!("--format {:?} is only valid with lint", other.format).to_lowercase()));
    }
    let env = environment(args)?;
    let settings = Settings::resolve(&run_args(args, env), output, matches)?;
    let jvm = settings.topology.jvm.clone();
    let (sides, _kept) = sides(args, &jvm)?;
    if args.show_transplant {
        return show_transplant(&sides, output);
    }
    if args.plan {
        return show_plan(&sides, output);
    }
    if let Some(lib) = jvm.libs.iter().find(|lib| !lib.is_file()) {
        return Err(Failure::usage(format!("there is no file {lib}")));
    }
    let folder = folder(args)?;
    let progress = Progress::new(output, settings.color);
    let done = block_on(async {
        let signals = signals::listen().map_err(Failure::environment)?;
        let within = args.within.map(|within| (began, within));
        let (jobs, timeout) = (settings.jobs, settings.timeout);
        let common = Common { jobs, jvm: &jvm, timeout, within, progress: &progress, signals: &signals };
        let items = items(&sides, &folder);
        let done = Box::pin(work::all(&items, common)).await?;
        Ok(items.into_iter().map(|item| item.side).zip(done).collect::<Vec<_>>())
    });
    progress.finish();
    let report = report(sides, done?);
    write(&report, &folder, &wanted, output)?;
    Ok(Exit::from(report.status))
}

/// The configuration, and what it is compared with.
fn sides(args: &GateArgs, jvm: &JvmSpec) -> Result<(Vec<Asked>, Vec<TempDir>), Failure> {
    let given = Given {
        config: args.config.clone(),
        nodes: args.node.iter().cloned().collect(),
        count: args.nodes.map(usize::from),
        host_header: args.host_header.clone(),
        resources: args.resource.iter().cloned().collect(),
        libs: args.lib.clone(),
        war: args.war.clone(),
        server: args.server.clone(),
        properties: args.define.iter().cloned().collect(),
        env: jvm.env.clone(),
    };
    let own = asked(args, &given, args.war.as_deref(), jvm)?;
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
    let mut against = asked(args, &other, war, jvm)?;
    if let Some(revision) = &args.against {
        against.name.clone_from(revision);
    }
    if let Some(server) = &args.against_server {
        against.name = format!("{} on {server}", against.name);
    }
    let counts = [&own, &against].map(|side| side.loaded.topology.nodes.len());
    if counts[0] != counts[1] {
        let (now, before) = (counts[0], counts[1]);
        return Err(Failure::usage(format!("{now} nodes are compared with {before}: nothing could be said of it")));
    }
    Ok((vec![own, against], kept))
}

fn asked(args: &GateArgs, given: &Given, war: Option<&Utf8Path>, jvm: &JvmSpec) -> Result<Asked, Failure> {
    let mut loaded = gate::load(given).map_err(|error| load_failure(&error))?;
    let mut jvm = JvmSpec { of_scenario: true, ..jvm.clone() };
    let replaces = loaded.topology.own.as_ref().is_some_and(|own| !own.data_sources.is_empty());
    if replaces && !args.plan && !args.show_transplant {
        let caches = Caches::of_user().map_err(Failure::environment)?;
        let jar = library::h2(&caches).map_err(|error| {
            let hint = "a database in memory takes the place of a data source that is not to be had here";
            Failure::environment(DisplayErrorChain(&error)).hint(Some(hint.to_owned()))
        })?;
        jvm.libs.push(jar);
    }
    loaded.topology.jvm = jvm;
    if let Some(war) = war {
        War::check(war).map_err(super::run::war_failure)?;
    }
    let app = war.map(|war| own_app(args, war)).transpose()?;
    let choices = gate::choose(&loaded.topology, app.as_ref()).map_err(Failure::usage)?;
    let can = tomee_harness::runtime::process::capabilities();
    for choice in &choices {
        choice.plan.check("process", &can).map_err(Failure::usage)?;
    }
    let previews = gate::preview(&loaded.topology).map_err(|error| files_failure(&error))?;
    let notes = previews.into_iter().flat_map(|preview| {
        let node = preview.node;
        preview.notes.into_iter().map(move |note| format!("{node}: {note}"))
    });
    let mut replaced: Vec<String> = loaded.notes.iter().cloned().chain(notes).collect();
    replaced.dedup();
    let paths: Vec<String> = given.paths().into_iter().chain(war.map(ToString::to_string)).collect();
    let versions: Option<Versions> = match &loaded.topology.server {
        ServerSpec::Home { .. } => None,
        server => server.to_string().parse().ok(),
    };
    let lint = linted(&paths, versions, &args.define)?;
    let name = given.config.iter().chain(given.nodes.values()).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Ok(Asked { name, loaded, lint, choices, replaced, war: war.map(Utf8Path::to_owned) })
}

/// The user's app, and what it is asked.
fn own_app(args: &GateArgs, war: &Utf8Path) -> Result<OwnApp, Failure> {
    let at = match &args.at {
        Some(at) => at.clone(),
        None => ContextPath::of_war(war.file_name().unwrap_or_default()).map_err(Failure::usage)?,
    };
    let login = args.login.as_ref().map(|file| scenarios::login(file, &at)).transpose()?.unwrap_or_default();
    Ok(OwnApp { war: war.to_owned(), at: args.at.clone(), paths: args.path.clone(), login })
}

fn load_failure(error: &LoadError) -> Failure {
    Failure::usage(tomee_harness::host::error_chain::DisplayErrorChain(error).to_string()).hint(error.hint())
}

fn files_failure(error: &OwnFilesError) -> Failure {
    Failure::usage(tomee_harness::host::error_chain::DisplayErrorChain(error).to_string())
}

/// What the linter says, in its words.
fn linted(paths: &[String], versions: Option<Versions>, define: &[(String, String)]) -> Result<Linted, Failure> {
    let mut linted = Linted::default();
    for checked in lint::checked(paths, versions, define)? {
        for finding in &checked.report.findings {
            let file = &checked.input.files[finding.file];
            let (line, column) = file.position(finding.span.start);
            let text = format!("{} {}:{line}:{column}: {}", finding.rule.code, file.name, finding.message);
            match finding.severity {
                Severity::Error => linted.errors.push(text),
                Severity::Warning => linted.warnings.push(text),
                Severity::Info => linted.infos += 1,
            }
        }
    }
    Ok(linted)
}

/// The runs of all sides, alternating.
fn items(sides: &[Asked], folder: &Utf8Path) -> Vec<Item> {
    let most = sides.iter().map(|side| side.choices.len()).max().unwrap_or_default();
    let places = (0..most).flat_map(|place| (0..sides.len()).map(move |side| (side, place)));
    let items = places.filter_map(|(side, place)| {
        let choice = sides[side].choices.get(place)?.clone();
        let name = if side == 0 { choice.name.to_owned() } else { format!("against-{}", choice.name) };
        let (claims, war) = (sides[side].loaded.claims.clone(), sides[side].war.clone());
        Some(Item { side, choice, folder: folder.join(name), claims, war })
    });
    items.collect()
}

/// What of the arguments is as for any run.
fn run_args(args: &GateArgs, env: Vec<(String, String)>) -> RunArgs {
    let defines = args.define.iter().map(|(name, value)| format!("-D{name}={value}"));
    let cluster = ClusterArgs {
        server: args.server.clone(),
        nodes: args.nodes,
        java: args.java.clone(),
        jvm_arg: defines.chain(args.jvm_arg.iter().cloned()).collect(),
        env,
        lib: args.lib.clone(),
        ..ClusterArgs::default()
    };
    RunArgs {
        cluster,
        war: args.war.clone(),
        at: args.at.clone(),
        path: args.path.clone(),
        timeout: args.timeout,
        jobs: Some(args.jobs.unwrap_or(Jobs::Auto)),
        ..RunArgs::default()
    }
}

/// The environment of the nodes: the lines of a file, and over them those of the command line.
fn environment(args: &GateArgs) -> Result<Vec<(String, String)>, Failure> {
    let mut env: BTreeMap<String, String> = BTreeMap::new();
    if let Some(path) = &args.env_file {
        let text = fs_err::read_to_string(path).map_err(Failure::usage)?;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = crate::args::parse_variable(line)
                .map_err(|problem| Failure::usage(format!("{path}:{number}: {problem}")))?;
            env.insert(name, value.trim_matches(['"', '\'']).to_owned());
        }
    }
    env.extend(args.env.iter().cloned());
    Ok(env.into_iter().collect())
}

/// The folder of the gate, which must not be there yet.
fn folder(args: &GateArgs) -> Result<Utf8PathBuf, Failure> {
    let folder = if let Some(out) = &args.out {
        out.clone()
    } else {
        let here = std::env::current_dir().map_err(Failure::environment)?;
        let here = Utf8PathBuf::try_from(here).map_err(Failure::environment)?;
        here.join(".tomee-harness/gates").join(RunDir::new_id(&jiff::Zoned::now()).as_str())
    };
    let made = RunDir::create(&folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(error)
            .hint(Some("--out names a folder that is not there yet; each gate makes its own".to_owned())),
        _ => Failure::environment(error),
    })?;
    Ok(made.path().to_owned())
}

fn report(sides: Vec<Asked>, done: Vec<(usize, Done)>) -> GateReport {
    let mut shown: Vec<Side> = sides
        .into_iter()
        .map(|asked| Side {
            name: asked.name,
            setting: String::new(),
            nodes: asked.loaded.topology.nodes.len(),
            replaced: asked.replaced,
            lint: asked.lint,
            runs: vec![],
            differences: vec![],
            effective: vec![],
            left_out: vec![],
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
                side.runs.push(result);
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
    GateReport::of(own, shown.next())
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

fn show_plan(sides: &[Asked], output: &OutputArgs) -> Result<Exit, Failure> {
    let (mut text, mut runs) = (String::new(), vec![]);
    for side in sides {
        text.push_str(&format!("{} on {}\n", side.name, side.loaded.topology.server));
        for choice in &side.choices {
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
