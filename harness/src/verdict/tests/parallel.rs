//! Operations that overlap are judged by bounds, and races that a server may lose by right are no violations.

use super::green::told;
use super::story::{Story, story};
use super::violated;
use crate::history::Outcome;
use crate::spec::Guarantee;
use crate::spec::plan::AppRequest;
use crate::verdict::Status;

/// Two counts of one session that overlap on one node, as `first` and `second` showed the counter.
fn overlapping(first: i64, second: i64) -> Story {
    let mut story = story().start().deploy().count("alice", "n1");
    let one = story.invoke("alice", "n1", AppRequest::Count);
    let two = story.invoke("alice", "n1", AppRequest::Count);
    for (operation, count) in [(two, second), (one, first)] {
        let mut reply = story.serve("alice", "n1", AppRequest::Count);
        reply.counter.as_mut().expect("the counter").count = count;
        story.complete(operation, Outcome::Ok { reply });
    }
    story.observe().kill("n1").count("alice", "n2").observe().restart("n1").observe()
}

#[test]
fn parallel_counts_may_come_in_any_order() {
    for (first, second) in [(2, 3), (3, 2)] {
        let verdict = overlapping(first, second).judge();
        assert_eq!(verdict.status, Status::Holds, "{first} {second}\n{}", told(&verdict));
    }
}

#[test]
fn a_parallel_count_is_still_bounded_on_both_sides() {
    violated(&overlapping(1, 3), Guarantee::AcknowledgedWritesSurvive, &["count 1 where 2 was due"]);
    violated(&overlapping(2, 4), Guarantee::AcknowledgedWritesSurvive, &["only 3 increments were ever attempted"]);
}

#[test]
fn counts_on_two_nodes_at_once_are_not_judged_by_their_lower_bound() {
    let mut story = story().start().deploy().count("alice", "n1").observe();
    let one = story.invoke("alice", "n1", AppRequest::Count);
    let two = story.invoke("alice", "n2", AppRequest::Count);
    for (operation, on) in [(one, "n1"), (two, "n2")] {
        let mut reply = story.serve("alice", on, AppRequest::Count);
        reply.counter.as_mut().expect("the counter").count = 2;
        story.complete(operation, Outcome::Ok { reply });
    }
    let story = story.kill("n1").count("alice", "n2").answering(|answer| answer.count = 3).observe();
    assert_eq!(story.finding(Guarantee::AcknowledgedWritesSurvive).status, Status::Holds);
    violated(
        &story.clone().answering(|answer| answer.count = 1),
        Guarantee::AcknowledgedWritesSurvive,
        &["count 1 where 2 was due"],
    );
    assert!(story.judge().notes.iter().any(|note| note.contains("counted on two nodes at once")));
}

#[test]
fn a_count_that_overtakes_a_change_of_id_may_find_nothing() {
    let mut story = story().start().deploy().count("alice", "n1").observe();
    let change = story.invoke("alice", "n1", AppRequest::ChangeId);
    let count = story.invoke("alice", "n1", AppRequest::Count);
    let changed = story.serve("alice", "n1", AppRequest::ChangeId);
    story.complete(change, Outcome::Ok { reply: changed });
    let mut reply = story.serve("eve", "n1", AppRequest::Count);
    reply.counter.as_mut().expect("the counter").count = 1;
    story.complete(count, Outcome::Ok { reply });
    let story = story.observe().kill("n1").count("alice", "n2").observe().restart("n1").observe();
    let verdict = story.judge();
    assert_eq!(verdict.status, Status::Holds, "{}", told(&verdict));
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
        let mut story = story().start().deploy().count("alice", "n1").observe();
        let change = story.invoke("alice", "n1", AppRequest::ChangeId);
        let count = story.invoke("alice", "n1", AppRequest::Count);
        let changed = Outcome::Ok { reply: story.serve("alice", "n1", AppRequest::ChangeId) };
        let mut counted = story.serve("alice", "n1", AppRequest::Count);
        counted.set_cookie.clear();
        let counted = Outcome::Ok { reply: counted };
        let changed =
            if change_answered { changed } else { Outcome::Unknown { why: "timed out".to_owned(), reply: None } };
        let ends =
            if change_first { [(change, changed), (count, counted)] } else { [(count, counted), (change, changed)] };
        for (operation, outcome) in ends {
            story.complete(operation, outcome);
        }
        let story = story.observe().kill("n1").count("alice", "n2").observe().restart("n1").observe();
        let verdict = story.judge();
        assert_eq!(verdict.status, Status::Holds, "{change_first} {change_answered}\n{}", told(&verdict));
        let lost = story.answering(|answer| answer.count = 1);
        violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["count 1 where 3 was due"]);
    }
}

/// Two nodes at once: each valve renames the session to its own route, so an answer may carry the other's.
#[test]
fn an_answer_with_the_route_of_a_parallel_one_is_a_race() {
    let mut story = story().start().deploy().count("alice", "n1").observe();
    let read = story.invoke("alice", "n1", AppRequest::Read);
    let other = story.invoke("alice", "n2", AppRequest::Read);
    let mut reply = story.serve("alice", "n1", AppRequest::Read);
    let renamed = story.serve("alice", "n2", AppRequest::Read);
    reply.counter.as_mut().expect("the counter").session = Some(crate::spec::SessionId::new("S001.n2"));
    story.complete(other, Outcome::Ok { reply: renamed });
    story.complete(read, Outcome::Ok { reply });
    let story = story.count("alice", "n2").observe().kill("n2").count("alice", "n1").observe();
    let verdict = story.without_joiners().judge();
    assert_eq!(verdict.status, Status::Holds, "{}", told(&verdict));
}

#[test]
fn a_request_that_is_open_when_its_node_is_killed_may_have_landed_or_not() {
    for landed in [true, false] {
        let mut story = story().start().deploy().count("alice", "n1").observe();
        let open = story.invoke("alice", "n1", AppRequest::Count);
        if landed {
            story.serve("alice", "n1", AppRequest::Count);
        }
        let mut story = story.kill("n1");
        story.complete(open, Outcome::Unknown { why: "connection reset".to_owned(), reply: None });
        let story = story.count("alice", "n2").observe().restart("n1").observe();
        let verdict = story.judge();
        assert_eq!(verdict.status, Status::Holds, "landed: {landed}\n{}", told(&verdict));
    }
}

#[test]
fn a_request_that_never_ends_is_attempted_only() {
    let mut story = story().start().deploy().count("alice", "n1").observe();
    story.invoke("alice", "n1", AppRequest::Count);
    let story = story.kill("n1").count("alice", "n2").observe().without_joiners();
    let verdict = story.judge();
    assert_eq!(verdict.status, Status::Holds, "{}", told(&verdict));
}

#[test]
fn a_write_acknowledged_while_the_probe_looked_may_be_missing() {
    let mut story = story().start().deploy().count("alice", "n1").observe();
    // The look began before the second count and was answered after it, with the state before.
    let before = story.clone();
    story = story.count("alice", "n1");
    let mut late =
        before.history.records.iter().rev().find(
            |record| matches!(&record.kind, crate::history::RecordKind::Observe(look) if look.node.as_str() == "n2"),
        );
    let record = late.take().cloned().expect("a look at n2");
    story.push(record.kind);
    let story = story.observe().kill("n1").count("alice", "n2").observe().without_joiners();
    let verdict = story.judge();
    assert_eq!(verdict.status, Status::Holds, "{}", told(&verdict));
    assert!(verdict.notes.is_empty(), "{:?}", verdict.notes);
}
