//! Rule C022, encryption-not-authenticated.

use crate::config::read::Attribute;
use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C022",
    name: "encryption-not-authenticated",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "an EncryptInterceptor whose algorithm is not GCM",
    why: "Messages can be changed on the way and sent again; the server warns about it.",
    bad: r#"<Interceptor className="…EncryptInterceptor" encryptionKey="…" encryptionAlgorithm="AES/CBC/PKCS5Padding"/>"#,
    good: r#"<Interceptor className="…EncryptInterceptor" encryptionKey="…" encryptionAlgorithm="AES/GCM/NoPadding"/>"#,
    evidence: "documentation, config/cluster-interceptor",
    versions: "9.0.13 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let gcm = [Version(9, 0, 121), Version(10, 1, 58), Version(11, 0, 25)];
    for cluster in input.clusters() {
        let Some((_, interceptor)) = cluster.interceptor("EncryptInterceptor") else { continue };
        let finding = match interceptor.attribute("encryptionAlgorithm").map(Attribute::known) {
            // One that is not taken at all is another matter (C139).
            Some(Some(algorithm)) if super::c139_encryption_algorithm::is_refused(algorithm, cluster.node.versions) => {
                continue;
            }
            Some(Some(algorithm)) if !algorithm.to_ascii_uppercase().contains("GCM") => out.on_value(
                interceptor,
                "encryptionAlgorithm",
                format!("`{algorithm}` does not protect messages from being changed"),
            ),
            None if cluster.node.versions.has(&gcm) == Some(false) => {
                let versions = cluster.node.versions;
                out.on(interceptor, format!("the default algorithm of Tomcat {versions} is AES/CBC, which does not protect messages from being changed"))
            }
            None if cluster.node.versions.is_unknown() => {
                let message = "before Tomcat 9.0.121, 10.1.58 and 11.0.25 the default algorithm is AES/CBC, which does not protect messages from being changed";
                out.on(interceptor, message).at_most(Severity::Info).sure(Confidence::Low)
            }
            _ => continue,
        };
        finding.help("set `encryptionAlgorithm=\"AES/GCM/NoPadding\"` on all nodes at once");
        finding.set(Applicability::Unsafe, interceptor, "encryptionAlgorithm", "AES/GCM/NoPadding");
    }
}
