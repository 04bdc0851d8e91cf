//! Whenever the cluster is whole, all nodes list the same members: each its living peers, each once.
//!
//! Looks count from a `ClusterFormed` to the next fault or start, and those that it rests on, the last one at each node
//! before it in the same step: in the gap in which a failure is being detected a dead member is listed legitimately.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::super::look::Look;
use super::super::timeline::Whole;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use crate::history::{Event, MemberState, Nanos};
use crate::model::{Endpoints, NodeName, Violation};

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let Some(endpoints) = endpoints(view) else {
        return Judgement::unknown("the history does not contain the nodes' addresses");
    };
    let mut breaches = Vec::new();
    for whole in &view.timeline.whole {
        // Of one instant with it, what was recorded before it belongs to it no more than what came later.
        let behind = |look: &&Look<'_>| whole.from < look.asked || whole.record < look.record;
        let looks = view.looks.iter().filter(|look| whole.covers(look.asked, look.at)).filter(behind);
        let looks = looks_before(view, whole).chain(looks);
        breaches.extend(looks.filter_map(|look| disagrees(look, whole, endpoints)));
    }
    breaches.extend(view.looks.iter().filter_map(|look| forgotten(view, look, endpoints)));
    breaches.extend(view.looks.iter().filter_map(|look| still_listed(view, look, endpoints)));
    breaches.extend(strangers(view, endpoints));
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

pub(super) fn endpoints<'a>(view: &View<'a>) -> Option<&'a Endpoints> {
    let addressed = view.events().filter_map(|(_, _, event)| match event {
        Event::Addressed { endpoints } => Some(endpoints),
        _ => None,
    });
    addressed.last()
}

/// What was seen last of each node before the cluster was said to have formed, in the step that says so.
fn looks_before<'v, 'a>(view: &'v View<'a>, whole: &Whole<'_>) -> impl Iterator<Item = &'v Look<'a>> {
    let begins = view.events().filter(|(_, at, event)| matches!(event, Event::StepBegins { .. }) && *at <= whole.from);
    let from = begins.map(|(_, at, _)| at).last();
    let until = view.looks.partition_point(|look| look.at <= whole.from);
    whole.nodes.iter().filter_map(move |node| {
        let looks = view.looks[..until].iter().rev().filter(|look| look.record < whole.record);
        let mut looks = looks.take_while(|look| from.is_some_and(|from| from <= look.asked));
        looks.find(|look| look.node == node)
    })
}

/// The last looks that a cluster is said to have formed by, where one lists nobody at all: its node formed none.
pub(super) fn alone(view: &View<'_>) -> Vec<Breach> {
    let Some(endpoints) = endpoints(view) else { return vec![] };
    let wholes = view.timeline.whole.iter().filter(|whole| whole.nodes.len() > 1);
    let breaches = wholes.flat_map(|whole| {
        let looks = looks_before(view, whole).filter(|look| look.state.is_some_and(|state| state.members.is_empty()));
        looks.filter_map(|look| disagrees(look, whole, endpoints))
    });
    breaches.collect()
}

/// The first time and the last time that all nodes were there, each must have been seen so by each.
fn earned(view: &View<'_>) -> Result<Judgement, String> {
    let full = |whole: &&Whole<'_>| view.plan.topology.names().all(|node| whole.nodes.contains(node));
    let times: Vec<_> = view.timeline.whole.iter().filter(full).collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return Err("the cluster was never seen whole".to_owned());
    };
    let mut evidence = Vec::new();
    for whole in [first, last] {
        for node in whole.nodes {
            let mut looks = view.looks.iter().filter(|look| look.node == node && look.state.is_some());
            let Some(look) = looks.find(|look| whole.covers(look.asked, look.at)) else {
                return Err(format!(
                    "{node} was not asked for its members after the cluster had formed at {}",
                    whole.from
                ));
            };
            evidence.push(look.record);
        }
    }
    let because = format!("{} nodes listed each other and nobody else", first.nodes.len());
    Ok(Judgement::holds(because).resting_on(Vec::new(), evidence))
}

/// How long after a fault nothing is said of who is listed: so long a failure may take to be detected.
const DETECTED_WITHIN: Duration = Duration::from_secs(30);

