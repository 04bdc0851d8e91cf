//! Rule C145, twice-in-cluster.

use crate::config::read::Element;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C145",
    name: "twice-in-cluster",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a valve or a listener of the clustering that a cluster has twice",
    why: "Each request goes through both valves, and each message to both listeners: sessions are sent and looked for twice.",
    bad: r#"<Valve className="…ReplicationValve"/><Valve className="…ReplicationValve"/>"#,
    good: r#"<Valve className="…ReplicationValve"/>"#,
    evidence: "SimpleTcpCluster.addValve, addClusterListener: both add what is not the same object",
    versions: "all",
    check,
};

/// The classes of which one is enough.
const ONCE: [&str; 4] =
    ["ReplicationValve", "JvmRouteBinderValve", "ClusterSessionListener", "JvmRouteSessionIDBinderListener"];

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let mut seen: Vec<Element<'_>> = vec![];
        let parts = cluster.element.all("Valve").chain(cluster.element.all("ClusterListener"));
        for element in parts.filter(|it| it.short_class().is_some_and(|class| ONCE.contains(&class))) {
            if let Some(first) = seen.iter().find(|other| other.class() == element.class()) {
                let class = element.short_class().unwrap_or_default();
                out.on(element, format!("a second `{class}` in one cluster"))
                    .label(*first, "className", "the first")
                    .help("remove one");
            }
            seen.push(element);
        }
    }
}
