//! Wrong ids: another stem, another route, a new session, a client that is not informed.

use super::green::{after_the_first_kill, before_the_kill};
use super::run::{Run, scenario};
use super::{Status, holds, unknown, violated};
use crate::history::{OperationId, Outcome, SessionReplica};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, ManagerKind, SessionId, Topology};

fn with_cookies(mut scenario: Run, cookies: &[&str]) -> Run {
    scenario.last_outcome(|outcome| match outcome {
        Outcome::Ok { reply } => reply.set_cookie = cookies.iter().map(|&cookie| cookie.to_owned()).collect(),
        other => panic!("no answer: {other:?}"),
    });
    scenario
}

#[test]
fn another_stem_is_another_session() {
    let scenario =
        after_the_first_kill().answering(|answer| answer.session = Some(SessionId::new("S999.n2"))).observe();
    let words = ["#6 (count on n2) asked for alice's session S001.n1 and was given a new one, S999.n2"];
    let finding = violated(&scenario, Guarantee::IdentityKept, &words);
    assert_eq!(finding.rests_on, [OperationId(6)]);
}

#[test]
fn a_route_that_is_not_rewritten_sends_the_client_to_the_dead() {
    let scenario = after_the_first_kill().answering(|answer| answer.session = Some(SessionId::new("S001.n1")));
    let words = ["#6 (count on n2) answered under the id S001.n1, which has route n1, expected n2"];
    violated(&with_cookies(scenario, &[]).observe(), Guarantee::IdentityKept, &words);
}

#[test]
fn an_id_without_a_route_is_wrong_where_the_node_has_one() {
    let scenario = after_the_first_kill().answering(|answer| answer.session = Some(SessionId::new("S001")));
    violated(
        &with_cookies(scenario, &["JSESSIONID=S001"]).observe(),
        Guarantee::IdentityKept,
        &["no route, expected n2"],
    );
}

/// Three nodes with `BackupManager`; n1 made the session and died, n2 answered under the old id.
fn answered_by_a_proxy() -> Run {
    let mut topology = Topology::of(3).expect("three nodes");
    topology.cluster.manager = ManagerKind::Backup;
    let scenario = Run::on(topology).start().deploy().count("alice", "n1").count("alice", "n1").observe();
    let scenario = scenario.kill("n1").count("alice", "n2");
    with_cookies(scenario.answering(|answer| answer.session = Some(SessionId::new("S001.n1"))), &[])
}

#[test]
fn a_proxy_of_backup_manager_may_rename_the_id_with_its_second_answer() {
    let renamed = answered_by_a_proxy().count("alice", "n2").observe();
    assert_ne!(renamed.finding(Guarantee::IdentityKept).status, Status::Violated);
    let notes = renamed.judge().notes;
    assert!(
        notes.iter().any(|note| note.starts_with("#3 (count on n2) answered under the dead owner's route")),
        "{notes:?}"
    );
    let still = answered_by_a_proxy().count("alice", "n2");
    let still = with_cookies(still.answering(|answer| answer.session = Some(SessionId::new("S001.n1"))), &[]);
    let finding = violated(&still.observe(), Guarantee::IdentityKept, &["which has route n1, expected n2"]);
    assert_eq!(finding.rests_on.first(), Some(&OperationId(4)));
}

#[test]
fn an_id_that_changes_without_routes_is_wrong() {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.nodes.iter_mut().for_each(|node| node.jvm_route = None);
    let scenario = Run::on(topology).start().deploy().count("alice", "n1").observe().kill("n1").count("alice", "n2");
    let scenario = scenario.answering(|answer| answer.session = Some(SessionId::new("S001.n2")));
    let words = ["answered under the id S001.n2, expected S001: the node has no route"];
    violated(&with_cookies(scenario, &["JSESSIONID=S001.n2"]).observe(), Guarantee::IdentityKept, &words);
}

#[test]
fn a_session_that_is_taken_for_new_again_is_wrong() {
    let scenario = after_the_first_kill().answering(|answer| answer.new = true).observe();
    violated(
        &scenario,
        Guarantee::IdentityKept,
        &["#6 (count on n2) reported alice's session as new, which #5 had already"],
    );
}

