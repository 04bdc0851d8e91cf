//! What a replica held on a node that outlived a fault is there in every later answer and look.
//!
//! What counts as seen is graded, so that neither a loss is excused nor a race taken for one. What a node itself was seen
//! to hold it must go on holding, acknowledged or not, until another node writes. What another node was seen to hold is due
//! only as far as it had been acknowledged, only over a fault or a join, and only where the configuration brings it to all:
//! a replica may have been seen half-way through a replication that nobody had yet acknowledged.

use std::collections::BTreeMap;

use super::super::content::Content;
use super::super::held::{By, Floor};
use super::super::look::Look;
use super::super::operations::Operation;
use super::super::sessions::{Replica, Session};
use super::super::view::View;
use super::acknowledged_writes::doubled;
use super::judgement::{Breach, Judgement};
use super::survival::{Test, Tried, breach, loss_in_words};
use crate::history::CounterReply;
use crate::model::plan::AppRequest;
use crate::model::{NodeName, Violation};

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let mut breaches = Vec::new();
    for session in &view.sessions {
        for place in 0..session.answers.len() {
            breaches.extend(weaker_answer(view, session, place));
            breaches.extend(doubled(view, session, place));
        }
        breaches.extend(gone(view, session));
        for (place, replica) in session.replicas.iter().enumerate() {
            breaches.extend(weaker_replica(view, session, place, replica));
            breaches.extend(doubled_replica(session, place, replica));
        }
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
    let mut seen: BTreeMap<Option<u32>, &Replica<'_>> = BTreeMap::new();
    let mut unseen: BTreeMap<Option<u32>, &Test<'_, '_>> = BTreeMap::new();
    for test in &tried.tests {
        let number = test.fault.map(|fault| fault.number);
        match spared(view, test) {
            Some(replica) => drop(seen.entry(number).or_insert(replica)),
            // A session of which no look could say anything has nothing of this kind to lose, as long as others have.
            None if looked_for(view, test) => return Err(no_replica(view, test)),
            None => drop(unseen.entry(number).or_insert(test)),
        }
    }
    if let Some((_, test)) = unseen.iter().find(|(number, _)| !seen.contains_key(number)) {
        return Err(no_replica(view, test));
    }
    let seen: Vec<&Replica<'_>> = seen.into_values().collect();
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
    Ok(Judgement::holds(because).resting_on(tried.answers(view), evidence).after(tried.trials()))
}

fn no_replica(view: &View<'_>, test: &Test<'_, '_>) -> String {
    let (client, stem) = (test.session.client, test.session.stems[0]);
    let name = match test.fault {
        Some(fault) => fault.name(),
        None => format!("{client} moved"),
    };
    let why = view.blind_spots().into_iter().next().map(|spot| format!(" ({spot})")).unwrap_or_default();
    format!("before {name} no replica was seen on a node that outlived it, of {client}'s session {stem}{why}")
}

/// Whether a look at a node that outlived a fault could have shown of the session before it.
fn looked_for(view: &View<'_>, test: &Test<'_, '_>) -> bool {
    let broken = test.fault.filter(|fault| !fault.kind.leaves_it_up()).map(|fault| fault.node);
    let answered = test.session.answers.iter().filter_map(|index| view.operations[*index].completed).min();
    let Some(known) = answered else { return false };
    view.looks.iter().any(|look| {
        Some(look.node) != broken
            && known < look.asked
            && look.at < test.since
            && view.timeline.settled(look.node, look.asked, look.at)
            && view.timeline.outlives(look.node, look.at, test.since)
            && test.session.would_show_in(look)
            // With one backup only it may be any other node's.
            && (view.replicates_to_all() || view.plan.topology.nodes.len() == 2)
    })
}

/// The last replica that was seen on a node which outlived a fault, and from which the answer after it could come.
fn spared<'v>(view: &View<'_>, test: &Test<'v, '_>) -> Option<&'v Replica<'v>> {
    let answer = &view.operations[test.answer];
    let broken = test.fault.filter(|fault| !fault.kind.leaves_it_up()).map(|fault| fault.node);
    let from_all = view.waits() || !view.replicates_to_all();
    let owner = test.session.last_answer(&view.operations, test.since).map(|known| known.node);
    let before = test.session.replicas.partition_point(|replica| replica.at < test.since);
    test.session.replicas[..before].iter().rev().find(|replica| {
        Some(replica.node) != broken
            && view.timeline.outlives(replica.node, replica.at, test.since)
            && (from_all
                || replica.node == answer.node
                || view.timeline.synchronised_between(answer.node, replica.at, answer.invoked))
            // What a partition leaves behind on the other side is no copy that a fault could have spared.
            && !view.partitions.iter().any(|partition| {
                partition.from < replica.at
                    && replica.at < partition.until
                    && owner.is_none_or(|owner| partition.parts(replica.node, owner))
                    && test.session.operations.iter().any(|index| partition.saw(&view.operations[*index]))
            })
    })
}

