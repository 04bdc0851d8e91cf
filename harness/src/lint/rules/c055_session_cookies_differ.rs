//! Rule C055, session-cookies-differ.

use crate::config::read::Element;
use crate::lint::app::cookie;
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
    for (first, other) in input.variants() {
        let (Some(a), Some(b)) = (first.web(input), other.web(input)) else { continue };
        for name in ["name", "path", "domain"] {
            let (one, two) = (cookie(a, name), cookie(b, name));
            if one.map(Element::text) != two.map(Element::text) {
                let (n1, n2) = (&first.nodes[0], &other.nodes[0]);
                let message = format!("the session cookie's {name} of `{}` is not on {n2} as on {n1}", other.base_name);
                out.on(two.unwrap_or(b), message).label(one.unwrap_or(a), "", format!("on {n1}"));
            }
        }
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
