//! Rule C015, no-session-listener.

use crate::config::read::Element;
use crate::lint::cluster::{HA, ManagerClass};
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C015",
    name: "no-session-listener",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a DeltaManager cluster with a ClusterListener of its own but no ClusterSessionListener",
    why: "The default listener is added only where none is given. Without it no message reaches a manager, and nothing is replicated.",
    bad: r#"<ClusterListener className="org.example.Audit"/>"#,
    good: r#"<ClusterListener className="org.example.Audit"/><ClusterListener className="org.apache.catalina.ha.session.ClusterSessionListener"/>"#,
    evidence: "SimpleTcpCluster.checkDefaults",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in
        input.clusters().filter(|cluster| cluster.is_tomcats() && cluster.manager_class() == ManagerClass::Delta)
    {
        let listeners: Vec<Element<'_>> = cluster.element.all("ClusterListener").collect();
        let Some(first) = listeners.first() else { continue };
        // One whose name is wrong may be meant.
        if super::c119_unknown_class::has_misnamed(&cluster, "ClusterListener") {
            continue;
        }
        if !listeners
            .iter()
            .any(|listener| listener.short_class().is_none_or(|class| class == "ClusterSessionListener"))
        {
            let finding = out.on(*first, "no ClusterSessionListener: no message reaches the session managers");
            let added = "<ClusterListener className=\"org.apache.catalina.ha.session.ClusterSessionListener\"/>";
            finding.help(format!("add `{added}`")).insert_before(Applicability::Safe, *first, added);
            let is_foreign =
                listeners.iter().any(|listener| listener.class().is_some_and(|class| !class.starts_with(HA)));
            if is_foreign {
                finding.sure(Confidence::Medium);
            }
        }
    }
}
