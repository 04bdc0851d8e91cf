//! A restarted node takes over the sessions of its peers. Joined is not synchronised: a joiner may list all members and
//! stay empty for ever.
//!
//! A joiner asks one peer only. So it breaks this where it lacks what *every* peer holds; where the peers differ among
//! themselves, it may have asked the one that lacks it too. A peer that does not serve the app holds nothing legitimately and
//! excuses nothing; nor does one that was frozen while the joiner started, and holds the sessions when it has thawed.

use std::collections::BTreeSet;

use super::super::look::Look;
use super::super::operations::stem;
use super::super::timeline::Life;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use crate::history::{Event, Nanos, Question};
use crate::model::NodeName;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let restarts = restarts(view);
    let mut breaches = Vec::new();
    let mut open = Vec::new();
    let (mut took, mut evidence, mut all) = (Vec::new(), Vec::new(), 0);
    for (node, life) in &restarts {
        match fate(view, node, life) {
            Fate::Took { record, at, sessions } => {
                took.push(format!("{node} at {at} ({sessions})"));
                evidence.push(record);
                all += sessions;
            }
            Fate::Lacks(breach) => breaches.push(breach),
            Fate::Open(why) => open.push(why),
        }
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    match (open.into_iter().next(), restarts.len()) {
        (Some(why), _) => Judgement::unknown(why),
        (None, 0) => Judgement::unknown("no node was restarted"),
        (None, _) if all == 0 => Judgement::unknown("no restarted node had a session to take over"),
        (None, _) => Judgement::holds(format!("all session ids were those of the peers: {}", took.join(", ")))
            .resting_on(Vec::new(), evidence),
    }
}

/// Whether a wait that ran out is the one that showed that a joiner lacks sessions of its peers, by its record.
pub(in super::super) fn showed_it(view: &View<'_>, wait: usize) -> bool {
    let lacks = |fate| matches!(fate, Fate::Lacks(breach) if breach.evidence.contains(&wait));
    restarts(view).iter().any(|(node, life)| lacks(fate(view, node, life)))
}

/// What became of a joiner.
enum Fate {
    /// It held so many sessions, those of its peers.
    Took { record: usize, at: Nanos, sessions: usize },
    /// The wait for its sessions ran out, and it lacks some.
    Lacks(Breach),
    /// Nobody knows, for this reason.
    Open(String),
}

/// The lives that began with a start, when the cluster had been there before. A thawed node was never gone.
fn restarts<'v>(view: &'v View<'_>) -> Vec<(&'v NodeName, &'v Life)> {
    let started = |node: &NodeName, from: Nanos| {
        view.events().any(|(_, at, event)| at == from && matches!(event, Event::NodeStarts { node: of } if of == node))
    };
    let nodes = view.plan.topology.names();
    let lives = nodes.flat_map(|node| view.timeline.lives(node).iter().map(move |life| (node, life)));
    lives.filter(|(node, life)| !life.first && started(node, life.from)).collect()
}

fn fate(view: &View<'_>, node: &NodeName, life: &Life) -> Fate {
    let inside = |at: Nanos| life.from <= at && at <= life.until;
    // With nobody there to compare with it holds what its peers hold; what it shows when one has thawed counts.
    let (mut alone, mut ended) = (None, None);
    for (record, at, event) in view.events().filter(|(_, at, _)| inside(*at)) {
        match event {
            Event::Synchronised { node: of, sessions } if of == node => {
                let took = match denied(view, node, life, at) {
                    Some(why) => Fate::Open(why),
                    None => Fate::Took { record, at, sessions: *sessions },
                };
                if has_a_peer(view, node, at) {
                    ended.get_or_insert(took)
                } else {
                    alone.get_or_insert(took)
                };
            }
            Event::WaitRanOut { .. } => drop(ended.get_or_insert_with(|| ran_out(view, node, life, (record, at)))),
            _ => {}
        }
    }
    ended.or(alone).unwrap_or_else(|| {
        Fate::Open(format!("{node} was not seen to hold the sessions of its peers after it came back at {}", life.from))
    })
}

