//! `gate --bisect`: the first release on which the answer turns.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use clap::ArgMatches;
use serde::{Deserialize, Serialize};
use tomee_harness::gate::{Bisection, Choice, Given, Next, Outcome, Role, RunResult, Standing, Tally};
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::model::ServerSpec;
use tomee_harness::model::server_line::between;
use tomee_harness::model::topology::JvmSpec;
use tomee_harness::runner::Jobs;
use tomee_harness::tomcat::distribution::{Caches, Distribution, DistributionError, MavenProblem, known_releases};
use tomee_harness::verdict::Status;

use super::asked::{asked, environment, folder, given, run_args};
use super::changelog::{self, Changelog};
use super::exact;
use super::work::{self, Common, Done, Item};
use crate::args::OutputArgs;
use crate::args::gate::{GateArgs, Releases};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::progress::Progress;
use crate::scenarios;
use crate::settings::Settings;
use crate::signals;

/// What is known so far, so that it can go on after an interruption.
const STATE: &str = "bisect.json";

/// The state of a bisection, and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct State {
    format: u32,
    /// What was asked, in words: another question cannot go on with these answers.
    question: String,
    /// The releases, in their order.
    releases: Vec<String>,
    /// What is known of each.
    known: BTreeMap<String, Known>,
}

/// What is known of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Known {
    standing: Standing,
    /// Of how many runs, how many were red.
    runs: usize,
    red: usize,
    because: String,
    run_dirs: Vec<String>,
}

/// What all releases share.
struct Bisect<'a> {
    args: &'a GateArgs,
    output: &'a OutputArgs,
    settings: Settings,
    server: &'a ServerSpec,
    tally: Tally,
    progress: Progress,
    folder: Utf8PathBuf,
}

pub(super) fn bisect(
    args: &GateArgs,
    releases: &Releases,
    output: &OutputArgs,
    matches: &ArgMatches,
) -> Result<Exit, Failure> {
    let env = environment(args)?;
    let settings = Settings::resolve(&run_args(args, env), output, matches)?;
    let progress = Progress::new(output, settings.color);
    let versions = versions(releases, &settings.topology.jvm, &progress)?;
    let tally = Tally { of: args.times.unwrap_or(1), at_least: args.at_least.unwrap_or(1) };
    if tally.at_least > tally.of {
        return Err(Failure::usage(format!("--at-least {} of --times {}: never", tally.at_least, tally.of)));
    }
    let mut bisect =
        Bisect { args, output, settings, server: &releases.server, tally, progress, folder: Utf8PathBuf::new() };
    // What is wrong with the input is better said before the first release is fetched.
    bisect.items(&versions[0], Utf8Path::new(""))?;
    if args.plan {
        let text: String = versions.iter().map(|version| format!("{}\n", bisect.server(version))).collect();
        return print(&text).map(|()| Exit::Holds);
    }
    let mut state = bisect.begin(releases, versions)?;
    let outcome = bisect.until_done(&mut state);
    bisect.progress.finish();
    bisect.report(&state, &outcome?)
}

/// The releases, in their order.
fn versions(releases: &Releases, jvm: &JvmSpec, progress: &Progress) -> Result<Vec<String>, Failure> {
    let Releases { server, versions, is_range, text } = releases;
    if !is_range {
        return Ok(versions.clone());
    }
    let known = Caches::of_user().map_err(|error| exact::failure(&error))?;
    let known = block_on(async { Ok(known_releases(server, &known, &exact::maven(jvm), progress).await) })?;
    let known = known.map_err(|error| exact::failure(&error))?;
    let found = between(&versions[0], &versions[1], known.iter().map(String::as_str));
    if found.first().copied() != Some(versions[0].as_str()) || found.len() < 2 {
        return Err(Failure::usage(format!("{text}: the first is to be the older one")));
    }
    Ok(found.into_iter().map(str::to_owned).collect())
}

