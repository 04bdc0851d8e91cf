//! Rule C011, async-backup.

use crate::lint::cluster::parse_options;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C011",
    name: "async-backup",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "mapSendOptions of a BackupManager without 2 and 4",
    why: "The one backup of a session is written without waiting for it; a node that fails takes the last changes with it.",
    bad: r#"<Manager className="org.apache.catalina.ha.session.BackupManager" mapSendOptions="8"/>"#,
    good: r#"<Manager className="org.apache.catalina.ha.session.BackupManager" mapSendOptions="6"/>"#,
    evidence: "BackupManager.java, tribes/Channel.java",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for manager in input.cluster_managers() {
        let options = manager.value("mapSendOptions").and_then(parse_options);
        if options.is_some_and(|options| options & 6 != 6 || options & 8 != 0) {
            let finding =
                out.on_value(manager, "mapSendOptions", "backups are written without waiting for the other node");
            finding.help("use `mapSendOptions=\"6\"`").set(Applicability::Unsafe, manager, "mapSendOptions", "6");
        }
    }
}
