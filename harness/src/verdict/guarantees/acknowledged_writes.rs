//! What the client got an answer for is there in every later answer.
//!
//! An HTTP 200 is not the replication's acknowledgement, so a violation says whether a replica ever had the write.

use super::super::content::Content;
use super::super::held::By;
use super::super::operations::Operation;
use super::super::sessions::Session;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use super::survival::{Tried, acknowledged, breach, loss_in_words};
use super::{lag, risen};
use crate::history::Nanos;
use crate::model::Violation;
use crate::model::plan::AppRequest;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let mut breaches = Vec::new();
    for session in &view.sessions {
        // First, since it explains what is missing from its last write on.
        breaches.extend(forked(view, session));
        for place in 0..session.answers.len() {
            breaches.extend(weaker(view, session, place));
            breaches.extend(doubled(view, session, place));
            breaches.extend(
                risen::resurrected(view, session, place).or_else(|| risen::out_of_nowhere(view, session, place)),
            );
        }
        breaches.extend(gone(view, session));
        breaches.extend(foreign(view, session));
        breaches.extend(risen::resurrected_replicas(view, session));
        breaches.extend(lag::lagging(view, session));
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    match Tried::of(view) {
        Err(why) => Judgement::unknown(why),
        Ok(tried) => {
            let writes: Vec<_> = tried.tests.iter().flat_map(|test| acknowledged(test.session, test.since)).collect();
            let rests_on = tried.answers(view).into_iter().chain(view.numbers(writes)).collect();
            Judgement::holds(format!("every acknowledged write was there after {}", tried.names(view)))
                .resting_on(rests_on, tried.evidence(view))
                .after(tried.trials())
        }
    }
}

/// An answer out of a session that another client was given, to a client that did not ask for it.
fn foreign(view: &View<'_>, session: &Session<'_>) -> Option<Breach> {
    let creator = &view.operations[session.created_by?];
    let index = session.answers.iter().copied().find(|index| {
        let operation = &view.operations[*index];
        operation.client != creator.client
            && creator.completed.is_some_and(|given| given < operation.invoked)
            && operation.sent.is_none_or(|sent| !session.stems.contains(&sent.stem()))
    })?;
    let operation = &view.operations[index];
    let because = format!(
        "{} gave {} the session {}, which {} had given {}",
        operation.name(),
        operation.client,
        session.stems[0],
        creator.name(),
        creator.client
    );
    let broken = breach(view, session, index, because, &[], Some(creator.record));
    Some(broken.named(Violation::ForeignSession))
}

/// An answer that shows less than had to be there when it was asked for.
fn weaker(view: &View<'_>, session: &Session<'_>, place: usize) -> Option<Breach> {
    let index = session.answers[place];
    let operation = &view.operations[index];
    let answer = operation.answer()?;
    let bounds = &session.held.answers[place];
    // What was only seen on this node counts, too, where a client was shown it.
    let shown = bounds.seen.filter(|floor| matches!(floor.by, By::Answer(_)));
    let floor = [bounds.acknowledged, shown, bounds.elsewhere.filter(|_| bounds.unpromised.is_some())];
    let floor = floor.into_iter().flatten().filter(|floor| answer.count < floor.count).max_by_key(|floor| floor.count);
    let first = session.created_before(operation.invoked);
    // Nearly every answer is as it should be, and there may be a hundred thousand.
    if floor.is_none() && first.is_none_or(|first| first.shown_by(answer)) {
        return None;
    }
    let late = match floor.filter(|_| bounds.unpromised.is_none()) {
        Some(floor) => lateness(view, session, operation, floor.count),
        None => Lateness::Lost,
    };
    if matches!(late, Lateness::CaughtUp) {
        return None;
    }
    let due = Content { count: floor.map(|floor| floor.count), ..first.cloned().unwrap_or_default() };
    let content = Content::of_answer(answer);
    let lacks = content.lacks(&due)?;
    let own = i64::from(operation.request == AppRequest::Count);
    let before = Content { count: floor.map(|floor| floor.count - own), ..due.clone() };
    let (replicas, record) = what_replicas_had(view, session, operation, &before);
    let because = format!(
        "{} answered {}'s session with {lacks}, {} acknowledged before; {replicas}",
        operation.name(),
        session.client,
        match session.acknowledged_before(operation.invoked) {
            1 => "1 increment was".to_owned(),
            count => format!("{count} increments were"),
        },
    );
    let writes = acknowledged(session, operation.invoked);
    let mut broken = breach(view, session, index, because, &writes, record);
    broken.unpromised.clone_from(&bounds.unpromised);
    if !bounds.knows && broken.unpromised.is_none() {
        broken.unpromised = view.torn(session, operation.node, operation.completed?);
    }
    if matches!(late, Lateness::Open) {
        broken.unpromised =
            Some("it may have arrived later, as no request waits for it, and nothing shows that it did".to_owned());
    }
    let first_gone = content.once.is_none() && due.once.is_some();
    Some(if first_gone { broken.named(Violation::LostFirstRequest) } else { broken })
}

