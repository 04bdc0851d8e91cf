//! `import`: a scenario of requests that were recorded elsewhere.

use std::io::Write as _;

use serde_json::json;
use tomee_harness::runner::import;

use super::new;
use crate::args::OutputArgs;
use crate::args::import::{ImportArgs, Kind};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

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
    let import::Imported { scenario, notes } = import::scenario(&recorded, war.as_ref().map(|war| war.as_str()));
    match target {
        Some(target) => {
            new::write(target, &scenario)?;
            new::wrote(target, output)?;
        }
        None if output.is_json() => print_json(&json!({"format": 1, "scenario": scenario, "notes": notes}))?,
        None => print(&scenario)?,
    }
    // The scenario has them as comments, too; nobody reads them where standard error is gone.
    for note in notes {
        let _ = writeln!(std::io::stderr(), "note: {note}");
    }
    Ok(Exit::Holds)
}
