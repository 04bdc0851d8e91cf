//! What a request that nobody answered excuses, and what it does not; a loss that was reported is not reported again.

use super::green::{after_the_first_kill, before_the_kill};
use super::violated;
use crate::model::Guarantee;
use crate::verdict::Status;

const ACKNOWLEDGED: Guarantee = Guarantee::AcknowledgedWritesSurvive;

/// On the node whose route the session's id has, an increment gives it no other id, whether it landed or not.
#[test]
fn an_unanswered_increment_on_the_sessions_own_node_excuses_no_loss() {
    for landed in [true, false] {
        let lost = before_the_kill().count_in_vain("alice", "n1", landed).forget("n2").kill("n1").count("alice", "n2");
        violated(&lost, ACKNOWLEDGED, &["asked for alice's session S001.n1 and was given a new one"]);
    }
}

/// On another node it does: nobody knows under which id the session goes since.
#[test]
fn an_unanswered_increment_on_another_node_may_have_taken_the_id() {
    let renamed = before_the_kill().count_in_vain("alice", "n2", true).forget("n1").count("alice", "n1");
    let finding = renamed.finding(ACKNOWLEDGED);
    assert_eq!(finding.status, Status::Unknown, "{}", finding.because);
    assert!(finding.because.contains("may have ended it or changed its id"), "{}", finding.because);
}

#[test]
fn a_loss_is_reported_once_and_the_next_one_again() {
    let lost = || after_the_first_kill().answering(|answer| answer.count = 4);
    let goes_on = lost().count("alice", "n2").answering(|answer| answer.count = 5);
    let times = |scenario: &super::run::Run| scenario.finding(ACKNOWLEDGED).violations.values().sum::<u32>();
    assert_eq!(times(&goes_on), times(&lost()), "{:?}", goes_on.finding(ACKNOWLEDGED));
    let again = goes_on.count("alice", "n2").answering(|answer| answer.count = 5);
    assert!(times(&again) > times(&lost()), "{}", again.finding(ACKNOWLEDGED).because);
}
