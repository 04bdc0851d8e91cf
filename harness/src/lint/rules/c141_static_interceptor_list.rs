//! Rule C141, static-interceptor-list.

use std::ops::Range;

use crate::config::read::Element;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C141",
    name: "static-interceptor-list",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a StaticMembershipInterceptor whose list lacks another node, or has it with another uniqueId",
    why: "What this node changes does not go to the other one, though the other way it does; with another uniqueId a node that comes and goes is not noticed.",
    bad: r#"<!-- n1 --> <Member host="10.0.0.2" port="4001" …/> <!-- n2 --> <Receiver address="10.0.0.2" port="4000"/>"#,
    good: r#"<!-- n1 --> <Member host="10.0.0.2" port="4000" …/> <!-- n2 --> <Receiver address="10.0.0.2" port="4000"/>"#,
    evidence: "StaticMembershipInterceptor.getMembers; MemberImpl.equals",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let listed: Vec<(&Cluster<'_>, Element<'_>)> = group
            .iter()
            .filter_map(|cluster| Some((cluster, cluster.interceptor("StaticMembershipInterceptor")?.1)))
            .collect();
        for (cluster, list) in &listed {
            // Members may also come by multicast.
            if cluster.starts_membership() != Some(false) || list.child("Member").is_none() {
                continue;
            }
            for (other, theirs) in listed.iter().filter(|(other, _)| other.node.name != cluster.node.name) {
                let Some(place) = place(other) else { continue };
                let Some(members) =
                    list.all("Member").map(|member| of_member(member, place.clone())).collect::<Option<Vec<_>>>()
                else {
                    continue;
                };
                let Some(member) = members.iter().find(|(_, may_be)| *may_be).map(|(member, _)| *member) else {
                    let message = format!(
                        "the list of {} has no `<Member>` at {}:{}, where {} is: what {} changes does not go there",
                        cluster.node.name, place.0, place.1.start, other.node.name, cluster.node.name
                    );
                    let finding = out.on(*list, message);
                    finding.help("list the address and the port of each other node's Receiver");
                    if let Some(receiver) = other.receiver() {
                        finding.label(receiver, "port", format!("the Receiver of {}", other.node.name));
                    }
                    continue;
                };
                let id = |element: Element<'_>| super::c042_unique_id::bytes(element.value("uniqueId")?).ok();
                let Some(local) = theirs.child("LocalMember") else { continue };
                if id(member).zip(id(local)).is_some_and(|(listed, own)| listed != own) {
                    let message = format!(
                        "{} lists {} with another uniqueId than that of its LocalMember: its notices are not understood",
                        cluster.node.name, other.node.name
                    );
                    out.on_value(member, "uniqueId", message)
                        .at_most(Severity::Warning)
                        .label(local, "uniqueId", format!("of {}", other.node.name))
                        .help("list each node with the uniqueId of its own `<LocalMember>`");
                }
            }
        }
    }
}

/// Where a node's Receiver may be: its address, and the ports that it tries.
fn place<'i>(cluster: &Cluster<'i>) -> Option<(&'i str, Range<i64>)> {
    let (address, port) = cluster.receiver_place()?;
    Some((address, port..port + cluster.auto_bind()?))
}

/// A member, and whether it may be the node at a place; `None` where nobody knows.
fn of_member<'i>(member: Element<'i>, (address, ports): (&str, Range<i64>)) -> Option<(Element<'i>, bool)> {
    let (host, port) = (member.value("host")?.trim(), member.number("port", -1)?);
    let parsed = |text: &str| text.parse::<std::net::IpAddr>().ok();
    let may_be_same = match parsed(host).zip(parsed(address)) {
        Some((host, address)) => {
            host == address || host.is_loopback() && address.is_loopback() || address.is_unspecified()
        }
        None => true,
    };
    Some((member, may_be_same && ports.contains(&port)))
}
