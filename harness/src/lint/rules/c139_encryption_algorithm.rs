//! Rule C139, encryption-algorithm.

use crate::lint::{Applicability, Confidence, Findings, Input, Rule, Severity, Version, Versions};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C139",
    name: "encryption-algorithm",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an algorithm that an EncryptInterceptor does not take",
    why: "The server does not start; without a mode and a padding the default stays.",
    bad: r#"<Interceptor className="…EncryptInterceptor" encryptionKey="…" encryptionAlgorithm="AES/ECB/PKCS5Padding"/>"#,
    good: r#"<Interceptor className="…EncryptInterceptor" encryptionKey="…" encryptionAlgorithm="AES/GCM/NoPadding"/>"#,
    evidence: "EncryptInterceptor.createEncryptionManager; runs on Tomcat 10.1.59",
    versions: "9.0.13 and newer",
    check,
};

/// Modes that are refused, since there is an interceptor: they are unfit, or do not encrypt.
const REFUSED: [&str; 7] = ["NONE", "ECB", "PCBC", "CTS", "KW", "KWP", "CTR"];
/// Since these the padding is looked at, too; they are those of the replay protection.
const STRICT: [Version; 3] = [Version(9, 0, 119), Version(10, 1, 56), Version(11, 0, 23)];

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some((_, interceptor)) = cluster.interceptor("EncryptInterceptor") else { continue };
        let Some(algorithm) = interceptor.value("encryptionAlgorithm") else { continue };
        if algorithm.matches('/').count() < 2 {
            let message = format!("`{algorithm}` has no mode or no padding, and is not taken: the default stays");
            let finding = out.on_value(interceptor, "encryptionAlgorithm", message);
            finding
                .at_most(Severity::Warning)
                .help("set `encryptionAlgorithm=\"AES/GCM/NoPadding\"` on all nodes at once");
        } else if is_refused(algorithm, cluster.node.versions) {
            let message = format!("EncryptInterceptor does not take `{algorithm}`: the server does not start");
            let finding = out.on_value(interceptor, "encryptionAlgorithm", message);
            finding.help("set `encryptionAlgorithm=\"AES/GCM/NoPadding\"` on all nodes at once");
            finding.set(Applicability::Unsafe, interceptor, "encryptionAlgorithm", "AES/GCM/NoPadding");
        }
    }
}

/// Whether it is not taken: refused, or no algorithm with mode and padding.
pub(super) fn is_refused(algorithm: &str, versions: Versions) -> bool {
    let upper = algorithm.to_ascii_uppercase();
    let parts: Vec<&str> = upper.splitn(3, '/').collect();
    let [_, mode, padding] = parts[..] else { return true };
    REFUSED.contains(&mode)
        || mode == "GCM" && padding == "PKCS5PADDING"
        || matches!(mode, "CBC" | "CFB" | "OFB") && padding == "NOPADDING" && versions.has(&STRICT) == Some(true)
}
