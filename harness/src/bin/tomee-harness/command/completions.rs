//! `completions`: a script for a shell.

use serde_json::json;

use crate::args::{CompletionsArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::help;
use crate::output::{print, print_json};

pub(crate) fn completions(args: &CompletionsArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let mut script = vec![];
    clap_complete::generate(args.shell, &mut help::command(), "tomee-harness", &mut script);
    let script = String::from_utf8_lossy(&script);
    if output.is_json() {
        print_json(&json!({"format": 1, "shell": args.shell.to_string(), "script": script}))?;
    } else {
        print(&script)?;
    }
    Ok(Exit::Holds)
}
