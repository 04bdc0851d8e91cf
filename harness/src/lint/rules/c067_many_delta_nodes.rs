//! Rule C067, many-delta-nodes.

use crate::lint::cluster::ManagerClass;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C067",
    name: "many-delta-nodes",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "DeltaManager on more than four nodes",
    why: "Every session goes to every node, so traffic and memory grow with the square of their number.",
    bad: r#"five nodes with <Manager className="org.apache.catalina.ha.session.DeltaManager"/>"#,
    good: r#"five nodes with <Manager className="org.apache.catalina.ha.session.BackupManager"/>"#,
    evidence: "documentation, cluster-howto",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let Some(first) =
            group.first().filter(|first| first.is_tomcats() && first.manager_class() == ManagerClass::Delta)
        else {
            continue;
        };
        let listed = first.static_members().len() + usize::from(first.has_interceptor("StaticMembershipInterceptor"));
        let count = group.len().max(listed);
        if count > 4 {
            out.on(
                first.manager().unwrap_or(first.element),
                format!("DeltaManager sends every session to each of {count} nodes"),
            )
            .help("BackupManager keeps one backup of each session");
        }
    }
}
