//! Rule C121, attribute-not-serializable.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C121",
    name: "attribute-not-serializable",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an object put into a session whose class is not serializable",
    why: "In a distributable app setAttribute throws IllegalArgumentException.",
    bad: r#"session.setAttribute("cart", new Cart()) with class Cart { }"#,
    good: "class Cart implements Serializable { }",
    evidence: "StandardSession.setAttribute: Non-serializable attribute; seen in a run",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in &input.apps {
        for stored in app.classes.stored() {
            let is_broken = app.classes.is_serializable(&stored.class) == Some(false);
            if is_broken && (stored.is_exact || !app.classes.may_be_serializable(&stored.class)) {
                let name = stored.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
                let message = format!(
                    "`{}` puts a `{}` into the session{name}, which is not Serializable",
                    stored.by, stored.class
                );
                let finding = out.in_file(stored.file, stored.line..stored.line, message);
                finding.help("let it implement java.io.Serializable, with all that it holds");
                if !stored.is_exact {
                    finding.at_most(Severity::Warning).sure(Confidence::Medium);
                }
                if !app.is_distributable(input) {
                    finding.at_most(Severity::Warning);
                }
            }
        }
    }
}
