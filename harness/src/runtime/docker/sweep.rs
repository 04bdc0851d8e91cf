//! What runs have on the engine, found by label, and its removal. Needs no runtime, so the guard can use it.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::{Network, NetworkDisconnectRequest};
use testcontainers::bollard::query_parameters::{
    InspectNetworkOptions, ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder,
    RemoveContainerOptionsBuilder, RemoveVolumeOptionsBuilder,
};

use super::error::{self, DockerError};
use super::images::{self, NODE_BASE, PAUSE_BASE, PUBLIC_NODE_BASE, PUBLIC_PAUSE_BASE};
use crate::host::guard::RUN_LABEL;
use crate::host::wait::Patience;
use crate::model::RunId;
use crate::runtime::RuntimeError;

/// How long nothing may turn up before nothing is taken to be left: what a killed harness had asked for a moment
/// before its death is still made by the engine.
const QUIET: Duration = Duration::from_millis(400);
/// How long a removal may take in all. The owner of a guard waits 40 s for it.
const LIMIT: Duration = Duration::from_secs(30);

/// What `doctor` reports about the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineFacts {
    /// The engine's version, as in `20.10.24`.
    pub version: String,
    /// The newest API that it speaks, as in `1.41`.
    pub api: String,
    /// The system that it runs on.
    pub os: String,
    /// The kernel that it runs on.
    pub kernel: String,
    /// The version of control groups, `1` or `2`.
    pub cgroup: String,
    /// How it stores layers, as in `overlay2`.
    pub storage: String,
    /// Which of the images that a node and a pause container can be built on it has; a registry is needed for the others.
    pub base_images: Vec<String>,
}

/// The runs that have containers, networks or volumes on the engine.
///
/// # Errors
/// No engine answers, which is known within seconds.
pub async fn runs() -> Result<BTreeSet<RunId>, RuntimeError> {
    let docker = error::client().await?;
    let left = Left::of(&docker, RUN_LABEL).await.map_err(|error| error.environment("the engine cannot list", None))?;
    Ok(left.runs.into_iter().filter_map(|run| RunId::new(run).ok()).collect())
}

/// Removes all containers, networks and volumes of a run, and says what it removed. Looks again until nothing turns up.
///
/// # Errors
/// No engine answers, or something resists for half a minute: the error names it and the engine's last refusal.
pub async fn remove(run: &RunId) -> Result<Vec<String>, RuntimeError> {
    let docker = error::client().await?;
    remove_until_quiet(&docker, run, QUIET).await
}

/// As [`remove`], where `quiet` says how long to look out for latecomers.
pub(super) async fn remove_until_quiet(
    docker: &Docker,
    run: &RunId,
    quiet: Duration,
) -> Result<Vec<String>, RuntimeError> {
    let label = format!("{RUN_LABEL}={run}");
    let mut removed = BTreeSet::new();
    let mut last_seen = Instant::now();
    let mut patience = Patience::new(format!("run {run} to leave the engine"), LIMIT);
    let done = loop {
        let status = match Left::of(docker, &label).await {
            Ok(left) if left.is_empty() && last_seen.elapsed() >= quiet => break Ok(()),
            Ok(left) if left.is_empty() => "nothing is left".to_owned(),
            Ok(left) => {
                last_seen = Instant::now();
                let refusals = left.remove(docker, &mut removed).await;
                format!("{left}{refusals}")
            }
            Err(error) => break Err(error),
        };
        if let Err(over) = patience.another_look(status).await {
            break Err(over.into());
        }
    };
    done.map_err(|error: DockerError| {
        error.environment(format!("the containers of run {run} cannot all be removed"), None)
    })?;
    Ok(removed.into_iter().collect())
}

/// What the engine is and has.
///
/// # Errors
/// No engine answers, which is known within seconds.
pub async fn engine() -> Result<EngineFacts, RuntimeError> {
    let docker = error::client().await?;
    let info = async { Ok::<_, DockerError>((docker.version().await?, docker.info().await?)) };
    let (version, info) =
        info.await.map_err(|error| error.environment("the engine does not report its version", None))?;
    let mut base_images = Vec::new();
    for name in [NODE_BASE, PUBLIC_NODE_BASE, PAUSE_BASE, PUBLIC_PAUSE_BASE] {
        if images::image_id(&docker, name).await?.is_some() {
            base_images.push(name.to_owned());
        }
    }
    Ok(EngineFacts {
        version: version.version.unwrap_or_default(),
        api: version.api_version.unwrap_or_default(),
        os: info.operating_system.unwrap_or_default(),
        kernel: version.kernel_version.unwrap_or_default(),
        cgroup: info.cgroup_version.map(|cgroup| cgroup.to_string()).unwrap_or_default(),
        storage: info.driver.unwrap_or_default(),
        base_images,
    })
}

