//! Sessions that end before their time, or long after it.

use super::run::{Run, scenario};
use super::{holds, unknown, violated};
use crate::history::{RecordKind, Seen};
use crate::model::plan::AppRequest;
use crate::model::{Guarantee, Violation};

const TIME: Guarantee = Guarantee::Expiry;

impl Run {
    /// Looks, and says of each session that it lives five seconds.
    fn seen_short(self) -> Self {
        let mut scenario = self.observe();
        for record in &mut scenario.history.records {
            let RecordKind::Observe(look) = &mut record.kind else { continue };
            let Seen::State(state) = &mut look.seen else { continue };
            let sessions = state.contexts.iter_mut().flat_map(|context| &mut context.sessions);
            sessions.for_each(|session| session.max_inactive_s = Some(5));
        }
        scenario
    }
}

fn short() -> Run {
    let scenario = scenario().deciding(TIME).start().deploy().count("alice", "n1");
    scenario.request("alice", "n1", AppRequest::ShortLive).seen_short()
}

/// Time passes, as another client is answered slowly.
fn later(scenario: Run, seconds: u64) -> Run {
    scenario.count_taking("bob", "n1", seconds * 1000)
}

#[test]
fn a_session_that_is_gone_when_its_time_is_over_ended_by_right() {
    let scenario = later(short(), 6).expire("S001");
    holds(&scenario.clone().request("alice", "n1", AppRequest::Read), TIME);
    holds(&scenario.observe(), TIME);
    // No other guarantee takes it for a loss.
    let mut scenario = later(short(), 6).expire("S001").request("alice", "n1", AppRequest::Read).observe();
    scenario.plan.guarantees = Guarantee::COMMON.to_vec();
    assert_ne!(scenario.judge().status, crate::verdict::Status::Violated);
}

#[test]
fn a_session_that_is_gone_before_its_time_ended_early() {
    let early = |scenario: Run, words: &[&str]| {
        let finding = violated(&scenario, TIME, words);
        assert!(finding.violations.contains_key(&Violation::ExpiredEarly));
    };
    early(
        later(short(), 3).expire("S001").request("alice", "n1", AppRequest::Read),
        &["found none", "within its lifetime of 5s"],
    );
    early(later(short(), 3).expire("S001").observe(), &["no longer held alice's session S001"]);
}

#[test]
fn a_session_that_is_there_long_after_its_time_ended_late() {
    let late = |scenario: Run, words: &[&str]| {
        let finding = violated(&scenario, TIME, words);
        assert!(finding.violations.contains_key(&Violation::ExpiredLate));
    };
    late(later(short(), 11).request("alice", "n1", AppRequest::Read), &["#4 (read on n1)", "long over"]);
    late(later(short(), 18).observe(), &["still held alice's session S001"]);
    // The background thread may not have been there yet.
    unknown(&later(short(), 14).observe(), TIME, &["no session with a short life"]);
}

#[test]
fn a_copy_whose_owner_died_lives_twice_as_long() {
    let killed = || short().kill("n1").count_taking("bob", "n2", 14_000);
    let read = killed().request("alice", "n2", AppRequest::Read);
    assert!(!read.finding(TIME).violations.contains_key(&Violation::ExpiredLate));
    let late = short().kill("n1").count_taking("bob", "n2", 16_000).request("alice", "n2", AppRequest::Read);
    violated(&late, TIME, &["long over"]);
}

#[test]
fn reads_keep_a_session_alive() {
    let scenario = (0..4).fold(short(), |scenario, _| later(scenario, 3).request("alice", "n1", AppRequest::Read));
    holds(&scenario, TIME);
    let lost = later(scenario, 3).forget("n2").kill("n1").request("alice", "n2", AppRequest::Read);
    violated(&lost, TIME, &["found none"]);
}

#[test]
fn a_session_whose_time_was_not_reported_or_waited_for_is_unknown() {
    unknown(&short(), TIME, &["no session with a short life"]);
    let immortal = scenario().deciding(TIME).start().deploy().count("alice", "n1");
    unknown(&immortal.request("alice", "n1", AppRequest::ShortLive).observe(), TIME, &["no session with a short life"]);
}
