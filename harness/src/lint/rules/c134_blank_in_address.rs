//! Rule C134, blank-in-address.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C134",
    name: "blank-in-address",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a blank before or behind an address",
    why: "It is part of the name, which nobody knows: UnknownHostException, and the server does not start or has no such member.",
    bad: r#"<Receiver className="…NioReceiver" address="10.0.0.1 "/>"#,
    good: r#"<Receiver className="…NioReceiver" address="10.0.0.1"/>"#,
    evidence: "InetAddress.getByName; a run on Tomcat 10.1.59",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let members = cluster.static_members().into_iter().map(|member| (member, "host"));
        let places = cluster.receiver().into_iter().chain(cluster.membership());
        for (element, name) in members.chain(places.flat_map(|element| [(element, "address"), (element, "bind")])) {
            let Some(value) = element.value(name).filter(|value| !value.trim().is_empty()) else { continue };
            if value.trim() != value {
                let finding =
                    out.on_value(element, name, format!("`{value}` has a blank in it: no host has this name"));
                finding.help(format!("write `{}`", value.trim())).set(Applicability::Safe, element, name, value.trim());
            }
        }
    }
}
