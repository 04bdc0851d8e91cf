//! The lab by hand on real servers: a cluster that stays up between commands, and nothing left of it afterwards.

use camino::Utf8Path;
use integration_tests::left_of;
use serde_json::Value;
use tomee_harness::host::wait::{Look, TimedOut, until};

use crate::lab::{LIMIT, Lab, await_nothing_of, kill};

#[test]
fn what_is_done_by_hand_is_judged_and_repeated_by_its_recipe() {
    let lab = Lab::new();
    lab.up(&[]);
    let asked = lab.done(&["http", "n1", "/counter/"]);
    assert!(asked.stdout.contains("\"count\":1"), "{asked}");
    for node in 0..2 {
        assert_eq!(lab.status()["nodes"][node]["problem"], Value::Null, "a healthy start is no problem");
    }
    look_inside(&lab);
    // A wait that finds nothing is an answer, and what is paused for a while can be thawed before.
    let waited = lab.run(&["wait", "--for", "log=never said", "--on", "n1", "--within", "200ms"]);
    assert_eq!(waited.code, Some(3), "{waited}");
    lab.done(&["pause", "n2", "--for", "10s"]);
    lab.done(&["heal", "n2"]);
    lab.done(&["wait", "--for", "members=1"]);
    lab.done(&["wait", "--for", "formed"]);
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
    let recipe = fs_err::read_to_string(lab.0.folder().join("recipe.toml")).expect("it is written");
    assert!(recipe.contains("# wait until n1 logs") && !recipe.contains("contains = "), "{recipe}");
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

/// What a node has inside, as each command shows it.
fn look_inside(lab: &Lab) {
    let config = lab.done(&["config", "n1", "--json"]).json();
    assert_eq!(config["effective"]["cluster"]["send-options"], 6, "{config}");
    let contexts = config["effective"]["contexts"].as_array().expect("contexts");
    let counter = contexts.iter().find(|context| context["path"] == "/counter").expect("the app");
    assert_eq!(counter["manager"]["class"], "org.apache.catalina.ha.session.DeltaManager");
    assert!(lab.done(&["config", "n1", "--xml"]).stdout.contains("<Cluster"));
    assert!(lab.done(&["threads", "n2"]).stdout.contains("Full thread dump"));
    let heap = lab.done(&["heap", "n1", "--json"]).json();
    let classes = heap["classes"].as_array().expect("classes");
    assert!(classes.iter().any(|row| row["class"] == "java.lang.String"), "{heap}");
    let beans = lab.done(&["jmx", "n1", "Catalina:type=Manager,*", "--json"]).json();
    let names: Vec<&str> =
        beans["beans"].as_array().expect("beans").iter().filter_map(|bean| bean["name"].as_str()).collect();
    assert!(names.iter().any(|name| name.contains("context=/counter")), "{names:?}");
    assert_eq!(lab.run(&["jmx", "n1", "no pattern"]).code, Some(4));
    // No shell is in between.
    assert_eq!(lab.done(&["exec", "n1", "--", "printf", "%s", "$HOME;ls"]).stdout, "$HOME;ls");
    assert!(lab.done(&["exec", "n1", "--", "ls"]).stdout.contains("webapps"));
    assert_eq!(lab.run(&["exec", "n1", "--", "sh", "-c", "exit 7"]).code, Some(7));
    assert_eq!(lab.run(&["exec", "n1", "--", "no-such-program"]).code, Some(4));
    assert_eq!(lab.run(&["threads", "n9"]).code, Some(2));
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
