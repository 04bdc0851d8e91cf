//! Requests of which nobody knows what became of them: what they excuse, until an answer or a look settles it.

use rstest::rstest;

use super::green::before_the_kill;
use super::run::{Run, scenario};
use super::{holds, unknown, violated};
use crate::history::{Outcome, Reply};
use crate::model::Guarantee;
use crate::model::plan::AppRequest;
use crate::verdict::Status;

const ACKNOWLEDGED: Guarantee = Guarantee::AcknowledgedWritesSurvive;
const REPLICATED: Guarantee = Guarantee::ReplicatedWritesSurvive;
const COMPLETE: Guarantee = Guarantee::CompleteSession;

/// The last request was answered with HTTP 500, with these cookies.
fn failed(mut scenario: Run, set_cookie: &[&str]) -> Run {
    let set_cookie = set_cookie.iter().map(|cookie| (*cookie).to_owned()).collect();
    scenario.last_outcome(|outcome| {
        let reply = Reply { status: 500, set_cookie, ..Reply::default() };
        *outcome = Outcome::Unknown { why: "HTTP 500".to_owned(), reply: Some(reply) };
    });
    scenario
}

/// A request that was answered with HTTP 500 and has changed nothing.
fn in_vain(scenario: Run, on: &str, request: AppRequest) -> Run {
    let (held, cookies) = (scenario.held.clone(), scenario.cookies.clone());
    let mut scenario = failed(scenario.request("alice", on, request), &[]);
    (scenario.held, scenario.cookies) = (held, cookies);
    scenario
}

/// A session that was made by a request which the server answered with HTTP 500, behind the app's own work.
fn made_by_a_failed_request() -> Run {
    failed(scenario().without_joiners().start().deploy().count("alice", "n1"), &["JSESSIONID=S001.n1; Path=/counter"])
}

/// A later answer shows that the session was not ended, and not renamed: what is gone then is lost.
#[rstest]
#[case(AppRequest::Invalidate)]
#[case(AppRequest::ChangeId)]
fn an_answer_settles_that_a_session_was_not_ended(#[case] request: AppRequest) {
    let gone = |scenario: Run| scenario.observe().seeing("n2", |state| state.contexts[0].sessions.clear());
    let settled = gone(in_vain(before_the_kill(), "n1", request).request("alice", "n1", AppRequest::Read));
    violated(&settled, REPLICATED, &["n2 no longer held alice's session S001"]);
    let open = gone(in_vain(before_the_kill(), "n1", request));
    assert_ne!(open.judge().status, Status::Violated);
    // An answer before it settles nothing.
    let before = gone(in_vain(before_the_kill().request("alice", "n1", AppRequest::Read), "n1", request));
    assert_ne!(before.judge().status, Status::Violated);
}

/// A new id may be that of a change whose answer is lost, as long as that may come.
#[test]
fn another_id_may_come_of_a_change_that_may_still_come() {
    let changed = |may_come: bool, count: i64| {
        let mut scenario = in_vain(before_the_kill(), "n1", AppRequest::ChangeId);
        if may_come {
            scenario.last_outcome(|it| *it = Outcome::Unknown { why: "timed out".to_owned(), reply: None });
        }
        let scenario = scenario.count("alice", "n1");
        let id = Some(crate::model::SessionId::new("S077.n1"));
        scenario.answering(|answer| (answer.session, answer.count) = (id, count))
    };
    assert_ne!(changed(true, 5).finding(ACKNOWLEDGED).status, Status::Violated);
    violated(&changed(true, 4), ACKNOWLEDGED, &["count 4, expected 5"]);
    // What was answered with HTTP 500 is over, and the node knows no other id then.
    assert_eq!(
        changed(false, 5).judge().status,
        Status::Violated,
        "{}",
        super::green::summary(&changed(false, 5).judge())
    );
}

#[test]
fn what_the_first_answer_showed_is_due_though_the_request_that_made_it_failed() {
    let read = || made_by_a_failed_request().request("alice", "n1", AppRequest::Read).observe().kill("n1");
    holds(&read().count("alice", "n2").observe(), COMPLETE);
    let lost = read().count("alice", "n2").answering(|answer| answer.once = Some("another".to_owned()));
    violated(&lost, COMPLETE, &["once \"another\", expected"]);
    let shorter = read().count("alice", "n2").answering(|answer| answer.list.clear());
    violated(&shorter, COMPLETE, &["list [], expected [0]"]);
}

/// Nobody promises a change in place; so a list that may have been changed so is no list to hold others against.
#[test]
fn a_list_that_was_changed_in_place_before_anybody_showed_it_is_not_due() {
    let mutated = made_by_a_failed_request().request("alice", "n1", AppRequest::Mutate).kill("n1").count("alice", "n2");
    let shown = mutated.answering(|answer| answer.list = vec![0]).observe();
    holds(&shown.holding("n2", |replica| drop(replica.attributes.insert("list".to_owned(), list(&[0])))), COMPLETE);
}

fn list(items: &[i64]) -> crate::history::AttributeValue {
    crate::history::AttributeValue::new("java.util.ArrayList", serde_json::json!(items))
}

#[test]
fn what_a_look_showed_is_due_where_nobody_was_answered_before() {
    let seen = || made_by_a_failed_request().observe().kill("n1").count("alice", "n2");
    assert_ne!(seen().observe().judge().status, Status::Violated);
    let lost = seen().answering(|answer| answer.once = Some("another".to_owned()));
    violated(&lost, COMPLETE, &["once \"another\", expected"]);
    let gone = seen().answering(|answer| answer.once = None);
    violated(&gone, COMPLETE, &["no once"]);
    // Nobody has shown what the request had written.
    let unseen = made_by_a_failed_request().kill("n1").count("alice", "n2");
    let unseen = unseen.answering(|answer| answer.once = Some("another".to_owned()));
    assert_ne!(unseen.finding(COMPLETE).status, Status::Violated);
}

/// Two increments on two nodes at one time, both answered.
fn at_once(scenario: Run) -> Run {
    let mut scenario = scenario;
    let (one, other) =
        (scenario.invoke("alice", "n1", AppRequest::Count), scenario.invoke("alice", "n2", AppRequest::Count));
    let reply = scenario.serve("alice", "n1", AppRequest::Count);
    scenario.complete(one, Outcome::Ok { reply });
    let reply = scenario.serve("alice", "n2", AppRequest::Count);
    scenario.complete(other, Outcome::Ok { reply });
    scenario
}

/// Of two that count at once the last one wins: what a fault took of that nobody knows, until one counts alone.
#[test]
fn a_session_that_two_counted_at_once_tests_nothing_until_one_counts_alone() {
    let made = || at_once(scenario().without_joiners().start().deploy().count("alice", "n1").observe());
    let split = |scenario: Run| {
        scenario.partition("n2").heal("n2").reformed().request("alice", "n2", AppRequest::Read).observe()
    };
    unknown(&split(made()), ACKNOWLEDGED, &["tested nothing"]);
    holds(&split(made().count("alice", "n2")), ACKNOWLEDGED);
}
