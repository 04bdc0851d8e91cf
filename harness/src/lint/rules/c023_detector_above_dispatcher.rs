//! Rule C023, detector-above-dispatcher.

use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C023",
    name: "detector-above-dispatcher",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "TcpFailureDetector before MessageDispatchInterceptor with asynchronous sending",
    why: "Errors of sending surface below the detector, which does not see them: a dead node is noticed after the drop time (2.9 s in a run) and not at once (0.1 s).",
    bad: r#"<Interceptor className="…TcpFailureDetector"/><Interceptor className="…MessageDispatchInterceptor"/>"#,
    good: r#"<Interceptor className="…MessageDispatchInterceptor"/><Interceptor className="…TcpFailureDetector"/>"#,
    evidence: "a run on Tomcat 10.1.60; the default order of SimpleTcpCluster.checkDefaults is the other one than that of the how-to",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let is_async = cluster.send_options().is_some_and(|options| options & 8 != 0);
        let found = cluster.interceptor("TcpFailureDetector").zip(cluster.interceptor("MessageDispatchInterceptor"));
        if let Some(((detector, place), (dispatcher, other))) = found
            && is_async
            && detector < dispatcher
        {
            let finding =
                out.on(place, "the detector does not see errors of asynchronous sending: a dead node is noticed late");
            finding
                .label(other, "className", "messages are queued here")
                .help("put MessageDispatchInterceptor before TcpFailureDetector");
        }
    }
}
