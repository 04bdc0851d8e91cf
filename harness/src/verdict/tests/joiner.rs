//! Restarted nodes that do not take over the sessions of their peers.

use super::green::{after_the_first_kill, before_the_kill, main_job};
use super::run::{Run, node, scenario};
use super::{holds, says, unknown, violated};
use crate::history::{Event, RecordKind};
use crate::model::{Guarantee, Topology, Violation};
use crate::verdict::Status;

const TRANSFERRED: Guarantee = Guarantee::StateTransferred;

fn synchronised(kind: &RecordKind) -> bool {
    matches!(kind, RecordKind::Event(Event::Synchronised { .. }))
}

/// The wait for the sessions runs out: every node is looked at for the last time, and the run ends.
fn ran_out(scenario: Run) -> Run {
    ends_in_a_wait(scenario.without(synchronised).observe())
}

fn ends_in_a_wait(mut scenario: Run) -> Run {
    scenario.event(Event::WaitRanOut {
        wanted: "n1 to hold the session ids of its peers".to_owned(),
        last_seen: "n1 holds 0 sessions, n2 holds 1 sessions".to_owned(),
        waited_ms: 90_000,
        breaks: None,
        went_on: false,
    });
    scenario
}

#[test]
fn a_joiner_that_stays_empty_is_shown_with_what_its_peer_held() {
    let scenario = ran_out(after_the_first_kill().observe().restart("n1").forget("n1"));
    let finding = violated(&scenario, TRANSFERRED, &["n1 came back at", "lacked 1 of the 1 sessions", "as S001"]);
    let shown: Vec<&RecordKind> = finding.evidence.iter().map(|index| &scenario.history.records[*index].kind).collect();
    let looks = shown.iter().filter(|kind| matches!(kind, RecordKind::Observe(_))).count();
    let wait = shown.iter().any(|kind| matches!(kind, RecordKind::Event(Event::WaitRanOut { .. })));
    assert!(looks == 2 && wait, "{shown:?}");
}

/// Such a scenario ends in its restart, so that its later steps show nothing.
#[test]
fn an_empty_joiner_that_was_expected_cuts_its_scenario_short_by_right() {
    let cut_short = |scenario: Run| {
        let mut scenario = scenario.without(|kind| matches!(kind, RecordKind::Event(Event::StepEnds { .. })));
        scenario.plan.guarantees = vec![TRANSFERRED, Guarantee::AcknowledgedWritesSurvive];
        scenario.expecting_violation(Violation::StateNotTransferred, 1, 1).judge().status
    };
    let empty = ran_out(after_the_first_kill().observe().restart("n1").forget("n1"));
    assert_eq!(cut_short(empty.clone()), Status::Holds);
    assert_eq!(empty.judge().status, Status::Violated, "nobody expected it");
    // The wait ran out, and it was not for want of sessions.
    let full = ran_out(after_the_first_kill().observe().restart("n1"));
    assert_eq!(cut_short(full), Status::Unknown);
}

#[test]
fn a_joiner_that_lacks_one_of_many_breaks_it() {
    let scenario = before_the_kill().count("bob", "n1").kill("n1").count("alice", "n2").restart("n1");
    let scenario = ran_out(scenario).seeing("n1", |state| drop(state.contexts[0].sessions.pop()));
    violated(&scenario, TRANSFERRED, &["lacked 1 of the 2 sessions", "as S002"]);
}

#[test]
fn a_joiner_that_asked_the_peer_that_lacked_it_too_proves_nothing() {
    let scenario = Run::on(Topology::of(3).expect("three nodes")).start().deploy().count("alice", "n1").observe();
    let scenario = ran_out(scenario.kill("n1").reformed().restart("n1").forget("n1").forget("n3"));
    let finding = scenario.finding(TRANSFERRED);
    assert_eq!(finding.status, Status::Unknown, "{}", finding.because);
    says(&finding, &["n1 held what all its peers held", "and they differed"]);
}

