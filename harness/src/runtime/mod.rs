//! What a node is: a process, a pod of containers, or a fake one for tests. All behind one trait.

mod api_fault;
pub mod check;
#[cfg(feature = "docker")]
pub mod docker;
#[cfg(not(feature = "docker"))]
#[path = "docker_left_out.rs"]
pub mod docker;
mod guard_entry;
mod network_fault;
mod network_shell;
mod packet_delay;
mod packet_filter;
mod pod_api;
pub mod process;
mod provider;
mod resource_fault;
pub mod sweep;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};

pub use self::api_fault::ApiFault;
pub use self::guard_entry::guard_main;
pub use self::network_fault::NetworkFault;
pub use self::provider::{MachineOrder, Provider};
pub use self::resource_fault::ResourceFault;
pub use self::table::RuntimeKind;
use crate::host::ports::PortError;
use crate::model::{Capability, Endpoints, FrontOrder, FrontServer, NodeName, Topology};
use crate::tomcat::distribution::Distribution;
pub use crate::tomcat::node_file::NodeFile;

/// All that a runtime needs to make a node.
#[derive(Debug, Clone)]
pub struct NodeLaunch {
    /// The node.
    pub node: NodeName,
    /// The server that it runs.
    pub distribution: Arc<Distribution>,
    /// Files below `CATALINA_BASE`: all of `conf/`, the probe, jars for `lib/`, compiled pages for `work/`.
    pub files: Vec<NodeFile>,
    /// Empty folders below `CATALINA_BASE`.
    pub folders: Vec<Utf8PathBuf>,
    /// `JAVA_HOME` on the machine of a process; a container brings its own.
    pub java_home: Option<Utf8PathBuf>,
    /// JVM arguments, in order (`CATALINA_OPTS`).
    pub jvm_args: Vec<String>,
    /// Environment variables.
    pub env: Vec<(String, String)>,
}

/// A log of a node, which the runtime keeps growing as a file on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeLog {
    /// Standard output and error.
    Console,
    /// What the harness's own log handler writes.
    Harness,
}

/// What a command on a node's machine has said, and how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandOutput {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i64>,
    /// Its standard output.
    pub out: Vec<u8>,
    /// Its standard error.
    pub err: Vec<u8>,
}

/// Whether a node runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeStatus {
    /// It was never started.
    Created,
    /// It runs.
    Running,
    /// It ended; for example `exit status 1` or `killed by signal 9`.
    Ended(String),
}

