//! Measures.

use super::green::{before_the_kill, main_job};
use crate::history::OperationId;
use crate::spec::NodeName;
use crate::verdict::{Failover, Latency};

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
fn a_wrong_answer_ends_no_failover() {
    let story = before_the_kill().kill("n1").count("alice", "n2").answering(|answer| answer.count = 1);
    let measures = story.count("alice", "n2").observe().judge().measures;
    assert_eq!(measures.failovers.iter().map(|failover| failover.answered_by).collect::<Vec<_>>(), [OperationId(7)]);
}

#[test]
fn what_did_not_happen_is_not_measured() {
    let measures = super::story::story().judge().measures;
    assert_eq!(measures, crate::verdict::Measures::default());
}