/// What is on the engine under a label.
#[derive(Debug, Default)]
struct Left {
    /// Id and name.
    containers: Vec<(String, String)>,
    networks: Vec<(String, String)>,
    volumes: Vec<String>,
    runs: BTreeSet<String>,
}

impl Left {
    /// `label` is a key, or a key and its value.
    async fn of(docker: &Docker, label: &str) -> Result<Self, DockerError> {
        let filters = HashMap::from([("label", vec![label])]);
        let containers = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let networks = ListNetworksOptionsBuilder::new().filters(&filters).build();
        let mut left = Self::default();
        let mut run_of = |labels: Option<HashMap<String, String>>| {
            left.runs.extend(labels.and_then(|mut labels| labels.remove(RUN_LABEL)));
        };
        for container in docker.list_containers(Some(containers)).await? {
            run_of(container.labels);
            let name = container.names.unwrap_or_default().first().map(|name| name.trim_start_matches('/').to_owned());
            let id = container.id.unwrap_or_default();
            left.containers.push((id.clone(), name.unwrap_or(id)));
        }
        for Network { id, name, labels, .. } in docker.list_networks(Some(networks)).await? {
            run_of(labels);
            let id = id.unwrap_or_default();
            left.networks.push((id.clone(), name.unwrap_or(id)));
        }
        let volumes = ListVolumesOptionsBuilder::new().filters(&filters).build();
        for volume in docker.list_volumes(Some(volumes)).await?.volumes.unwrap_or_default() {
            run_of(Some(volume.labels));
            left.volumes.push(volume.name);
        }
        Ok(left)
    }

    fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.networks.is_empty() && self.volumes.is_empty()
    }

    /// Removes what it can; returns the engine's refusals, which may be gone at the next look.
    async fn remove(&self, docker: &Docker, removed: &mut BTreeSet<String>) -> String {
        let containers = self.containers.iter().map(|(id, name)| async move {
            let force = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            (format!("container {name}"), docker.remove_container(id, Some(force)).await.map_err(DockerError::from))
        });
        let mut answers = join_all(containers).await;
        // A network and a volume go only after their containers.
        for name in &self.volumes {
            let force = RemoveVolumeOptionsBuilder::new().force(true).build();
            let gone = docker.remove_volume(name, Some(force)).await.map_err(DockerError::from);
            answers.push((format!("volume {name}"), gone));
        }
        for (id, name) in &self.networks {
            answers.push((format!("network {name}"), remove_network(docker, id).await));
        }
        let mut refusals = Vec::new();
        for (what, answer) in answers {
            match answer {
                Ok(()) => _ = removed.insert(what),
                Err(error) if error.is_not_found() => {}
                Err(error) => refusals.push(format!("; {what}: {error}")),
            }
        }
        refusals.concat()
    }
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.containers.iter().chain(&self.networks).map(|(_, name)| name.as_str());
        let names: Vec<_> = names.chain(self.volumes.iter().map(String::as_str)).collect();
        write!(f, "left: {}", names.join(", "))
    }
}

/// A network that still has endpoints is freed of them first: of containers that carry no label of ours, or of ones
/// whose removal left the endpoint behind.
async fn remove_network(docker: &Docker, id: &str) -> Result<(), DockerError> {
    if docker.remove_network(id).await.is_ok() {
        return Ok(());
    }
    let network = docker.inspect_network(id, None::<InspectNetworkOptions>).await?;
    for container in network.containers.unwrap_or_default().into_keys() {
        let request = NetworkDisconnectRequest { container, force: Some(true) };
        // Refused where the container went meanwhile, which is as good.
        drop(docker.disconnect_network(id, request).await);
    }
    Ok(docker.remove_network(id).await?)
}
