//! Rule C077, two-clusters.

use crate::config::read::Element;
use crate::lint::{Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C077",
    name: "two-clusters",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "two <Cluster> elements in one container, or one in an Engine and one in its Host",
    why: "Of two in one container the last wins without a word; an Engine and its Host with one each run two channels, and one half of the configuration is dead.",
    bad: "<Host …><Cluster …/><Cluster …/></Host>",
    good: "<Host …><Cluster …/></Host>",
    evidence: "ContainerBase.setCluster",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for engine in input.nodes.iter().flat_map(|node| node.engines(input)) {
        let hosts: Vec<Element<'_>> = engine.all("Host").collect();
        for container in hosts.iter().chain([&engine]) {
            let all: Vec<Element<'_>> = container.all("Cluster").collect();
            if let [lost @ .., last] = all.as_slice() {
                for cluster in lost {
                    out.on(*cluster, format!("the {} has another Cluster, which replaces this one", container.name()))
                        .label(*last, "className", "this one counts");
                }
            }
        }
        for cluster in hosts.iter().chain([&engine]).flat_map(|container| container.all("Cluster")) {
            two_parts(out, cluster);
        }
        let of_host = hosts.iter().find_map(|host| host.child("Cluster"));
        if let (Some(outer), Some(inner)) = (engine.child("Cluster"), of_host) {
            out.on(inner, "the Engine has a Cluster too: two channels run in one server")
                .at_most(Severity::Warning)
                .label(outer, "className", "the Engine's");
        }
    }
}

/// Parts of which a cluster takes one: of two, the last.
fn two_parts(out: &mut Findings<'_>, cluster: Element<'_>) {
    let inner = cluster.all("Channel").flat_map(Element::children);
    let parts: Vec<Element<'_>> = cluster.children().chain(inner).collect();
    for name in ["Channel", "Manager", "Deployer", "Membership", "Receiver", "Sender"] {
        let mut later: Option<Element<'_>> = None;
        for part in parts.iter().rev().filter(|part| part.name() == name) {
            match later.filter(|later| later.parent() == part.parent()) {
                Some(last) => {
                    out.on(*part, format!("another `<{name}>` follows, which replaces this one"))
                        .at_most(Severity::Warning)
                        .label(last, "className", "this one counts")
                        .help("leave one");
                }
                None => later = Some(*part),
            }
        }
    }
}
