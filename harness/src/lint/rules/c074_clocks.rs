//! Rule C074, clocks.

use crate::lint::cluster::is_loopback;
use crate::lint::{Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C074",
    name: "clocks",
    severity: Severity::Info,
    confidence: Confidence::Low,
    finds: "an EncryptInterceptor with protection against replay, which depends on equal clocks",
    why: "Messages that are more than ten seconds apart from the receiver's clock are refused.",
    bad: "EncryptInterceptor on Tomcat 10.1.56 and newer, with nodes on several machines",
    good: "the same, with clocks kept equal by NTP",
    evidence: "documentation, config/cluster-interceptor",
    versions: "9.0.119, 10.1.56, 11.0.23 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let has_replay_protection =
            cluster.node.versions.has(&[Version(9, 0, 119), Version(10, 1, 56), Version(11, 0, 23)]) == Some(true);
        let here = cluster.receiver_place().is_some_and(|(address, _)| is_loopback(address));
        if let Some((_, interceptor)) =
            cluster.interceptor("EncryptInterceptor").filter(|_| has_replay_protection && !here)
        {
            out.on(interceptor, "messages are refused where the clocks of two nodes differ by more than 10 s")
                .help("keep the clocks equal, for example by NTP");
        }
    }
}
