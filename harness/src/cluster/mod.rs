//! The cluster: nodes on one runtime, watched by probes and log followers, recorded on one clock.
//!
//! [`Cluster`] is the main type: [`Machines`] and their state, and a [`Recording`]. [`Cluster::start`] brings all nodes up, [`Cluster::deploy`] drops a WAR into the
//! farm, [`Cluster::kill`] and [`Cluster::restart`] break and mend, [`Cluster::observe`] reads replicas.

mod active_fault;
pub mod client;
mod cookies;
mod copies;
mod deploy_log;
mod deployed;
mod error;
mod farm;
mod faults;
mod front;
mod inside;
mod inspect;
pub mod logs;
mod machines;
mod members;
mod node;
pub mod probe;
pub mod recorder;
mod recording;
mod restart;
mod roles;
mod start;
mod state;
mod warm;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use self::error::{AppFailure, ClusterError};
pub use self::inspect::NodeView;
pub use self::machines::{Machines, ReleaseError};
pub use self::node::Node;
pub use self::recording::Recording;
use self::state::State;
use crate::cluster::client::{Client, ClientError};
use crate::cluster::probe::{Probe, SessionScope};
use crate::cluster::recorder::Recorder;
use crate::history::Question;
use crate::history::{Event, NodeObservation, NodeState, RecordKind, Seen};
use crate::host::run_dir::RunDir;
use crate::host::sync::lock;
use crate::host::wait;
use crate::model::{ClientName, ContextPath, Endpoints, NodeName, Topology};
use crate::runtime::{NodeStatus, Runtime};
use crate::tomcat::{catalina_base, jsp_cache};

/// A cluster that runs, or is about to: machines and their state, and the recording that hears of it now.
///
/// [`Cluster::record`] gives the same cluster another recording.
#[derive(Debug)]
pub struct Cluster {
    machines: Arc<Machines>,
    state: Arc<State>,
    recording: Arc<Recording>,
    probe: Probe,
}

impl Cluster {
    /// A cluster of which nothing runs yet: [`Cluster::start`] is next.
    ///
    /// # Errors
    /// The HTTP client of the probe cannot be made.
    pub fn new(machines: Machines, recording: Recording) -> Result<Self, ClusterError> {
        let host_header = machines.topology.own.as_ref().and_then(|own| own.host_header.clone());
        let probe = Probe::new(machines.token.clone())?.naming(host_header);
        let (machines, state, recording) = (Arc::new(machines), Arc::new(State::new()), Arc::new(recording));
        Ok(Self { machines, state, recording, probe })
    }

    /// What was wanted.
    pub fn topology(&self) -> &Topology {
        &self.machines.topology
    }

    /// What it runs on.
    pub fn machines(&self) -> &Arc<Machines> {
        &self.machines
    }

    /// The run's folder.
    pub fn run_dir(&self) -> &RunDir {
        self.recording.run_dir()
    }

