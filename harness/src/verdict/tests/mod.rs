//! The checkers, proven on bad histories first.

mod run;
mod servers;
mod shop;

mod any_app;
mod app_excuses;
mod app_near_misses;
mod app_routes;
mod app_sessions;
mod backups;
mod bodies;
mod bounds;
mod cluster;
mod deployments;
mod doubts;
mod expectations;
mod expiry;
mod explanation;
mod failovers;
mod front;
mod green;
mod identity;
mod joiner;
mod last_answers;
mod late;
mod left_out;
mod listeners;
mod logins;
mod logs;
mod measures;
mod outside;
mod pages;
mod parallel;
mod partitions;
mod phantoms;
mod promises;
mod properties;
mod records;
mod sessions;
mod stale;
mod unanswered;
mod under_way;
mod unknown;
mod untested;
mod waits;
mod writes;

use self::run::Run;
use super::{Finding, Status};
use crate::model::Guarantee;

/// The finding of a scenario that must break a guarantee and with it the run, and must say all of `words`.
fn violated(scenario: &Run, guarantee: Guarantee, words: &[&str]) -> Finding {
    let verdict = scenario.judge();
    let finding = scenario.finding(guarantee);
    assert_eq!(finding.status, Status::Violated, "{guarantee}: {}", finding.because);
    assert_eq!(verdict.status, Status::Violated);
    assert!(!finding.evidence.is_empty(), "a violation shows its records");
    says(&finding, words);
    finding
}

/// The finding of a scenario about which nobody can know, neither of this guarantee nor of the run.
fn unknown(scenario: &Run, guarantee: Guarantee, words: &[&str]) -> Finding {
    let verdict = scenario.judge();
    let finding = scenario.finding(guarantee);
    assert_eq!(finding.status, Status::Unknown, "{guarantee}: {}", finding.because);
    assert_eq!(verdict.status, Status::Unknown);
    says(&finding, words);
    finding
}

fn holds(scenario: &Run, guarantee: Guarantee) {
    let finding = scenario.finding(guarantee);
    assert_eq!(finding.status, Status::Holds, "{guarantee}: {}", finding.because);
}

fn says(finding: &Finding, words: &[&str]) {
    for word in words {
        assert!(finding.because.contains(word), "{word:?} is missing in: {}", finding.because);
    }
}
