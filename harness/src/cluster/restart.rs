//! Nodes come back: one, with something changed, or all that do not run.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::deployed::{Deployed, Served};
use super::{Cluster, ClusterError};
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::{Membership, NodeChanges, NodeName, Unpacked};
use crate::tomcat::war::War;

/// `McastService.dropTime` where nothing is said.
const STOCK_DROP_TIME_MS: i64 = 3000;
/// Twice `McastService.frequency`: how late it may notice that the time is over.
const DROP_CHECK: Duration = Duration::from_secs(1);

impl Cluster {
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
        for Deployed { war, within, .. } in deployed.into_iter().filter(|app| app.nodes.contains(node)) {
            let served = Served { mark, archive: war.context.war_name(), ..Served::default() };
            self.await_served(node, &war, &served, within.unwrap_or(self.machines.limits.deploy)).await?;
            let limit = self.machines.limits.synchronise;
            self.await_synchronised_since(node, &war.context, limit, Some(mark)).await?;
        }
        Ok(())
    }
}
