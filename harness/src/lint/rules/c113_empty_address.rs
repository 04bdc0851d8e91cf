//! Rule C113, empty-address.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C113",
    name: "empty-address",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an empty address or host",
    why: "An empty name is the loopback address: nodes on other machines are told 127.0.0.1, or a member is looked for there; an empty multicast address is no group, and the server does not start.",
    bad: r#"<Receiver className="…NioReceiver" address=""/>"#,
    good: r#"<Receiver className="…NioReceiver" address="auto"/>"#,
    evidence: "ReceiverBase.getBind, StaticMember.setHost: InetAddress.getByName of an empty name is the loopback address",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let members = cluster.static_members().into_iter().map(|member| (member, "host"));
        let places = cluster.receiver().into_iter().chain(cluster.membership()).map(|element| (element, "address"));
        for (element, name) in members.chain(places) {
            if element.value(name).is_some_and(|value| value.trim().is_empty()) {
                out.on_value(element, name, format!("`{name}` is empty")).help(if name == "host" {
                    "name the member's host"
                } else {
                    "set it, or remove it for the default"
                });
            }
        }
    }
}
