//! How a cluster is just now, as its machines and probes say.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::cluster::probe::SessionScope;
use crate::cluster::{Cluster, NodeView};
use crate::history::{Event, FaultPhase, LogLine, NodeState, RecordKind, Seen, SessionReplica};
use crate::host::error_chain::DisplayErrorChain;
use crate::model::{ClusterName, ContextPath, Endpoints, FaultKind, FrontServer, NodeName, RunId, SessionId};
use crate::runtime::NodeStatus;

/// A cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterView {
    /// What it is called.
    pub name: ClusterName,
    /// Its run.
    pub run: RunId,
    /// The run's folder.
    pub folder: Utf8PathBuf,
    /// What it runs, in words.
    pub setting: String,
    /// `starting`, `up`, `failed` or `ending`.
    pub phase: String,
    /// Why it failed to start, where it did.
    pub failed: Option<String>,
    /// Where it stands, where it is of a run that failed and is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// What is being done to it now.
    pub doing: Option<String>,
    /// Its nodes.
    pub nodes: Vec<NodeRow>,
    /// The faults that its machines can do, in the order of the manual.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub possible_faults: Vec<FaultKind>,
    /// The balancer in front of them, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<FrontView>,
}

/// The balancer in front of the nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FrontView {
    /// What it is and how it chooses, in words.
    pub setting: String,
    /// What it is on this machine, as `process 4711`.
    pub place: Option<String>,
    /// Where it is reached.
    pub http: Option<String>,
    /// How it has each node.
    pub servers: BTreeMap<NodeName, FrontServer>,
    /// Why it does not answer, where it does not.
    pub silent: Option<String>,
}

/// The balancer of a cluster as it is just now.
pub(super) async fn front(cluster: &Cluster) -> Option<FrontView> {
    let front = cluster.topology().front.as_ref()?;
    let (servers, silent) = match cluster.front().await {
        Ok(servers) => (servers, None),
        Err(error) => (BTreeMap::new(), Some(DisplayErrorChain(&error).to_string())),
    };
    let (name, runtime) = (NodeName::front(), cluster.runtime());
    Some(FrontView {
        setting: format!("{}, sticky by {}, check {}", front.balancer, front.sticky, front.health_check),
        place: runtime.whereabouts(&name).await.ok(),
        http: runtime.http(&name).await.ok().map(|address| address.to_string()),
        servers,
        silent,
    })
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct NodeRow {
    /// Its name.
    pub node: NodeName,
    /// What it does, in a word or two: `running`, `paused`, `killed`, `died`.
    pub state: String,
    /// What was done to it and can be healed, in order.
    pub faults: Vec<FaultKind>,
    /// How it ended, where it did.
    pub ended: Option<String>,
    /// What it is on this machine, as `process 4711`.
    pub place: Option<String>,
    /// Where its connector is reached.
    pub http: Option<String>,
    /// Where its receiver listens.
    pub receiver: Option<String>,
    /// The members that it sees, without itself: nodes by their names, strangers by their addresses. `None` where it does not
    /// answer.
    pub members: Option<Vec<String>>,
    /// The apps that it serves.
    pub apps: Vec<AppRow>,
    /// Why its probe does not answer, where it runs and does not.
    pub silent: Option<String>,
    /// The last line of its log that reports a failure.
    pub problem: Option<LogLine>,
}

/// An app on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AppRow {
    /// Where it is served.
    pub context: ContextPath,
    /// Its version, where it has one.
    pub version: String,
    /// Whether it serves requests.
    pub available: bool,
    /// How many sessions its Manager counts.
    pub sessions: Option<u64>,
    /// Why its sessions stay on this node, where they do.
    pub local_because: Option<String>,
}

/// A session as each node has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SessionRow {
    /// Its id without the route.
    pub stem: String,
    /// The app.
    pub context: ContextPath,
    /// What each node holds that answers; `None` where it holds nothing of it.
    pub nodes: BTreeMap<NodeName, Option<SessionReplica>>,
    /// In what the copies differ, in words.
    pub differ: Vec<String>,
}

