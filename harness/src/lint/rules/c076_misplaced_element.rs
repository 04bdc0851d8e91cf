//! Rule C076, misplaced-element.

use crate::config::read::Element;
use crate::lint::cluster::is_of_clustering;
use crate::lint::{Confidence, Findings, Input, Rule, Severity, Versions};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C076",
    name: "misplaced-element",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an element of the cluster under a parent where Catalina does not look for it",
    why: "It is ignored without a word. An EncryptInterceptor in the wrong place leaves the traffic in clear text.",
    bad: r#"<Cluster …><Interceptor className="…EncryptInterceptor"/></Cluster>"#,
    good: r#"<Cluster …><Channel className="…GroupChannel"><Interceptor className="…EncryptInterceptor"/></Channel></Cluster>"#,
    evidence: "ClusterRuleSet.addRuleInstances",
    versions: "all",
    check,
};

/// Elements of the cluster, and the parents where Catalina looks for them.
const PARENTS: [(&str, &[&str]); 15] = [
    ("Channel", &["Cluster"]),
    ("ClusterListener", &["Cluster"]),
    ("Deployer", &["Cluster"]),
    ("Membership", &["Channel"]),
    ("Receiver", &["Channel"]),
    ("Sender", &["Channel"]),
    ("Interceptor", &["Channel"]),
    ("ChannelListener", &["Channel"]),
    ("MembershipListener", &["Channel"]),
    ("Transport", &["Sender"]),
    ("Member", &["Membership", "Interceptor"]),
    ("LocalMember", &["Membership", "Interceptor"]),
    ("Manager", &["Cluster", "Context"]),
    ("Cluster", &["Engine", "Host"]),
    ("Valve", &["Cluster", "Engine", "Host", "Context"]),
];

fn check(input: &Input, out: &mut Findings<'_>) {
    let roots = input.nodes.iter().flat_map(|node| node.roots(input).into_iter().map(|root| (node.versions, root)));
    let of_apps = input.app_contexts().into_iter().map(|(_, context)| (Versions::ANY, context));
    for (versions, root) in roots.chain(of_apps) {
        // Parents come before what is in them.
        let mut inside: Vec<bool> = vec![];
        for element in root.document().elements() {
            let Some(parent) = element.parent() else {
                inside.push(false);
                continue;
            };
            let is_cluster = parent.name() == "Cluster" && !is_of_tomcat_55(parent);
            let in_cluster = is_cluster || inside.get(parent.index()).copied().unwrap_or_default();
            inside.push(in_cluster);
            match PARENTS.iter().find(|(name, _)| *name == element.name()) {
                Some((name, parents)) => {
                    let is_clusters = element.class().is_some_and(|class| is_of_clustering(class.trim()));
                    let is_below_unread = is_wrong_case(parent.name()) && !is_known(parent.name());
                    let is_out_of_place = !parents.contains(&parent.name()) && (in_cluster || is_clusters);
                    if is_out_of_place && !is_below_unread && !is_gone(element, root, versions) {
                        let message = format!(
                            "`<{name}>` in `<{}>` is ignored: Catalina looks for it in {}",
                            parent.name(),
                            listed(parents)
                        );
                        out.on(element, message).help(format!("move it into {}", listed(parents)));
                    }
                }
                None if in_cluster && !is_known_in(element.name(), parent) && !is_wrong_case(element.name()) => {
                    let message = format!("`<{}>` in `<{}>` is ignored", element.name(), parent.name());
                    let finding = out.on(element, message).at_most(Severity::Warning).sure(Confidence::Medium);
                    if element.name() == "MembershipProvider" {
                        finding.help("name it on the `<Membership>`: `membershipProviderClassName`; the namespace is `KUBERNETES_NAMESPACE`");
                    }
                }
                None => {}
            }
        }
    }
}

/// Whether the element is to be removed and not moved: its class is gone without a successor, which another rule says of a
/// server.xml (C016).
fn is_gone(element: Element<'_>, root: Element<'_>, versions: Versions) -> bool {
    let class = element.class().map(str::trim).filter(|_| root.name() != "Context");
    class.is_some_and(|class| super::c016_removed_class::successor(class, versions).is_none())
}

/// Said by another rule.
fn is_wrong_case(name: &str) -> bool {
    PARENTS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
}

fn is_known(name: &str) -> bool {
    PARENTS.iter().any(|(known, _)| *known == name)
}

fn is_of_tomcat_55(element: Element<'_>) -> bool {
    element.class().is_some_and(|class| class.trim().starts_with("org.apache.catalina.cluster."))
}

/// Other elements that a cluster may have.
fn is_known_in(name: &str, parent: Element<'_>) -> bool {
    let is_foreign = parent.class().is_some_and(|class| !class.trim().starts_with("org.apache."));
    is_foreign
        || matches!((name, parent.name()), ("Listener", "Cluster") | ("SessionIdGenerator", "Manager"))
        || is_in_foreign(parent)
}

/// Below an element that Catalina ignores, or that somebody else reads, nothing more is said.
fn is_in_foreign(parent: Element<'_>) -> bool {
    let known = [
        "Cluster",
        "Manager",
        "Channel",
        "Membership",
        "Sender",
        "Receiver",
        "Interceptor",
        "Transport",
        "Member",
        "Valve",
        "Deployer",
        "ClusterListener",
    ];
    !known.contains(&parent.name())
}

/// Whether Catalina looks for the element where it stands.
pub(super) fn is_in_place(element: Element<'_>) -> bool {
    let parent = element.parent().map_or("", Element::name);
    let known = PARENTS.iter().find(|(name, _)| *name == element.name());
    known.map_or(parent == "Cluster", |(_, parents)| parents.contains(&parent))
}

fn listed(parents: &[&str]) -> String {
    parents.iter().map(|parent| format!("`<{parent}>`")).collect::<Vec<_>>().join(" or ")
}
