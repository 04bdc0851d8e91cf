//! Rule C099, single-sign-on-in-cluster.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C099",
    name: "single-sign-on-in-cluster",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "SingleSignOn inside <Cluster>",
    why: "It takes no effect: a Cluster takes valves of its own kind only.",
    bad: r#"<Cluster …><Valve className="org.apache.catalina.authenticator.SingleSignOn"/></Cluster>"#,
    good: r#"<Host …><Valve className="org.apache.catalina.ha.authenticator.ClusterSingleSignOn"/></Host>"#,
    evidence: "a run; SimpleTcpCluster.addValve: if it is a ClusterValve",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        for valve in cluster.valves() {
            if let Some(class @ ("SingleSignOn" | "ClusterSingleSignOn")) = valve.short_class() {
                let inside =
                    if class == "SingleSignOn" { "takes no effect inside a Cluster" } else { "belongs into the Host" };
                let finding = out.on_value(valve, "className", format!("{class} {inside}"));
                finding.help("put `<Valve className=\"org.apache.catalina.ha.authenticator.ClusterSingleSignOn\"/>` into the `<Host>`");
                if class == "ClusterSingleSignOn" {
                    finding.at_most(Severity::Info).sure(Confidence::Low);
                }
            }
        }
    }
}
