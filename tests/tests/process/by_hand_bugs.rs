//! Failover bugs of the servers, reproduced by hand, and each again by the recipe of that.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::lab::Lab;

/// Status and violations of a verdict.
fn shown(verdict: &Value) -> (String, BTreeSet<String>) {
    let guarantees = verdict["verdict"]["guarantees"].as_array().expect("guarantees");
    let violated = guarantees.iter().filter(|one| one["status"] == "violated");
    let names = violated.flat_map(|one| one["violations"].as_object().expect("names").keys().cloned());
    (verdict["verdict"]["status"].as_str().expect("a status").to_owned(), names.collect())
}

/// The verdict by hand, and that of its recipe.
fn both(lab: &Lab) -> [(String, BTreeSet<String>); 2] {
    let by_hand = lab.run(&["verdict", "--json"]).json();
    lab.done(&["recipe", "--output", "bug.toml"]);
    lab.done(&["down"]);
    let again = lab.run(&["run", "./bug.toml", "--runtime", "process", "--json"]).json();
    [shown(&by_hand), shown(&again)]
}

/// All changes of a request are lost to the peers where one value cannot be serialised inside; the client has its 200.
/// And the steps that have nothing to do with it are found by running.
#[test]
#[ignore = "slow: the full tier"]
fn full_a_value_that_is_not_serialisable_inside_takes_its_whole_request_with_it() {
    let lab = Lab::new();
    lab.up(&["--bare"]);
    for command in [
        &["deploy", "classes"][..],
        &["http", "n1", "/classes/"],
        &["http", "n1", "/classes/", "--client", "bob"],
        &["pause", "n2", "--for", "500ms"],
        &["heal", "n2"],
        &["wait", "--for", "formed"],
        &["http", "n1", "/classes/"],
        &["http", "n1", "/classes/next?holds=nested"],
        &["http", "n1", "/classes/"],
        &["kill", "n1"],
        &["http", "n2", "/classes/"],
    ] {
        lab.done(command);
    }
    let [by_hand, again] = both(&lab);
    assert!(by_hand.0 == "violated" && by_hand.1.contains("lost-write"), "{by_hand:?}");
    assert_eq!(again, by_hand);
    let minimal = lab.done(&["recipe", "--minimal", "--from", "bug.toml", "--output", "minimal.toml"]);
    let text = fs_err::read_to_string(lab.0.folder().join("minimal.toml")).expect("it is written");
    for gone in ["bob", "pause", "heal", "cluster-formed"] {
        assert!(!text.contains(gone), "{minimal}\n{text}");
    }
    for needed in ["deploy = \"classes\"", "holds=nested", "kill = \"n1\""] {
        assert!(text.contains(needed), "{minimal}\n{text}");
    }
    let smallest = shown(&lab.run(&["run", "./minimal.toml", "--runtime", "process", "--json"]).json());
    assert_eq!(smallest, by_hand);
}

/// A `DeltaManager` asks the oldest member alone for its sessions: where that one lacks the app, a joiner starts with nothing.
#[test]
#[ignore = "slow: the full tier"]
fn full_a_joiner_starts_empty_where_the_oldest_member_lacks_the_app() {
    let lab = Lab::new();
    lab.up(&["--bare", "--nodes", "3"]);
    for command in [
        &["kill", "n2"][..],
        &["wait", "--for", "formed"],
        &["start", "n2"],
        &["deploy", "counter", "--copy", "--on", "n2"],
        &["deploy", "counter", "--copy", "--on", "n3"],
        &["http", "n2", "/counter/"],
        &["http", "n2", "/counter/"],
        &["kill", "n3"],
        &["wait", "--for", "formed"],
        &["http", "n2", "/counter/"],
    ] {
        lab.done(command);
    }
    // It is ready, and waits in vain for what its peers have.
    let _ = lab.run(&["start", "n3"]);
    assert_eq!(lab.status()["nodes"][2]["state"], "running");
    let [by_hand, again] = both(&lab);
    assert!(by_hand.0 == "violated" && by_hand.1.contains("state-not-transferred"), "{by_hand:?}");
    assert_eq!(again, by_hand);
}

/// A joiner asks for the sessions once. A peer that is frozen then is no member, and is not asked again when it thaws.
#[test]
#[ignore = "slow: the full tier"]
fn full_a_joiner_stays_empty_where_its_peer_was_frozen_while_it_started() {
    let lab = Lab::new();
    lab.up(&["--bare"]);
    for command in [
        &["deploy", "counter"][..],
        &["http", "n1", "/counter/"],
        &["http", "n1", "/counter/", "--client", "bob"],
        &["kill", "n2"],
        &["pause", "n1"],
        &["start", "n2"],
        &["heal", "n1"],
        &["wait", "--for", "formed"],
        &["http", "n2", "/counter/"],
    ] {
        lab.done(command);
    }
    let [by_hand, again] = both(&lab);
    assert!(by_hand.0 == "violated" && by_hand.1.contains("lost-session"), "{by_hand:?}");
    assert_eq!(again, by_hand);
}

/// In a rolling update the owner is told that all went well, and the peer that lacks a class drops the whole request.
#[test]
#[ignore = "slow: the full tier"]
fn full_a_class_that_the_peer_lacks_takes_the_whole_request_with_it() {
    let lab = Lab::new();
    lab.up(&["--bare"]);
    for command in [
        &["deploy", "classes", "--at", "/classes", "--copy", "--on", "n1"][..],
        &["deploy", "classes-lacking-note", "--at", "/classes", "--copy", "--on", "n2"],
        &["http", "n1", "/classes/"],
        &["http", "n1", "/classes/next?holds=note"],
        &["http", "n1", "/classes/"],
        &["kill", "n1"],
        &["http", "n2", "/classes/"],
    ] {
        lab.done(command);
    }
    let [by_hand, again] = both(&lab);
    assert!(by_hand.0 == "violated" && by_hand.1.contains("lost-write"), "{by_hand:?}");
    assert_eq!(again, by_hand);
}

/// Under `BackupManager` a new backup of `TomEE` reads a session with a CDI bean on a thread of no app, and fails.
#[test]
#[ignore = "slow: the full tier"]
fn full_a_new_backup_of_tomee_cannot_take_a_session_with_a_cdi_bean() {
    let lab = Lab::new();
    lab.done(&["up", "--server", "tomee:9.0.0", "--runtime", "process", "--bare", "--manager", "backup"]);
    for command in [
        &["deploy", "cdi"][..],
        &["http", "n1", "/cdi/"],
        &["http", "n1", "/cdi/"],
        &["kill", "n1"],
        &["http", "n2", "/cdi/"],
        &["start", "n1"],
        &["kill", "n2"],
        &["http", "n1", "/cdi/"],
    ] {
        lab.done(command);
    }
    let [by_hand, again] = both(&lab);
    assert!(by_hand.0 == "violated" && by_hand.1.contains("lost-session"), "{by_hand:?}");
    assert_eq!(again, by_hand);
}
