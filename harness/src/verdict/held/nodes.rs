//! What becomes of the copies when a node breaks, comes back or hears of its peers again.

use super::super::partitions::Partition;
use super::copies::{Node, Seen, greater};
use super::{Floor, Walk};
use crate::history::Nanos;
use crate::model::NodeName;

impl<'w, 'v: 'w> Walk<'w, 'v, '_> {
    /// A node can no longer be relied on: its process ended, or it was frozen with what it held.
    pub(super) fn broke(&mut self, node: &'w NodeName, ends: bool, at: Nanos) {
        let there = self.nodes.remove(node);
        if let Some(there) = &there {
            let held = there.acknowledged().map_or(0, |floor| floor.count);
            let known = self.dying.entry(node).or_default();
            *known = held.max(*known);
        }
        self.owner = self.owner.filter(|owner| *owner != node);
        // When it comes back it has what another one had, which need not be all.
        self.source = self.source.filter(|source| !ends || *source != node);
        if !ends && there.is_some() {
            // It was frozen with what it held, and misses what is sent meanwhile.
            self.nodes.insert(node, Node::default());
        }
        self.coming.remove(node);
        if self.run.replicates_to_all() {
            let alive = self.nodes.keys().any(|other| *other != node);
            if there.is_some() && !alive {
                self.no_copy_since = Some(at);
            }
        } else {
            self.broken.insert(node);
            if self.broken.len() > 1 {
                self.nodes.clear();
                self.coming.clear();
                self.no_copy_since = Some(at);
            }
        }
        if self.run.waits || !self.run.replicates_to_all() {
            let shown = self.nodes.values().filter_map(|here| here.seen.and_then(Seen::acknowledged));
            let shown = shown.map(|seen| seen.floor).max_by_key(|floor| floor.count);
            for here in self.nodes.iter_mut().filter(|(other, _)| **other != node).map(|(_, here)| here) {
                // Not more than what reached it itself.
                let reached = here.acknowledged().map_or(0, |floor| floor.count);
                let shown = shown.map(|floor| Floor { count: floor.count.min(reached), ..floor });
                here.shared = greater(here.shared, shown.filter(|floor| floor.count > 0));
            }
        }
    }

    /// Whether a look shows, on another node than the one that answered last, all that had been acknowledged: behind the end of one
    /// node `BackupManager` has made another copy, so the next one may end.
    pub(super) fn is_another_copy(&self, place: usize) -> bool {
        let replica = &self.session.replicas[place];
        let due = i64::try_from(self.session.acknowledged_before(replica.asked)).unwrap_or(i64::MAX);
        let whole = replica.content.count.is_some_and(|count| due <= count);
        let other = self.owner.is_some_and(|owner| owner != replica.node);
        whole && other && !replica.primary && !self.broken.contains(replica.node)
    }

    /// After a partition each `BackupManager` takes itself for the owner of what was asked for meanwhile, and publishes what
    /// it has as soon as the others are back.
    pub(super) fn healed(&mut self, at: Nanos) {
        if self.run.replicates_to_all() {
            return;
        }
        let over = self.run.partitions.iter().filter(|partition| partition.until == at || partition.healed == Some(at));
        let asked = |partition: &Partition<'_>| {
            let mut operations = self.session.operations.iter().map(|index| &self.run.operations[*index]);
            operations.any(|operation| self.is_asked_in(partition, operation))
        };
        if over.into_iter().any(asked) {
            self.nodes.clear();
            self.unmerged = true;
        }
    }

    /// A process began, and will take over what its peers have now.
    pub(super) fn began(&mut self, node: &'w NodeName, at: Nanos) {
        let peers = self.run.plan.topology.names().filter(|peer| *peer != node);
        let mut peers = peers.filter(|peer| self.run.timeline.up(peer, at, at).is_some());
        // It asks one of them only, and nobody knows which.
        let all = peers.all(|peer| self.nodes.contains_key(peer));
        let held: Vec<&Node> = self.nodes.iter().filter(|(peer, _)| **peer != node).map(|(_, held)| held).collect();
        let shown = held.iter().map(|held| held.seen.and_then(Seen::acknowledged).map(|seen| seen.floor));
        // What one was seen to hold has come to all where it was waited for.
        let shown = if self.run.waits {
            shown.flatten().max_by_key(|floor| floor.count)
        } else {
            shown.min_by_key(|floor| floor.map_or(0, |floor| floor.count)).flatten()
        };
        let least =
            held.iter().map(|held| held.acknowledged().map_or(0, |floor| floor.count)).min().unwrap_or_default();
        let coming = (all && !held.is_empty()).then(|| Node {
            value: held.iter().map(|held| held.value).min_by_key(|value| value.map(|floor| floor.count)).flatten(),
            increments: held.iter().map(|held| held.increments).min().unwrap_or_default(),
            seen: None,
            shared: shown.map(|floor| Floor { count: floor.count.min(least), ..floor }),
            joined: None,
            most: None,
        });
        self.coming.insert(node, coming);
        self.dying.remove(node);
    }

    /// A node was said to hold what its peers hold.
    pub(super) fn joined(&mut self, node: &'w NodeName) {
        let Some(Some(coming)) = self.coming.remove(node) else { return };
        let held = self.nodes.iter().filter(|(peer, _)| **peer != node);
        let held = held.map(|(_, held)| greater(held.acknowledged(), held.seen()));
        let joined = held.min_by_key(|floor| floor.map_or(0, |floor| floor.count)).flatten();
        self.nodes.insert(node, Node { joined, ..coming });
        let peers: Vec<&NodeName> = self.nodes.keys().copied().filter(|peer| *peer != node).collect();
        for doubt in &mut self.doubts {
            if !peers.is_empty() && peers.iter().all(|peer| doubt.cleared.contains(peer)) {
                doubt.cleared.insert(node);
            }
        }
    }
}
