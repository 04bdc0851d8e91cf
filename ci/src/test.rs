//! The tests, in two tiers: the gate, and everything.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use miette::{Result, bail};

use crate::command::{cargo, run};
use crate::{provision, results, scenarios};

/// How much is tested.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Prepare the machine first: container engine, base images, browser, Java compiler (JDK), nextest (root on Debian;
    /// prints each step)
    #[arg(long)]
    provision: bool,
    /// Run everything, long tests and every shipped scenario included, and write the results tables
    #[arg(long)]
    full: bool,
    /// Skip the tests that need a container engine
    #[arg(long)]
    no_engine: bool,
    /// Skip the tests that need Chromium
    #[arg(long)]
    no_browser: bool,
    /// Run only tests whose name contains this
    filter: Option<String>,
}

/// Names of tests that only the full tier runs.
const FULL: &str = "test(/^full_|::full_/)";
/// Names of tests that need a container engine.
const ENGINE: &str = "test(/(^|::)(full_)?engine_/)";
/// Names of tests that need a browser.
const BROWSER: &str = "test(/^browser_|::browser_/)";

/// Runs the tests with nextest where it is, else with `cargo test`, and the documentation's examples.
pub(crate) fn test(args: &TestArgs) -> Result<()> {
    let tools = Utf8Path::new("target/tools");
    let nextest = if args.provision {
        crate::provision()?;
        Some(provision::nextest::nextest(tools, &mut |line| println!("{line}"))?)
    } else {
        provision::nextest::find(tools)
    };
    if args.full {
        provision::apps::build(&mut |line| println!("{line}"))?;
    }
    match nextest {
        Some(nextest) => {
            let ran = run(with_nextest(&nextest, args).envs(std::env::vars()));
            if args.full && args.filter.is_none() {
                // Also of a run with failures: a table that leaves them out would be none.
                results::write()?;
            }
            ran?;
            if args.full && args.filter.is_none() && !args.no_engine {
                scenarios::all()?;
            }
        }
        None if args.full => bail!("the results table needs nextest: `cargo ci provision` installs it"),
        None => run(&mut with_cargo(args))?,
    }
    run(cargo().args(["test", "--doc", "--workspace", "--quiet"]))
}

fn with_nextest(nextest: &Utf8PathBuf, args: &TestArgs) -> std::process::Command {
    let mut left_out = vec![];
    if !args.full {
        left_out.push(FULL);
    }
    if args.no_engine {
        left_out.push(ENGINE);
    }
    if args.no_browser {
        left_out.push(BROWSER);
    }
    let mut command = std::process::Command::new(nextest);
    command.args(["nextest", "run", "--workspace", "--run-ignored", "all"]);
    if args.full {
        command.args(["--profile", "full"]);
    } else if std::env::var_os("CI").is_some() {
        command.args(["--profile", "ci"]);
    }
    if !left_out.is_empty() {
        command.args(["-E", &format!("not ({})", left_out.join(" or "))]);
    }
    command.args(&args.filter);
    command
}

fn with_cargo(args: &TestArgs) -> std::process::Command {
    let mut command = cargo();
    command.args(["test", "--workspace"]).args(&args.filter).args(["--", "--include-ignored"]);
    if !args.full {
        command.args(["--skip", "full_"]);
    }
    if args.no_engine {
        command.args(["--skip", "engine_"]);
    }
    if args.no_browser {
        command.args(["--skip", "browser_"]);
    }
    command
}