    /// The machines.
    pub fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.machines.runtime
    }

    /// Where all that happens goes.
    pub fn recorder(&self) -> &Arc<Recorder> {
        self.recording.recorder()
    }

    /// The addresses of the nodes, as they know each other.
    pub fn endpoints(&self) -> Endpoints {
        lock(&self.state.endpoints).clone()
    }

    /// The nodes that run and have not been broken.
    pub fn living(&self) -> BTreeSet<NodeName> {
        lock(&self.state.living).clone()
    }

    /// Where a node answers now. Ask at each use: a container's port may change when it is started again.
    ///
    /// # Errors
    /// There is no such node.
    pub async fn address(&self, node: &NodeName) -> Result<SocketAddr, ClusterError> {
        Ok(self.machines.runtime.http(node).await?)
    }

    /// A client with an empty cookie jar.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn client(&self, name: &str) -> Result<Client, ClientError> {
        let name = ClientName::new(name)?;
        let (recorder, cookies) = (self.recorder().clone(), self.state.session_cookies.clone());
        let front = self.topology().front.iter().map(|_| NodeName::front());
        let nodes = self.topology().names().cloned().chain(front).collect();
        let host_header = self.topology().own.as_ref().and_then(|own| own.host_header.clone());
        let (runtime, limit) = (&self.machines.runtime, self.machines.limits.request);
        Client::new(name, recorder, runtime, cookies, (nodes, host_header), limit)
    }

    /// Reads on every living node, at one time, what it holds of a context, without touching a session.
    ///
    /// # Errors
    /// A node has no address. A probe that does not answer is no error but a dead observation.
    pub async fn observe(&self, context: &ContextPath) -> Result<Vec<NodeObservation>, ClusterError> {
        let observations = self.look_at_living(&Question::Context(context.clone())).await?;
        for observation in &observations {
            self.recorder().record(RecordKind::Observe(observation.clone()));
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
        self.recorder().record(RecordKind::Observe(observation));
        Ok(())
    }

    async fn look_at_living(&self, question: &Question) -> Result<Vec<NodeObservation>, ClusterError> {
        let living = self.living();
        let looks = living.iter().map(|node| self.look(node, question));
        futures_util::future::try_join_all(looks).await
    }

    async fn look(&self, node: &NodeName, question: &Question) -> Result<NodeObservation, ClusterError> {
        let address = self.address(node).await?;
        let observation = self.probe.look(node, address, question, self.recorder().clock().now()).await;
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
        self.state.session_cookies.learn(state);
        if let Some(engine) = &state.engine {
            lock(&self.state.routes).insert(node.clone(), engine.jvm_route.clone());
        }
    }

    /// The jvmRoute that a node runs with, as its probe said last; where it said nothing yet, what it was started with.
    pub fn route(&self, node: &NodeName) -> Option<String> {
        let known = lock(&self.state.routes).get(node).cloned();
        known.unwrap_or_else(|| self.topology().route(node).map(str::to_owned))
    }

    /// Distinguishes a node that exited unexpectedly from one that only does not answer. A wait for its answer would time out, and
    /// what it lacks would be taken for its configuration's fault.
    async fn check_alive(&self, node: &NodeName) -> Result<(), ClusterError> {
        if !lock(&self.state.living).contains(node) {
            return Ok(());
        }
        let NodeStatus::Ended(how) = self.machines.runtime.status(node).await? else { return Ok(()) };
        // Two looks at a time may find it out; one records it.
        if lock(&self.state.living).remove(node) {
            self.recorder().event(Event::NodeDied { node: node.clone(), why: how.clone() });
        }
        Err(ClusterError::NodeDied { node: node.clone(), how })
    }

    /// Ends all nodes, collects their logs into the run directory and removes what the run has started.
    ///
    /// # Errors
    /// Something could not be removed; the guard will.
    pub async fn shutdown(&self) -> Result<(), ClusterError> {
        lock(&self.state.living).clear();
        self.recording.leave_front();
        let removed = self.machines.runtime.shutdown().await;
        // After the last node's end, so that its last lines are read.
        self.recording.stop_following().await;
        Ok(removed?)
    }

    /// Keeps the pages that the nodes have compiled, for the next run. To be called when they have ended.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn keep_pages(&self) -> std::io::Result<()> {
        let pages = self.machines.jsp_cache.as_ref().filter(|_| self.machines.topology.own.is_none());
        let Some(pages) = pages else { return Ok(()) };
        let alike = |node: &&NodeName| {
            let changes = self.machines.topology.node(node).map(|node| &node.changes).into_iter();
            let changed = lock(&self.state.changed).get(*node).cloned();
            changes.chain(&changed).all(|changes| changes.server.is_none() && changes.java.is_none())
        };
        let nodes = self.machines.topology.names().filter(alike);
        let works = nodes.filter_map(|node| self.machines.runtime.folder(node, jsp_cache::WORK_DIR.into()));
        works.into_iter().try_for_each(|work| pages.keep(&work))
    }

    /// Removes what the nodes served and what they were made of, where their files are in the run directory: configuration and
    /// logs are what a run leaves. To be called when they have ended.
    ///
    /// # Errors
    /// A folder cannot be removed.
    pub fn remove_served(&self) -> std::io::Result<()> {
        for node in self.machines.topology.names() {
            for folder in catalina_base::bulky(&self.machines.topology) {
                let folder = self.machines.runtime.folder(node, &folder);
                let Some(folder) = folder.filter(|folder| folder.starts_with(self.run_dir().path())) else { continue };
                match fs_err::remove_dir_all(folder) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Writes a thread dump of each living node to its folder, as far as one can be had: what a wait that ran out was
    /// waiting for may be in it.
    ///
    /// # Errors
    /// The run directory cannot be written.
    pub async fn dump_threads(&self) -> std::io::Result<()> {
        for node in self.living() {
            if let Ok(Some(threads)) = self.machines.runtime.threads(&node).await {
                fs_err::write(self.run_dir().node(&node).join("threads.txt"), threads)?;
            }
        }
        Ok(())
    }
}
