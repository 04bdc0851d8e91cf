//! A session that a request made short-lived ends so long after its last use as it says: neither before, nor much later.
//!
//! A copy whose owner died ends later legitimately: `DeltaManager` gives it twice the time (`DeltaSession.isValid`), since it does
//! not hear of every read. And what has ended is noticed by the background thread only, every sixth time that it wakes
//! (`processExpiresFrequency`).

use std::time::Duration;

use super::super::sessions::Session;
use super::super::timeline::FOREVER;
use super::super::view::View;
use super::judgement::{Breach, Judgement, and_more};
use super::survival::{breach, loss_in_words};
use crate::history::Nanos;
use crate::model::{Timing, Violation};

/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(5);

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let (mut breaches, mut shown, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (session, shortened, life) in
        view.sessions.iter().filter_map(|session| session.short.map(|(operation, life)| (session, operation, life)))
    {
        breaches.extend(early(view, session, shortened, life));
        breaches.extend(late(view, session, shortened, life));
        match gone(view, session, shortened).or_else(|| kept(view, session, shortened, life)) {
            Some(found) => shown.push(found),
            None => open.push(format!("{}'s session {} was not asked or looked for", session.client, session.stems[0])),
        }
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    if shown.is_empty() {
        return Judgement::unknown("no session with a short life was asked or looked for when its time was over");
    }
    if let Some(open) = and_more(open) {
        return Judgement::unknown(format!("{open} when its time was over"));
    }
    let (words, records): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
    Judgement::holds(words.join("; ")).resting_on(Vec::new(), records)
}

/// When it was last used before an instant, and by which operation.
fn last_use(view: &View<'_>, session: &Session<'_>, before: Nanos) -> Option<usize> {
    let used = session.operations.partition_point(|index| view.operations[*index].invoked < before);
    session.operations[..used].last().copied()
}

/// Requests that did not find it and looks at settled nodes that no longer hold it, before its time.
fn early(view: &View<'_>, session: &Session<'_>, shortened: usize, life: Duration) -> Vec<Breach> {
    let since = view.operations[shortened].completed.unwrap_or(FOREVER);
    let lost =
        session.losses.iter().filter(|loss| loss.excuse.is_none() && since < view.operations[loss.operation].invoked);
    let lost = lost.map(|loss| {
        let because = format!("{}, within its lifetime of {life:?}", loss_in_words(view, session, loss));
        breach(view, session, loss.operation, because, &[shortened], None).named(Violation::ExpiredEarly)
    });
    let looks = view.looks.iter().enumerate().filter(|(number, look)| {
        view.replicates_to_all()
            && since < look.asked
            && session.would_show_in(look)
            && view.timeline.settled(look.node, look.asked, look.at)
            && !session.may_have_ended(&view.operations, look.at)
            && !session.busy(&view.operations, look.asked, look.at)
            && session.losses.is_empty()
            && session.replicas.binary_search_by_key(number, |replica| replica.look).is_err()
            && session.replicas.iter().any(|replica| replica.node == look.node && replica.at < look.asked)
    });
    let missed = looks.map(|(_, look)| Breach {
        violation: Some(Violation::ExpiredEarly),
        at: look.at,
        because: format!(
            "{} no longer held {}'s session {} at {}, within its lifetime of {life:?}",
            look.node, session.client, session.stems[0], look.at
        ),
        rests_on: view.numbers([shortened]),
        evidence: vec![look.record, view.operations[shortened].record],
        unpromised: view.torn(session, look.node, look.at),
        session: Some(session.stems[0].to_owned()),
    });
    lost.chain(missed).collect()
}

/// When it must have ended at the latest, where a node shows it at an instant; `None` where nobody can know.
fn due(view: &View<'_>, session: &Session<'_>, life: Duration, at: Nanos) -> Option<Nanos> {
    let used = &view.operations[last_use(view, session, at)?];
    let last = used.completed?;
    let owner_lives = view.timeline.outlives(used.node, used.invoked, at);
    let lives = if view.replicates_to_all() && !owner_lives { life * 2 } else { life };
    Some(last.after(lives + SLACK))
}

/// Answers out of it and replicas of it, long after its time.
fn late(view: &View<'_>, session: &Session<'_>, shortened: usize, life: Duration) -> Vec<Breach> {
    let since = view.operations[shortened].completed.unwrap_or(FOREVER);
    let answered = session.answers.iter().copied().filter(|index| {
        let answer = &view.operations[*index];
        since < answer.invoked && due(view, session, life, answer.invoked).is_some_and(|due| due < answer.invoked)
    });
    let answered = answered.map(|index| {
        let because = format!(
            "{} was answered from {}'s session, whose lifetime of {life:?} was long over",
            view.operations[index].name(),
            session.client
        );
        breach(view, session, index, because, &[shortened], None).named(Violation::ExpiredLate)
    });
    let background = background(view);
    let held = session.replicas.iter().filter(|replica| {
        let due = due(view, session, life, replica.asked);
        since < replica.asked && due.is_some_and(|due| background < replica.asked.since(due))
    });
    let held = held.map(|replica| Breach {
        violation: Some(Violation::ExpiredLate),
        at: replica.at,
        because: format!(
            "{} still held {}'s session {} at {}, whose lifetime of {life:?} was long over",
            replica.node, session.client, session.stems[0], replica.at
        ),
        rests_on: view.numbers([shortened]),
        evidence: vec![replica.record, view.operations[shortened].record],
        unpromised: view.torn(session, replica.node, replica.at),
        session: Some(session.stems[0].to_owned()),
    });
    answered.chain(held).collect()
}

/// How long it may take until the background thread notices.
fn background(view: &View<'_>) -> Duration {
    let elements = &view.plan.topology.cluster.elements;
    let said = [elements.delta_manager.process_expires_frequency, elements.backup_manager.process_expires_frequency];
    let wakes = match view.plan.topology.timing {
        Timing::Accelerated => Duration::from_secs(1),
        Timing::Documented => Duration::from_secs(10),
    };
    wakes * said.into_iter().flatten().max().unwrap_or(6).max(6)
}

/// That it was not found any more when its time was over, in words, with the record.
fn gone(view: &View<'_>, session: &Session<'_>, shortened: usize) -> Option<(String, usize)> {
    let life = session.short?.1;
    let asked = session.losses.iter().find(|loss| loss.excuse == Some(shortened));
    if let Some(loss) = asked {
        let operation = &view.operations[loss.operation];
        return Some((
            format!("{} did not find {}'s session any more", operation.name(), session.client),
            operation.record,
        ));
    }
    let last = session.replicas.last()?;
    let look = view.looks.iter().enumerate().skip(last.look + 1).find(|(_, look)| {
        session.would_show_in(look)
            && session.replicas.iter().any(|replica| replica.node == look.node)
            && view.timeline.up(look.node, last.asked, look.at).is_some()
            && session.may_have_expired(&view.operations, look.at)
    });
    look.map(|(_, look)| {
        let words =
            format!("{} no longer held {}'s session at {}, which lived {life:?}", look.node, session.client, look.at);
        (words, look.record)
    })
}

/// That it was answered for longer than it would have lived unused, in words, with the record.
fn kept(view: &View<'_>, session: &Session<'_>, shortened: usize, life: Duration) -> Option<(String, usize)> {
    let since = view.operations[shortened].completed?;
    // Used again each time before its time was over; what comes between that and the slack of a busy machine shows nothing.
    let mut used = since;
    let answers = session.answers.iter().map(|index| &view.operations[*index]).filter(|answer| since < answer.invoked);
    let in_time = answers.take_while(|answer| {
        let idle = answer.invoked.since(used);
        used = answer.invoked;
        idle < life
    });
    let last = in_time.filter(|answer| life < answer.invoked.since(since)).last()?;
    let words =
        format!("{} was answered from {}'s session, kept alive beyond its {life:?}", last.name(), session.client);
    Some((words, last.record))
}
