//! Rule C013, no-replication-valve.

use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C013",
    name: "no-replication-valve",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a Cluster with a valve of its own but no ReplicationValve",
    why: "The defaults are added only where no cluster valve is given. Sessions then exist on the other nodes, but empty: nothing sends their changes.",
    bad: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"><Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/></Cluster>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"><Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/><Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/></Cluster>"#,
    evidence: "SimpleTcpCluster.checkDefaults; seen in a run",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        // One whose name is wrong may be meant.
        if super::c119_unknown_class::has_misnamed(&cluster, "Valve") {
            continue;
        }
        let hosts = cluster.hosts();
        let around = hosts.iter().chain([&cluster.engine]).flat_map(|container| container.all("Valve"));
        let mut all = cluster.valves().into_iter().chain(around);
        if all.any(|valve| valve.short_class() == Some("ReplicationValve")) {
            continue;
        }
        // Both are ClusterValves.
        let binder = cluster.valve("JvmRouteBinderValve").or_else(|| cluster.valve("ClusterSingleSignOn"));
        // A valve that is no ClusterValve is not counted by checkDefaults; one of an unknown class may replicate.
        let foreign = cluster
            .valves()
            .into_iter()
            .find(|valve| valve.class().is_some_and(|class| !class.trim().starts_with("org.apache.catalina.")));
        let Some(valve) = binder.or(foreign) else { continue };
        let message = "no ReplicationValve: changes of sessions are not sent to the other nodes";
        let finding = out.on(cluster.element, message);
        finding.label(valve, "className", "with this valve the defaults are not added");
        finding.help("add `<Valve className=\"org.apache.catalina.ha.tcp.ReplicationValve\" filter=\"\"/>`");
        if binder.is_none() || foreign.is_some() {
            finding.at_most(Severity::Warning).sure(Confidence::Low);
        }
        let added = "<Valve className=\"org.apache.catalina.ha.tcp.ReplicationValve\" filter=\"\"/>";
        finding.insert_before(Applicability::Safe, valve, added);
    }
}
