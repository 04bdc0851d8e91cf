//! Rule C122, static-map.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C122",
    name: "static-map",
    severity: Severity::Info,
    confidence: Confidence::Medium,
    finds: "a static map, or one of a servlet or a bean of the app, whose keys are sessions or their ids",
    why: "What is kept by session id in a map of the class stays on its node, and survives neither a failover nor an expiry.",
    bad: "static final Map<String, Cart> CARTS; … CARTS.get(session.getId())",
    good: r#"session.setAttribute("cart", cart)"#,
    evidence: "what is no attribute is no part of a session; which maps are asked by which keys is read from the class files",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in &input.apps {
        for map in app.classes.maps_by_session() {
            let kind = if map.is_static { "static map" } else { "map" };
            let message =
                format!("the {kind} `{}` has sessions as its keys: what is in it is not replicated", map.field);
            out.in_file(map.file, map.line..map.line, message).help("put it into the session as an attribute");
        }
    }
}
