//! `explain CODE --prove`: a rule of lint on real servers, with the fault and with the remedy.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;
use tomee_harness::gate::{self, Choice, ProofOutcome, ProofRun, Role, RunResult};
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::lint::Rule;
use tomee_harness::lint::proof::{self, Experiment, Half, Proof, ProofServer};
use tomee_harness::model::ServerSpec;
use tomee_harness::runner::Jobs;
use tomee_harness::tomcat::distribution::{Caches, Distribution, Maven, Quiet};
use tomee_harness::verdict::{Status, Verdict};

use super::gate::work::{self, Common, Done, Item};
use crate::args::{ExplainArgs, OutputArgs};
use crate::block_on::block_on;
use crate::color::ColorChoice;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::progress::Progress;
use crate::signals;

/// Longer than any run of a proof: a node that never answers is waited for.
const TIMEOUT: std::time::Duration = std::time::Duration::from_mins(8);

/// One side that was run.
struct Shown {
    half: Half,
    result: RunResult,
    verdict: Verdict,
}

pub(super) fn prove(rule: &Rule, args: &ExplainArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let experiment = match proof::of(rule.code) {
        Some(Proof::Runs(experiment)) => experiment,
        Some(Proof::None(why)) => return unproven(rule, why, output),
        None => return unproven(rule, "it has no runs of its own", output),
    };
    let folder = folder(args)?;
    let progress = Progress::new(output, output.color.unwrap_or(ColorChoice::Auto));
    let done = block_on(async {
        let signals = signals::listen().map_err(Failure::environment)?;
        let lacking = lacking(experiment, &folder).await?;
        let runs = gate::prepare(experiment, &folder, lacking.as_deref()).map_err(Failure::usage)?;
        let jvm = runs[0].plan.topology.jvm.clone();
        let items: Vec<Item> = runs.into_iter().map(|run| item(rule, run, &folder)).collect();
        let (jobs, within) = (Jobs::Auto, None);
        let common = Common { jobs, jvm: &jvm, timeout: TIMEOUT, within, progress: &progress, signals: &signals };
        Box::pin(work::all(&items, common)).await
    });
    progress.finish();
    let mut shown = vec![];
    for (half, done) in [Half::Bad, Half::Good].into_iter().zip(done?) {
        if let Done::Run { result, .. } = done {
            let path = Utf8PathBuf::from(&result.run_dir).join("verdict.json");
            let text = fs_err::read_to_string(path).map_err(Failure::environment)?;
            let verdict = serde_json::from_str(&text).map_err(Failure::environment)?;
            shown.push(Shown { half, result: *result, verdict });
        }
    }
    let [bad, good] = &shown[..] else { return Err(Failure::new(Exit::Interrupted, "interrupted")) };
    let outcome = gate::outcome(experiment, &bad.verdict, &good.verdict);
    if output.is_json() {
        let sides: Vec<_> = shown.iter().map(side).collect();
        print_json(
            &json!({"format": 1, "rule": rule.code, "outcome": outcome, "server": server(experiment), "runs": sides}),
        )?;
    } else {
        print(&text(rule, experiment, outcome, &shown))?;
    }
    Ok(match outcome {
        ProofOutcome::Proven => Exit::Holds,
        ProofOutcome::Contradicted => Exit::Violated,
        ProofOutcome::Undecided => Exit::Unknown,
    })
}

fn unproven(rule: &Rule, why: &str, output: &OutputArgs) -> Result<Exit, Failure> {
    if output.is_json() {
        print_json(&json!({"format": 1, "rule": rule.code, "outcome": "none", "because": why}))?;
    } else {
        print(&format!("{} {}: not proven by runs here: {why}\n", rule.code, rule.name))?;
    }
    Ok(Exit::Unknown)
}

fn item(rule: &Rule, run: ProofRun, folder: &Utf8Path) -> Item {
    let (name, reason) = match run.half {
        Half::Bad => ("bad", format!("{}: {}", rule.code, rule.finds)),
        Half::Good => ("good", "the same with the remedy".to_owned()),
    };
    let choice = Choice { name, reason, role: Role::Decides, plan: run.plan, rests_on: None };
    let folder = folder.join(format!("run-{name}"));
    Item { side: 0, name: name.to_owned(), choice, folder, claims: vec![], war: None }
}

