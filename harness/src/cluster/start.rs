//! Starting: addresses, files, processes, readiness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::try_join_all;

use super::{Cluster, ClusterError};
use crate::config;
use crate::config::own::{KEY_STORE, properties_of};
use crate::history::Question;
use crate::history::observation::Seen;
use crate::history::{Event, LogClass, LogLine, RecordKind};
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::{Endpoints, NodeChanges, NodeName, Topology};
use crate::runtime::{NodeLaunch, NodeLog, NodeStatus};
use crate::tomcat::catalina_base;
use crate::tomcat::distribution::Distribution;
use crate::tomcat::java::ENGLISH;
use crate::tomcat::jsp_cache::JspCache;
use crate::tomcat::key_store;
use crate::tomcat::log_lines::class_of;
use crate::tomcat::node_file::NodeFile;
use crate::tomcat::own_base;

/// How often a whole start is tried where ports were taken in between.
const ATTEMPTS: usize = 3;
/// The machine is asked for a starting node's status with every third look, at most 300 ms apart: a container engine's
/// answer costs more than the look.
const STATUS_EVERY: u32 = 3;
/// How many lines of a console are quoted when a node dies.
const CONSOLE_LINES: usize = 12;
/// How many exceptions of a console are quoted when a node fails.
const THROWN_LINES: usize = 3;
/// What a JVM prints when its heap, metaspace or threads are used up.
const OUT_OF_MEMORY: &str = "java.lang.OutOfMemoryError";

/// How far a node's log and console were when it was started: what is behind is of this life.
#[derive(Debug, Clone, Copy)]
struct Mark {
    logs: usize,
    console: usize,
}

impl Cluster {
    /// Starts all nodes in parallel (no app is there yet, so none has state to ask for) and waits until each is ready
    /// and sees every other. Where they run already, for an earlier recording, it is made sure that they are as good as
    /// new.
    ///
    /// # Errors
    /// A node that dies or fails is reported within a poll, with the lines that say why. A port that somebody took
    /// between allocation and start is got round by new ports, twice. What runs then is for [`Cluster::shutdown`].
    pub async fn start(&self) -> Result<(), ClusterError> {
        if self.state.begin_start() {
            return self.adopt().await;
        }
        self.follow_all();
        self.start_all().await
    }

    async fn start_all(&self) -> Result<(), ClusterError> {
        let mut attempt = 1;
        loop {
            match self.try_start().await {
                Err(ClusterError::NodeFailed { address_in_use: true, .. }) if attempt < ATTEMPTS => {
                    attempt += 1;
                    lock(&self.state.living).clear();
                    for node in self.machines.topology.names() {
                        self.machines.runtime.kill(node).await?;
                    }
                }
                other => return other,
            }
        }
    }

    async fn try_start(&self) -> Result<(), ClusterError> {
        let endpoints = self.machines.runtime.reserve(&self.machines.topology).await?;
        *lock(&self.state.endpoints) = endpoints.clone();
        self.recorder().event(Event::Addressed { endpoints: endpoints.clone() });
        let names: Vec<NodeName> = self.machines.topology.names().cloned().collect();
        try_join_all(names.iter().map(async |node| {
            let launch = self.launch(node, &endpoints)?;
            Ok::<_, ClusterError>(self.machines.runtime.install(launch).await?)
        }))
        .await?;
        try_join_all(names.iter().map(|node| self.start_node(node))).await?;
        self.await_formed().await?;
        self.note_own_contexts();
        self.start_front().await
    }

    /// The server of a node, as its last restart has it.
    pub(super) fn distribution(&self, node: &NodeName) -> &Distribution {
        let changed = lock(&self.state.changed).get(node).cloned();
        let topology = self.machines.topology.of_node(node, &changed.unwrap_or_default());
        self.machines.distribution_of(&topology.server)
    }

