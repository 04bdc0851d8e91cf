//! Rule C005, async-delta.

use crate::lint::cluster::ManagerClass;
use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C005",
    name: "async-delta",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "asynchronous sending (bit 8 of channelSendOptions, the default) with DeltaManager",
    why: "A change may overtake the message that creates its session, and is then dropped at DEBUG: of 300 new sessions 49 to 61 lost attributes of their first request on the other node. Failures to send are logged at FINE only.",
    bad: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="8"/>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6"/>"#,
    evidence: "runs on Tomcat 10.1.60: 61 of 300 lost with 8, 64 with 10, none with 6; tribes/Channel.java, MessageDispatchInterceptor.java",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(Cluster::is_tomcats) {
        let is_async = cluster.send_options().is_some_and(|options| options & 8 != 0 && options & 64 == 0);
        if is_async && cluster.manager_class() == ManagerClass::Delta {
            let message = match cluster.element.value("channelSendOptions") {
                Some(value) => format!("channelSendOptions `{value}` sends sessions asynchronously: new ones may lose their first attributes"),
                None => "channelSendOptions is not set, and its default `8` sends sessions asynchronously: new ones may lose their first attributes".to_owned(),
            };
            let finding = out.on_value(cluster.element, "channelSendOptions", message);
            finding.help("`channelSendOptions=\"6\"` waits until the other nodes have applied the change");
            finding.set(Applicability::Unsafe, cluster.element, "channelSendOptions", "6");
        }
    }
}
