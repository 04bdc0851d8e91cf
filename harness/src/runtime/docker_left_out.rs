//! What stands in for runtime `docker` where the feature of this name is off: it can do nothing, and says so.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use camino::{Utf8Path, Utf8PathBuf};

use crate::host::guard::Guard;
use crate::model::{Capability, Endpoints, NodeName, RunId, Topology};
use crate::runtime::{NodeFile, NodeLaunch, NodeLog, NodeStatus, Runtime, RuntimeError};

/// The name on the command line.
pub const NAME: &str = "docker";
/// What the runtime can do.
pub const CAPABILITIES: [Capability; 0] = [];

/// What a user may want otherwise.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DockerOptions {}

/// Nodes as pods of containers, of which there are none.
#[derive(Debug)]
pub enum DockerRuntime {}

impl DockerRuntime {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    #[expect(clippy::unused_async, reason = "the same face as that of the runtime")]
    pub async fn connect(
        _run: &RunId,
        _guard: Arc<Guard>,
        _run_dir: &Utf8Path,
        _options: DockerOptions,
    ) -> Result<Self, RuntimeError> {
        Err(left_out())
    }
}

fn left_out() -> RuntimeError {
    RuntimeError::Environment {
        what: "containers are not available: tomee-harness was built without its feature `docker`".to_owned(),
        hint: Some("add the feature `docker` to the dependency, or use the runtime `process`".to_owned()),
        source: None,
    }
}

/// No run has anything on an engine that nobody can reach.
pub mod sweep {
    use super::{BTreeSet, RunId, RuntimeError, left_out};

    /// What `doctor` says about the engine.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[non_exhaustive]
    pub struct EngineFacts {
        /// The engine's version.
        pub version: String,
        /// The newest API that it speaks.
        pub api: String,
        /// The system that it runs on.
        pub os: String,
        /// The kernel that it runs on.
        pub kernel: String,
        /// The version of control groups.
        pub cgroup: String,
        /// How it stores layers.
        pub storage: String,
        /// The base images that it has.
        pub base_images: Vec<String>,
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    #[expect(clippy::unused_async, reason = "the same face as that of the runtime")]
    pub async fn runs() -> Result<BTreeSet<RunId>, RuntimeError> {
        Err(left_out())
    }

    /// Removes nothing: a program without this runtime has started nothing there.
    ///
    /// # Errors
    /// Never.
    #[expect(clippy::unused_async, reason = "the same face as that of the runtime")]
    pub async fn remove(_run: &RunId) -> Result<Vec<String>, RuntimeError> {
        Ok(vec![])
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    #[expect(clippy::unused_async, reason = "the same face as that of the runtime")]
    pub async fn engine() -> Result<EngineFacts, RuntimeError> {
        Err(left_out())
    }
}

#[async_trait]
impl Runtime for DockerRuntime {
    fn name(&self) -> &'static str {
        match *self {}
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        match *self {}
    }

    async fn reserve(&self, _topology: &Topology) -> Result<Endpoints, RuntimeError> {
        match *self {}
    }

    async fn install(&self, _launch: NodeLaunch) -> Result<(), RuntimeError> {
        match *self {}
    }

    async fn start(&self, _node: &NodeName) -> Result<(), RuntimeError> {
        match *self {}
    }

    async fn status(&self, _node: &NodeName) -> Result<NodeStatus, RuntimeError> {
        match *self {}
    }

    async fn kill(&self, _node: &NodeName) -> Result<String, RuntimeError> {
        match *self {}
    }

    async fn stop(&self, _node: &NodeName) -> Result<String, RuntimeError> {
        match *self {}
    }

    async fn pause(&self, _node: &NodeName) -> Result<String, RuntimeError> {
        match *self {}
    }

    async fn resume(&self, _node: &NodeName) -> Result<(), RuntimeError> {
        match *self {}
    }

    async fn http(&self, _node: &NodeName) -> Result<SocketAddr, RuntimeError> {
        match *self {}
    }

    async fn put(&self, _node: &NodeName, _file: NodeFile) -> Result<(), RuntimeError> {
        match *self {}
    }

    async fn remove(&self, _node: &NodeName, _path: &Utf8Path) -> Result<(), RuntimeError> {
        match *self {}
    }

    fn log_path(&self, _node: &NodeName, _log: NodeLog) -> Utf8PathBuf {
        match *self {}
    }

    async fn collect(&self, _node: &NodeName, _into: &Utf8Path) -> Result<(), RuntimeError> {
        match *self {}
    }

    async fn threads(&self, _node: &NodeName) -> Result<Option<String>, RuntimeError> {
        match *self {}
    }

    async fn shutdown(&self) -> Result<(), RuntimeError> {
        match *self {}
    }
}
