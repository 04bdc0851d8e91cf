//! Rule C003, foreign-manager.

use crate::lint::{Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C003",
    name: "foreign-manager",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a <Manager> of a context that is no cluster's manager",
    why: "SimpleTcpCluster.registerManager logs that the manager does not implement ClusterManager, and its sessions are not replicated.",
    bad: r#"<Context><Manager className="org.apache.catalina.session.StandardManager"/></Context>"#,
    good: "<Context/>",
    evidence: "SimpleTcpCluster.registerManager; a PersistentManager with a shared store is supported by JvmRouteBinderValve",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let has_cluster = input.clusters().next().is_some();
    if !has_cluster && input.nodes.iter().any(Node::has_server) {
        return;
    }
    for (manager, is_overridden) in input.contexts_with_managers() {
        match manager.short_class() {
            Some("StandardManager") => {
                let finding = out.on_value(manager, "className", "StandardManager keeps sessions on one node");
                finding.help("remove the `<Manager>` element; the cluster then gives the context its own manager");
                if !has_cluster || is_overridden {
                    finding.at_most(Severity::Warning);
                }
            }
            Some("PersistentManager") => {
                let message =
                    "PersistentManager shares sessions through its store only; the cluster does not replicate them";
                let finding = out.on_value(manager, "className", message);
                finding.at_most(Severity::Warning).sure(Confidence::Medium);
                finding.help("remove the `<Manager>` element, or the cluster if the store is shared by all nodes");
            }
            _ => {}
        }
    }
}
