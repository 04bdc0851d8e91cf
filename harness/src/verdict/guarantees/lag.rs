//! Copies that were seen to lack what had been acknowledged, and not to have caught up: nothing is lost as long as the owner
//! lives, but nothing is proven either.

use super::super::look::Look;
use super::super::operations::{Operation, stem};
use super::super::sessions::Session;
use super::super::timeline::ON_ITS_WAY;
use super::super::view::View;
use super::judgement::Breach;
use crate::history::Nanos;
use crate::model::{NodeName, Violation};

/// The first copy of a session that lags behind for good. As long as its owner has it nothing is lost, hence it is excused.
pub(super) fn lagging(view: &View<'_>, session: &Session<'_>) -> Option<Breach> {
    let other = || if view.replicates_to_all() { missing(view, session) } else { without_backup(view, session) };
    let (at, record, because) = behind(view, session).or_else(other)?;
    Some(Breach {
        unpromised: Some("its owner still had it".to_owned()),
        session: Some(session.stems[0].to_owned()),
        ..Breach::shown(at, record, because).named(Violation::StaleReplica)
    })
}

type Shown = (Nanos, usize, String);

/// A replica with less than its node must have, where no later look showed more.
fn behind(view: &View<'_>, session: &Session<'_>) -> Option<Shown> {
    let replicas = session.replicas.iter().zip(&session.held.replicas).enumerate();
    replicas.rev().find_map(|(place, (replica, bounds))| {
        let floor = bounds.copied?;
        let count = replica.content.count.filter(|count| *count < floor.count)?;
        let mut later = session.replicas[place + 1..].iter();
        let caught_up = later.any(|later| later.node == replica.node && later.content.count >= Some(floor.count));
        let there = view.timeline.reachable(replica.node, replica.asked, replica.at);
        (there && (view.waits() || !caught_up) && arrived(view, session, replica.asked)).then(|| {
            let because = format!(
                "the replica of {}'s session {} on {} showed count {count} at {}, when {} had been acknowledged",
                session.client, session.stems[0], replica.node, replica.at, floor.count
            );
            (replica.at, replica.record, because)
        })
    })
}

/// A node that must have a copy and was seen to have none, where no later look showed one.
fn missing(view: &View<'_>, session: &Session<'_>) -> Option<Shown> {
    let first = &view.operations[*session.answers.first()?];
    // Made by a request that the app did not answer, it may never have come to all.
    session.created_by.filter(|creator| view.operations[*creator].acts_until <= first.acts_until)?;
    let (made, creator) = (first.completed?, first.node);
    let looks = view.looks.iter().enumerate().filter(|(number, look)| {
        made < look.asked
            && session.would_show_in(look)
            && view.timeline.reachable(look.node, look.asked, look.at)
            && arrived(view, session, look.asked)
            && !shows_it(view, session, (*number, look))
    });
    let mut looks = looks.filter(|(number, look)| {
        let legitimately = (session.may_have_ended(&view.operations, look.at) && !lives_on(view, session, look.at))
            || (session.may_be_renamed(&view.operations, look.at) && !keeps_its_id(view, session, look.at))
            || lost_by(view, session, look.at)
            || !together(view, session, creator, look.node, (made, look.asked))
            || session.busy(&view.operations, look.asked, look.at);
        let id = given_by(view, session, look.asked);
        let mut later = session.replicas.iter().filter(|replica| replica.node == look.node && *number < replica.look);
        !legitimately && (view.waits() || !later.any(|replica| id.is_none_or(|id| id == replica.id)))
    });
    looks.next().map(|(number, look)| {
        let mut because = missing_words(session, look);
        if let Some(id) = given_by(view, session, look.asked).filter(|_| shown(session, number, None)) {
            because = format!("{because} under its id {id}, which its client had been given, but under an old one");
        }
        (look.at, look.record, because)
    })
}

