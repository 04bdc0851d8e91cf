//! What the client got an answer for is there in every later answer.
//!
//! An HTTP 200 is not the replication's acknowledgement, so a violation says whether a replica ever had the write.

use super::super::operations::Operation;
use super::super::sessions::Session;
use super::super::view::{Content, View};
use super::judgement::{Breach, Judgement};
use super::survival::{Tried, acknowledged, breach, due, loss_in_words};
use crate::spec::Violation;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let mut breaches = Vec::new();
    for session in &view.sessions {
        for answer in &session.answers {
            breaches.extend(weaker(view, session, *answer));
            breaches.extend(doubled(view, session, *answer));
            breaches.extend(risen(view, session, *answer));
        }
        breaches.extend(gone(view, session));
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    match Tried::of(view) {
        Err(why) => Judgement::unknown(why),
        Ok(tried) => {
            let writes: Vec<_> =
                tried.tests.iter().flat_map(|test| acknowledged(view, test.session, test.fault.asked)).collect();
            let rests_on = tried.answers(view).into_iter().chain(view.numbers(writes)).collect();
            Judgement::holds(format!("every acknowledged write was there after {}", tried.names(view)))
                .resting_on(rests_on, tried.evidence(view))
        }
    }
}

/// An answer that shows less than was acknowledged before it was asked for.
fn weaker(view: &View<'_>, session: &Session<'_>, index: usize) -> Option<Breach> {
    let operation = &view.operations[index];
    if session.contended_before(operation.completed?) {
        return None;
    }
    let due = due(session, operation);
    let content = Content::of_answer(operation.answer()?);
    let lacks = content.lacks(&due)?;
    let writes = acknowledged(view, session, operation.invoked);
    let (replicas, record) = what_replicas_had(view, session, operation, &due);
    let because = format!(
        "{} answered {}'s session with {lacks}, {} acknowledged before; {replicas}",
        operation.name(),
        session.client,
        if writes.len() == 1 { "1 increment was".to_owned() } else { format!("{} increments were", writes.len()) },
    );
    let broken = breach(view, session, index, because, &writes, record);
    let first_gone = content.once.is_none() && due.once.is_some();
    Some(if first_gone { broken.named(Violation::LostFirstRequest) } else { broken })
}

/// An answer that shows more than was ever attempted: an increment was applied twice.
pub(super) fn doubled(view: &View<'_>, session: &Session<'_>, index: usize) -> Option<Breach> {
    let operation = &view.operations[index];
    session.created_by?;
    let most = i64::try_from(session.attempted_before(operation.completed?)).ok()?;
    let count = operation.answer()?.count;
    let because = format!(
        "{} answered {}'s session with count {count}, but only {most} increments were ever attempted",
        operation.name(),
        session.client
    );
    (count > most).then(|| {
        let writes = acknowledged(view, session, operation.invoked);
        // No split makes more of a write than was written.
        let doubled = breach(view, session, index, because, &writes, None).named(Violation::DoubledWrite);
        Breach { unpromised: None, ..doubled }
    })
}

/// An answer out of a session that had been ended with acknowledgement.
fn risen(view: &View<'_>, session: &Session<'_>, index: usize) -> Option<Breach> {
    let operation = &view.operations[index];
    let ended = session.ends.iter().copied().find(|other| {
        let other = &view.operations[*other];
        other.answer().is_some()
            && other.completed.is_some_and(|end| end < operation.invoked)
            // Under an id that is no longer the session's, the request ended nothing.
            && other.sent.map(crate::spec::SessionId::as_str) == last_told_before(view, session, other)
    })?;
    let because = format!(
        "{} was answered out of {}'s session, which {} had ended with acknowledgement",
        operation.name(),
        session.client,
        view.operations[ended].id
    );
    Some(breach(view, session, index, because, &[ended], None).named(Violation::RisenSession))
}

fn last_told_before<'a>(view: &View<'a>, session: &Session<'a>, operation: &Operation<'a>) -> Option<&'a str> {
    let answers = session.answers.iter().map(|index| &view.operations[*index]);
    let before = answers.filter(|answer| answer.completed.is_some_and(|end| end < operation.invoked));
    before.max_by_key(|answer| answer.completed).and_then(Operation::told)
}

fn gone(view: &View<'_>, session: &Session<'_>) -> Vec<Breach> {
    let losses = session.losses.iter().filter(|loss| loss.excuse.is_none());
    let breaches = losses.filter_map(|loss| {
        let operation = &view.operations[loss.operation];
        let writes = acknowledged(view, session, operation.invoked);
        if writes.is_empty() {
            return None;
        }
        let due = Content { count: i64::try_from(writes.len()).ok(), ..Content::default() };
        let (replicas, record) = what_replicas_had(view, session, operation, &due);
        let because = format!(
            "{}: {} acknowledged {} lost; {replicas}",
            loss_in_words(view, session, loss),
            writes.len(),
            if writes.len() == 1 { "increment was" } else { "increments were" },
        );
        Some(breach(view, session, loss.operation, because, &writes, record).named(Violation::LostSession))
    });
    breaches.collect()
}

/// Whether a node that outlived all had what an answer lacks, in words, with the record that shows it.
fn what_replicas_had(
    view: &View<'_>,
    session: &Session<'_>,
    operation: &Operation<'_>,
    due: &Content,
) -> (String, Option<usize>) {
    let had = acknowledged(view, session, operation.invoked);
    let due = Content { count: i64::try_from(had.len()).ok(), ..due.clone() };
    let ended = had.first().and_then(|index| view.operations[*index].completed).unwrap_or_default();
    let seen = || {
        let replicas = session.replicas.iter().rev().filter(|replica| replica.at < operation.invoked);
        replicas.filter(|replica| {
            view.timeline.outlives(replica.node, replica.at, operation.completed.unwrap_or(operation.invoked))
        })
    };
    if let Some(replica) = seen().find(|replica| replica.content.lacks(&due).is_none()) {
        return (format!("the replica on {} had it at {}", replica.node, replica.at), Some(replica.record));
    }
    if let Some((replica, lacks)) =
        seen().filter(|replica| replica.asked > ended).find_map(|it| Some((it, it.content.lacks(&due)?)))
    {
        return (
            format!("the replica on {} never had it ({lacks} at {})", replica.node, replica.at),
            Some(replica.record),
        );
    }
    let looked_at = view.looks.iter().any(|look| {
        look.asked > ended
            && look.at < operation.invoked
            && look.state.is_some()
            && view.timeline.outlives(look.node, look.at, operation.invoked)
    });
    let told = if looked_at {
        "no surviving node held a replica of it"
    } else {
        "no surviving node was looked at after the last write"
    };
    (told.to_owned(), None)
}
