//! What is not promised: a loss counts where it is seen, and is reported as possible where it is not.

use rstest::rstest;

use super::run::{Run, scenario};
use crate::history::RecordKind;
use crate::model::{AllowedViolation, Guarantee, ManagerKind, SendOptions, Topology, Violation};
use crate::verdict::{Aside, Status, promises};

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
    let promises = promises(&Run::on(with_options(options, manager)).plan);
    for guarantee in [Guarantee::AcknowledgedWritesSurvive, Guarantee::CompleteSession, Guarantee::IdentityKept] {
        assert_eq!(promises.contains(&guarantee), promised, "{guarantee}");
    }
    for guarantee in [Guarantee::ReplicatedWritesSurvive, Guarantee::ClusterForms, Guarantee::MembersAgree] {
        assert!(promises.contains(&guarantee), "{guarantee}");
    }
}

#[test]
fn what_the_elements_say_wins_over_the_cluster_s_own_send_options() {
    let waits =
        |topology: &Topology| promises(&Run::on(topology.clone()).plan).contains(&Guarantee::AcknowledgedWritesSurvive);
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

fn lossy(options: &str) -> Run {
    let scenario = Run::on(with_options(options, ManagerKind::Delta)).without_joiners().start().deploy();
    let scenario = scenario.count("alice", "n1").observe().count("alice", "n1").kill("n1");
    scenario.count("alice", "n2").answering(|answer| answer.count = 2).observe().holding("n2", |replica| {
        replica.attributes.get_mut("count").expect("it counts").value = 2.into();
    })
}

#[test]
fn a_write_that_is_seen_to_be_lost_is_a_violation_whatever_the_configuration_promises() {
    for (options, promised) in [("async", false), ("sync-ack", true)] {
        let scenario = lossy(options);
        let finding = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
        assert_eq!((finding.promised, finding.status), (promised, Status::Violated), "{}", finding.because);
        let word = "the configuration does not rule it out: send options async do not wait for the peer";
        assert_eq!(finding.because.contains(word), !promised, "{}", finding.because);
        assert_eq!(scenario.judge().status, Status::Violated);
    }
}

#[test]
fn what_is_not_promised_and_was_not_lost_is_reported_with_what_the_trials_allow() {
    let scenario = |clients: usize| {
        let clients: Vec<String> = (0..clients).map(|number| format!("client-{number}")).collect();
        let scenario = Run::on(with_options("async", ManagerKind::Delta)).without_joiners().start().deploy();
        let scenario =
            clients.iter().fold(scenario, |scenario, client| scenario.count(client, "n1")).observe().kill("n1");
        clients.iter().fold(scenario, |scenario, client| scenario.count(client, "n2")).observe()
    };
    for (trials, words) in
        [(1, "none lost in 1 trial: at most 95 % with 95 %"), (40, "none lost in 40 trials: at most 7 % with 95 %")]
    {
        let scenario = scenario(trials);
        let finding = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
        assert_eq!((finding.status, finding.aside), (Status::Unknown, Some(Aside::NotPromised)));
        super::says(&finding, &[words, "send options async do not wait for the peer"]);
        assert_eq!(scenario.judge().status, Status::Holds, "{:?}", scenario.judge());
    }
}

/// What nobody tried is no matter of promises.
#[test]
fn what_is_not_promised_and_was_not_tried_stays_unknown() {
    let killed = || {
        let scenario = Run::on(with_options("async", ManagerKind::Delta)).without_joiners().start().deploy();
        let mut scenario = scenario.count("alice", "n1").observe().kill("n1");
        scenario.plan.guarantees = vec![Guarantee::AcknowledgedWritesSurvive];
        scenario
    };
    let untried = killed();
    assert_eq!(untried.finding(Guarantee::AcknowledgedWritesSurvive).aside, None);
    assert_eq!(untried.judge().status, Status::Unknown);
    let tried = killed().count("alice", "n2").observe();
    assert_eq!(tried.finding(Guarantee::AcknowledgedWritesSurvive).aside, Some(Aside::NotPromised));
}

#[test]
fn a_loss_may_be_allowed_by_name_and_up_to_a_share_of_the_sessions() {
    let allowing = |violation, at_most_percent| {
        let mut scenario = lossy("async");
        scenario.plan.guarantees.retain(|guarantee| *guarantee != Guarantee::ReplicatedWritesSurvive);
        scenario.plan.allow = vec![AllowedViolation { violation, at_most_percent }];
        scenario.judge().status
    };
    assert_eq!(allowing(Violation::LostWrite, None), Status::Holds);
    assert_eq!(allowing(Violation::LostWrite, Some(100)), Status::Holds);
    assert_eq!(allowing(Violation::LostWrite, Some(99)), Status::Violated);
    assert_eq!(allowing(Violation::LostFirstRequest, None), Status::Violated);
}

/// A loss that nobody expected counts, though another one was expected, and so does one that nothing proves.
#[test]
fn what_is_expected_of_one_session_excuses_no_other() {
    let expecting = || {
        let mut scenario = lossy("async");
        scenario.plan.guarantees = vec![Guarantee::AcknowledgedWritesSurvive, Guarantee::ClusterForms];
        scenario.plan.expect_violations =
            vec![crate::model::ExpectedViolation { violation: Violation::LostWrite, at_least: 1, trials: 1 }];
        scenario
    };
    assert_eq!(expecting().judge().status, Status::Holds, "{:?}", expecting().judge());
    // Bob's first answer lacks what a first request writes: that shows in no other guarantee.
    let bob = expecting().count("bob", "n2").answering(|answer| answer.list.clear());
    let verdict = bob.judge();
    assert_eq!(verdict.status, Status::Violated);
    let partial = verdict.guarantees.iter().find(|finding| finding.guarantee == Guarantee::CompleteSession);
    assert_eq!(partial.map(|finding| finding.aside), Some(None));
    // An operation that ended twice makes everything doubtful, so the violation that was expected was not shown.
    let mut doubtful = expecting();
    doubtful.complete(1, crate::history::Outcome::Failed { why: "connection refused".to_owned() });
    assert_eq!(doubtful.judge().status, Status::Unknown);
    assert!(doubtful.finding(Guarantee::AcknowledgedWritesSurvive).violations.is_empty());
}

/// Each answer without a session is of a client of its own, for all that is known.
#[test]
fn losses_that_name_no_session_are_counted_one_by_one() {
    let allowing = |percent| {
        let scenario = scenario().deciding(Guarantee::IdentityKept).start().deploy();
        let kept = ["alice", "bob", "carol", "dave"];
        let scenario = kept.iter().fold(scenario, |scenario, client| scenario.count(client, "n1").count(client, "n1"));
        let mut scenario = ["erin", "frank", "grace"]
            .iter()
            .fold(scenario, |scenario, client| scenario.count(client, "n1").answering(|answer| answer.session = None));
        scenario.plan.guarantees.push(Guarantee::ClusterForms);
        scenario.plan.allow =
            vec![AllowedViolation { violation: Violation::LostSession, at_most_percent: Some(percent) }];
        scenario.judge().status
    };
    assert_eq!(allowing(75), Status::Holds);
    assert_eq!(allowing(74), Status::Violated);
}

/// Of another app than the counter the share is one of its sessions: here of Alice's, of Bob's, and of that which took the
/// place of Bob's.
#[test]
fn a_share_is_one_of_the_sessions_that_a_guarantee_is_about() {
    let allowing = |percent| {
        let cart = "GET /shop/cart";
        let shop = super::shop::shop(Guarantee::SessionKept).alice().ask("bob", "n1", cart, None, Some("B1.n1"));
        let shop = shop.kill("n1").ask("alice", "n2", cart, Some("A1.n1"), Some("A1.n2"));
        let mut scenario = shop.ask("bob", "n2", cart, Some("B1.n1"), Some("C1.n2")).scenario;
        scenario.plan.guarantees.push(Guarantee::ClusterForms);
        scenario.plan.allow =
            vec![AllowedViolation { violation: Violation::LostSession, at_most_percent: Some(percent) }];
        scenario.judge().status
    };
    assert_eq!(allowing(34), Status::Holds);
    assert_eq!(allowing(33), Status::Violated);
}

#[test]
fn when_all_copies_are_gone_at_once_the_loss_is_excused() {
    let scenario = scenario().start().deploy().count("alice", "n1").observe().kill("n1").kill("n2");
    let scenario = scenario.restart("n1").restart("n2").count("alice", "n1").observe();
    let verdict = scenario.judge();
    assert_eq!(verdict.status, Status::Unknown);
    let finding = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!(finding.status, Status::Unknown, "{}", finding.because);
    super::says(&finding, &["was given a new one", "excused: no copy was left at"]);
}

#[test]
fn a_backup_manager_is_excused_where_two_nodes_were_killed_before_it_could_relocate() {
    let killed_twice = |reformed: bool| {
        let scenario = Run::on(with_options("sync-ack", ManagerKind::Backup)).start().deploy();
        let scenario = scenario.count("alice", "n1").count("alice", "n1").observe().kill("n1");
        let scenario = if reformed { scenario.reformed() } else { scenario };
        scenario.kill("n2").count("alice", "n3").answering(|answer| answer.count = 2).observe()
    };
    let finding = killed_twice(false).finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!(finding.status, Status::Unknown, "{}", finding.because);
    super::says(&finding, &["count 2, expected 3", "excused: no copy was left at"]);
    let finding = killed_twice(true).finding(Guarantee::AcknowledgedWritesSurvive);
    assert_eq!(finding.status, Status::Violated, "{}", finding.because);
}

#[test]
fn a_peer_that_async_replication_never_reached_does_not_break_what_another_replica_held() {
    let scenario = Run::on(with_options("async", ManagerKind::Delta)).start().deploy();
    let stale = |scenario: Run| {
        scenario.holding("n3", |replica| replica.attributes.get_mut("count").expect("it counts").value = 1.into())
    };
    let scenario = stale(scenario.count("alice", "n1").count("alice", "n1").observe()).kill("n1");
    let scenario = stale(scenario.observe()).count("alice", "n3").answering(|answer| answer.count = 2).observe();
    let scenario =
        scenario.holding("n3", |replica| replica.attributes.get_mut("count").expect("it counts").value = 2.into());
    assert_eq!(scenario.finding(Guarantee::ReplicatedWritesSurvive).status, Status::Holds);
}

#[test]
fn only_what_the_plan_asks_for_must_be_proven_and_a_loss_is_reported_all_the_same() {
    let mut scenario = lossy("sync-ack");
    scenario.plan.guarantees = vec![Guarantee::ClusterForms];
    let verdict = scenario.judge();
    assert_eq!(verdict.status, Status::Violated);
    assert_eq!(verdict.guarantees[0].status, Status::Holds);
    assert_eq!(verdict.guarantees[1].guarantee, Guarantee::AcknowledgedWritesSurvive);
    let mut scenario = super::green::after_the_first_kill();
    scenario.plan.guarantees = vec![Guarantee::ClusterForms];
    let verdict = scenario.judge();
    assert_eq!((verdict.guarantees.len(), verdict.status), (1, Status::Holds));
    let scenario =
        scenario.without(|kind| matches!(kind, RecordKind::Event(crate::history::Event::ClusterFormed { .. })));
    assert_eq!(scenario.judge().status, Status::Unknown);
}
