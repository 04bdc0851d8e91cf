//! Rule C107, no-kubernetes-labels.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C107",
    name: "no-kubernetes-labels",
    severity: Severity::Info,
    confidence: Confidence::Low,
    finds: "Kubernetes membership without KUBERNETES_LABELS",
    why: "Every running pod of the namespace is a member, whatever runs in it.",
    bad: r#"<Membership className="…CloudMembershipService"/> without KUBERNETES_LABELS"#,
    good: "KUBERNETES_LABELS=app=shop",
    evidence: "KubernetesMembershipProvider.fetchMembers; runs on Tomcat 10.1: scenarios/kubernetes/foreign-pod-without-detector.toml",
    versions: "9.0.13 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters().filter(|cluster| cluster.membership_kind() == MembershipKind::Cloud) {
        let Some(service) = cluster.membership() else { continue };
        let provider = service.value_or("membershipProviderClassName", "kubernetes").unwrap_or_default();
        let is_kubernetes =
            provider.eq_ignore_ascii_case("kubernetes") || provider.ends_with("KubernetesMembershipProvider");
        let names = ["KUBERNETES_LABELS", "OPENSHIFT_KUBE_PING_LABELS"];
        let is_set = |word: &&str| {
            cluster.node.scripts.iter().any(|script| script.contains(*word)) || !input.find_in_others(word).is_empty()
        };
        if is_kubernetes && !names.iter().any(is_set) {
            out.on(service, "every running pod of the namespace becomes a member")
                .help("set KUBERNETES_LABELS, for example to `app=shop`");
        }
    }
}
