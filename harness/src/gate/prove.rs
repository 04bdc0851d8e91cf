//! The proof of a rule of lint: two runs, with the fault that it finds and with the remedy.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use zip::write::SimpleFileOptions;

use super::load::{Given, LoadError, load};
use crate::lint::proof::{self, Experiment, Half, ProofServer};
use crate::lint::{AppFiles, Input, NodeFiles, Options, Severity, Version, Versions, run};
use crate::model::scenario::{Scenario, ScenarioError};
use crate::model::{Flavour, NodeName, Plan, ServerSpec, Topology, Violation};
use crate::verdict::{Status, Verdict};

/// One side of a proof, ready to be run.
#[derive(Debug)]
pub struct ProofRun {
    /// Which side.
    pub half: Half,
    /// What is done.
    pub plan: Plan,
}

/// A proof that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// Its files.
    #[error("writing the files of the proof")]
    Io(#[from] io::Error),
    /// Its app.
    #[error("writing the app of the proof")]
    Zip(#[from] zip::result::ZipError),
    /// Its configuration.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its steps.
    #[error("the steps of the proof")]
    Scenario(#[from] ScenarioError),
}

/// What two runs say of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofOutcome {
    /// The fault breaks what the remedy keeps.
    Proven,
    /// The fault breaks nothing, or the remedy keeps nothing.
    Contradicted,
    /// A run was not decided.
    Undecided,
}

/// Writes the files of both sides below a folder. `lacking` is the server of the bad side, where jars are left out of it.
///
/// # Errors
/// See [`ProveError`].
pub fn prepare(
    experiment: &Experiment,
    folder: &Utf8Path,
    lacking: Option<&Utf8Path>,
) -> Result<[ProofRun; 2], ProveError> {
    // What both are to be is what the good side claims.
    let good = files(experiment, Half::Good, &folder.join("good"))?;
    let bad = files(experiment, Half::Bad, &folder.join("bad"))?;
    let server = server(experiment.server);
    let given = Given {
        nodes: good.clone(),
        server: Some(server.clone()),
        count: Some(proof::NODES.len()),
        ..Given::default()
    };
    let mut topology = load(&given)?.topology;
    if let Some(own) = &mut topology.own {
        own.has_seats = true;
        own.data_sources.clear();
    }
    topology.jvm.of_scenario = true;
    let mut other = topology.clone();
    if let Some(own) = &mut other.own {
        for (node, files) in &mut own.nodes {
            let conf = bad.get(node).cloned().unwrap_or_default();
            files.server_xml = conf.join("server.xml");
            files.conf = Some(conf);
            files.folders.retain(|folder| !experiment.lacks(Half::Bad).iter().any(|lacked| folder == lacked));
        }
    }
    if let Some(path) = lacking {
        other.server = ServerSpec::Home { path: path.to_owned() };
    }
    let plan = |half: Half, topology: Topology, folder: Utf8PathBuf| -> Result<ProofRun, ProveError> {
        let scenario = Scenario::parse(experiment.scenario(half).as_bytes())?.in_folder(folder);
        let base = Topology { own: None, ..topology.clone() };
        let mut plan = scenario.plans(&base)?.remove(0).plan;
        plan.topology = Topology { ports: plan.topology.ports, ..topology };
        Ok(ProofRun { half, plan })
    };
    Ok([plan(Half::Bad, other, folder.join("bad"))?, plan(Half::Good, topology, folder.join("good"))?])
}

fn server(server: ProofServer) -> ServerSpec {
    match server {
        ProofServer::Tomcat(version) | ProofServer::TomcatLacking(version, _) => {
            ServerSpec::Tomcat { version: version.to_owned() }
        }
        ProofServer::Tomee(version) => ServerSpec::Tomee { version: version.to_owned(), flavour: Flavour::default() },
    }
}

/// The `conf` folder of each node.
fn files(
    experiment: &Experiment,
    half: Half,
    folder: &Utf8Path,
) -> Result<BTreeMap<NodeName, Utf8PathBuf>, ProveError> {
    let mut nodes = BTreeMap::new();
    for (index, node) in proof::NODES.iter().enumerate() {
        for (path, text) in experiment.files(half, node) {
            let path = folder.join(node).join(path);
            fs_err::create_dir_all(path.parent().unwrap_or(folder))?;
            fs_err::write(path, text)?;
        }
        nodes.insert(NodeName::nth(index), folder.join(node).join("conf"));
    }
    let app = experiment.app(half);
    if !app.is_empty() {
        fs_err::write(folder.join("proof.war"), archive(&app)?)?;
    }
    Ok(nodes)
}

/// A web archive; a jar in it has its text as web-fragment.xml.
fn archive(app: &BTreeMap<&str, Vec<u8>>) -> Result<Vec<u8>, ProveError> {
    let zipped = |entries: &[(&str, Vec<u8>)]| -> Result<Vec<u8>, ProveError> {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(vec![]));
        for (path, bytes) in entries {
            zip.start_file(*path, SimpleFileOptions::default())?;
            zip.write_all(bytes)?;
        }
        Ok(zip.finish()?.into_inner())
    };
    let mut entries: Vec<(&str, Vec<u8>)> = vec![];
    for (path, bytes) in app {
        let bytes = bytes.clone();
        let is_jar = path.ends_with(".jar");
        entries.push((path, if is_jar { zipped(&[("META-INF/web-fragment.xml", bytes)])? } else { bytes }));
    }
    zipped(&entries)
}

