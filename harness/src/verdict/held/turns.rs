//! What happens in a run, in order: to all sessions, and to one.

use std::collections::BTreeMap;

use super::super::operations::{Fate, Operation};
use super::super::partitions::Partition;
use super::super::routes::Routes;
use super::super::sessions::Session;
use super::super::timeline::{FOREVER, ON_ITS_WAY, Timeline};
use crate::history::Nanos;
use crate::model::plan::AppRequest;
use crate::model::{NodeName, Plan};

/// What the pass knows of the whole run.
pub(in super::super) struct Run<'v, 'a> {
    pub(super) plan: &'v Plan,
    pub(super) operations: &'v [Operation<'a>],
    pub(super) timeline: &'v Timeline<'a>,
    pub(super) partitions: &'v [Partition<'a>],
    pub(super) routes: &'v Routes<'a>,
    pub(super) waits: bool,
    pub(super) turns: Vec<(Nanos, u8, Turn<'v>)>,
}

/// One thing that happens, of one session or of the whole cluster.
#[derive(Debug, Clone, Copy)]
pub(super) enum Turn<'v> {
    Invoked(usize),
    Asked(usize),
    /// Whether its process ended with it.
    Broke(&'v NodeName, bool),
    Began(&'v NodeName),
    Joined(&'v NodeName),
    Healed,
    Formed,
    Looked(usize),
    Answered(usize),
    Lost(usize),
    Ended(usize),
}

pub(super) type Turns<'v> = Vec<(Nanos, u8, Turn<'v>)>;

impl<'v, 'a> Run<'v, 'a> {
    pub(in super::super) fn of(
        plan: &'v Plan,
        operations: &'v [Operation<'a>],
        timeline: &'v Timeline<'a>,
        partitions: &'v [Partition<'a>],
        routes: &'v Routes<'a>,
    ) -> Self {
        let mut turns = Vec::new();
        for fault in timeline.faults.iter().filter(|fault| !fault.kind.leaves_it_up()) {
            // From the moment it was asked for nobody can rely on the node.
            let ends = !fault.kind.is_undone_in_place();
            turns.push((fault.asked, 1, Turn::Broke(fault.node, ends)));
            // It may have answered until then.
            turns.extend(fault.hit().map(|hit| (hit, 1, Turn::Broke(fault.node, ends))));
        }
        turns.extend(partitions.iter().filter_map(|partition| Some((partition.healed?, 2, Turn::Healed))));
        for (at, node, ..) in &timeline.deaths {
            turns.push((*at, 1, Turn::Broke(node, true)));
        }
        for node in plan.topology.names() {
            for life in timeline.lives(node).iter().filter(|life| !life.first) {
                turns.push((life.from, 2, Turn::Began(node)));
                turns.extend(life.synchronised.map(|at| (at, 2, Turn::Joined(node))));
            }
        }
        turns.extend(timeline.whole.iter().map(|whole| (whole.from, 2, Turn::Formed)));
        Self { plan, operations, timeline, partitions, routes, waits: plan.waits_for_the_peer(), turns }
    }

    /// Since when one side of a split has been asked for a session that the other side was asked for in the split: neither
    /// ever hears what the other had. A node that has restarted since may have taken over what either had.
    pub(super) fn forked(&self, session: &Session<'_>) -> Nanos {
        let operations = || session.operations.iter().map(|index| &self.operations[*index]);
        let forks = self.partitions.iter().filter_map(|partition| {
            let first = operations().find(|operation| partition.saw(operation))?;
            let mut others = operations().skip_while(|other| other.invoked < partition.from);
            let elsewhere = |other: &&Operation<'_>| {
                partition.parts(first.node, other.node)
                    || self.timeline.synchronised_between(other.node, partition.from, other.invoked)
            };
            Some(others.find(elsewhere)?.invoked)
        });
        forks.min().unwrap_or(FOREVER)
    }

    /// Since when an increment whose answer is lost may stand on one side of a split only.
    pub(super) fn unheard(&self, session: &Session<'_>) -> Nanos {
        let mut operations = session.operations.iter().map(|index| &self.operations[*index]);
        let unheard = operations.find(|operation| {
            operation.request == AppRequest::Count
                && matches!(operation.fate, Fate::Perhaps(_))
                && self.partitions.iter().any(|partition| partition.saw(operation))
        });
        unheard.map_or(FOREVER, |operation| operation.invoked)
    }

    /// Whether nothing is left by an instant of what the one side of a split had: its only node has restarted and taken
    /// over what the others had, and before none of those had taken over anything.
    pub(super) fn is_forgotten(&self, partition: &Partition<'_>, by: Nanos) -> bool {
        let anew = |node: &NodeName| {
            let lives = self.timeline.lives(node).iter().filter(|life| partition.from < life.from);
            lives.filter(|life| life.synchronised.is_some_and(|at| at < by)).map(|life| life.from).min()
        };
        let Some(gone) = anew(partition.node) else { return false };
        let mut others = self.plan.topology.names().filter(|other| *other != partition.node);
        others.all(|other| anew(other).is_none_or(|at| gone < at))
    }

    pub(super) fn replicates_to_all(&self) -> bool {
        self.plan.replicates_to_all()
    }

    /// Whether no other node's process ran from `from` to `to`.
    pub(super) fn is_alone(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        self.plan.topology.names().all(|other| other == node || self.timeline.dead(other, from, to))
    }

    /// Whether a node was with another one from `from` to `to`, and holds what its peers hold.
    pub(super) fn together(&self, one: &NodeName, other: &NodeName, from: Nanos, to: Nanos) -> bool {
        one == other
            || (self.timeline.reachable(other, from, to)
                && !self
                    .partitions
                    .iter()
                    .any(|partition| partition.parts(one, other) && partition.from < to && from < partition.until))
    }

    /// When the first increment of a session began, on each node, that its node did not outlive until all others had it.
    pub(super) fn cut_short(&self, session: &Session<'_>) -> BTreeMap<&'v NodeName, Nanos> {
        let mut first = BTreeMap::new();
        for operation in session.operations.iter().map(|index| &self.operations[*index]) {
            let delivered = operation.acts_until.after(ON_ITS_WAY);
            if operation.request == AppRequest::Count
                && !matches!(operation.fate, Fate::Nothing)
                && !self.timeline.outlives(operation.node, operation.invoked, delivered)
            {
                first.entry(operation.node).or_insert(operation.invoked);
            }
        }
        first
    }

    /// Everything that happens to one session, in order.
    pub(super) fn turns_of(&self, session: &Session<'_>) -> Turns<'v> {
        let mut turns = self.turns.clone();
        let completed = |index: usize| self.operations[index].completed.unwrap_or(FOREVER);
        for index in &session.operations {
            let operation = &self.operations[*index];
            turns.push((operation.invoked, 0, Turn::Invoked(*index)));
            let ends = operation.request == AppRequest::Invalidate && operation.answer().is_some();
            if ends || matches!(operation.fate, Fate::Perhaps(_)) {
                turns.push((operation.acts_until, 5, Turn::Ended(*index)));
            }
        }
        let answers = session.answers.iter().enumerate();
        turns.extend(answers.map(|(place, index)| (completed(*index), 4, Turn::Answered(place))));
        let losses = session.losses.iter().enumerate();
        turns.extend(losses.map(|(place, loss)| (completed(loss.operation), 4, Turn::Lost(place))));
        for (place, replica) in session.replicas.iter().enumerate() {
            turns.push((replica.asked, 0, Turn::Asked(place)));
            turns.push((replica.at, 3, Turn::Looked(place)));
        }
        turns.sort_by_key(|(at, order, _)| (*at, *order));
        turns
    }
}
