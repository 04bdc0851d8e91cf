//! Rule C140, membership-not-started.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C140",
    name: "membership-not-started",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "channelStartOptions that do not start the membership, without a StaticMembershipInterceptor",
    why: "No member is ever found, and nothing is logged: nothing is replicated.",
    bad: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelStartOptions="3"/>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"/>"#,
    evidence: "ChannelCoordinator.internalStart; runs on Tomcat 10.1.59",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let kind = cluster.membership_kind();
        let is_found_otherwise =
            cluster.has_interceptor("StaticMembershipInterceptor") || cluster.has_foreign_interceptor();
        if matches!(kind, MembershipKind::Multicast | MembershipKind::Cloud)
            && cluster.starts_membership() == Some(false)
            && !is_found_otherwise
        {
            let message =
                "the membership is not started, and nothing else names a member: each node is a cluster of one";
            let finding = out.on_value(cluster.element, "channelStartOptions", message);
            finding.help(
                "remove `channelStartOptions`, 15 by default, or list the members in a StaticMembershipInterceptor",
            );
            finding.unset(Applicability::Unsafe, cluster.element, "channelStartOptions");
        }
    }
}
