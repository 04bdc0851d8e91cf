//! The fake as a runtime.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use tomee_harness::host::sync::lock;
use tomee_harness::model::{Capability, ContextPath, Endpoints, NodeEndpoints, NodeName, Topology};
use tomee_harness::runtime::{NetworkFault, NodeFile, NodeLaunch, NodeLog, NodeStatus, Runtime, RuntimeError};
use tomee_harness::tomcat::war::War;

use super::Bug;
use super::door::React;
use super::node::{Bytes, Power};
use super::world::{Parting, World};

const NAME: &str = "fake";
/// How long a node answers on after a slow death.
const SLOW_DEATH: Duration = Duration::from_millis(30);

/// An in-process cluster.
#[derive(Debug)]
pub struct FakeRuntime {
    folder: Utf8PathBuf,
    world: Arc<Mutex<World>>,
}

impl FakeRuntime {
    /// A cluster whose logs go to a folder, with nothing or one thing wrong.
    pub fn new(folder: Utf8PathBuf, bug: Option<Bug>) -> Self {
        Self { folder, world: Arc::new(Mutex::new(World::new(bug))) }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    fn node<T>(&self, node: &NodeName, act: impl FnOnce(&mut World, usize) -> T) -> Result<T, RuntimeError> {
        let mut world = self.world();
        let index = world.index(node).ok_or_else(|| RuntimeError::NoSuchNode { runtime: NAME, node: node.clone() })?;
        Ok(act(&mut world, index))
    }

    fn joined_again(&self, node: &NodeName, by: Parting) -> Result<(), RuntimeError> {
        if self.node(node, |world, index| world.join_again(index, by))? {
            return Ok(());
        }
        Err(node_error(node, "undoing what was not done", std::io::Error::from(std::io::ErrorKind::InvalidInput)))
    }

    /// What an archive's bytes are, as a probe reports them; nothing of what is no app.
    fn bytes_of(&self, node: &NodeName, file: &NodeFile, context: &ContextPath) -> Result<Bytes, RuntimeError> {
        let path = self.folder.join(node.as_str()).join(context.war_name());
        let failed = |error| node_error(node, "keeping an archive", error);
        fs_err::write(&path, &file.content).map_err(failed)?;
        let read = War::read(&path, context.clone());
        fs_err::remove_file(&path).map_err(failed)?;
        let bytes = |war: War| Bytes { war_sha256: Some(war.sha256), served_sha256: war.served_sha256 };
        Ok(read.map(bytes).unwrap_or_default())
    }

    fn react(&self, index: usize) -> React {
        let world = Arc::clone(&self.world);
        Arc::new(move |asked| lock(&world).react(index, asked))
    }
}

#[async_trait]
impl Runtime for FakeRuntime {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        [
            Capability::Kill,
            Capability::Stop,
            Capability::Restart,
            Capability::Multicast,
            Capability::Pause,
            Capability::Partition,
        ]
        .into()
    }

    async fn reserve(&self, topology: &Topology) -> Result<Endpoints, RuntimeError> {
        let mut world = self.world();
        world.reserve(topology, &self.folder).map_err(|_| RuntimeError::NoneFree { what: "port".to_owned() })?;
        let nodes = world.nodes.iter().map(|node| {
            let endpoints = NodeEndpoints {
                http_address: Ipv4Addr::LOCALHOST,
                http_port: node.door.address().port(),
                receiver_address: Ipv4Addr::LOCALHOST,
                receiver_port: node.receiver_port,
            };
            (node.name.clone(), endpoints)
        });
        // The fake renders no multicast: its nodes meet in memory.
        let multicast = Some(tomee_harness::model::topology::MulticastGroup {
            address: Ipv4Addr::new(228, 0, 0, 4),
            port: 45564,
            bind: Some(Ipv4Addr::LOCALHOST),
        });
        Ok(Endpoints { nodes: nodes.collect(), multicast, ..Endpoints::default() })
    }

