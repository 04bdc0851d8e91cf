//! What a node was seen to show, and the most that anybody can show.

use super::super::timeline::ON_ITS_WAY;
use super::copies::Seen;
use super::{By, Floor, Walk};
use crate::history::Nanos;
use crate::model::NodeName;
use crate::model::plan::AppRequest;

impl<'w, 'v: 'w> Walk<'w, 'v, '_> {
    /// Takes over what a node showed.
    pub(super) fn shown(&mut self, node: &'w NodeName, (from, to): (Nanos, Nanos), floor: Floor) {
        // What comes from one node only comes in its order, and never falls.
        let elsewhere = |index: &&usize| self.run.operations[**index].node != node;
        let contested = self.acting.iter().filter(elsewhere).any(|index| self.contested.contains(index));
        let settled = self.run.timeline.settled(node, from, to);
        let own = self.acting.len();
        let best = self.best.map_or(0, |best| best.count);
        let alone = self.run.is_alone(node, from, to);
        // Nothing is on its way to it that it lacks.
        let all = (settled && !self.was_partitioned(to))
            || (self.run.timeline.reachable(node, from, to)
                && (alone || (self.greatest <= floor.count && to < self.unheard)));
        let exact = all && self.quiet(node, from, to) && (self.run.waits || self.has_come(node, from));
        self.greatest = self.greatest.max(floor.count);
        if alone {
            self.source = Some(node);
        }
        if self.over <= from && self.is_source(node, from, to) {
            self.at_most(floor.count, node);
        }
        let Some(here) = self.nodes.get_mut(node).filter(|_| !contested) else { return };
        let seen = Seen { floor, acknowledged: best };
        let looked = matches!(floor.by, By::Look(_));
        let better = |known: &Seen| known.floor.count > floor.count || (known.floor.count == floor.count && !looked);
        here.seen = Some(here.seen.filter(better).unwrap_or(seen));
        if exact && self.over <= from {
            let most = floor.count + i64::try_from(own).unwrap_or(i64::MAX);
            here.most = Some(here.most.map_or(most, |known| known.min(most)));
        }
    }

    /// Whether what a node shows from `from` to `to` is the most that anybody has: all copies come from it, or it has what all
    /// have, and of what others had written nothing is on its way any more.
    pub(super) fn is_source(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        self.has_come(node, from)
            && (self.source == Some(node) || self.has_what_all_have(node, from, to))
            // A `BackupManager` may publish what it had before, and all others hold more then.
            && (self.run.replicates_to_all() || !self.was_partitioned(to))
    }

    /// Whether a node was with all others all the time, nobody else counts, and what was written came to all.
    fn has_what_all_have(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        let timeline = &self.run.timeline;
        let came_to_all = |(of, since): (&&'w NodeName, &Nanos)| {
            // It has itself what it wrote in this life.
            to < *since || (**of == *node && timeline.outlives(node, *since, to))
        };
        timeline.settled(node, from, to)
            && !self.was_partitioned(to)
            && self.quiet(node, from, to)
            && self.cut_short.iter().all(came_to_all)
    }

    /// Whether of what increments on other nodes wrote nothing is on its way to a node any more.
    fn has_come(&self, node: &NodeName, from: Nanos) -> bool {
        let mut others = self.acted_until.iter().filter(|(other, _)| **other != node);
        others.all(|(_, until)| ON_ITS_WAY <= from.since(*until))
    }

    /// Nobody has more than a node shows, and what is under way comes to it.
    pub(super) fn at_most(&mut self, count: i64, node: &'w NodeName) {
        let most = count + i64::try_from(self.acting.len()).unwrap_or(i64::MAX);
        if self.most.is_none_or(|known| most <= known) {
            (self.most, self.base) = (Some(most), Some((count, node, self.acting.iter().copied().collect())));
        }
    }

    /// Whether a split had begun by an instant.
    pub(super) fn was_partitioned(&self, by: Nanos) -> bool {
        self.run.partitions.iter().any(|partition| partition.from < by)
    }

    /// The most that a node can show.
    pub(super) fn most_on(&self, node: &NodeName) -> Option<i64> {
        let here = self.nodes.get(node).and_then(|here| here.most);
        match (self.most, here) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// The latest instant from which on an increment must have been made: its node was looked at meanwhile and had not counted
    /// so far.
    pub(super) fn counted_since(&self, index: usize, count: i64) -> Nanos {
        let operation = &self.run.operations[index];
        let replicas = &self.session.replicas;
        let ended = replicas.partition_point(|replica| Some(replica.at) < operation.completed);
        let during = replicas[..ended].iter().rev().take_while(|replica| operation.invoked < replica.at);
        let before = during.filter(|replica| {
            replica.node == operation.node && replica.content.count.is_some_and(|shown| shown < count)
        });
        before.map(|replica| replica.asked).max().map_or(operation.invoked, |asked| asked.max(operation.invoked))
    }

    /// Whether no increment of another node may have changed what a node showed from `from` to `to`.
    pub(super) fn quiet(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        let operations = self.run.operations;
        let acts = |index: &usize| {
            let other = &operations[*index];
            other.node != node && other.request == AppRequest::Count && from < other.acts_until
        };
        if self.acting.iter().any(acts) {
            return false;
        }
        // Those that are over already.
        let begun = self.session.operations.partition_point(|index| operations[*index].invoked < to);
        let mut recent = self.session.operations[..begun].iter().rev();
        self.over <= from || !recent.by_ref().take_while(|index| from < operations[**index].acts_until).any(acts)
    }
}
