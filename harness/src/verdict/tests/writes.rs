//! Lost, stale and doubled writes.

use rstest::rstest;

use super::green::{after_the_first_kill, before_the_kill, main_job};
use super::run::{Run, scenario};
use super::{holds, unknown, violated};
use crate::history::{OperationId, Outcome, RecordKind};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, Topology};
use crate::verdict::Status;

#[test]
fn a_lost_write_that_the_replica_had_breaks_both_guarantees() {
    let scenario = after_the_first_kill().answering(|answer| answer.count = 4).observe();
    let words =
        ["#6 (count on n2) answered alice's session with count 4, expected 5", "4 increments", "replica on n2 had it"];
    let finding = violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &words);
    assert_eq!(finding.rests_on[0], OperationId(6));
    assert_eq!(finding.rests_on[1..], [OperationId(4), OperationId(3), OperationId(2), OperationId(1)]);
    let words = ["#6 (count on n2)", "count 4, expected 5", "the replica on n2 had shown"];
    let finding = violated(&scenario, Guarantee::ReplicatedWritesSurvive, &words);
    assert_eq!(finding.rests_on, [OperationId(6)]);
}

#[test]
fn a_lost_write_that_no_replica_ever_had_breaks_only_the_one() {
    let scenario = before_the_kill().holding("n2", |replica| {
        replica.attributes.get_mut("count").expect("it counts").value = 3.into();
    });
    let scenario = scenario.kill("n1").count("alice", "n2").answering(|answer| answer.count = 4).observe().holding(
        "n2",
        |replica| {
            replica.attributes.get_mut("count").expect("it counts").value = 4.into();
        },
    );
    let words = ["count 4, expected 5", "replica on n2 was seen without it (count 3, expected 4 at"];
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &words);
    holds(&scenario, Guarantee::ReplicatedWritesSurvive);
}

#[test]
fn a_lost_write_whose_replica_nobody_looked_at_says_so() {
    let scenario = scenario().start().deploy().count("alice", "n1").observe().count("alice", "n1").kill("n1");
    let scenario = scenario.count("alice", "n2").answering(|answer| answer.count = 2).observe();
    let words = ["no surviving node was looked at after the last write"];
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &words);
}

#[test]
fn a_write_lost_in_the_second_failover_is_seen() {
    let scenario = main_job();
    let lost = scenario.answering(|answer| answer.count = 5);
    violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["#7 (count on n1)", "count 5, expected 6"]);
    violated(&lost, Guarantee::ReplicatedWritesSurvive, &["#7 (count on n1)", "the replica on n1 had shown"]);
}

#[test]
fn a_read_that_shows_less_is_as_bad_as_a_count() {
    let scenario =
        before_the_kill().kill("n1").request("alice", "n2", AppRequest::Read).answering(|answer| answer.count = 3);
    let words = ["#6 (read on n2)", "count 3, expected 4"];
    violated(&scenario.observe(), Guarantee::AcknowledgedWritesSurvive, &words);
}

#[test]
fn a_later_answer_is_judged_as_well_as_the_first() {
    let scenario = after_the_first_kill().count("alice", "n2").answering(|answer| answer.count = 5).observe();
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &["#7 (count on n2)", "count 5, expected 6"]);
}

#[test]
fn an_increment_applied_twice_is_too_much() {
    let scenario = after_the_first_kill().answering(|answer| answer.count = 6).observe();
    let words = ["#6 (count on n2)", "count 6, but only 5 increments were ever attempted"];
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &words);
    violated(&scenario, Guarantee::ReplicatedWritesSurvive, &words);
}

#[test]
fn a_replica_that_is_doubled_is_too_much() {
    let scenario = before_the_kill().holding("n2", |replica| {
        replica.attributes.get_mut("count").expect("it counts").value = 5.into();
    });
    let words = ["replica", "n2", "count 5, but only 4 increments were ever attempted"];
    violated(&scenario.kill("n1").count("alice", "n2").observe(), Guarantee::ReplicatedWritesSurvive, &words);
}

#[test]
fn a_session_that_is_gone_breaks_everything_about_it() {
    let scenario = before_the_kill().forget("n2").kill("n1").count("alice", "n2").observe();
    let words = ["#6 (count on n2) asked for alice's session S001.n1 and was given a new one, S002.n2", "had it at"];
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &words);
    violated(&scenario, Guarantee::ReplicatedWritesSurvive, &["was given a new one", "the replica on n2 had shown it"]);
    violated(&scenario, Guarantee::IdentityKept, &["was given a new one"]);
}

