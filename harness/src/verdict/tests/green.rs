//! Histories in which all is well.

use super::holds;
use super::run::{Run, scenario};
use crate::history::{Event, OperationId};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, Topology};
use crate::verdict::{Status, Verdict};

/// The main job: both nodes are killed, one after the other.
pub(super) fn main_job() -> Run {
    after_the_first_kill().observe().restart("n1").observe().kill("n2").count("alice", "n1").observe()
}

/// The main job up to the first answer after the first kill, #6.
pub(super) fn after_the_first_kill() -> Run {
    before_the_kill().kill("n1").count("alice", "n2")
}

/// The main job up to the first kill: four counts, one change of the list in place.
pub(super) fn before_the_kill() -> Run {
    let scenario = scenario().start().deploy();
    let scenario = (0..4).fold(scenario, |scenario, _| scenario.count("alice", "n1"));
    scenario.request("alice", "n1", AppRequest::Mutate).observe()
}

pub(super) fn summary(verdict: &Verdict) -> String {
    let findings = verdict.guarantees.iter().map(|it| format!("{} {:?}: {}", it.guarantee, it.status, it.because));
    let unmet = verdict.assumptions.iter().filter(|it| !it.met).map(|it| format!("NOT {}: {}", it.what, it.because));
    findings.chain(unmet).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_main_job_holds_with_every_guarantee() {
    let verdict = main_job().judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
    assert!(verdict.guarantees.iter().all(|finding| finding.status == Status::Holds && finding.promised));
}

#[test]
fn a_finding_that_holds_names_the_first_answers_and_the_writes_behind_them() {
    let finding = main_job().finding(Guarantee::AcknowledgedWritesSurvive);
    let numbers: Vec<u32> = finding.rests_on.iter().map(|OperationId(number)| *number).collect();
    assert_eq!(numbers, [6, 7, 4, 3, 2, 1]);
    assert_eq!(
        finding.because,
        "every acknowledged write was there after the kill of n1 (#6 on n2) and the kill of n2 (#7 on n1)"
    );
}

#[test]
fn a_change_in_place_that_is_lost_is_a_note() {
    let notes = main_job().judge().notes;
    assert_eq!(
        notes,
        [
            "a change of the list in place was not replicated: #5 (mutate on n1) left [0, 2], #6 (count on n2) showed [0]"
        ]
    );
}

#[test]
fn three_nodes_and_many_clients_hold() {
    let scenario = Run::on(Topology::of(3).expect("three nodes")).start().deploy();
    let scenario = ["alice", "bob", "carol"]
        .iter()
        .fold(scenario, |scenario, client| scenario.count(client, "n1").count(client, "n1"));
    let scenario = scenario.observe().kill("n1").reformed().observe();
    let scenario = scenario.count("alice", "n2").count("bob", "n3").count("carol", "n2").observe();
    let verdict = scenario.restart("n1").observe().kill("n3").count("bob", "n1").count("alice", "n2").observe().judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
}

#[test]
fn an_answer_that_never_came_may_have_landed_or_not() {
    for landed in [true, false] {
        let scenario = before_the_kill().count_in_vain("alice", "n1", landed).observe();
        let scenario = scenario.kill("n1").count("alice", "n2").observe().restart("n1").observe();
        let verdict = scenario.judge();
        assert_eq!(verdict.status, Status::Holds, "landed: {landed}\n{}", summary(&verdict));
    }
}

#[test]
fn a_request_that_was_refused_changes_nothing() {
    let mut scenario = before_the_kill().kill("n1").count("alice", "n1");
    scenario
        .last_outcome(|outcome| *outcome = crate::history::Outcome::Failed { why: "connection refused".to_owned() });
    let scenario = scenario.bring_back("alice", "S001.n1", 4);
    let verdict = scenario.count("alice", "n2").observe().restart("n1").observe().judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
}

#[test]
fn a_new_session_after_an_end_and_a_new_id_after_a_change_are_right() {
    let scenario = before_the_kill().request("alice", "n1", AppRequest::ChangeId).count("alice", "n1").observe();
    let scenario = scenario.kill("n1").count("alice", "n2").request("alice", "n2", AppRequest::Invalidate);
    let scenario = scenario.count("alice", "n2").count("alice", "n2").observe().restart("n1").observe();
    let verdict = scenario.kill("n2").count("alice", "n1").observe().judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
}

#[test]
fn without_routes_the_id_stays_whole() {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.nodes.iter_mut().for_each(|node| node.jvm_route = None);
    let scenario = Run::on(topology).start().deploy().count("alice", "n1").count("alice", "n1").observe();
    let scenario = scenario.kill("n1").count("alice", "n2").observe().restart("n1").observe();
    let verdict = scenario.judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
}

#[test]
fn the_gap_in_which_a_failure_is_being_detected_is_not_judged() {
    let scenario = after_the_first_kill().observe().seeing("n2", |state| {
        state.members = vec![crate::history::MemberState { host: "127.0.0.1".to_owned(), port: 4000, unique_id: None }];
    });
    holds(&scenario, Guarantee::MembersAgree);
}

/// A restart in which a look shows n1 without sessions, before the last record of a kind.
fn restarted_and_seen_without_sessions_before(wanted: fn(&Event) -> bool) -> super::run::Run {
    use crate::history::{Nanos, RecordKind, Seen};
    let mut scenario = after_the_first_kill().observe().restart("n1").observe();
    let records = &scenario.history.records;
    let later = records.iter().rposition(|record| matches!(&record.kind, RecordKind::Event(event) if wanted(event)));
    let look = records
        .iter()
        .rposition(|record| matches!(&record.kind, RecordKind::Observe(look) if look.node.as_str() == "n1"));
    let (later, look) = (later.expect("it happened"), look.expect("a look"));
    let mut partial = records[look].clone();
    partial.at = Nanos(records[later].at.0 - 1);
    if let RecordKind::Observe(observation) = &mut partial.kind {
        observation.asked = partial.at;
        if let Seen::State(state) = &mut observation.seen {
            state.contexts[0].sessions.clear();
        }
    }
    scenario.history.records.insert(later, partial);
    scenario
}

#[test]
fn a_node_that_is_restarted_and_not_yet_synchronised_may_lack_sessions() {
    let early = restarted_and_seen_without_sessions_before(|event| matches!(event, Event::ClusterFormed { .. }));
    let verdict = early.judge();
    assert_eq!(verdict.status, Status::Holds, "{}", summary(&verdict));
}

#[test]
fn a_node_that_is_said_to_be_synchronised_has_what_was_last_seen_of_it_before() {
    let late = restarted_and_seen_without_sessions_before(|event| matches!(event, Event::Synchronised { .. }));
    let verdict = late.judge();
    assert_eq!(verdict.status, Status::Violated, "{}", summary(&verdict));
}
