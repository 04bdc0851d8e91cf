//! Breaking and mending nodes; every fault proves that it hit.

use std::time::Duration;

use super::{Cluster, ClusterError};
use crate::history::{FaultPhase, Question, RecordKind, Seen};
use crate::lab::sync::lock;
use crate::lab::wait::{self, Look};
use crate::spec::{FaultKind, Membership, NodeName};

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
        self.fault(FaultKind::Kill, node).await
    }

    /// Breaks a node.
    ///
    /// # Errors
    /// It does not run, or the machine could not do it; the fault is then recorded as missed.
    pub async fn fault(&self, kind: FaultKind, node: &NodeName) -> Result<(), ClusterError> {
        if !lock(&self.living).remove(node) {
            return Err(ClusterError::NotRunning(node.clone()));
        }
        let recorder = &self.parts.recorder;
        let fault = recorder.next_fault();
        let record = |phase| recorder.record(RecordKind::Fault { fault, kind, node: node.clone(), phase });
        record(FaultPhase::Asked);
        let runtime = &self.parts.runtime;
        let hit = match kind {
            FaultKind::Kill => runtime.kill(node).await,
            FaultKind::Stop => runtime.stop(node).await,
            FaultKind::Pause => runtime.pause(node).await,
            FaultKind::LoseHost => runtime.lose_host(node).await,
        };
        let hit = match (hit, kind) {
            (Ok(proof), FaultKind::Kill | FaultKind::Stop) => self.await_silence(node).await.map(|()| proof),
            (hit, _) => hit.map_err(ClusterError::from),
        };
        match hit {
            Ok(proof) => {
                record(FaultPhase::Hit { proof });
                if kind == FaultKind::Pause {
                    lock(&self.paused).insert(node.clone(), fault);
                }
                Ok(())
            }
            Err(error) => {
                let seen = match &error {
                    ClusterError::Wait { source, .. } => source.to_string(),
                    other => other.to_string(),
                };
                record(FaultPhase::Missed { seen });
                Err(match error {
                    // The verdict tells this wait with its last look.
                    error @ ClusterError::Wait { .. } => error,
                    error => ClusterError::FaultMissed { kind, node: node.clone(), source: Box::new(error) },
                })
            }
        }
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

    /// Thaws a paused node.
    ///
    /// # Errors
    /// It was not paused, or the machine could not do it.
    pub async fn resume(&self, node: &NodeName) -> Result<(), ClusterError> {
        self.parts.runtime.resume(node).await?;
        lock(&self.living).insert(node.clone());
        if let Some(fault) = lock(&self.paused).remove(node) {
            let (kind, phase) = (FaultKind::Pause, FaultPhase::Healed);
            self.parts.recorder.record(RecordKind::Fault { fault, kind, node: node.clone(), phase });
        }
        Ok(())
    }

    /// Waits until nobody remembers the earlier life of a node that is to come back at its old address.
    ///
    /// With multicast a life has a random id. A survivor whose send failed evicts the dead node at once, but its
    /// `McastService` knows the node until `dropTime` is over; where the address answers before, a heartbeat takes the
    /// old life for living (`TcpFailureDetector.performBasicCheck`), and it stays as a ghost for ever. With static
    /// membership the id is the node's own, and a new life is the old one to its peers.
    async fn await_forgotten(&self, node: &NodeName) -> Result<(), ClusterError> {
        if self.parts.topology.cluster.membership != Membership::Multicast {
            return Ok(());
        }
        self.await_formed().await?;
        let hits = self.parts.recorder.read(|history| {
            history.records.iter().rev().find_map(|record| match &record.kind {
                RecordKind::Fault { node: broken, phase: FaultPhase::Hit { .. }, .. } if broken == node => {
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
        self.await_forgotten(node).await?;
        let mark = self.log_mark(node);
        self.start_node(node).await?;
        self.await_formed().await?;
        let deployed = lock(&self.deployed).clone();
        for war in deployed {
            self.await_served(node, &war, mark).await?;
            self.await_synchronised(node, &war.context).await?;
        }
        Ok(())
    }
}
