//! What is not promised is observed, shown, and fails no run.

use rstest::rstest;

use super::story::{Story, story};
use crate::history::RecordKind;
use crate::spec::{Guarantee, ManagerKind, SendOptions, Topology};
use crate::verdict::{Status, promises};

fn with_options(options: &str, manager: ManagerKind) -> Topology {
    let mut topology = Topology::of(3).expect("three nodes");
    topology.cluster.send_options = options.parse().expect("known options");
    topology.cluster.manager = manager;
    topology
}

#[rstest]
#[case("sync-ack", true)]
#[case("async", false)]
#[case("ack", false)]
#[case("14", false)]
fn only_synchronous_acknowledged_replication_promises_acknowledged_writes(
    #[case] options: &str,
    #[case] promised: bool,
    #[values(ManagerKind::Delta, ManagerKind::Backup)] manager: ManagerKind,
) {
    let promises = promises(&Story::on(with_options(options, manager)).plan);
    for guarantee in [Guarantee::AcknowledgedWritesSurvive, Guarantee::CompleteSession, Guarantee::IdentityKept] {
        assert_eq!(promises.contains(&guarantee), promised, "{guarantee}");
    }
    for guarantee in [Guarantee::ReplicatedWritesSurvive, Guarantee::ClusterForms, Guarantee::MembersAgree] {
        assert!(promises.contains(&guarantee), "{guarantee}");
    }
}

#[test]
fn what_the_elements_say_wins_over_the_cluster_s_own_send_options() {
    let waits = |topology: &Topology| {
        promises(&Story::on(topology.clone()).plan).contains(&Guarantee::AcknowledgedWritesSurvive)
    };
    let mut delta = with_options("sync-ack", ManagerKind::Delta);
    delta.cluster.elements.backup_manager.map_send_options = Some(SendOptions::ASYNC);
    assert!(waits(&delta));
    delta.cluster.elements.cluster.channel_send_options = Some(SendOptions::ASYNC);
    assert!(!waits(&delta));
    let mut backup = with_options("async", ManagerKind::Backup);
    backup.cluster.elements.cluster.channel_send_options = Some(SendOptions::SYNC_ACK);
    assert!(!waits(&backup));
    backup.cluster.elements.backup_manager.map_send_options = Some(SendOptions::SYNC_ACK);
    assert!(waits(&backup));
}

fn lossy(options: &str) -> Story {
    let story = Story::on(with_options(options, ManagerKind::Delta)).without_joiners().start().deploy();
    let story = story.count("alice", "n1").observe().count("alice", "n1").kill("n1");
    story.count("alice", "n2").answering(|answer| answer.count = 2).observe().holding("n2", |replica| {
        replica.attributes.get_mut("count").expect("it counts").value = 2.into();
    })
}

#[test]
fn a_write_lost_by_asynchronous_replication_fails_no_run_but_is_told() {
    let story = lossy("async");
    let finding = story.finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!((finding.promised, finding.status), (false, Status::Violated));
    let verdict = story.judge();
    assert_eq!(verdict.status, Status::Holds, "{verdict:?}");
    let note = "acknowledged-writes-survive is not promised: send options async do not wait for the peer";
    assert!(verdict.notes.iter().any(|found| found == note), "{:?}", verdict.notes);
    assert_eq!(lossy("sync-ack").judge().status, Status::Violated);
}

#[test]
fn when_all_copies_are_gone_at_once_what_is_lost_was_not_promised() {
    let story = story().start().deploy().count("alice", "n1").observe().kill("n1").kill("n2");
    let story = story.restart("n1").restart("n2").count("alice", "n1").observe();
    let verdict = story.judge();
    assert_eq!(verdict.status, Status::Unknown);
    let finding = story.finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!((finding.promised, finding.status), (false, Status::Violated), "{}", finding.because);
}

#[test]
fn a_backup_manager_promises_nothing_for_two_nodes_killed_before_it_could_relocate() {
    let killed_twice = |reformed: bool| {
        let story = Story::on(with_options("sync-ack", ManagerKind::Backup)).start().deploy();
        let story = story.count("alice", "n1").observe().kill("n1");
        let story = if reformed { story.reformed() } else { story };
        story.kill("n2").count("alice", "n3").answering(|answer| answer.count = 1).observe()
    };
    assert!(!killed_twice(false).finding(Guarantee::AcknowledgedWritesSurvive).promised);
    let finding = killed_twice(true).finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!((finding.promised, finding.status), (true, Status::Violated));
}

#[test]
fn a_peer_that_async_replication_never_reached_does_not_break_what_another_replica_held() {
    let story = Story::on(with_options("async", ManagerKind::Delta)).start().deploy();
    let stale = |story: Story| {
        story.holding("n3", |replica| replica.attributes.get_mut("count").expect("it counts").value = 1.into())
    };
    let story = stale(story.count("alice", "n1").count("alice", "n1").observe()).kill("n1");
    let story = stale(story.observe()).count("alice", "n3").answering(|answer| answer.count = 2).observe();
    let story = story.holding("n3", |replica| replica.attributes.get_mut("count").expect("it counts").value = 2.into());
    assert_eq!(story.finding(Guarantee::ReplicatedWritesSurvive).status, Status::Holds);
}

#[test]
fn only_what_the_plan_asks_for_is_decided() {
    let mut story = lossy("sync-ack");
    story.plan.guarantees = vec![Guarantee::ClusterForms];
    let verdict = story.judge();
    assert_eq!(verdict.guarantees.len(), 1);
    assert_eq!(verdict.status, Status::Holds);
    let story = story.without(|kind| matches!(kind, RecordKind::Event(crate::history::Event::ClusterFormed { .. })));
    assert_eq!(story.judge().status, Status::Unknown);
}
