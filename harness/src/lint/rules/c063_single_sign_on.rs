//! Rule C063, single-sign-on.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C063",
    name: "single-sign-on",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "SingleSignOn in a cluster, or ClusterSingleSignOn without a Cluster or in an Engine",
    why: "SingleSignOn keeps logins on one node; ClusterSingleSignOn without a Cluster keeps the server from starting.",
    bad: r#"<Host …><Cluster …/><Valve className="org.apache.catalina.authenticator.SingleSignOn"/></Host>"#,
    good: r#"<Host …><Cluster …/><Valve className="org.apache.catalina.ha.authenticator.ClusterSingleSignOn"/></Host>"#,
    evidence: "ClusterSingleSignOn.startInternal asks a Host only: There is no Cluster…; runs on Tomcat 10.1.59",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for engine in input.nodes.iter().flat_map(|node| node.engines(input)) {
        let of_engine = engine.child("Cluster");
        for valve in engine.all("Valve") {
            match (valve.short_class(), of_engine) {
                (Some("ClusterSingleSignOn"), _) => {
                    out.on_value(
                        valve,
                        "className",
                        "ClusterSingleSignOn looks for a Cluster in a Host only: the server does not start",
                    )
                    .help("move it into each `<Host>`");
                }
                (Some("SingleSignOn"), Some(cluster)) => {
                    let finding = out
                        .on_value(valve, "className", "SingleSignOn keeps logins on one node")
                        .at_most(Severity::Warning);
                    finding
                        .label(cluster, "className", "the cluster")
                        .help("use `org.apache.catalina.ha.authenticator.ClusterSingleSignOn` in each `<Host>`");
                }
                _ => {}
            }
        }
        for host in engine.all("Host") {
            let cluster = host.child("Cluster").or(of_engine);
            for valve in host.all("Valve") {
                match (valve.short_class(), cluster) {
                    (Some("SingleSignOn"), Some(cluster)) => {
                        let finding = out
                            .on_value(valve, "className", "SingleSignOn keeps logins on one node")
                            .at_most(Severity::Warning);
                        let instead = "org.apache.catalina.ha.authenticator.ClusterSingleSignOn";
                        finding.label(cluster, "className", "the cluster").help(format!("use `{instead}`"));
                        finding.set(Applicability::Unsafe, valve, "className", instead);
                    }
                    (Some("ClusterSingleSignOn"), None) if !engine.document().is_partial() => {
                        out.on_value(
                            valve,
                            "className",
                            "neither the Host nor the Engine has a Cluster: the server does not start",
                        )
                        .help("use `org.apache.catalina.authenticator.SingleSignOn`, or add a `<Cluster>`");
                    }
                    _ => {}
                }
            }
        }
    }
}
