//! Rule C004, managers-differ.

use crate::config::read::Element;
use crate::lint::{Cluster, Confidence, Context, Findings, Input, Rule, Severity};

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
    in_contexts(input, out);
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

/// The managers that contexts name, for the same apps on each node.
fn in_contexts(input: &Input, out: &mut Findings<'_>) {
    let [first, others @ ..] = input.nodes.as_slice() else { return };
    let known = if others.is_empty() { vec![] } else { first.clustered_contexts(input) };
    for other in others {
        for context in other.clustered_contexts(input) {
            let same = |it: &&Context<'_>| (&it.scope, &it.host) == (&context.scope, &context.host);
            let Some(there) = known.iter().find(same) else { continue };
            let (Some((here, b)), Some((there, a))) = (named(context.element), named(there.element)) else { continue };
            if a != b {
                out.on_value(here, "className", format!("{} uses {b}, but {} uses {a}", other.name, first.name))
                    .label(there, "className", format!("{a} on {}", first.name))
                    .help(format!("use one manager on all nodes, for example `{a}`"));
            }
        }
    }
}

/// The cluster's manager that a context names.
fn named(context: Element<'_>) -> Option<(Element<'_>, &str)> {
    let manager = context.child("Manager")?;
    Some((manager, manager.short_class().filter(|class| matches!(*class, "DeltaManager" | "BackupManager"))?))
}

fn class<'i>(cluster: &Cluster<'i>) -> Option<&'i str> {
    cluster.manager().map_or(Some("DeltaManager"), Element::short_class)
}
