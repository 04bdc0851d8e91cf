//! Sessions that are answered from, or held, though they had been ended.

use super::super::look::Look;
use super::super::operations::{Fate, Operation};
use super::super::sessions::{Replica, Session};
use super::super::timeline::ON_ITS_WAY;
use super::super::view::View;
use super::judgement::Breach;
use super::survival::breach;
use crate::history::Nanos;
use crate::model::Violation;
use crate::model::plan::AppRequest;

/// An answer out of a session that had been ended with acknowledgement.
pub(super) fn resurrected(view: &View<'_>, session: &Session<'_>, place: usize) -> Option<Breach> {
    let index = session.answers[place];
    let operation = &view.operations[index];
    let ended = session.ends.iter().copied().find(|other| {
        let other = &view.operations[*other];
        other.answer().is_some()
            && other.completed.is_some_and(|end| end < operation.invoked)
            && (view.waits()
                || other.node == operation.node
                || operation.request == AppRequest::Count
                || other.completed.is_some_and(|end| ON_ITS_WAY < operation.invoked.since(end)))
            && may_end(view, session, other)
    })?;
    let because = format!(
        "{} was answered from {}'s session, which {} had ended with acknowledgement",
        operation.name(),
        session.client,
        view.operations[ended].id
    );
    let resurrected = breach(view, session, index, because, &[ended], None).named(Violation::RisenSession);
    let bounds = &session.held.answers[place];
    // The node that ended it knows that, unless it has taken over since what others had.
    let end = &view.operations[ended];
    let itself = end.node == operation.node && view.timeline.outlives(end.node, end.invoked, operation.invoked);
    let stranger = || bounds.stranger.clone().filter(|_| !bounds.knows && !itself);
    let renamed = || renamed_unheard(view, session, &view.operations[ended]);
    let unpromised = bounds
        .unpromised
        .clone()
        .or_else(stranger)
        .or_else(|| view.was_partitioned(session, end.invoked))
        .or_else(renamed);
    Some(Breach { unpromised, ..resurrected })
}

/// Replicas of a session that had been ended with acknowledgement, while nobody else asked for it.
pub(super) fn resurrected_replicas(view: &View<'_>, session: &Session<'_>) -> Vec<Breach> {
    let alone = |ended: &&usize| {
        let end = &view.operations[**ended];
        let overlaps = |other: &Operation<'_>| {
            other.id != end.id
                && end.completed.is_some_and(|completed| other.invoked < completed)
                && other.completed.is_none_or(|completed| end.invoked < completed)
        };
        end.answer().is_some()
            && may_end(view, session, end)
            && !session.operations.iter().any(|other| overlaps(&view.operations[*other]))
    };
    let Some((ended, completed)) =
        session.ends.iter().find(alone).and_then(|index| Some((*index, view.operations[*index].completed?)))
    else {
        return Vec::new();
    };
    let end = &view.operations[ended];
    let settled = |replica: &&Replica<'_>| view.timeline.settled(replica.node, replica.asked, replica.at);
    let ended = |replica: &&Replica<'_>| completed < replica.asked && !late_end(view, session, completed, replica);
    let resurrected = session.replicas.iter().filter(ended).filter(settled);
    let breaches = resurrected.map(|replica| Breach {
        violation: Some(Violation::RisenSession),
        at: replica.at,
        because: format!(
            "{} held {}'s session {} at {}, which {} had ended with acknowledgement",
            replica.node, session.client, session.stems[0], replica.at, end.id
        ),
        rests_on: vec![end.id],
        evidence: vec![replica.record, end.record],
        unpromised: view.was_partitioned(session, end.invoked).or_else(|| renamed_unheard(view, session, end)),
        session: Some(session.stems[0].to_owned()),
    });
    breaches.collect()
}

