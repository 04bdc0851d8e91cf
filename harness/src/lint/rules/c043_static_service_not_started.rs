//! Rule C043, static-service-not-started.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C043",
    name: "static-service-not-started",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a StaticMembershipService with channelStartOptions that do not start it",
    why: "The membership service is never started, and no member is found.",
    bad: r#"<Cluster … channelStartOptions="3"> with StaticMembershipService"#,
    good: r#"<Cluster … channelStartOptions="15"> with StaticMembershipService"#,
    evidence: "documentation, config/cluster-membership",
    versions: "9.0.11 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Static) {
        if cluster.element.number("channelStartOptions", 15).is_some_and(|options| options & 15 != 15) {
            let finding =
                out.on_value(cluster.element, "channelStartOptions", "the StaticMembershipService is not started");
            finding.help("remove `channelStartOptions`, 15 by default").unset(
                Applicability::Safe,
                cluster.element,
                "channelStartOptions",
            );
        }
    }
}
