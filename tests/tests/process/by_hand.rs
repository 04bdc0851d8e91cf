//! The lab by hand on real servers: a cluster that stays up between commands, and nothing left of it afterwards.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use camino::Utf8Path;
use integration_tests::{Ran, TestContext, left_of};
use serde_json::Value;
use tomee_harness::host::wait::{Look, TimedOut, until};

const SERVER: [&str; 4] = ["--server", "tomcat:10.1.59", "--runtime", "process"];
/// How long a loaded machine may take for what needs a second.
const LIMIT: Duration = Duration::from_secs(30);

/// A user with a registry of clusters of its own. Whatever a test does, nothing of it stays up.
struct Lab(TestContext);

impl Lab {
    fn new() -> Self {
        Self(TestContext::new())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.users(arguments);
        command.env("XDG_STATE_HOME", self.0.folder().join("state"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    fn done(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran}");
        ran
    }

    fn up(&self, more: &[&str]) {
        self.done(&[&["up"][..], &SERVER, more].concat());
    }

    fn status(&self) -> Value {
        self.done(&["status", "--json"]).json()["cluster"].clone()
    }

    /// The process of a node.
    fn pid(&self, node: usize) -> String {
        let place = self.status()["nodes"][node]["place"].as_str().expect("it runs").to_owned();
        place.strip_prefix("process ").expect("a process").to_owned()
    }

    fn begun(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.run(&["down", "--all"]);
    }
}

fn kill(pid: &str) {
    let killed = Command::new("kill").args(["-9", pid]).status().expect("kill is there");
    assert!(killed.success(), "there is no process {pid}");
}

async fn await_nothing_of(run: &str) {
    let gone: Result<(), TimedOut> = until("nothing to be left", LIMIT, async || {
        let left = left_of(run, false);
        Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
    })
    .await;
    gone.expect("the guard removes it");
}

#[test]
fn what_is_done_by_hand_is_judged_and_repeated_by_its_recipe() {
    let lab = Lab::new();
    lab.up(&[]);
    let asked = lab.done(&["http", "n1", "/counter/"]);
    assert!(asked.stdout.contains("\"count\":1"), "{asked}");
    lab.done(&["http", "n1", "/counter/"]);
    let sessions = lab.done(&["sessions", "--json"]).json();
    assert_eq!(sessions["sessions"][0]["nodes"]["n2"]["attributes"]["count"]["value"], 2, "{sessions}");
    let killed = lab.done(&["kill", "n1"]);
    assert!(killed.stdout.contains("ended by signal 9"), "{killed}");
    assert_eq!(lab.status()["nodes"][0]["state"], "killed");
    assert!(lab.done(&["kill", "n1"]).stdout.contains("down already"));
    let refused = lab.run(&["http", "n1", "/counter/"]);
    assert_eq!(refused.code, Some(2), "nobody can be asked there: {refused}");
    assert!(lab.done(&["http", "n2", "/counter/"]).stdout.contains("\"count\":3"));
    lab.done(&["start", "n1"]);
    let status = lab.status();
    assert_eq!((&status["nodes"][0]["state"], &status["nodes"][0]["members"][0]), (&"running".into(), &"n2".into()));
    assert_eq!(lab.done(&["diff", "n1", "n2"]).code, Some(0));
    let verdict = lab.done(&["verdict", "--json"]).json();
    assert_eq!(verdict["verdict"]["status"], "holds", "{verdict}");
    lab.done(&["recipe", "--output", "recipe.toml"]);
    let (run, folder) = (status["run"].as_str().expect("a run"), status["folder"].as_str().expect("a folder"));
    lab.done(&["down"]);
    assert_eq!(left_of(run, false), Vec::<String>::new());
    assert!(lab.done(&["ps"]).stdout.contains("no cluster is up"));
    let checked = lab.done(&["check", folder, "--json"]).json();
    assert_eq!(checked["verdict"]["status"], "holds", "{checked}");
    assert!(Utf8Path::new(folder).join("report.html").is_file());
    let repeated = lab.done(&["run", "./recipe.toml", "--runtime", "process", "--json"]).json();
    let guarantees = |summary: &Value| -> Vec<(Value, Value)> {
        let all = summary["verdict"]["guarantees"].as_array().expect("guarantees");
        all.iter().map(|one| (one["guarantee"].clone(), one["status"].clone())).collect()
    };
    assert_eq!(guarantees(&repeated), guarantees(&verdict), "{repeated}");
}

#[tokio::test]
async fn nothing_outlives_a_keeper_and_a_node_that_dies_behind_its_back_is_shown_at_once() {
    let lab = Lab::new();
    lab.up(&["--bare", "--name", "other"]);
    // A command that waits is killed; what it asked for goes on, and the next one says what it waits for.
    let mut waiting = lab.begun(&["wait", "--for", "log=never said", "--on", "n1", "--within", "4s"]);
    let busy: Result<(), TimedOut> = until("the keeper to be busy", LIMIT, async || {
        let doing = lab.status()["doing"].clone();
        Ok(if doing.is_string() { Look::Ready(()) } else { Look::NotYet("it is not".to_owned()) })
    })
    .await;
    busy.expect("it waits for the log");
    waiting.kill().and_then(|()| waiting.wait()).expect("it is killed");
    let second = lab.done(&["deploy", "counter"]);
    assert!(second.stderr.contains("waits for another command"), "{second}");

    let victim = lab.pid(1);
    kill(&victim);
    // A JVM takes a moment to end after the signal.
    let died: Result<(), TimedOut> = until("the node to be shown as dead", LIMIT, async || {
        let state = lab.status()["nodes"][1]["state"].clone();
        Ok(if state == "died" { Look::Ready(()) } else { Look::NotYet(state.to_string()) })
    })
    .await;
    died.expect("status asks the machine");
    lab.done(&["start", "n2"]);
    assert_eq!(lab.status()["nodes"][1]["state"], "running");
    let verdict = lab.run(&["verdict"]);
    assert_ne!(verdict.code, Some(0), "a death that nobody asked for is no pass: {verdict}");

    let run = lab.status()["run"].as_str().expect("a run").to_owned();
    let keeper = lab.done(&["ps", "--json"]).json()["clusters"][0]["keeper"].to_string();
    kill(&keeper);
    await_nothing_of(&run).await;
    for command in [&["status"][..], &["kill", "n1"], &["verdict"]] {
        let ran = lab.run(command);
        assert_eq!((ran.code, ran.stderr.contains("down --name other")), (Some(4), true), "{command:?}: {ran}");
    }
    assert_eq!(lab.run(&["up", "--name", "other"]).code, Some(2), "it was not ended");
    assert!(lab.done(&["down"]).stdout.contains("its keeper was gone"));
    assert!(lab.done(&["down"]).stdout.contains("no cluster is up"), "it can be said twice");
}
