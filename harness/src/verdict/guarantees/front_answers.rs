//! Each request to the front is answered by a node, as long as one is up: with what a client can use.

use super::super::requests::Request;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use super::never_answered::is_expected_to_fail;
use crate::history::Nanos;
use crate::model::{FaultKind, FrontState};

pub(super) fn judge(view: &View<'_>) -> Judgement {
    if view.plan.topology.front.is_none() {
        return Judgement::unknown("there is no balancer in front of the nodes");
    }
    let asked: Vec<&Request<'_>> = view.requests.iter().filter(|request| request.through_front()).collect();
    if let Some(violated) = Judgement::violated(asked.iter().filter_map(|request| error(view, request)).collect()) {
        return violated;
    }
    if let Some(why) = asked.iter().find_map(|request| not_found(view, &asked, request)) {
        return Judgement::unknown(why);
    }
    match asked.iter().rev().find(|request| request.answered) {
        None => Judgement::unknown("no request to the front was answered"),
        Some(last) => Judgement::holds(format!("a node answered each of {} requests to the front", asked.len()))
            .resting_on(vec![last.id], vec![last.record])
            .after(asked.len()),
    }
}

/// What a client of the front cannot use.
fn error(view: &View<'_>, request: &Request<'_>) -> Option<Breach> {
    let completed = request.completed?;
    let status = request.status();
    let useful = |status: u16| if request.counter.is_some() { status == 200 } else { status < 500 };
    let how = match (request.answered, status) {
        (true, Some(status)) if useful(status) => return None,
        (true, Some(status)) => format!("{} answered HTTP {status}", request.node),
        (false, Some(status)) => format!("the front answered HTTP {status} in its place"),
        (_, None) => "no node answered".to_owned(),
    };
    let because = format!("{} was not answered as asked: {how}{}", request.name(), state_of(view, request));
    let nobody = !view.plan.topology.names().any(|node| view.timeline.up(node, request.invoked, completed).is_some());
    let breach = Breach::shown(completed, request.record, because);
    let rests_on = vec![request.id];
    Some(Breach { unpromised: nobody.then(|| "no node was up all that time".to_owned()), rests_on, ..breach })
}

/// A node that never found what another one gave before and after, in words.
fn not_found(view: &View<'_>, asked: &[&Request<'_>], request: &Request<'_>) -> Option<String> {
    let same = || asked.iter().filter(|other| other.target == request.target);
    let given = |other: &&&Request<'_>| other.node != request.node && other.succeeded();
    let missing = request.answered
        && request.status() == Some(404)
        && !is_expected_to_fail(view, request)
        && !same().any(|other| other.node == request.node && other.succeeded());
    let before = same().find(given).filter(|first| missing && first.invoked < request.invoked)?;
    let later = same().rfind(given).filter(|last| request.invoked < last.invoked)?;
    Some(format!("{} was answered HTTP 404, which {} and {} were not", request.name(), before.name(), later.name()))
}

/// How the front had the node, and how the node was: one that is UP there and not ready was put back too early.
fn state_of(view: &View<'_>, request: &Request<'_>) -> String {
    let node = request.node;
    if node.is_front() {
        return String::new();
    }
    let at = |from: Nanos, until: Nanos| from <= request.invoked && request.invoked < until;
    let Some((_, _, state)) = view.front_states(node).find(|(from, until, _)| at(*from, *until)) else {
        return String::new();
    };
    let life = view.timeline.lives(node).iter().rev().find(|life| life.from <= request.invoked);
    let there = if view.timeline.up(node, request.invoked, request.invoked).is_some() {
        "it was running"
    } else if view.timeline.dead(node, request.invoked, request.invoked) {
        "it had ended"
    } else if life.is_some_and(|life| life.ready.is_none_or(|ready| request.invoked < ready)) {
        "it was still starting"
    } else {
        let mut faults = view.timeline.faults.iter().rev().filter(|fault| fault.node == node);
        match faults.find(|fault| fault.asked <= request.invoked) {
            Some(fault) if fault.kind == FaultKind::Pause => "it was frozen",
            _ => "it was ending",
        }
    };
    let early = if state == FrontState::Up { "; the front had it as UP, and " } else { "; " };
    format!("{early}{there}")
}
