//! Partial sessions: one attribute there, its companion gone.

use super::green::{after_the_first_kill, before_the_kill, main_job};
use super::run::scenario;
use super::{holds, unknown, violated};
use crate::history::{OperationId, ReplicaRole, SessionReplica};
use crate::model::Guarantee;
use crate::model::plan::AppRequest;

#[test]
fn a_count_without_its_once_is_partial() {
    let scenario = after_the_first_kill().answering(|answer| answer.once = None).observe();
    let finding = violated(
        &scenario,
        Guarantee::CompleteSession,
        &["#6 (count on n2)", "no once, expected \"once-1\" (count 5)"],
    );
    assert_eq!(finding.rests_on, [OperationId(6), OperationId(1)]);
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &["no once"]);
}

#[test]
fn another_once_is_another_session_in_disguise() {
    let scenario = after_the_first_kill().answering(|answer| answer.once = Some("once-2".to_owned())).observe();
    violated(&scenario, Guarantee::CompleteSession, &["once \"once-2\", expected \"once-1\""]);
}

#[test]
fn a_list_that_vanished_is_partial() {
    let scenario = after_the_first_kill().answering(|answer| answer.list.clear()).observe();
    violated(&scenario, Guarantee::CompleteSession, &["list [], expected [0]"]);
}

#[test]
fn a_list_that_lost_what_it_was_created_with_is_partial() {
    let scenario = after_the_first_kill().answering(|answer| answer.list = vec![2]).observe();
    violated(&scenario, Guarantee::CompleteSession, &["list [2], expected [0]"]);
}

#[test]
fn an_empty_shell_under_the_right_id_is_partial_and_lost() {
    let scenario = after_the_first_kill().answering(|answer| {
        (answer.count, answer.once) = (1, None);
        answer.list.clear();
    });
    violated(&scenario.clone().observe(), Guarantee::CompleteSession, &["no once"]);
    violated(&scenario.observe(), Guarantee::AcknowledgedWritesSurvive, &["count 1, expected 5"]);
}

#[test]
fn a_replica_without_a_companion_is_partial_before_any_fault() {
    for (gone, words) in [("once", "no once"), ("list", "no list"), ("count", "no count")] {
        let scenario = before_the_kill().holding("n2", |replica| drop(replica.attributes.remove(gone)));
        let words = ["the replica of alice's session on n2 showed", words];
        violated(&scenario.kill("n1").count("alice", "n2").observe(), Guarantee::CompleteSession, &words);
    }
}

#[test]
fn a_replica_with_another_once_or_a_shorter_list_is_partial() {
    let scenario = before_the_kill().holding("n2", |replica| {
        replica.attributes.get_mut("once").expect("it is there").value = "another".into();
    });
    violated(&scenario, Guarantee::CompleteSession, &["once \"another\", expected \"once-1\""]);
    let scenario = before_the_kill().holding("n2", |replica| {
        replica.attributes.get_mut("list").expect("it is there").value = serde_json::json!([]);
    });
    violated(&scenario, Guarantee::CompleteSession, &["list [], expected [0]"]);
}

#[test]
fn a_null_is_not_there() {
    let scenario = before_the_kill().holding("n2", |replica| {
        replica.attributes.get_mut("once").expect("it is there").value = serde_json::Value::Null;
    });
    violated(&scenario, Guarantee::CompleteSession, &["no once"]);
}

#[test]
fn a_proxy_and_an_invalid_replica_may_be_empty() {
    let spoils: [fn(&mut SessionReplica); 2] = [|it| it.role = ReplicaRole::Proxy, |it| it.valid = false];
    for spoil in spoils {
        let scenario = main_job().holding("n1", |replica| {
            spoil(replica);
            replica.attributes.clear();
        });
        holds(&scenario, Guarantee::CompleteSession);
    }
}

#[test]
fn a_session_whose_creation_was_never_answered_is_still_seen_whole_or_not() {
    // The answer of the creating request is lost, but the client learned the id from its headers.
    let mut scenario = scenario().start().deploy().count("alice", "n1");
    scenario.last_outcome(|outcome| {
        let crate::history::Outcome::Ok { reply } = outcome.clone() else { panic!("answered") };
        let reply = crate::history::Reply { counter: None, ..reply };
        *outcome = crate::history::Outcome::Unknown { why: "the body was cut off".to_owned(), reply: Some(reply) };
    });
    let scenario = scenario.count("alice", "n1").observe().kill("n1").count("alice", "n2").observe();
    holds(&scenario, Guarantee::CompleteSession);
    let partial = scenario.answering(|answer| answer.once = None);
    violated(&partial, Guarantee::CompleteSession, &["no once"]);
}

#[test]
fn nothing_is_known_of_a_session_that_nobody_asked() {
    let scenario = scenario().start().deploy().observe();
    unknown(&scenario, Guarantee::CompleteSession, &["no session of the counter app was ever answered"]);
}

#[test]
fn a_dead_probe_of_a_living_node_leaves_it_open() {
    let scenario = after_the_first_kill().observe().blind("n2");
    unknown(&scenario, Guarantee::CompleteSession, &["the probe of n2 returned nothing in step 11"]);
}

#[test]
fn a_node_that_was_not_looked_at_leaves_it_open() {
    let scenario = after_the_first_kill().observe();
    let last = scenario
        .history
        .records
        .iter()
        .rposition(|record| matches!(record.kind, crate::history::RecordKind::Observe(_)));
    let mut scenario = scenario;
    scenario.history.records.remove(last.expect("a look"));
    unknown(&scenario, Guarantee::CompleteSession, &["the probe of n2 returned nothing in step 11"]);
}

#[test]
fn in_place_changes_may_come_and_go() {
    let scenario = before_the_kill().kill("n1").request("alice", "n2", AppRequest::Mutate);
    let scenario =
        scenario.request("alice", "n2", AppRequest::Mutate).count("alice", "n2").observe().restart("n1").observe();
    holds(&scenario.kill("n2").count("alice", "n1").observe(), Guarantee::CompleteSession);
}
