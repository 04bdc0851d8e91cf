//! Rule C103, unready-not-published.

use crate::lint::cluster::CloudProvider;
use crate::lint::manifest::{Manifest, are_ready_at_once};
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C103",
    name: "unready-not-published",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a headless Service for DNS membership without publishNotReadyAddresses",
    why: "A node that is not ready yet is not resolved: the others find it when it is ready, or by its first message.",
    bad: "kind: Service, clusterIP: None",
    good: "kind: Service, clusterIP: None, publishNotReadyAddresses: true",
    evidence: "Kubernetes API, Service spec; DNSMembershipProvider.fetchMembers. KubernetesMembershipProvider asks no Service",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let manifests = input.manifests();
    let asks_dns = input.clusters().any(|cluster| cluster.cloud_provider() == Some(CloudProvider::Dns));
    if !asks_dns || are_ready_at_once(&manifests) {
        return;
    }
    let is_published = |manifest: &Manifest<'_>| {
        manifest.says("publishNotReadyAddresses", "true") || manifest.says("tolerate-unready-endpoints", "true")
    };
    for manifest in manifests.iter().filter(|manifest| !is_published(manifest)) {
        if let Some(span) = manifest.place("clusterIP", "None") {
            out.in_file(manifest.file, span, "nodes that are not ready are not resolved")
                .help("set `publishNotReadyAddresses: true`");
        }
    }
}
