//! What a replica held on a node that outlived a fault is there in every later answer and look.
//!
//! What counts as seen is graded, so that neither a loss is excused nor a race taken for one. What a node itself was seen
//! to hold it must go on holding, acknowledged or not. What another node was seen to hold is due only as far as it had
//! been acknowledged, only over a fault or a join, and only where the configuration brings it to all: a replica may have
//! been seen half-way through a replication that nobody had yet acknowledged.

use super::super::sessions::{Replica, Session};
use super::super::timeline::Fault;
use super::super::view::{Content, Look, View};
use super::acknowledged_writes::doubled;
use super::judgement::{Breach, Judgement};
use super::survival::{Tried, breach, loss_in_words};
use crate::history::Nanos;
use crate::spec::NodeName;
use crate::spec::Violation;
use crate::spec::plan::AppRequest;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let mut breaches = Vec::new();
    for session in &view.sessions {
        for answer in &session.answers {
            breaches.extend(weaker_answer(view, session, *answer));
            breaches.extend(doubled(view, session, *answer));
        }
        breaches.extend(gone(view, session));
        breaches.extend(session.replicas.iter().filter_map(|replica| weaker_replica(view, session, replica)));
        breaches.extend(session.replicas.iter().filter_map(|replica| doubled_replica(session, replica)));
        breaches
            .extend(view.looks.iter().enumerate().filter_map(|(number, look)| vanished(view, session, number, look)));
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

fn earned(view: &View<'_>) -> Result<Judgement, String> {
    let tried = Tried::of(view)?;
    let mut seen = Vec::new();
    for fault in &view.timeline.faults {
        let mut tests = tried.tests.iter().filter(|test| test.fault.number == fault.number).peekable();
        if tests.peek().is_none() {
            continue;
        }
        let floor = tests.find_map(|test| {
            let answer = &view.operations[test.answer];
            let asked = (answer.invoked, answer.completed?);
            // What a partition left behind is no copy that a fault could have spared.
            let mut floors = floors(view, test.session, answer.node, asked)
                .filter(|(seen, _)| seen.at < fault.asked && view.torn(test.session, seen.node, seen.at).is_none());
            floors.next()
        });
        let Some((replica, _)) = floor else {
            let name = fault.name();
            let why = view.blind_spots().into_iter().next().map(|spot| format!(" ({spot})")).unwrap_or_default();
            return Err(format!("before {name} no replica was seen on a node that outlived it{why}"));
        };
        seen.push(replica);
    }
    if let Some(spot) = view.blind_spots().into_iter().next() {
        return Err(spot);
    }
    let replicas: Vec<_> = seen
        .iter()
        .map(|replica| match replica.content.count {
            Some(count) => format!("count {count} on {} at {}", replica.node, replica.at),
            None => format!("a session on {} at {}", replica.node, replica.at),
        })
        .collect();
    let because = format!("what replicas held ({}) was there after {}", replicas.join(", "), tried.names(view));
    let evidence = seen.iter().map(|replica| replica.record).chain(tried.evidence(view)).collect();
    Ok(Judgement::holds(because).resting_on(tried.answers(view), evidence))
}

/// What looks before an instant make due on a node, each with the look's replica, the last look first: of each node the
/// last one between two faults. An earlier one needs no second judgement: a later one that fell behind it is a breach
/// itself.
fn floors<'v>(
    view: &'v View<'_>,
    session: &'v Session<'_>,
    node: &'v NodeName,
    (from, to): (Nanos, Nanos),
) -> impl Iterator<Item = (&'v Replica<'v>, Content)> {
    view.last_looks(session, (from, to)).into_iter().map(|replica| &session.replicas[replica]).filter_map(
        move |replica| {
            if replica.node == node {
                return Some((replica, replica.content.clone()));
            }
            let over_a_fault =
                || view.timeline.faults.iter().filter_map(Fault::hit).any(|hit| replica.at < hit && hit < from);
            // A joiner is given the state of its peers, whatever the send options.
            let shared = view.timeline.synchronised_between(node, replica.at, from)
                || ((view.waits() || !view.replicates_to_all()) && over_a_fault());
            let acknowledged = i64::try_from(session.acknowledged_before(replica.asked)).ok();
            let count = replica.content.count.min(acknowledged);
            let first = session.created_before(replica.asked)?;
            let companions = |seen: &Content| Content {
                count,
                once: seen.once.clone().filter(|_| first.once == seen.once),
                list: seen.list.as_ref().and(first.list.clone()),
            };
            shared.then(|| (replica, companions(&replica.content)))
        },
    )
}

/// A list that was changed in place is due only as it was created: in-place changes do not replicate.
fn as_created(session: &Session<'_>, due: Content) -> Content {
    let created = session.created.as_ref().and_then(|(_, content)| content.list.clone());
    Content { list: due.list.and(created), ..due }
}

