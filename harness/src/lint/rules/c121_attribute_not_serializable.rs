//! Rule C121, attribute-not-serializable.

use crate::lint::app::{App, Stored, is_broken};
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C121",
    name: "attribute-not-serializable",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an object or a lambda put into a session whose class is not serializable",
    why: "In a distributable app setAttribute throws IllegalArgumentException.",
    bad: r#"session.setAttribute("cart", new Cart()) with class Cart { }"#,
    good: "class Cart implements Serializable { }",
    evidence: "StandardSession.setAttribute: Non-serializable attribute; seen in a run. A lambda is serializable where LambdaMetafactory.altMetafactory is told so",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in &input.apps {
        for stored in app.classes.stored() {
            let Some((what, help)) = broken(app, stored) else { continue };
            let name = stored.name.as_ref().map(|name| format!(" as `{name}`")).unwrap_or_default();
            let message = format!("`{}` puts {what} into the session{name} that is not Serializable", stored.by);
            let finding = out.in_file(stored.file, stored.line..stored.line, message);
            finding.help(help);
            if !stored.is_exact && stored.lambda.is_none() {
                finding.at_most(Severity::Warning).sure(Confidence::Medium);
            }
            if !app.is_distributable(input) {
                finding.at_most(Severity::Warning);
            }
        }
    }
}

/// What cannot be serialized, and what to do about it.
fn broken(app: &App, stored: &Stored) -> Option<(String, String)> {
    if let Some(lambda) = &stored.lambda {
        let short = lambda.interface.rsplit('.').next().unwrap_or_default();
        let help = format!("put data there and no code, or cast the lambda: `({short} & java.io.Serializable)`");
        return (!lambda.is_serializable).then(|| (format!("a lambda (a `{}`)", lambda.interface), help));
    }
    let of_platform = is_broken(&stored.class);
    let is_broken = of_platform
        || app.classes.is_serializable(&stored.class) == Some(false)
            && (stored.is_exact || !app.classes.may_be_serializable(&stored.class));
    let help = if of_platform {
        "keep it out of the session".to_owned()
    } else {
        "let it implement java.io.Serializable, with all that it holds".to_owned()
    };
    is_broken.then(|| (format!("a `{}`", stored.class), help))
}
