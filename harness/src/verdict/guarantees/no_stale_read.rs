//! What was acknowledged shows in the next answer of any node, as long as nothing was broken between the two.
//!
//! With send options that wait, a peer has applied a write before its client has the answer. Writes to one session on two
//! nodes at once are not judged: the last one wins there legitimately.

use super::super::operations::Operation;
use super::super::sessions::Session;
use super::super::view::View;
use super::judgement::{Breach, Judgement, and_more};
use super::survival::{breach, loss_in_words};
use crate::model::plan::AppRequest;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    if view.counters.is_empty() {
        return Judgement::unknown("it is about what the counter app counts, which was not deployed");
    }
    let (mut breaches, mut crossed, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for session in &view.sessions {
        let answered = crossed.len();
        for answer in &session.answers {
            let Some(write) = written_before(view, session, &view.operations[*answer]) else { continue };
            if view.operations[write].node != view.operations[*answer].node {
                crossed.push((write, *answer));
            }
            breaches.extend(stale(view, session, write, *answer));
        }
        breaches.extend(session.losses.iter().filter(|loss| loss.excuse.is_none()).filter_map(|loss| {
            let lost = &view.operations[loss.operation];
            let write = written_before(view, session, lost)?;
            let because = format!(
                "{}, though {} had been acknowledged and nothing was broken since",
                loss_in_words(view, session, loss),
                view.operations[write].name()
            );
            Some(breach(view, session, loss.operation, because, &[write], None))
        }));
        if answered == crossed.len() {
            open.extend(unanswered(view, session));
        }
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    if crossed.is_empty() {
        return Judgement::unknown("no session was asked for on another node than it was last written on");
    }
    if let Some(why) = and_more(open) {
        return Judgement::unknown(why);
    }
    let because = format!("{} answers of another node showed what was last acknowledged", crossed.len());
    let evidence = crossed.iter().map(|(_, answer)| view.operations[*answer].record).collect();
    Judgement::holds(because).resting_on(view.numbers(crossed.iter().map(|(_, answer)| *answer)), evidence)
}

/// The last count that was acknowledged before an operation began, where the cluster was whole from the one to the end of
/// the other.
fn written_before(view: &View<'_>, session: &Session<'_>, operation: &Operation<'_>) -> Option<usize> {
    let completed = operation.completed?;
    let write = session.acknowledged_by(operation.invoked).next()?;
    let whole = |from| view.timeline.whole.iter().any(|whole| whole.covers(from, completed));
    (!session.contended_before(completed) && whole(view.operations[write].invoked)).then_some(write)
}

/// What was asked in vain on another node than a session was last written on, in words.
fn unanswered(view: &View<'_>, session: &Session<'_>) -> Option<String> {
    let asked = session.operations.iter().chain(&session.refused).map(|index| &view.operations[*index]);
    let mut asked = asked.filter(|operation| operation.answer().is_none());
    let crossed = asked.find(|operation| {
        written_before(view, session, operation).is_some_and(|write| view.operations[write].node != operation.node)
    })?;
    Some(format!("{} of {}'s session was not answered from it", crossed.name(), session.client))
}

fn stale(view: &View<'_>, session: &Session<'_>, write: usize, answer: usize) -> Option<Breach> {
    let (written, operation) = (&view.operations[write], &view.operations[answer]);
    let own = i64::from(operation.request == AppRequest::Count);
    let (due, found) = (written.answer()?.count + own, operation.answer()?);
    let once = &written.answer()?.once;
    let lacks = if found.count < due {
        format!("count {}, expected {due}", found.count)
    } else if once.is_some() && *once != found.once {
        format!("once {:?}, expected {once:?}", found.once)
    } else {
        return None;
    };
    let because = format!(
        "{} answered {}'s session with {lacks}: {} had been acknowledged, and nothing was broken since",
        operation.name(),
        session.client,
        written.name()
    );
    Some(breach(view, session, answer, because, &[write], None))
}
