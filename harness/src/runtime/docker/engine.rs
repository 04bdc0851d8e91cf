//! The runtime itself: the pods of one run on one engine.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};
use futures_util::future::{join_all, try_join_all};
use testcontainers::GenericImage;
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::NetworkCreateRequest;
use tokio::sync::OnceCell;

use super::error::{self, DockerError};
use super::images::{self, DockerOptions};
use super::layout::LAYOUT;
use super::logs::Source;
use super::pod::{self, HTTP_PORT, LogRoute, Pod};
use super::resources;
use super::server::{self, Recipe};
use super::sweep;
use crate::host::guard::{Guard, GuardError, RUN_LABEL};
use crate::host::sync::lock;
use crate::host::wait::Patience;
use crate::model::{Capability, Endpoints, FaultKind, Membership, NodeEndpoints, NodeName, RunId, Topology};
use crate::runtime::packet_filter::Peers;
use crate::runtime::packet_filter::{MULTICAST, RECEIVER_PORT};
use crate::runtime::{NetworkFault, NodeFile, NodeLaunch, NodeLog, NodeStatus, ResourceFault, Runtime, RuntimeError};
use crate::tomcat::catalina_base::HARNESS_LOG;
use crate::tomcat::distribution::Distribution;

/// The name on the command line.
pub const NAME: &str = "docker";
/// What the runtime can do.
pub const CAPABILITIES: [Capability; 15] = [
    Capability::ChangeNode,
    Capability::SlowCopy,
    Capability::Kill,
    Capability::Stop,
    Capability::Pause,
    Capability::Restart,
    Capability::LoseHost,
    Capability::Partition,
    Capability::PacketLoss,
    Capability::Latency,
    Capability::Throttle,
    Capability::FillDisk,
    Capability::SkewClock,
    Capability::Multicast,
    Capability::Dns,
];
/// What can be done where packets cannot be delayed.
const NO_LATENCY: &str = "its kernel must have NFQUEUE (nfnetlink_queue), the pause container's image must have iptables and Perl; `packet-loss` and `slow-node` slow down requests, too";
/// How long a JVM may take to write its thread dump.
const DUMP_LIMIT: Duration = Duration::from_secs(5);

/// Nodes as pods of containers.
#[derive(Debug)]
pub struct DockerRuntime {
    docker: Docker,
    run: RunId,
    guard: Arc<Guard>,
    run_dir: Utf8PathBuf,
    options: DockerOptions,
    pods: Mutex<BTreeMap<NodeName, Arc<Pod>>>,
    /// The server image of each distribution (by digest), built once however many nodes ask.
    images: tokio::sync::Mutex<BTreeMap<String, GenericImage>>,
    network_made: OnceCell<()>,
    /// The library by which a JVM's clock is set, where the run needs one.
    clock: OnceCell<&'static str>,
}

impl DockerRuntime {
    /// Connects to the engine that the environment names (`DOCKER_HOST`, else the usual sockets).
    /// Logs go to `run_dir/nodes/NAME/`.
    ///
    /// # Errors
    /// No engine answers, or the guard is gone.
    pub async fn connect(
        run: &RunId,
        guard: Arc<Guard>,
        run_dir: &Utf8Path,
        options: DockerOptions,
    ) -> Result<Self, RuntimeError> {
        let docker = error::client().await?;
        guard.provider(NAME).map_err(unguarded)?;
        Ok(Self {
            docker,
            run: run.clone(),
            guard,
            run_dir: run_dir.to_owned(),
            options,
            pods: Mutex::default(),
            images: tokio::sync::Mutex::default(),
            network_made: OnceCell::new(),
            clock: OnceCell::new(),
        })
    }

    fn pod(&self, node: &NodeName) -> Result<Arc<Pod>, RuntimeError> {
        let pods = lock(&self.pods);
        pods.get(node).cloned().ok_or_else(|| RuntimeError::NoSuchNode { runtime: NAME, node: node.clone() })
    }

