//! `new`: a commented scenario to begin with.

mod survey;

use std::io::Write as _;

use camino::Utf8Path;
use serde_json::json;

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
        Some(war) => write(file, &block_on(survey::asked(args, war, output))?)?,
        None => write(file, TEMPLATE)?,
    }
    wrote(file, output)?;
    Ok(Exit::Holds)
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
