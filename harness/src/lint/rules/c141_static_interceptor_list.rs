//! Rule C141, static-interceptor-list.

use std::ops::Range;

use crate::config::read::Element;
use crate::lint::cluster::MembershipKind;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C141",
    name: "static-interceptor-list",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "a static list that lacks another node, or has it with another port or uniqueId",
    why: "What a node with StaticMembershipInterceptor changes goes to its list alone; two nodes with StaticMembershipService meet where one of them lists the other; with another uniqueId a node that comes and goes is not noticed.",
    bad: r#"<!-- n1 --> <Member host="10.0.0.2" port="4001" …/> <!-- n2 --> <Receiver address="10.0.0.2" port="4000"/>"#,
    good: r#"<!-- n1 --> <Member host="10.0.0.2" port="4000" …/> <!-- n2 --> <Receiver address="10.0.0.2" port="4000"/>"#,
    evidence: "StaticMembershipInterceptor.getMembers; StaticMembershipProvider.startMembers; MemberImpl.equals; seen in runs",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let listed: Vec<(&Cluster<'_>, Element<'_>)> =
            group.iter().filter_map(|cluster| Some((cluster, the_list(cluster)?))).collect();
        for (cluster, list) in &listed {
            for (other, theirs) in listed.iter().filter(|(other, _)| other.node.name != cluster.node.name) {
                let Some(place) = receiver_of(other) else { continue };
                let Some(members) = of_list(*list, &place) else { continue };
                let Some(member) = members.iter().find(|(_, may_be)| *may_be).map(|(member, _)| *member) else {
                    let is_service = cluster.membership_kind() == MembershipKind::Static;
                    let back = receiver_of(cluster).and_then(|place| of_list(*theirs, &place));
                    let meet = is_service && back.is_none_or(|all| all.iter().any(|(_, may_be)| *may_be));
                    let what = match (is_service, meet) {
                        (true, true) => {
                            format!("they meet only because {} lists {}", other.node.name, cluster.node.name)
                        }
                        (true, false) => "and neither lists the other: they never meet".to_owned(),
                        (false, _) => format!("what {} changes does not go there", cluster.node.name),
                    };
                    let message = format!(
                        "the list of {} has no `<Member>` at {}:{}, where {} is: {what}",
                        cluster.node.name, place.0, place.1.start, other.node.name
                    );
                    let finding = out.on(*list, message);
                    if meet {
                        finding.at_most(Severity::Warning);
                    }
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

/// The list by which alone a node knows others.
fn the_list<'i>(cluster: &Cluster<'i>) -> Option<Element<'i>> {
    let list = match cluster.membership_kind() {
        // Of one without a `<LocalMember>` the node itself must be on it, and all lists are the same.
        MembershipKind::Static => cluster.membership().filter(|list| list.child("LocalMember").is_some()),
        // Members may also come by multicast.
        _ if cluster.starts_membership() != Some(false) => None,
        _ => cluster.interceptor("StaticMembershipInterceptor").map(|(_, list)| list),
    };
    list.filter(|list| list.child("Member").is_some())
}

/// The members of a list, and whether each may be the node at a place; `None` where nobody knows.
fn of_list<'i>(list: Element<'i>, place: &(&str, Range<i64>)) -> Option<Vec<(Element<'i>, bool)>> {
    list.all("Member").map(|member| of_member(member, place.clone())).collect()
}

/// Where a node's Receiver may be: its address, and the ports that it tries.
fn receiver_of<'i>(cluster: &Cluster<'i>) -> Option<(&'i str, Range<i64>)> {
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
