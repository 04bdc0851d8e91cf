//! Assumptions that are not met: no pass, whatever else looks well, and no violation where nothing is proven.

use rstest::rstest;

use super::green::{after_the_first_kill, before_the_kill, main_job};
use super::run::{Run, node, scenario};
use super::{unknown, violated};
use crate::history::{Event, FaultPhase, History, Nanos, OperationId, Outcome, RecordKind, read, write_record};
use crate::model::{Guarantee, ManagerKind, Plan, Topology};
use crate::verdict::{Status, judge};

const ABOUT_SESSIONS: [Guarantee; 5] = [
    Guarantee::StateTransferred,
    Guarantee::ReplicatedWritesSurvive,
    Guarantee::AcknowledgedWritesSurvive,
    Guarantee::CompleteSession,
    Guarantee::IdentityKept,
];

fn missed(mut scenario: Run) -> Run {
    for record in &mut scenario.history.records {
        if let RecordKind::Fault { phase, .. } = &mut record.kind
            && matches!(phase, FaultPhase::Hit { .. })
        {
            *phase = FaultPhase::Missed { seen: "the process still runs".to_owned() };
        }
    }
    scenario
}

#[test]
fn a_fault_that_missed_leaves_the_sessions_open() {
    for guarantee in ABOUT_SESSIONS {
        unknown(&missed(main_job()), guarantee, &["the kill of n1"]);
    }
}

#[test]
fn a_fault_without_proof_leaves_the_sessions_open() {
    let scenario = main_job().without(|kind| matches!(kind, RecordKind::Fault { phase: FaultPhase::Hit { .. }, .. }));
    for guarantee in ABOUT_SESSIONS {
        unknown(&scenario, guarantee, &["the kill of n1"]);
    }
}

#[test]
fn a_violation_stays_one_though_the_fault_missed() {
    let scenario = missed(after_the_first_kill().answering(|answer| answer.count = 1).observe());
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &["count 1, expected 5"]);
}

#[test]
fn a_cut_off_run_is_open_and_a_proven_violation_stays() {
    let mut scenario = main_job();
    scenario.event(Event::Interrupted { by: "SIGINT".to_owned() });
    for guarantee in Guarantee::COMMON {
        unknown(&scenario, guarantee, &["interrupted at", "SIGINT"]);
    }
    let mut scenario = after_the_first_kill().answering(|answer| answer.count = 1);
    scenario.event(Event::Interrupted { by: "SIGINT".to_owned() });
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &["count 1, expected 5"]);
}

#[test]
fn a_history_cut_anywhere_never_holds() {
    let scenario = main_job();
    let mut bytes = Vec::new();
    for record in &scenario.history.records {
        write_record(&mut bytes, record).expect("a vector takes all");
    }
    let whole = read(&bytes[..]).expect("readable");
    assert_eq!(judge(&scenario.plan, &whole).status, Status::Holds);
    let last_line = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("many lines");
    let cut = read(&bytes[..last_line + 10]).expect("the last line is left out");
    assert_eq!(judge(&scenario.plan, &cut).status, Status::Unknown);
    for length in 0..scenario.history.records.len() {
        let records = scenario.history.records[..length].to_vec();
        let verdict = judge(&scenario.plan, &History { records });
        assert_eq!(verdict.status, Status::Unknown, "cut after {length} records");
    }
}

#[test]
fn an_empty_plan_and_an_empty_history_hold_nothing() {
    let plan = Plan { steps: Vec::new(), guarantees: Vec::new(), ..main_job().plan };
    assert_eq!(judge(&plan, &History::default()).status, Status::Unknown);
}

#[rstest]
#[case::twice_ended(|scenario: &mut Run| scenario.complete(3, Outcome::Failed { why: String::new() }), "#3 ended twice")]
#[case::never_begun(|scenario: &mut Run| scenario.complete(99, Outcome::Failed { why: String::new() }), "#99 ended without")]
#[case::twice_begun(
    |scenario: &mut Run| {
        let again = scenario.history.records.iter().find(|record| matches!(record.kind, RecordKind::Invoke { .. })).cloned();
        scenario.push(again.expect("an operation").kind);
    },
    "#1 began twice"
)]
#[case::clock(
    |scenario: &mut Run| {
        let end = scenario.history.records.iter_mut().find(|record| {
            matches!(record.kind, RecordKind::Complete { operation: OperationId(4), .. })
        });
        end.expect("it ended").at = Nanos(5);
    },
    "follows one of"
)]
fn a_broken_record_proves_nothing_at_all(#[case] spoil: fn(&mut Run), #[case] words: &str) {
    let mut good = main_job();
    spoil(&mut good);
    let mut bad = main_job().answering(|answer| answer.count = 1);
    spoil(&mut bad);
    for scenario in [good, bad] {
        for guarantee in ABOUT_SESSIONS {
            let finding = scenario.finding(guarantee);
            assert_eq!(finding.status, Status::Unknown, "{guarantee}: {}", finding.because);
        }
        assert_eq!(scenario.judge().status, Status::Unknown);
        assert!(scenario.judge().assumptions.iter().any(|assumed| !assumed.met && assumed.because.contains(words)));
    }
}

#[test]
fn an_answer_from_another_node_than_the_asked_one_proves_nothing() {
    let scenario = after_the_first_kill().answering(|answer| {
        answer.node = "n1".to_owned();
        answer.count = 1;
    });
    let finding = scenario.observe().finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!(finding.status, Status::Unknown);
    assert!(finding.because.contains("#6 (count on n2) was answered by n1"), "{}", finding.because);
    assert!(finding.because.contains("otherwise violated: #6"), "{}", finding.because);
}

