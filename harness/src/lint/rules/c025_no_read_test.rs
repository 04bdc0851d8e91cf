//! Rule C025, no-read-test.

use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C025",
    name: "no-read-test",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "synchronous sending with a TcpFailureDetector that does not read",
    why: "A node that hangs still accepts connections and is taken for alive for ever; every request on the others then takes 5 s.",
    bad: r#"<Interceptor className="…TcpFailureDetector"/>"#,
    good: r#"<Interceptor className="…TcpFailureDetector" performReadTest="true"/>"#,
    evidence: "runs with SIGSTOP on Tomcat 10.1.60: 5.0 s for each request without the test, one slow request with it",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let is_sync = cluster.send_options().is_some_and(|options| options & 2 != 0 && options & 8 == 0);
        if !is_sync {
            continue;
        }
        match cluster.interceptor("TcpFailureDetector") {
            Some((_, detector)) if detector.flag("performReadTest", false) == Some(false) => {
                let message = "a node that hangs is not noticed, and every request waits 5 s for it";
                let finding = out.on_value(detector, "performReadTest", message);
                finding.help("set `performReadTest=\"true\"`").set(
                    Applicability::Safe,
                    detector,
                    "performReadTest",
                    "true",
                );
            }
            None if cluster.interceptors().is_empty() => {
                let message = "the default TcpFailureDetector does not notice a node that hangs, and every request waits 5 s for it";
                let finding = out.on(cluster.element, message).at_most(Severity::Info);
                finding.help("list MessageDispatchInterceptor and TcpFailureDetector in the `<Channel>`, the latter with `performReadTest=\"true\"`");
            }
            _ => {}
        }
    }
}
