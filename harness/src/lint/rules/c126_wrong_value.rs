//! Rule C126, wrong-value.

use crate::lint::attributes::Kind;
use crate::lint::known::known_elements;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C126",
    name: "wrong-value",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a value that is no number where one is asked for, or is neither true nor false",
    why: r#"For what is no number the server logs "Match [...] failed to set property" and keeps the default; whatever is not "true" is false, without a word."#,
    bad: r#"<Deployer … watchEnabled="yes"/>"#,
    good: r#"<Deployer … watchEnabled="true"/>"#,
    evidence: "IntrospectionUtils.setProperty: Integer.valueOf, Boolean.valueOf; the setters of Tomcat's own classes",
    versions: "8.5 to 11.0; later ones as 11.0",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for known in known_elements(input) {
        let (element, versions) = (known.element, known.versions);
        for attribute in element.attributes() {
            let Some(value) = attribute.known() else { continue };
            let kind = known.names.kind(&attribute.name);
            let is_flag = value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
            // Ports and threads are `int`s.
            let is_int = ["ort", "Threads"].iter().any(|end| attribute.name.ends_with(end));
            let fits = value.parse::<i64>().is_ok_and(|number| !is_int || i32::try_from(number).is_ok());
            if kind == Some(Kind::Number) && !fits {
                let message =
                    format!("`{value}` is no whole number: the default of `{}` stays in effect", attribute.name);
                let finding = out.on_value(element, &attribute.name, message);
                if versions.is_unknown() {
                    finding.sure(Confidence::Medium);
                }
                finding.help("write a whole number");
                let trimmed = value.trim();
                if trimmed.parse::<i64>().is_ok() {
                    finding.help("remove the blank").set(Applicability::Safe, element, &attribute.name, trimmed);
                }
            } else if kind == Some(Kind::Flag) && !is_flag {
                let message = format!("`{value}` is not `true`, so `{}` is false", attribute.name);
                let finding = out.on_value(element, &attribute.name, message);
                let meant = value.trim().to_ascii_lowercase();
                match meant.as_str() {
                    "no" | "off" | "0" | "" => finding.at_most(Severity::Info).help("write `false`"),
                    _ => finding.help("write `true` or `false`"),
                };
            }
        }
    }
}
