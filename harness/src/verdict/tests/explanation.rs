//! What is printed around a finding.

use super::green::after_the_first_kill;
use super::run::scenario;
use crate::model::Guarantee;
use crate::verdict::explain;

#[test]
fn a_lost_write_is_explained_by_the_records_of_all_nodes_around_it() {
    let scenario = after_the_first_kill().answering(|answer| answer.count = 4).observe();
    let finding = scenario.finding(Guarantee::AcknowledgedWritesSurvive);
    insta::assert_snapshot!(explain(&finding, &scenario.history).join("\n"));
}

#[test]
fn a_long_scenario_is_cut_down_to_what_is_around_the_break() {
    let scenario = (0..100).fold(scenario().start().deploy(), |scenario, _| scenario.count("alice", "n1"));
    let scenario = scenario.observe().kill("n1").count("alice", "n2").answering(|answer| answer.count = 7).observe();
    let lines = explain(&scenario.finding(Guarantee::AcknowledgedWritesSurvive), &scenario.history);
    assert!(lines.len() <= 40, "{} lines", lines.len());
    assert!(lines.iter().any(|line| line.contains("#101 answered 200: S001.n2, count 7")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("took effect: process 4711")), "{lines:#?}");
}

#[test]
fn evidence_that_the_history_does_not_have_is_left_out() {
    let mut finding = after_the_first_kill().finding(Guarantee::AcknowledgedWritesSurvive);
    finding.evidence = vec![9999];
    assert!(explain(&finding, &crate::history::History::default()).is_empty());
}
