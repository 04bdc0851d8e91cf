//! How quick the commands by hand are, and what outlives them when they are killed.

use std::time::{Duration, Instant};

use integration_tests::left_of;
use serde_json::Value;
use tomee_harness::host::wait::{Look, TimedOut, until};

use crate::lab::{LIMIT, Lab, kill};

/// How long all sessions of three nodes may take, in milliseconds. Reading so much JSON takes a program that is not optimised
/// several times as long.
const ALL_SESSIONS: u64 = if cfg!(debug_assertions) { 1200 } else { 300 };

/// The `percent`th of some times.
fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn timed(lab: &Lab, arguments: &[&str]) -> Duration {
    let begun = Instant::now();
    lab.done(arguments);
    begun.elapsed()
}

#[test]
#[ignore = "slow: the full tier"]
fn full_commands_that_only_look_are_quick_on_a_thousand_sessions() {
    let lab = Lab::new();
    let scenario = "name = \"a thousand sessions\"\n[cluster]\nnodes = 3\nserver = \"tomcat:10.1.59\"\n\
                    [[step]]\ndeploy = \"counter\"\n[[step]]\nrequest = \"count\"\non = \"n1\"\nclients = 1000\nparallel = 8\n\
                    [[step]]\nrequest = \"count\"\non = \"n1\"\nexpect = { count = 7 }\n";
    fs_err::write(lab.0.folder().join("many.toml"), scenario).expect("written");
    // An answer that is not as it is expected: the run stays up where it is.
    let held = lab.run(&["run", "./many.toml", "--runtime", "process", "--hold", "on-failure"]);
    assert_eq!(held.code, Some(1), "{held}");
    let mut shown = String::new();
    for command in [
        &["ps"][..],
        &["status"],
        &["logs"],
        &["logs", "--problems"],
        &["diff", "n1", "n2"],
        &["recipe"],
        &["config", "n1"],
        &["jmx", "n1", "Catalina:type=Manager,*"],
    ] {
        timed(&lab, command);
        let p95 = percentile((0..20).map(|_| timed(&lab, command)).collect(), 95);
        let limit = if command[0] == "diff" { ALL_SESSIONS } else { 150 };
        shown.push_str(&format!("{}: p95 {p95:?} of {limit} ms\n", command.join(" ")));
        assert!(p95 <= Duration::from_millis(limit), "{shown}");
    }
    let all = percentile((0..20).map(|_| timed(&lab, &["sessions"])).collect(), 95);
    shown.push_str(&format!("sessions: p95 {all:?} of {ALL_SESSIONS} ms\n"));
    assert!(all <= Duration::from_millis(ALL_SESSIONS), "{shown}");
    say(&shown);
}

/// What was measured is for who runs the test.
#[expect(clippy::print_stdout, reason = "a test harness shows it")]
fn say(text: &str) {
    println!("{text}");
}

/// A pseudo-random number below a limit, the same in each run.
fn next(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

/// The keeper or a command is killed at a random moment, of its start, its work or its end; then all is ended.
#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_nothing_is_left_after_a_hundred_kills_at_random_moments() {
    let mut seed = 42;
    let times: u32 = std::env::var("KILLS").ok().and_then(|times| times.parse().ok()).unwrap_or(100);
    for number in 0..times {
        let lab = Lab::new();
        let mut up = lab.begun(&["up", "--server", "tomcat:10.1.59", "--runtime", "process"]);
        let keeper: Result<String, TimedOut> = until("a keeper", LIMIT, async || {
            let all = lab.done(&["ps", "--json"]).json();
            let keeper = all["clusters"][0]["keeper"].as_i64().map(|pid| pid.to_string());
            Ok(keeper.map_or_else(|| Look::NotYet("none".to_owned()), Look::Ready))
        })
        .await;
        let keeper = keeper.expect("it is remembered");
        let run = lab.done(&["ps", "--json"]).json()["clusters"][0]["run"].as_str().expect("a run").to_owned();
        let whole = next(&mut seed, 2) == 0;
        if whole {
            up.wait().expect("it ends");
        }
        let command: &[&str] = match next(&mut seed, 5) {
            0 => &["http", "n1", "/counter/"],
            1 => &["kill", "n1"],
            2 => &["pause", "n1", "--for", "1s"],
            3 => &["status"],
            _ => &["down"],
        };
        let mut other = lab.begun(command);
        let moment = Duration::from_millis(next(&mut seed, if whole { 600 } else { 4000 }));
        let begun = Instant::now();
        let passed: Result<(), TimedOut> = until("the moment", LIMIT, async || {
            Ok(if begun.elapsed() < moment { Look::NotYet("not yet".to_owned()) } else { Look::Ready(()) })
        })
        .await;
        passed.expect("it comes");
        match next(&mut seed, 3) {
            0 => drop(other.kill()),
            1 => drop(up.kill()),
            // It may have ended by itself.
            _ if std::path::Path::new(&format!("/proc/{keeper}")).exists() => kill_if_there(&keeper),
            _ => {}
        }
        let begun = Instant::now();
        let down = lab.run(&["down"]);
        assert_eq!(down.code, Some(0), "{number}: {command:?} at {moment:?}: {down}");
        say(&format!("{number}: {command:?} at {moment:?}: down within {:?}", begun.elapsed()));
        let _ = (other.wait(), up.wait());
        assert_eq!(left_of(&run, false), Vec::<String>::new(), "{number}: {command:?} at {moment:?}");
        assert_eq!(lab.done(&["ps", "--json"]).json()["clusters"], Value::Array(vec![]), "{number}");
    }
}

fn kill_if_there(pid: &str) {
    let _ = std::process::Command::new("kill").args(["-9", pid]).stderr(std::process::Stdio::null()).status();
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_all_is_ended_within_three_seconds_after_everything_was_killed() {
    let lab = Lab::new();
    lab.up(&[]);
    let status = lab.status();
    let run = status["run"].as_str().expect("a run").to_owned();
    let keeper = lab.done(&["ps", "--json"]).json()["clusters"][0]["keeper"].to_string();
    let nodes: Vec<String> = (0..2).map(|node| lab.pid(node)).collect();
    kill(&keeper);
    for node in &nodes {
        kill_if_there(node);
    }
    let took = timed(&lab, &["down"]);
    assert_eq!(left_of(&run, false), Vec::<String>::new());
    assert!(took <= Duration::from_secs(3), "{took:?}");
}
