//! Rule C069, needless-interceptor.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C069",
    name: "needless-interceptor",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "OrderInterceptor, NonBlockingCoordinator or TwoPhaseCommitInterceptor",
    why: "They are not expected to be of use in a Tomcat cluster, and cost time: a missing message holds all later ones back.",
    bad: r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.OrderInterceptor"/>"#,
    good: r#"channelSendOptions="6" keeps the order"#,
    evidence: "documentation, config/cluster-interceptor",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for interceptor in input.clusters().flat_map(|cluster| cluster.interceptors()) {
        if let Some(class @ ("OrderInterceptor" | "NonBlockingCoordinator" | "TwoPhaseCommitInterceptor")) =
            interceptor.short_class()
        {
            out.on_value(interceptor, "className", format!("{class} is of no use in a Tomcat cluster"))
                .help("remove it");
        }
    }
}
