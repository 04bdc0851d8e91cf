//! The benchmark: the main job against two stock servers, in alternating runs of one go, as ratios.
//!
//! (a) is the main job from the start of the program up to the answer after the first kill, with distribution and
//! images already there. (b) is two stock TomEEs started together, no cluster, stock flags, the app already in webapps,
//! until both answer. One line a runtime, with median (minimum to maximum) of a/b over the rounds.

mod lint;
mod main_job;
mod report;
mod scenarios;
mod stock;

use clap::Args;
use miette::{IntoDiagnostic as _, Result, bail};
use tomee_harness::model::ServerSpec;
use tomee_harness::tomcat::distribution::{Caches, Distribution, Maven, Quiet};

use self::main_job::{MainJob, Measured};
use crate::command::{cargo, run};

/// What is measured, and how often.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Number of rounds: each is one (a) for each runtime and one (b)
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Only this runtime
    #[arg(long, value_parser = ["process", "docker"])]
    runtime: Option<String>,
    /// The seed's own procedure instead: multicast, documented timing, stock flags
    #[arg(long)]
    documented: bool,
    /// Verdict and reports of a history of 100,000 operations instead
    #[arg(long)]
    report: bool,
    /// `lint` on 5,000 nodes and on a WAR of 100 MB instead, as ratios to reading the same files without asking a rule
    #[arg(long, conflicts_with_all = ["report", "documented", "scenarios"])]
    lint: bool,
    /// The shipped failover folder cold, warm and parallel instead, as ratios to the sum of its runs alone
    #[arg(long, conflicts_with_all = ["report", "documented"])]
    scenarios: bool,
    /// Only this way of running the folder; may be repeated
    #[arg(long, requires = "scenarios", value_parser = scenarios::WAYS.map(|(name, _)| name))]
    way: Vec<String>,
}

/// Measures and prints.
pub(crate) fn bench(args: &BenchArgs) -> Result<()> {
    run(cargo().args(["build", "--release", "--quiet", "--package", "tomee-harness"]))?;
    let folder = tempfile::tempdir().into_diagnostic()?;
    let folder = camino::Utf8Path::from_path(folder.path())
        .ok_or_else(|| miette::miette!("the temporary folder's name is not Unicode"))?;
    if args.report {
        return report::report(folder, args.rounds);
    }
    if args.lint {
        return lint::lint(folder, args.rounds);
    }
    let runtimes: Vec<&str> = args.runtime.as_deref().map_or_else(|| vec!["process", "docker"], |only| vec![only]);
    if args.rounds == 0 {
        bail!("a benchmark has at least one round");
    }
    if args.scenarios {
        return runtimes.iter().try_for_each(|runtime| {
            fs_err::create_dir(folder.join(runtime)).into_diagnostic()?;
            scenarios::scenarios(&folder.join(runtime), runtime, args.rounds, &args.way)
        });
    }
    let distribution = distribution()?;
    let mut rows: Vec<Row> =
        runtimes.iter().map(|&runtime| Row { runtime, measured: vec![], ratios: vec![] }).collect();
    // Unmeasured, so that images are built and pages compiled: the targets are for a machine that has been used.
    for runtime in &runtimes {
        MainJob { runtime, documented: args.documented }.run(&folder.join(format!("warm-{runtime}")))?;
    }
    for round in 1..=args.rounds {
        let stock = stock::both_answer(&distribution, &folder.join(format!("stock-{round}")))?;
        println!("round {round}: (b) two stock servers answer after {:.2} s", stock.as_secs_f64());
        for row in &mut rows {
            let job = MainJob { runtime: row.runtime, documented: args.documented };
            let measured = job.run(&folder.join(format!("{}-{round}", row.runtime)))?;
            println!(
                "round {round}: (a) {} {:.2} s, whole run {:.2} s",
                row.runtime,
                measured.first_failover.as_secs_f64(),
                measured.whole.as_secs_f64()
            );
            row.ratios.push(measured.first_failover.as_secs_f64() / stock.as_secs_f64());
            row.measured.push(measured);
        }
    }
    for row in &rows {
        println!("{row}");
    }
    Ok(())
}

/// What was measured of one runtime.
struct Row<'a> {
    runtime: &'a str,
    measured: Vec<Measured>,
    ratios: Vec<f64>,
}

impl std::fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = |value: fn(&Measured) -> f64| self.measured.iter().map(value).collect::<Vec<_>>();
        let (a, cpu, memory) = (
            of(|measured| measured.first_failover.as_secs_f64()),
            of(|measured| 100.0 * measured.own_cpu.as_secs_f64() / measured.whole.as_secs_f64()),
            of(|measured| measured.own_peak_mebibytes),
        );
        writeln!(f, "{} ratio {}", self.runtime, spread(&self.ratios, 2))?;
        write!(
            f,
            "{} first failover {} s, own CPU {} % of the run, own peak memory {} MiB",
            self.runtime,
            spread(&a, 2),
            spread(&cpu, 1),
            spread(&memory, 0)
        )
    }
}

/// `median (minimum to maximum)`.
fn spread(values: &[f64], digits: usize) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return "nothing".to_owned() };
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) };
    format!("{median:.digits$} ({first:.digits$} to {last:.digits$})")
}

fn distribution() -> Result<Distribution> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().into_diagnostic()?;
    let resolved =
        async { Distribution::resolve(&ServerSpec::default(), &Caches::of_user()?, &Maven::default(), &Quiet).await };
    runtime.block_on(resolved).into_diagnostic()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn a_spread_is_median_and_range() {
        assert_eq!(spread(&[3.0, 1.0, 2.0], 2), "2.00 (1.00 to 3.00)");
        assert_eq!(spread(&[4.0, 1.0], 1), "2.5 (1.0 to 4.0)");
    }
}
