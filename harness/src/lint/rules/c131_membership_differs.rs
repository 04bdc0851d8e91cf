//! Rule C131, membership-differs.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C131",
    name: "membership-differs",
    severity: Severity::Error,
    confidence: Confidence::Medium,
    finds: "nodes of one cluster that look for each other in different ways, or in a cloud at different ports",
    why: "A node that listens for multicast does not see one that has a static list or asks a cloud: what it changes is not sent there.",
    bad: r#"<!-- n1 --> <Membership className="…McastService"/> <!-- n2 --> <Membership className="…StaticMembershipService"/>"#,
    good: "one class of Membership on all nodes",
    evidence: "McastService, StaticMembershipService, CloudMembershipService: each answers its own kind only; DNSMembershipProvider and KubernetesMembershipProvider take the port of the own Receiver for every member",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        // With a list of its own in an interceptor, a node knows others in any case.
        let has_list = |cluster: &Cluster<'_>| {
            cluster.has_interceptor("StaticMembershipInterceptor")
                || cluster.membership_kind() == MembershipKind::Other
                || cluster.element.document().is_partial()
        };
        let Some((first, others)) = group.split_first().filter(|_| !group.iter().any(has_list)) else { continue };
        for other in others.iter().filter(|other| other.membership_kind() != first.membership_kind()) {
            let (here, there) = (name(other), name(first));
            let message = format!(
                "{} finds members by {here}, {} by {there}: they do not meet",
                other.node.name, first.node.name
            );
            let finding = out.on_value(other.membership().unwrap_or(other.element), "className", message);
            finding.label(
                first.membership().unwrap_or(first.element),
                "className",
                format!("{there} on {}", first.node.name),
            );
            finding.help("use the same class of `<Membership>` on all nodes");
        }
        for other in others.iter().filter(|other| clouds(first, other)) {
            let (Some((_, here)), Some((_, there))) = (other.receiver_place(), first.receiver_place()) else {
                continue;
            };
            if here != there {
                let message = format!(
                    "the Receiver of {} has port {here}, that of {} port {there}: each looks for the other at its own port",
                    other.node.name, first.node.name
                );
                let finding = out.on_value(other.receiver().unwrap_or(other.element), "port", message);
                if let Some(receiver) = first.receiver() {
                    finding.label(receiver, "port", format!("on {}", first.node.name));
                }
                finding.help("use the same port on all nodes");
            }
        }
    }
}

/// Whether both ask a cloud, by one of Tomcat's own providers, which know addresses and no ports.
fn clouds(first: &Cluster<'_>, other: &Cluster<'_>) -> bool {
    let is_known = |cluster: &Cluster<'_>| {
        let provider = cluster.membership().and_then(|it| it.value_or("membershipProviderClassName", "kubernetes"));
        let ends = ["DNSMembershipProvider", "KubernetesMembershipProvider"];
        cluster.membership_kind() == MembershipKind::Cloud
            && provider.is_some_and(|name| {
                matches!(name, "dns" | "kubernetes")
                    || name.starts_with("org.apache.catalina.") && ends.iter().any(|end| name.ends_with(end))
            })
    };
    is_known(first) && is_known(other)
}

fn name(cluster: &Cluster<'_>) -> &'static str {
    match cluster.membership_kind() {
        MembershipKind::Multicast => "multicast",
        MembershipKind::Static => "a static list",
        MembershipKind::Cloud | MembershipKind::Other => "a cloud",
    }
}
