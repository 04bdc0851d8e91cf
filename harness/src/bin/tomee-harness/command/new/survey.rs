//! The scenario of an app that is asked once, on servers that are started for it.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::Cluster;
use tomee_harness::cluster::ClusterError;
use tomee_harness::history::body::beginning;
use tomee_harness::history::{Event, History, RecordKind};
use tomee_harness::model::deploy_job::WITHIN;
use tomee_harness::model::step::Delivery;
use tomee_harness::model::{ContextPath, Exchange, NodeName};
use tomee_harness::runner::survey::{self, Found};
use tomee_harness::tomcat::war::War;

use crate::args::{NewArgs, OutputArgs};
use crate::command::run::war_failure;
use crate::exit::{Exit, Failure};

/// How many lines of a log are shown of an app that did not start, and how much of each.
const LINES: usize = 6;
const WIDTH: usize = 300;

pub(super) async fn asked(args: &NewArgs, war: &Utf8PathBuf, output: &OutputArgs) -> Result<String, Failure> {
    let context = match &args.at {
        Some(at) => at.clone(),
        None => ContextPath::of_war(war.file_name().unwrap_or_default())
            .map_err(|error| Failure::usage(error).hint(Some("--at says where the app is served".to_owned())))?,
    };
    let archive = Arc::new(War::read(war, context.clone()).map_err(war_failure)?);
    let paths = if args.path.is_empty() { vec![context.page("")] } else { args.path.clone() };
    if let Some(path) = paths.iter().find(|path| !Exchange::is_path(path)) {
        return Err(Failure::usage(format!(
            "the path {path:?} cannot be asked: it must begin with / and have no blanks"
        )));
    }
    let server = args.server.clone().unwrap_or_default().to_string();
    if !output.quiet {
        // The one line of progress, before half a minute of silence.
        say(&format!("  starting {server} to ask {context} once"));
    }
    let folder = tempfile::tempdir().map_err(Failure::environment)?;
    let folder = Utf8PathBuf::try_from(folder.path().to_owned()).map_err(Failure::environment)?.join("run");
    let cluster = Cluster::builder().server(&server).folder(&folder).start().await;
    let cluster = cluster.map_err(|error| {
        let (hint, lines) = (error.hint(), error.lines().to_vec());
        Failure { lines, ..Failure::environment(error) }.hint(hint)
    })?;
    let began = Instant::now();
    let delivery = Delivery { within: Some(args.within.unwrap_or(WITHIN)), ..Delivery::default() };
    let served = cluster.deploy_by(&archive, &delivery).await;
    let took = began.elapsed();
    let seen = match served {
        Ok(()) => survey::survey(&cluster, &context, &paths).await,
        Err(error) => Err(error),
    };
    let (foreign, said) = cluster.recorder().read(|history| (foreign(history), said(history, seen.as_ref().err())));
    // What is wrong with the app is said first.
    let ended = cluster.shutdown().await;
    let seen = seen.map_err(|error| failure(error, said, war))?;
    ended.map_err(Failure::environment)?;
    if let Some(why) = &foreign {
        if !seen.is_answered() {
            return Err(Failure::new(Exit::Violated, format!("no page of {context} is there: {why}")));
        }
        say(&format!("warning: {why}"));
    }
    if let Some(login) = seen.wants_login() {
        say(&format!("note: {login}"));
    }
    let within = args.within;
    Ok(seen.scenario(&Found { war: beside(war, &args.file).as_str(), server: &server, took, within, foreign }))
}

/// A line on standard error; nobody reads it where it cannot be written.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Where an archive is, as a scenario in this file names it: paths are relative to the file.
fn beside(war: &Utf8Path, file: &Utf8Path) -> Utf8PathBuf {
    let absolute = war.canonicalize_utf8().unwrap_or_else(|_| war.to_owned());
    let folder = file.parent().map(|folder| if folder == "" { ".".into() } else { folder.to_owned() });
    let folder = folder.and_then(|folder| folder.canonicalize_utf8().ok());
    folder.and_then(|folder| Some(absolute.strip_prefix(folder).ok()?.to_owned())).unwrap_or(absolute)
}

/// That the server has the other servlet API than the app is written for.
fn foreign(history: &History) -> Option<String> {
    history.records.iter().find_map(|record| match &record.kind {
        RecordKind::Event(Event::OtherNamespace { why, .. }) => Some(why.clone()),
        _ => None,
    })
}

/// What the node logged on which the app did not start.
fn said(history: &History, error: Option<&ClusterError>) -> Vec<String> {
    let Some(ClusterError::NotDeployed { node, .. }) = error else { return vec![] };
    let severe = |of: &NodeName, level: &str| of == node && level == "SEVERE";
    let lines = history.records.iter().filter_map(|record| match &record.kind {
        RecordKind::Log(line) if severe(&line.node, &line.level) => Some(beginning(&line.message, WIDTH)),
        _ => None,
    });
    lines.take(LINES).collect()
}

/// As `run` ends: the app failed, was not done in time, or something of this machine did.
fn failure(error: ClusterError, lines: Vec<String>, war: &Utf8Path) -> Failure {
    let (exit, hint) = match &error {
        ClusterError::NotDeployed { .. } => {
            (Exit::Violated, Some(format!("`tomee-harness run --war {war}` keeps the logs of all nodes")))
        }
        ClusterError::Wait { .. } => (Exit::Unknown, Some("--within 10m waits longer for the app".to_owned())),
        other => (Exit::Environment, other.hint()),
    };
    Failure { lines, ..Failure::new(exit, error) }.hint(hint)
}