    /// All that the machines need to make a node, with what was changed at its restarts.
    pub(super) fn launch(&self, node: &NodeName, endpoints: &Endpoints) -> Result<NodeLaunch, ClusterError> {
        let machines = &self.machines;
        let changed = lock(&self.state.changed).get(node).cloned();
        let mut topology = machines.topology.of_node(node, changed.as_ref().unwrap_or(&NodeChanges::default()));
        if let Some(own) = topology.own.as_mut().filter(|_| changed.is_some()) {
            own.roll(node);
        }
        let topology = topology;
        let distribution = machines.distribution_of(&topology.server);
        let kind = distribution.kind().map_err(|source| ClusterError::Version { node: node.clone(), source })?;
        let (libs, token) = (&topology.jvm.libs, machines.token.as_str());
        let files = if let Some(own) = &topology.own {
            let made = own_base::server_xml(own, node, endpoints)
                .map_err(|source| ClusterError::Own { node: node.clone(), source: Box::new(source) })?;
            self.keep_server_xml(node, config::redact_xml(&made.text))?;
            own.nodes.get(node).map(|files| {
                let sources = &own.data_sources;
                let mut all = own_base::files(distribution, (files, sources), node, made.bytes, (token, libs))?;
                if made.makes_key_store {
                    let home = topology.jvm.home.clone().or_else(|| Some(machines.java.as_ref()?.home.clone()));
                    let content = key_store::made(home.as_deref())?;
                    all.push(NodeFile { path: KEY_STORE.into(), content, modified: None });
                }
                Ok(all)
            })
        } else {
            let server_xml = config::server_xml(&topology, endpoints, node, &kind)
                .map_err(|source| ClusterError::Render { node: node.clone(), source })?;
            self.keep_server_xml(node, config::redact_xml(&server_xml))?;
            Some(catalina_base::files(distribution, node, server_xml, token, libs))
        };
        let files = files.unwrap_or_else(|| Ok(vec![]));
        let mut files = files.map_err(|source| ClusterError::Files { node: node.clone(), source })?;
        let java_home = topology.jvm.home.clone().filter(|_| topology.jvm.home != machines.topology.jvm.home);
        let mut jvm_args = jvm_args(&topology, node);
        if java_home.is_none() && topology.server == machines.topology.server && topology.own.is_none() {
            // What was compiled for another server would not fit this one.
            files.extend(machines.jsp_cache.iter().flat_map(JspCache::files));
            let archive = machines.classes.iter().flat_map(|classes| classes.arguments(&jvm_args)).collect();
            jvm_args = [archive, jvm_args].concat();
        }
        Ok(NodeLaunch {
            node: node.clone(),
            distribution: Arc::clone(distribution),
            files,
            folders: catalina_base::folders(&topology),
            java_home: java_home.or_else(|| machines.java.as_ref().map(|java| java.home.clone())),
            jvm_args,
            env: topology.environment().into_iter().chain(properties_of(node.as_str(), &topology.jvm.env)).collect(),
        })
    }

    /// Starts one node and waits until it is ready: its connector answers through the probe, and on TomEE OpenEJB is
    /// healthy (a TomEE whose OpenEJB failed looks alive otherwise).
    pub(super) async fn start_node(&self, node: &NodeName) -> Result<(), ClusterError> {
        let mark = self.mark(node);
        self.state.starts(node);
        self.recorder().event(Event::NodeStarts { node: node.clone() });
        self.machines.runtime.start(node).await?;
        let looks = AtomicU32::new(0);
        let wanted = format!("readiness of {node}");
        let ready = wait::until(&wanted, self.start_limit(node), async || {
            let asks_the_machine = looks.fetch_add(1, Ordering::Relaxed).is_multiple_of(STATUS_EVERY);
            self.look_ready(node, mark, asks_the_machine).await
        });
        ready.await.map_err(|error| self.starts_an_app(error, node, mark.logs))?;
        self.state.is_ready(node);
        self.recorder().event(Event::NodeReady { node: node.clone() });
        if self.machines.topology.own.is_some() {
            // Whoever wrote the configuration is to see what became of it.
            let (address, now) = (self.address(node).await?, self.recorder().clock().now());
            let observation = self.probe.look_at_configuration(node, address, now).await;
            if observation.state().is_some() {
                self.recorder().record(RecordKind::Observe(observation));
            }
        }
        Ok(())
    }

    fn mark(&self, node: &NodeName) -> Mark {
        let console = fs_err::metadata(self.machines.runtime.log_path(node, NodeLog::Console));
        let console = console.ok().and_then(|console| usize::try_from(console.len()).ok()).unwrap_or_default();
        Mark { logs: self.log_mark(node), console }
    }