/// The codes of the errors and warnings that lint finds in the files of a side, with sample values for its seats.
pub fn linted(experiment: &Experiment, half: Half) -> Vec<&'static str> {
    let mut input = Input::new();
    for node in proof::NODES {
        let files = experiment.files(half, node).into_iter().map(|(path, text)| {
            let text = proof::with_seats(&text, &proof::SAMPLE);
            (path, text.into_bytes())
        });
        let lacked = experiment.lacks(half);
        let folders = [
            "webapps",
            "farm",
            "farm/temp",
            "farm/watch",
            "farm/webapps",
            "lib",
            "lib/catalina.jar",
            "lib/catalina-tribes.jar",
        ];
        let ha = ["lib/catalina-ha.jar"];
        let is_lacking = matches!(experiment.server, ProofServer::TomcatLacking(..)) && half == Half::Bad;
        let all = folders.into_iter().chain(ha.into_iter().filter(|_| !is_lacking));
        let listing = all.filter(|folder| !lacked.contains(folder)).map(|folder| (folder.to_owned(), 1)).collect();
        let versions = match experiment.server {
            ProofServer::Tomcat(version) | ProofServer::TomcatLacking(version, _) => version.parse().ok(),
            ProofServer::Tomee(_) => Some(Versions::exactly(Version(10, 0, 27))),
        };
        input.add_node(NodeFiles {
            name: node.to_owned(),
            prefix: format!("{node}/"),
            files: files.collect(),
            listing: Some(listing),
            versions,
            ..NodeFiles::default()
        });
    }
    let app = experiment.app(half);
    if !app.is_empty() {
        let files = app.into_iter().map(|(path, bytes)| {
            let inner = if path.ends_with(".jar") { "!/META-INF/web-fragment.xml" } else { "" };
            (format!("{path}{inner}"), bytes)
        });
        input.add_app(AppFiles { name: "proof.war".to_owned(), files: files.collect(), ..AppFiles::default() }, true);
    }
    let found = run(&input, &Options::default()).findings;
    found.iter().filter(|finding| finding.severity > Severity::Info).map(|finding| finding.rule.code).collect()
}

/// Violations that a run showed, each with why.
pub fn violations(verdict: &Verdict) -> Vec<(Violation, String)> {
    let findings = verdict.guarantees.iter().filter(|finding| finding.status == Status::Violated);
    findings.flat_map(|found| found.violations.keys().map(|violation| (*violation, found.because.clone()))).collect()
}

/// What both verdicts say together.
pub fn outcome(experiment: &Experiment, bad: &Verdict, good: &Verdict) -> ProofOutcome {
    let shown = violations(bad);
    let is_shown = bad.status == Status::Violated
        && (experiment.shows.is_empty()
            || shown.iter().any(|(violation, _)| experiment.shows.contains(&violation.to_string().as_str())));
    match (is_shown, good.status) {
        (true, Status::Holds) => ProofOutcome::Proven,
        (_, Status::Unknown) => ProofOutcome::Undecided,
        (false, _) if bad.status == Status::Unknown => ProofOutcome::Undecided,
        _ => ProofOutcome::Contradicted,
    }
}
