//! Rule C101, cloud-environment.

use crate::lint::cluster::CloudProvider;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C101",
    name: "cloud-environment",
    severity: Severity::Info,
    confidence: Confidence::Low,
    finds: "a CloudMembershipService whose environment is not set in setenv",
    why: r#"Without KUBERNETES_NAMESPACE the provider does not start, and the node serves alone; the DNS provider looks for the name "tomcat"."#,
    bad: r#"<Membership className="…CloudMembershipService"/> without KUBERNETES_NAMESPACE"#,
    good: "KUBERNETES_NAMESPACE in the environment of the pod",
    evidence: "KubernetesMembershipProvider.init, DNSMembershipProvider.init",
    versions: "9.0.13 and newer",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        let Some(service) = cluster.membership() else { continue };
        let name = match cluster.cloud_provider() {
            Some(CloudProvider::Dns) => "DNS_MEMBERSHIP_SERVICE_NAME",
            Some(CloudProvider::Kubernetes) => "KUBERNETES_NAMESPACE",
            // Nobody knows what another one takes.
            Some(CloudProvider::Other) | None => continue,
        };
        let is_set = |word: &str| {
            cluster.node.scripts.iter().any(|script| script.contains(word)) || !input.find_in_others(word).is_empty()
        };
        if !is_set(name) && !is_set("KUBERNETES_NAMESPACE") && !is_set("OPENSHIFT_KUBE_PING_NAMESPACE") {
            out.on(service, format!("the provider takes `{name}` from the environment, which these files do not set"))
                .help(format!("set {name} for each node"));
        }
    }
}
