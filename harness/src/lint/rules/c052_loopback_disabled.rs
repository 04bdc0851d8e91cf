//! Rule C052, loopback-disabled.

use crate::lint::cluster::is_loopback;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C052",
    name: "loopback-disabled",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: r#"localLoopbackDisabled="true" with nodes on one machine"#,
    why: "Nodes on one machine never see each other's announcements.",
    bad: r#"<Membership className="…McastService" localLoopbackDisabled="true"/>"#,
    good: r#"<Membership className="…McastService"/>"#,
    evidence: "documentation, config/cluster-membership",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some(membership) = cluster.membership() else { continue };
        if membership.flag("localLoopbackDisabled", false) == Some(true) {
            let here = cluster.receiver_place().is_some_and(|(address, _)| is_loopback(address));
            let finding =
                out.on_value(membership, "localLoopbackDisabled", "nodes on one machine do not see each other");
            if !here {
                finding.at_most(Severity::Info).sure(Confidence::Low);
            }
            finding.help("remove `localLoopbackDisabled`").unset(
                Applicability::Unsafe,
                membership,
                "localLoopbackDisabled",
            );
        }
    }
}
