//! Rule C104, dns-membership-is-open.

use crate::lint::cluster::CloudProvider;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C104",
    name: "dns-membership-is-open",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "DNS membership without an EncryptInterceptor",
    why: "The DNS provider takes every sender for a member, listed or not.",
    bad: r#"<Membership className="…CloudMembershipService" membershipProviderClassName="dns"/>"#,
    good: "the same with an EncryptInterceptor, or the Kubernetes provider",
    evidence: "DNSMembershipProvider.accept; Tomcat commit b877ab378d",
    versions: "9.0.13 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.cloud_provider() == Some(CloudProvider::Dns)) {
        let Some(service) = cluster.membership() else { continue };
        if !cluster.has_interceptor("EncryptInterceptor") && !cluster.has_foreign_interceptor() {
            out.on_value(service, "membershipProviderClassName", "whoever sends a message becomes a member")
                .help("add an EncryptInterceptor, or use the Kubernetes provider");
        }
    }
}
