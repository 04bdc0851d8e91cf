//! A session of the counter that a request of another page gives another id, as a login does.

use super::green::before_the_kill;
use super::run::{Run, node};
use super::{holds, violated};
use crate::history::{OperationId, Outcome, RecordKind, Reply};
use crate::model::{ClientName, Guarantee, SessionId};
use crate::verdict::Status;

const ACKNOWLEDGED: Guarantee = Guarantee::AcknowledgedWritesSurvive;

/// A login on n1 that is answered with this status and id; what the nodes hold goes by it, where it is the session's.
fn login(mut scenario: Run, status: u16, id: &str) -> Run {
    let operation = OperationId(scenario.next_operation());
    let session = scenario.cookies.get("alice").cloned().map(SessionId::new);
    scenario.push(RecordKind::Invoke {
        operation,
        client: ClientName::new("alice").expect("a good name"),
        node: node("n1"),
        request: None,
        target: "POST /counter/login".to_owned(),
        session,
    });
    let set_cookie = vec![format!("JSESSIONID={id}; Path=/counter")];
    let reply = Reply { status, set_cookie, ..Reply::default() };
    scenario.push(RecordKind::Complete { operation, outcome: Outcome::Ok { reply } });
    let before = scenario.cookies.insert("alice".to_owned(), id.to_owned()).expect("alice has a session");
    let old = before.split('.').next().expect("a stem").to_owned();
    let new = id.split('.').next().expect("a stem").to_owned();
    for name in scenario.living.clone() {
        if let Some(mut held) = scenario.held.remove(&(name.clone(), old.clone())) {
            id.clone_into(&mut held.id);
            scenario.held.insert((name, new.clone()), held);
        }
    }
    scenario
}

#[test]
fn a_session_goes_on_under_the_id_that_a_login_gave_it() {
    let after = |logins: u32| {
        let scenario =
            (1..=logins).fold(before_the_kill(), |scenario, number| login(scenario, 302, &format!("S10{number}.n1")));
        scenario.count("alice", "n1").observe().kill("n1").count("alice", "n2").without_joiners()
    };
    for logins in [1, 2] {
        holds(&after(logins).observe(), ACKNOWLEDGED);
        // All five increments are due, also those under the old id.
        let lost = after(logins).answering(|answer| answer.count = 2);
        violated(&lost, ACKNOWLEDGED, &["count 2, expected 6"]);
        let lost = login(before_the_kill(), 302, "S101.n1").count("alice", "n1").answering(|answer| answer.count = 3);
        violated(&lost, ACKNOWLEDGED, &["count 3, expected 5"]);
    }
}

/// What has another content is another session, and so is what an answer begins that refuses.
#[test]
fn an_id_of_another_session_is_no_new_one_of_the_old() {
    let other = |status: u16| {
        let scenario = login(before_the_kill(), status, "S101.n1").count("alice", "n1");
        scenario.answering(|answer| (answer.count, answer.once, answer.new) = (1, Some("another".to_owned()), true))
    };
    for status in [200, 404] {
        assert_ne!(other(status).finding(ACKNOWLEDGED).status, Status::Violated, "{status}");
    }
    let refused = login(before_the_kill(), 404, "S101.n1").count("alice", "n1").answering(|answer| answer.count = 1);
    assert_ne!(refused.finding(ACKNOWLEDGED).status, Status::Violated, "{}", refused.finding(ACKNOWLEDGED).because);
    let bad_request = login(before_the_kill(), 400, "S101.n1").count("alice", "n1").answering(|it| it.count = 1);
    assert_ne!(bad_request.finding(ACKNOWLEDGED).status, Status::Violated);
}
