//! Rule C123, field-not-serializable.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C123",
    name: "field-not-serializable",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a class or a lambda that is put into a session and holds something that is not serializable",
    why: "The whole change of that request is lost for good on the other nodes, other attributes included, while the client sees HTTP 200.",
    bad: "class Cart implements Serializable { Connection connection; }",
    good: "class Cart implements Serializable { transient Connection connection; }",
    evidence: "runs with DeltaManager and BackupManager: SEVERE Unable to serialize delta request",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in &input.apps {
        for (class, field, kind) in app.classes.fields_that_break() {
            out.in_file(
                class.file,
                0..0,
                format!(
                    "`{}` goes into the session, but its field `{field}` of `{kind}` is not Serializable",
                    class.name
                ),
            )
            .help("make the field transient, or its class Serializable");
        }
        for (class, base) in app.classes.without_constructor() {
            let message = format!(
                "`{}` goes into the session, but its superclass `{}` is not Serializable and has no constructor without parameters: other nodes cannot read it",
                class.name, base.name
            );
            out.in_file(class.file, 0..0, message)
                .help("give the superclass a constructor without parameters, or let it implement java.io.Serializable");
        }
        for (stored, class) in app.classes.contents_that_break() {
            let name = stored.name.as_ref().map(|name| format!(" as `{name}`")).unwrap_or_default();
            let message =
                format!("the `{}` in the session{name} holds a `{class}`, which is not Serializable", stored.class);
            out.in_file(stored.file, stored.line..stored.line, message)
                .help("let the class implement java.io.Serializable, with all that it holds");
        }
        for (stored, class) in app.classes.captures_that_break() {
            let name = stored.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            let message = format!("the lambda{name} in the session captures a `{class}`, which is not Serializable");
            out.in_file(stored.file, stored.line..stored.line, message)
                .help("capture what can be serialized only, such as an id");
        }
    }
}
