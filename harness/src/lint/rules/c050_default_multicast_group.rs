//! Rule C050, default-multicast-group.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C050",
    name: "default-multicast-group",
    severity: Severity::Warning,
    confidence: Confidence::Low,
    finds: "the default multicast group 228.0.0.4:45564",
    why: "Every cluster on the network segment that is left at its defaults joins the same group; clusterName does not keep them apart.",
    bad: r#"<Membership className="…McastService" address="228.0.0.4" port="45564"/>"#,
    good: r#"<Membership className="…McastService" address="228.0.0.17" port="45617"/>"#,
    evidence: "documentation, config/cluster-membership",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        if cluster.membership_kind() != MembershipKind::Multicast || cluster.starts_membership() != Some(true) {
            continue;
        }
        let place = cluster.membership();
        let is_default = place.is_none_or(|membership| {
            membership.value_or("address", "228.0.0.4") == Some("228.0.0.4")
                && membership.number("port", 45564) == Some(45564)
        });
        if is_default {
            let message =
                "the multicast group is the default 228.0.0.4:45564, which every cluster with default settings joins";
            out.on_value(place.unwrap_or(cluster.element), "address", message)
                .help("set `address` and `port` of a `<Membership>`, the same on all nodes");
        }
    }
}
