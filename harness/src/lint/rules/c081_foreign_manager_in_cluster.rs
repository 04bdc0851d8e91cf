//! Rule C081, foreign-manager-in-cluster.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C081",
    name: "foreign-manager-in-cluster",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a manager inside <Cluster> that is no ClusterManager",
    why: "SimpleTcpCluster takes a ClusterManager only: server.xml does not load.",
    bad: r#"<Cluster …><Manager className="org.apache.catalina.session.PersistentManager"/></Cluster>"#,
    good: r#"<Cluster …><Manager className="org.apache.catalina.ha.session.DeltaManager"/></Cluster>"#,
    evidence: "ClusterRuleSet: setManagerTemplate takes a ClusterManager, else IllegalArgumentException: argument type mismatch, in a run on Tomcat 10.1.59; sources of memcached-session-manager, Redisson, hazelcast-tomcat-sessionmanager and tomcat-redis-session-manager",
    versions: "all",
    check,
};

/// Packages of managers that keep sessions in a store of their own: each extends `ManagerBase`, and none is a
/// `ClusterManager`.
const OF_OTHERS: [&str; 5] = [
    "de.javakaffee.web.msm.",
    "org.redisson.tomcat.",
    "tomcat.request.session.",
    "com.hazelcast.session.",
    "com.orangefunction.tomcat.redissessions.",
];

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        for manager in cluster.element.all("Manager") {
            let class = manager.class().unwrap_or_default().trim();
            // One of the clustering's names in this package is no class at all (C119).
            let is_none = matches!(manager.short_class(), Some("DeltaManager" | "BackupManager"));
            if class.starts_with("org.apache.catalina.session.") && !is_none {
                out.on_value(
                    manager,
                    "className",
                    format!("`{class}` is no ClusterManager: the server does not start"),
                )
                .help("use DeltaManager or BackupManager of `org.apache.catalina.ha.session`");
            } else if OF_OTHERS.iter().any(|package| class.starts_with(package)) {
                out.on_value(
                    manager,
                    "className",
                    format!("`{class}` is no ClusterManager: the server does not start"),
                )
                .help("put it into the `<Context>`, which needs no `<Cluster>` then, and remove the `<Cluster>`");
            }
        }
    }
}
