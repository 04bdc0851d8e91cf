//! Rule C102, unready-annotation.

use crate::lint::cluster::MembershipKind;
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
    const KEY: &str = "tolerate-unready-endpoints";
    let has_cluster = input.clusters().next().is_some();
    let uses_cloud = input.clusters().any(|cluster| cluster.membership_kind() == MembershipKind::Cloud);
    if has_cluster && !uses_cloud {
        return;
    }
    let manifests = input.manifests();
    let is_alone = manifests.iter().filter(|manifest| manifest.says("kind", "Service")).count() <= 1;
    for manifest in manifests.iter().filter(|manifest| !manifest.says("publishNotReadyAddresses", "true")) {
        let Some(span) = manifest.place(KEY, "true") else { continue };
        let finding = out.in_file(manifest.file, span, format!("Kubernetes ignores the annotation `{KEY}`"));
        finding.help("set `publishNotReadyAddresses: true` in the Service's spec");
        // Of several Services, or without a server in sight, it may be of something else.
        if !has_cluster || !is_alone {
            finding.at_most(Severity::Warning).sure(Confidence::Medium);
        }
    }
}