    async fn install(&self, launch: NodeLaunch) -> Result<(), RuntimeError> {
        let context = launch.files.iter().find(|file| file.path == "conf/Catalina/localhost/harness-probe.xml");
        let context =
            String::from_utf8_lossy(context.map(|file| file.content.as_slice()).unwrap_or_default()).into_owned();
        let token = context.split(r#"name="harness.token" value=""#).nth(1).and_then(|rest| rest.split('"').next());
        let token = token.unwrap_or_default().to_owned();
        let folder = self.node(&launch.node, |world, index| {
            world.nodes[index].token = token;
            // What is laid anew has no app.
            world.nodes[index].app = None;
            world.nodes[index].folder.clone()
        })?;
        let laid = fs_err::create_dir_all(&folder).and_then(|()| fs_err::write(folder.join("harness.log"), ""));
        laid.map_err(|error| node_error(&launch.node, "writing its files", error))
    }

    async fn start(&self, node: &NodeName) -> Result<(), RuntimeError> {
        let started = self.node(node, |world, index| Some((index, world.start(index)?)))?;
        let Some((index, closed)) = started else { return Ok(()) };
        let react = self.react(index);
        let opened = self.node(node, |world, index| world.nodes[index].door.open(react, closed))?;
        opened.map_err(|error| node_error(node, "opening its connector", error))
    }

    async fn status(&self, node: &NodeName) -> Result<NodeStatus, RuntimeError> {
        self.node(node, |world, index| match &world.nodes[index].power {
            Power::Created => NodeStatus::Created,
            Power::Running { .. } => NodeStatus::Running,
            Power::Ended(how) => NodeStatus::Ended(how.clone()),
        })
    }

    async fn kill(&self, node: &NodeName) -> Result<String, RuntimeError> {
        let bug = self.world().bug;
        if bug == Some(Bug::KillFails) {
            return Err(node_error(
                node,
                "sending SIGKILL",
                std::io::Error::from(std::io::ErrorKind::PermissionDenied),
            ));
        }
        let closed = self.node(node, |world, index| {
            world.kills += 1;
            if bug == Some(Bug::KillOnPaper) { None } else { world.end(index, "ended by signal 9") }
        })?;
        match closed {
            Some(closed) if bug == Some(Bug::DiesSlowly) => drop(tokio::spawn(close_later(closed))),
            Some(closed) => closed.cancel(),
            None => {}
        }
        Ok(format!("fake process of {node} ended by signal 9"))
    }

    async fn stop(&self, node: &NodeName) -> Result<String, RuntimeError> {
        let closed = self.node(node, |world, index| world.end(index, "ended with exit code 143"))?;
        closed.inspect(CancellationToken::cancel);
        Ok(format!("fake process of {node} ended with exit code 143"))
    }

    async fn pause(&self, node: &NodeName) -> Result<String, RuntimeError> {
        self.node(node, |world, index| world.part(index, Parting::Freeze))?;
        Ok(format!("fake process of {node} is frozen"))
    }

    async fn resume(&self, node: &NodeName) -> Result<(), RuntimeError> {
        self.joined_again(node, Parting::Freeze)
    }

    async fn add_network_fault(&self, node: &NodeName, _cut: NetworkFault) -> Result<String, RuntimeError> {
        self.node(node, |world, index| world.part(index, Parting::NetworkFault))?;
        Ok("3 packets dropped".to_owned())
    }

    async fn remove_network_fault(&self, node: &NodeName) -> Result<String, RuntimeError> {
        self.joined_again(node, Parting::NetworkFault).map(|()| "9 packets dropped".to_owned())
    }

    async fn http(&self, node: &NodeName) -> Result<SocketAddr, RuntimeError> {
        self.node(node, |world, index| world.nodes[index].door.address())
    }

    async fn put(&self, node: &NodeName, file: NodeFile) -> Result<(), RuntimeError> {
        let war = file.path.strip_prefix("cluster/watch").ok().and_then(Utf8Path::file_name);
        let context = war.and_then(|war| ContextPath::of_war(war).ok());
        let whole = file.content.starts_with(b"PK");
        match context.filter(|_| whole) {
            Some(context) => {
                let bytes = self.bytes_of(node, &file, &context)?;
                self.node(node, |world, index| world.deploy(index, &context, &bytes))
            }
            None => Ok(()),
        }
    }

    async fn remove(&self, node: &NodeName, path: &Utf8Path) -> Result<(), RuntimeError> {
        let by_farm = path.starts_with("cluster/watch");
        self.node(node, |world, index| {
            if by_farm {
                world.undeploy_by_farm(index);
            } else {
                world.undeploy([index]);
            }
        })
    }

    fn log_path(&self, node: &NodeName, log: NodeLog) -> Utf8PathBuf {
        let folder = self.folder.join(node.as_str());
        match log {
            NodeLog::Console => folder.join("console.log"),
            NodeLog::Harness => folder.join("harness.log"),
        }
    }

    async fn collect(&self, _node: &NodeName, _into: &Utf8Path) -> Result<(), RuntimeError> {
        Ok(())
    }

    async fn threads(&self, _node: &NodeName) -> Result<Option<String>, RuntimeError> {
        Ok(None)
    }

    async fn shutdown(&self) -> Result<(), RuntimeError> {
        let mut world = self.world();
        for index in 0..world.nodes.len() {
            world.end(index, "ended by signal 9").inspect(CancellationToken::cancel);
        }
        Ok(())
    }
}

async fn close_later(closed: CancellationToken) {
    let _ = tokio::time::timeout(SLOW_DEATH, std::future::pending::<()>()).await;
    closed.cancel();
}

fn node_error(node: &NodeName, action: &str, source: std::io::Error) -> RuntimeError {
    RuntimeError::Node { node: node.clone(), action: action.to_owned(), source: source.into() }
}