#[test]
fn the_owner_may_forget_late_that_a_session_is_new() {
    let made = |again: bool| {
        let scenario = scenario().start().deploy().count("alice", "n1").count("alice", "n1");
        let scenario = scenario.answering(|answer| answer.new = true);
        if again {
            scenario.count("alice", "n1").count("alice", "n1").answering(|answer| answer.new = true)
        } else {
            scenario
        }
    };
    holds(&made(false), Guarantee::IdentityKept);
    violated(&made(true), Guarantee::IdentityKept, &["#4 (count on n1) reported alice's session as new, which #3 had"]);
}

#[test]
fn a_client_that_is_not_given_its_new_id_will_lose_it() {
    let scenario = with_cookies(after_the_first_kill(), &[]).observe();
    violated(&scenario, Guarantee::IdentityKept, &["S001.n2 without setting a cookie"]);
    let scenario = with_cookies(after_the_first_kill(), &["JSESSIONID=S001.n1; Path=/counter; HttpOnly"]).observe();
    violated(&scenario, Guarantee::IdentityKept, &["its cookie says S001.n1"]);
}

#[test]
fn of_several_cookies_the_last_one_counts() {
    let cookies = ["JSESSIONID=S777; Path=/counter", "JSESSIONID=\"S001.n2\"; Path=/counter; HttpOnly"];
    holds(&with_cookies(after_the_first_kill(), &cookies).observe(), Guarantee::IdentityKept);
}

#[test]
fn a_changed_id_that_is_lost_in_the_failover_is_wrong() {
    let scenario = before_the_kill().request("alice", "n1", AppRequest::ChangeId).observe().kill("n1");
    let good = scenario.clone().count("alice", "n2").observe();
    holds(&good, Guarantee::IdentityKept);
    let bad = scenario.forget("n2").count("alice", "n2").observe();
    violated(&bad, Guarantee::IdentityKept, &["asked for alice's session S002.n1 and was given a new one, S003.n2"]);
}

#[test]
fn an_unanswered_end_may_explain_a_loss_and_nobody_can_know() {
    let mut scenario = before_the_kill().request("alice", "n1", AppRequest::Invalidate);
    scenario.last_outcome(|outcome| *outcome = Outcome::Unknown { why: "timed out".to_owned(), reply: None });
    let scenario = scenario.kill("n1").count("alice", "n2").observe();
    for guarantee in [Guarantee::IdentityKept, Guarantee::ReplicatedWritesSurvive] {
        unknown(&scenario, guarantee, &["the kill of n1 tested nothing"]);
    }
    unknown(
        &scenario,
        Guarantee::AcknowledgedWritesSurvive,
        &["was given a new one", "excused: #6 (invalidate on n1) may have ended it or changed its id"],
    );
}

#[test]
fn one_answer_is_not_enough() {
    unknown(
        &scenario().start().deploy().count("alice", "n1").observe(),
        Guarantee::IdentityKept,
        &["no session was answered twice"],
    );
}

#[test]
fn a_fault_without_an_answer_after_it_is_not_enough() {
    let scenario = before_the_kill().kill("n1").observe();
    unknown(&scenario, Guarantee::IdentityKept, &["the kill of n1 tested nothing"]);
}

#[test]
fn the_same_session_twice_on_a_node_is_noted() {
    let scenario = after_the_first_kill().observe().seeing("n2", |state| {
        let twin: SessionReplica = state.contexts[0].sessions[0].clone();
        state.contexts[0].sessions.push(SessionReplica { id: SessionId::new("S001.n1"), ..twin });
    });
    let notes = scenario.judge().notes;
    assert!(notes.iter().any(|note| note.contains("n2 held alice's session S001 2 times")), "{notes:?}");
}

#[test]
fn a_request_that_counts_is_answered_out_of_a_session() {
    let counted = |nothing: bool| {
        let scenario = scenario().start().deploy().count("alice", "n1").answering(|answer| {
            if nothing {
                (answer.session, answer.count, answer.once, answer.list) = (None, 0, None, vec![]);
            }
        });
        if nothing { with_cookies(scenario, &[]) } else { scenario }
    };
    violated(&counted(true), Guarantee::IdentityKept, &["#1 (count on n1) counted and was answered without a session"]);
    assert_ne!(counted(false).finding(Guarantee::IdentityKept).status, Status::Violated);
}
