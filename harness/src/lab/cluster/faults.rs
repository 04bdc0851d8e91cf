//! Breaking and mending nodes; every fault proves that it hit.

use std::sync::Arc;
use std::time::Duration;

use super::farm::Served;
use super::{Cluster, ClusterError};
use crate::history::{FaultPhase, Question, RecordKind, Seen};
use crate::lab::runtime::Cut;
use crate::lab::sync::lock;
use crate::lab::wait::{self, Look};
use crate::lab::war::War;
use crate::spec::{FaultKind, Membership, NodeChanges, NodeName};

/// `McastService.dropTime` where nothing is said.
const STOCK_DROP_TIME_MS: i64 = 3000;
/// Twice `McastService.frequency`: how late it may notice that the time is over.
const DROP_CHECK: Duration = Duration::from_secs(1);

impl Cluster {
    /// Ends a node's JVM with SIGKILL.
    ///
    /// # Errors
    /// It does not run, or the machine could not do it; the fault is then recorded as missed.
    pub async fn kill(&self, node: &NodeName) -> Result<(), ClusterError> {
        self.fault(FaultKind::Kill, None, node).await
    }

    /// Breaks a node. `percent` is how many of a hundred packets a packet loss drops; 50 where nothing is said.
    ///
    /// # Errors
    /// It does not run, a fault on it is still to be undone, or the machine could not do it; the fault is then recorded
    /// as missed.
    pub async fn fault(&self, kind: FaultKind, percent: Option<u8>, node: &NodeName) -> Result<(), ClusterError> {
        self.may_break(kind, node)?;
        let recorder = &self.parts.recorder;
        let fault = recorder.next_fault();
        let record = |phase| recorder.record(RecordKind::Fault { fault, kind, node: node.clone(), phase });
        record(FaultPhase::Asked);
        match self.hit(kind, percent, node).await {
            Ok(proof) => {
                record(FaultPhase::Hit { proof });
                if kind.is_undone_in_place() {
                    lock(&self.undoable).insert(node.clone(), (fault, kind));
                }
                Ok(())
            }
            Err(error) => {
                record(FaultPhase::Missed { seen: seen(&error) });
                Err(match error {
                    // The verdict tells this wait with its last look.
                    error @ ClusterError::Wait { .. } => error,
                    error => ClusterError::FaultMissed { kind, node: node.clone(), source: Box::new(error) },
                })
            }
        }
    }

    /// A node that is cut off from its peers lives on; by every other fault it is gone.
    fn may_break(&self, kind: FaultKind, node: &NodeName) -> Result<(), ClusterError> {
        let mut living = lock(&self.living);
        if !living.contains(node) {
            return Err(ClusterError::NotRunning(node.clone()));
        }
        match lock(&self.undoable).get(node) {
            Some((_, before)) if !kind.spares_the_host() => {
                return Err(ClusterError::StillBroken { node: node.clone(), kind: *before });
            }
            _ => {}
        }
        if !kind.cuts() {
            living.remove(node);
        }
        Ok(())
    }

    async fn hit(&self, kind: FaultKind, percent: Option<u8>, node: &NodeName) -> Result<String, ClusterError> {
        let runtime = &self.parts.runtime;
        let proof = match (Cut::of(kind, percent), kind) {
            (Some(cut), _) => runtime.cut(node, cut).await?,
            (None, FaultKind::Stop) => runtime.stop(node).await?,
            (None, FaultKind::Pause) => runtime.pause(node).await?,
            (None, FaultKind::LoseHost) => runtime.lose_host(node).await?,
            (None, _) => runtime.kill(node).await?,
        };
        if matches!(kind, FaultKind::Kill | FaultKind::Stop) {
            self.await_silence(node).await?;
        }
        Ok(proof)
    }

    /// The second witness beside the machine's own proof: a node that has ended answers no more.
    async fn await_silence(&self, node: &NodeName) -> Result<(), ClusterError> {
        wait::until(&format!("{node} to fall silent"), self.parts.limits.request, async || {
            Ok(match self.look(node, &Question::Members).await?.seen {
                Seen::Dead(_) => Look::Ready(()),
                Seen::State(_) => Look::NotYet("its probe still answers".to_owned()),
            })
        })
        .await
    }

