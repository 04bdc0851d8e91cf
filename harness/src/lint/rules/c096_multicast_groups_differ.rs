//! Rule C096, multicast-groups-differ.

use crate::config::read::Element;
use crate::lint::cluster::MembershipKind;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C096",
    name: "multicast-groups-differ",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "nodes with different multicast groups or ports",
    why: "They never meet.",
    bad: r#"<!-- n1 --> <Membership … port="45564"/> <!-- n2 --> <Membership … port="45565"/>"#,
    good: "the same group and port on all nodes",
    evidence: "documentation, config/cluster-membership",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let multicast = |cluster: &&Cluster<'_>| {
            cluster.membership_kind() == MembershipKind::Multicast && cluster.starts_membership() == Some(true)
        };
        let all: Vec<&Cluster<'_>> = group.iter().filter(multicast).collect();
        let Some((first, others)) = all.split_first() else { continue };
        for other in others {
            let (here, there) = (other.membership(), first.membership());
            for (name, default) in [("address", "228.0.0.4"), ("port", "45564")] {
                let value = |membership: Option<Element<'_>>| match membership {
                    None => Some(default.to_owned()),
                    Some(membership) => membership.value_or(name, default).map(|value| value.trim().to_owned()),
                };
                if let (Some(a), Some(b)) = (value(there), value(here))
                    && a != b
                {
                    let message = format!(
                        "the multicast {name} of {} is {b}, that of {} is {a}: they never meet",
                        other.node.name, first.node.name
                    );
                    out.on_value(here.unwrap_or(other.element), name, message)
                        .label(there.unwrap_or(first.element), name, format!("on {}", first.node.name))
                        .help("use the same group on all nodes");
                }
            }
        }
    }
}
