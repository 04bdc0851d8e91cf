//! Rule C112, placeholder.

use crate::config::read::Element;
use crate::lint::cluster::open_text;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C112",
    name: "placeholder",
    severity: Severity::Info,
    confidence: Confidence::High,
    finds: "values of a cluster that are still placeholders",
    why: "What they stand for was not checked.",
    bad: r#"<Receiver address="${node.address}" …/>"#,
    good: "the property in catalina.properties, or given as -D node.address=10.0.0.1",
    evidence: "this program; IntrospectionUtils.replaceProperties",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let clusters = node.clusters(input);
        let Some(server) = node.server(input).filter(|_| !clusters.is_empty()) else { continue };
        let inside = |element: &Element<'_>| {
            let of = |cluster: &Cluster<'_>| {
                let around = cluster.hosts().contains(element) || cluster.engine == *element;
                around || cluster.element.span().contains(&element.span().start)
            };
            clusters.iter().any(of)
        };
        if let Some((element, line)) = server.document().elements().find_map(template_line) {
            let message = format!("`{line}` is of a template: what it makes of this file was not checked");
            out.on(element, message).help("lint the rendered file");
        }
        let mut seen: Vec<&str> = vec![];
        for element in server.document().elements().filter(inside) {
            if let Some(text) =
                open_text(element).filter(|text| template_line(element).is_none() && !seen.contains(text))
            {
                seen.push(text);
                let message =
                    format!("`{text}` in `<{}>` is a placeholder: what comes there was not checked", element.name());
                out.on(element, message).help("lint the rendered file");
            }
            for name in ["address", "host", "bind"] {
                let place = ["Receiver", "Member", "LocalMember", "Membership"].contains(&element.name());
                let value = element.value(name).map(str::trim).filter(|_| place);
                let Some(value) = value.filter(|value| is_of_instructions(value) && !seen.contains(value)) else {
                    continue;
                };
                seen.push(value);
                out.on_value(element, name, format!("`{value}` looks like what is to be replaced by an address"))
                    .sure(Confidence::Medium)
                    .help("write the address");
            }
            // The route has a rule of its own.
            for attribute in element.attributes().iter().filter(|attribute| attribute.name != "jvmRoute") {
                let Some(placeholder) =
                    attribute.placeholder.as_deref().filter(|placeholder| !seen.contains(placeholder))
                else {
                    continue;
                };
                seen.push(placeholder);
                // The name of a property is no secret; what only looks like a placeholder may be one.
                let is_name = placeholder.starts_with("${") && placeholder.ends_with('}');
                let secret = crate::config::is_secret(&attribute.name) && !is_name;
                let shown = if secret { "a secret" } else { placeholder };
                out.on_value(
                    element,
                    &attribute.name,
                    format!("`{shown}` was not resolved, and what depends on it was not checked"),
                )
                .help(if placeholder.starts_with("${chomp:") {
                    "ServiceBindingPropertySource reads it from a file where the server runs"
                } else if placeholder.starts_with("${") {
                    "give its value with `-D name=value`"
                } else {
                    "lint the rendered file"
                });
            }
        }
    }
}

/// Whether an address is one of those that instructions print: `192.168.1.x`, `YOUR_SERVER_IP`, `node-1_IP`.
fn is_of_instructions(address: &str) -> bool {
    let parts: Vec<&str> = address.split('.').collect();
    let is_unknown = |part: &&str| !part.is_empty() && part.len() <= 3 && part.chars().all(|c| matches!(c, 'x' | 'X'));
    let is_number = |part: &&str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() == 4 && parts.iter().any(is_unknown) && parts.iter().all(|part| is_unknown(part) || is_number(part))
    {
        return true;
    }
    let has = |wanted: &str| {
        let mut words = address.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| word.eq_ignore_ascii_case(wanted))
    };
    // No host of the domain name system has `_` in its name.
    has("your") || has("here") || address.contains('_') && has("ip")
}

/// An element with a line of a template in its text, and that line.
fn template_line(element: Element<'_>) -> Option<(Element<'_>, &str)> {
    let of_template = |line: &&str| {
        line.contains("{%")
            || line.contains("{{")
            || ["#if", "#foreach", "#end"].iter().any(|word| line.starts_with(word))
    };
    let line = element.text().lines().map(str::trim).find(of_template)?;
    Some((element, line))
}
