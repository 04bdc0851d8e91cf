//! Rule C098, class-of-other-element.

use crate::config::read::Element;
use crate::lint::cluster::TRIBES;
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

/// Classes by the part of their name that says their kind, and the element that takes them.
const KINDS: [(&str, &[&str]); 9] = [
    (".group.interceptors.", &["Interceptor"]),
    (".membership.McastService", &["Membership"]),
    (".membership.StaticMembershipService", &["Membership"]),
    (".cloud.CloudMembershipService", &["Membership"]),
    (".membership.StaticMember", &["Member", "LocalMember"]),
    (".transport.nio.NioReceiver", &["Receiver"]),
    (".transport.ReplicationTransmitter", &["Sender"]),
    (".transport.nio.PooledParallelSender", &["Transport"]),
    (".group.GroupChannel", &["Channel"]),
];

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let channel = cluster.channel().into_iter();
        for element in channel.flat_map(|channel| {
            std::iter::once(channel).chain(channel.children()).chain(channel.children().flat_map(Element::children))
        }) {
            let Some(class) = element.class().map(str::trim).filter(|class| class.starts_with(TRIBES)) else {
                continue;
            };
            let kind = KINDS
                .iter()
                .find(|(part, _)| if part.ends_with('.') { class.contains(part) } else { class.ends_with(part) });
            if let Some((_, [right, ..])) = kind.filter(|(_, elements)| !elements.contains(&element.name())) {
                let short = element.short_class().unwrap_or_default();
                out.on_value(
                    element,
                    "className",
                    format!("`{short}` is no class for `<{}>`: it belongs in `<{}>`", element.name(), right),
                );
            }
        }
    }
}