    /// Undoes what was done to a node: thaws it, or lets its peers reach it again.
    ///
    /// # Errors
    /// Nothing was done to it that can be undone, or the machine could not do it.
    pub async fn heal(&self, node: &NodeName) -> Result<(), ClusterError> {
        let undoable = lock(&self.undoable).remove(node);
        let Some((fault, kind)) = undoable else { return Err(ClusterError::NothingToHeal(node.clone())) };
        let toll = if kind.cuts() {
            Some(self.parts.runtime.mend(node).await?)
        } else {
            self.parts.runtime.resume(node).await?;
            lock(&self.living).insert(node.clone());
            None
        };
        let phase = FaultPhase::Healed { toll };
        self.parts.recorder.record(RecordKind::Fault { fault, kind, node: node.clone(), phase });
        Ok(())
    }

    /// Undoes all that can be undone, as far as the machine can.
    ///
    /// # Errors
    /// The first that could not be undone; the others are.
    pub async fn heal_all(&self) -> Result<(), ClusterError> {
        let broken: Vec<NodeName> = lock(&self.undoable).keys().cloned().collect();
        let mut healed = Ok(());
        for node in broken {
            healed = healed.and(self.heal(&node).await);
        }
        healed
    }

    /// What cuts nodes off from their peers now.
    pub(super) fn cuts(&self) -> Vec<(NodeName, FaultKind)> {
        let undoable = lock(&self.undoable);
        let cuts = undoable.iter().filter(|(_, (_, kind))| kind.cuts());
        cuts.map(|(node, (_, kind))| (node.clone(), *kind)).collect()
    }

    /// Waits until nobody remembers the earlier life of a node that is to come back at its old address.
    ///
    /// With multicast a life has a random id. A survivor whose send failed evicts the dead node at once, but its
    /// `McastService` knows the node until `dropTime` is over; where the address answers before, a heartbeat takes the
    /// old life for living (`TcpFailureDetector.performBasicCheck`), and it stays as a ghost for ever. With static
    /// membership the id is the node's own, and a new life is the old one to its peers.
    pub(super) async fn await_forgotten(&self, node: &NodeName) -> Result<(), ClusterError> {
        if self.parts.topology.cluster.membership != Membership::Multicast {
            return Ok(());
        }
        self.await_formed().await?;
        let hits = self.parts.recorder.read(|history| {
            history.records.iter().rev().find_map(|record| match &record.kind {
                RecordKind::Fault { node: broken, phase: FaultPhase::Hit { .. }, kind, .. }
                    if broken == node && !kind.cuts() =>
                {
                    Some(record.at)
                }
                _ => None,
            })
        });
        let Some(broken) = hits else { return Ok(()) };
        let drop_time =
            self.parts.topology.cluster.elements.multicast_membership.drop_time.unwrap_or(STOCK_DROP_TIME_MS);
        let remembered = Duration::from_millis(u64::try_from(drop_time).unwrap_or_default()) + DROP_CHECK;
        let limit = remembered + self.parts.limits.start;
        wait::until(&format!("the multicast group to forget {node}"), limit, async || {
            let since = self.parts.recorder.clock().now().since(broken);
            Ok(if since < remembered {
                Look::NotYet(format!("{since:.1?} of {remembered:.1?} since its end"))
            } else {
                Look::Ready(())
            })
        })
        .await
    }

    /// Starts a node again and waits until it is ready, all see each other, it serves each app that was deployed, and
    /// its session ids equal its peers'.
    ///
    /// # Errors
    /// One of these waits ran out, or the node failed.
    pub async fn restart(&self, node: &NodeName) -> Result<(), ClusterError> {
        self.restart_with(node, None, None).await
    }

    /// Starts a node again with something changed: its server, Java or configuration, or the archive of an app in its
    /// appBase. What it had deployed stays. Waits as [`Self::restart`] does.
    ///
    /// # Errors
    /// One of these waits ran out, the node failed, or the runtime cannot change a node.
    pub async fn restart_with(
        &self,
        node: &NodeName,
        changes: Option<&NodeChanges>,
        app: Option<&Arc<War>>,
    ) -> Result<(), ClusterError> {
        self.await_forgotten(node).await?;
        if let Some(changes) = changes {
            let mut changed = lock(&self.changed).get(node).cloned().unwrap_or_default();
            changed = changed.then(changes);
            lock(&self.changed).insert(node.clone(), changed);
            let launch = self.launch(node, &self.endpoints())?;
            self.parts.runtime.replace(launch).await?;
        }
        if let Some(war) = app {
            self.lay_archive(node, war).await?;
        }
        let mark = self.log_mark(node);
        self.start_node(node).await?;
        self.await_formed().await?;
        let deployed = lock(&self.deployed).clone();
        for war in deployed {
            let served = Served { mark, ..Served::default() };
            self.await_served(node, &war, &served).await?;
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
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
