//! Breaking and mending nodes; every fault proves that it hit.
//!
//! The table is [`Way::of`]: what is done for each fault. A fault that is done as no other one has a file of its own.

mod api;
mod clock;
mod network;
mod process;
mod resource;

use std::collections::BTreeSet;
use std::time::Duration;

use super::active_fault::ActiveFault;
use super::{Cluster, ClusterError};
use crate::history::{FaultPhase, RecordKind};
use crate::host::error_chain::DisplayErrorChain;
use crate::host::sync::lock;
use crate::model::state::{Nodes, Unbreakable};
use crate::model::{Fault, FaultKind, NodeName, Skew};
use crate::runtime::{ApiFault, NetworkFault, ResourceFault};

/// What is done for a fault, and undone.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// The process ends.
    End(process::End),
    /// The process stands still.
    Freeze,
    /// The node vanishes with its host.
    LoseHost,
    /// What its traffic suffers.
    Network(NetworkFault),
    /// What its machine lacks.
    Resource(ResourceFault),
    /// A clock that is wrong by so much.
    Clock(Skew),
    /// What the API server says to it.
    Api(ApiFault),
}

impl Way {
    fn of(fault: Fault) -> Self {
        match fault {
            Fault::Kill => Self::End(process::End::Kill),
            Fault::Stop => Self::End(process::End::Stop),
            Fault::Pause => Self::Freeze,
            Fault::LoseHost => Self::LoseHost,
            Fault::Partition => Self::Network(NetworkFault::Peers),
            Fault::TribesPartition => Self::Network(NetworkFault::Tribes),
            Fault::MembershipPartition => Self::Network(NetworkFault::Heartbeats),
            Fault::DropOutgoing => Self::Network(NetworkFault::Outgoing),
            Fault::DropIncoming => Self::Network(NetworkFault::Incoming),
            Fault::PacketLoss { percent } => Self::Network(NetworkFault::Loss { percent }),
            Fault::Latency { delay } => Self::Network(NetworkFault::Delay { by: delay }),
            Fault::SlowNode { percent } => Self::Resource(ResourceFault::SlowProcessor { percent }),
            Fault::FillDisk => Self::Resource(ResourceFault::FullDisk),
            Fault::SkewClock { by } => Self::Clock(by),
            Fault::ApiError { status } => Self::Api(ApiFault::Error(status)),
            Fault::ApiErrorOnce { status } => Self::Api(ApiFault::ErrorOnce(status)),
            Fault::ApiLatency { delay } => Self::Api(ApiFault::Late(Duration::from_millis(delay.0))),
            Fault::ApiUnreadyPods => Self::Api(ApiFault::UnreadyPods),
            Fault::ApiStalePods => Self::Api(ApiFault::StalePods),
            Fault::ApiOldAddresses => Self::Api(ApiFault::OldAddresses),
            Fault::ApiForeignPod => Self::Api(ApiFault::ForeignPod),
        }
    }

    /// Does it, and gives the proof.
    async fn hit(self, cluster: &Cluster, node: &NodeName) -> Result<String, ClusterError> {
        match self {
            Self::End(end) => process::end(cluster, node, end).await,
            Self::Freeze => process::freeze(cluster, node).await,
            Self::LoseHost => process::lose_host(cluster, node).await,
            Self::Network(fault) => network::hit(cluster, node, fault).await,
            Self::Resource(fault) => resource::hit(cluster, node, fault).await,
            Self::Clock(by) => clock::set_wrong(cluster, node, by).await,
            Self::Api(fault) => api::hit(cluster, node, fault).await,
        }
    }

    /// Undoes it, and says what it had done.
    async fn undo(self, cluster: &Cluster, node: &NodeName) -> Result<Option<String>, ClusterError> {
        match self {
            Self::End(_) | Self::LoseHost => Err(ClusterError::NothingToHeal(node.clone())),
            Self::Freeze => process::thaw(cluster, node).await.map(|()| None),
            Self::Network(_) => network::undo(cluster, node).await.map(Some),
            Self::Resource(fault) => resource::undo(cluster, node, fault).await,
            Self::Clock(by) => clock::set_right(cluster, node, by).await,
            Self::Api(_) => api::undo(cluster, node).await.map(Some),
        }
    }
}

impl Cluster {
    /// Ends a node's JVM with SIGKILL.
    ///
    /// # Errors
    /// It does not run, or the machine could not do it; the fault is then recorded as missed.
    pub async fn kill(&self, node: &NodeName) -> Result<(), ClusterError> {
        self.fault(Fault::Kill, node).await.map(drop)
    }

