//! Rule C024, no-failure-detector.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C024",
    name: "no-failure-detector",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a list of interceptors without TcpFailureDetector",
    why: "Lost pings make a living node disappear, and errors of sending never remove a dead one.",
    bad: r#"<Channel className="…GroupChannel"><Interceptor className="…MessageDispatchInterceptor"/></Channel>"#,
    good: r#"<Channel className="…GroupChannel"><Interceptor className="…MessageDispatchInterceptor"/><Interceptor className="…TcpFailureDetector"/></Channel>"#,
    evidence: "documentation, config/cluster-interceptor; SimpleTcpCluster.checkDefaults adds it only where no interceptor is given",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let interceptors = cluster.interceptors();
        // Of a cloud another rule says so, with what happens there (C106).
        let is_said = cluster.membership_kind() == MembershipKind::Cloud && !cluster.has_foreign_interceptor();
        if is_said || super::c119_unknown_class::has_misnamed(&cluster, "Interceptor") {
            continue;
        }
        if let Some(last) = interceptors.last()
            && !cluster.has_interceptor("TcpFailureDetector")
        {
            let finding = out.on(*last, "no TcpFailureDetector: only pings distinguish dead nodes from slow ones");
            if cluster.has_foreign_interceptor() {
                finding.at_most(Severity::Info).sure(Confidence::Low);
            }
            let added = "<Interceptor className=\"org.apache.catalina.tribes.group.interceptors.TcpFailureDetector\" performReadTest=\"true\"/>";
            finding.help(format!("add `{added}` behind MessageDispatchInterceptor"));
        }
    }
}
