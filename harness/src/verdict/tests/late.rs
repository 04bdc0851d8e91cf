//! Where replication does not wait: what may still be on its way, and what was lost.

use rstest::rstest;

use super::run::{Run, node};
use super::{unknown, violated};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, Topology};
use crate::verdict::Status;

const ACKNOWLEDGED: Guarantee = Guarantee::AcknowledgedWritesSurvive;
/// Longer than a message is on its way.
const LONG: u64 = 2_000;

fn of_two(options: &str) -> Run {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.cluster.send_options = options.parse().expect("known options");
    Run::on(topology).without_joiners().start().deploy().count("alice", "n1").observe()
}

fn read(scenario: Run, on: &str) -> Run {
    scenario.request("alice", on, AppRequest::Read)
}

fn after(mut scenario: Run, ms: u64) -> Run {
    scenario.wait(ms);
    scenario
}

/// What a node holds is so many.
fn holding(mut scenario: Run, on: &str, count: i64) -> Run {
    for ((of, _), held) in &mut scenario.held {
        if *of == node(on) {
            held.count = count;
        }
    }
    scenario
}

/// n2 answers with the first of two writes only.
fn behind(options: &str, between: impl Fn(Run) -> Run) -> Run {
    let written = holding(between(of_two(options)).count("alice", "n1"), "n2", 1);
    holding(read(written, "n2"), "n1", 2)
}

fn same(scenario: Run) -> Run {
    scenario
}

#[rstest]
#[case(same)]
// On another node, or by the node's own increment, it shows nothing of this one.
#[case(|scenario: Run| read(scenario.bring_back("alice", "S001.n1", 2), "n1"))]
#[case(|scenario: Run| holding(scenario, "n2", 1).count("alice", "n2"))]
#[case(|scenario: Run| holding(scenario, "n2", 1).observe())]
// A node that was started since has taken over what the other had.
#[case(|scenario: Run| read(holding(scenario.kill("n2").restart("n2"), "n2", 2), "n2"))]
fn what_an_answer_lacks_may_come_later(#[case] then: fn(Run) -> Run) {
    unknown(&then(behind("async", same)), ACKNOWLEDGED, &["#3 (read on n2)", "it may have arrived later"]);
    violated(&behind("sync-ack", same), ACKNOWLEDGED, &["#3 (read on n2)", "count 1, expected 2"]);
}

#[rstest]
#[case(|scenario: Run| read(holding(scenario, "n2", 2), "n2"))]
#[case(|scenario: Run| holding(scenario, "n2", 2).observe())]
#[case(|scenario: Run| holding(scenario, "n2", 2).count("alice", "n2"))]
fn what_an_answer_lacked_has_come(#[case] then: fn(Run) -> Run) {
    let finding = then(behind("async", same)).finding(ACKNOWLEDGED);
    assert_ne!(finding.status, Status::Violated, "{}", finding.because);
    assert!(!finding.because.contains("may have arrived later"), "{}", finding.because);
}

/// With its owner what it had sent to nobody is lost.
#[test]
fn what_an_answer_lacks_after_the_owners_end_is_lost() {
    let killed = holding(of_two("async").count("alice", "n1"), "n2", 1).kill("n1");
    violated(&read(killed, "n2"), ACKNOWLEDGED, &["count 1, expected 2"]);
    // What was broken before it was written, or after it was asked for, has nothing to do with it.
    let before = behind("async", |scenario| scenario.cut(crate::model::FaultKind::FillDisk, None, "n1").heal("n1"));
    unknown(&before, ACKNOWLEDGED, &["it may have arrived later"]);
    unknown(&behind("async", same).kill("n1"), ACKNOWLEDGED, &["it may have arrived later"]);
}

/// n1 has ended the session with acknowledgement, and it is there again.
fn risen(options: &str, ms: u64) -> Run {
    let ended = of_two(options).request("alice", "n1", AppRequest::Invalidate);
    after(ended.bring_back("alice", "S001.n1", 1), ms)
}

#[rstest]
#[case(read(risen("sync-ack", 0), "n2"), true)]
#[case(read(risen("async", 0), "n2"), false)]
#[case(read(risen("async", 0), "n1"), true)]
#[case(risen("async", 0).count("alice", "n2"), true)]
#[case(read(risen("async", LONG), "n2"), true)]
fn an_end_may_be_on_its_way_to_another_node_for_a_second(#[case] scenario: Run, #[case] is_wrong: bool) {
    let finding = scenario.finding(ACKNOWLEDGED);
    assert_eq!(finding.status == Status::Violated, is_wrong, "{}", finding.because);
    assert_eq!(finding.because.contains("had ended with acknowledgement"), is_wrong, "{}", finding.because);
}

#[rstest]
#[case(risen("sync-ack", 0).observe(), true)]
#[case(risen("async", 0).observe(), false)]
#[case(risen("async", LONG).observe(), true)]
// It came late, but it came.
#[case(risen("async", LONG).observe().expire("S001").observe(), false)]
#[case(risen("async", LONG).observe().expire("S001").observe().blind("n1").blind("n2"), true)]
fn so_it_is_by_a_look(#[case] scenario: Run, #[case] is_wrong: bool) {
    let finding = scenario.finding(ACKNOWLEDGED);
    assert_eq!(finding.because.contains("had ended with acknowledgement"), is_wrong, "{}", finding.because);
}

/// A request that sends an id which the session has no more ends nothing.
#[test]
fn an_end_under_an_id_of_before_ends_nothing() {
    let mut changed = of_two("sync-ack").request("alice", "n1", AppRequest::ChangeId);
    let current = changed.cookies.insert("alice".to_owned(), "S001.n1".to_owned()).expect("alice has a session");
    let mut ended = changed.request("alice", "n1", AppRequest::Invalidate);
    ended.cookies.insert("alice".to_owned(), current);
    let goes_on = ended.count("alice", "n1").observe();
    assert_ne!(goes_on.judge().status, Status::Violated, "{}", super::green::summary(&goes_on.judge()));
}
