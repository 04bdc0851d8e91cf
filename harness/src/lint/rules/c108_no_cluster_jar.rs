//! Rule C108, no-cluster-jar.

use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C108",
    name: "no-cluster-jar",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a <Cluster> on a server whose lib folder lacks catalina-ha.jar or catalina-tribes.jar",
    why: "Tomcat 12 ignores the Cluster with an INFO line; older ones do not start.",
    bad: "<Cluster …/> without lib/catalina-ha.jar",
    good: "lib/catalina-ha.jar and lib/catalina-tribes.jar",
    evidence: "Tomcat pull request 1021: catalina.noCluster",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let Some(listing) = &cluster.node.listing else { continue };
        let is_whole_server = listing.contains_key("lib/catalina.jar");
        for jar in ["catalina-ha", "catalina-tribes"] {
            let there = listing.keys().any(|path| path.strip_prefix("lib/").is_some_and(|name| name.starts_with(jar)));
            if is_whole_server && !there {
                out.on(cluster.element, format!("lib/{jar}.jar is missing: there is no clustering"))
                    .help(format!("put {jar}.jar of this version into lib"));
            }
        }
    }
}
