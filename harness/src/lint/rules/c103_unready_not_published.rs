//! Rule C103, unready-not-published.

use crate::lint::cluster::MembershipKind;
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
    let uses_dns = input.clusters().any(|cluster| cluster.membership_kind() == MembershipKind::Cloud);
    for (file, span) in input.find_in_others("clusterIP: None") {
        let text = &input.files[file].text;
        if uses_dns && !text.contains("publishNotReadyAddresses: true") && !text.contains("tolerate-unready-endpoints")
        {
            out.in_file(file, span, "nodes that are not ready are not resolved")
                .help("set `publishNotReadyAddresses: true`");
        }
    }
}