impl SessionRow {
    /// The same session on some of the nodes.
    #[must_use]
    pub fn of(&self, nodes: BTreeMap<NodeName, Option<SessionReplica>>) -> Self {
        let (stem, context) = (self.stem.clone(), self.context.clone());
        Self { stem, context, differ: differences(&nodes), nodes }
    }
}

/// The faults for which a cluster has what they need.
pub(super) fn possible_faults(cluster: &Cluster) -> Vec<FaultKind> {
    let (topology, can) = (cluster.topology(), cluster.runtime().capabilities());
    let fits = |kind: &FaultKind| {
        can.contains(&kind.needs())
            && (!kind.needs_preparation() || topology.prepared_for.contains(kind))
            && topology.cluster.membership.has_what_breaks(*kind)
    };
    FaultKind::ALL.iter().copied().filter(fits).collect()
}

/// The rows of a cluster's nodes.
pub(super) async fn nodes(cluster: &Cluster) -> Vec<NodeRow> {
    let endpoints = cluster.endpoints();
    let views = cluster.inspect(SessionScope::None).await;
    views.into_iter().map(|view| row(cluster, &endpoints, view)).collect()
}

fn row(cluster: &Cluster, endpoints: &Endpoints, view: NodeView) -> NodeRow {
    let (state, ended) = state(cluster, &view);
    let seen = view.seen.as_ref().and_then(Seen::state);
    let silent = match &view.seen {
        Some(Seen::Dead(why)) => Some(why.clone()),
        _ => None,
    };
    NodeRow {
        state,
        ended,
        faults: view.faults,
        place: view.whereabouts,
        http: view.http.map(|address| address.to_string()),
        receiver: endpoints
            .nodes
            .get(&view.node)
            .map(|endpoint| format!("{}:{}", endpoint.receiver_address, endpoint.receiver_port)),
        members: seen.map(|state| members(endpoints, state)),
        apps: seen.map(apps).unwrap_or_default(),
        silent,
        problem: view.problem,
        node: view.node,
    }
}

/// What a node does, and how it ended where it did.
fn state(cluster: &Cluster, view: &NodeView) -> (String, Option<String>) {
    match &view.status {
        Err(why) => ("unknown".to_owned(), Some(why.clone())),
        Ok(NodeStatus::Created) => ("not started".to_owned(), None),
        Ok(NodeStatus::Ended(how)) => {
            let word = end_of(cluster, &view.node).map_or("died", |kind| match kind {
                FaultKind::Kill => "killed",
                FaultKind::Stop => "stopped",
                FaultKind::LoseHost => "host lost",
                _ => "ended",
            });
            (word.to_owned(), Some(how.clone()))
        }
        Ok(NodeStatus::Running) if !view.faults.is_empty() => {
            let word =
                |kind: &FaultKind| if *kind == FaultKind::Pause { "paused".to_owned() } else { kind.to_string() };
            (view.faults.iter().map(word).collect::<Vec<_>>().join(", "), None)
        }
        Ok(NodeStatus::Running) if end_of(cluster, &view.node) == Some(FaultKind::LoseHost) => {
            ("host lost".to_owned(), None)
        }
        Ok(NodeStatus::Running) if cluster.living().contains(&view.node) => ("running".to_owned(), None),
        Ok(NodeStatus::Running) => ("starting".to_owned(), None),
    }
}

/// The fault that ended a node's last life; `None` where no fault did.
fn end_of(cluster: &Cluster, node: &NodeName) -> Option<FaultKind> {
    cluster.recorder().read(|history| {
        history.records.iter().rev().find_map(|record| match &record.kind {
            RecordKind::Fault { kind, node: of, phase: FaultPhase::Hit { .. }, .. }
                if of == node && !kind.is_undone_in_place() =>
            {
                Some(Some(*kind))
            }
            RecordKind::Event(Event::NodeDied { node: of, .. } | Event::NodeStarts { node: of }) if of == node => {
                Some(None)
            }
            _ => None,
        })
    })?
}

fn members(endpoints: &Endpoints, state: &NodeState) -> Vec<String> {
    let name = |host: &str, port: u16| {
        let of = endpoints
            .nodes
            .iter()
            .find(|(_, endpoint)| endpoint.receiver_address.to_string() == host && endpoint.receiver_port == port);
        of.map_or_else(|| format!("{host}:{port}"), |(node, _)| node.to_string())
    };
    let mut names: Vec<String> = state.members.iter().map(|member| name(&member.host, member.port)).collect();
    names.sort();
    names
}

