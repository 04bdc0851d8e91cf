//! Wrong ids: another stem, another route, a new session, a client that is not told.

use super::green::{after_the_first_kill, before_the_kill};
use super::story::{Story, story};
use super::{Status, holds, unknown, violated};
use crate::history::{OperationId, Outcome, SessionReplica};
use crate::spec::plan::AppRequest;
use crate::spec::{Guarantee, ManagerKind, SessionId, Topology};

fn telling(mut story: Story, cookies: &[&str]) -> Story {
    story.last_outcome(|outcome| match outcome {
        Outcome::Ok { reply } => reply.set_cookie = cookies.iter().map(|&cookie| cookie.to_owned()).collect(),
        other => panic!("no answer: {other:?}"),
    });
    story
}

#[test]
fn another_stem_is_another_session() {
    let story = after_the_first_kill().answering(|answer| answer.session = Some(SessionId::new("S999.n2"))).observe();
    let words = ["#6 (count on n2) asked for alice's session S001.n1 and was given a new one, S999.n2"];
    let finding = violated(&story, Guarantee::IdentityKept, &words);
    assert_eq!(finding.rests_on, [OperationId(6)]);
}

#[test]
fn a_route_that_is_not_rewritten_sends_the_client_to_the_dead() {
    let story = after_the_first_kill().answering(|answer| answer.session = Some(SessionId::new("S001.n1")));
    let words = ["#6 (count on n2) answered under the id S001.n1, which has route n1 where n2 was due"];
    violated(&telling(story, &[]).observe(), Guarantee::IdentityKept, &words);
}

#[test]
fn an_id_without_a_route_is_wrong_where_the_node_has_one() {
    let story = after_the_first_kill().answering(|answer| answer.session = Some(SessionId::new("S001")));
    violated(&telling(story, &["JSESSIONID=S001"]).observe(), Guarantee::IdentityKept, &["no route where n2 was due"]);
}

/// Three nodes with `BackupManager`; n1 made the session and died, n2 answered under the old id.
fn answered_by_a_proxy() -> Story {
    let mut topology = Topology::of(3).expect("three nodes");
    topology.cluster.manager = ManagerKind::Backup;
    let story = Story::on(topology).start().deploy().count("alice", "n1").count("alice", "n1").observe();
    let story = story.kill("n1").count("alice", "n2");
    telling(story.answering(|answer| answer.session = Some(SessionId::new("S001.n1"))), &[])
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
    let still = telling(still.answering(|answer| answer.session = Some(SessionId::new("S001.n1"))), &[]);
    let finding = violated(&still.observe(), Guarantee::IdentityKept, &["which has route n1 where n2 was due"]);
    assert_eq!(finding.rests_on.first(), Some(&OperationId(4)));
}

#[test]
fn an_id_that_changes_without_routes_is_wrong() {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.nodes.iter_mut().for_each(|node| node.jvm_route = None);
    let story = Story::on(topology).start().deploy().count("alice", "n1").observe().kill("n1").count("alice", "n2");
    let story = story.answering(|answer| answer.session = Some(SessionId::new("S001.n2")));
    let words = ["answered under the id S001.n2 where S001 was due: the node has no route"];
    violated(&telling(story, &["JSESSIONID=S001.n2"]).observe(), Guarantee::IdentityKept, &words);
}

#[test]
fn a_session_that_is_taken_for_new_again_is_wrong() {
    let story = after_the_first_kill().answering(|answer| answer.new = true).observe();
    violated(&story, Guarantee::IdentityKept, &["#6 (count on n2) took alice's session for new, which #5 had already"]);
}

#[test]
fn the_owner_may_forget_late_that_a_session_is_new() {
    let made = |again: bool| {
        let story = story().start().deploy().count("alice", "n1").count("alice", "n1");
        let story = story.answering(|answer| answer.new = true);
        if again {
            story.count("alice", "n1").count("alice", "n1").answering(|answer| answer.new = true)
        } else {
            story
        }
    };
    holds(&made(false), Guarantee::IdentityKept);
    violated(&made(true), Guarantee::IdentityKept, &["#4 (count on n1) took alice's session for new, which #3 had"]);
}

