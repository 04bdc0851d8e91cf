//! Rule C130, interceptor-on-one-node.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C130",
    name: "interceptor-on-one-node",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an interceptor that changes messages, on some nodes of a cluster and not on the others, or one that lets members of another domain pass only",
    why: r#"They cannot read each other's messages: "Failed to decrypt message" on the one, "Unable to deserialize message" on the other, and nothing is replicated."#,
    bad: r#"<!-- n1 --> <Interceptor className="…EncryptInterceptor" …/> <!-- n2 --> no such Interceptor"#,
    good: "the same interceptors on all nodes",
    evidence: "EncryptInterceptor, GzipInterceptor, FragmentationInterceptor, OrderInterceptor: sendMessage and messageReceived; a run on Tomcat 10.1.59 with EncryptInterceptor",
    versions: "all",
    check,
};

/// Interceptors that change what is sent.
const CHANGING: [&str; 4] = ["EncryptInterceptor", "GzipInterceptor", "FragmentationInterceptor", "OrderInterceptor"];

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups().into_iter().filter(|group| group.len() > 1) {
        // What a foreign class or a part that was not read does, nobody knows.
        let is_known =
            |cluster: &Cluster<'_>| !cluster.has_foreign_interceptor() && !cluster.element.document().is_partial();
        if !group.iter().all(is_known) {
            continue;
        }
        other_domains(out, &group);
        for class in CHANGING {
            let Some((first, place)) = group.iter().find_map(|cluster| Some((cluster, cluster.interceptor(class)?.1)))
            else {
                continue;
            };
            for other in group.iter().filter(|cluster| !cluster.has_interceptor(class)) {
                let message = format!(
                    "{} has no {class}, but {} has: neither reads the other's messages",
                    other.node.name, first.node.name
                );
                let finding = out.on(other.channel().unwrap_or(other.element), message);
                finding.label(place, "className", format!("on {}", first.node.name));
                finding.help("use the same interceptors in the same order on all nodes");
            }
        }
    }
}

/// Nodes that let members of their own domain pass only, beside some of another one (`DomainFilterInterceptor.memberAdded`).
fn other_domains(out: &mut Findings<'_>, group: &[Cluster<'_>]) {
    for cluster in group {
        let Some((_, filter)) = cluster.interceptor("DomainFilterInterceptor") else { continue };
        let Some(own) = filter.value("domain").map(domain).filter(|own| !own.is_empty()) else { continue };
        let theirs = |other: &&Cluster<'_>| {
            let membership = other.membership()?;
            let attribute = membership.attribute("domain");
            let is_known = attribute.is_none_or(|it| it.known().is_some());
            // A text and its bytes may be the same.
            let value = domain(membership.value("domain").unwrap_or_default());
            let is_comparable = value.is_empty() || value.starts_with('{') == own.starts_with('{');
            (is_known && is_comparable).then_some(value)
        };
        let others = group
            .iter()
            .filter(|other| other.element != cluster.element && other.membership_kind() == MembershipKind::Multicast);
        for (other, value) in others.filter_map(|other| Some((other, theirs(&other)?))) {
            if value != own {
                let message = format!(
                    "{} lets members of its domain pass only, and {} is of {}: it does not see it",
                    cluster.node.name,
                    other.node.name,
                    if value.is_empty() { "none".to_owned() } else { format!("`{value}`") }
                );
                let finding = out.on_value(filter, "domain", message);
                finding.at_most(Severity::Warning).sure(Confidence::Medium);
                finding.label(other.membership().unwrap_or(other.element), "domain", format!("on {}", other.node.name));
                finding.help("set the same `domain` on the `<Membership>` of each node");
            }
        }
    }
}

/// A domain without blanks.
fn domain(value: &str) -> String {
    value.chars().filter(|c| !c.is_whitespace()).collect()
}
