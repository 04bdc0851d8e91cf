//! Runs every shipped scenario on real servers, and writes the table of `scenarios/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use miette::{IntoDiagnostic as _, Result, bail, miette};
use tomee_harness::host::sync::lock;
use tomee_harness::model::scenario::{self, Scenario};
use tomee_harness::model::{Capability, Topology};
use tomee_harness::runtime::{RuntimeKind, process};

use crate::command::{cargo, command, java, read, run, shown};

/// What is run, and on what.
#[derive(Debug, Args)]
pub(crate) struct ScenarioArgs {
    /// Run only scenarios with one of these tags, names or numbers; the other rows of the table are kept
    only: Vec<String>,
    /// Server to run on; may be repeated. Only servers with a column in the table are recorded there
    #[arg(long, default_values = SERVERS)]
    server: Vec<String>,
    /// Where nodes run
    #[arg(long, default_value = "auto", value_parser = ["auto", "process", "docker"])]
    runtime: String,
    /// Number of scenarios to run concurrently
    #[arg(long, default_value_t = 1)]
    jobs: usize,
}

/// How many the full tier runs concurrently: each waits for half of its time.
const FULL_JOBS: usize = 3;
const PROGRAM: &str = "target/release/tomee-harness";
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../harness/scenarios/README.md");
const BEGIN: &str = "<!-- table -->";
const END: &str = "<!-- end of table -->";
/// The columns of the table.
const SERVERS: [&str; 2] = ["tomee:9.0.0", "tomcat:11.0.24"];
/// The tag of what only a TomEE can do, and what the table says of it on another server.
const TOMEE: &str = "tomee";
const NEEDS_TOMEE: &str = "needs TomEE";
const NOT_RUN: &str = "not run";
/// What the other columns say of a scenario that names its servers itself, which is run once.
const OWN_SERVERS: &str = "its own servers";

/// A shipped scenario, as `list` prints it.
#[derive(Debug)]
struct Shipped {
    name: String,
    catalogue: String,
    sentence: String,
    runtimes: String,
    needs_tomee: bool,
    own_servers: bool,
}

/// Runs all of them on all servers of the table, as the full tier does.
pub(crate) fn all() -> Result<()> {
    let server = SERVERS.map(str::to_owned).into();
    scenarios(&ScenarioArgs { only: vec![], server, runtime: "auto".to_owned(), jobs: FULL_JOBS })
}

