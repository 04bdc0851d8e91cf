//! What the guarantees about sessions share: the tests that a run must have passed, and how a loss is told.

use super::super::operations::Operation;
use super::super::sessions::{Loss, Session};
use super::super::timeline::{FOREVER, Fault};
use super::super::view::{Content, View};
use super::judgement::{Breach, NAMED};
use crate::history::{Nanos, OperationId};
use crate::spec::plan::AppRequest;

/// The faults of a run, each with the operation that was answered first after it.
pub(super) struct Tried<'v, 'a> {
    pub(super) tests: Vec<Test<'v, 'a>>,
}

/// One fault, and one session that was asked after it.
pub(super) struct Test<'v, 'a> {
    pub(super) fault: &'v Fault<'a>,
    pub(super) session: &'v Session<'a>,
    pub(super) answer: usize,
}

impl<'v, 'a> Tried<'v, 'a> {
    /// All faults, where each was followed by an answer out of a session that had something to lose.
    ///
    /// # Errors
    /// Why nobody can know, in words.
    pub(super) fn of(view: &'v View<'a>) -> Result<Self, String> {
        if view.timeline.faults.is_empty() {
            return Err("no fault was tried".to_owned());
        }
        let mut tests = Vec::new();
        for fault in &view.timeline.faults {
            if fault.hit().is_none() {
                return Err(format!("{} is not known to have hit", fault.name()));
            }
            let answered = view.answered_after(fault);
            // What runs on loses nothing by itself, so only a session that was asked across it tests anything.
            if answered.is_empty() && fault.kind.leaves_it_up() {
                continue;
            }
            if answered.is_empty() {
                return Err(format!(
                    "{} tested nothing: no session with an acknowledged write before it was answered after it",
                    fault.name()
                ));
            }
            for (session, answer) in answered {
                if let Some(vain) = asked_in_vain(view, fault, session, answer) {
                    return Err(format!("{} after {} got no answer of the app", vain.name(), fault.name()));
                }
                tests.push(Test { fault, session, answer });
            }
        }
        if tests.is_empty() {
            return Err("no session with an acknowledged write before a fault was answered after it".to_owned());
        }
        Ok(Self { tests })
    }

    /// As in `the kill of n1 (#6 on n2) and the kill of n2 (#7 on n1)`.
    pub(super) fn names(&self, view: &View<'_>) -> String {
        let mut names: Vec<String> = Vec::new();
        let mut last = None;
        for test in &self.tests {
            if last.replace(test.fault.number) != Some(test.fault.number) {
                let answer = &view.operations[test.answer];
                names.push(format!("{} ({} on {})", test.fault.name(), answer.id, answer.node));
            }
        }
        names.join(" and ")
    }

    pub(super) fn answers(&self, view: &View<'_>) -> Vec<OperationId> {
        view.numbers(self.tests.iter().map(|test| test.answer))
    }

    pub(super) fn evidence(&self, view: &View<'_>) -> Vec<usize> {
        self.tests.iter().flat_map(|test| [test.fault.record, view.operations[test.answer].record]).collect()
    }
}

/// An operation between a fault and the first answer after it that may have landed: what the client got instead of an
/// answer tells nothing of the session, and the answer comes too late to tell of this fault alone.
fn asked_in_vain<'v, 'a>(
    view: &'v View<'a>,
    fault: &Fault<'a>,
    session: &Session<'a>,
    answer: usize,
) -> Option<&'v Operation<'a>> {
    let (hit, answered) = (fault.hit()?, view.operations[answer].invoked);
    let between = |operation: &&Operation<'a>| {
        hit < operation.invoked && operation.invoked < answered && operation.answer().is_none() && operation.may_land()
    };
    session.operations.iter().map(|index| &view.operations[*index]).find(between)
}

/// What an answer must show at least: the acknowledged increments and what the first request wrote.
pub(in super::super) fn due<'a>(session: &Session<'a>, answer: &Operation<'a>) -> Content {
    let own = usize::from(answer.request == AppRequest::Count);
    let count = session.acknowledged_before(answer.invoked) + own;
    Content { count: i64::try_from(count).ok(), ..session.created_before(answer.invoked).cloned().unwrap_or_default() }
}

/// The acknowledged increments before an instant, the last ones first, and no more than a finding names.
pub(super) fn acknowledged(session: &Session<'_>, before: Nanos) -> Vec<usize> {
    session.acknowledged_by(before).take(NAMED).collect()
}

/// The loss of a whole session, in words.
pub(super) fn loss_in_words(view: &View<'_>, session: &Session<'_>, loss: &Loss<'_>) -> String {
    let operation = &view.operations[loss.operation];
    let sent = operation.sent.map_or(session.stems[0], |id| id.as_str());
    match loss.instead {
        Some(other) => format!(
            "{} asked for {}'s session {sent} and was given a new one, {other}",
            operation.name(),
            session.client
        ),
        None => format!("{} asked for {}'s session {sent} and found none", operation.name(), session.client),
    }
}

/// A breach that an operation showed on a session, with the fault before it and what else belongs to it.
pub(super) fn breach(
    view: &View<'_>,
    session: &Session<'_>,
    operation: usize,
    because: String,
    others: &[usize],
    records: impl IntoIterator<Item = usize>,
) -> Breach {
    let broke = &view.operations[operation];
    let at = broke.completed.unwrap_or(FOREVER);
    let fault = view.timeline.faults.iter().rev().find(|fault| fault.asked < at);
    let mut evidence = vec![broke.record];
    evidence.extend(fault.map(|fault| fault.record));
    evidence.extend(records);
    evidence.extend(others.iter().map(|index| view.operations[*index].record));
    let rests_on = std::iter::once(operation).chain(others.iter().copied());
    let unpromised = view.torn(session, broke.node, at);
    Breach { at, violation: None, because, rests_on: view.numbers(rests_on), evidence, unpromised }
}
