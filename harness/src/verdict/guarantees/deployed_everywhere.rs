//! Every node serves each app that was dropped into the watch folder of one.

use super::super::look::Look;
use super::super::timeline::FOREVER;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use super::never_answered::is_expected_to_fail;
use crate::history::{ContextState, Event, Nanos};
use crate::model::{ContextPath, NodeName, StepKind, Violation};

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let contexts = view.contexts.iter();
    let breaches = contexts.flat_map(|context| {
        let other = other_bytes(view, context);
        not_served(view, context)
            .into_iter()
            .chain(other)
            .chain(served_otherwise(view, context))
            .chain(still_served(view, context))
            .chain(no_version(view, context))
    });
    let breaches: Vec<_> = breaches.collect();
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

fn earned(view: &View<'_>) -> Result<Judgement, String> {
    if view.contexts.is_empty() {
        return Err("the plan deploys nothing".to_owned());
    }
    let (mut evidence, mut parts) = (Vec::new(), Vec::new());
    for context in &view.contexts {
        let Some(Dropped { record: drop, at, node: watcher, alone }) = dropped(view, context) else {
            return Err(format!("no WAR for {context} was dropped"));
        };
        evidence.push(drop);
        let (mut nodes, mut same) = (Vec::new(), 0);
        for node in view.plan.topology.names().filter(|node| view.timeline.up(node, at, at).is_some()) {
            let from = dropped_alone(view, context, node).unwrap_or(at).max(at);
            let served = deployed(view, context, node).filter(|(_, served)| from <= *served);
            let Some((record, _)) = served.max() else {
                return Err(format!("{node} was not seen to serve {context} after the WAR was dropped at {from}"));
            };
            evidence.push(record);
            let shown = !shown_bytes(view, context, node, (at, FOREVER), Bytes::Archive).is_empty();
            if !shown && looked(view, context, node, at) {
                return Err(format!("no look at {node} showed which bytes it serves for {context}"));
            }
            same += usize::from(shown);
            nodes.push(node.to_string());
        }
        if nodes.len() < 2 {
            return Err(format!("fewer than two nodes were ready when the WAR for {context} was dropped"));
        }
        let bytes = if same == nodes.len() { ", the same bytes" } else { "" };
        let how = if alone { "copied to each node".to_owned() } else { format!("dropped on {watcher}") };
        parts.push(format!("{} serve {context}, {how}{bytes}", nodes.join(", ")));
    }
    if let Some(why) = view.contexts.iter().find_map(|context| never_served(view, context)) {
        return Err(why);
    }
    Ok(Judgement::holds(parts.join("; ")).resting_on(Vec::new(), evidence))
}

/// A node that was asked for an app time and again and answered with nothing but errors, though others gave the same pages, in
/// words: what the probe shows is nothing to clients.
fn never_served(view: &View<'_>, context: &ContextPath) -> Option<String> {
    view.plan.topology.names().find_map(|node| {
        let since = deployed(view, context, node).map(|(_, at)| at).max()?;
        let asked = view.requests.iter().filter(|request| {
            let ended = request.completed.unwrap_or(request.invoked);
            request.node == node
                && request.context == Some(context)
                && since < request.invoked
                && view.timeline.up(node, request.invoked, ended).is_some()
                && !is_expected_to_fail(view, request)
        });
        let asked: Vec<_> = asked.collect();
        let elsewhere = |target: &str| {
            view.requests.iter().any(|other| other.node != node && other.target == target && other.succeeded())
        };
        let vain = asked.len() > 1
            && asked.iter().all(|request| request.answered && !request.succeeded() && elsewhere(request.target));
        let last = asked.last().filter(|_| vain)?;
        let answer = last.answer_in_words().unwrap_or_else(|| "nothing".to_owned());
        Some(format!(
            "{node} answered none of {} requests for {context} with success, {} with {answer}; others did",
            asked.len(),
            last.name()
        ))
    })
}

/// Two ways to know from what a node serves an app: the archive that lies there, and what it has unpacked of one. They differ
/// where an archive was replaced and nothing was unpacked again.
#[derive(Clone, Copy)]
enum Bytes {
    Archive,
    Served,
}

