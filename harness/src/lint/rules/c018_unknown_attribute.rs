//! Rule C018, unknown-attribute.

use crate::config::read::Element;
use crate::lint::attributes::lists;
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
    evidence: "the setters of Tomcat's own classes, read by `cargo ci attributes` from 8.5.100, 9.0.117, 10.0.27, 10.1.59 and 11.0.24; IntrospectionUtils.setProperty",
    versions: "8.5 to 11.0",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let lists = lists(node.versions);
        let Some(server) = node.server(input).filter(|_| !lists.is_empty()) else { continue };
        let clusters = node.clusters(input);
        let inside = |element: Element<'_>| {
            clusters.iter().any(|cluster| cluster.element.span().contains(&element.span().start))
        };
        for element in server.document().elements() {
            let default = match element.name() {
                "Engine" => Some("org.apache.catalina.core.StandardEngine"),
                "Host" => Some("org.apache.catalina.core.StandardHost"),
                _ if inside(element) => None,
                _ => continue,
            };
            let Some(class) = element.class().map(str::trim).or(default.filter(|_| !element.has("className"))) else {
                continue;
            };
            let known: Option<Vec<Vec<&str>>> = lists.iter().map(|list| list.names(class)).collect();
            let Some(known) = known else { continue };
            for attribute in element.attributes().iter().filter(|attribute| !is_special(&attribute.name)) {
                let name = lowered(&attribute.name);
                let has = known.iter().filter(|names| names.contains(&name.as_str())).count();
                if has == 0 {
                    unknown(out, element, &attribute.name, &known, node.versions.is_unknown());
                }
            }
        }
    }
}

fn unknown(out: &mut Findings<'_>, element: Element<'_>, name: &str, known: &[Vec<&str>], is_version_unknown: bool) {
    let short = element.short_class().unwrap_or(element.name());
    let nearest = known
        .iter()
        .flatten()
        .map(|known| (strsim::osa_distance(&known.to_lowercase(), &name.to_lowercase()), *known))
        .min();
    let finding = out.on_name(element, name, format!("`{name}` is no attribute of {short}"));
    if is_version_unknown {
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

/// `IntrospectionUtils` capitalizes the first letter only.
fn lowered(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_lowercase().to_string() + characters.as_str()).unwrap_or_default()
}

/// Read by the digester itself, or reported by another rule.
fn is_special(name: &str) -> bool {
    name.eq_ignore_ascii_case("className")
        || name.starts_with("xml")
        || name.contains(':')
        || super::c017_old_names::is_old(name)
}