/// Runs them all; one that does not hold is an error, after all were run.
pub(crate) fn scenarios(args: &ScenarioArgs) -> Result<()> {
    run(cargo().args(["build", "--release", "--quiet", "--package", "tomee-harness"]))?;
    let chosen = names(&read(command(&[PROGRAM, "list", "--json"]).args(&args.only))?)?;
    let (all, java) = (shipped()?, java()?);
    let chosen: Vec<&Shipped> = all.iter().filter(|it| chosen.contains(&it.name)).collect();
    let asked: Vec<(&Shipped, &str)> =
        chosen.iter().flat_map(|it| args.server.iter().map(move |server| (*it, server.as_str()))).collect();
    let (next, table) = (AtomicUsize::new(0), Mutex::new(Table::read()?));
    let bad = Mutex::new(vec![]);
    let work = || -> Result<()> {
        while let Some((scenario, server)) = asked.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (verdict, cell) = if scenario.needs_tomee && !server.starts_with(TOMEE) {
                (NEEDS_TOMEE, NEEDS_TOMEE.to_owned())
            } else if scenario.own_servers && *server != args.server[0] {
                (OWN_SERVERS, OWN_SERVERS.to_owned())
            } else {
                let (verdict, took) = run_one(scenario, server, &args.runtime)?;
                println!("{verdict:<10} {:>6.1} s  {} on {server}", took.as_secs_f64(), scenario.name);
                (verdict, format!("{verdict}, {:.0} s ({})", took.as_secs_f64(), jiff::Zoned::now().date()))
            };
            if !["holds", NEEDS_TOMEE, OWN_SERVERS].contains(&verdict) {
                lock(&bad).push(format!("{} on {server}: {verdict}", scenario.name));
            }
            // After each, so that a night's work is not lost with its last hour.
            let mut table = lock(&table);
            table.0.insert((scenario.name.clone(), (*server).to_owned()), cell);
            table.write(&all, &java)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..args.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    let bad = lock(&bad);
    if bad.is_empty() { Ok(()) } else { bail!("scenarios that did not pass:\n{}", bad.join("\n")) }
}

/// The scenarios that `list` printed.
fn names(json: &str) -> Result<Vec<String>> {
    let list: serde_json::Value = serde_json::from_str(json).into_diagnostic()?;
    let all = list["scenarios"].as_array().ok_or_else(|| miette!("`list` printed no scenarios"))?;
    Ok(all.iter().filter_map(|it| it["scenario"].as_str().map(str::to_owned)).collect())
}

fn shipped() -> Result<Vec<Shipped>> {
    let all = scenario::shipped().into_iter().map(|shipped| {
        let scenario = Scenario::parse(shipped.content).map_err(|error| miette!("{}: {error}", shipped.name))?;
        Ok(Shipped {
            name: shipped.name.to_owned(),
            catalogue: scenario.catalogue().unwrap_or("-").to_owned(),
            sentence: scenario.name().to_owned(),
            own_servers: scenario.server().is_some(),
            runtimes: runtimes(&scenario)?.join(", "),
            needs_tomee: scenario.tags().iter().any(|tag| tag == TOMEE),
        })
    });
    all.collect()
}

/// The runtimes that can do all runs of a scenario, on whatever machine. Processes need root for some.
fn runtimes(scenario: &Scenario) -> Result<Vec<&'static str>> {
    let plans = scenario.plans(&Topology::of(2).into_diagnostic()?).into_diagnostic()?;
    let able = |name: &str, capabilities: &BTreeSet<Capability>| {
        plans.iter().all(|run| run.plan.check(name, capabilities).is_ok())
    };
    let anywhere: BTreeSet<Capability> = process::CAPABILITIES.into_iter().chain([Capability::Kubernetes]).collect();
    let as_root = anywhere.iter().copied().chain(process::CAPABILITIES_OF_NAMESPACES).collect();
    let on_this_machine = match (able(process::NAME, &anywhere), able(process::NAME, &as_root)) {
        (true, _) => Some("process"),
        (false, true) => Some("process as root"),
        (false, false) => None,
    };
    let in_containers = RuntimeKind::DOCKER;
    let in_containers = able(in_containers.name(), &in_containers.capabilities()).then_some("docker");
    Ok(on_this_machine.into_iter().chain(in_containers).collect())
}

/// The manual with a row for each scenario that ships; what was measured stays.
pub(crate) fn listed(manual: &str) -> Result<String> {
    let (before, rows, after) = parts(manual)?;
    let measured = rows.trim_start().lines().next().unwrap_or_default();
    let rows = Table::parse(rows).rows(&shipped()?, measured);
    Ok(format!("{before}{BEGIN}\n{rows}{END}{after}"))
}

/// How it went, and how long all runs of its matrix took.
fn run_one(scenario: &Shipped, server: &str, runtime: &str) -> Result<(&'static str, Duration)> {
    let kept = tempfile::tempdir().into_diagnostic()?;
    let folder = kept.path().to_string_lossy().into_owned();
    // With a slash it is a path, and the name of a shipped one where no such file is.
    let name = format!("scenarios/{}.toml", scenario.name);
    let mut command = command(&[PROGRAM, "run", &name, "--quiet", "--json"]);
    if !scenario.own_servers {
        command.args(["--server", server]);
    }
    command.args(["--runtime", runtime, "--out", &format!("{folder}/runs")]);
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().into_diagnostic()?;
    let took = start.elapsed();
    let verdict = match output.status.code() {
        Some(0) => "holds",
        Some(1) => "VIOLATED",
        Some(3) => "unknown",
        _ => "error",
    };
    if verdict != "holds" {
        println!("{}: {}", shown(&command), String::from_utf8_lossy(&output.stderr));
        // What is not as it says is to be looked at.
        drop(kept.keep());
    }
    Ok((verdict, took))
}

/// What each scenario said on each server, as the README lists it.
#[derive(Debug)]
struct Table(BTreeMap<(String, String), String>);

impl Table {
    fn read() -> Result<Self> {
        let text = fs_err::read_to_string(README).into_diagnostic()?;
        let (_, rows, _) = parts(&text)?;
        Ok(Self::parse(rows))
    }

