//! Which node each entry of the nodes' lists of members means.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use super::{Claims, OwnError};
use crate::model::{NodeName, OwnConfiguration};

/// How many ports a Receiver tries from its own on, where that is taken: `ReceiverBase.autoBind`.
const AUTO_BIND: u16 = 100;

/// What one node says of one cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed<'a> {
    pub(super) node: &'a NodeName,
    /// `host:port` of its Receiver.
    pub(super) receiver: &'a String,
    /// `host:port` of each entry of its lists.
    pub(super) members: &'a [String],
}

/// What the entries mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mapped {
    /// The node of each entry, by `host:port` as it is written.
    pub(super) known: BTreeMap<String, NodeName>,
    /// Entries that are no node's Receiver.
    pub(super) absent: Vec<String>,
    /// Those of them at the address of a node's Receiver, under another port.
    pub(super) mistaken: Vec<String>,
}

/// The node of each entry.
///
/// An entry is the node whose Receiver has that place, and none where no Receiver can have it. Where Receivers say `auto` or
/// hosts have names: a node that lists all others but one is that one; and what is left is in the order of the lists.
pub(super) fn mapped(nodes: &[Listed<'_>]) -> Result<Mapped, OwnError> {
    let mut all: Vec<&String> = vec![];
    for entry in nodes.iter().flat_map(|listed| listed.members) {
        if !all.contains(&entry) {
            all.push(entry);
        }
    }
    let can_be = |entry: &str, node: &Listed<'_>| can_be(entry, node, nodes, &all);
    let (entries, absent): (Vec<&String>, Vec<&String>) =
        all.iter().partition(|entry| nodes.iter().any(|node| can_be(entry, node)));
    let mut known: BTreeMap<String, NodeName> = BTreeMap::new();
    for entry in &entries {
        let mut of_place = nodes.iter().filter(|listed| is_same(listed.receiver, entry));
        if let (Some(listed), None) = (of_place.next(), of_place.next()) {
            known.insert((*entry).clone(), listed.node.clone());
        }
    }
    // Who lists all its peers, and one more, lists a node that is not run.
    let lists_all = |listed: &Listed<'_>| {
        let is_listed = |peer: &Listed<'_>| listed.members.iter().any(|entry| known.get(entry) == Some(peer.node));
        nodes.iter().filter(|peer| peer.node != listed.node).all(is_listed)
    };
    let further = absent.iter().filter(|entry| nodes.iter().any(|it| it.members.contains(entry) && lists_all(it)));
    if entries.len() + further.count() > nodes.len() {
        return Err(OwnError::MoreMembers {
            members: all.iter().map(ToString::to_string).collect(),
            nodes: nodes.len(),
        });
    }
    loop {
        let found = nodes.iter().filter(|listed| !known.values().any(|node| node == listed.node)).find_map(|listed| {
            let mut open =
                entries.iter().filter(|entry| !known.contains_key(**entry) && !listed.members.contains(entry));
            let only = open.next().filter(|entry| can_be(entry, listed))?;
            (open.next().is_none() && !listed.members.is_empty()).then(|| ((*only).clone(), listed.node.clone()))
        });
        let Some((entry, name)) = found else { break };
        known.insert(entry, name);
    }
    let open: Vec<&String> = entries.iter().copied().filter(|entry| !known.contains_key(*entry)).collect();
    let mut free: Vec<&Listed<'_>> =
        nodes.iter().filter(|listed| !known.values().any(|node| node == listed.node)).collect();
    // Of fewer entries than nodes each is a peer of the first.
    let behind = free.len().saturating_sub(open.len());
    free.rotate_left(behind);
    for entry in open {
        // Two names of one node are left where no other can have the second.
        let at = free.iter().position(|listed| can_be(entry, listed));
        let node = at.map(|at| free.remove(at)).or_else(|| nodes.iter().find(|listed| can_be(entry, listed)));
        known.extend(node.map(|listed| (entry.clone(), listed.node.clone())));
    }
    let mistaken = absent.iter().filter(|entry| nodes.iter().any(|node| is_at(entry, node)));
    let mistaken = mistaken.map(|entry| (*entry).clone()).collect();
    Ok(Mapped { known, absent: absent.into_iter().cloned().collect(), mistaken })
}

