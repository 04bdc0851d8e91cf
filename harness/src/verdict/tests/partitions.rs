//! Partitions and their like: what is split is not promised, and what is not split is judged as ever.

use rstest::rstest;

use super::run::{Run, scenario};
use super::{holds, violated};
use crate::history::{Event, FaultPhase, LogClass, LogLine, RecordKind};
use crate::model::{FaultKind, Guarantee, ManagerKind, Topology, Violation};
use crate::verdict::Status;

const ABOUT_SESSIONS: [Guarantee; 4] = [
    Guarantee::ReplicatedWritesSurvive,
    Guarantee::AcknowledgedWritesSurvive,
    Guarantee::CompleteSession,
    Guarantee::IdentityKept,
];

fn of_three(manager: ManagerKind) -> Run {
    let mut topology = Topology::of(3).expect("three nodes");
    topology.cluster.manager = manager;
    Run::on(topology).without_joiners().start().deploy()
}

/// Two counts on n1, seen by all.
fn counted(scenario: Run) -> Run {
    scenario.count("alice", "n1").count("alice", "n1").observe()
}

fn of_two() -> Run {
    counted(scenario().without_joiners().start().deploy())
}

/// A loss that is excused: neither a violation nor a pass, for a reason that says all of `words`.
fn excused(scenario: &Run, guarantee: Guarantee, words: &[&str]) {
    let finding = scenario.finding(guarantee);
    assert_eq!(finding.status, Status::Unknown, "{guarantee}: {}", finding.because);
    assert!(!finding.violations.is_empty() && finding.because.contains("excused: "), "{}", finding.because);
    super::says(&finding, words);
    assert_eq!(scenario.judge().status, Status::Unknown, "{guarantee}");
}

fn green(scenario: &Run) {
    for guarantee in ABOUT_SESSIONS {
        holds(scenario, guarantee);
        assert!(scenario.finding(guarantee).promised, "{guarantee}");
    }
    assert_eq!(scenario.judge().status, Status::Holds);
}

fn evicted(on: &str) -> RecordKind {
    RecordKind::Log(LogLine {
        node: super::run::node(on),
        node_time: "12:00".to_owned(),
        level: "INFO".to_owned(),
        logger: String::new(),
        message: "Received member disappeared:[tcp://n2]".to_owned(),
        class: LogClass::MemberDisappeared,
    })
}

#[test]
fn a_session_that_was_written_on_both_sides_is_not_merged_and_nobody_promised_it() {
    let scenario = of_two().partition("n1").count("alice", "n1").count("alice", "n2").observe();
    let scenario =
        scenario.heal("n1").reformed().request("alice", "n1", crate::model::plan::AppRequest::Read).observe();
    excused(&scenario, Guarantee::AcknowledgedWritesSurvive, &["the partition of n1 had split alice's"]);
    assert!(scenario.finding(Guarantee::AcknowledgedWritesSurvive).violations.contains_key(&Violation::ForkedSession));
    let notes = scenario.judge().notes;
    let forked = notes.iter().find(|note| note.contains("forked")).expect("the fork is noted");
    for word in ["the partition of n1", "count 3 on n1", "count 3 on n2"] {
        assert!(forked.contains(word), "{word} is missing in: {forked}");
    }
}

/// What is neither asked nor looked for behind a split was not put to the test by it.
#[test]
fn a_session_that_nobody_comes_back_to_behind_a_split_is_untested() {
    let scenario = of_two().count("bob", "n2").observe().partition("n1").heal("n1").reformed().count("alice", "n2");
    super::unknown(&scenario, Guarantee::AcknowledgedWritesSurvive, &["the partition of n1", "bob's session"]);
    holds(&scenario.clone().observe(), Guarantee::AcknowledgedWritesSurvive);
    holds(&scenario.count("bob", "n2"), Guarantee::AcknowledgedWritesSurvive);
}

/// Nobody reads the session after the heal, and all that was asked for was answered rightly by its own side.
#[test]
fn a_fork_that_nobody_looks_at_is_reported_with_both_values() {
    let scenario = of_two().partition("n1").count("alice", "n1").count("alice", "n1").count("alice", "n2").observe();
    let scenario = scenario.heal("n1").reformed();
    let words = ["forked alice's session S001", "count 4 on n1 (#4)", "count 3 on n2 (#5)"];
    excused(&scenario, Guarantee::AcknowledgedWritesSurvive, &words);
    let finding = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!(finding.violations.get(&Violation::ForkedSession), Some(&1));
    let read_only =
        of_two().partition("n1").count("alice", "n1").request("alice", "n2", crate::model::plan::AppRequest::Read);
    let finding = read_only.finding(Guarantee::AcknowledgedWritesSurvive);
    assert!(!finding.violations.contains_key(&Violation::ForkedSession), "{}", finding.because);
}

