//! Rule C057, attribute-filter.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C057",
    name: "attribute-filter",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a filter for session attributes",
    why: "Attributes that it does not match stay on their node, which is logged at DEBUG only. The expression must match the whole name.",
    bad: r#"<Manager className="…DeltaManager" sessionAttributeNameFilter="user"/>"#,
    good: r#"<Manager className="…DeltaManager" sessionAttributeNameFilter="user.*|cart.*"/>"#,
    evidence: "ManagerBase.willAttributeDistribute",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let names: Vec<&str> = input.apps.iter().flat_map(|app| app.classes.attribute_names()).collect();
    let contexts =
        input.nodes.iter().flat_map(|node| node.contexts(input)).filter_map(|context| context.element.child("Manager"));
    for manager in input.clusters().filter_map(|cluster| cluster.manager()).chain(contexts) {
        let name = "sessionAttributeNameFilter";
        if let Some(filter) = manager.value(name).filter(|filter| !filter.is_empty())
            && let Ok(regex) = regex::Regex::new(&format!("^(?:{filter})$"))
        {
            let local: Vec<&str> = names.iter().copied().filter(|name| !regex.is_match(name)).collect();
            if local.is_empty() && ["a", "user", "cart.items", "_x"].iter().all(|probe| regex.is_match(probe)) {
                continue;
            }
            let finding = if local.is_empty() {
                out.on_value(manager, name, "attributes whose whole name does not match stay on their node")
                    .at_most(Severity::Info)
            } else {
                out.on_value(
                    manager,
                    name,
                    format!("the app's attributes {} do not match and stay on their node", local.join(", ")),
                )
            };
            finding.help("set `warnOnSessionAttributeFilterFailure=\"true\"` to see them in the log");
        }
        if manager
            .value("sessionAttributeValueClassNameFilter")
            .is_some_and(|filter| !filter.is_empty() && filter != ".*")
        {
            out.on_value(
                manager,
                "sessionAttributeValueClassNameFilter",
                "attributes of other classes stay on their node",
            )
            .at_most(Severity::Info);
        }
    }
}
