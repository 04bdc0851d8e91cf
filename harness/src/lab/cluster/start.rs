//! Starting: addresses, files, processes, readiness.

use std::sync::Arc;

use futures_util::future::try_join_all;

use super::{Cluster, ClusterError};
use crate::config;
use crate::history::Question;
use crate::history::observation::Seen;
use crate::history::{Event, LogClass, LogLine};
use crate::lab::base;
use crate::lab::pages::CompiledPages;
use crate::lab::runtime::{NodeLaunch, NodeLog, NodeStatus};
use crate::lab::sync::lock;
use crate::lab::wait::{self, Look};
use crate::spec::{Endpoints, NodeName};

/// How often a whole start is tried where ports were taken in between.
const ATTEMPTS: usize = 3;
/// How many lines of a console are told when a node dies.
const CONSOLE_LINES: usize = 12;

impl Cluster {
    pub(super) async fn start_all(&self) -> Result<(), ClusterError> {
        for node in self.parts.topology.names() {
            self.follow(node);
        }
        let mut attempt = 1;
        loop {
            match self.try_start().await {
                Err(ClusterError::NodeFailed { address_in_use: true, .. }) if attempt < ATTEMPTS => {
                    attempt += 1;
                    lock(&self.living).clear();
                    for node in self.parts.topology.names() {
                        self.parts.runtime.kill(node).await?;
                    }
                }
                other => return other,
            }
        }
    }

    async fn try_start(&self) -> Result<(), ClusterError> {
        let endpoints = self.parts.runtime.reserve(&self.parts.topology).await?;
        *lock(&self.endpoints) = endpoints.clone();
        self.parts.recorder.event(Event::Addressed { endpoints: endpoints.clone() });
        let names: Vec<NodeName> = self.parts.topology.names().cloned().collect();
        try_join_all(names.iter().map(|node| self.install(node, &endpoints))).await?;
        try_join_all(names.iter().map(|node| self.start_node(node))).await?;
        self.await_formed().await
    }

    async fn install(&self, node: &NodeName, endpoints: &Endpoints) -> Result<(), ClusterError> {
        let parts = &self.parts;
        let kind = parts.distribution.kind().map_err(|source| ClusterError::Version { node: node.clone(), source })?;
        let server_xml = config::server_xml(&parts.topology, endpoints, node, &kind)
            .map_err(|source| ClusterError::Render { node: node.clone(), source })?;
        let files_failed = |source| ClusterError::Files { node: node.clone(), source };
        let folder = parts.run_dir.node(node);
        fs_err::create_dir_all(&folder).map_err(files_failed)?;
        fs_err::write(folder.join("server.xml"), config::redact_xml(&server_xml)).map_err(files_failed)?;
        let mut files = base::files(&parts.distribution, node, server_xml, &parts.token, &parts.topology.jvm.libs)
            .map_err(files_failed)?;
        files.extend(parts.pages.iter().flat_map(CompiledPages::files));
        let launch = NodeLaunch {
            node: node.clone(),
            distribution: Arc::clone(&parts.distribution),
            files,
            folders: base::folders(&parts.topology),
            java_home: parts.java.as_ref().map(|java| java.home.clone()),
            jvm_args: self.jvm_args(node),
            env: parts.topology.jvm.env.clone().into_iter().collect(),
        };
        Ok(parts.runtime.install(launch).await?)
    }

    fn jvm_args(&self, node: &NodeName) -> Vec<String> {
        let topology = &self.parts.topology;
        let ours = ["-Duser.language=en".to_owned(), "-Duser.country=US".to_owned(), format!("-Dharness.node={node}")];
        let timing = topology.jvm_flags().into_iter().map(str::to_owned);
        ours.into_iter().chain(timing).chain(topology.jvm.args.iter().cloned()).collect()
    }

    /// Starts one node and waits until it is ready: its connector answers through the probe, and on TomEE OpenEJB is
    /// healthy (a TomEE whose OpenEJB failed looks alive otherwise).
    pub(super) async fn start_node(&self, node: &NodeName) -> Result<(), ClusterError> {
        let mark = self.log_mark(node);
        self.parts.recorder.event(Event::NodeStarts { node: node.clone() });
        self.parts.runtime.start(node).await?;
        wait::until(&format!("readiness of {node}"), self.parts.limits.start, async || {
            self.look_ready(node, mark).await
        })
        .await?;
        lock(&self.living).insert(node.clone());
        self.parts.recorder.event(Event::NodeReady { node: node.clone() });
        Ok(())
    }

    async fn look_ready(&self, node: &NodeName, mark: usize) -> Result<Look<()>, ClusterError> {
        if let NodeStatus::Ended(how) = self.parts.runtime.status(node).await? {
            return Err(self.failed(node, &how, mark));
        }
        let logs = self.logs_since(node, mark);
        if let Some(line) =
            logs.iter().find(|line| matches!(line.class, LogClass::StartFailed | LogClass::AddressInUse))
        {
            return Err(self.failed(node, &line.message, mark));
        }
        let observation = self.look(node, &Question::Members).await?;
        Ok(match observation.seen {
            Seen::State(state) if state.openejb == Some(false) => {
                return Err(self.failed(node, "TomEE runs without a healthy OpenEJB", mark));
            }
            Seen::State(_) => Look::Ready(()),
            Seen::Dead(why) => Look::NotYet(why),
        })
    }

    fn failed(&self, node: &NodeName, how: &str, mark: usize) -> ClusterError {
        let logs = self.logs_since(node, mark);
        let address_in_use = logs.iter().any(|line| line.class == LogClass::AddressInUse);
        let telling = |line: &&LogLine| matches!(line.level.as_str(), "SEVERE" | "");
        let mut lines: Vec<String> = logs.iter().filter(telling).map(|line| line.message.clone()).collect();
        if lines.is_empty() {
            lines = self.console_tail(node);
        }
        lines.truncate(CONSOLE_LINES);
        self.parts.recorder.event(Event::NodeDied { node: node.clone(), why: how.to_owned() });
        ClusterError::NodeFailed { node: node.clone(), how: how.to_owned(), lines, address_in_use }
    }

    /// The last lines of a node's console: what a JVM says that never came to log.
    fn console_tail(&self, node: &NodeName) -> Vec<String> {
        let path = self.parts.runtime.log_path(node, NodeLog::Console);
        let text = fs_err::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(CONSOLE_LINES)..].iter().map(|&line| line.to_owned()).collect()
    }
}
