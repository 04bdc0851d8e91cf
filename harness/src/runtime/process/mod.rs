//! Runtime `process`: a node is a JVM with its own `CATALINA_BASE` on loopback. Only this module spawns a server.

mod class_archive;
mod error;
mod front;
mod kubelet;
mod namespaces;
mod node;
mod provider;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Mutex;

pub use self::class_archive::{ClassArchive, ClassArchiveError};
use self::error::node_error;
use self::front::{FrontError, FrontProcess};
use self::namespaces::Namespaces;
use self::node::ProcessNode;
pub use self::provider::ProcessProvider;
use super::packet_filter::{MULTICAST, RECEIVER_PORT};
use super::pod_api::PodApi;
use super::{ApiFault, CommandOutput, NetworkFault, NodeFile, NodeLaunch, NodeLog, NodeStatus, Runtime, RuntimeError};
use crate::host::guard::Guard;
use crate::host::ports::{MulticastLease, PortLease, PortPool};
use crate::host::run_dir::RunDir;
use crate::host::sync::lock;
use crate::host::wait::{self, Look, TimedOut};
use crate::model::topology::MulticastGroup;
use crate::model::{
    Capability, Endpoints, FrontOrder, FrontServer, Membership, NodeEndpoints, NodeName, RunId, Topology,
};
use crate::tomcat::java::JavaEnvironment;

/// The name on the command line.
pub const NAME: &str = "process";

/// What processes on one machine can do. Where they share its network, no packet filter is theirs, and their host cannot
/// be lost alone.
pub const CAPABILITIES: [Capability; 10] = [
    Capability::Kill,
    Capability::Stop,
    Capability::Pause,
    Capability::Restart,
    Capability::Multicast,
    Capability::ChangeNode,
    Capability::ChooseJava,
    Capability::ChoosePorts,
    Capability::SlowCopy,
    Capability::Front,
];
/// What processes can do besides, where each has a network namespace of its own.
pub const CAPABILITIES_OF_NAMESPACES: [Capability; 4] =
    [Capability::LoseHost, Capability::Partition, Capability::PacketLoss, Capability::Latency];
/// What processes can do on this machine.
pub fn capabilities() -> BTreeSet<Capability> {
    let apart = CAPABILITIES_OF_NAMESPACES.into_iter().filter(|_| namespaces::check().is_ok());
    CAPABILITIES.into_iter().chain(of_pods()).chain(apart).collect()
}

/// Nodes that share a port have an address of 127.0.0.0/8 each, all of which are this machine's on Linux only.
fn of_pods() -> Option<Capability> {
    cfg!(target_os = "linux").then_some(Capability::Kubernetes)
}

/// The connector's port where every node has an address of its own.
const HTTP_PORT: u16 = 8080;
/// How long a port that is asked for may be another run's.
const GIVEN_PORT_LIMIT: Duration = Duration::from_secs(30);
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

#[derive(Debug, Default)]
struct Leases {
    ports: Vec<PortLease>,
    multicast: Option<MulticastLease>,
    http: BTreeMap<NodeName, SocketAddr>,
    /// The addresses of the nodes as pods.
    pods: BTreeMap<NodeName, Ipv4Addr>,
    /// That of the balancer in front.
    front: Option<PortLease>,
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