/// What can go wrong with machines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The runtime has no node of this name.
    #[error("runtime {runtime} has no node {node}")]
    NoSuchNode {
        /// The runtime.
        runtime: &'static str,
        /// The name.
        node: NodeName,
    },
    /// The machine could not do something to a node.
    #[error("{node}: {action} failed")]
    Node {
        /// The node.
        node: NodeName,
        /// What was tried.
        action: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No address or port is available.
    #[error("no free {what} available")]
    NoneFree {
        /// What was looked for.
        what: String,
    },
    /// Something of the environment is missing or broken.
    #[error("{what}")]
    Environment {
        /// What, in words.
        what: String,
        /// What can be done about it.
        hint: Option<String>,
        /// Why, where more is known.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The ports of this machine cannot be shared out.
    #[error(transparent)]
    Ports(#[from] PortError),
    /// The runtime cannot do this at all.
    #[error("runtime {runtime} cannot {capability}")]
    Lacks {
        /// The runtime.
        runtime: &'static str,
        /// What it lacks.
        capability: Capability,
    },
}

/// The machines of one run.
///
/// The order of calls is `reserve`, then for each node `install` and `start`, any of the others, and `shutdown`.
/// A runtime registers whatever it starts with the run's guard before it starts it.
#[async_trait]
pub trait Runtime: Send + Sync + Debug {
    /// Its name on the command line: `process`, `docker`.
    fn name(&self) -> &'static str;

    /// What it can do.
    fn capabilities(&self) -> BTreeSet<Capability>;

    /// Gives each node its addresses, which belong to the run until `shutdown`. Called again, it gives others:
    /// that is how a port that somebody took in between is got round.
    async fn reserve(&self, topology: &Topology) -> Result<Endpoints, RuntimeError>;

    /// Lays a node's files; replaces what an earlier `install` laid.
    async fn install(&self, launch: NodeLaunch) -> Result<(), RuntimeError>;

    /// Starts a node, for the first time or again after it ended. Returns when its process exists, not when it is ready.
    async fn start(&self, node: &NodeName) -> Result<(), RuntimeError>;

    /// Whether a node runs, asked from the machine.
    async fn status(&self, node: &NodeName) -> Result<NodeStatus, RuntimeError>;

    /// What a running node is on this machine, for somebody who looks for it: `process 4711`, `container …`.
    async fn whereabouts(&self, _node: &NodeName) -> Result<String, RuntimeError> {
        Ok(format!("runtime {}", self.name()))
    }

    /// Ends a node's JVM with SIGKILL and returns when it is gone, with what proves it.
    async fn kill(&self, node: &NodeName) -> Result<String, RuntimeError>;

    /// Asks a node to stop (SIGTERM) and returns when it is gone, with what proves it.
    async fn stop(&self, node: &NodeName) -> Result<String, RuntimeError>;

    /// Freezes a node, with what proves it.
    async fn pause(&self, node: &NodeName) -> Result<String, RuntimeError>;

    /// Makes a node vanish with its host: nothing answers any more, not even with a reset. `start` brings both back.
    async fn lose_host(&self, _node: &NodeName) -> Result<String, RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::LoseHost })
    }

    /// Drops traffic between a node and its peers, or holds it back, and returns when that has hit a packet, with what
    /// proves it. The node's clients still reach it.
    async fn add_network_fault(&self, _node: &NodeName, fault: NetworkFault) -> Result<String, RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: fault.needs() })
    }

    /// Undoes a cut, and says what it has dropped or held back.
    async fn remove_network_fault(&self, _node: &NodeName) -> Result<String, RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::Partition })
    }

    /// Makes a node short of something, or gives it something wrong, and returns when that shows, with what proves it. A
    /// wrong clock is proven by who asks the JVM for its time.
    async fn add_resource_fault(&self, _node: &NodeName, fault: ResourceFault) -> Result<String, RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: fault.needs() })
    }

    /// Undoes a strain, and says what it has done where that was counted. The node may have ended meanwhile.
    async fn remove_resource_fault(
        &self,
        _node: &NodeName,
        fault: ResourceFault,
    ) -> Result<Option<String>, RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: fault.needs() })
    }

    /// Breaks what the API server says to a node, and returns when it has said so, with what proves it.
    async fn add_api_fault(&self, _node: &NodeName, _fault: ApiFault) -> Result<String, RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::Kubernetes })
    }

    /// Undoes it, and says how many polls it has hit.
    async fn remove_api_fault(&self, _node: &NodeName) -> Result<String, RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::Kubernetes })
    }

    /// Thaws a node.
    async fn resume(&self, node: &NodeName) -> Result<(), RuntimeError>;

    /// Where a client on this machine reaches the node's connector now. Ask at each use.
    async fn http(&self, node: &NodeName) -> Result<SocketAddr, RuntimeError>;

    /// Starts the balancer in front of the nodes, which must be reserved, and returns when it listens. It answers where
    /// [`Runtime::http`] says of [`NodeName::front`]. Called again, it starts anew.
    async fn start_front(&self, _topology: &Topology) -> Result<(), RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::Front })
    }

    /// How the balancer in front has each node.
    async fn front(&self) -> Result<BTreeMap<NodeName, FrontServer>, RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::Front })
    }

    /// Tells the balancer in front what to do with a node.
    async fn order_front(&self, _node: &NodeName, _order: FrontOrder) -> Result<(), RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::Front })
    }

    /// Makes a file appear below a node's `CATALINA_BASE`, whole or not at all, with the present time on it.
    async fn put(&self, node: &NodeName, file: NodeFile) -> Result<(), RuntimeError>;

    /// Makes a file grow piece by piece under its own name, so that others can find it half done; whole after `over`.
    async fn put_slowly(&self, _node: &NodeName, _file: NodeFile, _over: Duration) -> Result<(), RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::SlowCopy })
    }

    /// Removes a file below a node's `CATALINA_BASE`; one that is not there is as good as removed.
    async fn remove(&self, node: &NodeName, path: &Utf8Path) -> Result<(), RuntimeError>;

    /// Rewrites the files of a node that has ended, for its next start; what it had deployed, and its logs, stay, but for
    /// what is `stale`: files and folders below its `CATALINA_BASE`.
    async fn replace(&self, _launch: NodeLaunch, _stale: &[Utf8PathBuf]) -> Result<(), RuntimeError> {
        Err(RuntimeError::Lacks { runtime: self.name(), capability: Capability::ChangeNode })
    }

    /// The file on this machine to which the runtime writes a node's log as it comes.
    fn log_path(&self, node: &NodeName, log: NodeLog) -> Utf8PathBuf;

    /// Copies a node's own logs into a folder on this machine, as far as they can be had.
    async fn collect(&self, node: &NodeName, into: &Utf8Path) -> Result<(), RuntimeError>;

    /// A folder of a node's `CATALINA_BASE`, where this machine has it.
    fn folder(&self, _node: &NodeName, _path: &Utf8Path) -> Option<Utf8PathBuf> {
        None
    }

    /// Runs a program with these arguments where a node runs, in its `CATALINA_BASE` and its network, without a shell in
    /// between; waits for its end.
    async fn exec(&self, node: &NodeName, _command: &[String]) -> Result<CommandOutput, RuntimeError> {
        let source = format!("runtime {} runs no commands", self.name());
        Err(RuntimeError::Node { node: node.clone(), action: "running a command".to_owned(), source: source.into() })
    }

    /// A file below a node's `CATALINA_BASE`.
    async fn fetch(&self, node: &NodeName, path: &Utf8Path) -> Result<Vec<u8>, RuntimeError> {
        let read = match self.folder(node, path) {
            Some(file) => fs_err::tokio::read(file).await,
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        let action = format!("reading {path}");
        read.map_err(|error| RuntimeError::Node { node: node.clone(), action, source: error.into() })
    }

    /// A thread dump of a running node, where it can be had.
    async fn threads(&self, node: &NodeName) -> Result<Option<String>, RuntimeError>;

    /// Removes all that the run has started: nodes, containers, networks, ports. Keeps files on this machine.
    async fn shutdown(&self) -> Result<(), RuntimeError>;
}
