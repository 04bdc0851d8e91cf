//! Every node serves each app that was dropped into the watch folder of one.

use super::super::view::View;
use super::judgement::{Breach, Judgement};
use crate::history::{Event, Nanos, RecordKind};
use crate::spec::{ContextPath, NodeName};

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let breaches: Vec<_> = view.contexts.iter().flat_map(|context| not_served(view, context)).collect();
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

fn earned(view: &View<'_>) -> Result<Judgement, String> {
    if view.contexts.is_empty() {
        return Err("the plan deploys nothing".to_owned());
    }
    let (mut evidence, mut told) = (Vec::new(), Vec::new());
    for context in &view.contexts {
        let Some((at, watcher)) = dropped(view, context, &mut evidence) else {
            return Err(format!("no WAR for {context} was dropped"));
        };
        let mut nodes = Vec::new();
        for node in view.plan.topology.names().filter(|node| view.timeline.up(node, at, at).is_some()) {
            let from = dropped_alone(view, context, node).unwrap_or(at).max(at);
            let served = deployed(view, context, node).filter(|(_, served)| from <= *served);
            let Some((record, _)) = served.max() else {
                return Err(format!("{node} was not seen to serve {context} after the WAR was dropped at {from}"));
            };
            evidence.push(record);
            nodes.push(node.to_string());
        }
        if nodes.len() < 2 {
            return Err(format!("fewer than two nodes were ready when the WAR for {context} was dropped"));
        }
        told.push(format!("{} serve {context}, dropped on {watcher}", nodes.join(", ")));
    }
    Ok(Judgement::holds(told.join("; ")).resting_on(Vec::new(), evidence))
}

/// The last drop of a WAR that was meant for every node: when, and on which.
fn dropped<'a>(view: &View<'a>, wanted: &ContextPath, evidence: &mut Vec<usize>) -> Option<(Nanos, &'a NodeName)> {
    let drops = view.events().filter_map(|(index, at, event)| match event {
        Event::WarDropped { node, context, .. } if context == wanted => Some((index, at, node)),
        _ => None,
    });
    let drops: Vec<_> = drops.collect();
    let alone = |index: usize| {
        matches!(&view.history.records[index].kind, RecordKind::Event(Event::WarDropped { alone: true, .. }))
    };
    // Where it was only ever copied from node to node, the first copy counts for all.
    let for_all = drops.iter().rfind(|(index, ..)| !alone(*index)).or(drops.first())?;
    evidence.push(for_all.0);
    Some((for_all.1, for_all.2))
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
    let changes = view.events().take_while(|(_, at, _)| *at < now).filter_map(|(_, _, event)| match event {
        Event::Deployed { node, context } if context == wanted && node == on => Some(true),
        Event::WarDropped { node, context, alone, .. } if context == wanted && (!alone || node == on) => Some(false),
        Event::WarRemoved { context, .. } if context == wanted => Some(false),
        _ => None,
    });
    changes.last().unwrap_or(false)
}

/// When a node was seen to begin to serve a context.
fn deployed(view: &View<'_>, wanted: &ContextPath, on: &NodeName) -> impl Iterator<Item = (usize, Nanos)> {
    view.events().filter_map(move |(index, at, event)| match event {
        Event::Deployed { node, context } if context == wanted && node == on => Some((index, at)),
        _ => None,
    })
}

/// Looks at a settled node that no longer serves what it did.
fn not_served(view: &View<'_>, context: &ContextPath) -> Vec<Breach> {
    let looks = view.looks.iter().filter(|look| {
        let served = || serves(view, context, look.node, look.asked);
        look.state.is_some()
            && look.question.covers(context)
            && view.timeline.settled(look.node, look.asked, look.at)
            && served()
    });
    let missing = looks.filter(|look| look.contexts(&std::iter::once(context).collect()).next().is_none());
    let breaches = missing.map(|look| Breach {
        violation: None,
        at: look.at,
        because: format!("{} did not serve {context} at {}, though it had been deployed there", look.node, look.at),
        rests_on: Vec::new(),
        evidence: vec![look.record],
        unpromised: None,
    });
    breaches.collect()
}
