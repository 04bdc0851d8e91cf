//! Rule C098, class-of-other-element.

use crate::config::read::Element;
use crate::lint::cluster::is_of_clustering;
use crate::lint::kinds::kinds;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C098",
    name: "class-of-other-element",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a class of the cluster in an element that takes another kind",
    why: "Catalina cannot pass it on: server.xml does not load, or the element has no effect.",
    bad: r#"<Membership className="org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor"/>"#,
    good: r#"<Membership className="org.apache.catalina.tribes.membership.StaticMembershipService"/>"#,
    evidence: "ClusterRuleSet: setMembershipService takes a MembershipService",
    versions: "all",
    check,
};

/// Elements that are made of a class.
const ASKED: [&str; 14] = [
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
    "Listener",
];

fn check(input: &Input, out: &mut Findings<'_>) {
    let roots = input.nodes.iter().flat_map(|node| node.roots(input));
    let of_apps = input.app_contexts().into_iter().map(|(_, context)| context);
    for element in roots.chain(of_apps).flat_map(|root| root.document().elements()) {
        let Some(class) = element.class().map(str::trim).filter(|class| is_of_clustering(class)) else { continue };
        if !ASKED.contains(&element.name()) || !is_read(element) {
            continue;
        }
        if let Some([right, ..]) = kinds(class).filter(|elements| !elements.contains(&element.name())) {
            let short = element.short_class().unwrap_or_default();
            out.on_value(
                element,
                "className",
                format!("`{short}` is no class for `<{}>`: it belongs in `<{}>`", element.name(), right),
            );
        }
    }
}

/// Whether Catalina looks for the element where it stands; elsewhere another rule says so.
fn is_read(element: Element<'_>) -> bool {
    let parent = element.parent().map_or("", Element::name);
    match element.name() {
        "Listener" => ["Server", "Engine", "Host", "Context", "Cluster"].contains(&parent),
        // The root is the part of a server.xml that another file names.
        _ => parent.is_empty() || super::c076_misplaced_element::is_in_place(element),
    }
}
