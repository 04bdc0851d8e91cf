//! A judgement: how one guarantee stands before promises and assumptions are weighed.

use std::collections::BTreeSet;

use super::super::finding::Status;
use super::super::sessions::Session;
use crate::history::{Nanos, OperationId};
use crate::model::Violation;

/// The most operations or records that a finding names.
pub(super) const NAMED: usize = 24;

/// See the module.
#[derive(Debug)]
pub(in super::super) struct Judgement {
    pub(in super::super) status: Status,
    pub(in super::super) because: String,
    pub(in super::super) rests_on: Vec<OperationId>,
    pub(in super::super) evidence: Vec<usize>,
    /// How it is violated, once for each breach, and which session showed it; `None` is the guarantee's own violation.
    pub(in super::super) violations: Vec<(Option<Violation>, Option<String>)>,
    /// Why nobody promises what is violated, in words.
    pub(in super::super) unpromised: Option<String>,
    /// How many sessions were put to the test, each by each fault.
    pub(in super::super) trials: usize,
}

/// One proof that a guarantee is broken.
#[derive(Debug)]
pub(super) struct Breach {
    /// When it showed.
    pub(super) at: Nanos,
    /// How it is broken, where more is known than that it is.
    pub(super) violation: Option<Violation>,
    pub(super) because: String,
    pub(super) rests_on: Vec<OperationId>,
    pub(super) evidence: Vec<usize>,
    /// Why it breaks no promise, in words.
    pub(super) unpromised: Option<String>,
    /// The session that showed it, by its first stem.
    pub(super) session: Option<String>,
}

impl Breach {
    /// What one record shows.
    pub(super) fn shown(at: Nanos, record: usize, because: String) -> Self {
        Self {
            at,
            violation: None,
            because,
            rests_on: Vec::new(),
            evidence: vec![record],
            unpromised: None,
            session: None,
        }
    }
}

impl Judgement {
    pub(super) fn holds(because: impl Into<String>) -> Self {
        Self {
            status: Status::Holds,
            because: because.into(),
            rests_on: Vec::new(),
            evidence: Vec::new(),
            violations: Vec::new(),
            unpromised: None,
            trials: 0,
        }
    }

    pub(super) fn after(self, trials: usize) -> Self {
        Self { trials, ..self }
    }

    pub(super) fn unknown(because: impl Into<String>) -> Self {
        Self { status: Status::Unknown, ..Self::holds(because) }
    }

    pub(super) fn resting_on(self, rests_on: Vec<OperationId>, evidence: Vec<usize>) -> Self {
        Self { rests_on: first_of(rests_on), evidence: first_of(evidence), ..self }
    }

    /// Violated as one record shows.
    pub(in super::super) fn violated_by(because: String, record: usize) -> Self {
        Self { status: Status::Violated, violations: vec![(None, None)], ..Self::holds(because) }
            .resting_on(Vec::new(), vec![record])
    }

    /// Violated by the breach that showed first, where there is one. Those that break no promise count only where there is
    /// no other.
    pub(super) fn violated(mut breaches: Vec<Breach>) -> Option<Self> {
        let violations = breaches.iter().map(|breach| (breach.violation, breach.session.clone())).collect();
        if breaches.iter().any(|breach| breach.unpromised.is_none()) {
            breaches.retain(|breach| breach.unpromised.is_none());
        }
        breaches.sort_by_key(|breach| breach.at);
        let others = breaches.len().saturating_sub(1);
        let first = breaches.into_iter().next()?;
        let because = with_others(first.because, others);
        let unpromised = first.unpromised;
        let judgement = Self { status: Status::Violated, violations, unpromised, ..Self::holds(because) };
        Some(judgement.resting_on(first.rests_on, first.evidence))
    }
}

/// The first of some reasons, with how many there are beside it; `None` where there is none.
pub(super) fn and_more(mut reasons: Vec<String>) -> Option<String> {
    let others = reasons.len().checked_sub(1)?;
    Some(with_others(reasons.swap_remove(0), others))
}

/// As in `the kill of n1 tested nothing (and 2 more)`.
fn with_others(first: String, others: usize) -> String {
    if others == 0 { first } else { format!("{first} (and {others} more)") }
}

/// Without repetition, in the order given, and no more than a reader takes in.
fn first_of<T: Copy + Ord>(mut items: Vec<T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.retain(|item| seen.insert(*item));
    items.truncate(NAMED);
    items
}

impl Breach {
    /// Names another record that belongs to it.
    pub(super) fn beside(mut self, record: usize) -> Self {
        self.evidence.push(record);
        self
    }

    /// Names the session that showed it.
    pub(super) fn of(self, session: &Session<'_>) -> Self {
        Self { session: Some(session.stems[0].to_owned()), ..self }
    }

    /// Says how the guarantee is broken.
    pub(super) fn named(self, violation: Violation) -> Self {
        Self { violation: Some(violation), ..self }
    }
}