/// What became of a write that an answer lacked, where replication does not wait.
enum Lateness {
    /// It came later.
    CaughtUp,
    /// It may have come later; nothing shows it.
    Open,
    /// It was lost: something was broken meanwhile, or the answer has written over it.
    Lost,
}

fn lateness(view: &View<'_>, session: &Session<'_>, operation: &Operation<'_>, count: i64) -> Lateness {
    let Some(completed) = operation.completed.filter(|_| !view.waits() && operation.request != AppRequest::Count)
    else {
        return Lateness::Lost;
    };
    // Less what was added since.
    let added = |at: Nanos| {
        let since = session.attempted_before(at).saturating_sub(session.attempted_before(operation.invoked));
        i64::try_from(since).unwrap_or(i64::MAX)
    };
    let answers = session.answers.iter().map(|index| &view.operations[*index]);
    let here = |at: Nanos| view.timeline.outlives(operation.node, completed, at);
    let mut later = answers.filter(|later| {
        later.node == operation.node && completed < later.invoked && here(later.completed.unwrap_or(later.invoked))
    });
    let answered = later.any(|later| {
        let at = later.completed.unwrap_or(later.invoked);
        later.answer().is_some_and(|shown| count <= shown.count.saturating_sub(added(at)))
    });
    let looked = || {
        let later =
            session.replicas.iter().filter(|replica| replica.node == operation.node && completed < replica.asked);
        let later = later.filter(|replica| here(replica.at));
        let mut shown = later.filter_map(|replica| Some((replica.content.count?, replica.at)));
        shown.any(|(shown, at)| count <= shown.saturating_sub(added(at)))
    };
    if answered || looked() {
        return Lateness::CaughtUp;
    }
    let last = session.acknowledged_by(operation.invoked).next();
    let written = last.map_or(operation.invoked, |index| view.operations[index].invoked);
    let broken = view.timeline.faults.iter().any(|fault| written < fault.asked && fault.asked < completed);
    if broken { Lateness::Lost } else { Lateness::Open }
}

/// An answer that shows more than was ever attempted: an increment was applied twice.
pub(super) fn doubled(view: &View<'_>, session: &Session<'_>, place: usize) -> Option<Breach> {
    let index = session.answers[place];
    let operation = &view.operations[index];
    let most = session.held.answers[place].most?;
    let count = operation.answer().map(|answer| answer.count).filter(|count| *count > most)?;
    let attempted = i64::try_from(session.attempted_before(operation.completed?)).ok()?;
    let because = if count > attempted && session.created_by.is_some() {
        format!(
            "{} answered {}'s session with count {count}, but only {attempted} increments were ever attempted",
            operation.name(),
            session.client
        )
    } else {
        format!(
            "{} answered {}'s session with count {count}, but by what had been shown before it can be {most} at most",
            operation.name(),
            session.client
        )
    };
    let writes = acknowledged(session, operation.invoked);
    // No split makes more of a write than was written.
    let doubled = breach(view, session, index, because, &writes, None).named(Violation::DoubledWrite);
    Some(Breach { unpromised: None, ..doubled })
}