    fn parse(rows: &str) -> Self {
        let mut known = BTreeMap::new();
        for row in rows.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let Some(from) = cells.len().checked_sub(SERVERS.len()) else { continue };
            let name = cells[0].trim_matches('`');
            for (server, cell) in SERVERS.iter().zip(&cells[from..]) {
                known.insert((name.to_owned(), (*server).to_owned()), (*cell).to_owned());
            }
        }
        Self(known)
    }

    fn write(&self, all: &[Shipped], java: &str) -> Result<()> {
        let text = fs_err::read_to_string(README).into_diagnostic()?;
        let (before, _, after) = parts(&text)?;
        let rows = self.rows(all, &measured(java));
        fs_err::write(README, format!("{before}{BEGIN}\n{rows}{END}{after}")).into_diagnostic()
    }

    fn rows(&self, all: &[Shipped], measured: &str) -> String {
        let mut rows = format!("{measured}\n\n");
        rows.push_str(&format!("| scenario | | what it says | runtimes | {} |\n", SERVERS.join(" | ")));
        rows.push_str(&format!("|---|---|---|---|{}\n", "---|".repeat(SERVERS.len())));
        for Shipped { name, catalogue, sentence, runtimes, .. } in all {
            let cell = |server: &&str| {
                let cell = self.0.get(&(name.clone(), (*server).to_owned()));
                cell.map_or(NOT_RUN, String::as_str).to_owned()
            };
            let cells = SERVERS.iter().map(cell).collect::<Vec<_>>().join(" | ");
            let sentence = sentence.replace('|', "\\|");
            rows.push_str(&format!("| `{name}` | {catalogue} | {sentence} | {runtimes} | {cells} |\n"));
        }
        rows
    }
}

/// On what it was measured.
fn measured(java: &str) -> String {
    format!(
        "Run on {} processors, {java}. The time is that of all runs of a scenario's matrix, one after the other.",
        std::thread::available_parallelism().map_or(1, usize::from),
    )
}

/// What stands before the table, the table, and what stands after it.
fn parts(text: &str) -> Result<(&str, &str, &str)> {
    let place = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (rows, after) = rest.split_once(END)?;
        Some((before, rows, after))
    });
    place.ok_or_else(|| miette!("{README} has no place for the table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever this machine can do.
    #[test]
    fn the_runtimes_of_a_scenario_are_those_of_any_machine() {
        let of = |name: &str| {
            let all = shipped().expect("they are read");
            all.into_iter().find(|it| it.name == name).expect("it ships").runtimes
        };
        assert_eq!(of("failover/kill-the-owner"), "process, docker");
        assert_eq!(of("partition/lost-host"), "process as root, docker");
        assert_eq!(of("kubernetes/one-failed-poll"), "process");
        assert_eq!(of("membership/by-dns"), "docker");
    }

    #[test]
    fn a_row_of_an_earlier_run_stays() {
        let scenario = |name: &str| Shipped {
            name: name.to_owned(),
            catalogue: "S07".to_owned(),
            sentence: "a | b".to_owned(),
            runtimes: "process, docker".to_owned(),
            needs_tomee: false,
            own_servers: false,
        };
        let all = [scenario("failover/kill"), scenario("farm/undeploy")];
        let mut table = Table::parse("");
        table.0.insert((all[0].name.clone(), SERVERS[1].to_owned()), "holds, 12 s (2026-11-22)".to_owned());
        let rows = table.rows(&all, "Java 17");
        assert_eq!(rows.matches(NOT_RUN).count(), 3, "{rows}");
        let again = Table::parse(&rows);
        assert_eq!(again.rows(&all, "Java 17"), rows);
        let text =
            format!("before\n{BEGIN}\nRun here.\n\n| `farm/undeploy` | a | b | c | holds, 1 s | x |\n{END}\nafter\n");
        let listed = listed(&text).expect("a place");
        assert!(listed.starts_with("before\n") && listed.ends_with("\nafter\n") && listed.contains("\nRun here.\n"));
        assert!(listed.contains(" | holds, 1 s | x |"), "what was measured stays");
        assert_eq!(listed.lines().filter(|line| line.starts_with("| `")).count(), scenario::shipped().len());
        assert_eq!(again.0[&(all[0].name.clone(), SERVERS[1].to_owned())], "holds, 12 s (2026-11-22)");
    }
}
