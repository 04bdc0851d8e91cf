//! Warm: a cluster that one run leaves and the next one takes over, if it is as good as new.
//!
//! Between the two, [`Cluster::reset`] heals what is broken, lays and starts each dead node anew, undeploys every app
//! through the farm where its watcher has lived on, and looks. [`Cluster::record`] and [`Cluster::start`] begin the next
//! run, which looks once more: what it sees is the first in its history. A cluster of which anything is left is refused: a
//! node or member missing or one too many, a context that was not there after the first start, a session, a fault.

use std::collections::BTreeSet;
use std::io;

use camino::Utf8PathBuf;
use futures_util::future::try_join_all;

use super::{Cluster, ClusterError};
use crate::cluster::probe::SessionScope;
use crate::config;
use crate::history::{ContextState, Event, NodeObservation, Question, RecordKind};
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::{ContextPath, NodeName};

impl Cluster {
    /// Resets it for another scenario, and verifies that nothing is left. The scenario that used it must have ended: what
    /// happens here is not of its history.
    ///
    /// # Errors
    /// It cannot be made so; it must be shut down then.
    pub async fn reset(&self) -> Result<(), ClusterError> {
        self.heal_all().await?;
        let living = self.living();
        let dead: Vec<&NodeName> = self.topology().names().filter(|node| !living.contains(*node)).collect();
        let started = try_join_all(dead.into_iter().map(|node| self.start_anew(node)));
        // At one time: a node that starts has no app and none to take over.
        tokio::try_join!(started, self.undeploy_all(&living))?;
        self.state.forget();
        self.await_formed().await?;
        self.look_as_new().await.map(drop)
    }

    /// Starts a node with files as new as at its first start.
    async fn start_anew(&self, node: &NodeName) -> Result<(), ClusterError> {
        self.await_forgotten(node).await?;
        self.machines.runtime.install(self.launch(node, &self.endpoints())?).await?;
        self.start_node(node).await
    }

    /// Undeploys every app of a scenario from nodes that have lived up to now.
    async fn undeploy_all(&self, living: &BTreeSet<NodeName>) -> Result<(), ClusterError> {
        let apps: BTreeSet<String> = self.apps(living).await?.into_iter().map(|(_, war)| war).collect();
        if apps.is_empty() {
            return Ok(());
        }
        let (folders, watcher) = (config::farm_folders(&self.machines.topology), self.machines.topology.watcher());
        self.await_the_watchers_look().await;
        for war in &apps {
            // `FarmWarDeployer.fileRemoved` undeploys cluster-wide. A watcher that was restarted knows of no app;
            // each node's HostConfig undeploys what lost its archive (`checkResources`).
            let removed = if living.contains(watcher) {
                vec![(watcher, folders.watch)]
            } else {
                living.iter().map(|node| (node, folders.deploy)).collect()
            };
            let paths: Vec<(&NodeName, Utf8PathBuf)> =
                removed.into_iter().map(|(node, folder)| (node, Utf8PathBuf::from(folder).join(war))).collect();
            try_join_all(paths.iter().map(|(node, path)| self.machines.runtime.remove(node, path))).await?;
        }
        wait::until("every app to be undeployed", self.machines.limits.deploy, async || {
            let left = self.apps(living).await?;
            Ok::<_, ClusterError>(match left.first() {
                None => Look::Ready(()),
                Some((node, war)) => Look::NotYet(format!("{node} still has {war}")),
            })
        })
        .await?;
        self.lay_pages(living).map_err(ClusterError::Logs)
    }

    /// The archives of the contexts that nodes have and had not after their first start.
    async fn apps(&self, nodes: &BTreeSet<NodeName>) -> Result<Vec<(NodeName, String)>, ClusterError> {
        let looks = nodes.iter().map(|node| self.peek(node, &Question::Everything, SessionScope::None));
        let looks = try_join_all(looks).await?;
        let own = lock(&self.state.own_contexts).clone();
        let mut apps = vec![];
        for (node, seen) in nodes.iter().zip(&looks) {
            let Some(state) = seen.state() else {
                return Err(ClusterError::ProbeDead { node: node.clone(), why: format!("{seen:?}") });
            };
            let strange = state.contexts.iter().filter(|context| !own.contains(&context.path));
            apps.extend(strange.map(|context| (node.clone(), archive(context))));
        }
        Ok(apps)
    }

    /// An undeployed app takes its compiled pages along.
    fn lay_pages(&self, nodes: &BTreeSet<NodeName>) -> io::Result<()> {
        let Some(pages) = &self.machines.jsp_cache else { return Ok(()) };
        let bases = nodes.iter().filter_map(|node| self.machines.runtime.folder(node, "".into()));
        bases.into_iter().try_for_each(|base| pages.lay(&base))
    }

