//! A pod: the pause container, which keeps name, address and port of a node, and the server that lives in its network.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, NetworkingConfig, PortBinding, VolumeCreateRequest,
};
use testcontainers::bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, RemoveVolumeOptions, StartContainerOptions,
};
use testcontainers::{GenericImage, Image};
use tokio::sync::Mutex;

use super::error::DockerError;
use super::layout::{DISK, LAYOUT};
use super::logs::{Follower, Source};
use super::resources;
use super::server::{self, ContainerShell, Recipe, Server};
use crate::host::guard::RUN_LABEL;
use crate::model::topology::DNS_SERVICE;
use crate::model::{FaultKind, NodeName, RunId, Topology};
use crate::runtime::packet_delay as delay;
use crate::runtime::packet_filter::{self as filter, Peers};
use crate::runtime::{CommandOutput, NetworkFault, NodeFile, NodeStatus, ResourceFault};
use crate::tomcat::catalina_base::{HARNESS_LOG, REPLACED};

/// The connector's port in the pod; every pod has an address of its own.
pub(super) const HTTP_PORT: u16 = 8080;

/// The size of that disk: room for the server's configuration, logs and compiled pages and for apps of some megabytes,
/// which are on it up to four times while they are deployed. It is memory.
const DISK_SIZE: &str = "128m";

/// In how many pieces a file is written slowly.
const PIECES: u32 = 10;
/// Writes one file piece by piece under another name: folder, from, to, size of a piece, pause in seconds, pieces.
const SLOWLY: &str = r#"cd "$1" && : > "$3" && n=0 && while [ "$n" -lt "$6" ]; do
  dd if="$2" of="$3" bs="$4" skip="$n" seek="$n" count=1 conv=notrunc 2> /dev/null || exit 1
  n=$((n + 1)); sleep "$5"
done; rm "$2""#;

/// Where a log of a pod comes from and goes to.
#[derive(Debug, Clone)]
pub(super) struct LogRoute {
    pub(super) source: Source,
    pub(super) to: camino::Utf8PathBuf,
}

/// The two containers of a node.
#[derive(Debug)]
pub(super) struct Pod {
    docker: Docker,
    /// The id of the pause container.
    pause: String,
    /// The pod's address in the run's network, which lasts as long as the pause container.
    pub(super) address: Ipv4Addr,
    /// The port on 127.0.0.1 that leads to the connector. The pause container is never started again, so it stays.
    pub(super) http_port: u16,
    /// The volume of its own that the server's `CATALINA_BASE` is on, where it has one.
    pub(super) disk: Option<String>,
    /// Whether the clock of its JVM can be set.
    pub(super) has_a_clock: bool,
    /// The name of the server's container.
    pub(super) server_name: String,
    inside: Mutex<Inside>,
}

/// What changes over a pod's life.
#[derive(Debug, Default)]
struct Inside {
    recipe: Option<Recipe>,
    server: Option<Server>,
    routes: Vec<LogRoute>,
    /// One a route while the server runs.
    followers: Vec<Follower>,
    /// How far each log has been read in the present container.
    read: Vec<u64>,
    filter: Filter,
}

/// What the pod's packet filter does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Filter {
    #[default]
    Open,
    /// It drops traffic with the peers, or holds it back, until it is mended.
    NetworkFault(NetworkFault),
    /// It drops everything until the server is started again.
    Lost,
}

/// The name of a node's pause container on the engine.
pub(super) fn pause_name(run: &RunId, node: &NodeName) -> String {
    format!("tomee-harness-{run}-{node}")
}

/// The name of a node's server on the engine.
pub(super) fn server_name(run: &RunId, node: &NodeName) -> String {
    format!("tomee-harness-{run}-{node}-server")
}

