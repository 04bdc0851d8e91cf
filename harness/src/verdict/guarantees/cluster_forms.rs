//! Every node is ready and sees every other, after the start and again after each restart.

use super::super::timeline::FOREVER;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use crate::model::NodeName;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let mut breaches = died_before_forming(view);
    breaches.extend(unhealthy(view));
    breaches.extend(super::members_agree::alone(view));
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

fn earned(view: &View<'_>) -> Result<Judgement, String> {
    let Some(first) = view.timeline.whole.first() else { return Err("the cluster was never seen to form".to_owned()) };
    if let Some(node) = view.plan.topology.names().find(|node| !first.nodes.contains(node)) {
        return Err(format!("{node} was not among the nodes that formed the cluster at {}", first.from));
    }
    for node in view.plan.topology.names() {
        for life in view.timeline.lives(node).iter().filter(|life| life.until > first.from) {
            let formed = view.timeline.whole.iter().any(|whole| {
                let alive = |other: &&NodeName| view.timeline.up(other, whole.from, whole.from).is_some();
                let all = view.plan.topology.names().filter(alive).all(|other| whole.nodes.contains(other));
                whole.nodes.contains(node) && all && life.from <= whole.from && whole.from < life.until
            });
            if !formed {
                return Err(format!("{node} was not seen to join the cluster after it came back at {}", life.from));
            }
        }
    }
    let formed: Vec<_> = view.timeline.whole.iter().map(|whole| format!("at {}", whole.from)).collect();
    let because = format!("{} nodes saw each other ({})", first.nodes.len(), formed.join(", "));
    let evidence = view.timeline.whole.iter().map(|whole| whole.record).collect();
    Ok(Judgement::holds(because).resting_on(Vec::new(), evidence))
}

fn died_before_forming(view: &View<'_>) -> Vec<Breach> {
    let formed = view.timeline.whole.first().map_or(FOREVER, |whole| whole.from);
    let deaths = view.timeline.deaths.iter().filter(|(at, ..)| *at < formed);
    let breaches = deaths.map(|(at, node, why, record)| {
        Breach::shown(*at, *record, format!("{node} ended at {at}, before the cluster had formed: {why}"))
    });
    breaches.collect()
}

fn unhealthy(view: &View<'_>) -> Vec<Breach> {
    let sick = view.looks.iter().filter(|look| look.state.is_some_and(|state| state.openejb == Some(false)));
    let sick = sick.filter(|look| view.timeline.up(look.node, look.asked, look.at).is_some());
    let breaches = sick.map(|look| {
        let because = format!("{} was ready, but its OpenEJB was not healthy at {}", look.node, look.at);
        Breach::shown(look.at, look.record, because)
    });
    breaches.collect()
}
