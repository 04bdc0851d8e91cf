//! Rule C060, max-active-sessions.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C060",
    name: "max-active-sessions",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "maxActiveSessions on a DeltaManager",
    why: "Copies of other nodes' sessions count: a node refuses sessions long before it has so many of its own, and refuses copies.",
    bad: r#"<Manager className="…DeltaManager" maxActiveSessions="200"/>"#,
    good: r#"<Manager className="…DeltaManager" maxActiveSessions="-1"/>"#,
    evidence: "documentation, config/cluster-manager",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for manager in input.cluster_managers() {
        if let Some(most) = manager.number("maxActiveSessions", -1).filter(|most| *most > 0 && *most < 1_000_000) {
            let message = format!("the limit of {most} sessions counts copies of the other nodes' sessions");
            let finding = out.on_value(manager, "maxActiveSessions", message);
            finding.help("remove `maxActiveSessions`, or make it larger than the sessions of all nodes").unset(
                Applicability::Unsafe,
                manager,
                "maxActiveSessions",
            );
        }
    }
}
