//! The project's own tasks: `cargo ci TASK`. What is special to one kind of machine is in `provision`.
#![expect(clippy::print_stdout, reason = "a task's output is its purpose")]

mod bench;
mod command;
mod lint;
mod mutants;
mod provision;
mod results;
mod scenarios;
mod schema;
mod test;

use clap::{Parser, Subcommand};
use miette::Result;

/// The project's own tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo ci")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the tests: the gate, all that a change needs
    Test(test::TestArgs),
    /// Formatting, clippy with warnings as errors, schemas
    Lint,
    /// Write the JSON schemas of the run directory's files, or compare them
    Schema {
        /// Fail where a committed schema differs from what the types say
        #[arg(long)]
        check: bool,
    },
    /// Measure the main job against two stock servers in alternating runs, the reports of a long history, or the scenarios
    Bench(bench::BenchArgs),
    /// Tell every shipped scenario on real servers, and write the table of scenarios/README.md
    Scenarios(scenarios::ScenarioArgs),
    /// Change the verdict's code at one place at a time, and see whether a test fails; compare with tests/MUTANTS.md
    Mutants(mutants::MutantArgs),
    /// Make a Debian machine ready: container engine, base images, browser, Java compiler (JDK), nextest
    Provision,
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Test(args) => test::test(&args),
        Task::Lint => lint::lint(),
        Task::Schema { check } => schema::schema(check),
        Task::Bench(args) => bench::bench(&args),
        Task::Scenarios(args) => scenarios::scenarios(&args),
        Task::Mutants(args) => mutants::mutants(&args),
        Task::Provision => provision(),
    }
}

/// Makes the machine ready and says what was done and how long it took.
fn provision() -> Result<()> {
    let mut say = |line: &str| println!("{line}");
    let provisioned = provision::provision(&mut say)?;
    for (part, time) in &provisioned.done {
        println!("provisioned {part} in {:.1} s", time.as_secs_f64());
    }
    println!("container engine {} answers", provisioned.engine);
    let nextest = provision::nextest::nextest(camino::Utf8Path::new("target/tools"), &mut say)?;
    println!("nextest is {nextest}");
    Ok(())
}
