//! The requests that a step was to bring about, held against those that were made: traffic flows to its end, and at last
//! nobody is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::requests::Request;
use super::timeline::FOREVER;
use super::view::View;
use crate::history::{Event, Nanos};
use crate::model::{ClientName, Exchange, StepKind, Target};

/// A busy machine holds each client up for some time.
const HELD_UP: Duration = Duration::from_secs(10);

/// The longest time without a request of one of a step's clients that no open request explains, in words: a fault in it was
/// none under traffic.
pub(super) fn stood_still(
    view: &View<'_>,
    (name, clients): (&ClientName, u32),
    every: Duration,
    from: Nanos,
) -> Option<String> {
    let bearable = HELD_UP.max(every.saturating_mul(10));
    let until = end_of(view, name, from)?;
    let mut all: BTreeMap<&ClientName, Vec<(Nanos, Nanos)>> = BTreeMap::new();
    for request in view.requests.iter().filter(|request| request.client.is_one_of(name, clients)) {
        let mine = all.entry(request.client).or_default();
        if from <= request.invoked && request.invoked <= until {
            mine.push((request.invoked, request.completed.unwrap_or(FOREVER)));
        }
    }
    for (client, asked) in all {
        let mut idle = from;
        for (invoked, completed) in asked.into_iter().chain([(until, until)]) {
            let mut faults = view.timeline.faults.iter().map(|fault| fault.asked);
            if bearable < invoked.since(idle) && faults.any(|asked| idle < asked && asked < invoked) {
                return Some(format!("any request of {client} between {idle} and {invoked}"));
            }
            idle = idle.max(completed);
        }
    }
    None
}

/// When the traffic of clients of this name ended: with its step, or with the run's last reading. `None` where neither was
/// reached.
fn end_of(view: &View<'_>, name: &ClientName, from: Nanos) -> Option<Nanos> {
    let ends = |kind: &StepKind| match kind {
        StepKind::EndTraffic { client } => client == name,
        StepKind::FinalRead => true,
        _ => false,
    };
    view.events().find_map(|(_, at, event)| match event {
        Event::StepBegins { step, .. } if from < at => view.step(*step).filter(|step| ends(&step.kind)).map(|_| at),
        _ => None,
    })
}

/// A client that had a session and was left out of the last reading, in words; it lasted from one instant to another. Who
/// made no safe request is only looked at.
pub(super) fn left_out(view: &View<'_>, from: Nanos, to: Nanos) -> Option<String> {
    let contexts = view.contexts.iter().filter(|context| {
        let taken = |kind: &StepKind| matches!(kind, StepKind::Undeploy { context: of, .. } if of == **context);
        !view.plan.steps.iter().any(|step| taken(&step.kind))
    });
    let there: BTreeSet<_> = contexts.copied().collect();
    let before = view.requests.iter().take_while(|request| request.invoked < from);
    let known = before.filter(|request| {
        let read = request.counter.is_some() || request.target.starts_with("GET ");
        let well = request.answered && request.status().is_some_and(|status| (200..300).contains(&status));
        read && well && request.context.is_some_and(|context| there.contains(context))
    });
    let due: BTreeSet<&ClientName> = known.map(|request| request.client).collect();
    let asked = view.requests.iter().filter(|request| from <= request.invoked && request.invoked <= to);
    let asked: BTreeSet<&ClientName> = asked.map(|request| request.client).collect();
    let left_out = due.difference(&asked).next()?;
    (!asked.is_empty()).then(|| format!("any request of {left_out}, which others had made"))
}

/// That not each client of a step made its requests as the step has them, in words: of its node, its page and its kind.
pub(super) fn others(view: &View<'_>, kind: &StepKind, (from, to): (Nanos, Nanos)) -> Option<String> {
    let (StepKind::Request { client, node, load, .. } | StepKind::Http { client, node, load, .. }) = kind else {
        return None;
    };
    let fits = |request: &Request<'_>| {
        let there = match node {
            Target::Node(node) if !node.is_front() => request.node == node,
            // Whom a role or the front chose, only they know.
            Target::Node(_) | Target::Role(_) => true,
        };
        let what = match kind {
            StepKind::Request { context, request: asked, .. } => {
                request.counter == Some(*asked) && request.context.is_none_or(|of| of == context)
            }
            StepKind::Http { exchange, .. } => is_of(request, exchange),
            _ => true,
        };
        there && what
    };
    let mut made: BTreeMap<&ClientName, u32> = BTreeMap::new();
    let inside = view.requests.iter().filter(|request| from <= request.invoked && request.invoked <= to);
    for request in inside.filter(|request| request.client.is_one_of(client, load.clients)) {
        *made.entry(request.client).or_default() += u32::from(fits(request));
    }
    let (client, made) = made.into_iter().find(|(_, made)| *made < load.times)?;
    Some(format!("{} requests of {client} as the step has them: there are {made}", load.times))
}

/// Whether a request is the one that a step has, as far as its path is said: a value may have been put into it.
fn is_of(request: &Request<'_>, exchange: &Exchange) -> bool {
    let (method, target) = request.target.split_once(' ').unwrap_or(("", request.target));
    let page = |path: &str| path.split(['?', '#', ';']).next().unwrap_or_default().to_owned();
    let by_form = exchange.form_from.is_some() && exchange.path.is_empty();
    by_form
        || (method.eq_ignore_ascii_case(&exchange.method.to_string())
            && (exchange.path.contains("${") || page(target) == page(&exchange.path)))
}
