//! Doubts whether a session is still there under its id: what may have ended or renamed it, what clears that, and what is lost.

use super::super::operations::{Fate, Operation, route};
use super::super::partitions::Partition;
use super::super::sessions::Replica;
use super::super::timeline::{FOREVER, ON_ITS_WAY};
use super::{Bounds, Walk};
use crate::history::Nanos;
use crate::model::NodeName;
use crate::model::plan::AppRequest;

impl<'w, 'v: 'w> Walk<'w, 'v, '_> {
    /// Whether nobody knows what became of it, and it may have ended the session or given it another id.
    pub(super) fn may_take_the_id(&self, operation: &Operation<'_>) -> bool {
        if !matches!(operation.fate, Fate::Perhaps(_)) {
            return false;
        }
        match operation.request {
            AppRequest::Invalidate | AppRequest::ChangeId => true,
            // JvmRouteBinderValve of another node renames the session on every node.
            _ => operation.sent.is_some() && self.run.routes.gives_another_id(operation),
        }
    }

    /// Whether its session has another id since, or may have.
    pub(super) fn may_rename(&self, operation: &Operation<'_>) -> bool {
        let renamed =
            operation.received().is_some_and(|received| operation.sent.is_some_and(|sent| sent.as_str() != received));
        renamed || self.may_take_the_id(operation)
    }

    /// An answer or a replica shows the session under this id: what may have taken it away before has not.
    pub(super) fn confirmed(&mut self, node: &'w NodeName, from: Nanos, id: &str) {
        let (operations, waits) = (self.run.operations, self.run.waits);
        self.doubts.retain_mut(|doubt| {
            let operation = &operations[doubt.operation];
            let stem = super::super::operations::stem;
            let same = match (operation.request, operation.sent) {
                (AppRequest::Invalidate, _) => true,
                (AppRequest::ChangeId, Some(sent)) => stem(sent.as_str()) == stem(id),
                (_, sent) => sent.is_some_and(|sent| sent.as_str() == id),
            };
            // What nobody waits for may come after its node's end, unless the node itself shows that it did nothing.
            let undone = doubt.everywhere && operation.node == node;
            let over = doubt.until <= from && (waits || undone || ON_ITS_WAY <= from.since(doubt.until));
            if !over || !same {
                return true;
            }
            doubt.cleared.insert(node);
            !doubt.everywhere
        });
    }

    /// Whether a request that nobody answered may have given the session another id on the other side of a split.
    pub(super) fn may_be_another(&self, replica: &Replica<'_>) -> bool {
        let shown = route(replica.id);
        self.doubts.iter().map(|doubt| &self.run.operations[doubt.operation]).any(|taker| {
            // One of another node gives it that node's route, and it has it already.
            let anew = matches!(taker.request, AppRequest::Invalidate | AppRequest::ChangeId)
                || shown != self.run.routes.get(taker.node);
            anew && self
                .run
                .partitions
                .iter()
                .any(|partition| partition.saw(taker) && partition.parts(taker.node, replica.node))
        })
    }

    /// Whether a copy is one that a change of the route left behind: nobody asks for it any more. `BackupManager` leaves some
    /// on nodes that are neither owner nor backup (seen with 4 nodes on Tomcat 11.0.24).
    pub(super) fn is_left_over(&self, place: usize) -> bool {
        let replicas = &self.session.replicas;
        let (look, id) = (replicas[place].look, replicas[place].id);
        let Some(current) = self.current.filter(|current| *current != id) else { return false };
        let beside = |other: usize| replicas.get(other).is_some_and(|other| other.look == look && other.id == current);
        !self.run.replicates_to_all() || beside(place + 1) || place.checked_sub(1).is_some_and(beside)
    }

    pub(super) fn lost(&mut self, place: usize) {
        let (run, session) = (self.run, self.session);
        let loss = &session.losses[place];
        let operation = &run.operations[loss.operation];
        let node = operation.node;
        let doubt = self.doubts.iter().find(|doubt| {
            let taker = &run.operations[doubt.operation];
            let ends = match taker.request {
                AppRequest::Invalidate => true,
                AppRequest::ChangeId => same_stem(taker, operation),
                _ => same_stem(taker, operation) && run.routes.get(taker.node) != run.routes.get(node),
            };
            ends && !doubt.cleared.contains(node)
        });
        let mut bounds = self.bounds(node, 0, None);
        let at = operation.completed.unwrap_or(FOREVER);
        if !run.replicates_to_all() && self.is_cut_off(node, operation.invoked, at) {
            // It may have known only where the session was.
            bounds = Bounds { knows: false, acknowledged: None, ..bounds };
        }
        bounds.doubt = doubt.map(|doubt| doubt.operation);
        if !bounds.knows {
            bounds.unpromised = Some(self.reason(node, operation.completed.unwrap_or(FOREVER)));
        }
        self.held.losses[place] = bounds;
        self.nodes.remove(node);
    }

    /// Whether a node was cut off from the one that had answered last, or may have been where that one has ended since.
    pub(super) fn is_cut_off(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        let apart = |partition: &Partition<'_>| self.owner.is_none_or(|owner| partition.parts(node, owner));
        self.run.partitions.iter().any(|partition| partition.from < to && from < partition.until && apart(partition))
    }

    /// Why a node need not show what was acknowledged elsewhere.
    pub(super) fn reason(&self, node: &NodeName, at: Nanos) -> String {
        let client = self.session.client;
        let partition = self.run.partitions.iter().rev().find(|partition| partition.from < at);
        if let Some(partition) = partition {
            return format!("{} had split {client}'s session, and nothing is merged", partition.name);
        }
        if let Some(no_copy_since) = self.no_copy_since {
            return format!("no copy was left at {no_copy_since}");
        }
        let settled = self.run.timeline.settled(node, at, at);
        if settled {
            format!("{node} was not known to hold {client}'s session")
        } else {
            format!("{node} had not been seen to hold what its peers hold")
        }
    }
}

fn same_stem(one: &Operation<'_>, other: &Operation<'_>) -> bool {
    let stem = |operation: &Operation<'_>| operation.sent.map(|id| id.stem().to_owned());
    stem(one) == stem(other)
}
