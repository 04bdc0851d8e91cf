//! Rule C138, no-threads.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C138",
    name: "no-threads",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a Receiver or a dispatcher that may have no thread",
    why: "IllegalArgumentException while the channel starts: the server does not start.",
    bad: r#"<Receiver className="…NioReceiver" maxThreads="0"/>"#,
    good: r#"<Receiver className="…NioReceiver" maxThreads="6"/>"#,
    evidence: "ThreadPoolExecutor; runs on Tomcat 10.1.59",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let dispatchers = cluster.interceptors().into_iter();
        let dispatchers = dispatchers.filter(|element| element.short_class() == Some("MessageDispatchInterceptor"));
        for element in cluster.receiver().into_iter().chain(dispatchers) {
            if let Some(most) = element.number("maxThreads", 15).filter(|most| *most <= 0) {
                out.on_value(element, "maxThreads", format!("{most} threads are none: the server does not start"))
                    .help("remove `maxThreads`, or set one for each other member at least");
            }
        }
    }
}
