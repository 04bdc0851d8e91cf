//! Rule C021, encryption-algorithms-differ.

use crate::config::read::Element;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C021",
    name: "encryption-algorithms-differ",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "nodes whose EncryptInterceptors use different algorithms, by attribute or by the default of their version",
    why: "They cannot read each other's messages.",
    bad: r#"<!-- n1, Tomcat 9.0.117 --> <Interceptor className="…EncryptInterceptor" encryptionKey="…"/>
<!-- n2, Tomcat 9.0.121 --> <Interceptor className="…EncryptInterceptor" encryptionKey="…"/>"#,
    good: r#"<!-- both --> <Interceptor className="…EncryptInterceptor" encryptionKey="…" encryptionAlgorithm="AES/GCM/NoPadding"/>"#,
    evidence: "Tomcat's changelog: the default became AES/GCM/NoPadding in 9.0.121, 10.1.58 and 11.0.25; replay protection since 9.0.119, 10.1.56 and 11.0.23",
    versions: "9.0.13 and newer",
    check,
};

/// When the default became GCM.
const GCM: [Version; 3] = [Version(9, 0, 121), Version(10, 1, 58), Version(11, 0, 25)];
/// When messages got a time and a number against replay.
const REPLAY: [Version; 3] = [Version(9, 0, 119), Version(10, 1, 56), Version(11, 0, 23)];

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let all: Vec<_> =
            group.iter().filter_map(|cluster| Some((cluster, cluster.interceptor("EncryptInterceptor")?.1))).collect();
        let Some(((first, place), others)) = all.split_first() else { continue };
        for (other, interceptor) in others {
            let replay = first.node.versions.has(&REPLAY).zip(other.node.versions.has(&REPLAY));
            let why = match (algorithm(first, *place), algorithm(other, *interceptor)) {
                (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b) => {
                    format!("{} encrypts with {b}, {} with {a}", other.node.name, first.node.name)
                }
                _ if replay.is_some_and(|(a, b)| a != b) => {
                    format!(
                        "Tomcat {} of {} and {} of {} write encrypted messages in different forms",
                        other.node.versions, other.node.name, first.node.versions, first.node.name
                    )
                }
                _ => continue,
            };
            let finding = out.on_value(
                *interceptor,
                "encryptionAlgorithm",
                format!("{why}: they cannot read each other's messages"),
            );
            finding.label(*place, "encryptionAlgorithm", format!("on {}", first.node.name));
            finding.help("set the same `encryptionAlgorithm` on all nodes, and run one version");
        }
    }
}

fn algorithm<'i>(cluster: &Cluster<'i>, interceptor: Element<'i>) -> Option<&'i str> {
    match interceptor.attribute("encryptionAlgorithm") {
        Some(attribute) => attribute.known(),
        None => {
            cluster.node.versions.has(&GCM).map(|gcm| if gcm { "AES/GCM/NoPadding" } else { "AES/CBC/PKCS5Padding" })
        }
    }
}
