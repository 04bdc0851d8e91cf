//! `completions`: a script for a shell, which asks this program what could be written at its cursor.

use clap_complete::env::Shells;
use serde_json::json;

use crate::args::{CompletionsArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

/// The variable by which the script asks.
const VARIABLE: &str = "COMPLETE";
const PROGRAM: &str = "tomee-harness";

pub(crate) fn completions(args: &CompletionsArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let name = args.shell.to_string();
    let shells = Shells::builtins();
    let shell = shells.completer(&name).ok_or_else(|| Failure::usage(format!("no completions for {name}")))?;
    let mut script = vec![];
    shell.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script).map_err(Failure::environment)?;
    let script = String::from_utf8_lossy(&script);
    if output.is_json() {
        print_json(&json!({"format": 1, "shell": name, "script": script}))?;
    } else {
        print(&script)?;
    }
    Ok(Exit::Holds)
}
