//! Splits: the times in which nodes that both lived did not replicate to each other, and what nobody promises since.
//!
//! Nothing is merged when a partition heals, and nothing is sent again: a member that comes back is not asked for its
//! sessions, and deltas made while a node was alone are gone (`ReplicationValve.resetReplicationRequest`). So what was
//! written to a session on one side is not promised on the other, and where both sides were asked for it, the next
//! write of either overwrites the other's.

use super::operations::Operation;
use super::timeline::{FOREVER, Fault, Timeline};
use crate::history::{History, LogClass, Nanos, RecordKind};
use crate::model::{FaultKind, NodeName, Plan, StepKind};

/// TCP gets through so much packet loss within Tribes' waits (5 s and one retry); what may get lost at more is not reported
/// by any log.
const BEARABLE_PERCENT: u8 = 30;

/// See the module.
#[derive(Debug)]
pub(super) struct Partition<'a> {
    /// The node on the one side; the others are on the other.
    pub(super) node: &'a NodeName,
    /// As in `the partition of n1`.
    pub(super) name: String,
    pub(super) from: Nanos,
    pub(super) healed: Option<Nanos>,
    /// When all were first known to see each other again.
    pub(super) until: Nanos,
}

/// The splits of a run.
pub(super) fn partitions<'a>(plan: &Plan, history: &History, timeline: &Timeline<'a>) -> Vec<Partition<'a>> {
    // A node that is frozen misses what is sent meanwhile, as one that is cut off does.
    // Whatever the API server says, the network is whole: who loses a member by it has no excuse.
    let lasting = timeline.faults.iter().filter(|fault| fault.kind.is_undone_in_place() && !fault.kind.needs_api());
    let partitions = lasting.filter_map(|fault| {
        let whole = timeline
            .whole
            .iter()
            .find(|whole| fault.healed.is_some_and(|healed| healed < whole.from) && whole.nodes.contains(fault.node));
        let until = whole.map_or(FOREVER, |whole| whole.from).min(one_sided_from(fault, plan, timeline));
        let from = parted_from(fault, until, plan, history, timeline)?;
        Some(Partition { node: fault.node, name: fault.name(), from, healed: fault.healed, until })
    });
    partitions.collect()
}

/// From when on one side of a split was dead, and stayed so until it was healed: the other side is parted from nobody since.
fn one_sided_from(fault: &Fault<'_>, plan: &Plan, timeline: &Timeline<'_>) -> Nanos {
    let dead = |node: &NodeName, from: Nanos| timeline.dead(node, from, fault.healed.unwrap_or(FOREVER).max(from));
    let ends = timeline.faults.iter().filter(|end| !end.kind.leaves_it_up() && !end.kind.is_undone_in_place());
    let ends = ends.filter_map(Fault::hit).filter(|hit| fault.asked < *hit);
    let ends = ends.filter(|hit| fault.healed.is_none_or(|healed| *hit < healed)).map(|hit| Nanos(hit.0 + 1));
    let one_sided = ends.filter(|from| {
        let mut others = plan.topology.names().filter(|other| *other != fault.node);
        dead(fault.node, *from) || others.all(|other| dead(other, *from))
    });
    one_sided.min().unwrap_or(FOREVER)
}

/// How long before a line says so a member may have been out of reach: Tribes waits, and logs are read a little late.
const NOTICED_WITHIN: u64 = 15_000_000_000;

/// From when on a fault may have kept sessions from being sent; `None` where it may not. Over a lossy or long line, without heartbeats, or to a node that
/// is slow or has no disk, they are sent as long as nobody was evicted and no send failed.
fn parted_from(
    fault: &Fault<'_>,
    until: Nanos,
    plan: &Plan,
    history: &History,
    timeline: &Timeline<'_>,
) -> Option<Nanos> {
    let gentle = match fault.kind {
        FaultKind::PacketLoss => worst_loss(plan) <= BEARABLE_PERCENT,
        FaultKind::MembershipPartition | FaultKind::Latency => true,
        FaultKind::Pause => false,
        kind => !kind.cuts(),
    };
    let shows_a_loss = |record: &crate::history::Record| match &record.kind {
        RecordKind::Log(line) => {
            matches!(line.class, LogClass::MemberDisappeared | LogClass::SendFailed)
                && fault.asked <= record.at
                && record.at <= until
                && !is_short_of_a_node(timeline, record.at)
        }
        _ => false,
    };
    if !gentle {
        return Some(fault.asked);
    }
    let first = history.records.iter().filter(|record| shows_a_loss(record)).map(|record| record.at).min()?;
    Some(Nanos(first.0.saturating_sub(NOTICED_WITHIN)).max(fault.asked))
}

/// Whether a node had ended or was frozen and the others had not formed again: that its peers then miss it has a cause of
/// its own.
fn is_short_of_a_node(timeline: &Timeline<'_>, at: Nanos) -> bool {
    timeline.faults.iter().any(|fault| {
        let formed = timeline.whole.iter().any(|whole| fault.asked < whole.from && whole.from < at);
        !fault.kind.leaves_it_up() && fault.asked <= at && !formed
    })
}

fn worst_loss(plan: &Plan) -> u8 {
    let losses = plan.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Fault { fault: crate::model::Fault::PacketLoss { percent }, .. } => Some(*percent),
        _ => None,
    });
    // A loss that no step explains may be any.
    losses.max().unwrap_or(u8::MAX)
}

impl Partition<'_> {
    /// Whether two nodes are on different sides.
    pub(super) fn parts(&self, one: &NodeName, other: &NodeName) -> bool {
        self.side(one) != self.side(other)
    }

    pub(super) fn side(&self, node: &NodeName) -> bool {
        node == self.node
    }

    /// Whether an operation was under way in it, or may still have been.
    pub(super) fn saw(&self, operation: &Operation<'_>) -> bool {
        operation.invoked < self.until && self.from < operation.acts_until
    }
}
