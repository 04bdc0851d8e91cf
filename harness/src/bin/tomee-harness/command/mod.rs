//! One file a command.

mod bundle;
pub(crate) mod by_hand;
mod check;
mod completions;
mod doctor;
mod explain;
pub(crate) mod lint;
mod list;
mod new;
mod report;
pub(crate) mod rules;
mod run;
mod settings;
mod sweep;

use clap::ArgMatches;

use crate::args::{Cli, Command, Format};
use crate::exit::{Exit, Failure};

/// Does what the arguments say.
pub(crate) fn dispatch(cli: Cli, matches: &ArgMatches) -> Result<Exit, Failure> {
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    let lint_only = [Format::Sarif, Format::Github, Format::Junit, Format::Markdown];
    if !matches!(cli.command, Command::Lint(_)) && cli.output.format.iter().any(|format| lint_only.contains(format)) {
        return Err(Failure::usage("this --format is only valid with lint, expected text or json"));
    }
    match cli.command {
        Command::Run(args) => run::run(&args, &cli.output, matches),
        Command::List(args) => list::list(&args, &cli.output),
        Command::Explain(args) => explain::explain(&args, &cli.output),
        Command::New(args) => new::new(&args, &cli.output),
        Command::Lint(args) => lint::lint(&args, &cli.output, matches),
        Command::Rules(args) => rules::rules(&args, &cli.output),
        Command::Check(args) => check::check(&args, &cli.output),
        Command::Report(args) => report::report(&args, &cli.output),
        Command::Bundle(args) => bundle::bundle(&args, &cli.output),
        Command::Doctor(args) => doctor::doctor(&args, &cli.output),
        Command::Settings(args) => settings::settings(&args, &cli.output, matches),
        Command::Sweep(args) => sweep::sweep(&args, &cli.output),
        Command::Up(args) => by_hand::up(&args, &cli.output, matches),
        Command::Down(args) => by_hand::down(&args, &cli.output),
        Command::Ps(args) => by_hand::ps(&args, &cli.output),
        Command::Status(args) => by_hand::status(&args, &cli.output),
        Command::Step(step) => by_hand::step(&step, &cli.output),
        Command::Fault(fault) => by_hand::fault(&fault, &cli.output),
        Command::Http(args) => by_hand::http(&args, &cli.output),
        Command::Sessions(args) => by_hand::sessions(&args, &cli.output),
        Command::Diff(args) => by_hand::diff(&args, &cli.output),
        Command::Logs(args) => by_hand::logs(&args, &cli.output),
        Command::Verdict(args) => by_hand::verdict(&args, &cli.output),
        Command::Recipe(args) => by_hand::recipe(&args, &cli.output),
        Command::Keeper => by_hand::keep(),
        Command::Completions(args) => completions::completions(&args, &cli.output),
    }
}

/// Writes a result to standard output. A reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::environment(error)),
        _ => Ok(()),
    }
}

/// Writes a result as one JSON document.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print(&json_line(value)?)
}

/// A result as one JSON document on a line of its own.
pub(crate) fn json_line(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map(|text| text + "\n").map_err(Failure::environment)
}

/// The tokio runtime of a command. One thread: the harness waits most of the time, and wakes no other thread for it.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::environment)?.block_on(future)
}
