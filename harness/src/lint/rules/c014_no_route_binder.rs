//! Rule C014, no-route-binder.

use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C014",
    name: "no-route-binder",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a Cluster with valves but without JvmRouteBinderValve, on an Engine with a jvmRoute",
    why: "After a failover the session keeps the route of the node that is gone, and the load balancer chooses anew for each request.",
    bad: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationValve"/>"#,
    good: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationValve"/><Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/>"#,
    evidence: "documentation, cluster-howto; SimpleTcpCluster.checkDefaults",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        // One whose name is wrong may be meant.
        if super::c119_unknown_class::has_misnamed(&cluster, "Valve") {
            continue;
        }
        let Some(valve) = cluster.valve("ReplicationValve") else { continue };
        let hosts = cluster.hosts();
        let around = hosts.iter().chain([&cluster.engine]).flat_map(|container| container.all("Valve"));
        let has_binder =
            cluster.valves().into_iter().chain(around).any(|valve| valve.short_class() == Some("JvmRouteBinderValve"));
        if !has_binder && cluster.engine.has("jvmRoute") {
            let message = "no JvmRouteBinderValve: after a failover sessions keep the route of the failed node";
            let finding = out.on(valve, message);
            finding.label(cluster.engine, "jvmRoute", "the route");
            let added = "<Valve className=\"org.apache.catalina.ha.session.JvmRouteBinderValve\"/>";
            finding.help(format!("add `{added}`")).insert_before(Applicability::Unsafe, valve, added);
        }
    }
}
