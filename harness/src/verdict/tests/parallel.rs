//! Operations that overlap are judged by bounds, and races that a server may lose legitimately are no violations.

use super::green::summary;
use super::run::{Run, scenario};
use super::violated;
use crate::history::Outcome;
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, StepKind};
use crate::verdict::Status;

/// Two counts of one session that overlap on one node, as `first` and `second` showed the counter.
fn overlapping(first: i64, second: i64) -> Run {
    let mut scenario = scenario().start().deploy().count("alice", "n1");
    let one = scenario.invoke("alice", "n1", AppRequest::Count);
    let two = scenario.invoke("alice", "n1", AppRequest::Count);
    for (operation, count) in [(two, second), (one, first)] {
        let mut reply = scenario.serve("alice", "n1", AppRequest::Count);
        reply.counter.as_mut().expect("the counter").count = count;
        scenario.complete(operation, Outcome::Ok { reply });
    }
    scenario.observe().kill("n1").count("alice", "n2").observe().restart("n1").observe()
}

#[test]
fn parallel_counts_may_come_in_any_order() {
    for (first, second) in [(2, 3), (3, 2)] {
        let verdict = overlapping(first, second).judge();
        assert_eq!(verdict.status, Status::Holds, "{first} {second}\n{}", summary(&verdict));
    }
}

#[test]
fn a_parallel_count_is_still_bounded_on_both_sides() {
    violated(&overlapping(1, 3), Guarantee::AcknowledgedWritesSurvive, &["count 1, expected 2"]);
    violated(&overlapping(2, 4), Guarantee::AcknowledgedWritesSurvive, &["only 3 increments were ever attempted"]);
}

#[test]
fn counts_on_two_nodes_at_once_are_not_judged_by_their_lower_bound() {
    let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
    let one = scenario.invoke("alice", "n1", AppRequest::Count);
    let two = scenario.invoke("alice", "n2", AppRequest::Count);
    for (operation, on) in [(one, "n1"), (two, "n2")] {
        let mut reply = scenario.serve("alice", on, AppRequest::Count);
        reply.counter.as_mut().expect("the counter").count = 2;
        scenario.complete(operation, Outcome::Ok { reply });
    }
    let scenario = scenario.kill("n1").count("alice", "n2").answering(|answer| answer.count = 3).observe();
    assert_eq!(scenario.finding(Guarantee::AcknowledgedWritesSurvive).status, Status::Holds);
    violated(
        &scenario.clone().answering(|answer| answer.count = 1),
        Guarantee::AcknowledgedWritesSurvive,
        &["count 1, expected 2"],
    );
    assert!(scenario.judge().notes.iter().any(|note| note.contains("counted on two nodes at once")));
}

#[test]
fn a_count_that_overtakes_a_change_of_id_may_find_nothing() {
    let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
    let change = scenario.invoke("alice", "n1", AppRequest::ChangeId);
    let count = scenario.invoke("alice", "n1", AppRequest::Count);
    let changed = scenario.serve("alice", "n1", AppRequest::ChangeId);
    scenario.complete(change, Outcome::Ok { reply: changed });
    let mut reply = scenario.serve("eve", "n1", AppRequest::Count);
    reply.counter.as_mut().expect("the counter").count = 1;
    scenario.complete(count, Outcome::Ok { reply });
    let scenario = scenario.observe().kill("n1").count("alice", "n2").observe().restart("n1").observe();
    let verdict = scenario.judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
    assert!(
        verdict.notes.iter().any(|note| note.contains("legitimately: #2 (change-id on n1)")),
        "{:?}",
        verdict.notes
    );
}

