//! The balancer in front of the nodes: its start, what it is told, and what it sees, which is recorded as it changes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Cluster, ClusterError};
use crate::history::Event;
use crate::host::wait::{self, Look};
use crate::model::{FrontOrder, FrontServer, FrontState, NodeName};

/// How long what it is told may take to show.
const ORDER_LIMIT: Duration = Duration::from_secs(30);
/// How long it may take for all nodes, which run, to be UP.
const UP_LIMIT: Duration = Duration::from_secs(30);

impl Cluster {
    /// Starts the balancer, where there is to be one, and waits until it has each node as it will be found: UP, or without
    /// an answer to its check for as long as no app is there.
    pub(super) async fn start_front(&self) -> Result<(), ClusterError> {
        let Some(front) = &self.machines.topology.front else { return Ok(()) };
        self.machines.runtime.start_front(&self.machines.topology).await?;
        let checks = front.health_check == crate::model::front::HealthCheck::Tcp;
        let seen = self.await_front("each node to be known to the front", UP_LIMIT, |all| {
            all.values().all(|server| !server.check.is_empty() && (!checks || server.state == FrontState::Up))
        });
        seen.await?;
        self.recording.follow_front(self.machines.runtime.clone());
        Ok(())
    }

    /// How the balancer has each node; nothing where there is none.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn front(&self) -> Result<BTreeMap<NodeName, FrontServer>, ClusterError> {
        if self.machines.topology.front.is_none() {
            return Ok(BTreeMap::new());
        }
        Ok(self.machines.runtime.front().await?)
    }

    /// Tells the balancer what to do with a node, and waits until it does: of `maint`, that nothing is under way on it.
    ///
    /// # Errors
    /// It refuses, or what is under way is not answered in time.
    pub async fn order_front(&self, node: &NodeName, order: FrontOrder) -> Result<(), ClusterError> {
        self.machines.runtime.order_front(node, order).await?;
        self.recorder().event(Event::FrontTold { node: node.clone(), order });
        let wanted = format!("{order} of {node} in the front");
        self.await_front(&wanted, ORDER_LIMIT, |all| {
            all.get(node).is_some_and(|server| match order {
                FrontOrder::Drain => server.state == FrontState::Drain || server.state == FrontState::Down,
                FrontOrder::Maint => server.state == FrontState::Maint && server.active == 0,
                FrontOrder::Ready => !matches!(server.state, FrontState::Maint | FrontState::Drain),
            })
        })
        .await
    }

    /// Waits until the balancer has a node in a state.
    ///
    /// # Errors
    /// It has not in time.
    pub async fn await_front_state(
        &self,
        node: &NodeName,
        state: FrontState,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        let is = |all: &BTreeMap<NodeName, FrontServer>| all.get(node).is_some_and(|server| server.state == state);
        self.await_front(&format!("{node} to be {state} in the front"), limit, is).await
    }

    async fn await_front(
        &self,
        wanted: &str,
        limit: Duration,
        enough: impl Fn(&BTreeMap<NodeName, FrontServer>) -> bool,
    ) -> Result<(), ClusterError> {
        wait::until(wanted, limit, async || {
            let all = self.machines.runtime.front().await?;
            self.recording.note_front(&all);
            Ok::<_, ClusterError>(if enough(&all) { Look::Ready(()) } else { Look::NotYet(in_words(&all)) })
        })
        .await
    }
}

fn in_words(all: &BTreeMap<NodeName, FrontServer>) -> String {
    let each = |(node, server): (&NodeName, &FrontServer)| format!("{node} {} {}", server.state, server.active);
    all.iter().map(each).collect::<Vec<_>>().join(", ")
}