#[test]
fn what_shows_the_writes_of_both_sides_is_merged_and_no_fork() {
    let scenario =
        of_two().partition("n1").count("alice", "n1").count("alice", "n2").answering(|answer| answer.count = 4);
    let scenario = scenario.heal("n1").reformed().count("alice", "n1").answering(|answer| answer.count = 5);
    let finding = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
    assert!(!finding.violations.contains_key(&Violation::ForkedSession), "{}", finding.because);
}

#[test]
fn what_one_side_wrote_is_not_promised_on_the_other() {
    let scenario = of_two().partition("n1").count("alice", "n2").count("alice", "n2").observe();
    let healed = scenario.clone().heal("n1").reformed().observe().count("alice", "n1").observe();
    excused(&healed, Guarantee::AcknowledgedWritesSurvive, &["count 3, expected 5"]);
    // The same without waiting until they see each other.
    let at_once = scenario.heal("n1").count("alice", "n1").observe();
    excused(&at_once, Guarantee::AcknowledgedWritesSurvive, &["nothing is merged"]);
}

#[test]
fn a_session_that_was_born_alone_may_be_unknown_to_the_other_side() {
    let scenario = of_two().partition("n1").count("alice", "n2").count("bob", "n2").observe();
    let scenario = scenario.heal("n1").reformed().observe().count("bob", "n1").observe();
    for guarantee in [Guarantee::AcknowledgedWritesSurvive, Guarantee::IdentityKept] {
        excused(&scenario, guarantee, &["bob"]);
    }
}

#[test]
fn what_one_side_wrote_is_owed_on_that_side() {
    let scenario = || of_two().partition("n1").count("alice", "n2").observe();
    green(&scenario().count("alice", "n2").observe());
    let scenario = scenario().count("alice", "n2").answering(|answer| answer.count -= 1);
    violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &["count 3, expected 4"]);
}

#[test]
fn what_was_written_before_is_owed_on_both_sides() {
    green(&of_two().partition("n1").count("alice", "n2").observe());
    let lost = of_two().partition("n1").count("alice", "n2").answering(|answer| answer.count = 1);
    violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["count 1, expected 3"]);
    violated(&lost, Guarantee::ReplicatedWritesSurvive, &["count 1, expected 3"]);
}

#[test]
fn a_majority_that_replicates_all_the_time_owes_all_after_the_kill_of_the_owner() {
    let scenario = || {
        let partition = counted(of_three(ManagerKind::Delta)).partition("n3").count("alice", "n1").observe();
        partition.heal("n3").reformed().observe().kill("n1")
    };
    green(&scenario().count("alice", "n2").observe());
    let lost = scenario().count("alice", "n2").answering(|answer| answer.count -= 1);
    violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["count 3, expected 4"]);
    // The node that was away is stale, and nobody promised otherwise.
    excused(&scenario().count("alice", "n3").observe(), Guarantee::AcknowledgedWritesSurvive, &["nothing is merged"]);
}

#[test]
fn a_node_that_started_since_may_have_asked_the_stale_side() {
    let scenario = counted(of_three(ManagerKind::Delta)).partition("n1").count("alice", "n2").observe();
    let scenario = scenario.heal("n1").reformed().observe().kill("n3").restart("n3").observe();
    // n3 took over from n1.
    excused(&scenario.count("alice", "n3").observe(), Guarantee::AcknowledgedWritesSurvive, &["nothing is merged"]);
}

#[test]
fn a_session_that_nobody_asked_for_meanwhile_is_owed_everywhere() {
    let scenario = || {
        let partition = of_two().count("bob", "n1").observe().partition("n1").count("alice", "n2").observe();
        partition.heal("n1").reformed().observe().kill("n1").count("alice", "n2")
    };
    green(&scenario().count("bob", "n2").observe());
    let lost = scenario().count("bob", "n2").answering(|answer| answer.count = 1);
    violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["bob", "count 1, expected 2"]);
}

/// After a partition each `BackupManager` takes itself for the owner, and publishes what it has.
#[test]
fn a_backup_manager_promises_nothing_of_a_session_that_lived_through_a_partition() {
    let scenario = counted(of_three(ManagerKind::Backup)).partition("n3").count("alice", "n1");
    let scenario = scenario.heal("n3").reformed().kill("n1").count("alice", "n2");
    let scenario = scenario.answering(|answer| answer.count -= 1);
    excused(&scenario, Guarantee::AcknowledgedWritesSurvive, &["nothing is merged"]);
}

#[test]
fn one_loss_that_breaks_a_promise_is_not_hidden_by_another_that_breaks_none() {
    let scenario =
        of_two().count("bob", "n2").observe().partition("n1").count("alice", "n1").count("alice", "n2").observe();
    let scenario = scenario.count("bob", "n2").answering(|answer| answer.count = 1);
    let finding = violated(&scenario, Guarantee::AcknowledgedWritesSurvive, &["bob", "count 1, expected 2"]);
    assert!(finding.promised && !finding.because.contains("not promised"), "{}", finding.because);
}

