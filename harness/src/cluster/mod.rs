//! The cluster: nodes on one runtime, watched by probes and log followers, recorded on one clock.
//!
//! [`Cluster`] is the main type: [`Cluster::start`] brings all nodes up, [`Cluster::deploy`] drops a WAR into the
//! farm, [`Cluster::kill`] and [`Cluster::restart`] break and mend, [`Cluster::observe`] reads replicas.

pub mod client;
mod cookies;
mod error;
mod farm;
mod faults;
pub mod logs;
mod members;
mod node;
pub mod probe;
pub mod recorder;
mod restart;
mod roles;
mod start;
mod warm;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::Utf8PathBuf;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::error::ClusterError;
use self::faults::ActiveFault;
pub use self::node::Node;
pub use self::warm::{Beginning, Successor};
use crate::cluster::client::{Client, ClientError};
use crate::cluster::cookies::SessionCookies;
use crate::cluster::logs::LogFollower;
use crate::cluster::probe::{Probe, SessionScope};
use crate::cluster::recorder::Recorder;
use crate::history::Question;
use crate::history::{Event, LogLine, NodeObservation, NodeState, RecordKind, Seen};
use crate::host::run_dir::RunDir;
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::plan::Limits;
use crate::model::{ClientName, ContextPath, Endpoints, NodeChanges, NodeName, Topology};
use crate::runtime::process::ClassArchive;
use crate::runtime::{NodeLog, NodeStatus, Runtime};
use crate::tomcat::compiler::Compiler;
use crate::tomcat::distribution::Distribution;
use crate::tomcat::java::Java;
use crate::tomcat::jsp_cache::{self, CompiledPages};

/// How often a node's log file is looked at.
const LOG_POLL: Duration = Duration::from_millis(40);

/// What a cluster is made of.
#[derive(Debug)]
pub struct ClusterParts {
    /// What is wanted.
    pub topology: Topology,
    /// The machines.
    pub runtime: Arc<dyn Runtime>,
    /// The server's files.
    pub distribution: Arc<Distribution>,
    /// The Java of this machine; a runtime whose nodes bring their own needs none.
    pub java: Option<Java>,
    /// Pages compiled by an earlier run, where they fit this one.
    pub pages: Option<CompiledPages>,
    /// What the classes of the topology's server are to the JVMs of its nodes, where that is kept.
    pub classes: Option<ClassArchive>,
    /// What compiles the apps that have classes; none where there is no Java to do it with.
    pub compiler: Option<Compiler>,
    /// Where all that happens goes.
    pub recorder: Arc<Recorder>,
    /// The run's folder.
    pub run_dir: RunDir,
    /// How long things may take.
    pub limits: Limits,
    /// The secret that the probes of this run ask for.
    pub token: String,
    /// The servers of nodes that run another one than the topology says, by their word.
    pub other_distributions: BTreeMap<String, Arc<Distribution>>,
}

/// A cluster that runs, or is about to.
#[derive(Debug)]
pub struct Cluster {
    parts: ClusterParts,
    probe: Probe,
    endpoints: Mutex<Endpoints>,
    /// What the probes have told of the apps' session cookies.
    session_cookies: Arc<SessionCookies>,
    /// The jvmRoute of each node, as its probe told it last.
    routes: Mutex<BTreeMap<NodeName, Option<String>>>,
    living: Mutex<BTreeSet<NodeName>>,
    /// What was done to each node and can be undone, in order.
    undoable: Mutex<BTreeMap<NodeName, Vec<ActiveFault>>>,
    /// What was changed at restarts.
    changed: Mutex<BTreeMap<NodeName, NodeChanges>>,
    deployed: Mutex<Vec<farm::Deployed>>,
    /// What was dropped and is not waited for yet.
    detached: Mutex<BTreeMap<ContextPath, farm::Dropping>>,
    /// The contexts that the nodes have without any app of a scenario.
    own_contexts: Mutex<BTreeSet<ContextPath>>,
    /// How long each log was when an earlier scenario had ended; nothing where there was none.
    earlier: BTreeMap<Utf8PathBuf, u64>,
    logs: Arc<Mutex<BTreeMap<NodeName, Vec<LogLine>>>>,
    followers: Mutex<JoinSet<()>>,
    stop_following: CancellationToken,
}

