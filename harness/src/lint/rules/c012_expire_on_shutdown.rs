//! Rule C012, expire-on-shutdown.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C012",
    name: "expire-on-shutdown",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: r#"expireSessionsOnShutdown="true""#,
    why: "Stopping, reloading or redeploying the app on one node ends all sessions on every node.",
    bad: r#"<Manager className="org.apache.catalina.ha.session.DeltaManager" expireSessionsOnShutdown="true"/>"#,
    good: r#"<Manager className="org.apache.catalina.ha.session.DeltaManager" expireSessionsOnShutdown="false"/>"#,
    evidence: "DeltaManager.stopInternal; seen in a run, including sessions that other nodes owned",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for manager in input.cluster_managers() {
        if manager.flag("expireSessionsOnShutdown", false) == Some(true) {
            let message = "the stop or reload of one node ends every session of the cluster";
            let finding = out.on_value(manager, "expireSessionsOnShutdown", message);
            finding.help("set `expireSessionsOnShutdown=\"false\"`, the default");
            finding.set(Applicability::Unsafe, manager, "expireSessionsOnShutdown", "false");
        }
    }
}
