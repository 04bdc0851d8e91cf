//! Rule C071, tomee-session-manager.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C071",
    name: "tomee-session-manager",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "openejb.session.manager set to a manager that is no cluster's",
    why: "TomEE gives every context this manager in the place of the cluster's: nothing is replicated.",
    bad: "openejb.session.manager = org.apache.catalina.session.StandardManager",
    good: "# openejb.session.manager",
    evidence: "TomcatWebAppBuilder.java",
    versions: "TomEE",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let Some(cluster) = node.clusters(input).first().copied() else { continue };
        let all = node.tomee.iter().chain(&node.given);
        for (name, class) in all.filter(|(name, _)| name.starts_with("openejb.session.manager")) {
            let known = ["StandardManager", "PersistentManager"];
            let short = class.rsplit('.').next().unwrap_or_default();
            if !matches!(short, "DeltaManager" | "BackupManager") {
                let message = format!("`{name}={class}` overrides the cluster's session manager");
                let finding = match node.property_place(input, "conf/system.properties", name) {
                    Some((file, span)) => out.in_file(file, span, message),
                    None => out.on(cluster.element, message),
                };
                if !known.contains(&short) {
                    finding.at_most(Severity::Warning).sure(Confidence::Medium);
                }
                finding.help(format!("remove `{name}`"));
            }
        }
    }
}
