//! The checkers, proven on bad histories first.

mod servers;
mod shop;
mod story;

mod any_app;
mod cluster;
mod expectations;
mod expiry;
mod explanation;
mod failovers;
mod green;
mod identity;
mod joiner;
mod listeners;
mod logs;
mod measures;
mod parallel;
mod partitions;
mod phantoms;
mod promises;
mod properties;
mod records;
mod sessions;
mod stale;
mod unknown;
mod untested;
mod waits;
mod writes;

use self::story::Story;
use super::{Finding, Status};
use crate::spec::Guarantee;

/// The finding of a story that must break a guarantee and with it the run, and must say all of `words`.
fn violated(story: &Story, guarantee: Guarantee, words: &[&str]) -> Finding {
    let verdict = story.judge();
    let finding = story.finding(guarantee);
    assert_eq!(finding.status, Status::Violated, "{guarantee}: {}", finding.because);
    assert_eq!(verdict.status, Status::Violated);
    assert!(!finding.evidence.is_empty(), "a violation shows its records");
    says(&finding, words);
    finding
}

/// The finding of a story about which nobody can know, neither of this guarantee nor of the run.
fn unknown(story: &Story, guarantee: Guarantee, words: &[&str]) -> Finding {
    let verdict = story.judge();
    let finding = story.finding(guarantee);
    assert_eq!(finding.status, Status::Unknown, "{guarantee}: {}", finding.because);
    assert_eq!(verdict.status, Status::Unknown);
    says(&finding, words);
    finding
}

fn holds(story: &Story, guarantee: Guarantee) {
    let finding = story.finding(guarantee);
    assert_eq!(finding.status, Status::Holds, "{guarantee}: {}", finding.because);
}

fn says(finding: &Finding, words: &[&str]) {
    for word in words {
        assert!(finding.because.contains(word), "{word:?} is missing in: {}", finding.because);
    }
}
