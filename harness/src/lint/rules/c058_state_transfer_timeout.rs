//! Rule C058, state-transfer-timeout.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C058",
    name: "state-transfer-timeout",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a stateTransferTimeout of 0, -1 or more than five minutes",
    why: "0 starts without the others' sessions; -1 and long times block the start of the server when the other node does not answer, longer than an orchestrator waits.",
    bad: r#"<Manager className="…DeltaManager" stateTransferTimeout="-1"/>"#,
    good: r#"<Manager className="…DeltaManager" stateTransferTimeout="60"/>"#,
    evidence: "DeltaManager.getAllClusterSessions",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for manager in input.cluster_managers() {
        let message = match manager.number("stateTransferTimeout", 60) {
            Some(0) => "a node that starts does not wait for the sessions of the others".to_owned(),
            Some(seconds) if seconds < 0 => {
                "a node that starts waits for ever where the other one does not answer".to_owned()
            }
            Some(seconds) if seconds > 300 => {
                format!("a node that starts waits {seconds} s where the other one does not answer")
            }
            _ => continue,
        };
        out.on_value(manager, "stateTransferTimeout", message).help("60 is the default");
    }
}
