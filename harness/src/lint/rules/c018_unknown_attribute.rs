//! Rule C018, unknown-attribute.

use crate::lint::known::{KnownElement, known_elements};
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C018",
    name: "unknown-attribute",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "an attribute that the class of its element does not have",
    why: r#"The server logs "Match [...] failed to set property", or nothing at all, and the default stays in effect."#,
    bad: r#"<Receiver className="…NioReceiver" autobind="1"/>"#,
    good: r#"<Receiver className="…NioReceiver" autoBind="1"/>"#,
    evidence: "the setters of Tomcat's own classes, read by `cargo ci attributes` from 8.5.100, 9.0.117, 10.0.27, 10.1.59 and 11.0.24; IntrospectionUtils.setProperty; Connector.setProperty passes on to protocol and endpoint",
    versions: "8.5 to 11.0; later ones as 11.0",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for known in known_elements(input) {
        let element = known.element;
        for attribute in element.attributes().iter().filter(|attribute| known.names.kind(&attribute.name).is_none()) {
            let is_passed_on = element.name() == "Connector" && attribute.name.starts_with("socket.");
            // `Catalina.createStartDigester` ignores these on purpose: Eclipse writes the one, tests of Tomcat the other.
            let is_ignored = matches!(
                (element.name(), attribute.name.as_str()),
                ("Context", "source") | ("Connector", "portOffset")
            );
            if !is_special(&attribute.name) && !is_passed_on && !is_ignored {
                unknown(out, &known, &attribute.name);
            }
        }
    }
}

fn unknown(out: &mut Findings<'_>, known: &KnownElement<'_>, name: &str) {
    let element = known.element;
    let short = element.short_class().unwrap_or(element.name());
    let wanted = name.to_lowercase();
    let nearest = known.names.all().map(|known| (strsim::osa_distance(&known.to_lowercase(), &wanted), known)).min();
    let finding = out.on_name(element, name, format!("`{name}` is no attribute of {short}"));
    if known.versions.is_unknown() || known.names.is_guess {
        finding.sure(Confidence::Medium);
    }
    match nearest {
        Some((0, right)) => finding.help(format!("write `{right}`")).rename(Applicability::Safe, element, name, right),
        Some((distance, right)) if distance <= 2 && name.len() > 4 => {
            finding.help(format!("did you mean `{right}`?")).rename(Applicability::Unsafe, element, name, right)
        }
        _ => finding.help("remove it; it has no effect"),
    };
}

/// Read by the digester itself, or reported by another rule.
fn is_special(name: &str) -> bool {
    name.eq_ignore_ascii_case("className")
        || name.starts_with("xml")
        || name.contains(':')
        || super::c017_old_names::is_old(name)
}
