//! What was recorded is held against itself: no pass where a step, a fault, an answer or a log does not bear it out.

use rstest::rstest;

use super::green::{after_the_first_kill, main_job};
use super::run::{Run, node, scenario};
use super::{unknown, violated};
use crate::history::{EngineState, Event, FaultPhase, LogClass, LogLine, RecordKind};
use crate::model::{Guarantee, Topology};
use crate::verdict::Status;

const SURVIVE: Guarantee = Guarantee::AcknowledgedWritesSurvive;

fn proven(mut scenario: Run, by: &str) -> Run {
    for record in &mut scenario.history.records {
        if let RecordKind::Fault { phase: FaultPhase::Hit { proof }, .. } = &mut record.kind {
            by.clone_into(proof);
        }
    }
    scenario
}

#[rstest]
#[case("process 4711 ended by signal 9", true)]
#[case("exit code 137 (SIGKILL)", true)]
#[case("process 4711 ended by signal 6", false)]
#[case("process 4711 ended with exit code 1", false)]
fn a_victim_died_of_the_kill_or_the_kill_was_none(#[case] proof: &str, #[case] by_us: bool) {
    let scenario = proven(main_job(), proof);
    let status = scenario.judge().status;
    assert_eq!(status, if by_us { Status::Holds } else { Status::Unknown });
    if !by_us {
        unknown(&scenario, SURVIVE, &["the kill of n1 did not end it", proof]);
    }
}

#[test]
fn a_cut_that_dropped_nothing_cut_nothing() {
    let unmet = |proof: &str| {
        let scenario = scenario().without_joiners().start().deploy().count("alice", "n1").observe();
        let verdict = proven(scenario.partition("n2").heal("n2").reformed(), proof).judge();
        let unmet = verdict.assumptions.into_iter().filter(|assumption| !assumption.met);
        unmet.map(|assumption| assumption.because).collect::<Vec<_>>().join("; ")
    };
    assert!(unmet("0 packets dropped").contains("the partition of n2 affected nothing: 0 packets dropped"));
    assert!(!unmet("10 packets dropped").contains("affected nothing"));
}

fn missed(on: &str, gone: &str) -> RecordKind {
    RecordKind::Log(LogLine {
        node: node(on),
        node_time: "12:00".to_owned(),
        level: "INFO".to_owned(),
        logger: String::new(),
        message: format!("Received member disappeared:[{gone}]"),
        class: LogClass::MemberDisappeared,
    })
}

#[test]
fn a_victim_that_a_peer_had_missed_before_was_dead_already_unless_it_was_seen_alive_since() {
    let before = || {
        let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
        scenario.push(missed("n2", "n1"));
        scenario
    };
    let dead = before().kill("n1").count("alice", "n2").observe().without_joiners();
    unknown(&dead, SURVIVE, &["n1 was missed at", "before the kill of n1 was asked for"]);
    let alive = before().observe().kill("n1").count("alice", "n2").observe().without_joiners();
    assert_eq!(alive.judge().status, Status::Holds);
}

#[test]
fn a_node_that_answers_after_its_end_has_not_ended() {
    let mut scenario = scenario().without_joiners().start().deploy().count("alice", "n1").observe().kill("n1");
    scenario.living.push(node("n1"));
    scenario = scenario.bring_back("alice", "S001.n1", 1).count("alice", "n1").count("alice", "n2");
    unknown(&scenario, SURVIVE, &["was answered by a node that had ended"]);
}

#[test]
fn a_step_that_ended_without_its_records_leaves_all_open() {
    let fault = |kind: &RecordKind| matches!(kind, RecordKind::Fault { fault: 2, .. });
    let scenario = main_job().without(fault);
    let finding = scenario.finding(SURVIVE);
    assert_eq!(finding.status, Status::Unknown);
    super::says(&finding, &["ended without a record of the kill"]);
    let last = |kind: &RecordKind| match kind {
        RecordKind::Invoke { operation, .. } | RecordKind::Complete { operation, .. } => operation.0 == 5,
        _ => false,
    };
    unknown(&main_job().without(last), Guarantee::ClusterForms, &["ended without 1 requests of alice"]);
    let dropped = |kind: &RecordKind| matches!(kind, RecordKind::Event(Event::WarDropped { .. }));
    unknown(&main_job().without(dropped), Guarantee::ClusterForms, &["ended without a WAR that was dropped"]);
}

fn with_route(mut scenario: Run, of: &str, route: Option<&str>) -> Run {
    for record in &mut scenario.history.records {
        if let RecordKind::Observe(look) = &mut record.kind
            && look.node.as_str() == of
            && let crate::history::Seen::State(state) = &mut look.seen
        {
            state.engine = Some(EngineState { jvm_route: route.map(str::to_owned) });
        }
    }
    scenario
}

/// `-DjvmRoute` is taken by TomEE 9 (Tomcat 10.0) and ignored by Tomcat 11.
#[test]
fn the_route_is_that_of_the_running_server() {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.nodes.iter_mut().for_each(|node| node.jvm_route = None);
    topology.jvm.args = vec!["-DjvmRoute=n1".to_owned()];
    let ignored = Run::on(topology.clone()).start().deploy().count("alice", "n1").count("alice", "n1").observe();
    let ignored = ignored.kill("n1").count("alice", "n2").observe().without_joiners();
    let ignored = with_route(with_route(ignored, "n1", None), "n2", None);
    violated(&ignored, Guarantee::IdentityKept, &["n1 was started with -DjvmRoute=n1, and runs without a route"]);
    // What nobody can say is as it is configured.
    let configured = after_the_first_kill().observe().without_joiners();
    assert_eq!(configured.finding(Guarantee::IdentityKept).status, Status::Holds);
    let other = with_route(configured, "n2", Some("blue"));
    violated(&other, Guarantee::IdentityKept, &["which has route n2, expected blue"]);
}

/// TomEE 9.0.0 unpacks no archive that was replaced while it was down.
#[test]
fn what_is_served_counts_and_not_the_archive_that_lies_there() {
    let serving = |found: &str| {
        let mut scenario = main_job();
        for record in &mut scenario.history.records {
            match &mut record.kind {
                RecordKind::Event(Event::WarDropped { served_sha256, .. }) => *served_sha256 = Some("new".to_owned()),
                RecordKind::Observe(look) => {
                    if let crate::history::Seen::State(state) = &mut look.seen {
                        let contexts = state.contexts.iter_mut();
                        contexts.for_each(|context| context.served_sha256 = Some(found.to_owned()));
                    }
                }
                _ => {}
            }
        }
        scenario
    };
    assert_eq!(serving("new").judge().status, Status::Holds);
    let words = ["served /counter files with SHA-256 old", "where new had been dropped"];
    violated(&serving("old"), Guarantee::DeployedEverywhere, &words);
}
