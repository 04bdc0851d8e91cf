//! What is printed around a finding.

use super::green::after_the_first_kill;
use super::story::story;
use crate::spec::Guarantee;
use crate::verdict::explain;

#[test]
fn a_lost_write_is_explained_by_the_records_of_all_nodes_around_it() {
    let story = after_the_first_kill().answering(|answer| answer.count = 4).observe();
    let finding = story.finding(Guarantee::AcknowledgedWritesSurvive);
    insta::assert_snapshot!(explain(&finding, &story.history).join("\n"));
}

#[test]
fn a_long_story_is_cut_down_to_what_is_around_the_break() {
    let story = (0..100).fold(story().start().deploy(), |story, _| story.count("alice", "n1"));
    let story = story.observe().kill("n1").count("alice", "n2").answering(|answer| answer.count = 7).observe();
    let lines = explain(&story.finding(Guarantee::AcknowledgedWritesSurvive), &story.history);
    assert!(lines.len() <= 40, "{} lines", lines.len());
    assert!(lines.iter().any(|line| line.contains("#101 answered 200: S001.n2, count 7")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("hit: process 4711")), "{lines:#?}");
}

#[test]
fn evidence_that_the_history_does_not_have_is_left_out() {
    let mut finding = after_the_first_kill().finding(Guarantee::AcknowledgedWritesSurvive);
    finding.evidence = vec![9999];
    assert!(explain(&finding, &crate::history::History::default()).is_empty());
}
