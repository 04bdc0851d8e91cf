//! Rule C084, ports-swapped.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C084",
    name: "ports-swapped",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "the ports of Membership and Receiver swapped or equal",
    why: "Members look for each other at the wrong port.",
    bad: r#"<Membership … port="4000"/><Receiver … port="45564"/>"#,
    good: r#"<Membership … port="45564"/><Receiver … port="4000"/>"#,
    evidence: "documentation, config/cluster-membership and cluster-receiver",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Multicast) {
        let (Some(membership), Some(receiver)) = (cluster.membership(), cluster.receiver()) else { continue };
        let Some((group, own)) = membership.number("port", 45564).zip(receiver.number("port", 4000)) else { continue };
        let receivers = 4000..4100;
        if receivers.contains(&group) && !receivers.contains(&own) && own > 40000 {
            out.on_value(
                membership,
                "port",
                format!("the group's port {group} looks like a Receiver's, and the Receiver's {own} like a group's"),
            )
            .label(receiver, "port", "the Receiver's")
            .help("give the group its port, 45564 by default, and the Receiver another one, 4000 by default");
        } else if group == own {
            out.on_value(membership, "port", format!("the multicast group and the Receiver have one port, {group}"))
                .sure(Confidence::Low)
                .label(receiver, "port", "the Receiver's")
                .help("give the group its port, 45564 by default, and the Receiver another one, 4000 by default");
        }
    }
}