/// An answer out of a session that no node held any more when it was asked for: nothing says what had ended it, but there was none
/// left to answer from.
pub(super) fn out_of_nowhere(view: &View<'_>, session: &Session<'_>, place: usize) -> Option<Breach> {
    let operation = &view.operations[session.answers[place]];
    let created = session.created_by.map(|index| view.operations[index].acts_until)?;
    let asked = session.operations.iter().map(|index| &view.operations[*index]);
    let last = asked.filter(|other| other.id != operation.id && other.invoked < operation.invoked);
    // A request that nobody answered may end it, but brings none back.
    let quiet = last.map(|other| other.completed.unwrap_or(other.acts_until)).max()?.max(created);
    let looks: Vec<&Look<'_>> = view
        .looks_between(quiet, operation.invoked)
        .iter()
        .filter(|look| {
            quiet < look.asked && session.would_show_in(look) && view.timeline.outlives(look.node, quiet, look.at)
        })
        .collect();
    let holds = |look: &&&Look<'_>| session.replicas.iter().any(|replica| replica.record == look.record);
    let here = looks.iter().rfind(|look| look.node == operation.node)?;
    let outlived = view.timeline.outlives(here.node, here.asked, operation.completed?);
    let all = view.plan.topology.names().all(|node| {
        view.timeline.up(node, here.asked, here.at).is_none() || looks.iter().any(|look| look.node == node)
    });
    if !outlived || !all || looks.iter().any(|look| holds(&look)) {
        return None;
    }
    let because = format!(
        "{} was answered from {}'s session, which no node held any more at {}",
        operation.name(),
        session.client,
        here.at
    );
    let risen = breach(view, session, session.answers[place], because, &[], Some(here.record));
    let unpromised = Some("nothing shows what had ended it".to_owned());
    Some(Breach { unpromised, ..risen.named(Violation::RisenSession) })
}

/// Whether the end of a session may still be on its way to a node, where nobody waits for it: it came later, or there was
/// hardly time.
fn late_end(view: &View<'_>, session: &Session<'_>, ended: Nanos, replica: &Replica<'_>) -> bool {
    if view.waits() {
        return false;
    }
    let later = view.looks.iter().enumerate().skip(replica.look + 1).filter(|(_, look)| look.node == replica.node);
    let gone = later
        .filter(|(_, look)| session.would_show_in(look))
        .any(|(number, _)| session.replicas.binary_search_by_key(&number, |replica| replica.look).is_err());
    gone || replica.asked.since(ended) < ON_ITS_WAY
}

/// Whether a request that ends a session sent the id that it had, as far as is known: under another one it
/// ended nothing.
fn may_end(view: &View<'_>, session: &Session<'_>, end: &Operation<'_>) -> bool {
    let sent = end.sent.map(crate::model::SessionId::as_str);
    let Some(last) = session.last_answer(&view.operations, end.invoked) else { return false };
    let before = session.replicas.partition_point(|replica| replica.at < end.invoked);
    let since = session.replicas[..before].iter().rev().take_while(|seen| last.completed < Some(seen.asked));
    let mut here = since.filter(|replica| replica.node == end.node);
    sent == last.received() && here.next().is_none_or(|replica| Some(replica.id) == sent)
}

/// Why a session may have had another id than the one that its end was asked for under, in words: a request of another node
/// that nobody answered, which renames it.
fn renamed_unheard(view: &View<'_>, session: &Session<'_>, end: &Operation<'_>) -> Option<String> {
    let answered = session.last_answer(&view.operations, end.invoked)?.completed?;
    let mut asked = session.operations.iter().map(|index| &view.operations[*index]);
    let unheard = asked.find(|other| {
        matches!(other.fate, Fate::Perhaps(_))
            && other.invoked < end.invoked
            && other.completed.is_none_or(|completed| answered < completed)
            && other.sent.is_some_and(|sent| sent.route() != view.routes.get(other.node))
    })?;
    Some(format!("{} may have changed its id, and was not answered", unheard.name()))
}
