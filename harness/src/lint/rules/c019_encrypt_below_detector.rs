//! Rule C019, encrypt-below-detector.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C019",
    name: "encrypt-below-detector",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "EncryptInterceptor behind TcpFailureDetector",
    why: "EncryptInterceptor.validateChannelChain refuses the order: the node does not start.",
    bad: r#"<Interceptor className="…TcpFailureDetector"/><Interceptor className="…EncryptInterceptor"/>"#,
    good: r#"<Interceptor className="…EncryptInterceptor"/><Interceptor className="…TcpFailureDetector"/>"#,
    evidence: "EncryptInterceptor.validateChannelChain; seen in a run",
    versions: "9.0.13 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let found = cluster.interceptor("EncryptInterceptor").zip(cluster.interceptor("TcpFailureDetector"));
        if let Some(((encrypt, interceptor), (detector, other))) = found
            && encrypt > detector
        {
            let finding =
                out.on(interceptor, "EncryptInterceptor stands behind TcpFailureDetector: the node does not start");
            finding.label(other, "className", "the detector").help("move EncryptInterceptor before TcpFailureDetector");
        }
    }
}
