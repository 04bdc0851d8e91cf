//! Histories in which all is well, and those that show too little.

use super::story::{Story, story};
use crate::spec::plan::AppRequest;
use crate::verdict::{Status, Verdict};

/// The main job: both nodes are killed, one after the other.
pub(super) fn main_job() -> Story {
    before_the_kill()
        .kill("n1")
        .count("alice", "n2")
        .observe()
        .restart("n1")
        .observe()
        .kill("n2")
        .count("alice", "n1")
        .observe()
}

/// The main job up to the first kill.
pub(super) fn before_the_kill() -> Story {
    let story = story().start().deploy();
    let story = (0..4).fold(story, |story, _| story.count("alice", "n1"));
    story.request("alice", "n1", AppRequest::Mutate).observe()
}

fn told(verdict: &Verdict) -> String {
    let findings = verdict.guarantees.iter().map(|it| format!("{} {:?}: {}", it.guarantee, it.status, it.because));
    let unmet = verdict.assumptions.iter().filter(|it| !it.met).map(|it| format!("NOT {}: {}", it.what, it.because));
    findings.chain(unmet).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_main_job_holds_with_every_guarantee() {
    let verdict = main_job().judge();
    assert_eq!(verdict.status, Status::Holds, "{}", told(&verdict));
    assert_eq!(verdict.exit_code(), 0);
}
