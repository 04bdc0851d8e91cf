//! Runtime `process`: a node is a JVM with its own `CATALINA_BASE` on loopback. Only this module spawns a server.

mod capabilities;
mod class_archive;
mod error;
mod front;
mod kubelet;
mod leases;
mod namespaces;
mod node;
mod provider;
mod reserve;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Mutex;

pub use self::capabilities::{CAPABILITIES, CAPABILITIES_OF_NAMESPACES, capabilities};
pub use self::class_archive::{ClassArchive, ClassArchiveError};
use self::error::node_error;
use self::front::{FrontError, FrontProcess};
use self::leases::Leases;
use self::namespaces::Namespaces;
use self::node::ProcessNode;
pub use self::provider::ProcessProvider;
use super::pod_api::PodApi;
use super::{ApiFault, CommandOutput, NetworkFault, NodeFile, NodeLaunch, NodeLog, NodeStatus, Runtime, RuntimeError};
use crate::host::guard::Guard;
use crate::host::ports::PortPool;
use crate::host::run_dir::RunDir;
use crate::host::sync::lock;
use crate::host::wait;
use crate::model::{Capability, Endpoints, FrontOrder, FrontServer, NodeName, RunId, Topology};
use crate::tomcat::java::JavaEnvironment;

/// The name on the command line.
pub const NAME: &str = "process";

/// In how many pieces a file is written slowly.
const PIECES: u32 = 10;

/// JVMs on this machine.
#[derive(Debug)]
pub struct ProcessRuntime {
    run: RunId,
    run_dir: RunDir,
    guard: Arc<Guard>,
    ports: PortPool,
    /// Whether each node gets a network namespace of its own.
    apart: bool,
    namespaces: std::sync::Mutex<Option<Arc<Namespaces>>>,
    leases: std::sync::Mutex<Leases>,
    // A lock for each node: a slow stop of one must not delay a request to another.
    nodes: std::sync::Mutex<BTreeMap<NodeName, Arc<Mutex<ProcessNode>>>>,
    front: tokio::sync::RwLock<Option<FrontProcess>>,
    /// What lists the nodes as pods, where that is asked for.
    api: std::sync::Mutex<Option<Arc<PodApi>>>,
}

impl ProcessRuntime {
    /// A runtime for one run, whose processes the guard will end.
    pub fn new(run: RunId, run_dir: RunDir, guard: Arc<Guard>, ports: PortPool) -> Self {
        Self {
            run,
            run_dir,
            guard,
            ports,
            apart: false,
            namespaces: std::sync::Mutex::default(),
            leases: std::sync::Mutex::default(),
            nodes: std::sync::Mutex::default(),
            front: tokio::sync::RwLock::default(),
            api: std::sync::Mutex::default(),
        }
    }

    /// Whether nodes can have network namespaces of their own on this machine.
    ///
    /// # Errors
    /// Why they cannot, in words.
    pub fn check_namespaces() -> Result<(), String> {
        namespaces::check()
    }

    /// Gives each node a network namespace of its own where one of these needs it: its traffic can be dropped or delayed
    /// then.
    #[must_use]
    pub fn with_capabilities(self, needed: &BTreeSet<Capability>) -> Self {
        let apart = CAPABILITIES_OF_NAMESPACES.iter().any(|capability| needed.contains(capability));
        Self { apart, ..self }
    }

    fn namespaces(&self) -> Option<Arc<Namespaces>> {
        lock(&self.namespaces).clone()
    }

    fn apart(&self, node: &NodeName, capability: Capability) -> Result<Arc<Namespaces>, RuntimeError> {
        let lacks = RuntimeError::Lacks { runtime: NAME, capability };
        self.namespaces().filter(|namespaces| namespaces.address(node).is_some()).ok_or(lacks)
    }

    fn api(&self) -> Option<Arc<PodApi>> {
        lock(&self.api).clone()
    }

    fn must_have_api(&self) -> Result<Arc<PodApi>, RuntimeError> {
        self.api().ok_or(RuntimeError::Lacks { runtime: NAME, capability: Capability::Kubernetes })
    }

