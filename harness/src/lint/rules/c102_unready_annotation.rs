//! Rule C102, unready-annotation.

use crate::lint::cluster::CloudProvider;
use crate::lint::manifest::are_ready_at_once;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C102",
    name: "unready-annotation",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "a Service for DNS membership with the annotation tolerate-unready-endpoints",
    why: "Current Kubernetes ignores it: pods that are not ready are not resolved, and the others find a node that starts when it is ready, or by its first message.",
    bad: r#"service.alpha.kubernetes.io/tolerate-unready-endpoints: "true""#,
    good: "publishNotReadyAddresses: true",
    evidence: "Kubernetes: deprecated in 1.11, not in EndpointSlices, removed in 1.24; DNSMembershipProvider's Javadoc still prints it; KubernetesMembershipProvider asks no Service",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    const KEY: &str = "tolerate-unready-endpoints";
    let has_cluster = input.clusters().next().is_some();
    let asks_dns = input.clusters().any(|cluster| cluster.cloud_provider() == Some(CloudProvider::Dns));
    let manifests = input.manifests();
    if has_cluster && !asks_dns || are_ready_at_once(&manifests) {
        return;
    }
    let is_alone = manifests.iter().filter(|manifest| manifest.says("kind", "Service")).count() <= 1;
    for manifest in manifests.iter().filter(|manifest| !manifest.says("publishNotReadyAddresses", "true")) {
        let Some(span) = manifest.place(KEY, "true") else { continue };
        let finding = out.in_file(manifest.file, span, format!("Kubernetes ignores the annotation `{KEY}`"));
        finding.help("set `publishNotReadyAddresses: true` in the Service's spec");
        // Of several Services, or without a server in sight, it may be of something else.
        if !has_cluster || !is_alone {
            finding.sure(Confidence::Medium);
        }
    }
}
