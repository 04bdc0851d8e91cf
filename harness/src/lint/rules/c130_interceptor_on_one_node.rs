//! Rule C130, interceptor-on-one-node.

use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C130",
    name: "interceptor-on-one-node",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an interceptor that changes messages, on some nodes of a cluster and not on the others",
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
