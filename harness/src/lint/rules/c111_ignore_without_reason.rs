//! Rule C111, ignore-without-reason.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C111",
    name: "ignore-without-reason",
    severity: Severity::Info,
    confidence: Confidence::High,
    finds: "a comment that ignores a rule without a reason",
    why: "Nobody knows later whether it still holds.",
    bad: "<!-- tomee-harness: ignore C005 -->",
    good: "<!-- tomee-harness: ignore C005 measured, and accepted -->",
    evidence: "this program",
    versions: "all",
    check,
};

/// Found by `lint::suppress` when all rules have been asked.
fn check(_: &Input, _: &mut Findings<'_>) {}
