//! The project's own tasks: `cargo ci TASK`. What is special to one kind of machine is in `provision`.
#![expect(clippy::print_stdout, reason = "a task's output is its purpose")]

mod attributes;
mod bench;
mod command;
mod fuzz;
mod lint;
mod manual;
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
    /// Run the tests that a change must pass
    Test(test::TestArgs),
    /// Check formatting, clippy and rustdoc with warnings as errors, the JSON schemas and the manual's tables
    Lint,
    /// Check that everything builds with the oldest Rust that Cargo.toml names (installs it with rustup)
    RustVersion,
    /// Write the JSON schemas and the tables of scenarios/README.md, or compare them
    Schema {
        /// Fail if a committed file differs from the types
        #[arg(long)]
        check: bool,
    },
    /// Write the attributes that each class of a server takes, for the lint rules, as 9.0=HOME for each branch
    Attributes {
        /// The branch, and the home of an installed server of it
        #[arg(value_name = "BRANCH=HOME")]
        servers: Vec<String>,
    },
    /// Measure the main job against two stock servers in alternating runs, the reports of a long history, or the scenarios
    Bench(bench::BenchArgs),
    /// Run every shipped scenario on real servers, and write the table of scenarios/README.md
    Scenarios(scenarios::ScenarioArgs),
    /// Change the verdict's code at one place at a time, and see whether a test fails; compare with tests/MUTANTS.md
    Mutants(mutants::MutantArgs),
    /// Fuzz the reader of configuration files, guided by coverage
    Fuzz(fuzz::FuzzArgs),
    /// Prepare a Debian machine: container engine, base images, browser, Java compiler (JDK), nextest, apps of the full tier
    Provision,
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Test(args) => test::test(&args),
        Task::Lint => lint::lint(),
        Task::RustVersion => lint::rust_version(),
        Task::Schema { check } => schema::schema(check),
        Task::Attributes { servers } => attributes::attributes(&servers),
        Task::Bench(args) => bench::bench(&args),
        Task::Scenarios(args) => scenarios::scenarios(&args),
        Task::Mutants(args) => mutants::mutants(&args),
        Task::Fuzz(args) => fuzz::fuzz(&args),
        Task::Provision => {
            provision()?;
            // Only what the full tier runs: the gate needs none of it.
            provision::apps::build(&mut |line| println!("{line}")).map(drop)
        }
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
