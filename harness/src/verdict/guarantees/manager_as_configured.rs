//! Each context of an app runs the Manager that the configuration names, on every node and in each of its lives.
//! Tomcat gives a context that is not distributable a `StandardManager` without a word. What the configuration says of the
//! Manager must be in effect as well.

use std::collections::{BTreeMap, BTreeSet};

use super::super::look::Look;
use super::super::timeline::Life;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use crate::history::{ContextState, Event, Nanos};
use crate::model::cluster_element::ClusterElement;
use crate::model::{ContextPath, ManagerKind, NodeName, Topology};

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let breaches = view.looks.iter().flat_map(|look| wrong(view, look).into_iter().chain(otherwise(view, look)));
    let breaches: Vec<_> = breaches.collect();
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

fn wrong(view: &View<'_>, look: &Look<'_>) -> Vec<Breach> {
    // A restart may give a node another one.
    let own = view.plan.each_node().filter(|(node, _)| *node == look.node);
    let wanted: Vec<String> = own.map(|(_, topology)| topology.cluster.manager_class().to_owned()).collect();
    let contexts = look.contexts(&view.contexts);
    let contexts = contexts.filter(|context| named(context) && !wanted.contains(&context.manager.class));
    let wanted = wanted.first().map_or("none", String::as_str);
    let breaches = contexts.map(|context| {
        let why = match &context.local_because {
            Some(because) => format!(": {because}"),
            None if context.distributable => String::new(),
            None => ": the app is not distributable".to_owned(),
        };
        let because =
            format!("{} runs {} with {}, expected {wanted}{why}", look.node, context.path, context.manager.class);
        Breach::shown(look.at, look.record, because)
    });
    breaches.collect()
}

/// What Tomcat takes from no `<Cluster><Manager>`, or gives a value of its own.
const NOT_COPIED: [&str; 3] = ["name", "persistAuthenticationNotes", "persistAuthentication"];

/// Contexts whose Manager has an attribute otherwise than the configuration says, where both are numbers or yes and no.
fn otherwise(view: &View<'_>, look: &Look<'_>) -> Vec<Breach> {
    let own = view.plan.each_node().filter(|(node, _)| *node == look.node);
    let said: Vec<BTreeMap<String, String>> = own.map(|(_, topology)| said(&topology)).collect();
    let Some(first) = said.first() else { return vec![] };
    let plain = |value: &str| value.parse::<i64>().is_ok() || matches!(value, "true" | "false");
    let other = |context: &ContextState| {
        first.keys().filter(|name| !NOT_COPIED.contains(&name.as_str())).find_map(|name| {
            let found = context.manager.attributes.get(name).filter(|found| plain(found))?;
            // A restart may give a node another one.
            let wanted = said.iter().map(|one| one.get(name).filter(|wanted| plain(wanted)));
            let wanted: Vec<&String> = wanted.collect::<Option<_>>()?;
            (!wanted.contains(&found)).then(|| format!("{name}={found}, expected {}", wanted[0]))
        })
    };
    let breaches = look.contexts(&view.contexts).filter_map(|context| {
        let because = format!("{} runs the Manager of {} with {}", look.node, context.path, other(context)?);
        // Our own app has none; what another one says of its Manager is not known.
        let own = !view.is_counter(Some(&context.path));
        let unpromised = own.then(|| "the app may have a <Manager> of its own".to_owned());
        Some(Breach { unpromised, ..Breach::shown(look.at, look.record, because) })
    });
    breaches.collect()
}

/// What a configuration says of the Manager.
fn said(topology: &Topology) -> BTreeMap<String, String> {
    let elements = &topology.cluster.elements;
    let manager: &dyn ClusterElement = match topology.cluster.manager {
        ManagerKind::Delta => &elements.delta_manager,
        ManagerKind::Backup => &elements.backup_manager,
    };
    manager.attributes().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whether the probe could report the class at all.
fn named(context: &ContextState) -> bool {
    !context.manager.class.is_empty()
}

fn earned(view: &View<'_>) -> Result<Judgement, String> {
    let mut evidence = Vec::new();
    for node in view.plan.topology.names() {
        let lives = view.timeline.lives(node).iter().filter(|life| served(view, node, life));
        let mut seen = 0;
        for life in lives {
            let look = view.looks.iter().find(|look| {
                look.node == node
                    && life.from <= look.asked
                    && look.at < life.until
                    && look.contexts(&view.contexts).any(named)
            });
            let Some(look) = look else {
                return Err(format!("the Manager on {node} was not seen in its life from {}", life.from));
            };
            let inside = || {
                let looks = view.looks.iter().filter(|look| look.node == node);
                let looks = looks.filter(|look| life.from <= look.asked && look.at < life.until);
                looks.flat_map(|look| look.contexts(&view.contexts))
            };
            let is_named = |path: &ContextPath| inside().any(|context| context.path == *path && named(context));
            // What no look anywhere was about, none was to show.
            let asked = |path: &ContextPath| {
                view.looks.iter().any(|look| look.contexts(&view.contexts).any(|context| context.path == *path))
            };
            let deployed = view.contexts.iter().copied();
            let deployed = deployed.filter(|context| asked(context) && is_deployed(view, node, life, context));
            let unnamed = inside().map(|context| &context.path).chain(deployed).find(|path| !is_named(path));
            if let Some(unnamed) = unnamed {
                return Err(format!("the Manager of {unnamed} on {node} was not seen"));
            }
            evidence.push(look.record);
            seen += 1;
        }
        if seen == 0 {
            return Err(format!("{node} was not seen to serve an app"));
        }
    }
    let classes = view.plan.each_node().map(|(_, topology)| topology.cluster.manager_class().to_owned());
    let classes = classes.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" or ");
    Ok(Judgement::holds(format!("every node ran {classes}")).resting_on(Vec::new(), evidence))
}

/// Whether a node was seen to deploy an app in a life, and to keep it to its end.
fn is_deployed(view: &View<'_>, node: &NodeName, life: &Life, context: &ContextPath) -> bool {
    let changes = view.events().filter_map(|(_, at, event)| match event {
        _ if at < life.from || life.until <= at => None,
        Event::Deployed { node: on, context: of } if on == node && of == context => Some(true),
        Event::Undeployed { node: on, context: of } if on == node && of == context => Some(false),
        _ => None,
    });
    let all: Vec<bool> = changes.collect();
    !all.is_empty() && !all.contains(&false)
}

/// Whether a node served an app in a life: it was deployed there, it took over sessions, or it answered.
fn served(view: &View<'_>, node: &NodeName, life: &Life) -> bool {
    let inside = |at: Nanos| life.from <= at && at < life.until;
    let deployed = view
        .events()
        .any(|(_, at, event)| matches!(event, Event::Deployed { node: on, .. } if on == node && inside(at)));
    let answered = || {
        view.operations.iter().any(|operation| {
            operation.node == node && operation.answer().is_some() && operation.completed.is_some_and(inside)
        })
    };
    deployed || life.synchronised.is_some() || answered()
}
