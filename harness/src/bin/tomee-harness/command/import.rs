//! `import`: a scenario of requests that were recorded elsewhere.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use serde_json::json;
use tomee_harness::runner::import;

use super::{new, print, print_json};
use crate::args::OutputArgs;
use crate::exit::{Exit, Failure};

/// What is imported.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What it is
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
    /// The recording, or - for standard input
    #[arg(value_name = "FILE")]
    file: Utf8PathBuf,
    /// Archive of the app, for the step that deploys it; without it, it is named after the first path
    #[arg(long, value_name = "WAR")]
    war: Option<Utf8PathBuf>,
    /// File to create, which must not exist yet; without it, the scenario goes to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
}

/// The form of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// What a browser's network tools save (HTTP Archive), with the bodies of answers
    Har,
    /// Commands of curl, as browsers copy them
    Curl,
}

pub(crate) fn import(args: &ImportArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let ImportArgs { kind, file, war, output: target } = args;
    let read = if file == "-" { std::io::read_to_string(std::io::stdin()) } else { fs_err::read_to_string(file) };
    let text = read.map_err(Failure::usage)?;
    let recorded = import::recorded(&text).map_err(|error| {
        let hint = match kind {
            Kind::Har => "save it from the browser's network tools, with content",
            Kind::Curl => "one command a line, or lines that end with a backslash",
        };
        Failure::usage(format!("{file}: {error}")).hint(Some(hint.to_owned()))
    })?;
    let scenario = import::scenario(&recorded, war.as_ref().map(|war| war.as_str()));
    match target {
        Some(target) => {
            new::write(target, &scenario)?;
            new::wrote(target, output)?;
        }
        None if output.is_json() => print_json(&json!({"format": 1, "scenario": scenario}))?,
        None => print(&scenario)?,
    }
    Ok(Exit::Holds)
}
