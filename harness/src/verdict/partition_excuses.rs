//! What a split excuses of what a session shows.

use std::collections::BTreeSet;

use super::partitions::Partition;
use super::sessions::Session;
use super::view::View;
use crate::history::Nanos;
use crate::model::NodeName;
use crate::model::plan::AppRequest;

/// A session that went two ways.
#[derive(Debug)]
pub(super) struct Fork {
    /// What each side showed, in words.
    pub(super) because: String,
    /// Why nobody promises that it does not, in words.
    pub(super) unpromised: String,
    /// The last acknowledged increment of each side, as operations, where both have one.
    pub(super) writes: Option<(usize, usize)>,
}

impl Partition<'_> {
    /// Whether nobody promises what a node shows of a session at an instant.
    fn tears(&self, view: &View<'_>, session: &Session<'_>, node: &NodeName, at: Nanos) -> bool {
        let all = || session.operations.iter().map(|index| &view.operations[*index]).filter(|asked| asked.invoked < at);
        if at <= self.from || view.agreed(session, self.until, at) {
            return false;
        }
        if !view.replicates_to_all() {
            // Each side makes itself the owner of what the other had, and publishes its copy when the other comes back.
            return all().any(|asked| asked.invoked < self.until);
        }
        let Some(first) = all().find(|asked| self.saw(asked)) else { return false };
        let side = self.side(first.node);
        let other_side = all().any(|asked| asked.invoked >= first.invoked && self.side(asked.node) != side);
        // A node that started since may have taken over what the other side had.
        let born = view.timeline.lives(node).iter().map(|life| life.from).filter(|born| *born < at).max();
        other_side || self.side(node) != side || born.is_some_and(|born| first.invoked < born)
    }
}

impl View<'_> {
    /// Why nobody promises what a node shows of a session at an instant, in words; `None` where it is promised.
    pub(super) fn torn(&self, session: &Session<'_>, node: &NodeName, at: Nanos) -> Option<String> {
        let partition = self.partitions.iter().find(|partition| partition.tears(self, session, node, at))?;
        Some(format!("{} had split {}'s session, and nothing is merged", partition.name, session.client))
    }

    /// Why the end of a session, asked for at an instant, may not have come to all, in words: the nodes were apart then, or
    /// what they hold may be since.
    pub(super) fn was_partitioned(&self, session: &Session<'_>, at: Nanos) -> Option<String> {
        let asked = || session.operations.iter().map(|index| &self.operations[*index]);
        let partition = self.partitions.iter().find(|partition| {
            asked().any(|operation| partition.saw(operation)) && !self.agreed(session, partition.until, at)
        })?;
        Some(format!("{} had split {}'s session, and nothing is merged", partition.name, session.client))
    }

    /// Whether all nodes that are to hold a session were seen to agree about it between two instants, under the id that its
    /// client has, while nobody asked for it: what had been apart is one again.
    fn agreed(&self, session: &Session<'_>, since: Nanos, until: Nanos) -> bool {
        self.rounds().into_iter().filter(|(from, to)| since < *from && *to < until).any(|(from, to)| {
            if session.busy(&self.operations, from, to) {
                return false;
            }
            let Some(due) = self.due_in((from, to), |look| session.would_show_in(look)) else { return false };
            let copies: Vec<_> = session.replicas.iter().filter(|copy| from <= copy.asked && copy.at <= to).collect();
            let holders: BTreeSet<_> = copies.iter().map(|copy| copy.node).collect();
            let id = session.last_answer(&self.operations, from).and_then(super::operations::Operation::received);
            let Some(first) = copies.first().filter(|_| copies.len() == due && holders.len() == due) else {
                return false;
            };
            let shown = first.content.count.and_then(|count| usize::try_from(count).ok());
            id == Some(first.id)
                && shown.is_some_and(|shown| session.acknowledged_before(from) <= shown)
                && copies.iter().all(|copy| copy.id == first.id && copy.content == first.content)
        })
    }

    /// Whether two copies of a session went different ways: both sides of a split were asked for it.
    pub(super) fn forked(&self, session: &Session<'_>) -> Option<Fork> {
        let asked = || session.operations.iter().map(|index| &self.operations[*index]);
        let partition = self.partitions.iter().find(|partition| {
            let mut during = asked().filter(|asked| partition.saw(asked)).map(|asked| partition.side(asked.node));
            during.next().is_some_and(|side| during.any(|other| other != side))
        })?;
        let mut seen: Vec<String> = vec![];
        for node in self.plan.topology.names() {
            let last = asked().rfind(|asked| asked.node == node && partition.saw(asked));
            let count = last.and_then(|asked| Some((asked, asked.answer()?.count)));
            seen.extend(count.map(|(asked, count)| format!("count {count} on {node} ({})", asked.id)));
        }
        let wrote = |side: bool| {
            session.operations.iter().copied().rfind(|index| {
                let write = &self.operations[*index];
                let counted = write.request == AppRequest::Count && write.answer().is_some();
                counted && partition.side(write.node) == side && partition.saw(write)
            })
        };
        Some(Fork {
            because: format!(
                "{} forked {}'s session {}: {}; nothing is merged",
                partition.name,
                session.client,
                session.stems[0],
                seen.join(", ")
            ),
            unpromised: format!("{} had split {}'s session, and nothing is merged", partition.name, session.client),
            writes: wrote(true).zip(wrote(false)),
        })
    }
}
