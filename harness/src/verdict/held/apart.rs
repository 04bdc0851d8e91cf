//! Sessions that the sides of a split went on with, each unheard by the other.

use super::super::operations::Operation;
use super::super::partitions::Partition;
use super::Walk;
use crate::model::NodeName;

impl<'w, 'v: 'w> Walk<'w, 'v, '_> {
    /// Whether a session was asked for in a split. An increment that ran out of time before it may still be under way in it,
    /// and takes nothing from what the others hold.
    pub(super) fn is_asked_in(&self, partition: &Partition<'_>, operation: &Operation<'_>) -> bool {
        let ran_out = operation.completed.is_some_and(|end| end <= partition.from) && !self.may_take_the_id(operation);
        partition.saw(operation) && !ran_out
    }

    /// Whether the other side of a split that is over gave the session another id in it: what this one has is another session
    /// since, under the same stem, unless the node has taken over its peers' state.
    pub(super) fn went_on_apart(&self, partition: &Partition<'_>, operation: &Operation<'_>) -> bool {
        let (run, node) = (self.run, operation.node);
        let mut asked = self.session.operations.iter().map(|index| &run.operations[*index]);
        partition.until <= operation.invoked
            && !run.timeline.synchronised_between(node, partition.from, operation.invoked)
            // What was asked for in it had been asked for before this was.
            && asked.any(|other| {
                partition.saw(other) && partition.parts(node, other.node) && self.may_rename(other)
            })
    }

    /// Whether a client comes from a node that may have the session as it became on the other side of a split that is over,
    /// under another id: the two hear nothing of each other, nor does anybody know with which of them the others go.
    pub(super) fn comes_back(&self, partition: &Partition<'_>, operation: &Operation<'_>) -> bool {
        let (run, node) = (self.run, operation.node);
        let Some(before) = self.last_to_name.filter(|before| *before != node && partition.until <= operation.invoked)
        else {
            return false;
        };
        let anew = |node: &NodeName| run.timeline.synchronised_between(node, partition.from, operation.invoked);
        let mut asked = self.session.operations.iter().map(|index| &run.operations[*index]);
        (partition.parts(before, node) || anew(before) || anew(node))
            && asked.any(|other| partition.saw(other) && self.may_rename(other))
            && !run.is_forgotten(partition, operation.invoked)
    }
}