    fn peers(&self, node: &NodeName) -> Peers {
        let pods = lock(&self.pods);
        let addresses = pods.iter().filter(|(peer, _)| *peer != node).map(|(_, pod)| pod.address).collect();
        Peers { addresses, group: MULTICAST }
    }

    fn take_pods(&self) -> Vec<Arc<Pod>> {
        let mut pods = lock(&self.pods);
        std::mem::take(&mut *pods).into_values().collect()
    }

    fn network(&self) -> String {
        format!("tomee-harness-{}", self.run)
    }

    fn node_dir(&self, node: &NodeName) -> Utf8PathBuf {
        self.run_dir.join("nodes").join(node.as_str())
    }

    /// A bridge of the run's own: nothing of another run is in it, multicast included.
    async fn make_network(&self) -> Result<(), RuntimeError> {
        const HINT: &str = "`tomee-harness sweep` removes what crashed runs left; `docker network prune` removes unused networks of others";
        let request = NetworkCreateRequest {
            name: self.network(),
            labels: Some(HashMap::from([(RUN_LABEL.to_owned(), self.run.to_string())])),
            ..NetworkCreateRequest::default()
        };
        self.guard.thing(NAME, "network", &request.name).map_err(unguarded)?;
        match self.docker.create_network(request).await {
            Ok(_) => Ok(()),
            Err(error) => Err(DockerError::from(error).environment("no network can be made on the engine", Some(HINT))),
        }
    }

    async fn server_image(&self, distribution: &Distribution) -> Result<GenericImage, RuntimeError> {
        let mut images = self.images.lock().await;
        if let Some(image) = images.get(&distribution.digest) {
            return Ok(image.clone());
        }
        let image = images::node(&self.docker, distribution, &self.options).await?;
        images.insert(distribution.digest.clone(), image.clone());
        Ok(image)
    }
}

