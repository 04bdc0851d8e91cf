//! The command line of tomee-harness: arguments, settings, one library call, a report, an exit code.

mod able;
mod args;
mod block_on;
mod candidates;
mod color;
mod command;
mod exit;
mod help;
mod logging;
mod output;
mod progress;
mod scenarios;
mod settings;
mod signals;
mod stored_runs;

use clap::FromArgMatches as _;
use color::ColorChoice;

fn main() -> std::process::ExitCode {
    // A shell that asks what could be written at its cursor is answered, and nothing else is done.
    clap_complete::CompleteEnv::with_factory(|| candidates::with_candidates(help::command())).complete();
    // Usage errors, --help and --version end here, with clap's own codes 2 and 0.
    let matches = help::command().get_matches();
    let cli = args::Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let choice = cli.output.color.unwrap_or(ColorChoice::Auto);
    let color = color::on_stderr(choice);
    logging::begin(cli.output.verbose, color);
    show_places(color);
    exit::report(command::dispatch(cli, &matches), color)
}

/// Mistakes in files are shown with their place, in colours where the rest has them.
fn show_places(color: bool) {
    // Nobody has set another one, so this cannot fail.
    let _ = miette::set_hook(Box::new(move |_| Box::new(miette::MietteHandlerOpts::new().color(color).build())));
}
