//! Rule C066, encryption-bypass.

use crate::lint::{Confidence, Findings, Input, Rule, Severity, Version};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C066",
    name: "encryption-bypass",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "EncryptInterceptor on a version that lets unencrypted messages pass",
    why: "Messages that cannot be decrypted are delivered as they are: the encryption protects nothing.",
    bad: "EncryptInterceptor on Tomcat 9.0.116, 10.1.53, 11.0.19 or 11.0.20",
    good: "EncryptInterceptor on Tomcat 9.0.117, 10.1.54 or 11.0.21",
    evidence: "Tomcat commit 1fab40ccc7",
    versions: "9.0.116, 10.1.53, 11.0.19, 11.0.20",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let bad = [
        (Version(9, 0, 116), Version(9, 0, 116)),
        (Version(10, 1, 53), Version(10, 1, 53)),
        (Version(11, 0, 19), Version(11, 0, 20)),
    ];
    for cluster in input.clusters() {
        let versions = cluster.node.versions;
        let is_bad = bad.iter().any(|(from, to)| versions.from >= *from && versions.to <= *to);
        if let Some((_, interceptor)) = cluster.interceptor("EncryptInterceptor").filter(|_| is_bad) {
            out.on(interceptor, format!("Tomcat {versions} lets messages pass that cannot be decrypted"))
                .help("use the next version");
        }
    }
}
