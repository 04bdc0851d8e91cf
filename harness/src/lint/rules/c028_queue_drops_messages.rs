//! Rule C028, queue-drops-messages.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C028",
    name: "queue-drops-messages",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a MessageDispatchInterceptor that drops messages when its queue is full, or has a small queue",
    why: "Under load changes of sessions are dropped.",
    bad: r#"<Interceptor className="…MessageDispatchInterceptor" alwaysSend="false"/>"#,
    good: r#"<Interceptor className="…MessageDispatchInterceptor"/>"#,
    evidence: "MessageDispatchInterceptor.java: 64 MiB and alwaysSend true by default",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some((_, interceptor)) = cluster.interceptor("MessageDispatchInterceptor") else { continue };
        if interceptor.flag("alwaysSend", true) == Some(false) {
            let finding = out.on_value(interceptor, "alwaysSend", "messages are dropped when the queue is full");
            finding.help("set `alwaysSend=\"true\"`, the default").set(
                Applicability::Safe,
                interceptor,
                "alwaysSend",
                "true",
            );
        } else if let Some(size) = interceptor.number("maxQueueSize", 64 << 20).filter(|size| *size < 1 << 20) {
            let finding = out.on_value(
                interceptor,
                "maxQueueSize",
                format!("a queue of {size} bytes is full after a few sessions"),
            );
            finding.sure(Confidence::Medium).help("the default is 67108864");
        }
    }
}