#[test]
fn a_read_that_finds_no_session_is_a_loss() {
    let scenario = before_the_kill().forget("n2").kill("n1").request("alice", "n2", AppRequest::Read).observe();
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &["#6 (read on n2)", "found none", "4 acknowledged"]);
    violated(&scenario, Guarantee::IdentityKept, &["found none"]);
}

#[test]
fn a_survivors_replica_that_falls_back_is_a_loss_though_nobody_asked() {
    let scenario = Run::on(Topology::of(3).expect("three nodes")).start().deploy();
    let scenario =
        scenario.count("alice", "n1").count("alice", "n1").observe().kill("n1").observe().holding("n3", |replica| {
            replica.attributes.get_mut("count").expect("it counts").value = 1.into();
        });
    let scenario = scenario.count("alice", "n2").observe();
    let words = ["the replica of alice's session on n3 showed count 1, expected 2"];
    violated(&scenario, Guarantee::ReplicatedWritesSurvive, &words);
}

#[test]
fn a_joiner_that_is_behind_its_peers_is_a_loss_whatever_the_send_options() {
    for options in ["sync-ack", "async"] {
        let mut topology = Topology::of(2).expect("two nodes");
        topology.cluster.send_options = options.parse().expect("known options");
        let scenario = Run::on(topology).start().deploy().count("alice", "n1").observe().kill("n1");
        let scenario = scenario.count("alice", "n2").observe().restart("n1").looked_at_between().observe().holding(
            "n1",
            |replica| {
                replica.attributes.get_mut("count").expect("it counts").value = 1.into();
            },
        );
        violated(
            &scenario,
            Guarantee::ReplicatedWritesSurvive,
            &["on n1 showed count 1, expected 2", "on n2 had shown"],
        );
    }
}

#[test]
fn a_stale_replica_beside_a_right_one_is_a_loss_after_the_fault() {
    let stale = |scenario: Run| {
        scenario.holding("n3", |replica| replica.attributes.get_mut("count").expect("it counts").value = 1.into())
    };
    let scenario = Run::on(Topology::of(3).expect("three nodes")).start().deploy();
    let scenario = stale(scenario.count("alice", "n1").count("alice", "n1").observe()).kill("n1");
    let scenario = stale(scenario.observe()).count("alice", "n2").observe();
    violated(
        &scenario,
        Guarantee::ReplicatedWritesSurvive,
        &["on n3 showed count 1, expected 2", "the replica on n2 had shown"],
    );
}

#[test]
fn a_session_that_vanishes_from_a_survivor_is_a_loss_though_nobody_asked() {
    let scenario = Run::on(Topology::of(3).expect("three nodes")).start().deploy();
    let scenario = scenario.count("alice", "n1").observe().kill("n1").count("alice", "n2").observe();
    let scenario = scenario.seeing("n3", |state| state.contexts[0].sessions.clear());
    violated(&scenario, Guarantee::ReplicatedWritesSurvive, &["n3 no longer held alice's session S001"]);
}

#[test]
fn a_replica_whose_write_nobody_acknowledged_must_survive_where_it_was_seen() {
    let scenario = before_the_kill().count_in_vain("alice", "n1", true).observe().kill("n1");
    let lost = scenario.count("alice", "n2").answering(|answer| answer.count = 5).observe();
    violated(&lost, Guarantee::ReplicatedWritesSurvive, &["count 5, expected 6", "the replica on n2 had shown"]);
    holds(&lost, Guarantee::AcknowledgedWritesSurvive);
}

#[test]
fn a_session_that_rises_again_after_its_end_is_a_lost_write() {
    let scenario = before_the_kill().request("alice", "n1", AppRequest::Invalidate);
    let scenario = scenario.bring_back("alice", "S001.n1", 4).kill("n1").count("alice", "n2").observe();
    violated(
        &scenario,
        Guarantee::AcknowledgedWritesSurvive,
        &["#7 (count on n2) was answered from alice's session, which #6 had ended"],
    );
}

#[test]
fn a_session_that_rises_again_is_found_by_a_look_alone() {
    let ended = || before_the_kill().request("alice", "n1", AppRequest::Invalidate).observe();
    let rises = |scenario: Run| {
        let scenario = scenario.bring_back("alice", "S001.n1", 4).observe();
        let words = ["held alice's session S001 at", "which #6 had ended with acknowledgement"];
        let finding = violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &words);
        assert!(finding.violations.contains_key(&crate::model::Violation::RisenSession));
    };
    rises(ended());
    rises(ended().kill("n1").restart("n1"));
    rises(ended().partition("n1").heal("n1").reformed());
    assert_ne!(ended().judge().status, crate::verdict::Status::Violated);
}

