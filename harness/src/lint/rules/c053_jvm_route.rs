//! Rule C053, jvm-route.

use std::collections::HashMap;

use crate::config::read::Element;
use crate::lint::{Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C053",
    name: "jvm-route",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "nodes of a cluster with the same jvmRoute, or without one",
    why: "With a sticky load balancer equal routes send requests to the wrong node, and without a route sessions do not stick and are not renamed at a failover.",
    bad: r#"<Engine name="Catalina" defaultHost="localhost"/>"#,
    good: r#"<Engine name="Catalina" defaultHost="localhost" jvmRoute="n1"/>"#,
    evidence: "JvmRouteBinderValve.java",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    // The first of each route.
    let mut seen: HashMap<&str, (&Node, Element<'_>)> = HashMap::new();
    let mut engine: Option<Element<'_>> = None;
    for cluster in input.clusters().filter(|cluster| !cluster.is_alone()) {
        // The clusters of an Engine follow each other.
        if engine.replace(cluster.engine) == Some(cluster.engine) {
            continue;
        }
        match cluster.node.route(cluster.engine).filter(|route| !route.is_empty()) {
            Some(route) => {
                if let Some((other, engine)) = seen.get(route).filter(|(other, _)| other.name != cluster.node.name) {
                    let message = format!("{} and {} have the same jvmRoute `{route}`", other.name, cluster.node.name);
                    out.on_value(cluster.engine, "jvmRoute", message)
                        .label(*engine, "jvmRoute", format!("the route of {}", other.name))
                        .help("give each node a route of its own");
                }
                seen.entry(route).or_insert((cluster.node, cluster.engine));
            }
            None if cluster.engine.has("jvmRoute") && cluster.engine.value("jvmRoute").is_none() => {}
            None => {
                let finding =
                    out.on(cluster.engine, "missing `jvmRoute`: a load balancer cannot know whose session it is");
                if input.nodes.len() > 1 {
                    finding.at_most(Severity::Warning);
                } else {
                    finding.at_most(Severity::Info).sure(Confidence::Low);
                }
                finding.help("set `jvmRoute` on the `<Engine>`, on each node another one");
            }
        }
    }
}