    /// The endpoints of nodes in namespaces of their own.
    async fn reserve_apart(&self, topology: &Topology) -> Result<Endpoints, RuntimeError> {
        if self.namespaces().is_none() {
            let nodes = topology.names().map(|node| (node.clone(), self.run_dir.node(node).to_string())).collect();
            for node in topology.names() {
                fs_err::create_dir_all(self.run_dir.node(node))
                    .map_err(|error| node_error(node, "making its folder", error))?;
            }
            let made = Namespaces::make(&self.run, &self.guard, nodes).await;
            let made = made.map_err(|error| RuntimeError::Environment {
                what: "the network namespaces of the nodes cannot be created".to_owned(),
                hint: Some("run as root on Linux with iproute2 and iptables, or with --runtime docker".to_owned()),
                source: Some(Box::new(error)),
            })?;
            *lock(&self.namespaces) = Some(Arc::new(made));
        }
        let mut nodes = BTreeMap::new();
        for name in topology.names() {
            let address = self.apart(name, Capability::Partition)?.address(name).ok_or_else(|| no_such_node(name))?;
            let http_port = topology.given_ports(name).map_or(HTTP_PORT, |ports| ports.http);
            self.leases().http.insert(name.clone(), SocketAddr::from((address, http_port)));
            let receiver_address = topology.given_receiver_address(name).unwrap_or(address);
            let receiver_port = topology.given_receiver_port(name).unwrap_or(RECEIVER_PORT);
            self.leases().pods.insert(name.clone(), receiver_address);
            nodes.insert(
                name.clone(),
                NodeEndpoints { http_address: address, http_port, receiver_address, receiver_port },
            );
        }
        if let Some(machine) = self.namespaces().map(|namespaces| namespaces.machine()) {
            self.start_api(topology, machine).await?;
        }
        let multicast = (topology.cluster.membership == Membership::Multicast).then_some(MULTICAST);
        Ok(Endpoints { nodes, multicast, ..Endpoints::default() })
    }

    fn api(&self) -> Option<Arc<PodApi>> {
        lock(&self.api).clone()
    }

    fn must_have_api(&self) -> Result<Arc<PodApi>, RuntimeError> {
        self.api().ok_or(RuntimeError::Lacks { runtime: NAME, capability: Capability::Kubernetes })
    }

    /// Starts the API server that lists the nodes as pods, where the topology asks for it and it does not run yet.
    async fn start_api(&self, topology: &Topology, address: Ipv4Addr) -> Result<(), RuntimeError> {
        if topology.cluster.membership != Membership::Kubernetes || self.api().is_some() {
            return Ok(());
        }
        let started = PodApi::start(address).await.map_err(|error| RuntimeError::Environment {
            what: "the API server that lists the nodes cannot be started".to_owned(),
            hint: None,
            source: Some(Box::new(error)),
        })?;
        *lock(&self.api) = Some(Arc::new(started));
        Ok(())
    }

    /// A launch with what a pod is given, where nodes are pods.
    fn as_pod(&self, launch: NodeLaunch) -> NodeLaunch {
        let address = self.leases().pods.get(&launch.node).copied();
        let Some((api, address)) = self.api().zip(address) else { return launch };
        let token = api.admit(&launch.node, kubelet::pod(&launch, address));
        kubelet::give(launch, api.address(), token, address)
    }

    /// The port of the balancer in front, the same for the whole run.
    fn reserve_front(&self, topology: &Topology) -> Result<(), RuntimeError> {
        let mut state = self.leases();
        if topology.front.is_none() || state.front.is_some() {
            return Ok(());
        }
        let none_free = || RuntimeError::NoneFree { what: "port".to_owned() };
        let lease = self.ports.lease(1).ok().and_then(|mut leases| leases.pop()).ok_or_else(none_free)?;
        state.http.insert(NodeName::front(), SocketAddr::from((Ipv4Addr::LOCALHOST, lease.port())));
        state.front = Some(lease);
        Ok(())
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

    /// Leases the ports that a topology gives its nodes. Another run that has them is waited for a while.
    async fn given(&self, topology: &Topology) -> Result<Vec<PortLease>, RuntimeError> {
        let mut leases = vec![];
        for port in given_ports(topology) {
            let leased: Result<PortLease, TimedOut> =
                wait::until(&format!("port {port}"), GIVEN_PORT_LIMIT, async || {
                    Ok(match self.ports.lease_this(port) {
                        Ok(lease) => Look::Ready(lease),
                        Err(error) => Look::NotYet(error.to_string()),
                    })
                })
                .await;
            leases.push(leased.map_err(|error| RuntimeError::Environment {
                what: format!("the configured port {port} is not available"),
                hint: Some(format!("end the process that listens on it: `ss -ltnp 'sport = :{port}'` shows it")),
                source: Some(Box::new(error)),
            })?);
        }
        Ok(leases)
    }

    fn node(&self, node: &NodeName) -> Result<Arc<Mutex<ProcessNode>>, RuntimeError> {
        self.nodes().get(node).cloned().ok_or_else(|| no_such_node(node))
    }
}

/// The ports that a topology names.
fn given_ports(topology: &Topology) -> Vec<u16> {
    let servers = topology.names().filter_map(|node| topology.given_ports(node));
    let receivers = topology.names().filter_map(|node| topology.given_receiver_port(node));
    servers.flat_map(|ports| [ports.http, ports.shutdown]).chain(receivers).collect()
}

#[async_trait]
impl Runtime for ProcessRuntime {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        let apart = CAPABILITIES_OF_NAMESPACES.into_iter().filter(|_| self.apart);
        CAPABILITIES.into_iter().chain(of_pods()).chain(apart).collect()
    }

