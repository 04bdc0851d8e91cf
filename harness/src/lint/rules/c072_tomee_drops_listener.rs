//! Rule C072, tomee-drops-listener.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C072",
    name: "tomee-drops-listener",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a <Listener> in a Cluster of TomEE",
    why: "TomEE replaces the cluster by its own and copies cluster listeners, valves, channel and deployer only; lifecycle listeners are dropped.",
    bad: r#"<Cluster …><Listener className="org.example.Audit"/></Cluster>"#,
    good: r#"<Host …><Listener className="org.example.Audit"/><Cluster …/></Host>"#,
    evidence: "SimpleTomEETcpCluster.java",
    versions: "TomEE",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.node.is_tomee(input)) {
        for listener in cluster.element.all("Listener") {
            out.on(listener, "TomEE drops this listener").help("put it into the `<Host>` or `<Engine>`");
        }
    }
}
