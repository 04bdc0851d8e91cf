//! Which node each entry of the nodes' lists of members means.

use std::collections::BTreeMap;

use super::{Claims, OwnError};
use crate::model::NodeName;

/// The node of each entry, by `host:port` as it is written.
///
/// An entry is the node whose Receiver has that place. Where Receivers say `auto`: a node that lists all others but one is
/// that one; and what is left is in the order of the lists.
pub(super) fn mapped(nodes: &[(NodeName, Claims)]) -> Result<BTreeMap<String, NodeName>, OwnError> {
    let mut entries: Vec<&String> = vec![];
    for entry in nodes.iter().flat_map(|(_, claims)| &claims.members) {
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    let mut known: BTreeMap<String, NodeName> = BTreeMap::new();
    for (name, claims) in nodes {
        let same = nodes.iter().filter(|(_, other)| other.receiver == claims.receiver).count();
        if same == 1 && entries.contains(&&claims.receiver) {
            known.insert(claims.receiver.clone(), name.clone());
        }
    }
    loop {
        let found =
            nodes.iter().filter(|(name, _)| !known.values().any(|node| node == name)).find_map(|(name, claims)| {
                let mut open =
                    entries.iter().filter(|entry| !known.contains_key(**entry) && !claims.members.contains(entry));
                let only = open.next()?;
                (open.next().is_none() && !claims.members.is_empty()).then(|| ((*only).clone(), name.clone()))
            });
        let Some((entry, name)) = found else { break };
        known.insert(entry, name);
    }
    let open: Vec<&String> = entries.iter().copied().filter(|entry| !known.contains_key(*entry)).collect();
    let free: Vec<NodeName> =
        nodes.iter().map(|(name, _)| name.clone()).filter(|name| !known.values().any(|node| node == name)).collect();
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
