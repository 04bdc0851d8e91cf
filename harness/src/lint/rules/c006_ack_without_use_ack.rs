//! Rule C006, ack-without-use-ack.

use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C006",
    name: "ack-without-use-ack",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "channelSendOptions with 4 (synchronized ack) but not 2 (use ack)",
    why: "4 has no effect without 2: nobody waits for an acknowledgement, and state is lost as with asynchronous sending.",
    bad: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="4"/>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6"/>"#,
    evidence: "tribes/io/ChannelData.java sendAckSync; 42 of 300 sessions lost attributes in a run",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        if cluster.send_options().is_some_and(|options| options & 0b1110 == 0b0100) {
            let finding = out.on_value(
                cluster.element,
                "channelSendOptions",
                "option 4 has no effect without option 2: no acknowledgement is sent",
            );
            if !cluster.sends_sessions_by_its_options() {
                finding.at_most(Severity::Warning);
            }
            finding.help("`channelSendOptions=\"6\"` waits until the other nodes have applied the change");
            finding.set(Applicability::Safe, cluster.element, "channelSendOptions", "6");
        }
    }
}