#[test]
fn a_cluster_that_was_not_whole_before_the_fault_promised_nothing() {
    let scenario = after_the_first_kill().answering(|answer| answer.count = 1).observe();
    let scenario = scenario.without(|kind| matches!(kind, RecordKind::Event(Event::ClusterFormed { .. })));
    unknown(
        &scenario,
        Guarantee::AcknowledgedWritesSurvive,
        &["no living peer was known to see n1 before the kill of n1"],
    );
}

#[test]
fn a_peer_that_has_not_joined_again_before_the_second_fault_is_no_peer() {
    let mut scenario = main_job();
    let second = scenario
        .history
        .records
        .iter()
        .rposition(|record| matches!(&record.kind, RecordKind::Event(Event::ClusterFormed { .. })));
    scenario.history.records.remove(second.expect("it formed twice"));
    unknown(
        &scenario,
        Guarantee::AcknowledgedWritesSurvive,
        &["no living peer was known to see n2 before the kill of n2"],
    );
}

/// What the first fault lost stays lost, whatever was known of the cluster before the second; what came after that fault
/// proves nothing.
#[rstest]
#[case(1, Status::Violated)]
#[case(2, Status::Unknown)]
fn a_loss_stays_proven_where_only_a_later_fault_is_unfounded(#[case] fault: usize, #[case] right: Status) {
    let lossy = |run: Run, lost: bool| if lost { run.answering(|answer| answer.count = 1) } else { run };
    let run = scenario().start().deploy().count("alice", "n1").count("alice", "n1").observe().kill("n1");
    let run = lossy(run.count("alice", "n2"), fault == 1).restart("n1").count("alice", "n2").observe();
    let run = lossy(run.kill("n2").count("alice", "n1"), fault == 2).observe();
    let formed = |kind: &RecordKind| matches!(kind, RecordKind::Event(Event::ClusterFormed { .. }));
    let mut unfounded = run;
    let last = unfounded.history.records.iter().rposition(|record| formed(&record.kind));
    unfounded.history.records.remove(last.expect("it formed twice"));
    let finding = unfounded.finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!(finding.status, right, "{}", finding.because);
}

/// The last node has no peer to be seen by; what it held is promised to nobody.
#[test]
fn the_end_of_the_last_node_needs_no_peer() {
    let scenario = before_the_kill().kill("n1").kill("n2");
    let unmet: Vec<String> =
        scenario.judge().assumptions.iter().filter(|it| !it.met).map(|it| it.because.clone()).collect();
    assert_eq!(unmet, Vec::<String>::new());
    let alone = scenario.without(|kind| matches!(kind, RecordKind::Event(Event::ClusterFormed { .. })));
    let had_a_peer = alone.judge().assumptions.iter().any(|it| it.because.contains("was known to see n1 before"));
    assert!(had_a_peer, "the first one had a peer");
}

/// The survivor was evicted from nothing: that the cluster had formed without the first is no second copy.
#[rstest]
#[case(ManagerKind::Delta)]
#[case(ManagerKind::Backup)]
fn the_loss_of_what_only_nodes_held_that_are_gone_is_excused(#[case] manager: ManagerKind) {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.cluster.manager = manager;
    let scenario = Run::on(topology).start().deploy().count("alice", "n1").count("alice", "n1").observe();
    let scenario = scenario.kill("n1").reformed().count("alice", "n2").observe().kill("n2");
    let scenario = scenario.restart("n2").restart("n1").count("alice", "n1").observe();
    for guarantee in [Guarantee::AcknowledgedWritesSurvive, Guarantee::CompleteSession, Guarantee::IdentityKept] {
        let finding = scenario.finding(guarantee);
        assert_eq!(finding.status, Status::Unknown, "{}", finding.because);
    }
}

#[test]
fn a_step_that_did_not_end_leaves_all_open() {
    let mut scenario = main_job();
    scenario.history.records.pop();
    for guarantee in Guarantee::COMMON {
        unknown(&scenario, guarantee, &["step 16"]);
    }
}

#[test]
fn other_send_options_in_effect_are_no_test_of_the_configured_ones() {
    let scenario = main_job().seeing("n1", |state| state.send_options = Some(8));
    unknown(&scenario, Guarantee::AcknowledgedWritesSurvive, &["n1 runs with send options 8, not 6"]);
    let scenario = main_job().seeing("n1", |state| {
        state.contexts[0].manager.attributes.insert("mapSendOptions".to_owned(), "8".to_owned());
    });
    unknown(&scenario, Guarantee::AcknowledgedWritesSurvive, &["n1 runs with send options 8, not 6"]);
}

#[test]
fn without_a_fault_nothing_is_known_of_survival() {
    let scenario = before_the_kill();
    for guarantee in [Guarantee::ReplicatedWritesSurvive, Guarantee::AcknowledgedWritesSurvive] {
        unknown(&scenario, guarantee, &["no fault was tried"]);
    }
    assert_eq!(scenario.finding(Guarantee::IdentityKept).status, Status::Holds);
    assert_eq!(scenario.finding(Guarantee::CompleteSession).status, Status::Holds);
}

#[test]
fn a_dead_probe_is_not_an_empty_node() {
    let scenario = after_the_first_kill().observe().blind("n2");
    for guarantee in Guarantee::COMMON {
        assert_ne!(scenario.finding(guarantee).status, Status::Violated, "{guarantee}");
    }
    unknown(&scenario, Guarantee::ReplicatedWritesSurvive, &["the probe of n2 returned nothing"]);
}

#[test]
fn a_killed_node_need_not_be_looked_at() {
    let mut scenario = main_job();
    scenario.event(Event::NodeReady { node: node("n2") });
    assert_eq!(scenario.judge().status, Status::Holds);
}
