//! One file a command.

mod bundle;
mod by_hand;
mod check;
mod completions;
mod doctor;
mod explain;
mod gate;
mod import;
mod init;
mod lint;
mod list;
mod man;
mod new;
mod prove;
mod report;
mod reports;
mod rules;
mod run;
mod runs;
mod settings;
mod sweep;

use clap::ArgMatches;

use crate::args::{Cli, Command, Format};
use crate::exit::{Exit, Failure};

/// Does what the arguments say.
pub(crate) fn dispatch(cli: Cli, matches: &ArgMatches) -> Result<Exit, Failure> {
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    let plain = [Format::Text, Format::Json];
    let is_any = matches!(cli.command, Command::Lint(_) | Command::Gate(_));
    if !is_any && !cli.output.format.iter().all(|format| plain.contains(format)) {
        return Err(Failure::usage("this --format is only valid with lint or gate, expected text or json"));
    }
    match cli.command {
        Command::Run(args) => run::run(&args, &cli.output, matches),
        Command::List(args) => list::list(&args, &cli.output),
        Command::Explain(args) => explain::explain(&args, &cli.output),
        Command::New(args) => new::new(&args, &cli.output),
        Command::Import(args) => import::import(&args, &cli.output),
        Command::Lint(args) => lint::lint(&args, &cli.output, matches),
        Command::Gate(args) => gate::gate(&args, &cli.output, matches),
        Command::Rules(args) => rules::rules(&args, &cli.output),
        Command::Check(args) => check::check(&args, &cli.output),
        Command::Report(args) => report::report(&args, &cli.output),
        Command::Runs(command) => runs::runs(&command, &cli.output, matches),
        Command::Bundle(args) => bundle::bundle(&args, &cli.output),
        Command::Doctor(args) => doctor::doctor(&args, &cli.output),
        Command::Settings(args) => settings::settings(&args, &cli.output, matches),
        Command::Sweep(args) => sweep::sweep(&args, &cli.output),
        Command::Up(args) => by_hand::up(&args, &cli.output, matches),
        Command::Down(args) => by_hand::down(&args, &cli.output),
        Command::Ps => by_hand::ps(&cli.output),
        Command::Attach(args) => by_hand::attach(&args, &cli.output),
        Command::Status(args) => by_hand::status(&args, &cli.output),
        Command::Step(step) => by_hand::step(&step, &cli.output),
        Command::Fault(fault) => by_hand::fault(&fault, &cli.output),
        Command::Http(args) => by_hand::http(&args, &cli.output),
        Command::Sessions(args) => by_hand::sessions(&args, &cli.output),
        Command::Diff(args) => by_hand::diff(&args, &cli.output),
        Command::Logs(args) => by_hand::logs(&args, &cli.output),
        Command::Config(args) => by_hand::config(&args, &cli.output),
        Command::Threads(args) => by_hand::threads(&args, &cli.output),
        Command::Heap(args) => by_hand::heap(&args, &cli.output),
        Command::Exec(args) => by_hand::exec(&args, &cli.output),
        Command::Jmx(args) => by_hand::jmx(&args, &cli.output),
        Command::Watch(args) => by_hand::watch(&args, &cli.output),
        Command::Serve(args) => by_hand::serve(&args, &cli.output),
        Command::Verdict(args) => by_hand::verdict(&args, &cli.output),
        Command::Recipe(args) => by_hand::recipe(&args, &cli.output, matches),
        Command::Keeper => by_hand::keep(),
        Command::Init(args) => init::init(&args, &cli.output),
        Command::Man(args) => man::man(&args, &cli.output),
        Command::Completions(args) => completions::completions(&args, &cli.output),
    }
}