/// Two nodes that have lived on for long list each other, whatever befell a third one; until a line is cut or a node frozen.
fn forgotten(view: &View<'_>, look: &Look<'_>, endpoints: &Endpoints) -> Option<Breach> {
    let state = look.state?;
    let since = Nanos(look.asked.0.checked_sub(u64::try_from(DETECTED_WITHIN.as_nanos()).ok()?)?);
    let faults = || view.timeline.faults.iter().filter(|fault| fault.asked < look.at);
    let first = view.timeline.whole.first().filter(|whole| whole.from < since)?;
    let quiet = view.timeline.outlives(look.node, since, look.at) && faults().all(|fault| fault.asked < since);
    if !quiet || faults().any(|fault| fault.kind.is_undone_in_place()) {
        return None;
    }
    let lives_on = |node: &NodeName| view.timeline.up(node, since, look.at).is_some_and(|life| life.first);
    let listed = |node: &NodeName| state.members.iter().any(|member| node_of(member, endpoints) == Some(node));
    let mut peers = first.nodes.iter().filter(|node| *node != look.node && lives_on(node));
    let missing = peers.find(|node| !listed(node)).filter(|_| lives_on(look.node))?;
    let because = format!(
        "{} did not list {missing} at {}; both have lived on since the cluster formed at {}",
        look.node, look.at, first.from
    );
    Some(Breach::shown(look.at, look.record, because).beside(first.record))
}

/// So long a node may have been dead, and somebody list it still.
const FORGOTTEN_WITHIN: Duration = Duration::from_mins(1);

/// A node that lists one whose process had ended long before: each request pays for what cannot be sent there. Nothing is said
/// while something else keeps it from learning that.
fn still_listed(view: &View<'_>, look: &Look<'_>, endpoints: &Endpoints) -> Option<Breach> {
    let state = look.state?;
    let since = Nanos(look.asked.0.checked_sub(u64::try_from(FORGOTTEN_WITHIN.as_nanos()).ok()?)?);
    let disturbed = view.timeline.faults.iter().filter(|fault| fault.kind.is_undone_in_place());
    let mut disturbed =
        disturbed.filter(|fault| fault.asked < look.at && fault.healed.is_none_or(|healed| since < healed));
    if disturbed.next().is_some() || view.timeline.up(look.node, since, look.at).is_none() {
        return None;
    }
    let mut listed = state.members.iter().filter_map(|member| node_of(member, endpoints));
    let dead = listed.find(|node| *node != look.node && view.timeline.dead(node, since, look.at))?;
    let because = format!("{} still listed {dead} at {}, which had ended before {since}", look.node, look.at);
    Some(Breach::shown(look.at, look.record, because).named(Violation::GhostMember))
}

/// Members that are no nodes of the run, as those of another cluster with the same group are: no end of a node brings one. A fault of
/// the membership itself may, and what a node was under another address before.
fn strangers(view: &View<'_>, endpoints: &Endpoints) -> Vec<Breach> {
    let ends = view.timeline.faults.iter().all(|fault| !fault.kind.leaves_it_up());
    let same = view
        .events()
        .all(|(_, _, event)| !matches!(event, Event::Addressed { endpoints: other } if other != endpoints));
    let looks = view.looks.iter().filter(|_| ends && same);
    let breaches = looks.filter_map(|look| {
        let member = look.state?.members.iter().find(|member| node_of(member, endpoints).is_none())?;
        let because = format!(
            "{} listed {}:{} at {}, which is not a node of the run",
            look.node, member.host, member.port, look.at
        );
        Some(Breach::shown(look.at, look.record, because))
    });
    breaches.take(1).collect()
}

