//! The command line of tomee-harness: arguments, settings, one library call, a report, an exit code.

mod args;
mod command;
mod exit;
mod progress;
mod scenarios;
mod settings;
mod signals;

use clap::{CommandFactory as _, FromArgMatches as _};

fn main() -> std::process::ExitCode {
    // Usage errors, --help and --version end here, with clap's own codes 2 and 0.
    let matches = args::Cli::command().get_matches();
    let cli = args::Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    exit::report(command::dispatch(cli, &matches), std::env::var_os("NO_COLOR").is_none())
}