#[async_trait]
impl Runtime for DockerRuntime {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        CAPABILITIES.into()
    }

    async fn reserve(&self, topology: &Topology) -> Result<Endpoints, RuntimeError> {
        for pod in self.take_pods() {
            pod.remove()
                .await
                .map_err(|error| error.environment("an earlier pod of this run cannot be removed", None))?;
        }
        let image = images::pause(&self.docker, &self.options).await?;
        // Once only: an engine makes a second network of the same name, and then takes neither.
        self.network_made.get_or_try_init(|| self.make_network()).await?;
        let network = self.network();
        for node in topology.names() {
            // Noted by name, before there is an id: what is asked for comes into being even if we are gone by then.
            for container in [pod::pause_name(&self.run, node), pod::server_name(&self.run, node)] {
                self.guard.thing(NAME, "container", &container).map_err(unguarded)?;
            }
        }
        let held = topology.names().map(|node| {
            let pod = Pod::hold(self.docker.clone(), &image, &self.run, node, &network, topology);
            async move {
                let pod = in_context(node, "start of its pause container", pod).await?;
                Ok::<_, RuntimeError>((node.clone(), Arc::new(pod)))
            }
        });
        let pods: BTreeMap<_, _> = try_join_all(held).await?.into_iter().collect();
        if topology.prepared_for.contains(&FaultKind::Latency)
            && let Some(pod) = pods.values().next()
        {
            // One kernel for all.
            pod.can_delay()
                .await
                .map_err(|error| error.environment("latency is not available on this engine", Some(NO_LATENCY)))?;
        }
        let nodes = pods.iter().map(|(node, pod)| (node.clone(), endpoints(pod.address))).collect();
        *lock(&self.pods) = pods;
        let multicast = (topology.cluster.membership == Membership::Multicast).then_some(MULTICAST);
        Ok(Endpoints { nodes, multicast, ..Endpoints::default() })
    }

    async fn install(&self, mut launch: NodeLaunch) -> Result<(), RuntimeError> {
        let node = launch.node.clone();
        let pod = self.pod(&node)?;
        let image = self.server_image(&launch.distribution).await?;
        if pod.has_a_clock {
            let library = self.clock.get_or_try_init(|| images::clock(&self.docker, &self.run, &image)).await?;
            resources::with_clock(&mut launch, library);
        }
        let dir = self.node_dir(&node);
        let staged = dir.join("base");
        let laid = async {
            fs_err::tokio::create_dir_all(&dir).await?;
            server::stage(&launch, &staged, &[HARNESS_LOG])?;
            let route = |source, log| LogRoute { source, to: self.log_path(&node, log) };
            let harness_log = Source::File(format!("{}/{HARNESS_LOG}", LAYOUT.base));
            let routes = vec![route(Source::Console, NodeLog::Console), route(harness_log, NodeLog::Harness)];
            let recipe = Recipe {
                run: self.run.clone(),
                name: pod.server_name.clone(),
                pause: pod::pause_name(&self.run, &node),
                image,
                launch,
                staged: staged.clone(),
                memory_bytes: self.options.memory_bytes,
                disk: pod.disk.clone(),
            };
            pod.install(recipe, routes).await
        };
        in_context(&node, "upload of its files", laid).await
    }

    async fn replace(&self, mut launch: NodeLaunch, stale: &[Utf8PathBuf]) -> Result<(), RuntimeError> {
        let mut files = in_context(&launch.node, "download of its files", self.pod(&launch.node)?.kept()).await?;
        files.retain(|file| !stale.iter().any(|stale| file.path.starts_with(stale)));
        files.append(&mut launch.files);
        self.install(NodeLaunch { files, ..launch }).await
    }

    async fn start(&self, node: &NodeName) -> Result<(), RuntimeError> {
        in_context(node, "start", self.pod(node)?.start()).await
    }

    async fn status(&self, node: &NodeName) -> Result<NodeStatus, RuntimeError> {
        in_context(node, "inspection of its container", self.pod(node)?.status()).await
    }

    async fn whereabouts(&self, node: &NodeName) -> Result<String, RuntimeError> {
        Ok(format!("container {}", pod::server_name(&self.run, node)))
    }

    async fn kill(&self, node: &NodeName) -> Result<String, RuntimeError> {
        in_context(node, "kill", self.pod(node)?.kill()).await
    }

    async fn stop(&self, node: &NodeName) -> Result<String, RuntimeError> {
        in_context(node, "stop", self.pod(node)?.stop()).await
    }

    async fn pause(&self, node: &NodeName) -> Result<String, RuntimeError> {
        in_context(node, "pause", self.pod(node)?.pause()).await
    }

    async fn lose_host(&self, node: &NodeName) -> Result<String, RuntimeError> {
        in_context(node, "loss of its host", self.pod(node)?.lose_host()).await
    }

    async fn add_network_fault(&self, node: &NodeName, fault: NetworkFault) -> Result<String, RuntimeError> {
        in_context(node, "cut from its peers", self.pod(node)?.add_network_fault(fault, &self.peers(node))).await
    }

    async fn remove_network_fault(&self, node: &NodeName) -> Result<String, RuntimeError> {
        in_context(node, "undoing of its cut", self.pod(node)?.remove_network_fault()).await
    }

    async fn add_resource_fault(&self, node: &NodeName, fault: ResourceFault) -> Result<String, RuntimeError> {
        in_context(node, fault.needs().to_string(), self.pod(node)?.add_resource_fault(fault)).await
    }

    async fn remove_resource_fault(
        &self,
        node: &NodeName,
        fault: ResourceFault,
    ) -> Result<Option<String>, RuntimeError> {
        in_context(node, format!("undoing of {}", fault.needs()), self.pod(node)?.remove_resource_fault(fault)).await
    }

    async fn resume(&self, node: &NodeName) -> Result<(), RuntimeError> {
        in_context(node, "resume", self.pod(node)?.resume()).await
    }

    async fn http(&self, node: &NodeName) -> Result<SocketAddr, RuntimeError> {
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, self.pod(node)?.http_port)))
    }

    async fn put(&self, node: &NodeName, file: NodeFile) -> Result<(), RuntimeError> {
        let action = format!("upload of {}", file.path);
        in_context(node, action, self.pod(node)?.put(file)).await
    }

    async fn put_slowly(&self, node: &NodeName, file: NodeFile, over: Duration) -> Result<(), RuntimeError> {
        let action = format!("upload of {}", file.path);
        in_context(node, action, self.pod(node)?.put_slowly(file, over)).await
    }

    async fn remove(&self, node: &NodeName, path: &Utf8Path) -> Result<(), RuntimeError> {
        in_context(node, format!("removal of {path}"), self.pod(node)?.remove_file(path)).await
    }

    fn log_path(&self, node: &NodeName, log: NodeLog) -> Utf8PathBuf {
        let name = match log {
            NodeLog::Console => "console.log",
            NodeLog::Harness => "harness.log",
        };
        self.node_dir(node).join(name)
    }

    async fn collect(&self, node: &NodeName, into: &Utf8Path) -> Result<(), RuntimeError> {
        in_context(node, "collection of its logs", self.pod(node)?.collect(into)).await.map(drop)
    }

    async fn threads(&self, node: &NodeName) -> Result<Option<String>, RuntimeError> {
        let pod = self.pod(node)?;
        let console = self.log_path(node, NodeLog::Console);
        let dumped = async {
            let before = fs_err::tokio::metadata(&console).await.map_or(0, |file| file.len());
            if !pod.ask_for_threads().await? {
                return Ok(None);
            }
            let mut patience = Patience::new("the end of the thread dump", DUMP_LIMIT);
            loop {
                match dump(&console, before).await? {
                    Ok(dump) => return Ok(Some(dump)),
                    Err(so_far) => patience.another_look(so_far).await?,
                }
            }
        };
        in_context(node, "thread dump", dumped).await
    }

    async fn shutdown(&self) -> Result<(), RuntimeError> {
        let pods = self.take_pods();
        join_all(pods.iter().map(|pod| pod.end())).await;
        // Every request of this run has been waited for, so nothing comes late.
        sweep::remove_until_quiet(&self.docker, &self.run, Duration::ZERO).await.map(drop)
    }
}

