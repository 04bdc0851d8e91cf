//! The answer of a gate, from what its runs showed.

use super::accept::AcceptedFile;
use super::compare::compare;
use super::matter::{Matter, matters};
use super::result::{GateReport, Side};
use super::{measures, problems};
use crate::verdict::Status;

impl GateReport {
    /// The answer to one side, or to two that were compared, beside what a team accepts.
    pub fn of(side: Side, against: Option<Side>, accepted: &AcceptedFile) -> Self {
        let (lost, gained) = against.as_ref().map(|against| compare(against, &side)).unwrap_or_default();
        let matters = matters(&side, against.as_ref(), &lost);
        let (known, others): (Vec<&Matter>, Vec<&Matter>) = matters.iter().partition(|matter| accepted.has(matter));
        let status = if others.iter().any(|matter| matter.status == Status::Violated) {
            Status::Violated
        } else if others.is_empty() {
            Status::Holds
        } else {
            Status::Unknown
        };
        let follows = |matter: &&&Matter| others.iter().any(|other| matter.follows_from(other));
        let mut because: Vec<String> = vec![];
        for matter in others.iter().filter(|matter| !follows(matter)) {
            if !because.contains(&matter.line) {
                because.push(matter.line.clone());
            }
        }
        let known = known.into_iter().map(|matter| matter.line.clone()).collect();
        let stale = accepted.stale(&matters).map(|entry| format!("{}: {}", entry.run, entry.what)).collect();
        let changes = against.as_ref().map(|against| measures::changes(against, &side)).unwrap_or_default();
        let problems = against.as_ref().map(|against| problems::changes(against, &side)).unwrap_or_default();
        Self { format: 1, status, because, accepted: known, stale, side, against, lost, gained, changes, problems }
    }

    /// All that stands against a pass, accepted or not.
    pub fn matters(&self) -> Vec<Matter> {
        matters(&self.side, self.against.as_ref(), &self.lost)
    }
}
