//! Rule C116, blank-in-class.

use crate::config::read::Element;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C116",
    name: "blank-in-class",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a class name with a blank in it",
    why: "ClassNotFoundException: the server does not start, or the element is left out.",
    bad: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationValve "/>"#,
    good: r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationValve"/>"#,
    evidence: "ObjectCreateRule.begin loads the class by the attribute's value as it is",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let roots = input.nodes.iter().flat_map(|node| node.roots(input));
    let of_apps = input.app_contexts().into_iter().map(|(_, context)| context);
    for document in roots.chain(of_apps).map(Element::document) {
        for element in document.elements() {
            if let Some(class) =
                element.class().filter(|class| class.contains(char::is_whitespace) && !class.trim().is_empty())
            {
                let right: String = class.split_whitespace().collect();
                out.on_value(element, "className", format!("`{class}` has a blank in it: the class is not found"))
                    .help(format!("write `{right}`"))
                    .set(Applicability::Safe, element, "className", &right);
            }
        }
    }
}
