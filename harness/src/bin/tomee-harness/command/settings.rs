//! `settings`: each setting with where it comes from.

use clap::ArgMatches;
use serde_json::json;

use crate::args::{Format, OutputArgs, RunArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::settings::Settings;

pub(crate) fn settings(args: &RunArgs, output: &OutputArgs, matches: &ArgMatches) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args, output, matches)?;
    let lines = settings.lines.iter().map(|(name, value, origin)| ((*name).to_owned(), value, origin.to_string()));
    if settings.format == Format::Json {
        let all: serde_json::Map<_, _> =
            lines.map(|(name, value, origin)| (name, json!({"value": value, "from": origin}))).collect();
        print_json(&all)?;
    } else {
        let text: Vec<String> =
            lines.map(|(name, value, origin)| format!("{name:<13} {value:<28} {origin}\n")).collect();
        print(&text.concat())?;
    }
    Ok(Exit::Holds)
}