    /// A launch with what a pod is given, where nodes are pods.
    fn as_pod(&self, launch: NodeLaunch) -> NodeLaunch {
        let address = self.leases().pods.get(&launch.node).copied();
        let Some((api, address)) = self.api().zip(address) else { return launch };
        let token = api.admit(&launch.node, kubelet::pod(&launch, address));
        kubelet::give(launch, api.address(), token, address)
    }

    /// Where a node's `CATALINA_BASE` is.
    fn base(&self, node: &NodeName) -> Utf8PathBuf {
        self.run_dir.node(node).join("base")
    }

    fn leases(&self) -> std::sync::MutexGuard<'_, Leases> {
        lock(&self.leases)
    }

    fn nodes(&self) -> std::sync::MutexGuard<'_, BTreeMap<NodeName, Arc<Mutex<ProcessNode>>>> {
        lock(&self.nodes)
    }

    fn node(&self, node: &NodeName) -> Result<Arc<Mutex<ProcessNode>>, RuntimeError> {
        self.nodes().get(node).cloned().ok_or_else(|| no_such_node(node))
    }
}

#[async_trait]
impl Runtime for ProcessRuntime {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        let apart = CAPABILITIES_OF_NAMESPACES.into_iter().filter(|_| self.apart);
        CAPABILITIES.into_iter().chain(capabilities::of_pods()).chain(apart).collect()
    }

    async fn reserve(&self, topology: &Topology) -> Result<Endpoints, RuntimeError> {
        self.reserve_front(topology)?;
        if self.apart {
            return self.reserve_apart(topology).await;
        }
        self.reserve_shared(topology).await
    }

    async fn install(&self, launch: NodeLaunch) -> Result<(), RuntimeError> {
        let launch = self.as_pod(launch);
        let name = launch.node.clone();
        let (base, console) = (self.base(&name), self.log_path(&name, NodeLog::Console));
        let node = tokio::task::spawn_blocking(move || ProcessNode::install(launch, base, console)).await;
        let node = node.map_err(|error| node_error(&name, "writing its files", error))??;
        self.nodes().insert(name, Arc::new(Mutex::new(node)));
        Ok(())
    }

    async fn start(&self, node: &NodeName) -> Result<(), RuntimeError> {
        let namespaces = self.namespaces();
        if let Some(namespaces) = &namespaces {
            namespaces.open(node).await.map_err(|error| node_error(node, "opening its network", error))?;
        }
        let holder = namespaces.and_then(|namespaces| namespaces.holder(node));
        if let Some(api) = self.api() {
            api.starts(node);
        }
        let pid = self.node(node)?.lock().await.start(&self.run, holder)?;
        self.guard.process(pid).map_err(|error| node_error(node, "registering it with the guard", error))
    }

    async fn status(&self, node: &NodeName) -> Result<NodeStatus, RuntimeError> {
        self.node(node)?.lock().await.status()
    }

    async fn whereabouts(&self, node: &NodeName) -> Result<String, RuntimeError> {
        if node.is_front() {
            let running = self.front.read().await;
            let front = running.as_ref().ok_or_else(|| no_such_node(node))?;
            return Ok(format!("process {}", front.pid()));
        }
        self.node(node)?.lock().await.whereabouts()
    }

    async fn kill(&self, node: &NodeName) -> Result<String, RuntimeError> {
        self.node(node)?.lock().await.kill().await
    }

    async fn stop(&self, node: &NodeName) -> Result<String, RuntimeError> {
        let api = self.api();
        if let Some(api) = &api {
            api.terminates(node);
        }
        let stopped = self.node(node)?.lock().await.stop().await?;
        if let Some(api) = &api {
            api.is_gone(node);
        }
        Ok(stopped)
    }

    async fn pause(&self, node: &NodeName) -> Result<String, RuntimeError> {
        self.node(node)?.lock().await.pause().await
    }

    async fn lose_host(&self, node: &NodeName) -> Result<String, RuntimeError> {
        let namespaces = self.apart(node, Capability::LoseHost)?;
        namespaces.isolate(node).await.map_err(|error| node_error(node, "isolating its host", error))?;
        let killed = self.kill(node).await?;
        Ok(format!("all its packets are dropped; {killed}"))
    }

    async fn add_network_fault(&self, node: &NodeName, fault: NetworkFault) -> Result<String, RuntimeError> {
        let added = self.apart(node, fault.needs())?.add(node, fault).await;
        added.map_err(|error| node_error(node, "setting its packet filter", error))
    }

    async fn remove_network_fault(&self, node: &NodeName) -> Result<String, RuntimeError> {
        let removed = self.apart(node, Capability::Partition)?.remove(node).await;
        removed.map_err(|error| node_error(node, "clearing its packet filter", error))
    }

    async fn add_api_fault(&self, node: &NodeName, fault: ApiFault) -> Result<String, RuntimeError> {
        let added = self.must_have_api()?.add(node, fault).await;
        added.map_err(|error| node_error(node, "breaking what the API server says to it", error))
    }

    async fn remove_api_fault(&self, node: &NodeName) -> Result<String, RuntimeError> {
        let removed = self.must_have_api()?.remove(node);
        removed.map_err(|error| node_error(node, "mending what the API server says to it", error))
    }

    async fn resume(&self, node: &NodeName) -> Result<(), RuntimeError> {
        self.node(node)?.lock().await.resume()
    }

    async fn http(&self, node: &NodeName) -> Result<SocketAddr, RuntimeError> {
        self.leases().http.get(node).copied().ok_or_else(|| no_such_node(node))
    }

    async fn start_front(&self, topology: &Topology) -> Result<(), RuntimeError> {
        let lacks = || RuntimeError::Lacks { runtime: NAME, capability: Capability::Front };
        let front = topology.front.as_ref().ok_or_else(lacks)?;
        let program = front::find(&JavaEnvironment::of_process().path.unwrap_or_default()).ok_or_else(no_balancer)?;
        let mut nodes = self.leases().http.clone();
        let listen = nodes.remove(&NodeName::front()).ok_or_else(lacks)?;
        let configuration = crate::config::haproxy::haproxy(topology, front, listen, &nodes);
        let folder = self.run_dir.path().join("front");
        let mut running = self.front.write().await;
        if let Some(earlier) = running.take() {
            earlier.end().await.map_err(|error| front_error("ending it", error))?;
        }
        let started = FrontProcess::start(&program, &folder, &configuration, listen, (&self.run, &self.guard)).await;
        *running = Some(started.map_err(|error| front_error("starting it", error))?);
        Ok(())
    }

    async fn front(&self) -> Result<BTreeMap<NodeName, FrontServer>, RuntimeError> {
        let running = self.front.read().await;
        let front = running.as_ref().ok_or_else(|| no_such_node(&NodeName::front()))?;
        front.servers().await.map_err(|error| front_error("reading its state", error))
    }

    async fn order_front(&self, node: &NodeName, order: FrontOrder) -> Result<(), RuntimeError> {
        let running = self.front.read().await;
        let front = running.as_ref().ok_or_else(|| no_such_node(&NodeName::front()))?;
        front.order(node, order).await.map_err(|error| front_error(&format!("telling it `{order}` of {node}"), error))
    }

    async fn put(&self, node: &NodeName, file: NodeFile) -> Result<(), RuntimeError> {
        let base = self.base(node);
        // A hidden name in the same folder: the farm takes `*.war` only, and a rename cannot cross file systems.
        let target = base.join(&file.path);
        let name = target.file_name().unwrap_or("file");
        let part = target.with_file_name(format!(".{name}.part"));
        let put = async {
            fs_err::tokio::write(&part, &file.content).await?;
            file.date(&part)?;
            fs_err::tokio::rename(&part, &target).await
        };
        put.await.map_err(|error| node_error(node, &format!("putting {}", file.path), error))
    }

    async fn put_slowly(&self, node: &NodeName, file: NodeFile, over: Duration) -> Result<(), RuntimeError> {
        let target = self.base(node).join(&file.path);
        let piece = file.content.len().div_ceil(PIECES as usize).max(1);
        let put = async {
            let mut growing = fs_err::tokio::File::create(&target).await?;
            for (number, piece) in file.content.chunks(piece).enumerate() {
                if number > 0 {
                    wait::pause(over / (PIECES - 1)).await;
                }
                growing.write_all(piece).await?;
                growing.flush().await?;
            }
            Ok::<_, std::io::Error>(())
        };
        put.await.map_err(|error| node_error(node, &format!("writing {}", file.path), error))
    }

    async fn remove(&self, node: &NodeName, path: &Utf8Path) -> Result<(), RuntimeError> {
        match fs_err::tokio::remove_file(self.base(node).join(path)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(node_error(node, &format!("removing {path}"), error))
            }
            _ => Ok(()),
        }
    }

    async fn replace(&self, launch: NodeLaunch, stale: &[Utf8PathBuf]) -> Result<(), RuntimeError> {
        let launch = self.as_pod(launch);
        let node = self.node(&launch.node)?;
        let name = launch.node.clone();
        node.lock().await.replace(launch, stale).map_err(|error| node_error(&name, "rewriting its files", error))
    }

    fn log_path(&self, node: &NodeName, log: NodeLog) -> Utf8PathBuf {
        match log {
            NodeLog::Console => self.run_dir.node(node).join("console.log"),
            NodeLog::Harness => self.base(node).join(crate::tomcat::catalina_base::HARNESS_LOG),
        }
    }

    fn folder(&self, node: &NodeName, path: &Utf8Path) -> Option<Utf8PathBuf> {
        Some(self.base(node).join(path))
    }

    async fn collect(&self, node: &NodeName, into: &Utf8Path) -> Result<(), RuntimeError> {
        let logs = self.base(node).join("logs");
        let into = into.to_owned();
        let copied = tokio::task::spawn_blocking(move || copy_logs(&logs, &into)).await;
        let copied = copied.map_err(|error| node_error(node, "copying its logs", error))?;
        copied.map_err(|error| node_error(node, "copying its logs", error))
    }

    async fn exec(&self, node: &NodeName, command: &[String]) -> Result<CommandOutput, RuntimeError> {
        let holder = self.namespaces().and_then(|namespaces| namespaces.holder(node));
        let mut ready = self.node(node)?.lock().await.beside(&self.run, holder, command);
        let output = ready.output().await.map_err(|error| node_error(node, "running a command", error))?;
        Ok(CommandOutput { code: output.status.code().map(i64::from), out: output.stdout, err: output.stderr })
    }

    async fn threads(&self, node: &NodeName) -> Result<Option<String>, RuntimeError> {
        let console = self.log_path(node, NodeLog::Console);
        self.node(node)?.lock().await.threads(&console).await
    }

    async fn shutdown(&self) -> Result<(), RuntimeError> {
        // First, so that nobody is sent to nodes that are about to end.
        if let Some(front) = self.front.write().await.take() {
            front.end().await.map_err(|error| front_error("ending it", error))?;
        }
        let nodes: Vec<_> = self.nodes().values().cloned().collect();
        for node in nodes {
            node.lock().await.kill().await?;
        }
        *lock(&self.api) = None;
        *lock(&self.namespaces) = None;
        *self.leases() = Leases::default();
        Ok(())
    }
}

