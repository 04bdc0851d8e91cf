//! A session of `BackupManager` that no other node holds a copy of.

use rstest::rstest;

use super::run::Run;
use super::shop::{HAD, Shop, copy, on, owned, texts};
use super::{holds, unknown, violated};
use crate::history::ReplicaRole;
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, ManagerKind, Topology};
use crate::verdict::Status;

const ACKNOWLEDGED: Guarantee = Guarantee::AcknowledgedWritesSurvive;
const REPLICATED: Guarantee = Guarantee::AttributesReplicated;
const NONE: &str = "no backup of alice's session S001 was seen";

fn three(options: &str) -> Topology {
    let mut topology = Topology::of(3).expect("three nodes");
    topology.cluster.manager = ManagerKind::Backup;
    topology.cluster.send_options = options.parse().expect("known options");
    topology
}

fn of_three(options: &str) -> Run {
    let scenario = Run::on(three(options)).without_joiners().start().deploy();
    scenario.count("alice", "n1").count("alice", "n1").observe()
}

/// Nobody but n1 holds anything.
fn alone(scenario: Run) -> Run {
    scenario.forget("n2").forget("n3")
}

fn later(mut scenario: Run) -> Run {
    scenario.wait(2_000);
    scenario
}

#[rstest]
#[case(alone(of_three("sync-ack")).observe(), true)]
// One has it.
#[case(of_three("sync-ack").forget("n3").observe(), false)]
// Not everybody was looked at, or nobody else is there.
#[case(alone(of_three("sync-ack")).observe().blind("n2"), false)]
#[case(alone(of_three("sync-ack")).kill("n2").kill("n3").observe(), false)]
// It came later, or went.
#[case(alone(of_three("sync-ack")).observe().bring_back("alice", "S001.n1", 2).observe(), false)]
#[case(alone(of_three("sync-ack").observe()).observe(), true)]
// Where nobody waits for it it may be on its way for a second.
#[case(alone(of_three("async").count("alice", "n1")).observe(), false)]
#[case(later(alone(of_three("async").count("alice", "n1"))).observe(), true)]
// Nobody knows whether it was ended, or goes by another id.
#[case(in_vain(alone(of_three("sync-ack")), AppRequest::Invalidate).observe(), false)]
#[case(in_vain(alone(of_three("sync-ack")), AppRequest::ChangeId).observe(), false)]
#[case(in_vain(alone(of_three("sync-ack")), AppRequest::Read).observe(), true)]
fn a_session_without_a_backup_is_seen(#[case] scenario: Run, #[case] is_seen: bool) {
    let finding = scenario.finding(ACKNOWLEDGED);
    assert_eq!(finding.because.contains(NONE), is_seen, "{}", finding.because);
    assert_ne!(finding.status, Status::Violated, "as long as its owner has it nothing is lost");
}

/// A request that the server answered with HTTP 500, and that has changed nothing.
fn in_vain(scenario: Run, request: AppRequest) -> Run {
    let (held, cookies) = (scenario.held.clone(), scenario.cookies.clone());
    let mut scenario = scenario.request("alice", "n1", request);
    (scenario.held, scenario.cookies) = (held, cookies);
    scenario.last_outcome(|outcome| {
        let set_cookie = vec![];
        let reply = crate::history::Reply { status: 500, set_cookie, ..crate::history::Reply::default() };
        *outcome = crate::history::Outcome::Unknown { why: "HTTP 500".to_owned(), reply: Some(reply) };
    });
    scenario
}

fn made(options: &str) -> Shop {
    on(three(options), REPLICATED, &["/shop"]).ask("alice", "n1", "GET /shop/cart", None, Some("A1.n1"))
}

fn seen(options: &str) -> Shop {
    made(options).look("n1", owned("A1.n1", HAD))
}

fn backup() -> Vec<crate::history::SessionReplica> {
    vec![copy("A1.n1", ReplicaRole::Backup, texts(HAD))]
}

fn proxy() -> Vec<crate::history::SessionReplica> {
    vec![copy("A1.n1", ReplicaRole::Proxy, [].into())]
}

#[test]
fn the_attributes_of_a_session_are_on_its_backup() {
    holds(&seen("sync-ack").look("n2", backup()).look("n3", proxy()).scenario, REPLICATED);
    holds(&seen("sync-ack").look("n2", proxy()).look("n3", backup()).scenario, REPLICATED);
    let none = seen("sync-ack").look("n2", proxy()).look("n3", proxy());
    violated(&none.scenario, REPLICATED, &["no node holds a backup of alice's session A1 of /shop, only n1 holds it"]);
    let on_its_way = seen("async").look("n2", proxy()).look("n3", proxy());
    unknown(&on_its_way.scenario, REPLICATED, &["no node holds a backup", "may have arrived later"]);
    // Not everybody was looked at, or the cluster was not whole.
    let missed = seen("sync-ack").look("n2", proxy());
    assert_ne!(missed.scenario.finding(REPLICATED).status, Status::Violated);
    let killed = made("sync-ack").kill("n3").look("n1", owned("A1.n1", HAD)).look("n2", proxy());
    assert_ne!(killed.scenario.finding(REPLICATED).status, Status::Violated);
    let formed = || made("sync-ack").kill("n3").then(Run::reformed);
    let looked = |formed: Shop| formed.look("n1", owned("A1.n1", HAD)).look("n2", proxy()).scenario;
    let later = |mut run: Run| {
        run.wait(6_000);
        run.reformed()
    };
    violated(&looked(formed().then(later)), REPLICATED, &["no node holds a backup"]);
    // It may still be making another one.
    assert_ne!(looked(formed()).finding(REPLICATED).status, Status::Violated);
    // Of a Manager that replicates nothing no copy is due here: that is said of the app.
    let local = made("sync-ack").look("n1", vec![copy("A1.n1", ReplicaRole::Local, texts(HAD))]);
    let local = local.look("n2", vec![]).look("n3", vec![]).scenario.finding(REPLICATED);
    assert!(!local.because.contains("no node holds a backup"), "{}", local.because);
}
