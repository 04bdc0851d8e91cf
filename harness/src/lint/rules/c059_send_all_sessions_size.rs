//! Rule C059, send-all-sessions-size.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C059",
    name: "send-all-sessions-size",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a sendAllSessionsSize of 0 or less",
    why: "The node that sends its sessions to a new one loops for ever; since 9.0.122, 10.1.60 and 11.0.26 the value is refused.",
    bad: r#"<Manager className="…DeltaManager" sendAllSessions="false" sendAllSessionsSize="0"/>"#,
    good: r#"<Manager className="…DeltaManager" sendAllSessions="false" sendAllSessionsSize="1000"/>"#,
    evidence: "Tomcat's changelog, pull request 1042",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for manager in input.cluster_managers() {
        if manager.number("sendAllSessionsSize", 1000).is_some_and(|size| size <= 0) {
            let finding =
                out.on_value(manager, "sendAllSessionsSize", "sessions are sent in blocks of no session, for ever");
            // Blocks are used with sendAllSessions="false" only.
            if manager.flag("sendAllSessions", true) != Some(false) {
                finding.at_most(Severity::Warning).sure(Confidence::Medium);
            }
            finding.help("1000 is the default").unset(Applicability::Safe, manager, "sendAllSessionsSize");
        }
    }
}