impl Bytes {
    fn of(self, context: &ContextState) -> Option<&String> {
        match self {
            Self::Archive => context.war_sha256.as_ref(),
            Self::Served => context.served_sha256.as_ref(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Archive => "from a WAR with SHA-256",
            Self::Served => "files with SHA-256",
        }
    }
}

/// Looks at a settled node that serves a context from bytes which were never dropped there, or, behind a second drop, at the
/// last look still from the first one.
fn other_bytes(view: &View<'_>, context: &ContextPath) -> Vec<Breach> {
    let nodes = view.plan.topology.names();
    let each = nodes.flat_map(|node| [Bytes::Archive, Bytes::Served].map(|bytes| (node, bytes)));
    each.flat_map(|(node, bytes)| other_bytes_on(view, context, node, bytes)).collect()
}

fn other_bytes_on(view: &View<'_>, context: &ContextPath, node: &NodeName, bytes: Bytes) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let drops = view.events().filter_map(|(index, at, event)| match event {
        Event::WarDropped { context: of, node: on, alone, sha256, served_sha256 }
            if of == context && (!alone || on == node) =>
        {
            let wanted = match bytes {
                Bytes::Archive => Some(sha256),
                Bytes::Served => served_sha256.as_ref(),
            };
            Some((index, at, wanted))
        }
        _ => None,
    });
    let drops: Vec<_> = drops.collect();
    for (place, (dropped, at, wanted)) in drops.iter().enumerate() {
        let Some(wanted) = wanted else { continue };
        let until = drops.get(place + 1).map_or(FOREVER, |(_, next, _)| *next);
        let shown = shown_bytes(view, context, node, (*at, until), bytes);
        let last = shown.last().map(|(look, _)| look.record);
        let wrong = shown.into_iter().filter(|(look, found)| {
            let known = drops[..=place].iter().any(|(_, _, dropped)| dropped.is_some_and(|sha256| sha256 == *found));
            // Versions are served side by side, each from a WAR of its own.
            !known || (found != wanted && last == Some(look.record) && !versioned(look, context))
        });
        breaches.extend(wrong.map(|(look, found)| Breach {
            violation: Some(Violation::OtherBytes),
            at: look.at,
            because: format!(
                "{node} served {context} {} {found} at {}, where {wanted} had been dropped at {at}",
                bytes.words(),
                look.at
            ),
            rests_on: Vec::new(),
            evidence: vec![look.record, *dropped],
            unpromised: None,
            session: None,
        }));
    }
    breaches
}

/// Two nodes that serve a context from different files, where one archive was dropped and never another one.
fn served_otherwise(view: &View<'_>, context: &ContextPath) -> Option<Breach> {
    let drops = view.events().filter_map(|(_, at, event)| match event {
        Event::WarDropped { context: of, sha256, .. } if of == context => Some((at, sha256)),
        _ => None,
    });
    let drops: Vec<_> = drops.collect();
    let (from, archive) = *drops.first()?;
    let nodes = view.plan.topology.names().filter(|_| drops.iter().all(|(_, other)| *other == archive));
    let served: Vec<_> = nodes
        .filter_map(|node| shown_bytes(view, context, node, (from, FOREVER), Bytes::Served).pop())
        .filter(|(look, _)| !versioned(look, context))
        .collect();
    let (one, here) = *served.first()?;
    let (other, there) = *served.iter().find(|(_, there)| *there != here)?;
    let because = format!(
        "{} served {context} {} {here} at {}, and {} {there} at {}, from one archive",
        one.node,
        Bytes::Served.words(),
        one.at,
        other.node,
        other.at
    );
    Some(Breach::shown(one.at.max(other.at), other.record, because).beside(one.record).named(Violation::OtherBytes))
}

fn versioned(look: &Look<'_>, context: &ContextPath) -> bool {
    look.contexts(&std::iter::once(context).collect()).any(|state| !state.version.is_empty())
}

/// What looks at a settled node showed of the bytes that it serves a context from, once it had deployed it.
fn shown_bytes<'v, 'a>(
    view: &'v View<'a>,
    context: &ContextPath,
    node: &NodeName,
    (from, until): (Nanos, Nanos),
    bytes: Bytes,
) -> Vec<(&'v Look<'a>, &'a String)> {
    let wanted = std::iter::once(context).collect();
    let looks = view.looks.iter().filter(|look| look.node == node && from <= look.asked && look.at < until);
    let settled = looks.filter(|look| {
        view.timeline.reachable(node, look.asked, look.at)
            && deployed(view, context, node).any(|(_, served)| from <= served && served <= look.asked)
    });
    settled.filter_map(|look| Some((look, bytes.of(look.contexts(&wanted).next()?)?))).collect()
}

/// Whether a look at a settled node could have shown the bytes of a context that it had deployed.
fn looked(view: &View<'_>, context: &ContextPath, node: &NodeName, from: Nanos) -> bool {
    let wanted = std::iter::once(context).collect();
    view.looks.iter().any(|look| {
        look.node == node
            && from <= look.asked
            && view.timeline.reachable(node, look.asked, look.at)
            && deployed(view, context, node).any(|(_, served)| from <= served && served <= look.asked)
            && look.contexts(&wanted).next().is_some()
    })
}

/// A drop of a WAR that was meant for every node.
struct Dropped<'a> {
    record: usize,
    at: Nanos,
    node: &'a NodeName,
    /// Whether each node was given a copy of its own: the first one counts for all.
    alone: bool,
}

/// The last one.
fn dropped<'a>(view: &View<'a>, wanted: &ContextPath) -> Option<Dropped<'a>> {
    let drops = view.events().filter_map(|(record, at, event)| match event {
        Event::WarDropped { node, alone, context, .. } if context == wanted => {
            Some(Dropped { record, at, node, alone: *alone })
        }
        _ => None,
    });
    let mut drops: Vec<_> = drops.collect();
    let last = drops.iter().rposition(|drop| !drop.alone).unwrap_or(0);
    (last < drops.len()).then(|| drops.swap_remove(last))
}