    async fn look_ready(&self, node: &NodeName, mark: Mark, asks_the_machine: bool) -> Result<Look<()>, ClusterError> {
        if asks_the_machine && let NodeStatus::Ended(how) = self.machines.runtime.status(node).await? {
            return Err(self.failed(node, &how, mark));
        }
        let logs = self.logs_since(node, mark.logs);
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
            Seen::Dead(why) => {
                // A JVM without memory may linger for ever, and answer nobody.
                if self.console(node, mark).contains(OUT_OF_MEMORY) {
                    return Err(self.failed(node, "its JVM has run out of memory", mark));
                }
                Look::NotYet(why)
            }
        })
    }

    fn failed(&self, node: &NodeName, how: &str, mark: Mark) -> ClusterError {
        let logs = self.logs_since(node, mark.logs);
        let address_in_use = logs.iter().any(|line| line.class == LogClass::AddressInUse);
        let severe = |line: &&LogLine| matches!(line.level.as_str(), "SEVERE" | "");
        let mut lines: Vec<String> = logs.iter().filter(severe).map(|line| line.message.clone()).collect();
        let console = self.console(node, mark);
        lines.truncate(CONSOLE_LINES - THROWN_LINES);
        let thrown = thrown(&console);
        // Of exceptions that quote each other the shortest is the cause.
        let cause = thrown.iter().min_by_key(|line| line.len()).cloned();
        lines.extend(thrown.into_iter().filter(|line| !logs.iter().any(|log| log.message.contains(line))));
        if lines.is_empty() {
            // What a JVM says that never came to log.
            lines = console.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
            lines.drain(..lines.len().saturating_sub(CONSOLE_LINES));
        }
        lines.truncate(CONSOLE_LINES);
        let cause = cause.or_else(|| lines.first().cloned()).filter(|cause| !how.contains(cause.as_str()));
        let why: Vec<String> = std::iter::once(how.to_owned()).chain(cause).collect();
        self.recorder().event(Event::NodeDied { node: node.clone(), why: why.join("; ") });
        ClusterError::NodeFailed { node: node.clone(), how: how.to_owned(), lines, address_in_use }
    }

    /// What came to a node's console behind a mark.
    fn console(&self, node: &NodeName, mark: Mark) -> String {
        let text = fs_err::read(self.machines.runtime.log_path(node, NodeLog::Console)).unwrap_or_default();
        String::from_utf8_lossy(text.get(mark.console..).unwrap_or(&text)).into_owned()
    }
}

fn jvm_args(topology: &Topology, node: &NodeName) -> Vec<String> {
    let ours = ENGLISH.map(str::to_owned).into_iter().chain([format!("-Dharness.node={node}")]);
    let timing = topology.jvm_flags().into_iter().map(str::to_owned);
    ours.chain(timing).chain(topology.jvm.args.iter().cloned()).collect()
}

/// The first exceptions of a console, each once and without its trace: the cause that a log's message leaves out.
fn thrown(console: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    for line in console.lines().map(str::trim) {
        let line = line.strip_prefix("Caused by: ").unwrap_or(line);
        let is_thrown = class_of(line).is_some_and(|class| class.ends_with("Exception") || class.ends_with("Error"));
        if is_thrown && found.len() < THROWN_LINES && !found.iter().any(|known| known == line) {
            found.push(line.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_thrown_is_shown_once_and_without_its_trace() {
        let console = "22-Nov-2026 17:16:06.334 SEVERE [main] a.B.c went wrong: java.io.IOException\n\
                       \torg.apache.openejb.OpenEJBException: Unable to read tomee.xml: at its end\n\
                       \t\tat java.xml/a.b.C.createSAXParseException(C.java:204)\n\
                       \tCaused by: org.xml.sax.SAXParseException; lineNumber: 2; columnNumber: 1; at its end\n\
                       Error: Could not create the Java Virtual Machine.\n\
                       org.apache.openejb.OpenEJBException: Unable to read tomee.xml: at its end\n";
        assert_eq!(
            thrown(console),
            [
                "org.apache.openejb.OpenEJBException: Unable to read tomee.xml: at its end",
                "org.xml.sax.SAXParseException; lineNumber: 2; columnNumber: 1; at its end",
            ]
        );
    }
}
