//! Which scenarios are meant: by path, by the name of a shipped one, by tag or by catalogue number.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::model::deploy_job::OwnApp;
use tomee_harness::model::scenario::{
    ClusterTable, NamedPath, PathKind, Scenario, ScenarioError, Shipped, nearest, shipped,
};
use tomee_harness::model::{ContextPath, Millis, Step, Topology};
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::suite::{PlannedRun, Source, files_below};
use tomee_harness::tomcat::war::{War, WarError};

use crate::args::OwnAppArgs;
use crate::exit::Failure;
use crate::settings::{Origin, Settings};

/// A scenario with where it comes from.
#[derive(Debug)]
pub(crate) struct SelectedScenario {
    /// The path of its file, or the name of a shipped one.
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    text: Vec<u8>,
    /// The folder of its file; none of a shipped one, which names no files.
    folder: Utf8PathBuf,
}

impl SelectedScenario {
    /// The runtimes that can do all runs of the scenario, on a cluster of two where it says nothing else.
    pub(crate) fn runtimes(&self) -> Vec<&'static str> {
        let plans = Topology::of(2).ok().and_then(|two| self.scenario.plans(&two).ok()).unwrap_or_default();
        let able = |kind: &RuntimeKind| plans.iter().all(|run| kind.check(&run.plan).is_ok());
        RuntimeKind::all().filter(able).map(RuntimeKind::name).collect()
    }
}

/// What was looked at and found good. The runs of a scenario share its files, and a WAR is read to its end.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    scenarios: BTreeSet<String>,
    wars: BTreeSet<Utf8PathBuf>,
}

impl Checked {
    /// Refuses an app that no server could deploy.
    pub(crate) fn war(&mut self, path: &Utf8Path) -> Result<(), WarError> {
        if !self.wars.contains(path) {
            War::check(path)?;
            self.wars.insert(path.to_owned());
        }
        Ok(())
    }
}

