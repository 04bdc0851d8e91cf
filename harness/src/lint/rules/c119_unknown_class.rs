//! Rule C119, unknown-class.

use crate::lint::attributes::lists;
use crate::lint::cluster::{HA, TRIBES};
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C119",
    name: "unknown-class",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a class of Tomcat's clustering packages that no version has",
    why: "ClassNotFoundException while server.xml is read: the server does not start.",
    bad: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationVale"/>"#,
    good: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationValve"/>"#,
    evidence: "the classes of Tomcat 8.5.100 to 11.0.24; ObjectCreateRule.begin",
    versions: "8.5 to 11.0",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for node in &input.nodes {
        let lists = lists(node.versions);
        let Some(server) = node.server(input).filter(|_| !lists.is_empty()) else { continue };
        for element in server.document().elements() {
            let Some(class) =
                element.class().map(str::trim).filter(|class| class.starts_with(HA) || class.starts_with(TRIBES))
            else {
                continue;
            };
            let is_reported = class.contains(char::is_whitespace) || super::c016_removed_class::is_removed(class);
            if is_reported || lists.iter().any(|list| list.has_class(class)) {
                continue;
            }
            let nearest = lists
                .iter()
                .flat_map(|list| list.classes())
                .map(|known| (strsim::osa_distance(known, class), known))
                .min();
            let finding =
                out.on_value(element, "className", format!("Tomcat {} has no class `{class}`", shown(node.versions)));
            // A newer release may have it.
            if node.versions.is_unknown() || nearest.is_none_or(|(distance, _)| distance > 3) {
                finding.sure(Confidence::Medium);
            }
            let short = class.rsplit('.').next().unwrap_or_default();
            let moved =
                lists.iter().flat_map(|list| list.classes()).find(|known| known.rsplit('.').next() == Some(short));
            if let Some(right) = moved.or(nearest.filter(|(distance, _)| *distance <= 3).map(|(_, known)| known)) {
                finding.help(format!("write `{right}`")).set(Applicability::Safe, element, "className", right);
            } else {
                finding.at_most(Severity::Warning);
            }
        }
    }
}

fn shown(versions: crate::lint::Versions) -> String {
    if versions.is_unknown() { "8.5 to 11.0".to_owned() } else { versions.to_string() }
}
