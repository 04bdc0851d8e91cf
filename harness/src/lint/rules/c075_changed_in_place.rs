//! Rule C075, changed-in-place.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C075",
    name: "changed-in-place",
    severity: Severity::Info,
    confidence: Confidence::Low,
    finds: "an object that is taken out of the session and changed, but not put back",
    why: "Only setAttribute announces a change to the cluster: a list that grew is the old one after a failover, with DeltaManager and BackupManager.",
    bad: r#"((List) session.getAttribute("items")).add(item);"#,
    good: r#"list.add(item); session.setAttribute("items", list);"#,
    evidence: "runs: a list of three has one element after a failover",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in &input.apps {
        for (class, method, line) in app.classes.changes_in_place() {
            out.in_file(
                class.file,
                line..line,
                format!("`{}.{method}` changes an attribute of the session and does not set it again", class.name),
            )
            .help("call setAttribute after the change");
        }
    }
}