/// What a look had shown, as far as it exceeds what is shown now.
fn shown_more(floor: Option<Floor>, count: Option<i64>) -> Option<(i64, By)> {
    let floor = floor.filter(|floor| floor.count > 0 && count.is_none_or(|count| count < floor.count))?;
    Some((floor.count, floor.by))
}

fn weaker_answer(view: &View<'_>, session: &Session<'_>, place: usize) -> Option<Breach> {
    let index = session.answers[place];
    let operation = &view.operations[index];
    let answer = operation.answer()?;
    let fewer = shown_more(session.held.answers[place].seen, Some(answer.count)).and_then(|(due, by)| match by {
        By::Look(replica) => Some((&session.replicas[replica], format!("count {}, expected {due}", answer.count))),
        By::Answer(_) => None,
    });
    let (replica, lacks) = fewer.or_else(|| without_companions(view, session, place, answer))?;
    let because = format!(
        "{} answered {}'s session with {lacks}, as the replica on {} had shown at {}",
        operation.name(),
        session.client,
        replica.node,
        replica.at
    );
    Some(breach(view, session, index, because, &[], [replica.record]))
}

/// What the first request wrote, where a replica had shown it and an answer lacks it.
fn without_companions<'v>(
    view: &View<'_>,
    session: &'v Session<'_>,
    place: usize,
    answer: &CounterReply,
) -> Option<(&'v Replica<'v>, String)> {
    let operation = &view.operations[session.answers[place]];
    let first = session.created_before(operation.invoked).filter(|first| !first.shown_by(answer))?;
    let lacks = Content::of_answer(answer).lacks_companions(first)?;
    let shared = session.held.answers[place].knows && (view.waits() || !view.replicates_to_all());
    let before = session.replicas.partition_point(|replica| replica.at < operation.invoked);
    let replica = session.replicas[..before].iter().rfind(|replica| {
        (replica.node == operation.node || shared)
            && view.timeline.outlives(replica.node, replica.at, operation.invoked)
            && replica.content.lacks_companions(first).is_none()
    })?;
    Some((replica, lacks))
}

fn gone(view: &View<'_>, session: &Session<'_>) -> Vec<Breach> {
    let losses = session.losses.iter().zip(&session.held.losses).filter(|(loss, _)| loss.excuse.is_none());
    let breaches = losses.filter_map(|(loss, bounds)| {
        let By::Look(replica) = bounds.seen?.by else { return None };
        let replica = &session.replicas[replica];
        let because = format!(
            "{}, though the replica on {} had shown it at {}",
            loss_in_words(view, session, loss),
            replica.node,
            replica.at
        );
        let breach = breach(view, session, loss.operation, because, &[], [replica.record]);
        Some(Breach { unpromised: loss.unpromised.clone(), ..breach.named(Violation::LostSession) })
    });
    breaches.collect()
}

fn weaker_replica(view: &View<'_>, session: &Session<'_>, place: usize, later: &Replica<'_>) -> Option<Breach> {
    if !view.timeline.settled(later.node, later.asked, later.at) {
        return None;
    }
    let count = later.content.count;
    let (due, by) = shown_more(session.held.replicas[place].seen, count)?;
    let (what, record) = match by {
        By::Look(earlier) => {
            let earlier = &session.replicas[earlier];
            (format!("the replica on {} had shown at {}", earlier.node, earlier.at), earlier.record)
        }
        By::Answer(index) => {
            let earlier = &view.operations[index];
            (format!("{} had shown", earlier.name()), earlier.record)
        }
    };
    let because = format!(
        "the replica of {}'s session on {} showed {}, expected {due} at {}, as {what}",
        session.client,
        later.node,
        count.map_or_else(|| "no count".to_owned(), |count| format!("count {count}")),
        later.at
    );
    Some(Breach::shown(later.at, later.record, because).beside(record).of(session))
}

/// A replica that shows more than was ever attempted.
fn doubled_replica(session: &Session<'_>, place: usize, replica: &Replica<'_>) -> Option<Breach> {
    let attempted = i64::try_from(session.attempted_before(replica.at)).ok()?;
    // Of a copy that nobody asks for any more it is known at least.
    let most = session.held.replicas[place].most.or_else(|| session.created_by.map(|_| attempted))?;
    let count = replica.content.count.filter(|count| *count > most)?;
    let because = if count > attempted {
        format!(
            "the replica of {}'s session on {} showed count {count}, but only {attempted} increments were ever attempted",
            session.client, replica.node
        )
    } else {
        format!(
            "the replica of {}'s session on {} showed count {count}, but by what had been shown before it can be {most} \
             at most",
            session.client, replica.node
        )
    };
    Some(Breach::shown(replica.at, replica.record, because).named(Violation::DoubledWrite).of(session))
}

