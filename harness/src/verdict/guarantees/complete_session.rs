//! No attribute without its companions: what the creating request wrote together is there together, in every answer and
//! in every replica. Later in-place changes of the list do not replicate; that they get lost is a note.

use super::super::content::{Content, ONCE_ATTRIBUTE};
use super::super::sessions::{Replica, Session};
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use super::survival::{Tried, breach};
use crate::model::plan::AppRequest;
use crate::model::{StepKind, Violation};

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let mut breaches = Vec::new();
    for session in &view.sessions {
        breaches.extend((0..session.answers.len()).filter_map(|place| partial_answer(view, session, place)));
        let replicas = session.replicas.iter().enumerate();
        breaches.extend(replicas.filter_map(|(place, replica)| partial_replica(view, session, place, replica)));
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

fn earned(view: &View<'_>) -> Result<Judgement, String> {
    let answers: usize = view.sessions.iter().map(|session| session.answers.len()).sum();
    if answers == 0 {
        return Err("no session of the counter app was ever answered".to_owned());
    }
    if let Some(spot) = view.blind_spots().into_iter().next() {
        return Err(spot);
    }
    if let Some(session) = view.sessions.iter().find(|session| unknown_beginning(view, session)) {
        return Err(format!(
            "what the first request of {}'s session {} wrote is not known: it was not answered by the app",
            session.client, session.stems[0]
        ));
    }
    let replicas: Vec<_> = view.sessions.iter().flat_map(|session| &session.replicas).collect();
    if replicas.is_empty() && view.plan.steps.iter().any(|step| matches!(step.kind, StepKind::Observe { .. })) {
        return Err("no replica of a session was ever seen".to_owned());
    }
    let seen = format!("{answers} answers and {} replicas showed count, once and list together", replicas.len());
    if view.timeline.faults.is_empty() {
        let all = view.sessions.iter().flat_map(|session| session.answers.iter().copied());
        return Ok(Judgement::holds(seen).resting_on(view.numbers(all), Vec::new()));
    }
    let tried = Tried::of(view)?;
    Ok(Judgement::holds(format!("{seen}, before and after {}", tried.names(view)))
        .resting_on(tried.answers(view), tried.evidence(view))
        .after(tried.trials()))
}

/// Whether the request that made a session was not answered, and no later answer shows what it wrote.
fn unknown_beginning(view: &View<'_>, session: &Session<'_>) -> bool {
    let unanswered = session.created_by.is_some_and(|index| view.operations[index].answer().is_none());
    unanswered
        && !session.answers.is_empty()
        && session.created.as_ref().is_none_or(|(_, content)| content.once.is_none())
}

fn partial_answer(view: &View<'_>, session: &Session<'_>, place: usize) -> Option<Breach> {
    let index = session.answers[place];
    let operation = &view.operations[index];
    let answer = operation.answer()?;
    // The request that makes a session puts a list into it.
    let bare = session.created_by == Some(index) && operation.request == AppRequest::Count && answer.list.is_empty();
    if !bare
        && answer.once.is_some()
        && session.created_before(operation.invoked).is_none_or(|first| first.shown_by(answer))
    {
        return None;
    }
    let content = Content::of_answer(answer);
    let changed = session.created_before(operation.invoked).and_then(|first| content.lacks_companions(first));
    // A session that was made by counting has all three from its first answer on.
    let never = || {
        let whole = session.made_by_counting(&view.operations);
        (whole && content.once.is_none()).then(|| "no once beside its count".to_owned())
    };
    let lacks = changed.or_else(never).or_else(|| bare.then(|| "an empty list beside its count".to_owned()))?;
    let because = format!(
        "{} answered {}'s session with {lacks} (count {})",
        operation.name(),
        session.client,
        operation.answer()?.count
    );
    let created: Vec<_> = session.created_by.into_iter().filter(|created| *created != index).collect();
    let violation = if content.once.is_none() { Violation::LostFirstRequest } else { Violation::PartialSession };
    let broken = breach(view, session, index, because, &created, None).named(violation);
    let unpromised =
        if session.held.answers[place].knows { None } else { view.torn(session, operation.node, broken.at) };
    Some(Breach { unpromised, ..broken })
}

fn partial_replica(view: &View<'_>, session: &Session<'_>, place: usize, replica: &Replica<'_>) -> Option<Breach> {
    // While the first request is under way its parts arrive one after the other.
    let first = session.created_before(replica.asked)?;
    // A copy may be old, or not there yet; but nobody ever writes another value of `once`.
    let other = first.once.is_some() && replica.content.once.is_some() && replica.content.once != first.once;
    if !other && !view.timeline.reachable(replica.node, replica.asked, replica.at) {
        return None;
    }
    let lacks = match &replica.missing[..] {
        [] => replica.content.lacks_companions(&Content {
            // A value of another shape cannot be compared, and is there all the same.
            once: first.once.clone().filter(|_| replica.content.once.is_some()),
            list: first.list.clone().filter(|_| replica.content.list.is_some()),
            count: None,
        })?,
        _ if !session.made_by_counting(&view.operations) => return None,
        missing => format!("no {}", missing.join(", no ")),
    };
    let fault = view.timeline.faults.iter().rev().find(|fault| fault.asked < replica.at);
    let created = session.created_by.map(|index| &view.operations[index]);
    Some(Breach {
        violation: Some(if replica.missing.contains(&ONCE_ATTRIBUTE) && replica.content.count.is_some() {
            Violation::LostFirstRequest
        } else {
            Violation::PartialSession
        }),
        at: replica.at,
        because: format!(
            "the replica of {}'s session on {} showed {lacks} at {}",
            session.client, replica.node, replica.at
        ),
        rests_on: created.iter().map(|operation| operation.id).collect(),
        evidence: std::iter::once(replica.record)
            .chain(fault.map(|fault| fault.record))
            .chain(created.map(|operation| operation.record))
            .collect(),
        unpromised: if session.held.replicas[place].knows {
            None
        } else {
            view.torn(session, replica.node, replica.at)
        },
        session: Some(session.stems[0].to_owned()),
    })
}
