//! Splits: the times in which nodes that both lived did not replicate to each other, and what nobody promises since.
//!
//! Nothing is merged when a partition heals, and nothing is sent again: a member that comes back is not asked for its
//! sessions, and deltas made while a node was alone are gone (`ReplicationValve.resetReplicationRequest`). So what was
//! written to a session on one side is not promised on the other, and where both sides were asked for it, the next
//! write of either overwrites the other's.

use super::operations::Operation;
use super::sessions::Session;
use super::timeline::{FOREVER, Fault, Timeline};
use super::view::View;
use crate::history::{History, LogClass, Nanos, RecordKind};
use crate::model::plan::AppRequest;
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
    let lasting = timeline.faults.iter().filter(|fault| fault.kind.is_undone_in_place());
    let partitions = lasting.filter_map(|fault| {
        let whole = timeline
            .whole
            .iter()
            .find(|whole| fault.healed.is_some_and(|healed| healed < whole.from) && whole.nodes.contains(fault.node));
        let until = whole.map_or(FOREVER, |whole| whole.from);
        parts(fault, until, plan, history, timeline).then(|| Partition {
            node: fault.node,
            name: fault.name(),
            from: fault.asked,
            healed: fault.healed,
            until,
        })
    });
    partitions.collect()
}

/// Whether a fault may have kept sessions from being sent. Over a lossy or long line, without heartbeats, or to a node that
/// is slow or has no disk, they are sent as long as nobody was evicted and no send failed.
fn parts(fault: &Fault<'_>, until: Nanos, plan: &Plan, history: &History, timeline: &Timeline<'_>) -> bool {
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
    !gentle || history.records.iter().any(shows_a_loss)
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
    /// Whether two nodes are on different sides.
    pub(super) fn parts(&self, one: &NodeName, other: &NodeName) -> bool {
        self.side(one) != self.side(other)
    }

    fn side(&self, node: &NodeName) -> bool {
        node == self.node
    }

    /// Whether an operation was under way in it, or may still have been.
    pub(super) fn saw(&self, operation: &Operation<'_>) -> bool {
        operation.invoked < self.until && self.from < operation.acts_until
    }

    /// Whether nobody promises what a node shows of a session at an instant.
    fn tears(&self, view: &View<'_>, session: &Session<'_>, node: &NodeName, at: Nanos) -> bool {
        let all = || session.operations.iter().map(|index| &view.operations[*index]).filter(|asked| asked.invoked < at);
        if at <= self.from {
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

    /// Why the end of a session may not have come to all, in words: it was asked for while the nodes were apart.
    pub(super) fn was_partitioned(&self, session: &Session<'_>) -> Option<String> {
        let asked = || session.operations.iter().map(|index| &self.operations[*index]);
        let partition = self.partitions.iter().find(|partition| asked().any(|operation| partition.saw(operation)))?;
        Some(format!("{} had split {}'s session, and nothing is merged", partition.name, session.client))
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
