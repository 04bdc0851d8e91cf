//! The front sends a session to the node that answered it last, as long as it has that node as UP.
//!
//! Which node a session belongs to only the client's cookies say, so requests count that were made one after the other.

use std::time::Duration;

use super::super::operations::stem;
use super::super::requests::Request;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use crate::history::Nanos;
use crate::model::front::Sticky;
use crate::model::{FrontState, NodeName};

/// How much later than the balancer's own decision it may show how it has a node.
const SHOWS_WITHIN: Duration = Duration::from_secs(2);

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let Some(front) = &view.plan.topology.front else {
        return Judgement::unknown("there is no balancer in front of the nodes");
    };
    if front.sticky == Sticky::None {
        return Judgement::unknown("the front is to send sessions to the nodes in turn");
    }
    let pairs = pairs(view);
    let moved = pairs.iter().filter(|(before, after)| before.node != after.node);
    if let Some(violated) = Judgement::violated(moved.map(|(before, after)| breach(view, before, after)).collect()) {
        return violated;
    }
    // Where the front never said how it has a node, nobody knows whether it may send its sessions elsewhere.
    let mut through = view.requests.iter().filter(|request| request.through_front() && !request.node.is_front());
    if let Some(unknown) = through.find(|request| view.front_states(request.node).next().is_none()) {
        return Judgement::unknown(format!(
            "the front never said how it has {}, which {} was sent to",
            unknown.node,
            unknown.name()
        ));
    }
    match pairs.last() {
        None => Judgement::unknown("no session was asked for twice through the front while its node was UP there"),
        Some((_, last)) => Judgement::holds(format!("{} requests went where their session was", pairs.len()))
            .resting_on(vec![last.id], vec![last.record])
            .after(pairs.len()),
    }
}

/// The requests to the front for a session whose node was there all the time, each with the one before.
fn pairs<'v, 'a>(view: &'v View<'a>) -> Vec<(&'v Request<'a>, &'v Request<'a>)> {
    let mut pairs = vec![];
    let mut open: std::collections::BTreeMap<_, Vec<&Request<'_>>> = std::collections::BTreeMap::new();
    for request in view.requests.iter().filter(|request| request.through_front()) {
        open.entry((request.client, request.context)).or_default().push(request);
    }
    for asked in open.values() {
        for (place, after) in asked.iter().enumerate() {
            // What nobody answered moves no session.
            let before = asked[..place].iter().rfind(|before| before.answered && !before.node.is_front());
            pairs.extend(before.filter(|before| is_judged(view, before, after)).map(|before| (*before, *after)));
        }
    }
    pairs.sort_by_key(|(_, after)| after.invoked);
    pairs
}

fn is_judged(view: &View<'_>, before: &Request<'_>, after: &Request<'_>) -> bool {
    let (Some(ended), Some(completed)) = (before.completed, after.completed) else { return false };
    let sent = after.sent.map(crate::model::SessionId::stem);
    let of_it = before.received.map(stem).or(before.sent.map(crate::model::SessionId::stem));
    before.answered
        && !after.node.is_front()
        && ended < after.invoked
        && sent.is_some()
        && sent == of_it
        && view.timeline.outlives(before.node, before.invoked, completed)
        && is_up(
            view,
            before.node,
            before.invoked,
            if before.node == after.node { completed } else { completed.after(SHOWS_WITHIN) },
        )
}

/// Whether the front had a node as UP all the time.
fn is_up(view: &View<'_>, node: &NodeName, from: Nanos, to: Nanos) -> bool {
    let mut known = false;
    for (since, until, state) in view.front_states(node).filter(|(since, until, _)| *since <= to && from <= *until) {
        if state != FrontState::Up {
            return false;
        }
        known |= since <= from && from < until;
    }
    known
}

fn breach(view: &View<'_>, before: &Request<'_>, after: &Request<'_>) -> Breach {
    let topology = &view.plan.topology;
    let sticky = topology.front.as_ref().map(|front| front.sticky);
    let unknown = match (sticky, topology.front_route(before.node), topology.route(before.node)) {
        (Some(Sticky::Route), Some(there), Some(own)) if there != own => {
            format!(": it knows {} by the route {there}, and its sessions name {own}", before.node)
        }
        (Some(Sticky::Route), _, None) => format!(": {} has no jvmRoute that an id could name", before.node),
        _ => String::new(),
    };
    let because = format!(
        "the front sent {} to {} though {} had answered the session, and was UP there{unknown}",
        after.name(),
        after.node,
        before.name()
    );
    let rests_on = vec![before.id, after.id];
    Breach { rests_on, ..Breach::shown(after.invoked, after.record, because).beside(before.record) }
}