#[test]
fn a_client_that_is_not_told_its_new_id_will_lose_it() {
    let story = telling(after_the_first_kill(), &[]).observe();
    violated(&story, Guarantee::IdentityKept, &["S001.n2 without telling the client"]);
    let story = telling(after_the_first_kill(), &["JSESSIONID=S001.n1; Path=/counter; HttpOnly"]).observe();
    violated(&story, Guarantee::IdentityKept, &["its cookie says S001.n1"]);
}

#[test]
fn of_several_cookies_the_last_one_counts() {
    let cookies = ["JSESSIONID=S777; Path=/counter", "JSESSIONID=\"S001.n2\"; Path=/counter; HttpOnly"];
    holds(&telling(after_the_first_kill(), &cookies).observe(), Guarantee::IdentityKept);
}

#[test]
fn a_changed_id_that_is_lost_in_the_failover_is_wrong() {
    let story = before_the_kill().request("alice", "n1", AppRequest::ChangeId).observe().kill("n1");
    let good = story.clone().count("alice", "n2").observe();
    holds(&good, Guarantee::IdentityKept);
    let bad = story.forget("n2").count("alice", "n2").observe();
    violated(&bad, Guarantee::IdentityKept, &["asked for alice's session S002.n1 and was given a new one, S003.n2"]);
}

#[test]
fn an_unanswered_end_may_explain_a_loss_and_nobody_can_know() {
    let mut story = before_the_kill().request("alice", "n1", AppRequest::Invalidate);
    story.last_outcome(|outcome| *outcome = Outcome::Unknown { why: "timed out".to_owned(), reply: None });
    let story = story.kill("n1").count("alice", "n2").observe();
    for guarantee in [Guarantee::IdentityKept, Guarantee::ReplicatedWritesSurvive] {
        unknown(&story, guarantee, &["the kill of n1 tested nothing"]);
    }
    unknown(
        &story,
        Guarantee::AcknowledgedWritesSurvive,
        &["was given a new one", "excused: #6 (invalidate on n1) may have ended it or changed its id"],
    );
}

#[test]
fn one_answer_is_not_enough() {
    unknown(
        &story().start().deploy().count("alice", "n1").observe(),
        Guarantee::IdentityKept,
        &["no session was answered twice"],
    );
}

#[test]
fn a_fault_without_an_answer_after_it_is_not_enough() {
    let story = before_the_kill().kill("n1").observe();
    unknown(&story, Guarantee::IdentityKept, &["the kill of n1 tested nothing"]);
}

#[test]
fn the_same_session_twice_on_a_node_is_noted() {
    let story = after_the_first_kill().observe().seeing("n2", |state| {
        let twin: SessionReplica = state.contexts[0].sessions[0].clone();
        state.contexts[0].sessions.push(SessionReplica { id: SessionId::new("S001.n1"), ..twin });
    });
    let notes = story.judge().notes;
    assert!(notes.iter().any(|note| note.contains("n2 held alice's session S001 2 times")), "{notes:?}");
}

#[test]
fn a_request_that_counts_is_answered_out_of_a_session() {
    let counted = |nothing: bool| {
        let story = story().start().deploy().count("alice", "n1").answering(|answer| {
            if nothing {
                (answer.session, answer.count, answer.once, answer.list) = (None, 0, None, vec![]);
            }
        });
        if nothing { telling(story, &[]) } else { story }
    };
    violated(&counted(true), Guarantee::IdentityKept, &["#1 (count on n1) counted and was answered without a session"]);
    assert_ne!(counted(false).finding(Guarantee::IdentityKept).status, Status::Violated);
}