    /// Remembers the contexts that the nodes have before any app is deployed.
    pub(super) fn note_own_contexts(&self) {
        let own = self.recorder().read(|history| {
            let looks = history.records.iter().filter_map(|record| match &record.kind {
                RecordKind::Observe(look) => look.state(),
                _ => None,
            });
            looks.flat_map(|state| &state.contexts).map(|context| context.path.clone()).collect()
        });
        *lock(&self.state.own_contexts) = own;
    }

    /// Looks at all nodes; nothing of a scenario may be left.
    async fn look_as_new(&self) -> Result<Vec<NodeObservation>, ClusterError> {
        let (living, own) = (self.living(), lock(&self.state.own_contexts).clone());
        let mut why: Vec<String> = lock(&self.state.undoable)
            .iter()
            .flat_map(|(node, all)| all.iter().map(move |active| (node, active.kind())))
            .map(|(node, kind)| format!("the {kind} of {node} is still active"))
            .collect();
        let dead = self.topology().names().filter(|node| !living.contains(*node));
        why.extend(dead.map(|node| format!("{node} is not running")));
        let all: Vec<Vec<NodeName>> = vec![self.topology().names().cloned().collect()];
        let looks = self.look_at_living(&Question::Everything).await?;
        for look in &looks {
            why.extend(self.not_as_expected(look, &all));
            why.extend(left_over(look, &own));
        }
        if why.is_empty() { Ok(looks) } else { Err(ClusterError::NotAsNew { why }) }
    }

    /// Makes sure that nodes which run already are as good as new, and records what is seen of them.
    pub(super) async fn adopt(&self) -> Result<(), ClusterError> {
        self.recorder().event(Event::Addressed { endpoints: self.endpoints() });
        for look in self.look_as_new().await? {
            self.recorder().record(RecordKind::Observe(look));
        }
        self.recorder().event(Event::ClusterAdopted { from: self.machines.run.clone(), nodes: self.by_age() });
        self.recorder().event(Event::ClusterFormed { nodes: self.living().into_iter().collect() });
        Ok(())
    }
}

/// The archive of a context, with its version (`shop##2.war`).
fn archive(context: &ContextState) -> String {
    let war = context.path.war_name();
    match context.version.as_str() {
        "" => war,
        version => format!("{}##{version}.war", war.trim_end_matches(".war")),
    }
}

/// What of an earlier scenario a node still has, in words.
fn left_over(look: &NodeObservation, own: &BTreeSet<ContextPath>) -> Vec<String> {
    let contexts = look.state().map_or(&[][..], |state| &state.contexts);
    let left = contexts.iter().filter_map(|context| {
        if !own.contains(&context.path) {
            return Some(format!("{} still has {}", look.node, context.path));
        }
        let session = context.sessions.first()?;
        Some(format!("{} still has session {} of {}", look.node, session.id, context.path))
    });
    left.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::history::{ManagerState, Nanos, NodeState, ReplicaRole, Seen, SessionReplica};
    use crate::model::SessionId;

    fn context(path: &str, sessions: &[&str]) -> ContextState {
        let replica = |id: &&str| SessionReplica {
            id: SessionId::new(*id),
            role: ReplicaRole::Replica,
            valid: true,
            max_inactive_s: None,
            attributes: BTreeMap::new(),
        };
        ContextState {
            war_sha256: None,
            served_sha256: None,
            cookie: None,
            local_because: None,
            started_ms: None,
            path: ContextPath::new(path).expect("a good path"),
            version: String::new(),
            available: true,
            distributable: true,
            manager: ManagerState::default(),
            sessions: sessions.iter().map(replica).collect(),
        }
    }

    fn left(contexts: Vec<ContextState>) -> Vec<String> {
        let state = NodeState {
            server_info: String::new(),
            openejb: None,
            cluster_class: None,
            engine: None,
            running: vec![],
            send_options: None,
            members: vec![],
            contexts,
        };
        let look = NodeObservation {
            node: NodeName::nth(0),
            asked: Nanos(0),
            question: Question::Everything,
            seen: Seen::State(state),
        };
        left_over(&look, &[ContextPath::new("/").expect("a good path")].into())
    }

    #[test]
    fn what_an_earlier_scenario_left_is_found() {
        assert_eq!(left(vec![]), Vec::<String>::new());
        assert_eq!(left(vec![context("/", &[])]), Vec::<String>::new());
        assert_eq!(left(vec![context("/counter", &[])]), ["n1 still has /counter"]);
        assert_eq!(left(vec![context("/", &["A.n2"])]), ["n1 still has session A.n2 of /"]);
    }

    #[test]
    fn an_archive_has_the_version_of_its_context() {
        let second = ContextState { version: "2".to_owned(), ..context("/shop/eu", &[]) };
        assert_eq!(archive(&second), "shop#eu##2.war");
        assert_eq!(archive(&context("/", &[])), "ROOT.war");
    }
}
