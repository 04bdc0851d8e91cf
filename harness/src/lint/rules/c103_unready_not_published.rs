//! Rule C103, unready-not-published.

use crate::lint::cluster::MembershipKind;
use crate::lint::manifest::Manifest;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C103",
    name: "unready-not-published",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a headless Service for DNS membership without publishNotReadyAddresses",
    why: "A node that is not ready yet is not resolved, and joins late or alone.",
    bad: "kind: Service, clusterIP: None",
    good: "kind: Service, clusterIP: None, publishNotReadyAddresses: true",
    evidence: "Kubernetes API, Service spec",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    if !input.clusters().any(|cluster| cluster.membership_kind() == MembershipKind::Cloud) {
        return;
    }
    let is_published = |manifest: &Manifest<'_>| {
        manifest.says("publishNotReadyAddresses", "true") || manifest.says("tolerate-unready-endpoints", "true")
    };
    for manifest in input.manifests().iter().filter(|manifest| !is_published(manifest)) {
        if let Some(span) = manifest.place("clusterIP", "None") {
            out.in_file(manifest.file, span, "nodes that are not ready are not resolved")
                .help("set `publishNotReadyAddresses: true`");
        }
    }
}