/// Whether an entry names the very address that a node's Receiver is bound to, on a machine of its own.
fn is_at(entry: &str, node: &Listed<'_>) -> bool {
    let (said, bound) = (address(split(entry).0), address(split(node.receiver).0));
    said.is_some_and(|said| !said.is_loopback() && !said.is_unspecified() && bound == Some(said))
}

/// Whether two places are the same as they are written.
fn is_same(place: &str, other: &str) -> bool {
    let (one, two) = (split(place), split(other));
    let is_host = match (address(one.0), address(two.0)) {
        (Some(one), Some(two)) => one == two,
        _ => one.0.eq_ignore_ascii_case(two.0),
    };
    is_host && one.1 == two.1
}

/// Whether a Receiver may be where an entry says. Names of hosts, `auto` and what is not resolved may be anywhere.
fn can_be(entry: &str, node: &Listed<'_>, nodes: &[Listed<'_>], entries: &[&String]) -> bool {
    let ((host, port), (at, receives)) = (split(entry), split(node.receiver));
    // One file for all says one address of several nodes.
    let is_shared = nodes.iter().any(|other| other.node != node.node && other.receiver == node.receiver);
    let bound = address(at).filter(|it| !it.is_unspecified() && !is_shared);
    if let (Some(said), Some(bound)) = (address(host), bound)
        && said != bound
    {
        return false;
    }
    let (Ok(port), Ok(receives)) = (port.parse::<u16>(), receives.parse::<u16>()) else { return true };
    if port == receives {
        return true;
    }
    // Of nodes on one machine the second takes the next port.
    let on_one_machine = address(host).is_some_and(|it| it.is_loopback())
        || entries.iter().any(|other| split(other).0 == host && other.as_str() != entry);
    let has_rival = bound.is_none()
        && nodes.iter().any(|other| other.node != node.node && split(other.receiver).1 == split(node.receiver).1);
    on_one_machine && has_rival && (receives..receives.saturating_add(AUTO_BIND)).contains(&port)
}

/// Host and port.
fn split(place: &str) -> (&str, &str) {
    place.rsplit_once(':').unwrap_or((place, ""))
}

fn address(host: &str) -> Option<IpAddr> {
    if host.eq_ignore_ascii_case("localhost") {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// What the mapping rests on, in words: entries that are no node's Receiver, and those that are a node's by their port, their
/// list or their order alone.
pub fn member_notes(own: &OwnConfiguration, claims: &[(NodeName, Claims)]) -> Vec<String> {
    let mut notes = vec![];
    let mut tell = |node: &NodeName,
                    entry: &String,
                    (known, absent): (&BTreeMap<String, NodeName>, &Vec<String>),
                    of| {
        if absent.contains(entry) {
            notes.push(format!("{node}'s Member {entry} is no node's Receiver: here nobody listens in its place"));
            return;
        }
        let Some(meant) = known.get(entry) else { return };
        let receiver: Option<&String> =
            claims.iter().find(|(name, _)| name == meant).and_then(|(_, it)| receiver_of(it, of));
        if let Some(receiver) = receiver.filter(|receiver| !is_same(receiver, entry)) {
            notes.push(format!("the Member {entry} is taken to be {meant}, whose Receiver is {receiver} in its file"));
        }
    };
    for (node, said) in claims {
        for entry in &said.members {
            tell(node, entry, (&own.members, &own.absent), None);
        }
        for other in &said.others {
            let Some(mapped) = own.other_clusters.iter().find(|mapped| mapped.place == other.place) else { continue };
            for entry in &other.members {
                tell(node, entry, (&mapped.members, &mapped.absent), Some(&other.place));
            }
        }
    }
    let mut told = BTreeSet::new();
    notes.retain(|note| told.insert(note.clone()));
    notes
}

/// The Receiver of the asked Cluster, or of the one in this place.
fn receiver_of<'c>(claims: &'c Claims, place: Option<&String>) -> Option<&'c String> {
    match place {
        None => Some(&claims.receiver),
        Some(place) => claims.others.iter().find(|other| other.place == *place).map(|other| &other.receiver),
    }
}
