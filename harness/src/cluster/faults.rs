//! Breaking and mending nodes; every fault proves that it hit.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::farm::{Deployed, Served};
use super::{Cluster, ClusterError};
use crate::history::{FaultPhase, Question, RecordKind, Seen};
use crate::host::error_chain::DisplayErrorChain;
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::{Fault, FaultKind, Membership, NodeChanges, NodeName, Skew, Unpacked};
use crate::runtime::{NetworkFault, ResourceFault};
use crate::tomcat::war::War;

/// `McastService.dropTime` where nothing is said.
const STOCK_DROP_TIME_MS: i64 = 3000;
/// Twice `McastService.frequency`: how late it may notice that the time is over.
const DROP_CHECK: Duration = Duration::from_secs(1);

/// How far a clock may be off where it should be: what a look takes, and the whole seconds in which it is set.
const CLOCK_SLACK: Duration = Duration::from_secs(2);
/// How long a clock that was set may take to show.
const CLOCK_LIMIT: Duration = Duration::from_secs(15);

/// A fault that can be undone and was not yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActiveFault {
    number: u32,
    fault: Fault,
}

impl ActiveFault {
    pub(super) fn kind(self) -> FaultKind {
        self.fault.kind()
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
        match self.hit(fault, node).await {
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

    /// Faults of different parts of a node overlap. By one that does not leave it up, it is gone.
    fn may_break(&self, kind: FaultKind, node: &NodeName) -> Result<(), ClusterError> {
        let mut living = lock(&self.state.living);
        let undoable = lock(&self.state.undoable);
        let mut lasting = undoable.get(node).into_iter().flatten().map(|lasting| lasting.kind());
        let frozen = lasting.clone().any(|kind| kind == FaultKind::Pause);
        if !living.contains(node) && !frozen {
            return Err(ClusterError::NotRunning(node.clone()));
        }
        if let Some(before) = lasting.find(|before| kind.clashes_with(*before)) {
            return Err(ClusterError::StillBroken { node: node.clone(), kind: before });
        }
        if !kind.leaves_it_up() {
            living.remove(node);
        }
        Ok(())
    }

    async fn hit(&self, fault: Fault, node: &NodeName) -> Result<String, ClusterError> {
        let runtime = &self.machines.runtime;
        Ok(match fault {
            Fault::Kill => {
                let proof = runtime.kill(node).await?;
                self.await_silence(node).await?;
                proof
            }
            Fault::Stop => {
                let proof = runtime.stop(node).await?;
                self.await_silence(node).await?;
                proof
            }
            Fault::Pause => runtime.pause(node).await?,
            Fault::LoseHost => runtime.lose_host(node).await?,
            Fault::Partition => runtime.add_network_fault(node, NetworkFault::Peers).await?,
            Fault::TribesPartition => runtime.add_network_fault(node, NetworkFault::Tribes).await?,
            Fault::MembershipPartition => runtime.add_network_fault(node, NetworkFault::Heartbeats).await?,
            Fault::DropOutgoing => runtime.add_network_fault(node, NetworkFault::Outgoing).await?,
            Fault::DropIncoming => runtime.add_network_fault(node, NetworkFault::Incoming).await?,
            Fault::PacketLoss { percent } => runtime.add_network_fault(node, NetworkFault::Loss { percent }).await?,
            Fault::Latency { delay } => runtime.add_network_fault(node, NetworkFault::Delay { by: delay }).await?,
            Fault::SlowNode { percent } => {
                runtime.add_resource_fault(node, ResourceFault::SlowProcessor { percent }).await?
            }
            Fault::FillDisk => runtime.add_resource_fault(node, ResourceFault::FullDisk).await?,
            Fault::SkewClock { by } => self.set_clock_wrong(node, by).await?,
        })
    }

    /// The machine sets the clock, and the JVM itself is asked whether it shows.
    async fn set_clock_wrong(&self, node: &NodeName, by: Skew) -> Result<String, ClusterError> {
        let strain = ResourceFault::WrongClock { by };
        let before = self.clock_of(node).await?;
        self.machines.runtime.add_resource_fault(node, strain).await?;
        match self.await_jump(node, before, by.seconds()).await {
            Ok(jumped) => Ok(format!("the JVM's clock has jumped by {jumped} ms")),
            Err(error) => {
                // What went wrong first is what to tell.
                let _ = self.machines.runtime.remove_resource_fault(node, strain).await;
                Err(error)
            }
        }
    }

    /// Sets the clock right, and asks the JVM again where it runs.
    async fn set_clock_right(&self, node: &NodeName, by: Skew) -> Result<Option<String>, ClusterError> {
        let strain = ResourceFault::WrongClock { by };
        if !lock(&self.state.living).contains(node) {
            return Ok(self.machines.runtime.remove_resource_fault(node, strain).await?);
        }
        let before = self.clock_of(node).await?;
        self.machines.runtime.remove_resource_fault(node, strain).await?;
        let jumped = self.await_jump(node, before, -by.seconds()).await?;
        Ok(Some(format!("the JVM's clock has jumped back by {} ms", -jumped)))
    }

    /// Waits until a clock has jumped by so many seconds; returns the milliseconds.
    async fn await_jump(&self, node: &NodeName, before: i64, seconds: i64) -> Result<i64, ClusterError> {
        let slack = CLOCK_SLACK.as_millis();
        wait::until(&format!("the clock of {node} to jump by {seconds} s"), CLOCK_LIMIT, async || {
            let jumped = self.clock_of(node).await?.saturating_sub(before);
            let right = u128::from(jumped.abs_diff(seconds.saturating_mul(1000))) <= slack;
            Ok(if right { Look::Ready(jumped) } else { Look::NotYet(format!("it has jumped by {jumped} ms")) })
        })
        .await
    }

    /// How far the clock of a node's JVM is ahead of the run's, in milliseconds: a number that says something only beside
    /// an earlier one.
    async fn clock_of(&self, node: &NodeName) -> Result<i64, ClusterError> {
        let asked = self.recorder().clock().now();
        let told = self.probe.time(self.address(node).await?).await;
        let told = told.map_err(|why| ClusterError::ProbeDead { node: node.clone(), why })?;
        Ok(told.saturating_sub(i64::try_from(asked.0 / 1_000_000).unwrap_or(i64::MAX)))
    }

    /// The second witness beside the machine's own proof: a node that has ended no longer answers.
    async fn await_silence(&self, node: &NodeName) -> Result<(), ClusterError> {
        wait::until(&format!("{node} to fall silent"), self.machines.limits.request, async || {
            Ok(match self.look(node, &Question::Members).await?.seen {
                Seen::Dead(_) => Look::Ready(()),
                Seen::State(_) => Look::NotYet("its probe still answers".to_owned()),
            })
        })
        .await
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
        for active in all.into_iter().rev() {
            healed = healed.and(self.undo(node, active).await);
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
            all.and_then(|all| all.iter().position(|active| active.number == fault).map(|index| all.remove(index)))
        };
        match taken {
            Some(active) => self.undo(node, active).await,
            None => Err(ClusterError::NothingToHeal(node.clone())),
        }
    }

    async fn undo(&self, node: &NodeName, lasting: ActiveFault) -> Result<(), ClusterError> {
        let ActiveFault { number, fault } = lasting;
        let runtime = &self.machines.runtime;
        let effect = match fault {
            Fault::Kill | Fault::Stop | Fault::LoseHost => return Err(ClusterError::NothingToHeal(node.clone())),
            Fault::Pause => {
                runtime.resume(node).await?;
                lock(&self.state.living).insert(node.clone());
                None
            }
            Fault::Partition
            | Fault::TribesPartition
            | Fault::MembershipPartition
            | Fault::DropOutgoing
            | Fault::DropIncoming
            | Fault::PacketLoss { .. }
            | Fault::Latency { .. } => Some(runtime.remove_network_fault(node).await?),
            Fault::SlowNode { percent } => {
                runtime.remove_resource_fault(node, ResourceFault::SlowProcessor { percent }).await?
            }
            Fault::FillDisk => runtime.remove_resource_fault(node, ResourceFault::FullDisk).await?,
            Fault::SkewClock { by } => self.set_clock_right(node, by).await?,
        };
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

    /// Waits until no node remembers the earlier life of a node that is to come back at its old address.
    ///
    /// With multicast a life has a random id. A survivor whose send failed evicts the dead node at once, but its
    /// `McastService` knows the node until `dropTime` is over; where the address answers before, a heartbeat takes the
    /// old life for living (`TcpFailureDetector.performBasicCheck`), and it stays as a ghost for ever. With static
    /// membership the id is the node's own, and a new life is the old one to its peers.
    pub(super) async fn await_forgotten(&self, node: &NodeName) -> Result<(), ClusterError> {
        if self.machines.topology.cluster.membership != Membership::Multicast {
            return Ok(());
        }
        self.await_formed().await?;
        let Some(ended) = self.state.ended(node) else { return Ok(()) };
        let drop_time =
            self.machines.topology.cluster.elements.multicast_membership.drop_time.unwrap_or(STOCK_DROP_TIME_MS);
        let remembered = Duration::from_millis(u64::try_from(drop_time).unwrap_or_default()) + DROP_CHECK;
        let limit = remembered + self.machines.limits.start;
        wait::until(&format!("the multicast group to forget {node}"), limit, async || {
            let since = ended.elapsed();
            Ok(if since < remembered {
                Look::NotYet(format!("{since:.1?} of {remembered:.1?} since its end"))
            } else {
                Look::Ready(())
            })
        })
        .await
    }

    /// Starts a node again and waits until it is ready, all see each other, it serves each app that it had, and
    /// its session ids equal its peers'.
    ///
    /// # Errors
    /// One of these waits ran out, or the node failed.
    pub async fn restart(&self, node: &NodeName) -> Result<(), ClusterError> {
        self.restart_with(node, None, None, Unpacked::Removed).await
    }

    /// Starts a node again with something changed: its server, Java or configuration, or the archive of an app in its
    /// appBase, with what the node had unpacked of the old one or without. What else it had deployed stays. Waits as
    /// [`Self::restart`] does.
    ///
    /// # Errors
    /// One of these waits ran out, the node failed, or the runtime cannot change a node.
    pub async fn restart_with(
        &self,
        node: &NodeName,
        changes: Option<&NodeChanges>,
        app: Option<&Arc<War>>,
        unpacked: Unpacked,
    ) -> Result<(), ClusterError> {
        self.await_forgotten(node).await?;
        if let Some(changes) = changes {
            let mut changed = lock(&self.state.changed).get(node).cloned().unwrap_or_default();
            changed = changed.then(changes);
            lock(&self.state.changed).insert(node.clone(), changed);
        }
        // TomEE 9.0.0 leaves no META-INF/war-tracker in the folder that it unpacks an archive to, and so takes the folder
        // for that of any later archive (`ExpandWar.expand`): what is to run must not find it.
        let stale: Vec<_> =
            app.filter(|_| unpacked == Unpacked::Removed).map(|war| self.unpacked(war)).into_iter().collect();
        if changes.is_some() || !stale.is_empty() {
            let launch = self.launch(node, &self.endpoints())?;
            self.machines.runtime.replace(launch, &stale).await?;
        }
        if let Some(war) = app {
            self.lay_archive(node, war).await?;
        }
        let mark = self.log_mark(node);
        self.start_node(node).await?;
        self.await_formed().await?;
        self.await_back(node, mark).await
    }

    /// Starts all nodes that do not run, at one time, and waits for each as [`Self::restart`] does.
    ///
    /// # Errors
    /// One of these waits ran out, or a node failed.
    pub async fn start_again(&self) -> Result<(), ClusterError> {
        let living = self.living();
        let dead: Vec<&NodeName> = self.topology().names().filter(|node| !living.contains(*node)).collect();
        for node in &dead {
            self.await_forgotten(node).await?;
        }
        let marks: Vec<usize> = dead.iter().map(|node| self.log_mark(node)).collect();
        try_join_all(dead.iter().map(|node| self.start_node(node))).await?;
        self.await_formed().await?;
        for (node, mark) in dead.into_iter().zip(marks) {
            self.await_back(node, mark).await?;
        }
        Ok(())
    }

    /// Waits until a node that was started anew serves what it had, and its session ids equal its peers'.
    async fn await_back(&self, node: &NodeName, mark: usize) -> Result<(), ClusterError> {
        let deployed = lock(&self.state.deployed).clone();
        // What the farm gave the others while the node was down is not on it.
        for Deployed { war, .. } in deployed.into_iter().filter(|app| app.nodes.contains(node)) {
            let served = Served { mark, ..Served::default() };
            self.await_served(node, &war, &served, self.machines.limits.deploy).await?;
            self.await_synchronised(node, &war.context).await?;
        }
        Ok(())
    }
}

/// What a fault that missed has met with, down to its cause.
fn seen(error: &ClusterError) -> String {
    if let ClusterError::Wait { source, .. } = error {
        return source.to_string();
    }
    DisplayErrorChain(error).to_string()
}
