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
// What does not say how it ended proves nothing; nor does an end that the machine brought about.
#[case("the node is gone", false)]
#[case("", false)]
#[case("container n1 is exited: exit code 137 (SIGKILL), killed by its memory limit (OOMKilled)", false)]
fn a_victim_died_of_the_kill_or_the_kill_was_none(#[case] proof: &str, #[case] by_us: bool) {
    let scenario = proven(main_job(), proof);
    let status = scenario.judge().status;
    assert_eq!(status, if by_us { Status::Holds } else { Status::Unknown });
    if !by_us {
        unknown(&scenario, SURVIVE, &["the kill of n1 did not end it", proof]);
    }
}

/// A stop lets the JVM end in order.
#[rstest]
#[case("process 4711 ended with exit code 143", true)]
#[case("process 4711 ended by signal 15", true)]
#[case("container n1 is exited: exit code 0", true)]
#[case("process 4711 ended by signal 9", false)]
#[case("process 4711 ended with exit code 137", false)]
#[case("process 4711 ended by signal 9, exit code 143", false)]
#[case("the node is gone", false)]
fn a_victim_ended_as_a_stop_lets_it_end_or_the_stop_was_none(#[case] proof: &str, #[case] in_order: bool) {
    let mut scenario = proven(main_job(), proof);
    for step in &mut scenario.plan.steps {
        if let crate::model::StepKind::Fault { fault, .. } = &mut step.kind {
            *fault = crate::model::Fault::Stop;
        }
    }
    for record in &mut scenario.history.records {
        if let RecordKind::Fault { kind, .. } = &mut record.kind {
            *kind = crate::model::FaultKind::Stop;
        }
    }
    assert_eq!(scenario.judge().status, if in_order { Status::Holds } else { Status::Unknown });
    if !in_order {
        unknown(&scenario, SURVIVE, &["the stop of n1 did not end it", proof]);
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

/// Alice's session, then a line about a member that is missed, then what shows that it lives, or does not, and the kill.
fn missed_and(line: RecordKind, then: impl Fn(Run) -> Run) -> Option<String> {
    let mut scenario = scenario().start().deploy().count("alice", "n1").observe();
    scenario.push(line);
    let verdict = then(scenario).kill("n1").count("alice", "n2").observe().without_joiners().judge();
    let unmet = verdict.assumptions.into_iter().find(|it| it.what == "every fault had an effect" && !it.met);
    unmet.map(|unmet| unmet.because)
}

fn same(scenario: Run) -> Run {
    scenario
}

#[rstest]
#[case(same, true)]
#[case(|scenario: Run| scenario.count("alice", "n1"), false)]
#[case(Run::reformed, false)]
#[case(|scenario: Run| scenario.observe(), false)]
// What another node shows is no sign of life of this one, nor is what nobody answered.
#[case(|scenario: Run| scenario.count("bob", "n2"), true)]
#[case(|scenario: Run| scenario.count_in_vain("alice", "n1", false), true)]
#[case(|scenario: Run| scenario.observe().blind("n1"), true)]
fn a_sign_of_life_is_the_victims_own(#[case] then: fn(Run) -> Run, #[case] was_dead: bool) {
    let why = missed_and(missed("n2", "n1"), then);
    assert_eq!(why.is_some_and(|why| why.contains("n1 was missed at")), was_dead);
}

#[rstest]
#[case("n2", "n1", true)]
#[case("n2", "org.apache.catalina.tribes.membership.MemberImpl[tcp://{127, 0, 0, 1}:4000,{127, 0, 0, 1},4000]", true)]
#[case("n2", "tcp://127.0.0.1:4000", true)]
// Another member, or a part of a longer number.
#[case("n2", "tcp://127.0.0.1:4001", false)]
#[case("n2", "tcp://127.0.0.1:40001", false)]
#[case("n2", "n2", false)]
#[case("n1", "n1", false)]
fn a_line_is_about_the_member_that_it_names(#[case] on: &str, #[case] gone: &str, #[case] of_the_victim: bool) {
    assert_eq!(missed_and(missed(on, gone), same).is_some(), of_the_victim);
}

/// Whoever is cut off is missed for that.
#[test]
fn a_victim_that_was_cut_off_when_it_was_missed_was_not_dead() {
    let cut = |healed_before: bool| {
        let mut scenario = scenario().start().deploy().count("alice", "n1").observe().partition("n1");
        if healed_before {
            scenario = scenario.heal("n1");
        }
        scenario.push(missed("n2", "n1"));
        if !healed_before {
            scenario = scenario.heal("n1");
        }
        let verdict = scenario.kill("n1").count("alice", "n2").observe().without_joiners().judge();
        verdict.assumptions.into_iter().any(|it| it.because.contains("n1 was missed at"))
    };
    assert!(!cut(false));
    assert!(cut(true));
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