impl Cluster {
    /// Starts all nodes in parallel (no app is there yet, so none has state to ask for) and waits until each is ready
    /// and sees every other.
    ///
    /// # Errors
    /// A node that dies or fails is reported within a poll, with the lines that say why. A port that somebody took
    /// between allocation and start is got round by new ports, twice.
    pub async fn start(parts: ClusterParts) -> Result<Self, ClusterError> {
        let probe = Probe::new(parts.token.clone())?;
        let cluster = Self {
            probe,
            endpoints: Mutex::new(Endpoints { nodes: BTreeMap::new(), multicast: None }),
            session_cookies: Arc::default(),
            routes: Mutex::default(),
            living: Mutex::default(),
            undoable: Mutex::default(),
            changed: Mutex::default(),
            deployed: Mutex::default(),
            detached: Mutex::default(),
            own_contexts: Mutex::default(),
            earlier: BTreeMap::new(),
            logs: Arc::default(),
            followers: Mutex::default(),
            stop_following: CancellationToken::new(),
            parts,
        };
        match cluster.start_all().await {
            Ok(()) => Ok(cluster),
            Err(error) => {
                // The first error is the one to tell; what shutdown cannot remove, the guard removes.
                let _ = cluster.shutdown().await;
                Err(error)
            }
        }
    }

    /// What was wanted.
    pub fn topology(&self) -> &Topology {
        &self.parts.topology
    }

    /// The run's folder.
    pub fn run_dir(&self) -> &RunDir {
        &self.parts.run_dir
    }

