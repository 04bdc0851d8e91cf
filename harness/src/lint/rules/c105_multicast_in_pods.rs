//! Rule C105, multicast-in-pods.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C105",
    name: "multicast-in-pods",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "multicast membership on nodes that take their names from a pod",
    why: "The networks of Kubernetes carry no multicast: the nodes never meet.",
    bad: r#"<Engine … jvmRoute="${POD_NAME}"> with a McastService"#,
    good: r#"<Membership className="org.apache.catalina.tribes.membership.cloud.CloudMembershipService"/>"#,
    evidence: "reports of users",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for cluster in input.clusters() {
        if cluster.membership_kind() != MembershipKind::Multicast || cluster.starts_membership() != Some(true) {
            continue;
        }
        let elements = [Some(cluster.engine), cluster.receiver(), cluster.membership()].into_iter().flatten();
        let names = ["POD_NAME", "POD_IP", "KUBERNETES_", "MY_POD"];
        let mut attributes =
            elements.flat_map(|element| element.attributes().iter().map(move |attribute| (element, attribute)));
        if let Some((element, attribute)) =
            attributes.find(|(_, attribute)| names.iter().any(|name| attribute.written.contains(name)))
        {
            out.on(cluster.membership().unwrap_or(cluster.element), "multicast does not reach other pods")
                .label(element, &attribute.name, "a pod's name")
                .help("use a CloudMembershipService");
        }
    }
}