/// Refuses files that no run could use, before anything is fetched or started.
pub(crate) fn check_files(run: &PlannedRun, checked: &mut Checked) -> Result<(), Failure> {
    match &run.source {
        Some(source) if !checked.scenarios.contains(&source.name) => {
            check_paths(source, checked)?;
            checked.scenarios.insert(source.name.clone());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Refuses a path that leads nowhere, or to an app that no server could deploy, at its place.
fn check_paths(source: &Source, checked: &mut Checked) -> Result<(), Failure> {
    NamedPath::all(&source.text).into_iter().try_for_each(|named| {
        let path = source.folder.join(&named.path);
        let (message, help) = match named.kind {
            PathKind::App => match checked.war(&path) {
                Err(error) => (error.to_string(), error.hint()),
                Ok(()) => return Ok(()),
            },
            PathKind::Lib if !path.is_file() => (format!("there is no file {path}"), None),
            PathKind::Server | PathKind::Java if !path.is_dir() => (format!("there is no folder {path}"), None),
            PathKind::Lib | PathKind::Server | PathKind::Java => return Ok(()),
        };
        let relative = named.path.is_relative().then(|| "paths are relative to the scenario's file".to_owned());
        let help =
            Some(help.into_iter().chain(relative).collect::<Vec<_>>().join("; ")).filter(|help| !help.is_empty());
        let error = ScenarioError { message, span: Some(named.place), help };
        Err(refused(&source.name, source.text.as_bytes(), error))
    })
}

/// A scenario that cannot be run, with its place.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{message}")]
struct Refused {
    message: String,
    #[source_code]
    text: miette::NamedSource<String>,
    #[label("here")]
    span: Option<miette::SourceSpan>,
    #[help]
    help: Option<String>,
}

/// The scenarios of these words, each once, in their order; all shipped ones where no word is said.
pub(crate) fn choose(words: &[String]) -> Result<Vec<SelectedScenario>, Failure> {
    let mut chosen: Vec<SelectedScenario> = vec![];
    if words.is_empty() {
        chosen = all_shipped()?;
    }
    for word in words {
        let found = if is_path(word) { of_path(Utf8Path::new(word))? } else { of_word(word)? };
        for scenario in found {
            if !chosen.iter().any(|known| known.name == scenario.name) {
                chosen.push(scenario);
            }
        }
    }
    Ok(chosen)
}

/// Something with `/` or `.toml` is a path.
fn is_path(word: &str) -> bool {
    word.contains('/') || Utf8Path::new(word).extension() == Some("toml")
}

fn all_shipped() -> Result<Vec<SelectedScenario>, Failure> {
    shipped().into_iter().map(of_shipped).collect()
}

fn of_path(path: &Utf8Path) -> Result<Vec<SelectedScenario>, Failure> {
    if path.is_dir() {
        let files = files_below(path);
        let files = files.map_err(|error| Failure::usage(format!("{path} cannot be read: {error}")))?;
        if files.is_empty() {
            return Err(Failure::usage(format!("there is no scenario (*.toml) in {path}")));
        }
        return files.into_iter().map(|file| of_file(&file)).collect();
    }
    if path.exists() {
        return Ok(vec![of_file(path)?]);
    }
    let name = path.as_str().trim_start_matches("scenarios/").trim_end_matches(".toml");
    let below = format!("{}/", name.trim_end_matches('/'));
    let found = shipped().into_iter().filter(|scenario| scenario.name == name || scenario.name.starts_with(&below));
    let found: Vec<SelectedScenario> = found.map(of_shipped).collect::<Result<_, _>>()?;
    if found.is_empty() {
        let hint = match nearest(name, shipped().iter().map(|scenario| scenario.name)) {
            Some(near) => {
                format!("did you mean `{near}`, which is built in? A path is looked for in the working directory")
            }
            None => "`tomee-harness list` shows the built-in scenarios".to_owned(),
        };
        return Err(Failure::usage(format!("there is no scenario {path}")).hint(Some(hint)));
    }
    Ok(found)
}

fn of_word(word: &str) -> Result<Vec<SelectedScenario>, Failure> {
    let meant = |selected: &SelectedScenario| {
        let scenario = &selected.scenario;
        let last = selected.name.rsplit('/').next().unwrap_or_default();
        scenario.tags().iter().any(|tag| tag == word) || scenario.catalogue() == Some(word) || last == word
    };
    let all = all_shipped()?;
    if !all.iter().any(meant) {
        let tags: BTreeSet<&str> =
            all.iter().flat_map(|selected| selected.scenario.tags()).map(String::as_str).collect();
        let names = all.iter().filter_map(|selected| selected.name.rsplit('/').next());
        let hint = if let Some(near) = nearest(word, tags.iter().copied().chain(names)) {
            format!("did you mean `{near}`? `tomee-harness list` shows the built-in scenarios")
        } else {
            let tags: Vec<&str> = tags.into_iter().collect();
            format!("tags are {}; a path has a / or ends in .toml", tags.join(", "))
        };
        return Err(Failure::usage(format!("no scenario has the name, tag or number {word:?}")).hint(Some(hint)));
    }
    Ok(all.into_iter().filter(meant).collect())
}

fn of_file(path: &Utf8Path) -> Result<SelectedScenario, Failure> {
    let text = fs_err::read(path).map_err(Failure::usage)?;
    read(path.to_string(), text, path.parent().unwrap_or(Utf8Path::new("")).to_owned())
}

fn of_shipped(scenario: Shipped) -> Result<SelectedScenario, Failure> {
    read(scenario.name.to_owned(), scenario.content.to_vec(), Utf8PathBuf::new())
}

fn read(name: String, text: Vec<u8>, folder: Utf8PathBuf) -> Result<SelectedScenario, Failure> {
    match Scenario::parse(&text) {
        Ok(scenario) => Ok(SelectedScenario { name, scenario: scenario.in_folder(&folder), text, folder }),
        Err(error) => Err(refused(&name, &text, error)),
    }
}

/// The requests of a login.
pub(crate) fn login(file: &Utf8Path, context: &ContextPath) -> Result<Vec<Step>, Failure> {
    let text = fs_err::read(file).map_err(Failure::usage)?;
    Scenario::login(&text, context).map_err(|error| refused(file.as_str(), &text, error))
}

/// An app of the user's, and what it is asked; `within` is how long it may take to start.
pub(crate) fn own_app(war: &Utf8Path, args: &OwnAppArgs, within: Option<Millis>) -> Result<OwnApp, Failure> {
    let at = match &args.at {
        Some(at) => at.clone(),
        None => ContextPath::of_war(war.file_name().unwrap_or_default())
            .map_err(|error| Failure::usage(error).hint(Some("--at says where the app is served".to_owned())))?,
    };
    let login = args.login.as_ref().map(|file| login(file, &at)).transpose()?.unwrap_or_default();
    Ok(OwnApp { war: war.to_owned(), at: Some(at), paths: args.path.clone(), login, within })
}

fn refused(name: &str, text: &[u8], error: ScenarioError) -> Failure {
    let text = miette::NamedSource::new(name, String::from_utf8_lossy(text).into_owned());
    let span = error.span.map(Into::into);
    let refused = Refused { message: error.message, text, span, help: error.help };
    if span.is_none() {
        return Failure::usage(format!("{name}: {}", refused.message)).hint(refused.help);
    }
    Failure::usage(format!("{:?}", miette::Report::new(refused)))
}

impl SelectedScenario {
    /// Its runs on the cluster of the settings. What flags and `--set` say wins over the scenario.
    pub(crate) fn runs(&self, settings: &Settings, set: &[(String, String)]) -> Result<Vec<PlannedRun>, Failure> {
        let said = said(settings, set)?;
        let runs = self.scenario.plans_with(&settings.topology, &said);
        let runs = runs.map_err(|error| refused(&self.name, &self.text, error))?;
        let planned = runs.into_iter().map(|run| {
            let text = String::from_utf8_lossy(&self.text).into_owned();
            let source = Source { name: self.name.clone(), text, folder: self.folder.clone() };
            PlannedRun::of_scenario(source, &run.cell.to_string(), run.plan)
        });
        Ok(planned.collect())
    }
}

/// What the command line says of the cluster.
fn said(settings: &Settings, set: &[(String, String)]) -> Result<ClusterTable, Failure> {
    const KEYS: [&str; 6] = ["nodes", "server", "manager", "membership", "send-options", "timing"];
    let mut said = ClusterTable::default();
    let flags = settings.lines.iter().filter(|(name, _, origin)| *origin == Origin::Flag && KEYS.contains(name));
    let flags = flags.map(|(name, value, _)| ((*name).to_owned(), value.clone()));
    for (key, value) in flags.chain(set.iter().cloned()) {
        said.set(&key, &value).map_err(|error| Failure::usage(error.message).hint(error.help))?;
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tomee_harness::model::ContextPath;

    use super::*;

    #[test]
    fn a_war_is_read_once_and_a_bad_one_is_refused_each_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let (good, bad) = (folder.join("shop.war"), folder.join("bad.war"));
        let counter = War::counter(ContextPath::new("/shop").expect("a path")).expect("packed");
        fs_err::write(&good, &counter.content).expect("written");
        fs_err::write(&bad, "no zip").expect("written");
        let mut checked = Checked::default();
        checked.war(&good).expect("a server could deploy it");
        fs_err::remove_file(&good).expect("removed");
        checked.war(&good).expect("it is not read again");
        for _ in 0..2 {
            checked.war(&bad).expect_err("no server could deploy it");
        }
    }

    #[test]
    fn the_files_of_a_scenario_are_looked_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let lib = folder.join("driver.jar");
        fs_err::write(&lib, "").expect("written");
        let text = "name = \"jars\"\n[cluster]\nlibs = [\"driver.jar\"]\n".to_owned();
        let plan = tomee_harness::model::main_job::plan(Topology::of(2).expect("two nodes")).expect("a plan");
        let run = |name: &str| {
            let source = Source { name: name.to_owned(), text: text.clone(), folder: folder.to_owned() };
            PlannedRun { label: name.to_owned(), source: Some(source), app: None, plan: Arc::new(plan.clone()) }
        };
        let mut checked = Checked::default();
        check_files(&run("jars.toml"), &mut checked).expect("the jar is there");
        fs_err::remove_file(&lib).expect("removed");
        check_files(&run("jars.toml"), &mut checked).expect("the next run of it has the same files");
        check_files(&run("other.toml"), &mut checked).expect_err("there is no such jar");
    }
}
