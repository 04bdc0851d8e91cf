//! Rule C010, options-do-not-reach-backup.

use crate::lint::cluster::ManagerClass;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C010",
    name: "options-do-not-reach-backup",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "BackupManager with channelSendOptions but without mapSendOptions",
    why: "BackupManager ignores channelSendOptions; its sessions go with mapSendOptions, 6 by default.",
    bad: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="8"><Manager className="org.apache.catalina.ha.session.BackupManager"/></Cluster>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"><Manager className="org.apache.catalina.ha.session.BackupManager" mapSendOptions="6"/></Cluster>"#,
    evidence: "BackupManager.java",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.manager_class() == ManagerClass::Backup) {
        let Some(manager) = cluster.manager().filter(|manager| !manager.has("mapSendOptions")) else { continue };
        let differs = cluster.send_options().is_some_and(|options| options & 0b1110 != 0b0110);
        if cluster.element.has("channelSendOptions") && differs {
            let message = "channelSendOptions has no effect on the sessions of a BackupManager";
            let finding = out.on_value(cluster.element, "channelSendOptions", message);
            finding.label(manager, "className", "this manager goes by `mapSendOptions`, 6 by default");
            finding.help("set `mapSendOptions` on the `<Manager>`");
        }
    }
}