/// A session that a node no longer holds at all. Where each session has one backup only, it may move legitimately.
fn vanished(view: &View<'_>, session: &Session<'_>, number: usize, look: &Look<'_>) -> Option<Breach> {
    let served = session.would_show_in(look);
    if !served
        || !(view.replicates_to_all() || last_of(view, session, look).is_some())
        || !view.timeline.settled(look.node, look.asked, look.at)
    {
        return None;
    }
    let ended = |index: &usize| view.operations[*index].answer().is_some() && view.operations[*index].invoked < look.at;
    let legitimately = session.may_have_ended(&view.operations, look.at)
        || session.ends.iter().any(ended)
        || session.may_be_renamed(&view.operations, look.at)
        || !session.losses.is_empty()
        || is_changing(view, session, look);
    // Replicas are kept in the order of the looks.
    if legitimately || session.replicas.binary_search_by_key(&number, |replica| replica.look).is_ok() {
        return None;
    }
    let before = session.replicas.partition_point(|replica| replica.at < look.asked);
    let earlier = session.replicas[..before].iter().rfind(|replica| {
        let here = replica.node == look.node && view.timeline.outlives(look.node, replica.at, look.at);
        let joined = || {
            view.timeline.synchronised_between(look.node, replica.at, look.asked)
                && view.timeline.outlives(replica.node, replica.at, look.at)
                && (view.waits() || all_had_it(view, session, look))
        };
        here || joined()
    });
    let seen = earlier.map(|earlier| (earlier.node, earlier.at, earlier.record));
    let (node, at, record) = seen.or_else(|| {
        let last = last_of(view, session, look)?;
        Some((last.node, last.completed?, last.record))
    })?;
    Some(
        Breach {
            violation: Some(Violation::LostSession),
            unpromised: view.torn(session, look.node, look.at),
            ..Breach::shown(
                look.at,
                look.record,
                format!(
                    "{} no longer held {}'s session {} at {}, which {} had shown at {}",
                    look.node, session.client, session.stems[0], look.at, node, at
                ),
            )
        }
        .beside(record)
        .of(session),
    )
}

/// The last answer before a look, where the node that was looked at gave it and nobody asked for the session since: it has it
/// then, also with `BackupManager`.
fn last_of<'v, 'a>(view: &'v View<'a>, session: &Session<'_>, look: &Look<'_>) -> Option<&'v Operation<'a>> {
    let begun = session.operations.partition_point(|index| view.operations[*index].invoked <= look.at);
    session.operations[..begun].last().map(|index| &view.operations[*index]).filter(|last| {
        last.node == look.node
            && last.answer().is_some()
            && last.acts_until < look.asked
            && view.timeline.outlives(look.node, last.invoked, look.at)
            && !view.partitions.iter().any(|partition| partition.from < look.at)
    })
}

/// Whether a request that may make, end or rename a session was under way during a look.
fn is_changing(view: &View<'_>, session: &Session<'_>, look: &Look<'_>) -> bool {
    let acts = |index: &usize| {
        let operation = &view.operations[*index];
        let changes = operation.sent.is_none()
            || view.routes.gives_another_id(operation)
            || matches!(operation.request, AppRequest::ChangeId | AppRequest::Invalidate | AppRequest::ShortLive);
        changes && operation.invoked <= look.at && look.asked <= operation.acts_until
    };
    session.busy(&view.operations, look.asked, look.at) && session.operations.iter().any(acts)
}

/// Whether every peer that a node may have taken its state over from had been seen to hold a session.
fn all_had_it(view: &View<'_>, session: &Session<'_>, look: &Look<'_>) -> bool {
    let Some(born) = view.timeline.lives(look.node).iter().rfind(|life| life.from < look.asked).map(|life| life.from)
    else {
        return false;
    };
    let before = session.replicas.partition_point(|replica| replica.at < born);
    let had = |peer: &NodeName| {
        session.replicas[..before]
            .iter()
            .any(|replica| replica.node == peer && view.timeline.outlives(peer, replica.at, born))
    };
    let mut peers = view.plan.topology.names().filter(|peer| *peer != look.node);
    peers.all(|peer| view.timeline.up(peer, born, born).is_none() || had(peer))
}
