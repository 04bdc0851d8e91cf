//! Rule C106, cloud-without-detector.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C106",
    name: "cloud-without-detector",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a CloudMembershipService and a list of interceptors without TcpFailureDetector",
    why: "One failed poll of the API or of DNS drops every member, and only TcpFailureDetector keeps them.",
    bad: r#"<Membership className="…CloudMembershipService"/><Interceptor className="…MessageDispatchInterceptor"/>"#,
    good: r#"<Membership className="…CloudMembershipService"/><Interceptor className="…MessageDispatchInterceptor"/><Interceptor className="…TcpFailureDetector"/>"#,
    evidence: "CloudMembershipProvider.heartbeat: expirationTime 5000 and a heartbeat of 5000 ms; runs on Tomcat 10.1: scenarios/kubernetes/one-failed-poll-without-detector.toml loses three increments",
    versions: "9.0.13 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Cloud) {
        let Some(service) = cluster.membership() else { continue };
        if !cluster.interceptors().is_empty()
            && !cluster.has_interceptor("TcpFailureDetector")
            && !cluster.has_foreign_interceptor()
        {
            out.on(service, "one failed poll drops every member").help(
                "add `<Interceptor className=\"org.apache.catalina.tribes.group.interceptors.TcpFailureDetector\"/>`",
            );
        }
    }
}
