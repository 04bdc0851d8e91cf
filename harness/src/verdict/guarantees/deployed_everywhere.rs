//! Every node serves each app that was dropped into the watch folder of one.

use super::super::view::View;
use super::judgement::{Breach, Judgement};
use crate::history::{Event, Nanos};
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
        let Some((drop, at, watcher)) = dropped(view, context) else {
            return Err(format!("no WAR for {context} was dropped"));
        };
        evidence.push(drop);
        let mut nodes = Vec::new();
        for node in view.plan.topology.names().filter(|node| view.timeline.up(node, at, at).is_some()) {
            let served = deployed(view, context, node).filter(|(_, served)| at <= *served);
            let Some((record, _)) = served.max() else {
                return Err(format!("{node} was not seen to serve {context} after the WAR was dropped at {at}"));
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

/// The last drop of a WAR: the record, when, and on which node.
fn dropped<'a>(view: &View<'a>, wanted: &ContextPath) -> Option<(usize, Nanos, &'a NodeName)> {
    let drops = view.events().filter_map(|(index, at, event)| match event {
        Event::WarDropped { node, context, .. } if context == wanted => Some((index, at, node)),
        _ => None,
    });
    drops.last()
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
        let served = || deployed(view, context, look.node).any(|(_, at)| at < look.asked);
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