fn weaker_answer(view: &View<'_>, session: &Session<'_>, index: usize) -> Option<Breach> {
    let operation = &view.operations[index];
    let completed = operation.completed?;
    if session.contended_before(completed) {
        return None;
    }
    let answer = operation.answer()?;
    let own = i64::from(operation.request == AppRequest::Count);
    // Nearly every answer shows all that any look showed, and there may be a hundred thousand.
    let all = view.last_looks(session, (operation.invoked, completed)).into_iter().all(|replica| {
        let seen = &session.replicas[replica].content;
        let created = session.created.as_ref().and_then(|(_, content)| content.list.as_ref());
        seen.count.is_none_or(|count| count.saturating_add(own) <= answer.count)
            && seen.once.as_ref().is_none_or(|once| answer.once.as_ref() == Some(once))
            && created.is_none_or(|list| answer.list.starts_with(list))
    });
    if all {
        return None;
    }
    let content = Content::of_answer(answer);
    let (replica, lacks) =
        floors(view, session, operation.node, (operation.invoked, completed)).find_map(|(replica, due)| {
            let due = Content { count: due.count.map(|count| count + own), ..as_created(session, due) };
            Some((replica, content.lacks(&due)?))
        })?;
    let because = format!(
        "{} answered {}'s session with {lacks}, as the replica on {} had shown at {}",
        operation.name(),
        session.client,
        replica.node,
        replica.at
    );
    Some(breach(view, session, index, because, &[], [replica.record]))
}

fn gone(view: &View<'_>, session: &Session<'_>) -> Vec<Breach> {
    let losses = session.losses.iter().filter(|loss| loss.excuse.is_none());
    let breaches = losses.filter_map(|loss| {
        let operation = &view.operations[loss.operation];
        let (replica, _) = floors(view, session, operation.node, (operation.invoked, operation.completed?)).next()?;
        let because = format!(
            "{}, though the replica on {} had shown it at {}",
            loss_in_words(view, session, loss),
            replica.node,
            replica.at
        );
        Some(breach(view, session, loss.operation, because, &[], [replica.record]).named(Violation::LostSession))
    });
    breaches.collect()
}

fn weaker_replica(view: &View<'_>, session: &Session<'_>, later: &Replica<'_>) -> Option<Breach> {
    if session.contended_before(later.at) || !view.timeline.settled(later.node, later.asked, later.at) {
        return None;
    }
    let (earlier, lacks) = floors(view, session, later.node, (later.asked, later.at))
        .find_map(|(earlier, due)| Some((earlier, later.content.lacks(&as_created(session, due))?)))?;
    Some(Breach {
        violation: None,
        at: later.at,
        because: format!(
            "the replica of {}'s session on {} showed {lacks} at {}, as the replica on {} had shown at {}",
            session.client, later.node, later.at, earlier.node, earlier.at
        ),
        rests_on: Vec::new(),
        evidence: vec![later.record, earlier.record],
        unpromised: view.torn(session, later.node, later.at),
    })
}

/// A replica that shows more than was ever attempted.
fn doubled_replica(session: &Session<'_>, replica: &Replica<'_>) -> Option<Breach> {
    session.created_by?;
    let most = i64::try_from(session.attempted_before(replica.at)).ok()?;
    let count = replica.content.count.filter(|count| *count > most)?;
    Some(Breach {
        violation: Some(Violation::DoubledWrite),
        at: replica.at,
        because: format!(
            "the replica of {}'s session on {} showed count {count}, but only {most} increments were ever attempted",
            session.client, replica.node
        ),
        rests_on: Vec::new(),
        evidence: vec![replica.record],
        unpromised: None,
    })
}

/// A session that a node no longer holds at all. Where each session has one backup only, it may move by right.
fn vanished(view: &View<'_>, session: &Session<'_>, number: usize, look: &Look<'_>) -> Option<Breach> {
    let served = look.contexts(&view.counters).next().is_some();
    if !served || !view.replicates_to_all() || !view.timeline.settled(look.node, look.asked, look.at) {
        return None;
    }
    let by_right = session.may_have_ended(&view.operations, look.at)
        || session.busy(&view.operations, look.asked, look.at)
        || !session.losses.is_empty();
    // Replicas are kept in the order of the looks.
    if by_right || session.replicas.binary_search_by_key(&number, |replica| replica.look).is_ok() {
        return None;
    }
    let (earlier, _) = floors(view, session, look.node, (look.asked, look.at)).next()?;
    Some(Breach {
        violation: Some(Violation::LostSession),
        at: look.at,
        because: format!(
            "{} no longer held {}'s session {} at {}, which {} had shown at {}",
            look.node, session.client, session.stems[0], look.at, earlier.node, earlier.at
        ),
        rests_on: Vec::new(),
        evidence: vec![look.record, earlier.record],
        unpromised: view.torn(session, look.node, look.at),
    })
}