    async fn reserve(&self, topology: &Topology) -> Result<Endpoints, RuntimeError> {
        self.reserve_front(topology)?;
        if self.apart {
            return self.reserve_apart(topology).await;
        }
        let none_free = |what: &str| RuntimeError::NoneFree { what: what.to_owned() };
        if !given_ports(topology).is_empty() {
            // The same again.
            self.leases().ports.clear();
        }
        let given = self.given(topology).await?;
        self.start_api(topology, Ipv4Addr::LOCALHOST).await?;
        let by_pods = topology.cluster.membership == Membership::Kubernetes;
        let mut state = self.leases();
        let leases = self.ports.lease(topology.nodes.len() * 2).map_err(|_| none_free("port"))?;
        let mut nodes = BTreeMap::new();
        for (index, (name, pair)) in topology.names().zip(leases.chunks(2)).enumerate() {
            let [http, receiver] = pair else { return Err(none_free("port")) };
            // Pods have one receiver port and an address each.
            let receiver = if by_pods { &leases[1] } else { receiver };
            let address = if by_pods { kubelet::address(index) } else { Ipv4Addr::LOCALHOST };
            let receiver_address = topology.given_receiver_address(name).unwrap_or(address);
            state.pods.insert(name.clone(), receiver_address);
            let http_port = topology.given_ports(name).map_or(http.port(), |ports| ports.http);
            state.http.insert(name.clone(), SocketAddr::from((Ipv4Addr::LOCALHOST, http_port)));
            nodes.insert(
                name.clone(),
                NodeEndpoints {
                    http_address: Ipv4Addr::LOCALHOST,
                    http_port,
                    receiver_address,
                    receiver_port: topology.given_receiver_port(name).unwrap_or_else(|| receiver.port()),
                },
            );
        }
        let mut other_receivers = BTreeMap::new();
        let others = topology.own.as_ref().map_or(0, |own| own.other_clusters.len());
        let mut more = vec![];
        for name in topology.names().filter(|_| others > 0) {
            let ports = self.ports.lease(others).map_err(|_| none_free("port"))?;
            other_receivers.insert(name.clone(), ports.iter().map(PortLease::port).collect());
            more.extend(ports);
        }
        // The leases of an earlier call go only now, so that the same ports are not handed out again.
        state.ports = leases.into_iter().chain(more).chain(given).collect();
        state.multicast = match topology.cluster.membership {
            // By DNS is refused before: it takes an address for each node.
            Membership::Static | Membership::Dns | Membership::Kubernetes => None,
            Membership::Multicast => Some(self.ports.lease_multicast().map_err(|_| none_free("multicast group"))?),
        };
        let multicast = state.multicast.as_ref().map(|lease| MulticastGroup {
            address: lease.address,
            port: lease.port,
            bind: Some(Ipv4Addr::LOCALHOST),
        });
        Ok(Endpoints { nodes, multicast, other_receivers })
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
