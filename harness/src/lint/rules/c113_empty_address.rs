//! Rule C113, empty-address.

use crate::config::read::Element;
use crate::lint::cluster::MembershipKind;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C113",
    name: "empty-address",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an empty address or host",
    why: "An empty name is the loopback address: nodes on other machines are told 127.0.0.1, or a member is looked for there; an empty multicast address is no group, and the server does not start.",
    bad: r#"<Membership className="…McastService" address=""/>"#,
    good: r#"<Membership className="…McastService" address="228.0.0.9"/>"#,
    evidence: "ReceiverBase.getBind, StaticMember.setHost, McastService.start: InetAddress.getByName of an empty name is the loopback address",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let is_empty = |element: &Element<'_>, name: &str| element.value(name).is_some_and(|value| value.trim().is_empty());
    for cluster in input.clusters() {
        let is_group =
            cluster.membership_kind() == MembershipKind::Multicast && cluster.starts_membership() != Some(false);
        if let Some(membership) = cluster.membership().filter(|it| is_group && is_empty(it, "address")) {
            out.on_value(
                membership,
                "address",
                "an empty `address` is no multicast address: the server does not start",
            )
            .help("set it, or remove it for the default");
        }
        // On one machine these work.
        if let Some(receiver) = cluster.receiver().filter(|it| is_empty(it, "address")) {
            let message = "an empty `address` is the loopback address, where no other machine reaches the node";
            let finding = out.on_value(receiver, "address", message).at_most(Severity::Warning);
            finding.sure(Confidence::Medium).help("set it, or remove it for the default");
        }
        for member in cluster.static_members().into_iter().filter(|it| is_empty(it, "host")) {
            let message = "an empty `host` is the loopback address: the member is looked for on this machine";
            let finding = out.on_value(member, "host", message).at_most(Severity::Warning);
            finding.sure(Confidence::Medium).help("name the member's host");
        }
    }
}
