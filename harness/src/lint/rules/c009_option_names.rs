//! Rule C009, option-names.

use crate::lint::cluster::parse_options;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C009",
    name: "option-names",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "channelSendOptions that this version cannot parse",
    why: "The server logs a warning and keeps the default 8, asynchronous sending.",
    bad: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="synchronous"/>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6"/>"#,
    evidence: "bug 61127 (names since 8.5.56 and 9.0.0.M23); a run on Tomcat 10.1.60",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let Some(value) = cluster.element.value("channelSendOptions") else { continue };
        let is_number = value.trim().parse::<i64>().is_ok();
        let small = parse_options(&value.trim().to_ascii_lowercase()).filter(|_| parse_options(value).is_none());
        let names = cluster.node.versions.has(&[Version(8, 5, 56), Version(9, 0, 0)]);
        let message = if parse_options(value).is_none() {
            format!("`{value}` is not a send option; the default 8 (asynchronous) stays in effect")
        } else if !is_number && names == Some(false) {
            format!(
                "option names are not known to Tomcat {}; the default 8 (asynchronous) stays in effect",
                cluster.node.versions
            )
        } else {
            continue;
        };
        let finding = out.on_value(cluster.element, "channelSendOptions", message);
        finding.help(match small {
            Some(_) => "write it in small letters and without a blank at either end, or use the number: `channelSendOptions=\"6\"`",
            None => "use the number: `channelSendOptions=\"6\"`",
        });
    }
}