impl Bisect<'_> {
    fn server(&self, version: &str) -> ServerSpec {
        self.server.at_version(version)
    }

    /// The runs of one release.
    fn items(&self, version: &str, folder: &Utf8Path) -> Result<Vec<Item>, Failure> {
        let args = self.args;
        let server = self.server(version);
        let (choices, claims, war) = if let Some(scenario) = &args.scenario {
            let chosen = scenarios::choose(std::slice::from_ref(scenario))?;
            let set = [("server".to_owned(), server.to_string())];
            let runs = chosen.iter().map(|scenario| scenario.runs(&self.settings, &set));
            let runs = runs.collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
            let choices = runs.map(|run| Choice {
                name: "scenario",
                reason: run.label.clone(),
                role: Role::Decides,
                plan: (*run.plan).clone(),
                rests_on: None,
            });
            (choices.collect(), vec![], None)
        } else {
            let jvm = &self.settings.topology.jvm;
            let given = Given { server: Some(server), ..given(args, jvm) };
            let side = asked(args, &given, args.war.as_deref(), jvm)?;
            (side.choices, side.loaded.claims, side.war)
        };
        let mut choices: Vec<Choice> = choices;
        let all: Vec<&str> = choices.iter().filter(|choice| choice.role == Role::Decides).map(|one| one.name).collect();
        let unknown = args.only.as_ref().filter(|only| !all.contains(&only.as_str()));
        if let Some(only) = unknown {
            return Err(Failure::usage(format!("there is no run {only}, expected {}", all.join(" or "))));
        }
        choices
            .retain(|choice| choice.role == Role::Decides && args.only.as_ref().is_none_or(|only| choice.name == only));
        let can = tomee_harness::runtime::process::capabilities();
        let item = |(number, choice): (usize, Choice)| {
            choice.plan.check("process", &can).map_err(Failure::usage)?;
            let name = choice.name.to_owned();
            let folder = folder.join(format!("{}-{name}", number + 1));
            Ok(Item { side: 0, name, choice, folder, claims: claims.clone(), war: war.clone() })
        };
        choices.into_iter().enumerate().map(item).collect()
    }

    /// A new bisection, or one that goes on.
    fn begin(&mut self, releases: &Releases, versions: Vec<String>) -> Result<State, Failure> {
        let args = self.args;
        let what = args.scenario.clone().unwrap_or_else(|| {
            let nodes = args.node.iter().map(|(node, path)| format!("{node}={path}"));
            args.config.iter().map(ToString::to_string).chain(nodes).collect::<Vec<_>>().join(", ")
        });
        let war = args.war.as_ref().map(|war| format!(" with {war}")).unwrap_or_default();
        let only = args.only.as_ref().map(|only| format!(", only {only}")).unwrap_or_default();
        let Tally { of, at_least } = self.tally;
        let question = format!("{what}{war} on {}{only}: {at_least} of {of}", releases.text);
        let path = args.out.as_ref().map(|out| out.join(STATE)).filter(|path| path.is_file());
        if let (Some(path), Some(out)) = (path, &args.out) {
            let text = fs_err::read(&path).map_err(Failure::usage)?;
            let state: State = serde_json::from_slice(&text)
                .map_err(|error| Failure::usage(format!("{path} is no bisection: {error}")))?;
            if state.question != question {
                let hint = "another question needs another --out".to_owned();
                return Err(Failure::usage(format!("{out} asks: {}", state.question)).hint(Some(hint)));
            }
            self.progress.line(&format!("goes on in {out}: {} releases are known", state.known.len()));
            self.folder.clone_from(out);
            return Ok(state);
        }
        self.folder = folder(args)?;
        self.progress.line(&format!(
            "{} releases; goes on with --out {} if it is interrupted",
            versions.len(),
            self.folder
        ));
        let state = State { format: 1, question, releases: versions, known: BTreeMap::new() };
        self.keep(&state)?;
        Ok(state)
    }

    fn keep(&self, state: &State) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(state).map_err(Failure::environment)?;
        let path = self.folder.join(STATE);
        let draft = self.folder.join(format!("{STATE}.new"));
        fs_err::write(&draft, text).map_err(Failure::environment)?;
        fs_err::rename(draft, path).map_err(Failure::environment)
    }

    fn until_done(&self, state: &mut State) -> Result<Outcome, Failure> {
        let mut bisection = Bisection::of(state.releases.len());
        for (place, version) in state.releases.iter().enumerate() {
            if let Some(known) = state.known.get(version) {
                bisection.note(place, known.standing);
            }
        }
        loop {
            let place = match bisection.next() {
                Next::Done(outcome) => return Ok(outcome),
                Next::Try(place) => place,
            };
            let version = state.releases[place].clone();
            let known = self.known(&version)?;
            self.progress.line(&format!("{}: {}", self.server(&version), known.line()));
            bisection.note(place, known.standing);
            state.known.insert(version, known);
            self.keep(state)?;
        }
    }

    /// Finds out how one release stands.
    fn known(&self, version: &str) -> Result<Known, Failure> {
        let mut known =
            Known { standing: Standing::Unknown, runs: 0, red: 0, because: String::new(), run_dirs: vec![] };
        if let Err(error) = self.distribution(version) {
            let is_missing = matches!(&error, DistributionError::Maven { problem: MavenProblem::NoSuchRelease, .. });
            if !is_missing {
                return Err(exact::failure(&error));
            }
            "it cannot be had".clone_into(&mut known.because);
            return Ok(known);
        }
        let mut results = vec![];
        loop {
            // A folder of its own for each attempt: an earlier one may have been interrupted.
            let prefix = format!("{version}-");
            let mut number = results.len() + 1;
            while self.folder.join(format!("{prefix}{number}")).exists() {
                number += 1;
            }
            let folder = self.folder.join(format!("{prefix}{number}"));
            RunDir::create(&folder).map_err(Failure::environment)?;
            let (standing, because, run_dirs) = match self.once(version, &folder) {
                Ok(runs) => judged(&runs),
                // It cannot run here: another release may.
                Err(failure) if failure.exit == Exit::Environment => {
                    (Standing::Unknown, failure.error.to_string(), vec![])
                }
                Err(failure) => return Err(failure),
            };
            results.push(standing);
            known.runs += 1;
            known.red += usize::from(standing == Standing::Bad);
            known.run_dirs.extend(run_dirs);
            if known.because.is_empty() || standing == Standing::Bad {
                known.because = because;
            }
            if let Some(standing) = self.tally.decided(&results) {
                known.standing = standing;
                return Ok(known);
            }
        }
    }

    fn distribution(&self, version: &str) -> Result<Distribution, DistributionError> {
        exact::distribution(&self.server(version), &self.settings.topology.jvm, &self.progress)
    }

    fn once(&self, version: &str, folder: &Utf8Path) -> Result<Vec<RunResult>, Failure> {
        let items = self.items(version, folder)?;
        let done = block_on(async {
            let signals = signals::listen().map_err(Failure::environment)?;
            let (jvm, timeout, progress) = (&self.settings.topology.jvm, self.settings.timeout, &self.progress);
            let jobs = self.args.jobs.unwrap_or(Jobs::Auto);
            let common = Common { jobs, jvm, timeout, within: None, progress, signals: &signals };
            Box::pin(work::all(&items, common)).await
        })?;
        let results = done.into_iter().filter_map(|done| match done {
            Done::Run { result, .. } => Some(*result),
            Done::LeftOut(_) => None,
        });
        Ok(results.collect())
    }

    fn report(&self, state: &State, outcome: &Outcome) -> Result<Exit, Failure> {
        let mut exit = Exit::Unknown;
        let mut text = String::new();
        let mut changelog = Changelog::default();
        let (mut last, mut first, mut again) = (None, None, None);
        let line = |place: usize| {
            let version = &state.releases[place];
            let known = state.known.get(version).map(Known::line).unwrap_or_default();
            format!("{}: {known}", self.server(version))
        };
        match outcome {
            Outcome::EndUnknown(place) => {
                text.push_str(&format!("unknown: an end could not be decided\n  {}\n", line(*place)));
            }
            Outcome::Same(standing) => {
                let end = state.releases.len() - 1;
                let word = word(*standing);
                text.push_str(&format!(
                    "both ends are {word}: nothing turns between them\n  {}\n  {}\n",
                    line(0),
                    line(end)
                ));
            }
            Outcome::Turns { last: before, first: after, to } => {
                let is_exact = before + 1 == *after;
                exit = if is_exact { Exit::Holds } else { Exit::Unknown };
                let (old, new) = (&state.releases[*before], &state.releases[*after]);
                let how = if is_exact { "the first" } else { "at the latest" };
                text.push_str(&format!("{} is {how} that is {}\n", self.server(new), word(*to)));
                for place in *before..=*after {
                    text.push_str(&format!("  {}\n", line(place)));
                }
                if let (Ok(earlier), Ok(later)) = (self.distribution(old), self.distribution(new)) {
                    changelog = changelog::between(&earlier, &later);
                    if earlier.tomcat_version != old.as_str() {
                        text.push_str(&format!(
                            "  their Tomcat: {} and {}\n",
                            earlier.tomcat_version, later.tomcat_version
                        ));
                    }
                }
                if let (Some(anchor), Some(file)) = (&changelog.anchor, &changelog.file) {
                    text.push_str(&format!("changelog.html#{anchor}, also in {file}\n"));
                }
                text.extend(changelog.entries.iter().map(|entry| format!("  {entry}\n")));
                let shows = if *to == Standing::Bad { new } else { old };
                let command = self.again(shows);
                text.push_str(&format!("shown by:\n  {command}\n"));
                (last, first, again) = (Some(self.server(old)), Some(self.server(new)), Some(command));
            }
        }
        if self.output.is_json() {
            print_json(&serde_json::json!({
                "format": 1, "question": state.question, "releases": state.releases, "known": state.known,
                "last": last, "first": first, "changelog": changelog, "again": again, "folder": self.folder,
            }))?;
        } else {
            print(&text)?;
        }
        Ok(exit)
    }

    /// The command line that shows it.
    fn again(&self, version: &str) -> String {
        let (args, server) = (self.args, self.server(version).to_string());
        let mut words = vec!["tomee-harness".to_owned()];
        let mut say = |flag: &str, value: &dyn std::fmt::Display| words.extend([flag.to_owned(), value.to_string()]);
        if let Some(scenario) = &args.scenario {
            say("run", scenario);
        } else {
            say("gate", &"--server");
        }
        if args.scenario.is_some() {
            say("--server", &server);
        } else {
            words.push(server);
            let mut say =
                |flag: &str, value: &dyn std::fmt::Display| words.extend([flag.to_owned(), value.to_string()]);
            args.config.iter().for_each(|path| say("--config", path));
            args.node.iter().for_each(|(node, path)| say("--node", &format!("{node}={path}")));
            args.nodes.iter().for_each(|nodes| say("--nodes", nodes));
            args.war.iter().for_each(|war| say("--war", war));
            args.app.at.iter().for_each(|at| say("--at", at));
            args.app.path.iter().for_each(|path| say("--path", path));
            args.host_header.iter().for_each(|host| say("--host-header", host));
            args.app.login.iter().for_each(|file| say("--login", file));
            args.start_within.iter().for_each(|within| say("--start-within", within));
            args.define.iter().for_each(|(name, value)| say("-D", &format!("{name}={value}")));
            args.lib.iter().for_each(|lib| say("--lib", lib));
        }
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

impl Known {
    fn line(&self) -> String {
        let Self { standing, runs, red, because, .. } = self;
        let count = if *runs > 1 { format!(" ({red} of {runs} runs red)") } else { String::new() };
        let because = if because.is_empty() { String::new() } else { format!(", {because}") };
        format!("{}{count}{because}", word(*standing))
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Good => "good",
        Standing::Bad => "bad",
        Standing::Unknown => "unknown",
    }
}

/// What runs of a release say: red where one is, and good where none is undecided.
fn judged(runs: &[RunResult]) -> (Standing, String, Vec<String>) {
    let of = |status: Status| runs.iter().find(|run| run.status == status);
    let said = |run: &RunResult| {
        let said = run.because.clone().or_else(|| run.worst().map(tomee_harness::gate::Tested::line));
        format!("{}: {}", run.name, said.unwrap_or_default())
    };
    let folders = runs.iter().map(|run| run.run_dir.clone()).collect();
    match (of(Status::Violated), of(Status::Unknown)) {
        (Some(red), _) => (Standing::Bad, said(red), folders),
        (None, Some(open)) => (Standing::Unknown, said(open), folders),
        (None, None) if runs.is_empty() => (Standing::Unknown, "nothing was run".to_owned(), folders),
        (None, None) => (Standing::Good, String::new(), folders),
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
