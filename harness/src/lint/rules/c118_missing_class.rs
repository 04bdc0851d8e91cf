//! Rule C118, missing-class.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C118",
    name: "missing-class",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an element of the cluster without className",
    why: r#""No class name specified": server.xml does not load."#,
    bad: "<Interceptor/>",
    good: r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector"/>"#,
    evidence: "ClusterRuleSet has no default class for these elements; ObjectCreateRule.begin",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    const ASKED: [&str; 13] = [
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
        "Listener",
    ];
    for cluster in input.clusters() {
        let inside = cluster
            .element
            .document()
            .elements()
            .filter(|element| cluster.element.span().contains(&element.span().start));
        for element in inside {
            let has_class =
                element.attributes().iter().any(|attribute| attribute.name.eq_ignore_ascii_case("className"));
            let is_empty = element.class().is_some_and(|class| class.trim().is_empty());
            let is_asked = element == cluster.element
                || ASKED.contains(&element.name()) && super::c076_misplaced_element::is_in_place(element);
            if is_asked && (!has_class || is_empty) {
                out.on(element, format!("`<{}>` without className: the server does not start", element.name()));
            }
        }
    }
}
