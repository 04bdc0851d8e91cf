//! Rule C004, managers-differ.

use crate::config::read::Element;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C004",
    name: "managers-differ",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "nodes of one cluster with different session managers",
    why: "DeltaManager and BackupManager do not understand each other's messages.",
    bad: r#"<!-- n1 --> <Manager className="org.apache.catalina.ha.session.DeltaManager"/>
<!-- n2 --> <Manager className="org.apache.catalina.ha.session.BackupManager"/>"#,
    good: r#"<!-- both --> <Manager className="org.apache.catalina.ha.session.DeltaManager"/>"#,
    evidence: "documentation, cluster-howto: managers have to correspond",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let Some((first, others)) = group.split_first() else { continue };
        for other in others {
            let (Some(a), Some(b)) = (class(first), class(other)) else { continue };
            if a != b {
                let message = format!("{} uses {b}, but {} uses {a}", other.node.name, first.node.name);
                let place = other.manager().unwrap_or(other.element);
                let finding = out.on_value(place, "className", message);
                finding.label(
                    first.manager().unwrap_or(first.element),
                    "className",
                    format!("{a} on {}", first.node.name),
                );
                finding.help(format!("use one manager on all nodes, for example `{a}`"));
            }
        }
    }
}

fn class<'i>(cluster: &Cluster<'i>) -> Option<&'i str> {
    cluster.manager().map_or(Some("DeltaManager"), Element::short_class)
}
