//! Rule C092, manager-without-class.

use crate::lint::{Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C092",
    name: "manager-without-class",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a <Manager> without className in a context of a clustered node",
    why: "It is a StandardManager, and takes the place of the cluster's: nothing is replicated.",
    bad: r#"<Context><Manager pathname=""/></Context>"#,
    good: "<Context/>",
    evidence: "ContextRuleSet: StandardManager by default; runs on TomEE 9.0.0 and Tomcat 11.0.24",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let has_cluster = input.clusters().next().is_some();
    if !has_cluster && input.nodes.iter().any(Node::has_server) {
        return;
    }
    // Of two in a context, the last one counts.
    for (manager, is_overridden) in input.contexts_with_managers() {
        // The apps that come with a server have such a Manager, and need no replication.
        if manager.parent().is_some_and(|context| context.flag("privileged", false) == Some(true)) {
            continue;
        }
        if manager
            .attribute("className")
            .is_some_and(|class| class.known().is_some_and(|class| class.trim().is_empty()))
        {
            out.on_value(manager, "className", "an empty className is no class: no app of this context starts")
                .help("remove the `<Manager>`, or name the class: `org.apache.catalina.ha.session.DeltaManager`");
        // One that is written otherwise is said by another rule.
        } else if !manager.has("className") && super::c117_wrong_case::misspelt_class(manager).is_none() {
            let finding = out
                .on(manager, "a `<Manager>` without className is a StandardManager, which keeps sessions on one node");
            finding.help("remove it, or name the class: `org.apache.catalina.ha.session.DeltaManager`");
            if !has_cluster || is_overridden {
                finding.at_most(Severity::Warning);
            }
        }
    }
}
