//! Warm: a cluster that one scenario leaves and the next one reuses, if nothing of the first is left.
//!
//! Between the two, [`Cluster::reset`] heals what is broken, rewrites and restarts each dead node, undeploys every app
//! through the farm where its watcher has lived on, and looks. [`Beginning::cluster`] looks once more, and what it sees
//! is the first that the next scenario's history contains. A cluster of which anything is left is refused: a node or member
//! missing or one too many, a context that was not there after the first start, a session, a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};

use camino::Utf8PathBuf;
use futures_util::future::try_join_all;
use tokio_util::sync::CancellationToken;

use super::{Cluster, ClusterError, ClusterParts};
use crate::cluster::logs::LogFollower;
use crate::cluster::probe::SessionScope;
use crate::cluster::recorder::Recorder;
use crate::config;
use crate::history::{ContextState, Event, NodeObservation, Question, RecordKind};
use crate::host::run_dir::RunDir;
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::{ContextPath, NodeName, RunId};
use crate::runtime::NodeLog;

/// What a scenario's cluster comes from.
#[derive(Debug)]
pub enum Beginning {
    /// Nodes that are to be started.
    New(Box<ClusterParts>),
    /// A cluster that an earlier scenario has left and that was reset.
    Warm(Successor),
}

/// The scenario that takes over a cluster.
#[derive(Debug)]
pub struct Successor {
    /// The cluster, which nobody uses any more.
    pub previous: Arc<Cluster>,
    /// The run that started it.
    pub from: RunId,
    /// The scenario's own history.
    pub recorder: Arc<Recorder>,
    /// The scenario's own folder.
    pub run_dir: RunDir,
}

impl From<ClusterParts> for Beginning {
    fn from(parts: ClusterParts) -> Self {
        Self::New(Box::new(parts))
    }
}

impl Beginning {
    /// The scenario's folder.
    pub fn run_dir(&self) -> &RunDir {
        match self {
            Self::New(parts) => &parts.run_dir,
            Self::Warm(successor) => &successor.run_dir,
        }
    }

    /// Where the scenario's history goes.
    pub fn recorder(&self) -> &Arc<Recorder> {
        match self {
            Self::New(parts) => &parts.recorder,
            Self::Warm(successor) => &successor.recorder,
        }
    }

    /// What the cluster is made of: machines, server, Java. Of a warm one, recorder and folder are those of its first
    /// scenario.
    pub fn parts(&self) -> &ClusterParts {
        match self {
            Self::New(parts) => parts,
            Self::Warm(successor) => &successor.previous.parts,
        }
    }