fn front_error(action: &str, error: FrontError) -> RuntimeError {
    node_error(&NodeName::front(), action, error)
}

/// There is no program that could be put before the nodes.
fn no_balancer() -> RuntimeError {
    RuntimeError::Environment {
        what: "there is no `haproxy` on the PATH".to_owned(),
        hint: Some(front::ADVICE.to_owned()),
        source: None,
    }
}

fn no_such_node(node: &NodeName) -> RuntimeError {
    RuntimeError::NoSuchNode { runtime: NAME, node: node.clone() }
}

/// Copies the server's own logs under names without dates, as the run directory has them.
fn copy_logs(logs: &Utf8Path, into: &Utf8Path) -> std::io::Result<()> {
    if !logs.exists() {
        return Ok(());
    }
    fs_err::create_dir_all(into)?;
    for entry in logs.read_dir_utf8()? {
        let entry = entry?;
        let target = match entry.file_name() {
            name if name.starts_with("catalina.") => "catalina.log",
            name if name.starts_with("localhost_access_log") => "localhost_access_log.txt",
            name if name.starts_with("localhost.") => "localhost.log",
            _ => continue,
        };
        let text = fs_err::read(entry.path())?;
        let mut file = fs_err::OpenOptions::new().create(true).append(true).open(into.join(target))?;
        std::io::Write::write_all(&mut file, &text)?;
    }
    Ok(())
}
