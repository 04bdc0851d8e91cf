//! What was left out of the records of a good run is missed: no pass without the records that bear it out.

use rstest::rstest;

use super::green::{before_the_kill, main_job};
use super::run::{Run, context, node, scenario};
use super::{says, unknown};
use crate::history::{Event, FaultPhase, Outcome, RecordKind};
use crate::model::plan::AppRequest;
use crate::model::{ClientName, Guarantee, Millis, NodeName, Step, StepKind, Until};
use crate::verdict::Status;

fn split_and_killed() -> Run {
    let scenario = scenario().without_joiners().start().deploy().count("alice", "n1").observe();
    let scenario = scenario.partition("n2").heal("n2").reformed().count("alice", "n1").observe();
    scenario.kill("n1").count("alice", "n2").observe()
}

fn ended_and_made_anew() -> Run {
    let scenario = before_the_kill().request("alice", "n1", AppRequest::ChangeId).count("alice", "n1").observe();
    let scenario = scenario.kill("n1").count("alice", "n2").request("alice", "n2", AppRequest::Invalidate);
    let scenario = scenario.count("alice", "n2").count("alice", "n2").observe().restart("n1").observe();
    scenario.kill("n2").count("alice", "n1").observe()
}

#[rstest]
#[case(main_job())]
#[case(split_and_killed())]
#[case(ended_and_made_anew())]
fn no_good_run_holds_without_any_one_of_its_records(#[case] whole: Run) {
    assert_eq!(whole.judge().status, Status::Holds);
    for place in 0..whole.history.records.len() {
        let mut less = whole.clone();
        let gone = less.history.records.remove(place);
        assert_ne!(less.judge().status, Status::Holds, "without record {place}, {:?}", gone.kind);
    }
}

/// The same scenario without its one record that fits.
fn less(scenario: &Run, fits: impl Fn(&RecordKind) -> bool) -> Run {
    let mut less = scenario.clone();
    let place = less.history.records.iter().position(|record| fits(&record.kind)).expect("a record");
    less.history.records.remove(place);
    less
}

fn named(less: &Run, words: &[&str]) {
    let verdict = less.judge();
    assert_eq!(verdict.status, Status::Unknown);
    let unmet = verdict.assumptions.into_iter().filter(|assumption| !assumption.met);
    let unmet: Vec<String> = unmet.map(|assumption| assumption.because).collect();
    for word in words {
        assert!(unmet.iter().any(|because| because.contains(word)), "{word:?} is missing in {unmet:?}");
    }
}

#[test]
fn a_request_without_an_end_is_named_unless_no_step_waits_for_it() {
    let answer = |kind: &RecordKind| matches!(kind, RecordKind::Complete { operation, .. } if operation.0 == 5);
    named(&less(&main_job(), answer), &["#5 (GET /counter/mutate.jsp on n1) of alice has no end"]);
    // A request of a test that drives the cluster itself, and has not waited for it.
    let mut other = main_job();
    other.invoke("bob", "n1", AppRequest::Count);
    assert_eq!(other.judge().status, Status::Holds);
}

#[test]
fn the_begin_of_a_step_and_of_a_fault_and_that_a_node_was_ready_are_named() {
    let begin = |kind: &RecordKind| matches!(kind, RecordKind::Event(Event::StepBegins { step: 3, .. }));
    named(&less(&main_job(), begin), &["step 3 (", "ended without having begun"]);
    let asked = |kind: &RecordKind| matches!(kind, RecordKind::Fault { fault: 2, phase: FaultPhase::Asked, .. });
    named(&less(&main_job(), asked), &["no record shows when the kill of n2 was asked for"]);
    // The third: both have started before.
    let is_ready = |kind: &RecordKind| matches!(kind, RecordKind::Event(Event::NodeReady { .. }));
    let mut unready = main_job();
    let place = unready.history.records.iter().rposition(|record| is_ready(&record.kind)).expect("it came back");
    unready.history.records.remove(place);
    named(&unready, &["ended without n1 having been ready"]);
}

/// A good run with one more step, which leaves these events.
fn with_step(kind: StepKind, events: &[Event]) -> Run {
    let mut scenario = main_job();
    scenario.plan.steps.push(Step::new("one more", kind));
    let step = u32::try_from(scenario.plan.steps.len()).expect("few steps");
    scenario.event(Event::StepBegins { step, title: "one more".to_owned() });
    for event in events {
        scenario.event(event.clone());
    }
    scenario.event(Event::StepEnds { step });
    scenario
}

fn client(name: &str) -> ClientName {
    ClientName::new(name).expect("a good name")
}

fn traffic() -> StepKind {
    StepKind::Traffic {
        client: client("carol"),
        node: node("n1").into(),
        context: context(),
        request: AppRequest::Read,
        clients: 2,
        every: Millis(10),
    }
}

fn waits(until: Until) -> StepKind {
    StepKind::Wait { until, within: None }
}

fn held_by(node: NodeName) -> StepKind {
    waits(Until::StateTransferred { node, context: context() })
}

