//! Rule C045, static-interceptor-and-multicast.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C045",
    name: "static-interceptor-and-multicast",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a StaticMembershipInterceptor while multicast is on",
    why: "The node still joins the multicast group, and foreign nodes may join the cluster.",
    bad: "<Cluster …> with StaticMembershipInterceptor and no channelStartOptions",
    good: r#"<Cluster … channelStartOptions="3">"#,
    evidence: "ChannelCoordinator.internalStart",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let Some((_, interceptor)) = cluster.interceptor("StaticMembershipInterceptor") else { continue };
        if cluster.membership_kind() == MembershipKind::Multicast && cluster.starts_membership() == Some(true) {
            let finding = out.on_value(
                cluster.element,
                "channelStartOptions",
                "the node also joins the multicast group, and members that are not listed may join",
            );
            finding.label(interceptor, "className", "the static list");
            finding.help("set `channelStartOptions=\"3\"`").set(
                Applicability::Unsafe,
                cluster.element,
                "channelStartOptions",
                "3",
            );
        }
    }
}
