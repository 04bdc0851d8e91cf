//! Rule C062, no-heartbeat.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C062",
    name: "no-heartbeat",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: r#"heartbeat="false" on the Channel without heartbeatBackgroundEnabled on the Cluster"#,
    why: "Nothing sends pings or drops members that are gone.",
    bad: r#"<Channel className="…GroupChannel" heartbeat="false"/>"#,
    good: r#"<Cluster … heartbeatBackgroundEnabled="true"><Channel className="…GroupChannel" heartbeat="false"/></Cluster>"#,
    evidence: "documentation, config/cluster-channel",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some(channel) = cluster.channel() else { continue };
        let is_off = channel.flag("heartbeat", true) == Some(false);
        if is_off && cluster.element.flag("heartbeatBackgroundEnabled", false) == Some(false) {
            let finding = out.on_value(channel, "heartbeat", "no heartbeat: members that are gone are never dropped");
            finding.help("remove `heartbeat`, or set `heartbeatBackgroundEnabled=\"true\"` on the `<Cluster>`");
            finding.unset(Applicability::Safe, channel, "heartbeat");
        }
    }
}