/// Whether a look showed what its client asks for by then.
fn shows_it(view: &View<'_>, session: &Session<'_>, (number, look): (usize, &Look<'_>)) -> bool {
    let last = session.answers.last().and_then(|index| view.operations[*index].received());
    shown(session, number, None)
        && (shown(session, number, last) || shown(session, number, given_by(view, session, look.asked)))
}

/// Whether a look showed a copy of a session, under this id where one is given.
fn shown(session: &Session<'_>, look: usize, id: Option<&str>) -> bool {
    let first = session.replicas.partition_point(|replica| replica.look < look);
    let mut copies = session.replicas[first..].iter().take_while(|replica| replica.look == look);
    copies.any(|replica| id.is_none_or(|id| id == replica.id))
}

/// The id under which whoever asks must find a session at an instant: the one that its client was given last, where that
/// must have come to every node. The server looks for the whole of it, with the route.
fn given_by<'a>(view: &View<'a>, session: &Session<'a>, at: Nanos) -> Option<&'a str> {
    let answers = session.answers.iter().map(|index| (*index, &view.operations[*index]));
    let known = || answers.clone().filter(|(_, answer)| answer.completed.is_some_and(|end| end < at));
    let id = known().max_by_key(|(_, answer)| answer.completed)?.1.received()?;
    let under = known().partition::<Vec<_>, _>(|(_, answer)| answer.received() == Some(id));
    let before = under.1.iter().filter_map(|(_, answer)| answer.completed).max();
    let (index, first) =
        under.0.into_iter().filter(|(_, it)| before < it.completed).min_by_key(|(_, it)| it.completed)?;
    let came = view.waits() || first.completed.is_some_and(|given| ON_ITS_WAY < at.since(given));
    // What nobody answered, or with an error, may have given it another one.
    let renamed = session.operations.iter().map(|index| &view.operations[*index]).any(|other| {
        first.invoked < other.invoked && other.invoked < at && other.answer().is_none() && other.node != first.node
    });
    // What a split has left apart has ids of its own.
    let apart = || view.was_partitioned(session, at).is_some();
    (came && !renamed && !apart() && !session.raced(&view.operations, index)).then_some(id)
}

/// Whether a session was answered from, or its owner was seen to hold it, after an instant: it had not ended by then.
fn lives_on(view: &View<'_>, session: &Session<'_>, at: Nanos) -> bool {
    let answered = session.answers.last().is_some_and(|answer| at < view.operations[*answer].invoked);
    answered || session.replicas.iter().rev().take_while(|replica| at < replica.asked).any(|replica| replica.primary)
}

/// The same under an id that it had before.
fn keeps_its_id(view: &View<'_>, session: &Session<'_>, at: Nanos) -> bool {
    let answers = || session.answers.iter().map(|answer| &view.operations[*answer]);
    let id = answers().rev().find(|answer| answer.completed.is_some_and(|end| end < at)).and_then(Operation::received);
    let Some(id) = id.map(stem) else { return false };
    let mut answered = answers().rev().take_while(|answer| at < answer.invoked);
    let later = session.replicas.iter().rev().take_while(|replica| at < replica.asked);
    answered.any(|answer| answer.received().map(stem) == Some(id))
        || later.filter(|replica| replica.primary).any(|replica| stem(replica.id) == id)
}

fn missing_words(session: &Session<'_>, look: &Look<'_>) -> String {
    format!("{} held no copy of {}'s session {} at {}", look.node, session.client, session.stems[0], look.at)
}

/// Whether a node was with the one that made a session when it did, or took the state over since.
fn together(
    view: &View<'_>,
    session: &Session<'_>,
    creator: &NodeName,
    node: &NodeName,
    (made, now): (Nanos, Nanos),
) -> bool {
    if view.timeline.synchronised_between(node, made, now) {
        let mut asked = session.operations.iter().map(|index| &view.operations[*index]);
        return !asked.any(|operation| view.partitions.iter().any(|partition| partition.saw(operation)));
    }
    let partition = view
        .partitions
        .iter()
        .any(|partition| partition.parts(creator, node) && partition.from < made && made < partition.until);
    !partition && view.timeline.reachable(node, made, made)
}

/// A session of `BackupManager` that no look of a whole round showed a backup of, behind the last time that one was seen.
fn without_backup(view: &View<'_>, session: &Session<'_>) -> Option<Shown> {
    let made = view.operations[*session.answers.first()?].completed?;
    let rounds = view.rounds();
    let (from, to) = rounds.into_iter().rev().find(|(from, _)| made < *from)?;
    if !view.timeline.is_calm(from, to)
        || !arrived(view, session, from)
        || session.may_have_ended(&view.operations, to)
        || session.may_be_renamed(&view.operations, to)
        || session.busy(&view.operations, from, to)
        || lost_by(view, session, to)
    {
        return None;
    }
    let inside = |at: Nanos| from <= at && at <= to;
    let holders: Vec<&NodeName> =
        session.replicas.iter().filter(|replica| inside(replica.at)).map(|replica| replica.node).collect();
    let looked = view.looks.iter().filter(|look| {
        inside(look.at) && session.would_show_in(look) && view.timeline.settled(look.node, look.asked, look.at)
    });
    let nodes: std::collections::BTreeSet<&NodeName> = looked.map(|look| look.node).collect();
    let all = view.plan.topology.names().filter(|node| view.timeline.up(node, from, to).is_some());
    let everybody = all.filter(|node| !nodes.contains(node)).count() == 0;
    (everybody && nodes.len() > 1 && holders.len() == 1).then(|| {
        let because = format!(
            "no backup of {}'s session {} was seen at {to}, only {} held it",
            session.client, session.stems[0], holders[0]
        );
        let record = view.looks.iter().rfind(|look| inside(look.at)).map_or(0, |look| look.record);
        (to, record, because)
    })
}

/// Whether a request had not found a session by an instant.
fn lost_by(view: &View<'_>, session: &Session<'_>, at: Nanos) -> bool {
    session.losses.iter().any(|loss| view.operations[loss.operation].invoked < at)
}

/// Whether what had been written before an instant must have arrived by then.
fn arrived(view: &View<'_>, session: &Session<'_>, at: Nanos) -> bool {
    let written = session.acknowledged_by(at).next().and_then(|index| view.operations[index].completed);
    view.waits() || written.is_none_or(|written| ON_ITS_WAY < at.since(written))
}