#[test]
fn a_peer_without_the_app_excuses_nothing() {
    let scenario = Run::on(Topology::of(3).expect("three nodes")).start().deploy().count("alice", "n1").observe();
    let scenario = ran_out(scenario.kill("n1").reformed().restart("n1").forget("n1"));
    let scenario = scenario.seeing("n3", |state| state.contexts.clear());
    violated(&scenario, TRANSFERRED, &["lacked 1 of the 1 sessions", "as S001"]);
    let finding = scenario.seeing("n2", |state| state.contexts.clear()).finding(TRANSFERRED);
    assert_eq!(finding.status, Status::Unknown, "{}", finding.because);
    says(&finding, &["n1 held what all its peers held"]);
}

/// Nobody could answer the joiner, and nobody asks again when its peer has thawed.
#[test]
fn a_joiner_whose_donor_was_frozen_is_compared_with_it_when_it_has_thawed() {
    let joined_alone = || before_the_kill().kill("n2").freeze("n1").restart("n2");
    let thawed = || joined_alone().thaw("n1");
    let empty = ends_in_a_wait(thawed().observe());
    violated(&empty, TRANSFERRED, &["n2 came back at", "lacked 1 of the 1 sessions", "as S001"]);
    let mut whole = thawed();
    whole.event(Event::Synchronised { node: node("n2"), sessions: 1 });
    holds(&whole.observe(), TRANSFERRED);
    // As long as nobody looks, it is as it was: there was nobody to take over from.
    unknown(&thawed().observe(), TRANSFERRED, &["no restarted node had a session to take over"]);
}

#[test]
fn a_probe_that_was_dead_at_the_last_look_proves_nothing() {
    let empty = || ran_out(after_the_first_kill().observe().restart("n1").forget("n1"));
    unknown(&empty().blind("n1"), TRANSFERRED, &["the probe of n1 did not report its sessions"]);
    unknown(&empty().blind("n2"), TRANSFERRED, &["the probe of n2 did not report its sessions"]);
    let not_served = empty().seeing("n1", |state| state.contexts[0].available = false);
    unknown(&not_served, TRANSFERRED, &["the probe of n1 did not report its sessions"]);
}

#[test]
fn a_wait_for_something_else_proves_nothing() {
    let not_joined = ran_out(after_the_first_kill().observe().restart("n1").forget("n1"));
    let formed = not_joined
        .history
        .records
        .iter()
        .rposition(|record| matches!(record.kind, RecordKind::Event(Event::ClusterFormed { .. })));
    let mut not_joined = not_joined;
    not_joined.history.records.remove(formed.expect("it formed again"));
    unknown(&not_joined, TRANSFERRED, &["n1 had not joined its peers again"]);
    // The wait for the app: nobody was asked for its sessions yet.
    let not_served = after_the_first_kill().observe().restart("n1").forget("n1").without(synchronised);
    unknown(&ends_in_a_wait(not_served), TRANSFERRED, &["was not asked for its sessions"]);
}

#[test]
fn a_restart_of_which_nothing_more_is_recorded_is_open() {
    let scenario = main_job().without(synchronised);
    unknown(&scenario, TRANSFERRED, &["n1 was not seen to hold the sessions of its peers"]);
}

#[test]
fn without_a_restart_or_a_session_nothing_is_known() {
    unknown(&after_the_first_kill().observe(), TRANSFERRED, &["no node was restarted"]);
    let scenario = scenario().start().deploy().kill("n1").restart("n1").observe();
    unknown(&scenario, TRANSFERRED, &["no restarted node had a session to take over"]);
}

#[test]
fn a_joiner_that_took_over_all_holds() {
    holds(&main_job(), TRANSFERRED);
    let finding = main_job().finding(TRANSFERRED);
    assert!(finding.because.contains("n1 at") && finding.because.ends_with("(1)"), "{}", finding.because);
    assert_eq!(finding.evidence.len(), 1);
}
