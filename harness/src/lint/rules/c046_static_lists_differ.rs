//! Rule C046, static-lists-differ.

use crate::config::read::Element;
use crate::lint::cluster::MembershipKind;
use crate::lint::{Cluster, Confidence, Findings, Input, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C046",
    name: "static-lists-differ",
    severity: Severity::Error,
    confidence: Confidence::High,
    finds: "nodes whose static lists, names of Hosts or places of the Cluster differ",
    why: "They see a part of the cluster; the names of their session managers (localhost#/app or /app) and of the channel do not match, and nothing is replicated.",
    bad: "<!-- n1 --> <Engine …><Cluster …/></Engine>
<!-- n2 --> <Host …><Cluster …/></Host>",
    good: "<!-- both --> <Host …><Cluster …/></Host>",
    evidence: "SimpleTcpCluster.getManagerName; StaticMembershipService: the name of the channel is that of the container; runs: it is enough that one lists the other; Hosts of other names: Context manager doesn't exist",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for group in input.groups() {
        let Some((first, others)) = group.split_first() else { continue };
        for other in others {
            let (a, b) = (container(first), container(other));
            if a.0 != b.0 {
                let message = format!(
                    "the Cluster of {} stands in a {}, that of {} in a {}: their sessions never meet",
                    other.node.name, b.0, first.node.name, a.0
                );
                out.on(other.element, message).label(first.element, "className", format!("on {}", first.node.name));
            } else if first.membership_kind() == MembershipKind::Static && a.1.is_some() && b.1.is_some() && a.1 != b.1
            {
                let message = format!(
                    "the {} of {} has another name than that of {}: their channels do not answer each other",
                    a.0, other.node.name, first.node.name
                );
                out.on(other.element, message).label(first.element, "className", format!("on {}", first.node.name));
            }
            if let Some((host, name, known, is_one_common)) = other_host(first, other) {
                let message = format!(
                    "the Host of {} is `{name}`, that of {} is `{known}`: the names of their sessions' managers do not match, and nothing of these Hosts is replicated",
                    other.node.name, first.node.name
                );
                let finding = out.on_value(host, "name", message);
                // Beside Hosts that all have, one of its own may serve apps of its own.
                if is_one_common {
                    finding.at_most(Severity::Warning).sure(Confidence::Low);
                }
                finding
                    .label(first.element, "className", format!("the cluster of {}", first.node.name))
                    .help("use the same names of Hosts on all nodes; an `<Alias>` gives a node a name of its own");
            }
            if first.membership_kind() == MembershipKind::Static && other.membership_kind() == MembershipKind::Static {
                other_ids(out, first, other);
            }
            let (here, there) = (members(other), members(first));
            // One that has a `<LocalMember>` need not list itself.
            let local = [first, other]
                .iter()
                .any(|cluster| cluster.static_lists().into_iter().any(|list| list.child("LocalMember").is_some()));
            if !local
                && first.membership_kind() == MembershipKind::Static
                && other.membership_kind() == MembershipKind::Static
                && here != there
            {
                let Some(list) = other.membership() else { continue };
                let finding =
                    out.on(list, format!("the static list of {} is not that of {}", other.node.name, first.node.name));
                finding.at_most(Severity::Warning).help("use the same list on all nodes");
                if let Some(place) = first.membership() {
                    finding.label(place, "className", format!("the list of {}", first.node.name));
                }
            }
        }
    }
}

fn container<'i>(cluster: &Cluster<'i>) -> (&'static str, Option<&'i str>) {
    cluster.host.map_or(("Engine", cluster.engine.value("name")), |host| ("Host", host.value("name")))
}

/// Of two clusters in Engines, whose managers are named by their Host: a Host that is not on the first, which has others, and
/// whether both have another one.
fn other_host<'i>(first: &Cluster<'i>, other: &Cluster<'i>) -> Option<(Element<'i>, &'i str, &'i str, bool)> {
    if first.host.is_some() || other.host.is_some() {
        return None;
    }
    let hosts = |cluster: &Cluster<'i>| -> Option<Vec<(Element<'i>, &'i str)>> {
        cluster.hosts().into_iter().map(|host| Some((host, host.value("name")?))).collect()
    };
    let (theirs, own) = (hosts(first)?, hosts(other)?);
    let lacks = |all: &[(Element<'i>, &'i str)], name: &str| all.iter().all(|(_, it)| !it.eq_ignore_ascii_case(name));
    let (_, known) = theirs.iter().find(|(_, name)| lacks(&own, name))?;
    let (host, name) = own.iter().find(|(_, name)| lacks(&theirs, name))?;
    Some((*host, *name, *known, own.iter().any(|(_, name)| !lacks(&theirs, name))))
}

/// Members that both list, each with another uniqueId: `MemberImpl.equals` compares it, too.
fn other_ids(out: &mut Findings<'_>, first: &Cluster<'_>, other: &Cluster<'_>) {
    let id = |member: Element<'_>| member.value("uniqueId").map(|id| id.trim().replace(['{', '}'], ""));
    let known = first.static_members();
    for member in other.static_members() {
        let place = |member: Element<'_>| Some((member.value("host")?.to_owned(), member.value("port")?.to_owned()));
        let same = known.iter().copied().find(|it| place(*it).is_some() && place(*it) == place(member));
        let Some(same) = same.filter(|same| id(*same).is_some() && id(member).is_some() && id(*same) != id(member))
        else {
            continue;
        };
        let message = format!(
            "{} lists the member with another uniqueId than {} does: one of them takes it for a stranger",
            other.node.name, first.node.name
        );
        out.on_value(member, "uniqueId", message)
            .at_most(Severity::Warning)
            .label(same, "uniqueId", format!("on {}", first.node.name))
            .help("use the same list on all nodes");
    }
}

fn members<'i>(cluster: &Cluster<'i>) -> Vec<(Option<&'i str>, Option<&'i str>)> {
    let mut members: Vec<_> =
        cluster.static_members().iter().map(|member| (member.value("host"), member.value("port"))).collect();
    members.sort_unstable();
    members
}
