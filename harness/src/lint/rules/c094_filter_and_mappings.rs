//! Rule C094, filter-and-mappings.

use crate::config::read::Element;
use crate::lint::app::child;
use crate::lint::pattern::Pattern;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C094",
    name: "filter-and-mappings",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a filter of ReplicationValve that matches servlet mappings of an app",
    why: "What those servlets change in a session is not replicated.",
    bad: r#"filter=".*\.png" with <url-pattern>/chart.png</url-pattern>"#,
    good: "a filter that leaves the mapping out",
    evidence: "ReplicationValve.isRequestWithoutSessionChange",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some(valve) = cluster.valve("ReplicationValve") else { continue };
        let Some(filter) = valve.value("filter").filter(|filter| !filter.trim().is_empty()) else { continue };
        let Some(excluded) = Pattern::new(filter) else { continue };
        for app in &input.apps {
            let Some(web) = app.web(input) else { continue };
            let mappings = web.children().filter(|element| element.local_name() == "servlet-mapping");
            for pattern in mappings.flat_map(Element::children).filter(|element| element.local_name() == "url-pattern")
            {
                let servlet =
                    pattern.parent().and_then(|mapping| child(mapping, "servlet-name")).map_or("", Element::text);
                let probe = format!("/{}{}", app.base_name, pattern.text().replace('*', "x").trim_start_matches("x."));
                let probe = if pattern.text().starts_with("*.") {
                    format!("/{}/x{}", app.base_name, &pattern.text()[1..])
                } else {
                    probe
                };
                if servlet != "default" && excluded.matches(&probe) {
                    out.on_value(
                        valve,
                        "filter",
                        format!(
                            "the filter matches `{}`, which the servlet `{servlet}` of `{}` answers",
                            pattern.text(),
                            app.base_name
                        ),
                    )
                    .label(pattern, "", "this mapping");
                }
            }
        }
    }
}
