//! The shipped failover folder: each of its runs alone, all cold one after the other, warm, parallel, and both; and what
//! the harness itself adds to a run.
//!
//! All ratios are to the sum of the runs alone. Of runtime `process` it also prints what the ratio would be if nothing but
//! the processor time of program and servers counted, on all cores at once: no way of running the folder is quicker.
//! What the harness adds to a run is the time that is neither a start nor a
//! step: from the program's begin to the first node's start, between a step's end and the next one's begin, and from the
//! last record of the history to the program's end, in which nodes are ended, logs copied and reports written.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use miette::{IntoDiagnostic as _, Result, bail, miette};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use tomee_harness::history::{self, Event, Nanos, RecordKind};
use tomee_harness::model::Topology;
use tomee_harness::model::scenario::{Scenario, shipped};

use super::spread;

const FOLDER: &str = "failover/";
/// How the folder is run, with the words that say so.
pub(super) const WAYS: [(&str, &[&str]); 4] = [
    ("cold", &[]),
    ("warm", &["--warm"]),
    ("parallel", &["--jobs", "auto"]),
    ("warm-and-parallel", &["--warm", "--jobs", "auto"]),
];

/// Measures and prints. Runs that do not hold are an error, for they measure nothing.
pub(super) fn scenarios(folder: &Utf8Path, runtime: &str, rounds: u32, only: &[String]) -> Result<()> {
    let runs = runs()?;
    // Unmeasured, so that pages are compiled: the targets are for a machine that has been used.
    run_program(&runs[0], runtime, &folder.join("before"))?;
    let ways = WAYS.into_iter().filter(|(name, _)| only.is_empty() || only.iter().any(|only| only == name));
    let ways: Vec<(&str, &[&str])> = ways.collect();
    let (mut added, mut ratios, mut floors) = (vec![], vec![vec![]; ways.len()], vec![vec![]; ways.len()]);
    let cores =
        std::thread::available_parallelism().map_or(1.0, |cores| f64::from(u32::try_from(cores.get()).unwrap_or(1)));
    for round in 1..=rounds {
        let mut alone = Duration::ZERO;
        for (number, run) in runs.iter().enumerate() {
            let out = folder.join(format!("alone-{round}-{number}"));
            let took = run_program(run, runtime, &out)?;
            alone += took;
            added.push(added_by_the_harness(&out, took)?.as_secs_f64());
        }
        println!("round {round}: {} runs alone {:.1} s", runs.len(), alone.as_secs_f64());
        for (((name, arguments), ratios), floors) in ways.iter().zip(&mut ratios).zip(&mut floors) {
            let all: Vec<String> = [FOLDER].iter().chain(*arguments).map(|word| (*word).to_owned()).collect();
            let before = processor_time()?;
            let took = run_program(&all, runtime, &folder.join(format!("{round}-{name}")))?;
            // Containers are no children of the program.
            let busy = (runtime == "process").then_some(processor_time()?.saturating_sub(before).as_secs_f64() / cores);
            let share = busy.map(|busy| format!(", {:.0} % of all cores busy", 100.0 * busy / took.as_secs_f64()));
            println!("round {round}: {name} {:.1} s{}", took.as_secs_f64(), share.unwrap_or_default());
            ratios.push(took.as_secs_f64() / alone.as_secs_f64());
            floors.extend(busy.map(|busy| busy / alone.as_secs_f64()));
        }
    }
    for (((name, _), ratios), floors) in ways.iter().zip(&ratios).zip(&floors) {
        let floor =
            if floors.is_empty() { String::new() } else { format!(", by processor time {}", spread(floors, 2)) };
        println!("{runtime} failover folder {name}: ratio {}{floor}", spread(ratios, 2));
    }
    println!("{runtime} added by the harness to a run: {} s", spread(&added, 2));
    Ok(())
}

/// The processor time of all programs that were run, and of all that they have started and waited for.
fn processor_time() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).into_diagnostic()?;
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(microseconds).into_diagnostic()?))
}

/// The arguments of each run of the folder.
fn runs() -> Result<Vec<Vec<String>>> {
    let two = Topology::of(2).into_diagnostic()?;
    let mut runs = vec![];
    for shipped in shipped().into_iter().filter(|scenario| scenario.name.starts_with(FOLDER)) {
        let refused = |error| miette!("{}: {error}", shipped.name);
        for run in Scenario::parse(shipped.content).map_err(refused)?.plans(&two).map_err(refused)? {
            let cell = run.cell.to_string();
            let set = cell.split_whitespace().flat_map(|pair| ["--set".to_owned(), pair.to_owned()]);
            runs.push(std::iter::once(shipped.name.to_owned()).chain(set).collect());
        }
    }
    Ok(runs)
}

/// Runs it and says how long the program took.
fn run_program(arguments: &[String], runtime: &str, out: &Utf8Path) -> Result<Duration> {
    let mut command = Command::new("target/release/tomee-harness");
    command.arg("run").args(arguments).args(["--json", "--quiet", "--runtime", runtime, "--out", out.as_str()]);
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().into_diagnostic()?;
    let took = start.elapsed();
    if !output.status.success() {
        bail!("{arguments:?} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(took)
}

/// What a run of one program took beyond its start and its steps.
fn added_by_the_harness(run: &Utf8Path, took: Duration) -> Result<Duration> {
    let file = fs_err::File::open(run.join("history.jsonl")).into_diagnostic()?;
    let history = history::read(std::io::BufReader::new(file)).into_diagnostic()?;
    let events = || {
        history.records.iter().filter_map(|record| match &record.kind {
            RecordKind::Event(event) => Some((record.at, event)),
            _ => None,
        })
    };
    let first = events().find(|(_, event)| matches!(event, Event::NodeStarts { .. }));
    let first = first.ok_or_else(|| miette!("no node was started in {run}"))?.0;
    let (mut between, mut ended) = (Duration::ZERO, None::<Nanos>);
    for (at, event) in events() {
        match event {
            Event::StepBegins { .. } => between += ended.take().map_or(Duration::ZERO, |ended| at.since(ended)),
            Event::StepEnds { .. } => ended = Some(at),
            _ => {}
        }
    }
    let last = history.records.iter().map(|record| record.at).max().unwrap_or_default();
    let after = took.saturating_sub(last.since(Nanos::default()));
    Ok(first.since(Nanos::default()) + between + after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_of_the_folder_is_said_by_its_cell() {
        let runs = runs().expect("shipped scenarios can be read");
        let wanted = ["failover/kill-the-owner", "--set", "manager=backup"].map(str::to_owned);
        assert!(runs.contains(&wanted.to_vec()), "{runs:?}");
        assert!(runs.contains(&vec!["failover/asked-of-a-proxy".to_owned()]), "{runs:?}");
    }

    #[test]
    fn what_is_no_step_is_added_by_the_harness() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let line = |ms: u64, rest: &str| format!("{{\"at-ns\":{},\"record\":\"event\",{rest}}}\n", ms * 1_000_000);
        let text = [
            line(10, r#""event":"step-begins","step":1,"title":"start""#),
            line(50, r#""event":"node-starts","node":"n1""#),
            line(3000, r#""event":"step-ends","step":1"#),
            line(3007, r#""event":"step-begins","step":2,"title":"count""#),
            line(3100, r#""event":"step-ends","step":2"#),
        ];
        fs_err::write(folder.join("history.jsonl"), text.concat()).expect("written");
        let added = added_by_the_harness(folder, Duration::from_millis(3300)).expect("it can be read");
        assert_eq!(added, Duration::from_millis(50 + 7 + 200));
    }
}
