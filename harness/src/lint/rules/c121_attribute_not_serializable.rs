//! Rule C121, attribute-not-serializable.

use crate::config::read::Element;
use crate::lint::app::{App, Stored, is_broken, is_view};
use crate::lint::pattern::Pattern;
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
    let managed = if input.apps.is_empty() { vec![] } else { input.managed() };
    for app in &input.apps {
        let is_of = |apps: &[&App]| apps.iter().any(|other| std::ptr::eq(*other, app));
        let managers: Vec<Element<'_>> =
            managed.iter().filter(|(_, apps)| is_of(apps)).map(|(manager, _)| *manager).collect();
        for stored in app.classes.stored() {
            let Some((what, help)) = broken(app, stored) else { continue };
            if managers.iter().any(|manager| keeps_here(*manager, stored)) {
                continue;
            }
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

/// Whether a filter keeps an attribute on its node: then nothing asks whether it can be serialized (`StandardSession.exclude`).
fn keeps_here(manager: Element<'_>, stored: &Stored) -> bool {
    let refuses = |filter: &str, text: Option<&str>| {
        let expression = manager.value(filter).filter(|filter| !filter.is_empty());
        expression.and_then(Pattern::new).zip(text).is_some_and(|(pattern, text)| pattern.refuses(text))
    };
    refuses("sessionAttributeNameFilter", stored.name.as_deref())
        || refuses("sessionAttributeValueClassNameFilter", super::c057_attribute_filter::exact_class(stored))
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
    let help = if is_view(&stored.class) {
        "copy it, as in `new ArrayList<>(map.values())`".to_owned()
    } else if of_platform {
        "keep it out of the session".to_owned()
    } else {
        "let it implement java.io.Serializable, with all that it holds".to_owned()
    };
    is_broken.then(|| (format!("a `{}`", stored.class), help))
}
