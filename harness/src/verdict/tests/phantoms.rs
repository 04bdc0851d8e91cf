//! Sessions that no client was given.

use super::run::{Run, scenario};
use super::{holds, unknown, violated};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, SessionId};

const NONE: Guarantee = Guarantee::NoPhantomSession;

fn one_session() -> Run {
    scenario().deciding(NONE).start().deploy().count("alice", "n1")
}

fn with_another(scenario: Run, id: &str) -> Run {
    scenario.seeing("n2", |state| {
        let mut other = state.contexts[0].sessions[0].clone();
        other.id = SessionId::new(id);
        state.contexts[0].sessions.push(other);
    })
}

#[test]
fn a_session_that_nobody_was_given_is_a_phantom() {
    holds(&one_session().observe(), NONE);
    violated(&with_another(one_session().observe(), "S999.n1"), NONE, &["n2 held session S999 at", "no client"]);
    // A request that was answered from a known session has made none.
    let again = one_session().count("alice", "n1").count("alice", "n2").observe();
    violated(&with_another(again, "S999.n1"), NONE, &["n2 held session S999 at"]);
}

#[test]
fn a_request_that_was_never_answered_may_have_made_one() {
    holds(&one_session().count_in_vain("bob", "n1", true).observe(), NONE);
    let one_more = with_another(one_session().count_in_vain("bob", "n1", true).observe(), "S999.n1");
    violated(&one_more, NONE, &["n2 held session S002"]);
}

#[test]
fn a_session_that_is_there_twice_is_one_too_many() {
    let twice = with_another(one_session().observe(), "S001.n2");
    violated(&twice, NONE, &["n2 listed 2 sessions", "clients had made 1"]);
}

#[test]
fn a_renamed_session_and_an_ended_one_are_no_phantoms() {
    let scenario = one_session().request("alice", "n1", AppRequest::ChangeId).observe();
    holds(&scenario.request("alice", "n1", AppRequest::Invalidate).observe(), NONE);
}

#[test]
fn what_nobody_looked_at_is_unknown() {
    unknown(&one_session(), NONE, &["no node was ever seen to hold a session"]);
    unknown(&one_session().observe().blind("n2"), NONE, &["the probe of n2 returned nothing"]);
}
