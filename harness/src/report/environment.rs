//! `environment.json`: what a run ran on, and the configuration that was in effect.

use std::collections::BTreeMap;
use std::fmt;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::history::{Event, History, ManagerState, RecordKind, SessionCookieState};
use crate::model::{Endpoints, NodeName, RunId};

/// What a run ran on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Environment {
    /// The format of the file, 1.
    pub format: u32,
    /// The run.
    pub run: RunId,
    /// When it began, in UTC.
    pub started: String,
    /// The version of tomee-harness.
    pub harness: String,
    /// The command line.
    pub arguments: Vec<String>,
    /// `process` or `docker`.
    pub runtime: String,
    /// The product and version, as in `TomEE 9.0.0 (Tomcat 10.0.27)`.
    pub server: String,
    /// One line on the cluster: server, nodes, manager, membership, send options, timing. Older runs have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// The run whose cluster it took over, where it started none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<RunId>,
    /// Which scenario it was, as `failover/kill-the-owner [manager=delta]`. Older runs have none.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "story")]
    pub scenario: Option<String>,
    /// The command line that does the run again, from any folder. Older runs have none, or one for the run's folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<String>,
    /// The files that the run was given: apps and jars. Older runs do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<GivenFile>,
    /// What of the own configuration of an installed server is not in effect. Older runs do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in_effect: Vec<UnusedFile>,
    /// Why the run ended early, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
    /// The version of the Java that the nodes ran on, where this machine's is used.
    pub java: Option<String>,
    /// Operating system and processor of this machine.
    pub host: String,
    /// The nodes' addresses as they knew each other; `None` where the run ended before it had any.
    pub endpoints: Option<Endpoints>,
    /// What the harness itself used, without its servers.
    pub own: Option<OwnUse>,
    /// What each node really ran, as its probe said last.
    pub effective: BTreeMap<NodeName, Effective>,
}

impl Environment {
    /// One line on the cluster, of older runs only the server.
    pub fn setting(&self) -> String {
        self.setting.clone().unwrap_or_else(|| self.server.clone())
    }
}

/// A server.xml of an installed server that the nodes do not use, where it says more than a stock one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct UnusedFile {
    /// The file.
    #[schemars(with = "String")]
    pub file: Utf8PathBuf,
    /// What it says that a stock one does not, one line an element.
    pub says: Vec<String>,
}

impl fmt::Display for UnusedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.says.join("; "))
    }
}

/// A file that a run was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct GivenFile {
    /// Where it was.
    #[schemars(with = "String")]
    pub path: Utf8PathBuf,
    /// The SHA-256 of its content, in hex.
    pub sha256: String,
    /// How big it was.
    pub bytes: u64,
    /// Its copy in the run's folder; none of a big file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub kept: Option<Utf8PathBuf>,
}

/// What the harness itself used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OwnUse {
    /// Processor time of all its threads, in milliseconds.
    pub cpu_ms: u64,
    /// Resident memory at its highest, in kibibytes.
    pub peak_memory_kib: u64,
}

/// The configuration in effect on a node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Effective {
    /// `application.getServerInfo()`.
    pub server_info: String,
    /// The class of the Cluster.
    pub cluster_class: Option<String>,
    /// `channelSendOptions`.
    pub send_options: Option<i64>,
    /// The `jvmRoute` of the Engine, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jvm_route: Option<String>,
    /// The Manager of each context.
    pub managers: BTreeMap<String, ManagerState>,
    /// The session cookie of each context. Older runs have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cookies: BTreeMap<String, SessionCookieState>,
    /// Of each context that is not replicated, why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub local_because: BTreeMap<String, String>,
}

/// The nodes' addresses, of several the last: a start whose port was taken is tried again on others.
pub fn endpoints(history: &History) -> Option<Endpoints> {
    history.records.iter().rev().find_map(|record| match &record.kind {
        RecordKind::Event(Event::Addressed { endpoints }) => Some(endpoints.clone()),
        _ => None,
    })
}

/// What each node really ran, folded from all its observations; a later one wins.
pub fn effective(history: &History) -> BTreeMap<NodeName, Effective> {
    let mut nodes: BTreeMap<NodeName, Effective> = BTreeMap::new();
    for record in &history.records {
        let RecordKind::Observe(observation) = &record.kind else { continue };
        let Some(state) = observation.state() else { continue };
        let node = nodes.entry(observation.node.clone()).or_default();
        node.server_info.clone_from(&state.server_info);
        node.cluster_class.clone_from(&state.cluster_class);
        node.send_options = state.send_options;
        node.jvm_route = state.engine.as_ref().and_then(|engine| engine.jvm_route.clone());
        for context in &state.contexts {
            let path = context.path.to_string();
            node.managers.insert(path.clone(), context.manager.clone());
            node.cookies.extend(context.cookie.iter().map(|cookie| (path.clone(), cookie.clone())));
            match &context.local_because {
                Some(why) => node.local_because.insert(path, why.clone()),
                None => node.local_because.remove(&path),
            };
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::history::{Nanos, Record};
    use crate::model::NodeEndpoints;

    #[test]
    fn the_addresses_are_those_of_the_last_start() {
        let addressed = |port| {
            let address = Ipv4Addr::LOCALHOST;
            let node = NodeEndpoints {
                http_address: address,
                http_port: port,
                receiver_address: address,
                receiver_port: port + 1,
            };
            let nodes = std::iter::once((NodeName::nth(0), node)).collect();
            Record {
                at: Nanos(u64::from(port)),
                kind: RecordKind::Event(Event::Addressed {
                    endpoints: Endpoints { nodes, multicast: None, ..Endpoints::default() },
                }),
            }
        };
        let found = endpoints(&History { records: vec![addressed(8080), addressed(9080)] }).expect("addresses");
        assert_eq!(found.nodes[&NodeName::nth(0)].http_port, 9080);
        assert_eq!(endpoints(&History::default()), None);
    }
}