fn endpoints(address: Ipv4Addr) -> NodeEndpoints {
    NodeEndpoints {
        http_address: address,
        http_port: HTTP_PORT,
        receiver_address: address,
        receiver_port: RECEIVER_PORT,
    }
}

fn unguarded(error: GuardError) -> RuntimeError {
    RuntimeError::Environment {
        what: "the run is no longer guarded".to_owned(),
        hint: None,
        source: Some(Box::new(error)),
    }
}

async fn in_context<T>(
    node: &NodeName,
    action: impl Into<String>,
    work: impl Future<Output = Result<T, DockerError>>,
) -> Result<T, RuntimeError> {
    match work.await {
        Ok(done) => Ok(done),
        Err(error) => Err(error.at(node, action).await),
    }
}

/// The thread dump that a console holds behind byte `before`, once it is whole; else what is there.
async fn dump(console: &Utf8Path, before: u64) -> Result<Result<String, String>, DockerError> {
    const BEGIN: &str = "Full thread dump";
    const END: &str = "JNI global ref";
    let content = fs_err::tokio::read(console).await?;
    let new = content.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
    let text = String::from_utf8_lossy(new);
    Ok(match (text.find(BEGIN), text.find(END)) {
        (Some(begin), Some(end)) if begin < end => {
            let end = text[end..].find('\n').map_or(text.len(), |line| end + line + 1);
            Ok(text[begin..end].to_owned())
        }
        (Some(_), _) => Err("a dump without its end".to_owned()),
        _ => Err(format!("{} bytes of other output", new.len())),
    })
}