/// When a WAR was last dropped for a node alone.
fn dropped_alone(view: &View<'_>, wanted: &ContextPath, on: &NodeName) -> Option<Nanos> {
    let drops = view.events().filter_map(|(_, at, event)| match event {
        Event::WarDropped { node, context, alone: true, .. } if context == wanted && node == on => Some(at),
        _ => None,
    });
    drops.max()
}

/// Whether a node served a context at an instant: it was seen to, and nothing came or went since.
fn serves(view: &View<'_>, wanted: &ContextPath, on: &NodeName, now: Nanos) -> bool {
    changes(view, on, wanted, now).last().is_some_and(|(_, served)| served)
}

/// What came and went of a context on a node before an instant: when, and whether it was served then.
pub(super) fn changes<'v>(
    view: &'v View<'_>,
    on: &'v NodeName,
    wanted: &'v ContextPath,
    before: Nanos,
) -> impl Iterator<Item = (Nanos, bool)> + 'v {
    // What was put on each node alone is taken from it alone.
    let mut each_alone = false;
    view.events().take_while(move |(_, at, _)| *at < before).filter_map(move |(_, at, event)| match event {
        Event::Deployed { node, context } if context == wanted && node == on => Some((at, true)),
        Event::Undeployed { node, context } if context == wanted && node == on => Some((at, false)),
        Event::WarDropped { node, context, alone, .. } if context == wanted => {
            each_alone = *alone;
            (!alone || node == on).then_some((at, false))
        }
        Event::WarRemoved { node, context } if context == wanted && (!each_alone || node == on) => Some((at, false)),
        _ => None,
    })
}

/// When a node was seen to begin to serve a context.
fn deployed(view: &View<'_>, wanted: &ContextPath, on: &NodeName) -> impl Iterator<Item = (usize, Nanos)> {
    view.events().filter_map(move |(index, at, event)| match event {
        Event::Deployed { node, context } if context == wanted && node == on => Some((index, at)),
        _ => None,
    })
}

/// The last look at a settled node that serves an app, but not in the version that was deployed last.
fn no_version(view: &View<'_>, context: &ContextPath) -> Vec<Breach> {
    let mut version = None;
    for step in &view.plan.steps {
        match &step.kind {
            StepKind::Deploy { context: of, delivery, .. } if of == context => version = delivery.version.as_deref(),
            StepKind::Undeploy { context: of, .. } if of == context => version = None,
            _ => {}
        }
    }
    let drops = view.events().filter_map(|(_, at, event)| match event {
        Event::WarDropped { context: of, .. } if of == context => Some(at),
        _ => None,
    });
    let (Some(version), Some(dropped)) = (version, drops.last()) else { return vec![] };
    let wanted = std::iter::once(context).collect();
    let breaches = view.plan.topology.names().filter_map(|node| {
        let served = deployed(view, context, node).map(|(_, at)| at).filter(|at| dropped <= *at).max()?;
        let look = view.looks.iter().rfind(|look| {
            look.node == node
                && served <= look.asked
                && look.contexts(&wanted).next().is_some()
                && view.timeline.reachable(node, look.asked, look.at)
        })?;
        let there = look.contexts(&wanted).any(|state| state.version == version);
        (!there).then(|| {
            let because = format!(
                "{node} served {context} at {} without its version {version}, which had been dropped at {dropped}",
                look.at
            );
            Breach::shown(look.at, look.record, because)
        })
    });
    breaches.collect()
}

/// Looks at a node that serves what it had been seen without, though nobody brought it back: as an unpacked folder that was
/// left behind does.
fn still_served(view: &View<'_>, context: &ContextPath) -> Vec<Breach> {
    let wanted = std::iter::once(context).collect();
    let breaches = view.looks.iter().filter_map(|look| {
        look.contexts(&wanted).next()?;
        let last = view.events().take_while(|(_, at, _)| *at < look.asked).filter(|(_, _, event)| match event {
            Event::Deployed { node, context: of } | Event::Undeployed { node, context: of } => {
                of == context && node == look.node
            }
            Event::WarDropped { context: of, .. } => of == context,
            Event::NodeStarts { node } => node == look.node,
            _ => false,
        });
        let (record, at, event) = last.last()?;
        matches!(event, Event::Undeployed { .. }).then(|| {
            let because =
                format!("{} served {context} at {}, which had been taken from it at {at}", look.node, look.at);
            Breach::shown(look.at, look.record, because).beside(record)
        })
    });
    breaches.collect()
}

/// Looks at a settled node that no longer serves what it did.
fn not_served(view: &View<'_>, context: &ContextPath) -> Vec<Breach> {
    let looks = view.looks.iter().filter(|look| {
        let served = || serves(view, context, look.node, look.asked);
        look.state.is_some()
            && look.question.covers(context)
            && view.timeline.reachable(look.node, look.asked, look.at)
            && served()
    });
    let missing = looks.filter(|look| look.contexts(&std::iter::once(context).collect()).next().is_none());
    let breaches = missing.map(|look| {
        let because =
            format!("{} did not serve {context} at {}, though it had been deployed there", look.node, look.at);
        Breach::shown(look.at, look.record, because)
    });
    breaches.collect()
}