#[rstest]
#[case(FaultKind::PacketLoss, Some(20))]
#[case(FaultKind::Latency, None)]
#[case(FaultKind::MembershipPartition, None)]
#[case(FaultKind::SlowNode, Some(5))]
#[case(FaultKind::FillDisk, None)]
#[case(FaultKind::SkewClock, None)]
fn where_nobody_was_evicted_nothing_was_split(#[case] kind: FaultKind, #[case] percent: Option<u8>) {
    let scenario = || of_two().cut(kind, percent, "n1").count("alice", "n1").observe();
    let after = |scenario: Run| scenario.heal("n1").reformed().observe().kill("n1").count("alice", "n2");
    green(&after(scenario()).observe());
    let lost = || after(scenario()).answering(|answer| answer.count -= 1);
    violated(&lost(), Guarantee::AcknowledgedWritesSurvive, &["count 3, expected 4"]);
    // Nobody was seen to hold it.
    let mut parted = of_two().cut(kind, percent, "n1").count("alice", "n1");
    parted.push(evicted("n1"));
    let parted = parted.heal("n1").reformed().kill("n1").count("alice", "n2");
    let lost = parted.answering(|answer| answer.count -= 1);
    excused(&lost, Guarantee::AcknowledgedWritesSurvive, &[&kind.to_string()]);
    // What its own look had shown after the split is due, whatever was split before.
    let mut seen = scenario();
    seen.push(evicted("n1"));
    let lost = after(seen).answering(|answer| answer.count -= 1);
    violated(&lost, Guarantee::ReplicatedWritesSurvive, &["count 3, expected 4", "the replica on n2 had shown"]);
}

/// The network is whole, whatever the API server says: a node that loses its members by it excuses no loss.
#[test]
fn an_api_server_that_fails_excuses_no_loss() {
    let mut parted = of_two().cut(FaultKind::ApiError, None, "n1").count("alice", "n1");
    parted.push(evicted("n1"));
    let kept = parted.heal("n1").reformed().kill("n1").count("alice", "n2");
    let lost = kept.answering(|answer| answer.count -= 1);
    violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["count 3, expected 4"]);
}

/// That its peers miss a node that was killed is no sign that the one whose disk is full was cut off.
#[test]
fn a_kill_while_a_disk_is_full_splits_nothing() {
    let scenario = || {
        let mut scenario = of_two().cut(FaultKind::FillDisk, None, "n2").count("alice", "n1").observe().kill("n1");
        scenario.push(evicted("n2"));
        scenario.count("alice", "n2")
    };
    green(&scenario().observe());
    let lost = scenario().answering(|answer| answer.count -= 1);
    violated(&lost, Guarantee::AcknowledgedWritesSurvive, &["count 3, expected 4"]);
}

#[test]
fn a_loss_that_no_retry_gets_through_splits_without_a_word() {
    let scenario = of_two().cut(FaultKind::PacketLoss, Some(90), "n1").count("alice", "n1");
    let scenario = scenario.heal("n1").reformed().kill("n1").count("alice", "n2");
    let scenario = scenario.answering(|answer| answer.count -= 1);
    excused(&scenario, Guarantee::AcknowledgedWritesSurvive, &["the packet-loss of n1"]);
}

#[test]
fn a_cut_that_dropped_nothing_leaves_it_open() {
    let mut scenario = of_two().partition("n1").count("alice", "n2").observe();
    for record in &mut scenario.history.records {
        if let RecordKind::Fault { phase: phase @ FaultPhase::Hit { .. }, .. } = &mut record.kind {
            *phase = FaultPhase::Missed { seen: "0 packets dropped".to_owned() };
        }
    }
    super::unknown(&scenario, Guarantee::AcknowledgedWritesSurvive, &["the partition of n1 is not known to have hit"]);
}

#[test]
fn a_partition_across_which_nobody_asked_tested_nothing() {
    let scenario = of_two().partition("n1").count("bob", "n2").observe();
    super::unknown(&scenario, Guarantee::AcknowledgedWritesSurvive, &["no session with an acknowledged write"]);
}

/// Who evicted whom is right while a partition lasts, and is judged again from the next `ClusterFormed`.
#[test]
fn members_are_not_judged_while_a_partition_lasts() {
    let partitioned = || {
        let mut scenario = of_two().partition("n1");
        let sides = scenario.living.iter().map(|node| vec![node.clone()]).collect();
        scenario.event(Event::ClusterSplit { sides });
        scenario.count("alice", "n2").observe()
    };
    holds(&partitioned(), Guarantee::MembersAgree);
    holds(&partitioned().heal("n1").reformed().observe(), Guarantee::MembersAgree);
    let blind = partitioned().heal("n1").reformed().observe().seeing("n1", |state| state.members.clear());
    violated(&blind, Guarantee::MembersAgree, &["n1 did not list n2"]);
}

#[test]
fn a_node_that_is_cut_off_is_no_failover() {
    let scenario = of_two().partition("n1").count("alice", "n2").observe();
    assert!(scenario.judge().measures.failovers.is_empty());
}
