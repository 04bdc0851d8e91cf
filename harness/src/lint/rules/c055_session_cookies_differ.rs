//! Rule C055, session-cookies-differ.

use crate::lint::{Confidence, Context, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C055",
    name: "session-cookies-differ",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: r#"nodes whose contexts have different session cookies, or cookies="false""#,
    why: "The other node does not find the session's cookie after a failover.",
    bad: r#"<!-- n1 --> <Context sessionCookieName="SID"/> <!-- n2 --> <Context/>"#,
    good: r#"<!-- both --> <Context sessionCookieName="SID"/>"#,
    evidence: "documentation, cluster-howto: URLs must look the same; Context",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let has_cluster = input.clusters().next().is_some();
    let all: Vec<Vec<Context<'_>>> = input.nodes.iter().map(|node| node.contexts(input)).collect();
    for context in
        all.iter().flatten().filter(|context| has_cluster && context.element.flag("cookies", true) == Some(false))
    {
        out.on_value(
            context.element,
            "cookies",
            "without cookies a session lives in links only, and is lost by every other link",
        )
        .sure(Confidence::Low);
    }
    let Some((first, others)) = all.split_first() else { return };
    for (contexts, node) in others.iter().zip(&input.nodes[1..]) {
        for context in first {
            let Some(other) = contexts.iter().find(|other| other.scope == context.scope) else { continue };
            for name in ["sessionCookieName", "sessionCookiePath", "sessionCookieDomain", "useHttpOnly", "cookies"] {
                let (a, b) = (context.element.attribute(name), other.element.attribute(name));
                let is_known = a.is_none_or(|a| a.known().is_some()) && b.is_none_or(|b| b.known().is_some());
                if is_known && a.map(|a| &a.value) != b.map(|b| &b.value) {
                    let message = format!("`{name}` of {} is not that of {}", node.name, input.nodes[0].name);
                    out.on_value(other.element, name, message).label(
                        context.element,
                        name,
                        format!("on {}", input.nodes[0].name),
                    );
                }
            }
        }
    }
}
