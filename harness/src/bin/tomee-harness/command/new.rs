//! `new`: a commented scenario to begin with.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use tomee_harness::Cluster;
use tomee_harness::model::{ContextPath, Exchange};
use tomee_harness::runner::survey;
use tomee_harness::tomcat::war::War;

use crate::args::{NewArgs, OutputArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

const TEMPLATE: &str = include_str!("new/template.toml");

pub(crate) fn new(args: &NewArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let file = &args.file;
    if file.exists() {
        return Err(Failure::usage(format!("{file} already exists")));
    }
    match &args.war {
        Some(war) => write(file, &block_on(asked(args, war, output))?)?,
        None => write(file, TEMPLATE)?,
    }
    wrote(file, output)?;
    Ok(Exit::Holds)
}

/// The scenario of an app that is asked once, on servers that are started for it.
async fn asked(args: &NewArgs, war: &Utf8PathBuf, output: &OutputArgs) -> Result<String, Failure> {
    let context = match &args.at {
        Some(at) => at.clone(),
        None => ContextPath::of_war(war.file_name().unwrap_or_default())
            .map_err(|error| Failure::usage(error).hint(Some("--at says where the app is served".to_owned())))?,
    };
    War::read(war, context.clone()).map_err(Failure::usage)?;
    let paths = if args.path.is_empty() { vec![context.page("")] } else { args.path.clone() };
    if let Some(path) = paths.iter().find(|path| !Exchange::is_path(path)) {
        return Err(Failure::usage(format!(
            "the path {path:?} cannot be asked: it must begin with / and have no blanks"
        )));
    }
    let server = args.server.clone().unwrap_or_default().to_string();
    if !output.quiet {
        // The one line of progress, before half a minute of silence; nobody reads it where it cannot be written.
        let _ = writeln!(std::io::stderr(), "  starting {server} to ask {context} once");
    }
    let folder = tempfile::tempdir().map_err(Failure::environment)?;
    let folder = Utf8PathBuf::try_from(folder.path().to_owned()).map_err(Failure::environment)?.join("run");
    let cluster = Cluster::builder().server(&server).war_at(war, context.as_str()).folder(&folder).start().await;
    let cluster = cluster.map_err(|error| {
        let hint = error.hint();
        Failure::environment(error).hint(hint)
    })?;
    let seen = survey::survey(&cluster, &context, &paths).await;
    cluster.shutdown().await.map_err(Failure::environment)?;
    let seen = seen.map_err(Failure::environment)?;
    // Paths of a scenario are relative to its file.
    let absolute = war.canonicalize_utf8().unwrap_or_else(|_| war.clone());
    let beside = args.file.parent().map(|folder| if folder == "" { ".".into() } else { folder.to_owned() });
    let beside = beside.and_then(|folder| folder.canonicalize_utf8().ok());
    let named = beside.and_then(|folder| Some(absolute.strip_prefix(folder).ok()?.to_owned())).unwrap_or(absolute);
    Ok(seen.scenario(named.as_str(), &server))
}

/// Writes a file that is not there yet.
pub(super) fn write(file: &Utf8Path, text: &str) -> Result<(), Failure> {
    let refuse = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "already exists".to_owned(),
            std::io::ErrorKind::NotFound => "cannot be written: there is no such folder".to_owned(),
            _ => format!("cannot be written: {error}"),
        };
        Failure::usage(format!("{file} {why}"))
    };
    let mut new = std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(refuse)?;
    new.write_all(text.as_bytes()).map_err(refuse)
}

/// Says what was written, and how it is run.
pub(super) fn wrote(file: &Utf8Path, output: &OutputArgs) -> Result<(), Failure> {
    let path = if file.as_str().contains('/') || file.extension() == Some("toml") {
        file.to_string()
    } else {
        format!("./{file}")
    };
    if output.is_json() {
        print_json(&json!({"format": 1, "file": file, "run": ["tomee-harness", "run", path]}))
    } else {
        print(&format!("wrote {file}; `tomee-harness run {path}` runs it\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::TEMPLATE;

    #[test]
    fn the_template_is_a_scenario() {
        tomee_harness::model::Scenario::parse(TEMPLATE.as_bytes()).expect("it can be read");
    }
}