#[rstest]
#[case::acknowledged(Guarantee::AcknowledgedWritesSurvive)]
#[case::replicated(Guarantee::ReplicatedWritesSurvive)]
fn a_fault_that_nobody_asked_anything_after_tested_nothing(#[case] guarantee: Guarantee) {
    let scenario = before_the_kill().kill("n1").observe();
    unknown(&scenario, guarantee, &["the kill of n1 tested nothing"]);
}

#[rstest]
#[case::acknowledged(Guarantee::AcknowledgedWritesSurvive)]
#[case::replicated(Guarantee::ReplicatedWritesSurvive)]
fn a_session_made_after_the_fault_tested_nothing(#[case] guarantee: Guarantee) {
    let scenario = scenario().start().deploy().observe().kill("n1").count("alice", "n2").count("alice", "n2").observe();
    unknown(&scenario, guarantee, &["the kill of n1 tested nothing"]);
}

#[test]
fn without_a_look_before_the_fault_no_replica_is_proven() {
    let scenario = scenario().start().deploy().count("alice", "n1").kill("n1").count("alice", "n2").observe();
    let words = ["before the kill of n1 no replica was seen on a node that outlived it"];
    unknown(&scenario, Guarantee::ReplicatedWritesSurvive, &words);
    holds(&scenario, Guarantee::AcknowledgedWritesSurvive);
}

#[test]
fn what_only_the_killed_node_was_seen_to_hold_proves_nothing() {
    let scenario = before_the_kill().blind("n2").kill("n1").count("alice", "n2").observe();
    let words = ["before the kill of n1 no replica was seen", "the probe of n2 returned nothing in step 8"];
    unknown(&scenario, Guarantee::ReplicatedWritesSurvive, &words);
}

/// What the first request wrote and a copy had shown is a replicated write as the count is.
#[test]
fn what_a_first_request_wrote_and_a_copy_had_shown_is_there_after_the_fault() {
    let of = |options: &str| {
        let mut topology = crate::model::Topology::of(3).expect("three nodes");
        topology.cluster.send_options = options.parse().expect("known options");
        Run::on(topology).without_joiners().start().deploy().count("alice", "n1")
    };
    let lost = |scenario: Run| scenario.kill("n1").count("alice", "n2").answering(|answer| answer.once = None);
    let words = ["no once", "as the replica on n2 had shown at"];
    violated(&lost(of("async").observe()), Guarantee::ReplicatedWritesSurvive, &words);
    // A copy that had nothing of it shows nothing, nor does one of another node, unless all have it by then.
    let bare = |scenario: Run, on: &str| {
        scenario.holding(on, |replica| drop((replica.attributes.remove("once"), replica.attributes.remove("list"))))
    };
    let elsewhere = |options: &str| lost(bare(of(options).observe(), "n2")).finding(Guarantee::ReplicatedWritesSurvive);
    assert_eq!(elsewhere("sync-ack").status, crate::verdict::Status::Violated);
    assert_ne!(elsewhere("async").status, crate::verdict::Status::Violated, "{}", elsewhere("async").because);
    let unseen = lost(of("async")).finding(Guarantee::ReplicatedWritesSurvive);
    assert_ne!(unseen.status, crate::verdict::Status::Violated, "{}", unseen.because);
    let later = lost(of("async")).observe().finding(Guarantee::ReplicatedWritesSurvive);
    assert!(!later.because.contains("no once, as"), "{}", later.because);
}

/// The request with a number is one that the counter app is not known to have been asked by, as with a header of its own.
fn asked_otherwise(mut run: Run, number: u32) -> Run {
    for record in &mut run.history.records {
        match &mut record.kind {
            RecordKind::Invoke { operation, request, .. } if operation.0 == number => *request = None,
            RecordKind::Complete { operation, outcome: Outcome::Ok { reply } } if operation.0 == number => {
                reply.counter = None;
            }
            _ => {}
        }
    }
    run
}

#[test]
fn who_counts_by_requests_of_another_kind_may_count_more_than_is_known() {
    let counted = |killed: Run| killed.count("alice", "n2").observe();
    let first = || scenario().deciding(Guarantee::AcknowledgedWritesSurvive).start().deploy();
    let three = || first().count("alice", "n1").count("alice", "n1").count("alice", "n1").observe().kill("n1");
    let more = counted(asked_otherwise(three(), 2)).finding(Guarantee::AcknowledgedWritesSurvive);
    assert_ne!(more.status, Status::Violated, "{}", more.because);
    // What is acknowledged is due all the same.
    let lost = counted(asked_otherwise(three(), 2)).answering(|answer| answer.count = 1);
    violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["with count 1, expected"]);
}
