//! Rule C117, wrong-case.

use crate::config::read::Element;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

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
            let class = element
                .attributes()
                .iter()
                .find(|attribute| attribute.name.eq_ignore_ascii_case("className") && attribute.name != "className");
            if let Some(class) = class.filter(|_| NAMES.contains(&element.name())) {
                out.on_name(
                    element,
                    &class.name,
                    format!("`{}` is not `className`: the element has no class", class.name),
                )
                .help("write `className`")
                .rename(Applicability::Safe, element, &class.name, "className");
            }
        }
    }
}
