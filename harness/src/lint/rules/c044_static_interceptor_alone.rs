//! Rule C044, static-interceptor-alone.

use crate::lint::cluster::open_text;
use crate::lint::{Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C044",
    name: "static-interceptor-alone",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a StaticMembershipInterceptor without LocalMember, TcpPingInterceptor or TcpFailureDetector, or above TcpFailureDetector",
    why: "Without LocalMember the others do not know this node's notices of start and stop, and see at the next ping only that it went or came; without the two interceptors nobody notices a dead member.",
    bad: r#"<Interceptor className="…StaticMembershipInterceptor"><Member …/></Interceptor>"#,
    good: r#"<Interceptor className="…TcpPingInterceptor"/><Interceptor className="…MessageDispatchInterceptor"/><Interceptor className="…TcpFailureDetector"/><Interceptor className="…StaticMembershipInterceptor"><LocalMember …/><Member …/></Interceptor>"#,
    evidence: "StaticMembershipInterceptor.messageReceived, TcpPingInterceptor.sendPing, TcpFailureDetector.checkMembers; documentation, config/cluster-interceptor; runs",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some((place, interceptor)) = cluster.interceptor("StaticMembershipInterceptor") else { continue };
        let mut missing = vec![];
        let may_come = open_text(interceptor).is_some();
        if interceptor.child("LocalMember").is_none()
            && !may_come
            && cluster.node.versions.since(Version(8, 5, 0)) != Some(false)
        {
            missing.push("LocalMember");
        }
        if !cluster.has_foreign_interceptor() {
            missing.extend(
                ["TcpPingInterceptor", "TcpFailureDetector"]
                    .into_iter()
                    .filter(|class| !cluster.has_interceptor(class)),
            );
        }
        let below = cluster.interceptor("TcpFailureDetector").filter(|(detector, _)| *detector > place);
        let mut reasons = vec![];
        if !missing.is_empty() {
            reasons.push(format!("without {}: {}", missing.join(" and "), effect(&missing)));
        }
        if below.is_some() {
            reasons.push("before TcpFailureDetector, which then does not know its members".to_owned());
        }
        if reasons.is_empty() {
            continue;
        }
        let finding = out.on(interceptor, format!("StaticMembershipInterceptor {}", reasons.join("; it stands ")));
        finding.help(if missing.is_empty() {
            "put StaticMembershipInterceptor last"
        } else {
            // In this order the detector sees the errors of asynchronous sending (C023).
            "list TcpPingInterceptor, MessageDispatchInterceptor, TcpFailureDetector and then \
             StaticMembershipInterceptor with a `<LocalMember>`"
        });
        if let Some((_, detector)) = below {
            finding.label(detector, "className", "the detector");
        }
    }
}

/// What happens without them. Of two reasons the graver one is said.
fn effect(missing: &[&str]) -> &'static str {
    let lacks = |name: &str| missing.contains(&name);
    match (lacks("TcpFailureDetector"), lacks("TcpPingInterceptor")) {
        (true, _) => "nodes that come and go are not noticed",
        (false, true) => "a node that is gone is noticed when a message to it fails, and not before",
        (false, false) => {
            "the others do not know this node's notices of start and stop, and notice them by the next ping"
        }
    }
}