/// That the next look at a joiner does not bear out that it held what its peers held, in words: it lacks a session that each
/// of them held before and after.
fn denied(view: &View<'_>, node: &NodeName, life: &Life, at: Nanos) -> Option<String> {
    let first = |of: &NodeName| {
        let looks = view.looks.iter().filter(|look| look.node == of && at <= look.asked && look.at < life.until);
        looks.into_iter().find_map(|look| Some((look.at, stems(view, look)?)))
    };
    let last = |of: &NodeName| {
        let looks = view.looks.iter().rev();
        let mut looks = looks.filter(|look| look.node == of && life.from <= look.asked && look.at <= at);
        looks.find_map(|look| stems(view, look))
    };
    let (seen, own) = first(node)?;
    let peers =
        view.plan.topology.names().filter(|peer| *peer != node && view.timeline.up(peer, life.from, seen).is_some());
    let both = peers.map(|peer| Some(&last(peer)? & &first(peer)?.1));
    let everywhere = both.reduce(|all, stems| Some(&all? & &stems?))??;
    let missing = everywhere.difference(&own).next()?;
    Some(format!("{node} was said to hold the sessions of its peers at {at}, and at {seen} it lacked {missing}"))
}

/// Whether another node ran, and was not frozen, at an instant.
fn has_a_peer(view: &View<'_>, node: &NodeName, at: Nanos) -> bool {
    let mut peers = view.plan.topology.names().filter(|peer| *peer != node);
    peers.any(|peer| view.timeline.lives(peer).iter().any(|life| life.from <= at && at < life.until))
}

/// What all nodes were last seen to hold when a wait ran out behind a joiner's return.
fn ran_out(view: &View<'_>, node: &NodeName, life: &Life, (record, at): (usize, Nanos)) -> Fate {
    let mut since = view.timeline.whole.iter().filter(|whole| life.from <= whole.from && whole.from <= at);
    let Some(joined) = since.rfind(|whole| whole.nodes.contains(node)) else {
        return Fate::Open(format!("{node} had not joined its peers again when a wait ran out at {at}"));
    };
    // Only the wait for the sessions asks for one context: at the joiner's first sight some may be missing legitimately.
    let last = |of: &NodeName| {
        let mut looks = view.looks.iter().rev().filter(|look| look.node == of && joined.from <= look.asked);
        looks.find(|look| look.at <= at && matches!(look.question, Question::Context(_)))
    };
    let held = |of: &NodeName| {
        let look =
            last(of).ok_or_else(|| format!("{of} was not asked for its sessions before a wait ran out at {at}"))?;
        stems(view, look)
            .map(|stems| (look.record, stems))
            .ok_or_else(|| format!("the probe of {of} did not report its sessions before a wait ran out at {at}"))
    };
    // A joiner may well have asked such a peer (DeltaManager asks the oldest member), and is as empty for that.
    let lacks_app = |of: &NodeName| {
        let state = last(of).and_then(|look| look.state);
        state.is_some_and(|state| state.contexts.iter().all(|context| !view.contexts.contains(&context.path)))
    };
    let peers = joined.nodes.iter().filter(|peer| *peer != node && !lacks_app(peer));
    let peers: Result<Vec<_>, String> = peers.map(held).collect();
    let (own, peers) = match (held(node), peers) {
        (Ok(own), Ok(peers)) => (own, peers),
        (Err(why), _) | (_, Err(why)) => return Fate::Open(why),
    };
    let everywhere = peers.iter().map(|(_, stems)| stems.clone()).reduce(|all, stems| &all & &stems);
    let everywhere = everywhere.unwrap_or_default();
    let missing: Vec<&str> = everywhere.difference(&own.1).copied().collect();
    let Some(first) = missing.first() else {
        return Fate::Open(format!(
            "{node} held what all its peers held when a wait ran out at {at}, and they differed"
        ));
    };
    let because = format!(
        "{node} came back at {}, and at {at} it still lacked {} of the {} sessions that every peer held, as {first}",
        life.from,
        missing.len(),
        everywhere.len()
    );
    let looks = std::iter::once(own.0).chain(peers.iter().map(|(record, _)| *record));
    Fate::Lacks(Breach {
        at,
        violation: None,
        because,
        rests_on: Vec::new(),
        evidence: looks.chain([record]).collect(),
        unpromised: None,
        session: None,
    })
}

/// The stems of all sessions of a look, whatever the node is for them; `None` where it shows nothing of an app.
fn stems<'a>(view: &View<'_>, look: &Look<'a>) -> Option<BTreeSet<&'a str>> {
    let mut contexts = look.contexts(&view.contexts).peekable();
    contexts.peek()?;
    Some(contexts.flat_map(|context| &context.sessions).map(|session| stem(session.id.as_str())).collect())
}
