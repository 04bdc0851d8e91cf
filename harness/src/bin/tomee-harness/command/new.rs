//! `new`: a commented scenario to begin with.

use std::io::Write as _;

use serde_json::json;

use crate::args::{NewArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

const TEMPLATE: &str = include_str!("new/template.toml");

pub(crate) fn new(args: &NewArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let file = &args.file;
    let refuse = |error: std::io::Error| {
        let why = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "already exists".to_owned(),
            std::io::ErrorKind::NotFound => "cannot be written: there is no such folder".to_owned(),
            _ => format!("cannot be written: {error}"),
        };
        Failure::usage(format!("{file} {why}"))
    };
    let mut new = std::fs::OpenOptions::new().write(true).create_new(true).open(file).map_err(refuse)?;
    new.write_all(TEMPLATE.as_bytes()).map_err(refuse)?;
    let path = if file.as_str().contains('/') || file.extension() == Some("toml") {
        file.to_string()
    } else {
        format!("./{file}")
    };
    if output.is_json() {
        print_json(&json!({"format": 1, "file": file, "run": ["tomee-harness", "run", path]}))?;
    } else {
        print(&format!("wrote {file}; `tomee-harness run {path}` runs it\n"))?;
    }
    Ok(Exit::Holds)
}

#[cfg(test)]
mod tests {
    use super::TEMPLATE;

    #[test]
    fn the_template_is_a_scenario() {
        tomee_harness::model::Scenario::parse(TEMPLATE.as_bytes()).expect("it can be read");
    }
}
