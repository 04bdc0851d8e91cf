//! What takes long: only `cargo ci test --full` runs it.

use std::time::Duration;

use integration_tests::{MainJob, TestContext, left_of};
use tomee_harness::host::wait::{self, Look, TimedOut};

/// What an owner that was killed leaves may take so long to vanish.
const CLEARED: Duration = Duration::from_secs(10);

/// Moments spread over a run and a little beyond, the same in every go: a multiplicative step through 0 to `most`.
fn moments(count: u64, most: Duration) -> impl Iterator<Item = Duration> {
    let most = u64::try_from(most.as_millis()).expect("a run takes seconds");
    (1..=count).map(move |number| Duration::from_millis(number * 7919 % most))
}

/// Kills the program at each moment with SIGKILL and looks what is left 10 s later at the most.
async fn nothing_is_left_after_a_kill(runtime: &str, most: Duration) {
    for moment in moments(20, most) {
        let context = TestContext::new();
        let mut command = context.users(&["run", "--quiet", "--runtime", runtime, "--out", "out"]);
        let mut owner = command.spawn().expect("the program starts");
        // It may end by itself before, on a quick machine: then it has removed everything, too.
        let waiting: Result<(), TimedOut> =
            wait::until("the moment", moment, async || Ok(Look::NotYet(String::new()))).await;
        waiting.expect_err("a moment is over when it is over");
        owner.kill().expect("it is our child");
        owner.wait().expect("it is our child");
        let guard_log = fs_err::read_to_string(context.folder().join("out/guard.log")).unwrap_or_default();
        // Killed before it had a guard, it had nothing else either.
        let Some(run) = guard_log.split("guarding run ").nth(1).and_then(|rest| rest.split(' ').next()) else {
            continue;
        };
        let cleared: Result<(), TimedOut> = wait::until("the run's things to vanish", CLEARED, async || {
            let left = left_of(run, runtime == "docker");
            Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
        })
        .await;
        cleared.unwrap_or_else(|error| panic!("killed after {moment:?}: {error}"));
    }
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_nothing_is_left_after_a_kill_of_the_program_on_processes() {
    nothing_is_left_after_a_kill("process", Duration::from_secs(9)).await;
}

#[tokio::test]
#[ignore = "takes minutes, and needs a container engine"]
async fn full_nothing_is_left_after_a_kill_of_the_program_on_containers() {
    nothing_is_left_after_a_kill("docker", Duration::from_secs(15)).await;
}

/// A scenario that has three faults upon it when it waits for what never comes.
const SCENARIO: &str = r#"name = "three faults at a time"
[[step]]
deploy = "counter"
[[step]]
slow-node = "n1"
percent = 50
[[step]]
fill-disk = "n2"
[[step]]
partition = "n2"
[[step]]
wait = "sessions"
on = "n1"
sessions = 99
within = "60s"
"#;

#[tokio::test]
#[ignore = "needs a container engine"]
async fn full_engine_a_kill_of_the_program_while_faults_last_leaves_nothing() {
    let context = TestContext::new();
    fs_err::write(context.folder().join("scenario.toml"), SCENARIO).expect("written");
    let arguments =
        ["run", "scenario.toml", "--quiet", "--runtime", "docker", "--server", "tomcat:11.0.24", "--out", "out"];
    let mut owner = context.users(&arguments).spawn().expect("the program starts");
    let history = context.folder().join("out/history.jsonl");
    let hit: Result<(), TimedOut> = wait::until("three faults to hit", Duration::from_mins(2), async || {
        let text = fs_err::read_to_string(&history).unwrap_or_default();
        let hits = text.matches(r#""phase":"hit""#).count();
        Ok(if hits == 3 { Look::Ready(()) } else { Look::NotYet(format!("{hits} have")) })
    })
    .await;
    hit.expect("they hit");
    let guard_log = fs_err::read_to_string(context.folder().join("out/guard.log")).expect("a guard");
    let run =
        guard_log.split("guarding run ").nth(1).and_then(|rest| rest.split(' ').next()).expect("it names the run");
    let there = left_of(run, true);
    for kind in ["container", "network", "volume"] {
        assert!(there.iter().any(|thing| thing.starts_with(kind)), "no {kind} in {there:?}");
    }
    owner.kill().expect("it is our child");
    owner.wait().expect("it is our child");
    let cleared: Result<(), TimedOut> = wait::until("the run's things to vanish", CLEARED, async || {
        let left = left_of(run, true);
        Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
    })
    .await;
    cleared.expect("nothing is left");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_four_runs_at_once_do_not_meet() {
    let context: Vec<_> = (0..4).map(|_| TestContext::new()).collect();
    let runs: Vec<_> = context
        .iter()
        .enumerate()
        .map(|(number, context)| {
            let membership = if number % 2 == 0 { "static" } else { "multicast" };
            let arguments =
                ["run", "--json", "--quiet", "--runtime", "process", "--membership", membership, "--out", "out"];
            context.users(&arguments).stdout(std::process::Stdio::piped()).spawn().expect("the program starts")
        })
        .collect();
    for run in runs {
        let output = run.wait_with_output().expect("it is our child");
        assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stdout));
    }
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_the_documented_procedure_keeps_its_sessions() {
    MainJob::run(&["--runtime", "process", "--membership", "multicast", "--timing", "documented"]).await.holds().await;
}

/// `explain CODE --prove` of every rule that has runs. A rule that they contradict is wrong.
#[test]
#[ignore = "takes most of an hour"]
fn full_every_rule_with_runs_is_proven_by_them() {
    let mut wrong = vec![];
    for (code, _) in tomee_harness::lint::proof::experiments() {
        let context = TestContext::new();
        let run = context.run(&["explain", code, "--prove", "--json", "--out", "proof"]);
        let shown: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        if shown["outcome"] != "proven" || run.code != Some(0) {
            wrong.push(format!("{code}: exit {:?}\n{}{}", run.code, run.stdout, run.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