    /// Starts the cluster, or takes it over.
    ///
    /// # Errors
    /// Those of [`Cluster::start`]; or something of the earlier scenario is left.
    pub async fn cluster(self) -> Result<Cluster, ClusterError> {
        match self {
            Self::New(parts) => Cluster::start(*parts).await,
            Self::Warm(successor) => Cluster::take_over(successor).await,
        }
    }
}

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
        lock(&self.deployed).clear();
        self.await_formed().await?;
        self.look_as_new().await.map(drop)
    }

    /// Starts a node with files as new as at its first start.
    async fn start_anew(&self, node: &NodeName) -> Result<(), ClusterError> {
        self.await_forgotten(node).await?;
        self.parts.runtime.install(self.launch(node, &self.endpoints())?).await?;
        self.start_node(node).await
    }

    /// Undeploys every app of a scenario from nodes that have lived up to now.
    async fn undeploy_all(&self, living: &BTreeSet<NodeName>) -> Result<(), ClusterError> {
        let apps: BTreeSet<String> = self.apps(living).await?.into_iter().map(|(_, war)| war).collect();
        if apps.is_empty() {
            return Ok(());
        }
        let (folders, watcher) = (config::farm_folders(&self.parts.topology), self.parts.topology.watcher());
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
            try_join_all(paths.iter().map(|(node, path)| self.parts.runtime.remove(node, path))).await?;
        }
        wait::until("every app to be undeployed", self.parts.limits.deploy, async || {
            let left = self.apps(living).await?;
            Ok::<_, ClusterError>(match left.first() {
                None => Look::Ready(()),
                Some((node, war)) => Look::NotYet(format!("{node} still has {war}")),
            })
        })
        .await?;
        self.write_jsp_cache(living).map_err(ClusterError::Logs)
    }

    /// The archives of the contexts that nodes have and had not after their first start.
    async fn apps(&self, nodes: &BTreeSet<NodeName>) -> Result<Vec<(NodeName, String)>, ClusterError> {
        let looks = nodes.iter().map(|node| self.peek(node, &Question::Everything, SessionScope::None));
        let looks = try_join_all(looks).await?;
        let own = lock(&self.own_contexts).clone();
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
    fn write_jsp_cache(&self, nodes: &BTreeSet<NodeName>) -> io::Result<()> {
        let Some(jsp_cache) = &self.parts.jsp_cache else { return Ok(()) };
        let bases = nodes.iter().filter_map(|node| self.parts.runtime.folder(node, "".into()));
        bases.into_iter().try_for_each(|base| jsp_cache.lay(&base))
    }

    /// Remembers the contexts that the nodes have before any app is deployed.
    pub(super) fn note_own_contexts(&self) {
        let own = self.parts.recorder.read(|history| {
            let looks = history.records.iter().filter_map(|record| match &record.kind {
                RecordKind::Observe(look) => look.state(),
                _ => None,
            });
            looks.flat_map(|state| &state.contexts).map(|context| context.path.clone()).collect()
        });
        *lock(&self.own_contexts) = own;
    }

    /// Looks at all nodes; nothing of a scenario may be left.
    async fn look_as_new(&self) -> Result<Vec<NodeObservation>, ClusterError> {
        let (living, own) = (self.living(), lock(&self.own_contexts).clone());
        let mut why: Vec<String> = lock(&self.undoable)
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

    async fn take_over(successor: Successor) -> Result<Self, ClusterError> {
        let Successor { previous, from, recorder, run_dir } = successor;
        previous.follow_no_more().await;
        let cluster = Self::behind(&previous, recorder.clone(), run_dir);
        let cluster = Self { earlier: cluster.lengths().await?, ..cluster };
        for node in cluster.parts.topology.names() {
            let path = cluster.parts.runtime.log_path(node, NodeLog::Harness);
            cluster.follow_by(node, LogFollower::from_now(node.clone(), path, recorder.clone()));
            let (before, after) = (previous.parts.run_dir.node(node), cluster.parts.run_dir.node(node));
            let copied = fs_err::create_dir_all(&after)
                .and_then(|()| fs_err::copy(before.join("server.xml"), after.join("server.xml")));
            copied.map_err(|source| ClusterError::Files { node: node.clone(), source })?;
        }
        recorder.event(Event::Addressed { endpoints: cluster.endpoints() });
        for look in cluster.look_as_new().await? {
            recorder.record(RecordKind::Observe(look));
        }
        recorder.event(Event::ClusterAdopted { from, nodes: previous.by_age() });
        recorder.event(Event::ClusterFormed { nodes: cluster.living().into_iter().collect() });
        Ok(cluster)
    }

    /// The same machines, for another scenario.
    fn behind(previous: &Self, recorder: Arc<Recorder>, run_dir: RunDir) -> Self {
        let parts = &previous.parts;
        Self {
            probe: previous.probe.clone(),
            endpoints: Mutex::new(previous.endpoints()),
            session_cookies: Arc::default(),
            routes: Mutex::new(lock(&previous.routes).clone()),
            living: Mutex::new(previous.living()),
            undoable: Mutex::new(lock(&previous.undoable).clone()),
            changed: Mutex::new(lock(&previous.changed).clone()),
            deployed: Mutex::default(),
            detached: Mutex::default(),
            own_contexts: Mutex::new(lock(&previous.own_contexts).clone()),
            earlier: BTreeMap::new(),
            logs: Arc::default(),
            followers: Mutex::default(),
            stop_following: CancellationToken::new(),
            parts: ClusterParts {
                topology: parts.topology.clone(),
                runtime: parts.runtime.clone(),
                distribution: parts.distribution.clone(),
                java: parts.java.clone(),
                jsp_cache: parts.jsp_cache.clone(),
                classes: parts.classes.clone(),
                compiler: parts.compiler.clone(),
                other_distributions: parts.other_distributions.clone(),
                recorder,
                run_dir,
                limits: parts.limits,
                token: parts.token.clone(),
            },
        }
    }

    /// How long each log of each node is now, by its path below `nodes/`.
    async fn lengths(&self) -> Result<BTreeMap<Utf8PathBuf, u64>, ClusterError> {
        let folder = self.parts.run_dir.path().join(".earlier");
        let mut lengths = BTreeMap::new();
        for node in self.parts.topology.names() {
            let (collected, node_folder) = (folder.join(node.as_str()), Utf8PathBuf::from(node.as_str()));
            self.parts.runtime.collect(node, &collected).await?;
            for entry in collected.read_dir_utf8().into_iter().flatten().flatten() {
                let length = entry.metadata().map_or(0, |file| file.len());
                lengths.insert(node_folder.join(entry.file_name()), length);
            }
            let console = fs_err::metadata(self.parts.runtime.log_path(node, NodeLog::Console));
            lengths.insert(node_folder.join(CONSOLE), console.map_or(0, |file| file.len()));
        }
        match fs_err::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ClusterError::Logs(error)),
            _ => Ok(lengths),
        }
    }

    /// Takes out of the collected logs what they held before the scenario began, and adds the console where the machines
    /// keep it elsewhere.
    pub(super) fn leave_out_earlier(&self) -> io::Result<()> {
        for node in self.parts.topology.names() {
            let (folder, console) =
                (self.parts.run_dir.node(node), self.parts.runtime.log_path(node, NodeLog::Console));
            if !console.starts_with(self.parts.run_dir.path()) && console.exists() {
                fs_err::copy(console, folder.join(CONSOLE))?;
            }
        }
        for (path, length) in &self.earlier {
            let path = self.parts.run_dir.path().join("nodes").join(path);
            let Ok(text) = fs_err::read(&path) else { continue };
            // A log that is shorter now was replaced.
            let own = usize::try_from(*length).ok().and_then(|length| text.get(length..));
            fs_err::write(&path, own.unwrap_or(&text))?;
        }
        Ok(())
    }
}

/// The console's name in a node's folder.
const CONSOLE: &str = "console.log";

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