/// A copy of the server without the jars that the fault is about.
async fn lacking(experiment: &Experiment, folder: &Utf8Path) -> Result<Option<Utf8PathBuf>, Failure> {
    let ProofServer::TomcatLacking(version, jar) = experiment.server else { return Ok(None) };
    let caches = Caches::of_user().map_err(Failure::environment)?;
    let server = ServerSpec::Tomcat { version: version.to_owned() };
    let found = Distribution::resolve(&server, &caches, &Maven::default(), &Quiet).await;
    let home = found.map_err(Failure::environment)?.home;
    let copy = folder.join("server");
    copied(&home, &copy, &|name| name.starts_with(jar)).map_err(Failure::environment)?;
    Ok(Some(copy))
}

fn copied(from: &Utf8Path, to: &Utf8Path, is_left_out: &dyn Fn(&str) -> bool) -> std::io::Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        let inner = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(entry.path(), &inner, is_left_out)?;
        } else if !is_left_out(entry.file_name()) {
            fs_err::copy(entry.path(), &inner)?;
        }
    }
    Ok(())
}

fn folder(args: &ExplainArgs) -> Result<Utf8PathBuf, Failure> {
    let folder = if let Some(out) = &args.out {
        out.clone()
    } else {
        let here = std::env::current_dir().map_err(Failure::environment)?;
        let here = Utf8PathBuf::try_from(here).map_err(Failure::environment)?;
        here.join(".tomee-harness/proofs").join(RunDir::new_id(&jiff::Zoned::now()).as_str())
    };
    let made = RunDir::create(&folder).map_err(Failure::usage)?;
    Ok(made.path().to_owned())
}

fn server(experiment: &Experiment) -> String {
    match experiment.server {
        ProofServer::Tomcat(version) => format!("tomcat:{version}"),
        ProofServer::Tomee(version) => format!("tomee:{version}"),
        ProofServer::TomcatLacking(version, jar) => format!("tomcat:{version}, on the bad side without {jar}.jar"),
    }
}

/// What decided a side, in one line.
fn because(shown: &Shown) -> String {
    let violated = gate::violations(&shown.verdict).into_iter().map(|(violation, why)| format!("{violation}: {why}"));
    let expected = shown.verdict.expectations.iter().filter(|one| one.status == Status::Violated);
    let expected = expected.map(|one| format!("{}: {}", one.what, one.because));
    let other = shown.result.because.clone();
    let worst = shown.result.worst().map(gate::Tested::line);
    violated.chain(expected).chain(other).chain(worst).next().unwrap_or_else(|| {
        let kept = shown.verdict.guarantees.iter().filter(|finding| finding.status == Status::Holds).count();
        format!("{kept} guarantees")
    })
}

fn side(shown: &Shown) -> serde_json::Value {
    let violations: Vec<String> =
        gate::violations(&shown.verdict).into_iter().map(|(violation, _)| violation.to_string()).collect();
    json!({
        "side": if shown.half == Half::Bad { "bad" } else { "good" },
        "status": shown.verdict.status,
        "violations": violations,
        "because": because(shown),
        "run": shown.result.run_dir,
    })
}

fn text(rule: &Rule, experiment: &Experiment, outcome: ProofOutcome, shown: &[Shown]) -> String {
    let word = match outcome {
        ProofOutcome::Proven => "proven",
        ProofOutcome::Contradicted => "CONTRADICTED",
        ProofOutcome::Undecided => "not decided",
    };
    let mut out = format!("{} {}: {word} on {}\n", rule.code, rule.name, server(experiment));
    for one in shown {
        let name = if one.half == Half::Bad { "with the fault" } else { "with the remedy" };
        let status = match one.verdict.status {
            Status::Holds => "holds",
            Status::Violated => "violated",
            Status::Unknown => "unknown",
        };
        out.push_str(&format!("  {name:<16} {status:<9} {}\n  {:<16} run: {}\n", because(one), "", one.result.run_dir));
    }
    out
}
