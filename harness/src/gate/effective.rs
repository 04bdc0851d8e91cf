//! What the running servers are, beside what the files claim.

use crate::history::{History, RecordKind};
use crate::model::{NodeChanges, Topology};

/// One line for each thing in which a running server is not as its files claim.
pub fn differences(topology: &Topology, history: &History) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    let mut add = |line: String| {
        if !lines.contains(&line) {
            lines.push(line);
        }
    };
    let without = topology.own.as_ref().is_some_and(|own| own.without_cluster);
    for record in &history.records {
        let RecordKind::Observe(observation) = &record.kind else { continue };
        let Some(state) = observation.state() else { continue };
        let node = &observation.node;
        let claimed = topology.of_node(node, &NodeChanges::default()).cluster;
        if !without {
            let wanted = i64::from(claimed.channel_send_options().bits());
            match state.send_options {
                Some(found) if found != wanted => {
                    add(format!("{node} sends with options {found}, its files say {wanted}"));
                }
                _ => {}
            }
            if state.cluster_class.is_none() {
                add(format!("{node} runs without a Cluster, its files have one"));
            }
            for context in state.contexts.iter().filter(|context| context.available && context.distributable) {
                let (found, wanted) = (&context.manager.class, claimed.manager_class());
                if !found.is_empty() && found != wanted {
                    add(format!("{node} runs {} with {found}, its files say {wanted}", context.path));
                }
            }
        }
        if let Some(engine) = &state.engine {
            let (found, wanted) = (engine.jvm_route.as_deref(), topology.route(node));
            if wanted.is_some() && found != wanted {
                let found = found.unwrap_or("none");
                add(format!("{node} has the route {found}, its files say {}", wanted.unwrap_or_default()));
            }
        }
    }
    lines
}
