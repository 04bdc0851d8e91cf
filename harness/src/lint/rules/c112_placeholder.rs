//! Rule C112, placeholder.

use crate::config::read::Element;
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
            // The route has a rule of its own.
            for attribute in element.attributes().iter().filter(|attribute| attribute.name != "jvmRoute") {
                let Some(placeholder) =
                    attribute.placeholder.as_deref().filter(|placeholder| !seen.contains(placeholder))
                else {
                    continue;
                };
                seen.push(placeholder);
                let secret = crate::config::is_secret(&attribute.name);
                let shown = if secret { "a secret" } else { placeholder };
                out.on_value(
                    element,
                    &attribute.name,
                    format!("`{shown}` was not resolved, and what depends on it was not checked"),
                )
                .help("give its value with `-D name=value`");
            }
        }
    }
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
