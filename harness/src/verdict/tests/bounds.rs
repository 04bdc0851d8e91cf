//! How much a node must show at least, and can show at most, where several nodes count, some requests are not answered, and
//! a split comes between: each answer that is too much or too little beside the one that is right.

use rstest::rstest;

use super::run::{Run, scenario};
use super::{unknown, violated};
use crate::history::{Outcome, Reply};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, ManagerKind, Topology};
use crate::verdict::Status;

const ACKNOWLEDGED: Guarantee = Guarantee::AcknowledgedWritesSurvive;

fn counted(on: &[&str]) -> Run {
    more(scenario().without_joiners().start().deploy(), on)
}

fn more(scenario: Run, on: &[&str]) -> Run {
    on.iter().fold(scenario, |scenario, on| scenario.count("alice", on))
}

/// A count that was answered with HTTP 500, behind the app's work or before it.
fn failed(scenario: Run, on: &str, landed: bool) -> Run {
    let mut scenario = scenario.count_in_vain("alice", on, landed);
    scenario.last_outcome(|outcome| {
        let reply = Reply { status: 500, set_cookie: vec![], ..Reply::default() };
        *outcome = Outcome::Unknown { why: "HTTP 500".to_owned(), reply: Some(reply) };
    });
    scenario
}

/// The last answer is right, and is not with a count that is changed by so much.
fn decides(right: Run, by: i64, words: &[&str]) {
    let verdict = right.judge();
    assert_ne!(verdict.status, Status::Violated, "{}", super::green::summary(&verdict));
    violated(&right.answering(|answer| answer.count += by), ACKNOWLEDGED, words);
}

/// What a request that was not answered may have added is settled by the next that was.
#[rstest]
#[case(counted(&["n1", "n2"]), "n2")]
#[case(counted(&["n1", "n2"]), "n1")]
#[case(counted(&["n1", "n1"]), "n1")]
fn an_increment_that_had_not_landed_hides_no_doubled_one(#[case] before: Run, #[case] next: &str) {
    let failed = |landed| more(failed(before.clone(), "n1", landed), &[next]);
    for landed in [true, false] {
        decides(more(failed(landed), &["n1"]), 1, &["but "]);
        decides(more(failed(landed), &["n2"]), 1, &["but "]);
    }
}

/// So it is by a look at the node.
#[test]
fn a_look_settles_what_a_node_can_show_at_most() {
    for landed in [true, false] {
        let looked = || failed(counted(&["n1", "n2"]), "n1", landed).observe();
        decides(more(looked(), &["n1"]), 1, &["but "]);
        decides(more(looked(), &["n2"]), 1, &["but "]);
    }
    // Without a look it may be in it, or not.
    let unseen = more(failed(counted(&["n1", "n2"]), "n1", false), &["n1"]).answering(|answer| answer.count += 1);
    assert_ne!(unseen.judge().status, Status::Violated);
}

/// What ran out of time may come behind a look.
#[test]
fn a_look_settles_nothing_of_what_may_still_come() {
    let late = |added: i64| {
        let looked = counted(&["n1", "n2"]).count_in_vain("alice", "n2", false).observe();
        more(looked, &["n1"]).answering(|answer| answer.count += added)
    };
    assert_ne!(late(0).judge().status, Status::Violated);
    assert_ne!(late(1).judge().status, Status::Violated);
    violated(&late(2), ACKNOWLEDGED, &["count 5, but only 4 increments"]);
}

/// Each side of a split counts for itself, and what the one has counted bounds nothing on the other.
#[test]
fn in_a_split_each_side_counts_for_itself() {
    let split = || more(counted(&["n1"]).partition("n2"), &["n2", "n2", "n2", "n1"]);
    for after in [more(split(), &["n2"]), more(split().heal("n2").reformed(), &["n2"])] {
        let verdict = after.judge();
        assert_ne!(verdict.status, Status::Violated, "{}", super::green::summary(&verdict));
        violated(&after.answering(|answer| answer.count += 3), ACKNOWLEDGED, &["increments were ever attempted"]);
    }
}

fn of_backup(nodes: usize) -> Run {
    let mut topology = Topology::of(nodes).expect("some nodes");
    topology.cluster.manager = ManagerKind::Backup;
    Run::on(topology).without_joiners().start().deploy()
}

/// What landed on one side of a split without an answer may come to the other side when it is over.
#[test]
fn what_landed_unheard_in_a_split_may_come_behind_it() {
    let came = |scenario: Run, added: i64| {
        let split = failed(more(scenario, &["n1", "n2"]).partition("n2"), "n2", true).observe();
        let after = split.heal("n2").reformed().request("alice", "n1", AppRequest::Read);
        after.answering(|answer| answer.count += added).judge().status
    };
    for scenario in [scenario().without_joiners().start().deploy(), of_backup(2)] {
        assert_ne!(came(scenario.clone(), 0), Status::Violated);
        assert_ne!(came(scenario.clone(), 1), Status::Violated);
        assert_eq!(came(scenario, 2), Status::Violated);
    }
}

/// A node that heard nothing of a split's other side writes over what that had.
#[test]
fn a_write_that_is_based_on_less_lowers_what_is_due_elsewhere() {
    // n1 counts to 5 in the split, n2 goes on from 3.
    let overwritten = || {
        let split = more(counted(&["n1", "n1", "n1"]).partition("n2"), &["n1", "n1"]);
        failed(split.heal("n2").reformed(), "n2", true)
    };
    let after = || more(overwritten(), &["n1"]);
    assert_ne!(after().judge().status, Status::Violated, "{}", super::green::summary(&after().judge()));
    let less = after().answering(|answer| answer.count -= 1);
    unknown(&less, ACKNOWLEDGED, &["excused: the partition of n2 had split alice's session"]);
    // As long as it lasts, what n2 does reaches nobody.
    let apart = || failed(more(counted(&["n1", "n1", "n1"]).partition("n2"), &["n1", "n1"]), "n2", true);
    assert_ne!(more(apart(), &["n1"]).judge().status, Status::Violated);
    let less = more(apart(), &["n1"]).answering(|answer| answer.count -= 1);
    unknown(&less, ACKNOWLEDGED, &["count 5, expected 6", "excused"]);
    // Based on as much it lowers nothing.
    let level = |landed| failed(counted(&["n1", "n1", "n1"]), "n2", landed);
    decides(more(level(true), &["n1"]), -2, &["count 3, expected 4"]);
    decides(more(level(false), &["n1"]), -1, &["count 3, expected 4"]);
}

/// The same while another request is under way there.
#[test]
fn what_is_under_way_may_be_written_over() {
    let under_way = |short: i64| {
        let split = more(counted(&["n1", "n1", "n1"]).partition("n2"), &["n1", "n1"]);
        let mut scenario = split.heal("n2").reformed();
        let read = scenario.invoke("alice", "n1", AppRequest::Read);
        let mut scenario = failed(scenario, "n2", true);
        let reply = scenario.serve("alice", "n1", AppRequest::Read);
        scenario.complete(read, Outcome::Ok { reply });
        scenario.answering(|answer| answer.count -= short)
    };
    assert_ne!(under_way(0).judge().status, Status::Violated, "{}", super::green::summary(&under_way(0).judge()));
    unknown(&under_way(1), ACKNOWLEDGED, &["count 3, expected 5", "excused"]);
}
