//! Rule C073, multicast-in-containers.

use crate::lint::cluster::MembershipKind;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C073",
    name: "multicast-in-containers",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "multicast membership together with a manifest of containers whose network has no multicast",
    why: "Overlay networks and Kubernetes networks carry no multicast: the nodes never meet.",
    bad: r#"driver: overlay, with <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"/>"#,
    good: "a StaticMembershipService, or a CloudMembershipService",
    evidence: "documentation of Docker's overlay driver; libnetwork issue 552",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let words = [("driver", "overlay"), ("kind", "Deployment"), ("kind", "StatefulSet"), ("kind", "DaemonSet")];
    let manifests = input.manifests();
    let mut places =
        words.iter().flat_map(|(key, value)| manifests.iter().map(move |it| (it.file, it.place(key, value))));
    let Some((file, span)) = places.find_map(|(file, place)| Some((file, place?))) else { return };
    for cluster in input.clusters().filter(|cluster| {
        cluster.membership_kind() == MembershipKind::Multicast && cluster.starts_membership() == Some(true)
    }) {
        let place = cluster.membership().unwrap_or(cluster.element);
        let finding = out.on(place, "members find each other by multicast, which this network does not carry");
        finding.labels.push(crate::lint::Label { file, span: span.clone(), text: "the network".to_owned() });
        finding.help("use a StaticMembershipService or a CloudMembershipService");
    }
}
