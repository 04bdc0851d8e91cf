//! Rule C044, static-interceptor-alone.

use crate::lint::{Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C044",
    name: "static-interceptor-alone",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a StaticMembershipInterceptor without LocalMember, TcpPingInterceptor or TcpFailureDetector, or above TcpFailureDetector",
    why: "Without LocalMember the others do not recognise this node's notices of start and stop; without the two interceptors nobody notices a dead member.",
    bad: r#"<Interceptor className="…StaticMembershipInterceptor"><Member …/></Interceptor>"#,
    good: r#"<Interceptor className="…TcpPingInterceptor"/><Interceptor className="…TcpFailureDetector"/><Interceptor className="…StaticMembershipInterceptor"><LocalMember …/><Member …/></Interceptor>"#,
    evidence: "StaticMembershipInterceptor.java; documentation, config/cluster-interceptor; runs",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some((place, interceptor)) = cluster.interceptor("StaticMembershipInterceptor") else { continue };
        let mut missing = vec![];
        if interceptor.child("LocalMember").is_none() && cluster.node.versions.since(Version(8, 5, 0)) != Some(false) {
            missing.push("LocalMember");
        }
        if !cluster.has_foreign_interceptor() {
            missing.extend(
                ["TcpPingInterceptor", "TcpFailureDetector"]
                    .into_iter()
                    .filter(|class| !cluster.has_interceptor(class)),
            );
        }
        if !missing.is_empty() {
            out.on(interceptor, format!("StaticMembershipInterceptor without {}: nodes that come and go are not noticed", missing.join(" and ")))
                .help("list TcpPingInterceptor, TcpFailureDetector, MessageDispatchInterceptor and then StaticMembershipInterceptor with a `<LocalMember>`");
        }
        if let Some((_, detector)) = cluster.interceptor("TcpFailureDetector").filter(|(detector, _)| *detector > place)
        {
            out.on(
                interceptor,
                "StaticMembershipInterceptor stands before TcpFailureDetector, which then does not know its members",
            )
            .label(detector, "className", "the detector")
            .help("put StaticMembershipInterceptor last");
        }
    }
}
