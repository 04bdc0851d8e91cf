//! Rule C127, stale-baseline.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C127",
    name: "stale-baseline",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a finding in the baseline that is not found any more, in a file that was read",
    why: "It was fixed, and its entry would hide the same fault when it comes back.",
    bad: r#"--baseline with { "rule": "C029", "file": "server.xml", … } and a server.xml without C029"#,
    good: "lint --write-baseline FILE after the fix",
    evidence: "this program",
    versions: "all",
    check,
};

/// Found by `lint::baseline` when all rules have been asked.
fn check(_: &Input, _: &mut Findings<'_>) {}