/// A session that both sides of a split wrote to: what the one wrote is missing on the other from then on.
fn forked(view: &View<'_>, session: &Session<'_>) -> Option<Breach> {
    let fork = view.forked(session)?;
    let (one, other) = fork.writes?;
    let both = [one, other].map(|index| &view.operations[index]);
    let at = both.iter().filter_map(|write| write.completed).max()?;
    // Whoever shows all increments of both sides has merged them.
    let merged = session.answers.iter().map(|index| &view.operations[*index]).any(|answer| {
        let all = i64::try_from(session.acknowledged_before(answer.invoked)).unwrap_or(i64::MAX);
        at < answer.invoked && answer.answer().is_some_and(|shown| shown.count >= all)
    });
    (!merged).then(|| Breach {
        violation: Some(Violation::ForkedSession),
        at,
        because: fork.because,
        rests_on: both.iter().map(|write| write.id).collect(),
        evidence: both.iter().map(|write| write.record).collect(),
        unpromised: Some(fork.unpromised),
        session: Some(session.stems[0].to_owned()),
    })
}

/// Whether a look behind a request that did not find a session showed it on the same node, under the id that was asked for.
fn still_there(view: &View<'_>, session: &Session<'_>, lost: &Operation<'_>) -> bool {
    let (Some(sent), Some(completed)) = (lost.sent, lost.completed) else { return false };
    session.replicas.iter().any(|replica| {
        replica.node == lost.node
            && completed < replica.asked
            && replica.id == sent.as_str()
            && view.timeline.outlives(lost.node, completed, replica.at)
    })
}

fn gone(view: &View<'_>, session: &Session<'_>) -> Vec<Breach> {
    let answered = |index: usize| view.operations[index].answer().is_some();
    let losses = session.losses.iter().filter(|loss| !loss.excuse.is_some_and(answered));
    let breaches = losses.filter_map(|loss| {
        let operation = &view.operations[loss.operation];
        let writes = session.acknowledged_before(operation.invoked);
        let known = session.answers.iter().any(|index| view.operations[*index].completed < Some(operation.invoked));
        if !known {
            return None;
        }
        let due = Content { count: i64::try_from(writes).ok(), ..Content::default() };
        let (replicas, record) = what_replicas_had(view, session, operation, &due);
        let because = format!(
            "{}: {} acknowledged {} lost; {replicas}",
            loss_in_words(view, session, loss),
            writes,
            if writes == 1 { "increment was" } else { "increments were" },
        );
        let writes = acknowledged(session, operation.invoked);
        let lost = breach(view, session, loss.operation, because, &writes, record).named(Violation::LostSession);
        let doubt = loss.excuse.filter(|_| !still_there(view, session, operation));
        let doubt = doubt.map(|taker| format!("{} may have ended it or changed its id", view.operations[taker].name()));
        Some(Breach { unpromised: doubt.or_else(|| loss.unpromised.clone()), ..lost })
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
    let last = session.acknowledged_by(operation.invoked).next();
    let ended = last.and_then(|index| view.operations[index].completed).unwrap_or_default();
    let seen = || {
        let replicas = session.replicas.iter().rev().filter(|replica| replica.at < operation.invoked);
        replicas.filter(|replica| {
            view.timeline.outlives(replica.node, replica.at, operation.completed.unwrap_or(operation.invoked))
        })
    };
    if let Some(replica) = seen().find(|replica| replica.content.lacks(due).is_none()) {
        return (format!("the replica on {} had it at {}", replica.node, replica.at), Some(replica.record));
    }
    if let Some((replica, lacks)) =
        seen().filter(|replica| replica.asked > ended).find_map(|it| Some((it, it.content.lacks(due)?)))
    {
        return (
            format!("the replica on {} was seen without it ({lacks} at {})", replica.node, replica.at),
            Some(replica.record),
        );
    }
    let looked_at = view.looks.iter().any(|look| {
        look.asked > ended
            && look.at < operation.invoked
            && look.state.is_some()
            && view.timeline.outlives(look.node, look.at, operation.invoked)
    });
    let words = if looked_at {
        "no surviving node held a replica of it"
    } else {
        "no surviving node was looked at after the last write"
    };
    (words.to_owned(), None)
}