fn apps(state: &NodeState) -> Vec<AppRow> {
    let row = |context: &crate::history::ContextState| AppRow {
        context: context.path.clone(),
        version: context.version.clone(),
        available: context.available,
        sessions: context.manager.attributes.get("activeSessions").and_then(|count| count.parse().ok()),
        local_because: context.local_because.clone(),
    };
    state.contexts.iter().map(row).collect()
}

/// All sessions as each node has them, or one of them.
///
/// What a node holds is read by its probe, which touches no session.
pub async fn sessions(cluster: &Cluster, session: Option<&SessionId>) -> Vec<SessionRow> {
    let scope = session.map_or(SessionScope::All, SessionScope::One);
    let views = cluster.inspect(scope).await;
    let states: Vec<(NodeName, NodeState)> = views
        .into_iter()
        .filter_map(|view| match view.seen {
            Some(Seen::State(state)) => Some((view.node, state)),
            _ => None,
        })
        .collect();
    rows(&states)
}

/// The sessions of these nodes side by side.
pub(super) fn rows(states: &[(NodeName, NodeState)]) -> Vec<SessionRow> {
    let mut found: BTreeMap<(ContextPath, String), BTreeMap<NodeName, SessionReplica>> = BTreeMap::new();
    for (node, state) in states {
        for context in &state.contexts {
            for replica in &context.sessions {
                let key = (context.path.clone(), replica.id.stem().to_owned());
                found.entry(key).or_default().insert(node.clone(), replica.clone());
            }
        }
    }
    let row = |((context, stem), mut held): ((ContextPath, String), BTreeMap<NodeName, SessionReplica>)| {
        let serves = |state: &NodeState| state.context(&context, "").is_some();
        let nodes: BTreeMap<NodeName, Option<SessionReplica>> = states
            .iter()
            .filter(|(_, state)| serves(state))
            .map(|(node, _)| (node.clone(), held.remove(node)))
            .collect();
        SessionRow { stem, context, differ: differences(&nodes), nodes }
    };
    found.into_iter().map(row).collect()
}

/// In what the copies of a session differ. A node that is to hold none (a proxy, or neither with `BackupManager`) does not.
fn differences(nodes: &BTreeMap<NodeName, Option<SessionReplica>>) -> Vec<String> {
    use crate::history::ReplicaRole::{Backup, Local, Primary, Proxy, Replica};
    let holders: BTreeMap<&NodeName, &SessionReplica> = nodes
        .iter()
        .filter_map(|(node, replica)| Some((node, replica.as_ref()?)))
        .filter(|(_, replica)| !matches!(replica.role, Proxy))
        .collect();
    let mut differ = vec![];
    let has = |role| holders.values().any(|replica| replica.role == role);
    if has(Replica) || (has(Primary) && !has(Backup)) {
        let lacking: Vec<&str> =
            nodes.iter().filter(|(_, replica)| replica.is_none()).map(|(node, _)| node.as_str()).collect();
        if !lacking.is_empty() {
            differ.push(format!("not on {}", lacking.join(", ")));
        }
    }
    if holders.values().any(|replica| replica.role == Local) {
        return differ;
    }
    let ids: BTreeSet<&str> = holders.values().map(|replica| replica.id.as_str()).collect();
    if ids.len() > 1 {
        differ.push("route".to_owned());
    }
    let names: BTreeSet<&String> = holders.values().flat_map(|replica| replica.attributes.keys()).collect();
    for name in names {
        let values: Vec<Option<String>> = holders
            .values()
            .map(|replica| {
                let value = replica.attributes.get(name)?;
                Some(value.sha256.clone().unwrap_or_else(|| value.value.to_string()))
            })
            .collect();
        let undecidable = holders
            .values()
            .filter_map(|replica| replica.attributes.get(name))
            .any(|value| value.undecidable.is_some());
        if !undecidable && values.windows(2).any(|pair| pair[0] != pair[1]) {
            differ.push(name.clone());
        }
    }
    differ
}
