//! Tells every shipped scenario on real servers, and writes the table of `scenarios/README.md`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use clap::Args;
use miette::{IntoDiagnostic as _, Result, bail, miette};

use crate::command::{cargo, command, java, read, run, shown};

/// What is told, and on what.
#[derive(Debug, Args)]
pub(crate) struct ScenarioArgs {
    /// Only scenarios with this tag, name or number; the table is then left as it is
    only: Option<String>,
    /// Servers; may be repeated
    #[arg(long, default_values = ["tomee:9.0.0", "tomcat:11.0.24"])]
    server: Vec<String>,
    /// What a node is
    #[arg(long, default_value = "auto", value_parser = ["auto", "process", "docker"])]
    runtime: String,
}

const PROGRAM: &str = "target/release/tomee-harness";
const BEGIN: &str = "<!-- table -->";
const END: &str = "<!-- end of table -->";
/// The tag of what only a TomEE can do, and what the table says of it on another server.
const TOMEE: &str = "tomee";
const NEEDS_TOMEE: &str = "needs TomEE";

/// A shipped scenario, as `list` tells it.
#[derive(Debug)]
struct Shipped {
    name: String,
    catalogue: String,
    sentence: String,
    needs_tomee: bool,
}

/// How a scenario went on one server.
#[derive(Debug)]
struct Went {
    verdict: String,
    took: Duration,
}

/// Tells them all; one that does not hold is an error, when all were told.
pub(crate) fn scenarios(args: &ScenarioArgs) -> Result<()> {
    run(cargo().args(["build", "--release", "--quiet", "--package", "tomee-harness"]))?;
    let mut list = command(&[PROGRAM, "list", "--json"]);
    list.args(&args.only);
    let shipped = shipped(&read(&mut list)?)?;
    let (mut rows, mut bad) = (vec![], vec![]);
    for scenario in shipped {
        let mut row = vec![];
        for server in &args.server {
            if scenario.needs_tomee && !server.starts_with(TOMEE) {
                row.push(Went { verdict: NEEDS_TOMEE.to_owned(), took: Duration::ZERO });
                continue;
            }
            let went = tell(&scenario, server, &args.runtime)?;
            println!("{:<10} {:>6.1} s  {} on {server}", went.verdict, went.took.as_secs_f64(), scenario.name);
            if went.verdict != "holds" {
                bad.push(format!("{} on {server}: {}", scenario.name, went.verdict));
            }
            row.push(went);
        }
        rows.push((scenario, row));
    }
    if args.only.is_none() {
        write_table(&table(&args.server, &rows)?)?;
    }
    if bad.is_empty() { Ok(()) } else { bail!("not as they say:\n{}", bad.join("\n")) }
}

fn shipped(json: &str) -> Result<Vec<Shipped>> {
    let list: serde_json::Value = serde_json::from_str(json).into_diagnostic()?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    let all = list["scenarios"].as_array().ok_or_else(|| miette!("`list` tells no scenarios"))?;
    let all = all.iter().map(|it| Shipped {
        name: text(&it["scenario"]),
        catalogue: text(&it["catalogue"]),
        sentence: text(&it["name"]),
        needs_tomee: it["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == TOMEE)),
    });
    Ok(all.collect())
}

fn tell(scenario: &Shipped, server: &str, runtime: &str) -> Result<Went> {
    let folder = tempfile::tempdir().into_diagnostic()?;
    let folder = folder.path().to_string_lossy().into_owned();
    // With a slash it is a path, and the name of a shipped one where no such file is.
    let name = format!("scenarios/{}.toml", scenario.name);
    let mut command = command(&[PROGRAM, "run", &name, "--quiet", "--json", "--server", server]);
    command.args(["--runtime", runtime, "--out", &format!("{folder}/runs")]);
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output().into_diagnostic()?;
    let took = start.elapsed();
    let verdict = match output.status.code() {
        Some(0) => "holds",
        Some(1) => "VIOLATED",
        Some(3) => "unknown",
        _ => {
            println!("{}: {}", shown(&command), String::from_utf8_lossy(&output.stderr));
            "error"
        }
    };
    Ok(Went { verdict: verdict.to_owned(), took })
}

fn table(servers: &[String], rows: &[(Shipped, Vec<Went>)]) -> Result<String> {
    let java = java()?;
    let mut table = format!(
        "Told on {} on {} processors, {java}. The time is that of all runs of a scenario's matrix.\n\n",
        jiff::Zoned::now().date(),
        std::thread::available_parallelism().map_or(1, usize::from),
    );
    table.push_str(&format!("| scenario | | what it says | {} |\n", servers.join(" | ")));
    table.push_str(&format!("|---|---|---|{}\n", "---|".repeat(servers.len())));
    for (scenario, went) in rows {
        let cell = |went: &Went| match went.verdict.as_str() {
            NEEDS_TOMEE => NEEDS_TOMEE.to_owned(),
            verdict => format!("{verdict}, {:.0} s", went.took.as_secs_f64()),
        };
        let went: Vec<String> = went.iter().map(cell).collect();
        table.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            scenario.name,
            scenario.catalogue,
            scenario.sentence.replace('|', "\\|"),
            went.join(" | ")
        ));
    }
    Ok(table)
}

fn write_table(table: &str) -> Result<()> {
    let path = Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../harness/scenarios/README.md"));
    let text = fs_err::read_to_string(&path).into_diagnostic()?;
    let (before, rest) = text.split_once(BEGIN).ok_or_else(|| miette!("{path} has no place for the table"))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| miette!("{path} has no place for the table"))?;
    fs_err::write(&path, format!("{before}{BEGIN}\n{table}{END}{after}")).into_diagnostic()
}
