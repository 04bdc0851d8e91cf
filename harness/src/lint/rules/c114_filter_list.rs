//! Rule C114, filter-list.

use crate::config::read::Element;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C114",
    name: "filter-list",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a filter of ReplicationValve as a list with semicolons, or with doubled backslashes",
    why: "Since Tomcat 7 the filter is one regular expression: a list matches nothing, nor does a backslash in a path, and every request is replicated.",
    bad: r#"<Valve className="…ReplicationValve" filter=".*\.gif;.*\.js;"/>"#,
    good: r#"<Valve className="…ReplicationValve" filter=".*\.gif|.*\.js"/>"#,
    evidence: "documentation, config/cluster-valve",
    versions: "7.0 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.node.versions.since(Version(7, 0, 0)) != Some(false)) {
        for valve in cluster.replication_valves() {
            of_valve(out, valve);
        }
    }
}

fn of_valve(out: &mut Findings<'_>, valve: Element<'_>) {
    if let Some(filter) = valve.value("filter").filter(|filter| begins_with_sign(filter)) {
        out.on_value(valve, "filter", format!("`{filter}` is no regular expression: no filter is in effect"))
            .help("write `.*` for any text, as in `.*\\.gif`");
        return;
    }
    if let Some(filter) = valve.value("filter").filter(|filter| filter.contains(r"\\.")) {
        out.on_value(valve, "filter", r"`\\.` is a backslash and any character: it matches no path")
            .help(r"write `\.`: backslashes are doubled in Java's sources only")
            .set(Applicability::Unsafe, valve, "filter", &filter.replace(r"\\", r"\"));
        return;
    }
    let Some(filter) =
        valve.value("filter").filter(|filter| filter.trim_end_matches(';').contains(';') || filter.ends_with(';'))
    else {
        return;
    };
    let parts: Vec<&str> = filter.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
    let regex = parts.join("|");
    let finding =
        out.on_value(valve, "filter", "a list with `;` matches nothing: the filter is one regular expression");
    finding.help(format!("write `filter=\"{regex}\"`")).set(Applicability::Unsafe, valve, "filter", &regex);
}

/// Whether an alternative of a filter begins with a sign that repeats what stands before it, as in `*.gif`.
fn begins_with_sign(filter: &str) -> bool {
    let mut escaped = false;
    let mut before = '|';
    for c in filter.trim_start().chars() {
        if !escaped && matches!(c, '*' | '+' | '?') && matches!(before, '|' | ';') {
            return true;
        }
        (before, escaped) = (if escaped { 'x' } else { c }, !escaped && c == '\\');
    }
    false
}
