//! `completions`: a script for a shell.

use clap::CommandFactory as _;

use super::print;
use crate::args::{Cli, CompletionsArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = vec![];
    clap_complete::generate(args.shell, &mut Cli::command(), "tomee-harness", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Holds)
}
