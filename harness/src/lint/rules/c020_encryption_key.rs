//! Rule C020, encryption-key.

use crate::config::read::Attribute;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C020",
    name: "encryption-key",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "an encryption key that is missing, no hexadecimal number of 16, 24 or 32 bytes, or unlike that of another node",
    why: "The node does not start; with unlike keys the members see each other, nothing is replicated, and a new node blocks for 60 s.",
    bad: r#"<Interceptor className="…EncryptInterceptor" encryptionKey="secret"/>"#,
    good: r#"<Interceptor className="…EncryptInterceptor" encryptionKey="${cluster.key}"/>"#,
    evidence: "EncryptInterceptor.java; seen in runs",
    versions: "9.0.13 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some((_, interceptor)) = cluster.interceptor("EncryptInterceptor") else { continue };
        match interceptor.attribute("encryptionKey").map(Attribute::known) {
            None => drop(
                out.on(interceptor, "missing `encryptionKey`: the node does not start")
                    .help("set `encryptionKey` to 32 hexadecimal digits"),
            ),
            Some(None) => {}
            Some(Some(key)) => {
                // How long a key is, is another matter for other ciphers.
                let is_aes = interceptor.value_or("encryptionAlgorithm", "AES").is_some_and(|algorithm| {
                    algorithm.split('/').next().is_some_and(|cipher| cipher.trim().eq_ignore_ascii_case("AES"))
                });
                if let Some(wrong) = wrong(key.trim(), is_aes) {
                    out.on_value(
                        interceptor,
                        "encryptionKey",
                        format!("the encryption key {wrong}: the node does not start"),
                    )
                    .help("a key has 32, 48 or 64 hexadecimal digits");
                }
            }
        }
    }
    for group in input.groups() {
        let keys = group.iter().filter_map(|cluster| {
            let (_, interceptor) = cluster.interceptor("EncryptInterceptor")?;
            Some((cluster, interceptor, interceptor.value("encryptionKey")?.trim().to_ascii_lowercase()))
        });
        let keys: Vec<_> = keys.collect();
        let Some(((first, place, key), others)) = keys.split_first() else { continue };
        for (other, interceptor, _) in others.iter().filter(|(_, _, other)| other != key) {
            let message = format!(
                "the encryption key of {} is not that of {}: nothing is replicated between them",
                other.node.name, first.node.name
            );
            out.on_value(*interceptor, "encryptionKey", message).label(
                *place,
                "encryptionKey",
                format!("the key of {}", first.node.name),
            );
        }
    }
}

/// What is wrong with a key.
fn wrong(key: &str, is_aes: bool) -> Option<&'static str> {
    match () {
        () if !key.bytes().all(|byte| byte.is_ascii_hexdigit()) => Some("is not a hexadecimal number"),
        () if key.len() % 2 == 1 => Some("has an odd number of digits"),
        () if is_aes && ![32, 48, 64].contains(&key.len()) => Some("is not 16, 24 or 32 bytes long"),
        () => None,
    }
}