impl Pod {
    /// Where its packet filter is set.
    fn shell(&self) -> ContainerShell<'_> {
        ContainerShell { docker: &self.docker, name: &self.pause }
    }

    /// Starts a node's pause container in the run's network. By bollard: testcontainers gives no container a second name.
    pub(super) async fn hold(
        docker: Docker,
        image: &GenericImage,
        run: &RunId,
        node: &NodeName,
        network: &str,
        topology: &Topology,
    ) -> Result<Self, DockerError> {
        let name = pause_name(run, node);
        let labels = HashMap::from([(RUN_LABEL.to_owned(), run.to_string())]);
        let mut disk = None;
        if topology.prepared_for.contains(&FaultKind::FillDisk) {
            let volume = disk_of(format!("{name}-disk"), labels.clone());
            disk.clone_from(&volume.name);
            docker.create_volume(volume).await?;
        }
        let endpoint = EndpointSettings { aliases: Some(vec![DNS_SERVICE.to_owned()]), ..EndpointSettings::default() };
        let binds = disk.iter().map(|volume| format!("{volume}:{DISK}")).collect();
        let body = ContainerCreateBody {
            image: Some(format!("{}:{}", image.name(), image.tag())),
            hostname: Some(node.to_string()),
            exposed_ports: Some(vec![published()]),
            labels: Some(labels),
            host_config: Some(HostConfig {
                cap_add: Some(vec!["NET_ADMIN".to_owned()]),
                network_mode: Some(network.to_owned()),
                port_bindings: Some(on_loopback()),
                binds: Some(binds),
                ..HostConfig::default()
            }),
            networking_config: Some(NetworkingConfig {
                endpoints_config: Some(HashMap::from([(network.to_owned(), endpoint)])),
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let pause = docker.create_container(Some(options), body).await?.id;
        docker.start_container(&pause, None::<StartContainerOptions>).await?;
        let (address, http_port) = address(&docker, &name, network).await?;
        let has_a_clock = topology.prepared_for.contains(&FaultKind::SkewClock);
        let (server_name, inside) = (server_name(run, node), Mutex::default());
        Ok(Self { docker, pause, address, http_port, disk, has_a_clock, server_name, inside })
    }

    /// Takes the recipe of a new server; an earlier server goes.
    pub(super) async fn install(&self, recipe: Recipe, routes: Vec<LogRoute>) -> Result<(), DockerError> {
        let mut inside = self.inside.lock().await;
        inside.settle().await;
        server::remove(&self.docker, &self.server_name).await?;
        if self.disk.is_some() {
            // The disk outlives the server.
            resources::empty(&self.docker, &self.pause).await?;
        }
        let (read, filter) = (vec![0; routes.len()], inside.filter);
        *inside = Inside { read, routes, recipe: Some(recipe), filter, ..Inside::default() };
        Ok(())
    }

    /// The files of a server that has ended which its successor is to have: what it had deployed, and its logs.
    pub(super) async fn kept(&self) -> Result<Vec<NodeFile>, DockerError> {
        let _alone = self.inside.lock().await;
        if server::state(&self.docker, &self.server_name).await?.running {
            return Err(DockerError::Refused("it runs".to_owned()));
        }
        let mut files = super::archive::below(&self.docker, &self.server_name, LAYOUT.base).await?;
        // The harness's own log goes on in a new file, and is appended to the one on this machine.
        let replaced = |path: &Utf8Path| path == HARNESS_LOG || REPLACED.iter().any(|folder| path.starts_with(folder));
        files.retain(|file| !replaced(&file.path));
        Ok(files)
    }

    /// Starts the server, for the first time or again.
    pub(super) async fn start(&self) -> Result<(), DockerError> {
        let mut inside = self.inside.lock().await;
        let inside = &mut *inside;
        inside.settle().await;
        if inside.filter == Filter::Lost {
            filter::open(&self.shell()).await?;
            inside.filter = Filter::Open;
        }
        match (&inside.server, &inside.recipe) {
            (Some(server), _) => server.start_again().await?,
            (None, Some(recipe)) => match Server::start(recipe).await {
                Ok(server) => {
                    // The files are in the container now; what is in them need not lie about.
                    fs_err::tokio::remove_dir_all(&recipe.staged).await?;
                    inside.server = Some(server);
                }
                Err(error) => {
                    // What the engine made and refused to start would be in the way of the next try.
                    server::remove(&self.docker, &self.server_name).await?;
                    return Err(error);
                }
            },
            (None, None) => return Err(DockerError::Refused("no files were prepared for it".to_owned())),
        }
        for (route, from) in inside.routes.iter().zip(&inside.read) {
            let LogRoute { source, to } = route.clone();
            inside.followers.push(Follower::start(self.docker.clone(), self.server_name.clone(), source, *from, to));
        }
        Ok(())
    }

    /// How the server stands.
    pub(super) async fn status(&self) -> Result<NodeStatus, DockerError> {
        if self.inside.lock().await.server.is_none() {
            return Ok(NodeStatus::Created);
        }
        match server::state(&self.docker, &self.server_name).await {
            Ok(state) if state.running => Ok(NodeStatus::Running),
            Ok(state) => Ok(NodeStatus::Ended(state.ending())),
            Err(error) if error.is_not_found() => Ok(NodeStatus::Ended("its container was removed".to_owned())),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn kill(&self) -> Result<String, DockerError> {
        server::kill(&self.docker, &self.server_name).await
    }

    pub(super) async fn stop(&self) -> Result<String, DockerError> {
        self.inside.lock().await.server()?.stop(&self.docker, &self.server_name).await
    }

    pub(super) async fn pause(&self) -> Result<String, DockerError> {
        self.inside.lock().await.server()?.pause(&self.docker, &self.server_name).await
    }

    /// Lets no packet in or out any more and then kills the server: peers hear neither its end nor a reset. The pause container
    /// stays, so that the host can come back with its name, address and port.
    pub(super) async fn lose_host(&self) -> Result<String, DockerError> {
        let mut inside = self.inside.lock().await;
        inside.server()?;
        inside.must_be_open()?;
        filter::isolate(&self.shell()).await?;
        match server::kill(&self.docker, &self.server_name).await {
            Ok(proof) => {
                inside.filter = Filter::Lost;
                Ok(format!("all its packets are dropped; {proof}"))
            }
            Err(error) => {
                // What went wrong first is what to report.
                drop(filter::open(&self.shell()).await);
                Err(error)
            }
        }
    }

    /// Drops traffic between the pod and its peers, or holds it back, until it is mended; says how much when something was
    /// hit.
    pub(super) async fn add_network_fault(&self, fault: NetworkFault, peers: &Peers) -> Result<String, DockerError> {
        let mut inside = self.inside.lock().await;
        inside.must_be_open()?;
        let proof = filter::add_network_fault(&self.shell(), fault, peers).await?;
        inside.filter = Filter::NetworkFault(fault);
        Ok(proof)
    }

    /// Undoes a cut; says how much was dropped or held back.
    pub(super) async fn remove_network_fault(&self) -> Result<String, DockerError> {
        let mut inside = self.inside.lock().await;
        let Filter::NetworkFault(fault) = inside.filter else { return Err(inside.refusal()) };
        let effect = filter::remove_network_fault(&self.shell(), fault).await?;
        inside.filter = Filter::Open;
        Ok(effect)
    }

    /// Whether packets can be held back in its network.
    pub(super) async fn can_delay(&self) -> Result<(), DockerError> {
        delay::check(&self.shell()).await
    }

    /// Makes the server short of something, or its clock wrong; says what proves it.
    pub(super) async fn add_resource_fault(&self, fault: ResourceFault) -> Result<String, DockerError> {
        let inside = self.inside.lock().await;
        inside.server()?;
        match fault {
            ResourceFault::SlowProcessor { percent } => {
                resources::throttle(&self.docker, &self.server_name, percent).await
            }
            ResourceFault::FullDisk if self.disk.is_none() => {
                Err(DockerError::Refused("it has no disk of its own".to_owned()))
            }
            ResourceFault::FullDisk => resources::fill(&self.docker, &self.pause, &self.server_name).await,
            ResourceFault::WrongClock { .. } if !self.has_a_clock => {
                Err(DockerError::Refused("its clock cannot be set".to_owned()))
            }
            ResourceFault::WrongClock { by } => {
                resources::set_clock(&self.docker, &self.server_name, Some(by)).await?;
                Ok(format!("the clock is set {by}"))
            }
        }
    }

    /// Undoes a strain.
    pub(super) async fn remove_resource_fault(&self, fault: ResourceFault) -> Result<Option<String>, DockerError> {
        let _alone = self.inside.lock().await;
        match fault {
            ResourceFault::SlowProcessor { .. } => resources::unthrottle(&self.docker, &self.server_name).await,
            ResourceFault::FullDisk => resources::free(&self.docker, &self.pause).await.map(|()| None),
            ResourceFault::WrongClock { .. } => {
                resources::set_clock(&self.docker, &self.server_name, None).await.map(|()| None)
            }
        }
    }

    pub(super) async fn resume(&self) -> Result<(), DockerError> {
        self.inside.lock().await.server()?.resume().await
    }

    /// Makes a file appear in the server's base, with the present time on it.
    pub(super) async fn put(&self, file: NodeFile) -> Result<(), DockerError> {
        use super::archive::upload;

        let mut inside = self.inside.lock().await;
        if inside.server.is_none() {
            let recipe = inside
                .recipe
                .as_mut()
                .ok_or_else(|| DockerError::Refused("no files were prepared for it".to_owned()))?;
            let path = recipe.staged.join(&file.path);
            fs_err::tokio::create_dir_all(path.parent().unwrap_or(&recipe.staged)).await?;
            fs_err::tokio::write(&path, &file.content).await?;
            return Ok(file.date(&path)?);
        }
        let (docker, name) = (&self.docker, self.server_name.as_str());
        if !server::state(docker, name).await?.running {
            return upload(docker, name, LAYOUT.base, &file).await;
        }
        let (part, target) = partial(file);
        upload(docker, name, LAYOUT.base, &part).await?;
        // An archive carries whole seconds, which a farm watcher may take for an old file: hence touch.
        let touched = if part.modified.is_none() { part.path.as_str() } else { "" };
        let names = [LAYOUT.base, part.path.as_str(), target.as_str(), touched];
        server::shell(docker, name, r#"cd "$1" && { [ -z "$4" ] || touch "$4"; } && mv -f "$2" "$3""#, &names)
            .await
            .map(drop)
    }

    /// Makes a file grow piece by piece in the base of a server that runs.
    pub(super) async fn put_slowly(&self, file: NodeFile, over: Duration) -> Result<(), DockerError> {
        use super::archive::upload;

        let (docker, name) = (&self.docker, self.server_name.as_str());
        let (part, target) = partial(file);
        upload(docker, name, LAYOUT.base, &part).await?;
        let piece = part.content.len().div_ceil(PIECES as usize).max(1).to_string();
        let (pause, pieces) = (over / (PIECES - 1), PIECES.to_string());
        let pause = format!("{:.3}", pause.as_secs_f64());
        let words = [LAYOUT.base, part.path.as_str(), target.as_str(), &piece, &pause, &pieces];
        server::shell(docker, name, SLOWLY, &words).await.map(drop)
    }

    /// Makes a file of the running server's base vanish.
    pub(super) async fn remove_file(&self, path: &Utf8Path) -> Result<(), DockerError> {
        // Held meanwhile, as by every other change of the server.
        let _inside = self.inside.lock().await;
        let names = [LAYOUT.base, path.as_str()];
        server::shell(&self.docker, &self.server_name, r#"cd "$1" && rm -f "$2""#, &names).await.map(drop)
    }

    /// Copies the server's own logs; says how many files there were.
    pub(super) async fn collect(&self, into: &Utf8Path) -> Result<usize, DockerError> {
        let logs = format!("{}/logs", LAYOUT.base);
        super::archive::folder(&self.docker, &self.server_name, &logs, into).await
    }

    /// Runs a command in the server's container.
    pub(super) async fn exec(&self, command: &[String]) -> Result<CommandOutput, DockerError> {
        server::exec(&self.docker, &self.server_name, command).await
    }

    /// A file of the server's base.
    pub(super) async fn fetch(&self, path: &Utf8Path) -> Result<Vec<u8>, DockerError> {
        let path = format!("{}/{path}", LAYOUT.base);
        let found = super::archive::file(&self.docker, &self.server_name, &path).await?;
        found.ok_or_else(|| DockerError::Refused(format!("there is no {path}")))
    }

    /// Asks the JVM for a thread dump, which goes to the console; whether it could be asked.
    pub(super) async fn ask_for_threads(&self) -> Result<bool, DockerError> {
        let state = match server::state(&self.docker, &self.server_name).await {
            Err(error) if error.is_not_found() => return Ok(false),
            state => state?,
        };
        if !state.running || state.paused {
            return Ok(false);
        }
        server::signal(&self.docker, &self.server_name, "SIGQUIT").await?;
        Ok(true)
    }

    /// Ends the server, if it runs, and brings its logs home.
    pub(super) async fn end(&self) {
        // Refused where it does not run; whatever else is wrong shows when the containers are removed.
        drop(server::signal(&self.docker, &self.server_name, "SIGKILL").await);
        self.inside.lock().await.settle().await;
    }

    /// Removes both containers, and the disk.
    pub(super) async fn remove(&self) -> Result<(), DockerError> {
        server::remove(&self.docker, &self.server_name).await?;
        self.inside.lock().await.settle().await;
        server::remove(&self.docker, &self.pause).await?;
        if let Some(disk) = &self.disk {
            self.docker.remove_volume(disk, None::<RemoveVolumeOptions>).await?;
        }
        Ok(())
    }
}

impl Inside {
    fn server(&self) -> Result<&Server, DockerError> {
        self.server.as_ref().ok_or_else(|| DockerError::Refused("it was never started".to_owned()))
    }

    /// Refuses what needs a filter that lets everything pass.
    fn must_be_open(&self) -> Result<(), DockerError> {
        if self.filter == Filter::Open { Ok(()) } else { Err(self.refusal()) }
    }

    /// Why its filter is not as it would have to be.
    fn refusal(&self) -> DockerError {
        let because = match self.filter {
            Filter::Open => "it is not cut off from its peers",
            Filter::NetworkFault(_) => "it is already cut off from its peers",
            Filter::Lost => "its host is lost",
        };
        DockerError::Refused(because.to_owned())
    }

    /// Waits until the logs of a server that ended are whole.
    async fn settle(&mut self) {
        /// What a log may take to be fetched once its container has ended.
        const LIMIT: Duration = Duration::from_secs(5);
        for (index, follower) in self.followers.drain(..).enumerate() {
            self.read[index] = follower.settle(LIMIT).await;
        }
    }
}

/// A file under a hidden name in its folder, where no deployer takes it for whole, and the path that it is to have.
fn partial(file: NodeFile) -> (NodeFile, Utf8PathBuf) {
    let part = file.path.with_file_name(format!(".{}.part", file.path.file_name().unwrap_or_default()));
    let target = file.path.clone();
    (NodeFile { path: part, ..file }, target)
}

/// A volume in memory that takes so much and no more. It lasts as long as the pause container, who has it mounted: what is on it
/// outlives the server.
fn disk_of(name: String, labels: HashMap<String, String>) -> VolumeCreateRequest {
    let options = [("type", "tmpfs"), ("device", "tmpfs"), ("o", &format!("size={DISK_SIZE},mode=1777"))];
    VolumeCreateRequest {
        name: Some(name),
        driver: Some("local".to_owned()),
        driver_opts: Some(options.map(|(name, value)| (name.to_owned(), value.to_owned())).into()),
        labels: Some(labels),
        ..VolumeCreateRequest::default()
    }
}

fn published() -> String {
    format!("{HTTP_PORT}/tcp")
}

/// By default a port is published on every address of the machine.
fn on_loopback() -> HashMap<String, Option<Vec<PortBinding>>> {
    let binding = PortBinding { host_ip: Some(Ipv4Addr::LOCALHOST.to_string()), host_port: None };
    HashMap::from([(published(), Some(vec![binding]))])
}

/// The address and the published port of a container that runs.
async fn address(docker: &Docker, name: &str, network: &str) -> Result<(Ipv4Addr, u16), DockerError> {
    let container = docker.inspect_container(name, None::<InspectContainerOptions>).await?;
    let settings = container.network_settings.unwrap_or_default();
    let networks = settings.networks.unwrap_or_default();
    let address = networks.get(network).and_then(|endpoint| endpoint.ip_address.as_deref()).unwrap_or_default();
    let ports = settings.ports.unwrap_or_default();
    let bindings = ports.get(&published()).and_then(Option::as_deref).unwrap_or_default();
    let port = bindings.first().and_then(|binding| binding.host_port.as_deref()).unwrap_or_default();
    let none = |what: &str| DockerError::Refused(format!("container {name} has no {what}"));
    let address = address.parse().map_err(|_| none(&format!("IPv4 address in network {network}")))?;
    Ok((address, port.parse().map_err(|_| none("published port"))?))
}