    /// Breaks a node, and gives the fault's number.
    ///
    /// # Errors
    /// A parameter of the fault is out of range, the node does not run, a fault that this one clashes with still lasts on
    /// it, or the machine could not do it; the fault is then recorded as missed.
    pub async fn fault(&self, fault: Fault, node: &NodeName) -> Result<u32, ClusterError> {
        fault.check()?;
        let kind = fault.kind();
        self.may_break(kind, node)?;
        let recorder = self.recorder();
        let number = recorder.next_fault();
        let record = |phase| recorder.record(RecordKind::Fault { fault: number, kind, node: node.clone(), phase });
        record(FaultPhase::Asked);
        match Way::of(fault).hit(self, node).await {
            Ok(proof) => {
                record(FaultPhase::Hit { proof });
                self.state.is_hit(node, !kind.leaves_it_up());
                if kind.is_undone_in_place() {
                    lock(&self.state.undoable).entry(node.clone()).or_default().push(ActiveFault { number, fault });
                }
                Ok(number)
            }
            Err(error) => {
                record(FaultPhase::Missed { seen: seen(&error) });
                Err(match error {
                    // The verdict reports this wait with its last look.
                    error @ ClusterError::Wait { .. } => error,
                    error => ClusterError::FaultMissed { kind, node: node.clone(), source: Box::new(error) },
                })
            }
        }
    }

    /// Whether it may come now, as the model has it. By a fault that does not leave it up, the node is gone.
    fn may_break(&self, kind: FaultKind, node: &NodeName) -> Result<(), ClusterError> {
        let mut living = lock(&self.state.living);
        let undoable = lock(&self.state.undoable);
        let kinds = |all: &Vec<ActiveFault>| all.iter().map(|lasting| lasting.kind()).collect();
        let lasting = undoable.iter().map(|(node, all)| (node.clone(), kinds(all))).collect();
        let nodes = Nodes { living: Some(living.clone()), lasting, ..Nodes::default() };
        nodes.may_break(kind, node).map_err(|unbreakable| match unbreakable {
            Unbreakable::NotRunning => ClusterError::NotRunning(node.clone()),
            Unbreakable::Lasts(before) => ClusterError::StillBroken { node: node.clone(), kind: before },
        })?;
        if !kind.leaves_it_up() {
            living.remove(node);
        }
        Ok(())
    }

    /// Undoes all that was done to a node and can be undone, the last first: thaws it, lets its peers reach it again.
    ///
    /// # Errors
    /// Nothing was done to it that can be undone, or the first that the machine could not undo; the others are undone.
    pub async fn heal(&self, node: &NodeName) -> Result<(), ClusterError> {
        let all = lock(&self.state.undoable).remove(node).unwrap_or_default();
        if all.is_empty() {
            return Err(ClusterError::NothingToHeal(node.clone()));
        }
        let mut healed = Ok(());
        for lasting in all.into_iter().rev() {
            healed = healed.and(self.undo(node, lasting).await);
        }
        healed
    }

    /// Undoes one fault of a node, by its number.
    ///
    /// # Errors
    /// It was undone already, or the machine could not do it.
    pub async fn heal_fault(&self, node: &NodeName, fault: u32) -> Result<(), ClusterError> {
        let taken = {
            let mut undoable = lock(&self.state.undoable);
            let all = undoable.get_mut(node);
            all.and_then(|all| all.iter().position(|lasting| lasting.number == fault).map(|index| all.remove(index)))
        };
        match taken {
            Some(lasting) => self.undo(node, lasting).await,
            None => Err(ClusterError::NothingToHeal(node.clone())),
        }
    }

    async fn undo(&self, node: &NodeName, lasting: ActiveFault) -> Result<(), ClusterError> {
        let ActiveFault { number, fault } = lasting;
        let effect = Way::of(fault).undo(self, node).await?;
        let phase = FaultPhase::Healed { effect };
        let (fault, kind) = (number, fault.kind());
        self.recorder().record(RecordKind::Fault { fault, kind, node: node.clone(), phase });
        Ok(())
    }

    /// Undoes all that can be undone, as far as the machine can.
    ///
    /// # Errors
    /// The first that could not be undone; the others are.
    pub async fn heal_all(&self) -> Result<(), ClusterError> {
        let broken = lock(&self.state.undoable).clone();
        let mut healed = Ok(());
        for node in broken.into_iter().filter(|(_, all)| !all.is_empty()).map(|(node, _)| node) {
            healed = healed.and(self.heal(&node).await);
        }
        healed
    }

    /// What cuts nodes off from their peers now.
    pub(super) fn cuts(&self) -> Vec<(NodeName, FaultKind)> {
        let undoable = lock(&self.state.undoable);
        let all = undoable.iter().flat_map(|(node, all)| all.iter().map(move |lasting| (node, lasting.kind())));
        all.filter(|(_, kind)| kind.cuts()).map(|(node, kind)| (node.clone(), kind)).collect()
    }

    /// The nodes to which something was done that can be undone and was not yet.
    pub fn broken(&self) -> BTreeSet<NodeName> {
        let undoable = lock(&self.state.undoable);
        undoable.iter().filter(|(_, all)| !all.is_empty()).map(|(node, _)| node.clone()).collect()
    }
}

/// What a fault that missed has met with, down to its cause.
fn seen(error: &ClusterError) -> String {
    if let ClusterError::Wait { source, .. } = error {
        return source.to_string();
    }
    DisplayErrorChain(error).to_string()
}
