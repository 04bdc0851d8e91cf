//! Rule C117, wrong-case.

use crate::config::read::Element;
use crate::lint::{Applicability, Confidence, Finding, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C117",
    name: "wrong-case",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an element or attribute of the cluster with wrong capital letters",
    why: "Catalina's names are case-sensitive: the element is ignored without a word, the attribute with a warning.",
    bad: r#"<cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"/>"#,
    good: r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"/>"#,
    evidence: "ClusterRuleSet; Digester compares names as they are",
    versions: "all",
    check,
};

const NAMES: [&str; 16] = [
    "Engine",
    "Host",
    "Cluster",
    "Manager",
    "Channel",
    "Membership",
    "Receiver",
    "Sender",
    "Transport",
    "Interceptor",
    "Member",
    "LocalMember",
    "Valve",
    "ClusterListener",
    "Deployer",
    "Service",
];

fn check(input: &Input, out: &mut Findings<'_>) {
    for server in input.nodes.iter().filter_map(|node| node.server(input)) {
        for element in server.document().elements() {
            let parent = element.parent().map_or("", Element::name);
            let right = NAMES.iter().find(|name| name.eq_ignore_ascii_case(element.name()) && **name != element.name());
            if let Some(right) = right.filter(|_| NAMES.contains(&parent) || parent == "Server") {
                let finding =
                    out.on(element, format!("`<{}>` is ignored: Catalina's name is `<{right}>`", element.name()));
                finding.help(format!("write `<{right}>`"));
            }
            class_attribute(out, element);
        }
    }
    // Of a context the manager is the cluster's; without a cluster nothing is lost but what was meant.
    let has_cluster = input.clusters().next().is_some();
    for (manager, _) in input.contexts_with_managers() {
        let is_servers = input
            .nodes
            .iter()
            .filter_map(|node| node.server(input))
            .any(|server| server.document().file() == manager.document().file());
        if let Some(finding) = class_attribute(out, manager).filter(|_| !is_servers && !has_cluster) {
            finding.at_most(Severity::Warning);
        }
    }
}

/// Says that an element has no class, because the attribute for it has another name.
fn class_attribute<'f>(out: &'f mut Findings<'_>, element: Element<'_>) -> Option<&'f mut Finding> {
    let class = misspelt_class(element).filter(|_| NAMES.contains(&element.name()))?;
    let message = format!("`{class}` is not `className`: the element has no class");
    let finding = out.on_name(element, class, message).help("write `className`");
    Some(finding.rename(Applicability::Safe, element, class, "className"))
}

/// The attribute for the class, where its name is written otherwise.
pub(super) fn misspelt_class(element: Element<'_>) -> Option<&str> {
    let mut names = element.attributes().iter().map(|attribute| attribute.name.as_str());
    names.find(|name| name.eq_ignore_ascii_case("className") && *name != "className")
}