/// What each step leaves, and that it is missed where the step has left nothing.
#[rstest]
#[case(traffic(), &[], Some("ended without any request of carol"))]
#[case(StepKind::FinalRead, &[], Some("ended without a request or a look"))]
#[case(StepKind::EndTraffic { client: client("alice") }, &[], None)]
#[case(StepKind::StartAgain, &[], Some("ended without a start of n"))]
#[case(StepKind::StartAgain, &[Event::NodeStarts { node: node("n2") }], Some("ended without n2 having been ready"))]
#[case(
    StepKind::restart(node("n2")),
    &[Event::NodeStarts { node: node("n1") }, Event::NodeReady { node: node("n1") }],
    Some("ended without a start of a node")
)]
#[case(waits(Until::ClusterFormed), &[], Some("ended without a cluster that had formed"))]
#[case(waits(Until::ClusterFormed), &[Event::ClusterFormed { nodes: vec![node("n1")] }], None)]
#[case(held_by(node("n1")), &[], Some("ended without a look at the sessions of n1"))]
#[case(
    held_by(node("n1")),
    &[Event::Synchronised { node: node("n2"), sessions: 1 }],
    Some("ended without a look at the sessions of n1")
)]
#[case(held_by(node("n1")), &[Event::Synchronised { node: node("n1"), sessions: 1 }], None)]
#[case(waits(Until::Deployed { context: context() }), &[], None)]
#[case(waits(Until::Log { node: node("n1"), text: "started".to_owned() }), &[], None)]
fn each_step_is_asked_for_what_it_leaves(
    #[case] kind: StepKind,
    #[case] events: &[Event],
    #[case] lacks: Option<&str>,
) {
    let verdict = with_step(kind, events).judge();
    let unmet = verdict.assumptions.iter().find(|it| it.what == "every step left its records" && !it.met);
    assert_eq!(unmet.map(|unmet| unmet.because.contains(lacks.unwrap_or_default())), lacks.map(|_| true), "{unmet:?}");
}

#[test]
fn traffic_goes_on_behind_its_step_and_a_final_read_may_ask_or_look() {
    let mut scenario = with_step(traffic(), &[]);
    let refused = || Outcome::Failed { why: "connection refused".to_owned() };
    let asked = scenario.invoke("carol-1", "n1", AppRequest::Read);
    scenario.complete(asked, refused());
    named(&scenario, &["ended without any request of 1 of 2 clients like carol"]);
    let asked = scenario.invoke("carol-2", "n1", AppRequest::Read);
    let open = scenario.clone();
    scenario.complete(asked, refused());
    assert_eq!(scenario.judge().status, Status::Holds, "{}", super::green::summary(&scenario.judge()));
    named(&open, &["of carol-2 has no end"]);
    let mut read = main_job();
    read.plan.steps.push(Step::new("read", StepKind::FinalRead));
    let step = u32::try_from(read.plan.steps.len()).expect("few steps");
    read.event(Event::StepBegins { step, title: "read".to_owned() });
    let asked = read.invoke("alice", "n1", AppRequest::Read);
    let reply = read.serve("alice", "n1", AppRequest::Read);
    read.complete(asked, Outcome::Ok { reply });
    read.event(Event::StepEnds { step });
    assert_eq!(read.judge().status, Status::Holds, "{}", super::green::summary(&read.judge()));
}

/// All that was done to the node is undone with it.
#[test]
fn of_two_faults_of_a_node_both_are_undone_by_a_heal() {
    let twice = |healed: &[u32]| {
        let mut scenario = scenario().without_joiners().start().deploy().count("alice", "n1").observe();
        scenario = scenario.partition("n2").cut(crate::model::FaultKind::FillDisk, None, "n2").heal("n2");
        let place = scenario.history.records.iter().rposition(|record| matches!(record.kind, RecordKind::Fault { .. }));
        let place = place.expect("it was healed");
        let record = scenario.history.records.remove(place);
        for number in healed {
            let mut healed = record.clone();
            if let RecordKind::Fault { fault, kind, .. } = &mut healed.kind {
                *fault = *number;
                *kind = if *number == 1 { crate::model::FaultKind::Partition } else { *kind };
            }
            scenario.history.records.insert(place, healed);
        }
        scenario.reformed().count("alice", "n1").observe().kill("n1").count("alice", "n2").observe()
    };
    assert_eq!(twice(&[1, 2]).judge().status, Status::Holds, "{}", super::green::summary(&twice(&[1, 2]).judge()));
    named(&twice(&[2]), &["ended without a record that the partition of n2 was undone"]);
    named(&twice(&[1]), &["ended without a record that the fill-disk of n2 was undone"]);
}

#[test]
fn what_was_healed_is_what_was_to_be_healed() {
    let mut scenario = split_and_killed();
    for record in &mut scenario.history.records {
        if let RecordKind::Fault { phase: FaultPhase::Healed { .. }, node: of, fault, .. } = &mut record.kind {
            (*of, *fault) = (node("n1"), 7);
        }
    }
    let finding = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!(finding.status, Status::Unknown);
    says(&unknown(&scenario, Guarantee::ClusterForms, &[]), &["ended without a record that anything was healed"]);
}
