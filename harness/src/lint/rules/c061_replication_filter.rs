//! Rule C061, replication-filter.

use crate::lint::pattern::Pattern;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C061",
    name: "replication-filter",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a filter of ReplicationValve that matches requests of pages and servlets",
    why: "Requests whose whole path matches are never replicated, whatever they change.",
    bad: r#"<Valve className="…ReplicationValve" filter=".*"/>"#,
    good: r#"<Valve className="…ReplicationValve" filter=".*\.gif|.*\.js|.*\.css"/>"#,
    evidence: "ReplicationValve.isRequestWithoutSessionChange: Pattern.matcher(uri).matches()",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for valve in input.clusters().flat_map(|cluster| cluster.replication_valves()) {
        let Some(filter) = valve.value("filter").filter(|filter| !filter.trim().is_empty()) else { continue };
        let Some(pattern) = Pattern::new(filter) else { continue };
        let dynamic = [
            "/app/",
            "/app/index.jsp",
            "/app/cart",
            "/app/save.do",
            "/app/page.xhtml",
            "/app/login.action",
            "/app/api/v1/items",
        ];
        let matched: Vec<&str> = dynamic.into_iter().filter(|uri| pattern.matches(uri)).collect();
        if let Some(first) = matched.first() {
            out.on_value(
                valve,
                "filter",
                format!("the filter matches `{first}`: what such requests change is not replicated"),
            )
            .help("let it match static files only: `.*\\.gif|.*\\.js|.*\\.css`");
        }
    }
}
