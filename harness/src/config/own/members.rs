//! Which node each entry of the nodes' lists of members means.

use std::collections::BTreeMap;

use super::OwnError;
use crate::model::NodeName;

/// What one node says of one cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed<'a> {
    pub(super) node: &'a NodeName,
    /// `host:port` of its Receiver.
    pub(super) receiver: &'a String,
    /// `host:port` of each entry of its lists.
    pub(super) members: &'a [String],
}

/// The node of each entry, by `host:port` as it is written.
///
/// An entry is the node whose Receiver has that place. Where Receivers say `auto`: a node that lists all others but one is
/// that one; and what is left is in the order of the lists.
pub(super) fn mapped(nodes: &[Listed<'_>]) -> Result<BTreeMap<String, NodeName>, OwnError> {
    let mut entries: Vec<&String> = vec![];
    for entry in nodes.iter().flat_map(|listed| listed.members) {
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    let mut known: BTreeMap<String, NodeName> = BTreeMap::new();
    for listed in nodes {
        let same = nodes.iter().filter(|other| other.receiver == listed.receiver).count();
        if same == 1 && entries.contains(&listed.receiver) {
            known.insert(listed.receiver.clone(), listed.node.clone());
        }
    }
    loop {
        let found = nodes.iter().filter(|listed| !known.values().any(|node| node == listed.node)).find_map(|listed| {
            let mut open =
                entries.iter().filter(|entry| !known.contains_key(**entry) && !listed.members.contains(entry));
            let only = open.next()?;
            (open.next().is_none() && !listed.members.is_empty()).then(|| ((*only).clone(), listed.node.clone()))
        });
        let Some((entry, name)) = found else { break };
        known.insert(entry, name);
    }
    let open: Vec<&String> = entries.iter().copied().filter(|entry| !known.contains_key(*entry)).collect();
    let free: Vec<NodeName> = nodes
        .iter()
        .map(|listed| listed.node.clone())
        .filter(|name| !known.values().any(|node| node == name))
        .collect();
    if open.len() > free.len() {
        return Err(OwnError::MoreMembers {
            members: entries.iter().map(ToString::to_string).collect(),
            nodes: nodes.len(),
        });
    }
    // Of fewer entries than nodes each is a peer of the first.
    let behind = free.len() - open.len();
    known.extend(open.into_iter().cloned().zip(free.into_iter().skip(behind)));
    Ok(known)
}