/// A count that was under way while the id changed, answered under the new id before or after the change itself.
#[test]
fn a_count_may_be_answered_under_the_id_that_it_did_not_ask_for() {
    for (change_first, change_answered) in [(true, true), (false, true), (false, false)] {
        let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
        let change = scenario.invoke("alice", "n1", AppRequest::ChangeId);
        let count = scenario.invoke("alice", "n1", AppRequest::Count);
        let changed = Outcome::Ok { reply: scenario.serve("alice", "n1", AppRequest::ChangeId) };
        let mut counted = scenario.serve("alice", "n1", AppRequest::Count);
        counted.set_cookie.clear();
        let counted = Outcome::Ok { reply: counted };
        let changed =
            if change_answered { changed } else { Outcome::Unknown { why: "timed out".to_owned(), reply: None } };
        let ends =
            if change_first { [(change, changed), (count, counted)] } else { [(count, counted), (change, changed)] };
        for (operation, outcome) in ends {
            scenario.complete(operation, outcome);
        }
        let scenario = scenario.observe().kill("n1").count("alice", "n2").observe().restart("n1").observe();
        let verdict = scenario.judge();
        assert_eq!(verdict.status, Status::Holds, "{change_first} {change_answered}\n{}", summary(&verdict));
        let lost = scenario.answering(|answer| answer.count = 1);
        violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["count 1, expected 3"]);
    }
}

/// Two nodes at once: each valve renames the session to its own route, so an answer may carry the other's.
#[test]
fn an_answer_with_the_route_of_a_parallel_one_is_a_race() {
    let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
    let read = scenario.invoke("alice", "n1", AppRequest::Read);
    let other = scenario.invoke("alice", "n2", AppRequest::Read);
    let mut reply = scenario.serve("alice", "n1", AppRequest::Read);
    let renamed = scenario.serve("alice", "n2", AppRequest::Read);
    reply.counter.as_mut().expect("the counter").session = Some(crate::model::SessionId::new("S001.n2"));
    scenario.complete(other, Outcome::Ok { reply: renamed });
    scenario.complete(read, Outcome::Ok { reply });
    let scenario = scenario.count("alice", "n2").observe().kill("n2").count("alice", "n1").observe();
    let verdict = scenario.without_joiners().judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
}

#[test]
fn a_request_that_is_open_when_its_node_is_killed_may_have_landed_or_not() {
    for landed in [true, false] {
        let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
        let open = scenario.invoke("alice", "n1", AppRequest::Count);
        if landed {
            scenario.serve("alice", "n1", AppRequest::Count);
        }
        let mut scenario = scenario.kill("n1");
        scenario.complete(open, Outcome::Unknown { why: "connection reset".to_owned(), reply: None });
        let scenario = scenario.count("alice", "n2").observe().restart("n1").observe();
        let verdict = scenario.judge();
        assert_eq!(verdict.status, Status::Holds, "landed: {landed}\n{}", summary(&verdict));
    }
}

/// No step waited for it: a test drove the cluster itself.
#[test]
fn a_request_that_never_ends_is_attempted_only() {
    let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
    scenario.invoke("alice", "n1", AppRequest::Count);
    let mut scenario = scenario.kill("n1").count("alice", "n2").observe().without_joiners();
    for step in &mut scenario.plan.steps {
        if let StepKind::Request { client, .. } = &step.kind {
            step.kind = StepKind::EndTraffic { client: client.clone() };
        }
    }
    let verdict = scenario.judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
}

#[test]
fn a_write_acknowledged_while_the_probe_looked_may_be_missing() {
    let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
    // The look began before the second count and was answered after it, with the state before.
    let before = scenario.clone();
    scenario = scenario.count("alice", "n1");
    let mut late =
        before.history.records.iter().rev().find(
            |record| matches!(&record.kind, crate::history::RecordKind::Observe(look) if look.node.as_str() == "n2"),
        );
    let record = late.take().cloned().expect("a look at n2");
    scenario.push(record.kind);
    let scenario = scenario.observe().kill("n1").count("alice", "n2").observe().without_joiners();
    let verdict = scenario.judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
    assert!(verdict.notes.is_empty(), "{:?}", verdict.notes);
}
