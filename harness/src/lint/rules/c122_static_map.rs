//! Rule C122, static-map.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C122",
    name: "static-map",
    severity: Severity::Info,
    confidence: Confidence::Low,
    finds: "a static map in a class that asks for session ids",
    why: "What is kept by session id in a map of the class stays on its node, and survives neither a failover nor an expiry.",
    bad: "static final Map<String, Cart> CARTS; … CARTS.get(session.getId())",
    good: r#"session.setAttribute("cart", cart)"#,
    evidence: "a heuristic",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in &input.apps {
        for (class, line) in app.classes.maps_by_session() {
            out.in_file(
                class.file,
                line..line,
                format!(
                    "`{}` has a static map and asks for session ids: state beside the session is not replicated",
                    class.name
                ),
            );
        }
    }
}