    /// The machines.
    pub fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.parts.runtime
    }

    /// Where all that happens goes.
    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.parts.recorder
    }

    /// The addresses of the nodes, as they know each other.
    pub fn endpoints(&self) -> Endpoints {
        lock(&self.endpoints).clone()
    }

    /// The nodes that run and have not been broken.
    pub fn living(&self) -> BTreeSet<NodeName> {
        lock(&self.living).clone()
    }

    /// Where a node answers now. Ask at each use: a container's port may change when it is started again.
    ///
    /// # Errors
    /// There is no such node.
    pub async fn address(&self, node: &NodeName) -> Result<SocketAddr, ClusterError> {
        Ok(self.parts.runtime.http(node).await?)
    }

    /// A client with an empty cookie jar.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn client(&self, name: &str) -> Result<Client, ClientError> {
        let name = ClientName::new(name)?;
        let (recorder, cookies) = (self.parts.recorder.clone(), self.session_cookies.clone());
        Client::new(name, recorder, &self.parts.runtime, cookies, self.parts.limits.request)
    }

    /// Reads on every living node, at one time, what it holds of a context, without touching a session.
    ///
    /// # Errors
    /// A node has no address. A probe that does not answer is no error but a dead observation.
    pub async fn observe(&self, context: &ContextPath) -> Result<Vec<NodeObservation>, ClusterError> {
        let observations = self.look_at_living(&Question::Context(context.clone())).await?;
        for observation in &observations {
            self.parts.recorder.record(RecordKind::Observe(observation.clone()));
        }
        Ok(observations)
    }

    /// Reads on every living node what it holds of each app that was deployed, without touching a session.
    ///
    /// # Errors
    /// As [`Self::observe`].
    pub async fn look_at_apps(&self) -> Result<(), ClusterError> {
        for context in self.served() {
            self.observe(&context).await?;
        }
        Ok(())
    }

    /// Reads on one node what it holds of a context, without touching a session, until `enough` of it or for `limit`, and
    /// records the last look. That the limit is over is no error: what was seen is for the verdict to judge.
    ///
    /// # Errors
    /// The node has no address. A probe that does not answer is no error but a dead observation.
    pub async fn observe_node_until(
        &self,
        node: &NodeName,
        context: &ContextPath,
        limit: Duration,
        enough: impl Fn(&NodeState) -> bool,
    ) -> Result<(), ClusterError> {
        let mut patience = wait::Patience::new(format!("{node} to hold what is expected"), limit);
        let observation = loop {
            let observation = self.look(node, &Question::Context(context.clone())).await?;
            if observation.state().is_some_and(&enough) || patience.another_look("not yet").await.is_err() {
                break observation;
            }
        };
        self.parts.recorder.record(RecordKind::Observe(observation));
        Ok(())
    }

    async fn look_at_living(&self, question: &Question) -> Result<Vec<NodeObservation>, ClusterError> {
        let living = self.living();
        let looks = living.iter().map(|node| self.look(node, question));
        futures_util::future::try_join_all(looks).await
    }

    async fn look(&self, node: &NodeName, question: &Question) -> Result<NodeObservation, ClusterError> {
        let address = self.address(node).await?;
        let observation = self.probe.look(node, address, question, self.parts.recorder.clock().now()).await;
        self.learn_of(node, &observation.seen).await?;
        Ok(observation)
    }

    /// Looks at some sessions only, for what is not recorded.
    async fn peek(&self, node: &NodeName, question: &Question, scope: SessionScope<'_>) -> Result<Seen, ClusterError> {
        let seen = self.probe.peek(self.address(node).await?, question, scope).await;
        self.learn_of(node, &seen).await?;
        Ok(seen)
    }

    async fn learn_of(&self, node: &NodeName, seen: &Seen) -> Result<(), ClusterError> {
        match seen {
            Seen::State(state) => self.learn(node, state),
            Seen::Dead(_) => self.check_alive(node).await?,
        }
        Ok(())
    }

    /// Takes note of what clients and roles go by.
    fn learn(&self, node: &NodeName, state: &NodeState) {
        self.session_cookies.learn(state);
        if let Some(engine) = &state.engine {
            lock(&self.routes).insert(node.clone(), engine.jvm_route.clone());
        }
    }

    /// The jvmRoute that a node runs with, as its probe told it last; where it told none yet, what it was started with.
    pub fn route(&self, node: &NodeName) -> Option<String> {
        let told = lock(&self.routes).get(node).cloned();
        told.unwrap_or_else(|| self.topology().route(node).map(str::to_owned))
    }

    /// Tells a node that ended unasked from one that only does not answer. A wait for its answer would be in vain, and
    /// what it lacks would be taken for its configuration's fault.
    async fn check_alive(&self, node: &NodeName) -> Result<(), ClusterError> {
        if !lock(&self.living).contains(node) {
            return Ok(());
        }
        let NodeStatus::Ended(how) = self.parts.runtime.status(node).await? else { return Ok(()) };
        // Two looks at a time may find it out; one tells.
        if lock(&self.living).remove(node) {
            self.parts.recorder.event(Event::NodeDied { node: node.clone(), why: how.clone() });
        }
        Err(ClusterError::NodeDied { node: node.clone(), how })
    }

    /// Follows a node's log from its beginning, over its restarts.
    fn follow(&self, node: &NodeName) {
        let path = self.parts.runtime.log_path(node, NodeLog::Harness);
        self.follow_by(node, LogFollower::new(node.clone(), path, self.parts.recorder.clone()));
    }

    fn follow_by(&self, node: &NodeName, mut follower: LogFollower) {
        let (logs, stop, node) = (self.logs.clone(), self.stop_following.clone(), node.clone());
        lock(&self.followers).spawn(async move {
            loop {
                let stopping = stop.is_cancelled();
                let mut lines = follower.read_on();
                if stopping {
                    // A last line is held for a trace that may follow it.
                    lines.extend(follower.read_on());
                }
                if !lines.is_empty() {
                    lock(&logs).entry(node.clone()).or_default().extend(lines);
                }
                if stopping {
                    return;
                }
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = wait::pause(LOG_POLL) => {}
                }
            }
        });
    }

    /// How many lines of each node's log were seen.
    pub fn log_marks(&self) -> BTreeMap<NodeName, usize> {
        lock(&self.logs).iter().map(|(node, lines)| (node.clone(), lines.len())).collect()
    }

    /// Waits until a node's log has a line with a text behind a mark. Lines of no class are kept only for the texts of
    /// [`Recorder::keep_lines_with`].
    ///
    /// # Errors
    /// The wait ran out.
    pub async fn await_log(
        &self,
        node: &NodeName,
        text: &str,
        mark: usize,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        wait::until(&format!("{node} to log {text:?}"), limit, async || {
            let lines = self.logs_since(node, mark);
            let said = lines.iter().any(|line| line.message.contains(text));
            Ok(if said { Look::Ready(()) } else { Look::NotYet(format!("none of {} lines says so", lines.len())) })
        })
        .await
    }

    /// How many lines of a node's log were seen, as a mark to look on from.
    fn log_mark(&self, node: &NodeName) -> usize {
        lock(&self.logs).get(node).map_or(0, Vec::len)
    }

    /// The lines of a node's log behind a mark.
    fn logs_since(&self, node: &NodeName, mark: usize) -> Vec<LogLine> {
        lock(&self.logs).get(node).and_then(|lines| lines.get(mark..)).map(<[_]>::to_vec).unwrap_or_default()
    }

    /// Ends all nodes, collects their logs into the run directory and removes what the run has started.
    ///
    /// # Errors
    /// Something could not be removed; the guard will.
    pub async fn shutdown(&self) -> Result<(), ClusterError> {
        lock(&self.living).clear();
        let removed = self.parts.runtime.shutdown().await;
        // After the last node's end, so that its last lines are read.
        self.follow_no_more().await;
        Ok(removed?)
    }

    async fn follow_no_more(&self) {
        self.stop_following.cancel();
        let mut followers = std::mem::take(&mut *lock(&self.followers));
        while followers.join_next().await.is_some() {}
    }

    /// Keeps the pages that the nodes have compiled, for the next run. To be called when they have ended.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn keep_pages(&self) -> std::io::Result<()> {
        let Some(pages) = &self.parts.pages else { return Ok(()) };
        let alike = |node: &&NodeName| {
            let changes = self.parts.topology.node(node).map(|node| &node.changes).into_iter();
            let changed = lock(&self.changed).get(*node).cloned();
            changes.chain(&changed).all(|changes| changes.server.is_none() && changes.java.is_none())
        };
        let nodes = self.parts.topology.names().filter(alike);
        let works = nodes.filter_map(|node| self.parts.runtime.folder(node, jsp_cache::WORK_DIR.into()));
        works.into_iter().try_for_each(|work| pages.keep(&work))
    }

    /// Writes a thread dump of each living node to its folder, as far as one can be had: what a wait that ran out was
    /// waiting for may be in it.
    ///
    /// # Errors
    /// The run directory cannot be written.
    pub async fn dump_threads(&self) -> std::io::Result<()> {
        for node in self.living() {
            if let Ok(Some(threads)) = self.parts.runtime.threads(&node).await {
                fs_err::write(self.parts.run_dir.node(&node).join("threads.txt"), threads)?;
            }
        }
        Ok(())
    }

    /// Copies each node's own logs into the run directory. To be called before [`Self::shutdown`] where containers hold them.
    ///
    /// # Errors
    /// A log cannot be read.
    pub async fn collect_logs(&self) -> Result<(), ClusterError> {
        for node in self.parts.topology.names() {
            self.parts.runtime.collect(node, &self.parts.run_dir.node(node)).await?;
        }
        self.leave_out_earlier().map_err(ClusterError::Logs)
    }
}
