//! Measures.

use super::green::{before_the_kill, main_job};
use super::run::Run;
use crate::history::{LogClass, LogLine, OperationId, RecordKind};
use crate::model::{AtMost, FaultKind, Millis, NodeName};
use crate::verdict::{Eviction, Failover, Latency, NodeTime, Status};

#[test]
fn each_failover_is_measured_from_the_hit_to_the_first_right_answer() {
    let measures = main_job().judge().measures;
    // One record is one millisecond: hit, step ends, step begins, invoke, complete.
    let failover = |node, answered_by| Failover {
        node: NodeName::nth(node),
        answered_by: OperationId(answered_by),
        first_answer_ms: 1,
        since_fault_ms: 4,
    };
    assert_eq!(measures.failovers, [failover(0, 6), failover(1, 7)]);
    assert_eq!((measures.start_ms, measures.farm_ms), (Some(4), Some(2)));
    assert_eq!(measures.latency, Some(Latency { operations: 7, median_us: 1000, p99_us: 1000, max_us: 1000 }));
}

#[test]
fn farm_state_transfers_evictions_and_lag_are_measured_for_each_node() {
    let mut scenario = before_the_kill().kill("n1");
    scenario.push(RecordKind::Log(LogLine {
        node: NodeName::nth(1),
        node_time: String::new(),
        level: "INFO".to_owned(),
        logger: String::new(),
        message: "Received member disappeared:[tcp://n1]".to_owned(),
        class: LogClass::MemberDisappeared,
    }));
    let measures = scenario.count("alice", "n2").observe().restart("n1").observe().judge().measures;
    let time = |node, ms| NodeTime { node: NodeName::nth(node), ms };
    assert_eq!(measures.farm, [time(0, 1), time(1, 2)]);
    assert_eq!(measures.state_transfers, [time(0, 3)]);
    let eviction = Eviction { fault: FaultKind::Kill, node: NodeName::nth(0), by: NodeName::nth(1), ms: 2 };
    assert_eq!(measures.evictions, [eviction]);
    // #4 on n2, after one change in place and the look at n1; #6 on n1, after its restart.
    let lag = measures.replication_lag.expect("it was looked at");
    assert_eq!(lag.operations, 2);
    assert!(lag.median_us < lag.max_us, "{lag:?}");
}

#[test]
fn a_replica_that_is_behind_gives_no_lag() {
    let behind = before_the_kill().holding("n2", |replica| {
        replica.attributes.get_mut("count").expect("it counts").value = 3.into();
    });
    assert_eq!(behind.judge().measures.replication_lag, None);
}

/// The one threshold of a scenario, and the verdict's status.
fn threshold(scenario: &Run, at_most: AtMost) -> (Status, String, Status) {
    let mut scenario = scenario.clone();
    scenario.plan.at_most = at_most;
    let verdict = scenario.judge();
    assert_eq!(verdict.expectations.len(), 1, "{:?}", verdict.expectations);
    let it = &verdict.expectations[0];
    (it.status, format!("{}: {}", it.what, it.because), verdict.status)
}

#[test]
fn each_threshold_is_red_on_what_takes_longer_and_unknown_where_nothing_was_measured() {
    type Limit = fn(Millis) -> AtMost;
    let limits: [(Limit, &str); 5] = [
        (|limit| AtMost { first_answer: Some(limit), ..AtMost::default() }, "first answer"),
        (|limit| AtMost { farm: Some(limit), ..AtMost::default() }, "farm"),
        (|limit| AtMost { start: Some(limit), ..AtMost::default() }, "start"),
        (|limit| AtMost { latency_p99: Some(limit), ..AtMost::default() }, "99th percentile"),
        (|limit| AtMost { state_transfer: Some(limit), ..AtMost::default() }, "state transfer"),
    ];
    for (limit, what) in limits {
        let (status, because, verdict) = threshold(&main_job(), limit(Millis(60_000)));
        assert_eq!((status, verdict), (Status::Holds, Status::Holds), "{because}");
        assert!(because.contains(what), "{because}");
        let (status, because, verdict) = threshold(&main_job(), limit(Millis(0)));
        assert_eq!((status, verdict), (Status::Violated, Status::Violated), "{because}");
        let (status, because, verdict) = threshold(&super::run::scenario(), limit(Millis(60_000)));
        assert_eq!((status, verdict), (Status::Unknown, Status::Unknown), "{because}");
    }
    let eviction = AtMost { eviction: Some(Millis(60_000)), ..AtMost::default() };
    assert_eq!(threshold(&main_job(), eviction).0, Status::Unknown, "no log line said so");
}

#[test]
fn a_threshold_that_is_only_warned_of_is_a_note_where_it_is_passed_and_breaks_nothing() {
    let warned = |limit| {
        let mut scenario = main_job();
        scenario.plan.warn_at_most.first_answer = Some(Millis(limit));
        let verdict = scenario.judge();
        assert_eq!((verdict.status, verdict.expectations.len()), (Status::Holds, 0));
        verdict.notes.into_iter().filter(|note| note.starts_with("slower than usual")).collect::<Vec<_>>()
    };
    let passed = warned(0);
    assert_eq!(passed.len(), 1, "{passed:?}");
    assert!(passed[0].contains("first answer after a fault within 0") && passed[0].contains("it took"), "{passed:?}");
    assert!(warned(60_000).is_empty());
    // What was not measured is not passed.
    let mut scenario = super::run::scenario();
    scenario.plan.warn_at_most.first_answer = Some(Millis(0));
    assert!(!scenario.judge().notes.iter().any(|note| note.starts_with("slower than usual")));
}

#[test]
fn a_fault_after_which_nothing_was_measured_leaves_the_first_answer_open() {
    let at_most = AtMost { first_answer: Some(Millis(60_000)), ..AtMost::default() };
    let (status, because, _) = threshold(&main_job().restart("n2").kill("n1"), at_most);
    assert_eq!(status, Status::Unknown, "{because}");
}

#[test]
fn a_lag_is_proven_too_long_only_by_a_look_that_came_later_and_showed_less() {
    let at_most = |limit| AtMost { replication_lag: Some(Millis(limit)), ..AtMost::default() };
    assert_eq!(threshold(&main_job(), at_most(60_000)).0, Status::Holds);
    assert_eq!(threshold(&main_job(), at_most(0)).0, Status::Unknown);
    let behind = before_the_kill().holding("n2", |replica| {
        replica.attributes.get_mut("count").expect("it counts").value = 3.into();
    });
    assert_eq!(threshold(&behind, at_most(0)).0, Status::Violated);
    assert_eq!(threshold(&behind, at_most(60_000)).0, Status::Unknown);
}

#[test]
fn a_wrong_answer_ends_no_failover() {
    let scenario = before_the_kill().kill("n1").count("alice", "n2").answering(|answer| answer.count = 1);
    let measures = scenario.count("alice", "n2").observe().judge().measures;
    assert_eq!(measures.failovers.iter().map(|failover| failover.answered_by).collect::<Vec<_>>(), [OperationId(7)]);
}

#[test]
fn what_did_not_happen_is_not_measured() {
    let measures = super::run::scenario().judge().measures;
    assert_eq!(measures, crate::verdict::Measures::default());
}
