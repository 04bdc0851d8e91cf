//! Rule C102, unready-annotation.

use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C102",
    name: "unready-annotation",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a Service with the annotation tolerate-unready-endpoints",
    why: "Current Kubernetes ignores it: pods that are not ready are not resolved, and a node that starts does not find the others.",
    bad: r#"service.alpha.kubernetes.io/tolerate-unready-endpoints: "true""#,
    good: "publishNotReadyAddresses: true",
    evidence: "Kubernetes: deprecated in 1.11, not in EndpointSlices; DNSMembershipProvider's Javadoc still prints it",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for (file, span) in input.find_in_others("tolerate-unready-endpoints") {
        if !input.files[file].text.contains("publishNotReadyAddresses: true") {
            out.in_file(file, span, "Kubernetes ignores the annotation `tolerate-unready-endpoints`")
                .help("set `publishNotReadyAddresses: true` in the Service's spec");
        }
    }
}
