//! Rule C110, unused-ignore.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C110",
    name: "unused-ignore",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a comment that ignores a rule and suppresses nothing",
    why: "The reason is gone, or the comment stands in the wrong place, and hides what comes later.",
    bad: "<!-- tomee-harness: ignore C029 old layout --> before an element without C029",
    good: "no comment",
    evidence: "this program",
    versions: "all",
    check,
};

/// Found by `lint::suppress` when all rules have been asked.
fn check(_: &Input, _: &mut Findings<'_>) {}
