//! Rule C007, multicast-or-secure-option.

use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C007",
    name: "multicast-or-secure-option",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "channelSendOptions with 64 (multicast) or 16 (secure)",
    why: "With 64 session data never arrives. 16 has no effect.",
    bad: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="64"/>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6"/>"#,
    evidence: "documentation, config/cluster; a run on Tomcat 10.1.60",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let options = cluster.send_options().unwrap_or_default();
        if options & 64 != 0 {
            let goes = cluster.sends_sessions_by_its_options();
            let what = if goes { "session data" } else { "what goes by this option, such as the farm's files," };
            let message = format!("option 64 sends {what} by multicast, where it never arrives");
            let finding = out.on_value(cluster.element, "channelSendOptions", message);
            if !goes {
                finding.at_most(Severity::Warning);
            }
            finding.help("use `channelSendOptions=\"6\"`").set(
                Applicability::Unsafe,
                cluster.element,
                "channelSendOptions",
                "6",
            );
        } else if options & 16 != 0 {
            let message = "option 16 (secure) has no effect in a Tomcat cluster";
            let finding = out.on_value(cluster.element, "channelSendOptions", message);
            finding.at_most(Severity::Warning).help("an EncryptInterceptor encrypts what is sent");
        }
    }
}
