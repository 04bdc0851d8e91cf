//! Stale reads, without a fault between.

use super::run::{Run, scenario};
use super::{holds, unknown, violated};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, Topology};
use crate::verdict::Status;

const FRESH: Guarantee = Guarantee::NoStaleRead;

fn two_writes(options: &str) -> Run {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.cluster.send_options = options.parse().expect("known options");
    Run::on(topology).deciding(FRESH).start().deploy().count("alice", "n1").count("alice", "n1")
}

#[test]
fn an_answer_of_another_node_that_lacks_the_last_write_is_stale() {
    let scenario = two_writes("sync-ack").request("alice", "n2", AppRequest::Read);
    holds(&scenario, FRESH);
    let stale = scenario.answering(|answer| answer.count = 1);
    let words = ["#3 (read on n2)", "count 1, expected 2", "#2 (count on n1) had been acknowledged"];
    violated(&stale, FRESH, &words);
    // Whoever counts shows its own increment beside those before it.
    let stale = two_writes("sync-ack").count("alice", "n2").answering(|answer| answer.count = 2);
    violated(&stale, FRESH, &["count 2, expected 3"]);
    let half = two_writes("sync-ack").count("alice", "n2").answering(|answer| answer.once = None);
    violated(&half, FRESH, &["once None"]);
}

#[test]
fn a_session_that_another_node_does_not_find_is_stale() {
    let scenario = two_writes("sync-ack").forget("n2").count("alice", "n2");
    violated(&scenario, FRESH, &["#3 (count on n2) asked for alice's session S001.n1 and was given a new one"]);
}

#[test]
fn asynchronous_replication_promises_no_fresh_read() {
    let stale = two_writes("async").request("alice", "n2", AppRequest::Read).answering(|answer| answer.count = 1);
    let finding = stale.finding(FRESH);
    assert_eq!((finding.status, finding.promised), (Status::Violated, false));
}

#[test]
fn only_another_node_without_a_fault_between_shows_anything() {
    unknown(&two_writes("sync-ack").count("alice", "n1"), FRESH, &["no session was asked for on another node"]);
    let killed = two_writes("sync-ack").kill("n1").count("alice", "n2").answering(|answer| answer.count = 1);
    let finding = killed.finding(FRESH);
    assert_eq!(finding.status, Status::Unknown);
    super::says(&finding, &["no session was asked for on another node"]);
}

#[test]
fn writes_on_two_nodes_at_once_are_not_judged() {
    let mut scenario = scenario().deciding(FRESH).start().deploy().count("alice", "n1");
    // Both are under way at one time, and the last one wins.
    let one = scenario.invoke("alice", "n1", AppRequest::Count);
    let first = scenario.serve("alice", "n1", AppRequest::Count);
    let other = scenario.invoke("alice", "n2", AppRequest::Count);
    let mut second = scenario.serve("alice", "n2", AppRequest::Count);
    second.counter.as_mut().expect("it counts").count = 2;
    scenario.complete(one, crate::history::Outcome::Ok { reply: first });
    scenario.complete(other, crate::history::Outcome::Ok { reply: second });
    let scenario = scenario.request("alice", "n1", AppRequest::Read).answering(|answer| answer.count = 2);
    assert_ne!(scenario.finding(FRESH).status, Status::Violated);
}
