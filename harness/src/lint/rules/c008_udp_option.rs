//! Rule C008, udp-option.

use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C008",
    name: "udp-option",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "channelSendOptions with 32 (UDP)",
    why: "UDP gives no acknowledgement, and without a udpPort on the Receiver nothing listens.",
    bad: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="32"/>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6"/>"#,
    evidence: "documentation, config/cluster-receiver: udpPort -1 by default",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        if cluster.send_options().is_some_and(|options| options & 32 != 0) {
            let listens =
                cluster.receiver().and_then(|receiver| receiver.number("udpPort", -1)).is_some_and(|port| port > 0);
            let message = if listens {
                "option 32 sends session data by UDP, which may lose it"
            } else {
                "option 32 sends session data by UDP, but no Receiver has a udpPort to listen on"
            };
            out.on_value(cluster.element, "channelSendOptions", message).help("use `channelSendOptions=\"6\"`");
        }
    }
}
