//! Whether a write waits for a silent peer distinguishes synchronous from asynchronous replication.

use super::run::{Run, node, scenario};
use super::{holds, unknown, violated};
use crate::history::{LogClass, LogLine, RecordKind};
use crate::model::{FaultKind, Guarantee, ManagerKind, Topology, Violation};

const WAITS: Guarantee = Guarantee::ReplicationWaits;

fn of(nodes: usize, options: &str, manager: ManagerKind) -> Run {
    let mut topology = Topology::of(nodes).expect("few nodes");
    topology.cluster.send_options = options.parse().expect("known options");
    topology.cluster.manager = manager;
    Run::on(topology).deciding(WAITS).start().deploy().count("alice", "n1").observe()
}

fn silenced(options: &str, kind: FaultKind) -> Run {
    of(2, options, ManagerKind::Delta).cut(kind, None, "n2")
}

#[test]
fn a_write_that_does_not_wait_for_a_silent_peer_breaks_what_sync_options_promise() {
    for kind in [FaultKind::Pause, FaultKind::Partition, FaultKind::TribesPartition] {
        let words = ["#2 (count on n1) was answered after 1 ms", &format!("the {kind} of n2"), "does not wait"];
        let scenario = silenced("sync-ack", kind).count("alice", "n1");
        let finding = violated(&scenario, WAITS, &words);
        assert_eq!(finding.violations.get(&Violation::ReplicationDoesNotWait), Some(&1));
        holds(&silenced("sync-ack", kind).count_taking("alice", "n1", 5000), WAITS);
    }
}

#[test]
fn a_write_that_waits_although_its_options_do_not_is_reported() {
    let scenario = silenced("async", FaultKind::Pause).count_taking("alice", "n1", 5000);
    let finding = violated(&scenario, WAITS, &["#2 (count on n1)", "it waited for the peer"]);
    assert_eq!(finding.violations.get(&Violation::NeedlessWait), Some(&1));
    holds(&silenced("async", FaultKind::Pause).count("alice", "n1"), WAITS);
    // A busy machine.
    let slow = silenced("async", FaultKind::Pause).count_taking("alice", "n1", 2000);
    unknown(&slow, WAITS, &["caused by a slow machine"]);
}

#[test]
fn only_the_first_write_of_a_node_counts() {
    let scenario = silenced("sync-ack", FaultKind::Pause).count_taking("alice", "n1", 5000).count("alice", "n1");
    holds(&scenario, WAITS);
    // Whoever evicted the peer meanwhile waits for nobody.
    let mut scenario = silenced("sync-ack", FaultKind::Pause);
    scenario.push(RecordKind::Log(LogLine {
        node: node("n1"),
        node_time: "12:00".to_owned(),
        level: "INFO".to_owned(),
        logger: String::new(),
        message: "Received member disappeared:[tcp://n2]".to_owned(),
        class: LogClass::MemberDisappeared,
    }));
    unknown(&scenario.count("alice", "n1"), WAITS, &["n1 had evicted its peer by the time of #2"]);
}

#[test]
fn what_was_undone_too_soon_or_never_tried_shows_nothing() {
    let healed = silenced("sync-ack", FaultKind::Pause).count("alice", "n1").heal("n2");
    unknown(&healed, WAITS, &["the pause of n2 was undone before"]);
    unknown(&silenced("sync-ack", FaultKind::Pause), WAITS, &["no session was written while a peer was silent"]);
    // A kill is no silence: the connection is reset at once.
    let killed = of(2, "sync-ack", ManagerKind::Delta).kill("n2").count("alice", "n1");
    unknown(&killed, WAITS, &["no session was written while a peer was silent"]);
    // Who is frozen itself answers late legitimately, and whoever is no owner renames the session first.
    let other = of(2, "sync-ack", ManagerKind::Delta).count("alice", "n2").partition("n1").count("alice", "n1");
    unknown(&other, WAITS, &["no session was written while a peer was silent"]);
}

#[test]
fn a_backup_manager_waits_for_the_backup_only() {
    let scenario = || of(3, "sync-ack", ManagerKind::Backup).seeing("n3", |state| state.contexts[0].sessions.clear());
    let to_the_backup = scenario().cut(FaultKind::Pause, None, "n2").count("alice", "n1");
    violated(&to_the_backup, WAITS, &["does not wait"]);
    let to_the_other = scenario().cut(FaultKind::Pause, None, "n3").count("alice", "n1");
    unknown(&to_the_other, WAITS, &["no session was written while a peer was silent"]);
}

#[test]
fn a_fault_that_missed_silenced_nobody() {
    let scenario = scenario().deciding(WAITS).start().deploy().count("alice", "n1");
    unknown(&scenario, WAITS, &["no session was written while a peer was silent"]);
}