fn disagrees(look: &Look<'_>, whole: &Whole<'_>, endpoints: &Endpoints) -> Option<Breach> {
    let state = look.state?;
    let mut listed: BTreeMap<&NodeName, usize> = BTreeMap::new();
    let mut strangers = Vec::new();
    for member in &state.members {
        match node_of(member, endpoints) {
            Some(node) => *listed.entry(node).or_default() += 1,
            None => strangers.push(format!("{}:{}", member.host, member.port)),
        }
    }
    let ghost = Some(Violation::GhostMember);
    let expected: Vec<&NodeName> = whole.nodes.iter().filter(|node| *node != look.node).collect();
    let (violation, wrong) = if let Some(missing) = expected.iter().find(|node| !listed.contains_key(**node)) {
        (None, format!("did not list {missing}"))
    } else if let Some((twice, count)) = listed.iter().find(|(_, count)| **count > 1) {
        (ghost, format!("listed {twice} {count} times: a ghost of an earlier life"))
    } else if let Some(dead) = listed.keys().find(|node| !expected.contains(*node)) {
        (ghost, format!("still listed {dead}, which was not there"))
    } else if let Some(stranger) = strangers.first() {
        (None, format!("listed {stranger}, which is not a node of the run"))
    } else {
        return None;
    };
    Some(Breach {
        violation,
        at: look.at,
        because: format!("{} {wrong} at {}; the cluster is said to have formed at {}", look.node, look.at, whole.from),
        rests_on: Vec::new(),
        evidence: vec![look.record, whole.record],
        unpromised: None,
        session: None,
    })
}

/// The node behind a member. A host is an address, an address as Java prints its bytes, or a name.
pub(super) fn node_of<'a>(member: &MemberState, endpoints: &'a Endpoints) -> Option<&'a NodeName> {
    let address = address(&member.host);
    let mut at_port = endpoints.nodes.iter().filter(|(_, node)| node.receiver_port == member.port);
    let same = |(name, node): &(&NodeName, &crate::model::NodeEndpoints)| match address {
        Some(address) => node.receiver_address == address,
        None => name.as_str() == member.host || (member.host == "localhost" && node.receiver_address.is_loopback()),
    };
    at_port.find(same).map(|(name, _)| name)
}

/// Reads `127.0.0.1` and `{127, 0, 0, 1}`; a byte over 127 is negative in Java.
fn address(host: &str) -> Option<Ipv4Addr> {
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let bytes = host.strip_prefix('{')?.strip_suffix('}')?.split(',').map(|byte| byte.trim().parse::<i16>().ok());
    let bytes: Option<Vec<u8>> =
        bytes.map(|byte| byte.and_then(|byte| u8::try_from(byte.rem_euclid(256)).ok())).collect();
    <[u8; 4]>::try_from(bytes?).ok().map(Ipv4Addr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_a_node_by_its_port_and_its_host() {
        let names = [NodeName::nth(0), NodeName::nth(1)];
        let far = Ipv4Addr::new(198, 18, 0, 1);
        let nodes = names.iter().zip([(Ipv4Addr::LOCALHOST, 4000), (far, 4001)]).map(|(name, (address, port))| {
            let endpoints = crate::model::NodeEndpoints {
                http_address: address,
                http_port: 8080,
                receiver_address: address,
                receiver_port: port,
            };
            (name.clone(), endpoints)
        });
        let endpoints = Endpoints { nodes: nodes.collect(), multicast: None, ..Endpoints::default() };
        for (host, port, found) in [
            ("127.0.0.1", 4000, Some(0)),
            ("localhost", 4000, Some(0)),
            ("n1", 4000, Some(0)),
            ("n1", 4001, None),
            ("127.0.0.1", 4001, None),
            ("198.18.0.1", 4001, Some(1)),
            ("n2", 4001, Some(1)),
            // It is another host's own name.
            ("localhost", 4001, None),
            ("elsewhere", 4000, None),
        ] {
            let member = MemberState { host: host.to_owned(), port, unique_id: None };
            assert_eq!(node_of(&member, &endpoints), found.map(|index: usize| &names[index]), "{host}:{port}");
        }
    }

    #[test]
    fn a_member_is_known_by_address_bytes_or_name() {
        let localhost = Some(Ipv4Addr::LOCALHOST);
        assert_eq!(address("127.0.0.1"), localhost);
        assert_eq!(address("{127, 0, 0, 1}"), localhost);
        assert_eq!(address("{-64, -88, 0, 1}"), Some(Ipv4Addr::new(192, 168, 0, 1)));
        assert_eq!(address("n1"), None);
        assert_eq!(address("{127, 0, 0}"), None);
    }
}
