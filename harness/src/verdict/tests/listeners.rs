//! What the listener of an app is notified of, on which nodes.

use rstest::rstest;

use super::run::{Run, node, scenario};
use crate::history::{LogClass, LogLine, Outcome, RecordKind};
use crate::model::Expect;
use crate::model::plan::AppRequest;
use crate::verdict::Status;

fn session_of(scenario: &Run) -> String {
    let last = scenario.history.records.iter().rev().find_map(|record| match &record.kind {
        RecordKind::Complete { outcome: Outcome::Ok { reply }, .. } => reply.counter.as_ref()?.session.clone(),
        _ => None,
    });
    last.expect("an answer out of a session").as_str().to_owned()
}

fn with_event(mut scenario: Run, on: &str, class: LogClass, session: &str) -> Run {
    let event = if class == LogClass::SessionCreated { "created" } else { "destroyed" };
    scenario.push(RecordKind::Log(LogLine {
        node: node(on),
        node_time: "12:00".to_owned(),
        level: "INFO".to_owned(),
        logger: "harness.app.SessionEvents".to_owned(),
        message: format!("tomee-harness: session {event} {session}"),
        class,
    }));
    scenario
}

fn nodes(names: &[&str]) -> Vec<crate::model::NodeName> {
    names.iter().map(|name| node(name)).collect()
}

/// A session that begins on n1, with what the listeners of these nodes are notified of.
fn begun(expected: &[&str], called_on: &[&str]) -> Status {
    let scenario = scenario().start().deploy().count("alice", "n1");
    let scenario = scenario.expecting(Expect { created: Some(nodes(expected)), ..Expect::default() });
    let session = session_of(&scenario);
    let scenario =
        called_on.iter().fold(scenario, |scenario, on| with_event(scenario, on, LogClass::SessionCreated, &session));
    // What others are notified of, and about other sessions, is nothing to this.
    let scenario = with_event(scenario, "n1", LogClass::SessionDestroyed, &session);
    let scenario = with_event(scenario, "n2", LogClass::SessionCreated, "AnotherSession.n2").observe();
    scenario.judge().expectations.pop().expect("one").status
}

#[rstest]
#[case::both(&["n1", "n2"], &["n1", "n2"], Status::Holds)]
#[case::twice(&["n1"], &["n1", "n1"], Status::Holds)]
#[case::one_less(&["n1", "n2"], &["n1"], Status::Violated)]
#[case::one_more(&["n1"], &["n1", "n2"], Status::Violated)]
#[case::nowhere(&[], &[], Status::Holds)]
#[case::somewhere(&[], &["n2"], Status::Violated)]
fn a_beginning_is_notified_on_these_nodes_and_no_other(
    #[case] expected: &[&str],
    #[case] called_on: &[&str],
    #[case] status: Status,
) {
    assert_eq!(begun(expected, called_on), status);
}

#[test]
fn an_end_is_known_by_the_session_that_was_sent_whatever_its_route() {
    let scenario = scenario().start().logs("n1", "INFO", "up").deploy().count("alice", "n1");
    let session = session_of(&scenario);
    let scenario = scenario.request("alice", "n2", AppRequest::Invalidate);
    let scenario = scenario.expecting(Expect { destroyed: Some(nodes(&["n1", "n2"])), ..Expect::default() });
    let renamed = session.replace(".n1", ".n2");
    let one = with_event(scenario, "n2", LogClass::SessionDestroyed, &renamed);
    let last = |scenario: &Run| scenario.judge().expectations.pop().expect("one");
    assert_eq!(last(&one).status, Status::Violated);
    assert!(last(&one).because.contains("on n2"), "{}", last(&one).because);
    let both = with_event(one, "n1", LogClass::SessionDestroyed, &session).observe();
    assert_eq!(last(&both).status, Status::Holds, "{}", last(&both).because);
    assert_eq!(last(&both).evidence.len(), 2);
}

#[test]
fn without_a_session_nobody_knows() {
    let scenario = scenario().start().deploy().count_in_vain("alice", "n1", false);
    let scenario = scenario.expecting(Expect { created: Some(nodes(&[])), ..Expect::default() });
    assert_eq!(scenario.observe().judge().expectations.pop().expect("one").status, Status::Unknown);
}
