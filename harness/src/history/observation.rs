//! Observations: what a node's probe says of members, managers and replicas, without touching a session.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Nanos, RunningElement};
use crate::model::{ContextPath, NodeName, SessionId};

/// The scope of a question to a probe. What was not asked for is empty in the answer and means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Server, cluster and members.
    Members,
    /// Also the contexts, with their sessions.
    Everything,
    /// Also one context, with its sessions.
    Context(ContextPath),
}

impl Question {
    /// Whether the answer contains a context.
    pub fn covers(&self, context: &ContextPath) -> bool {
        match self {
            Self::Members => false,
            Self::Everything => true,
            Self::Context(asked) => asked == context,
        }
    }
}

/// One look at one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NodeObservation {
    /// The node.
    pub node: NodeName,
    /// When the probe was asked. What it said was true some time between here and the record's instant,
    /// so a write that was acknowledged in between may legitimately be missing from it.
    #[serde(rename = "asked-ns")]
    pub asked: Nanos,
    /// The scope of the question.
    pub question: Question,
    /// What the probe said; an error makes the observation Unknown, never empty.
    #[serde(flatten)]
    pub seen: Seen,
}

/// The answer of a probe, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// It answered.
    State(NodeState),
    /// It did not answer, for this reason.
    Dead(String),
}

impl Seen {
    /// What the probe said, where it answered.
    pub fn state(&self) -> Option<&NodeState> {
        match self {
            Self::State(state) => Some(state),
            Self::Dead(_) => None,
        }
    }
}

impl NodeObservation {
    /// What the probe said, where it answered.
    pub fn state(&self) -> Option<&NodeState> {
        self.seen.state()
    }
}

/// What a probe said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NodeState {
    /// `application.getServerInfo()`, as in `Apache Tomcat (TomEE)/10.0.27 (9.0.0)`.
    pub server_info: String,
    /// Whether OpenEJB is healthy; `None` on a plain Tomcat.
    pub openejb: Option<bool>,
    /// `channelSendOptions` in effect.
    pub send_options: Option<i64>,
    /// The class of the Cluster; `None` where the Host has none.
    pub cluster_class: Option<String>,
    /// The Engine as it runs; `None` where the probe does not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineState>,
    /// The peers that the node sees, without itself.
    pub members: Vec<MemberState>,
    /// The contexts without the probe's own.
    pub contexts: Vec<ContextState>,
    /// What of its configuration is in effect, where it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub running: Vec<RunningElement>,
}

impl NodeState {
    /// The context of this path and version, as the node runs it; any version where `version` is empty.
    pub fn context(&self, path: &ContextPath, version: &str) -> Option<&ContextState> {
        self.contexts.iter().find(|found| found.path == *path && (version.is_empty() || found.version == version))
    }
}

/// The Engine of a node as it runs, whatever its configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct EngineState {
    /// Its `jvmRoute`; `None` where it has none.
    pub jvm_route: Option<String>,
}

/// The cookie in which a context keeps its session ids (`SessionConfig.getSessionCookieName`,
/// `ApplicationSessionCookieConfig`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SessionCookieState {
    /// Its name, `JSESSIONID` where nothing else is configured.
    pub name: String,
    /// The path that it is set for.
    pub path: String,
}

/// A peer as a node sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MemberState {
    /// The address of its receiver.
    pub host: String,
    /// The port of its receiver.
    pub port: u16,
    /// 16 bytes in hexadecimal; distinguishes a ghost of an earlier life from the living member.
    pub unique_id: Option<String>,
}

/// A context as a node runs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ContextState {
    /// The context path.
    pub path: ContextPath,
    /// Its version, empty where it has none.
    pub version: String,
    /// Whether it serves requests.
    pub available: bool,
    /// When its present life began, in milliseconds since 1970 of the node's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<i64>,
    /// `<distributable/>`.
    pub distributable: bool,
    /// SHA-256 of the WAR that it was deployed from, in hexadecimal, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub war_sha256: Option<String>,
    /// SHA-256 over what it serves (names and bytes of the unpacked classes, jars, pages and descriptors, less what the
    /// server itself adds), in hexadecimal. It may differ from what the archive holds: TomEE 9.0.0 unpacks no archive that
    /// was replaced while it was down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_sha256: Option<String>,
    /// The session cookie in effect; `None` where the probe does not report it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookie: Option<SessionCookieState>,
    /// Why its sessions stay on this node, in words, where they do: which descriptor lacks `<distributable/>`, which jar's
    /// fragment makes the app local, which `<Manager>` stands in the context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_because: Option<String>,
    /// The Manager that is in effect.
    pub manager: ManagerState,
    /// Its sessions here.
    pub sessions: Vec<SessionReplica>,
}

/// The Manager that a context has in effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ManagerState {
    /// Its class.
    pub class: String,
    /// Its readable attributes.
    pub attributes: BTreeMap<String, String>,
}

/// What one node holds of one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SessionReplica {
    /// Its id here.
    pub id: SessionId,
    /// What the node is for it.
    pub role: ReplicaRole,
    /// Whether the session is valid.
    pub valid: bool,
    /// How many seconds after its last use it ends; never where it is not more than 0, and `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_inactive_s: Option<i64>,
    /// Its attributes; empty on a proxy, which holds none.
    pub attributes: BTreeMap<String, AttributeValue>,
}

/// What a node is for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaRole {
    /// The node that answered last.
    Primary,
    /// A copy (DeltaManager).
    Replica,
    /// The copy (BackupManager).
    Backup,
    /// Knows where the session is, and holds nothing (BackupManager).
    Proxy,
    /// A Manager that does not replicate.
    Local,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct AttributeValue {
    /// Its Java class.
    pub class: String,
    /// Numbers, booleans, strings, null and lists of them as they are; all else as text.
    pub value: serde_json::Value,
    /// SHA-256 over what the value serialises to, in hexadecimal: class names, fields and elements as the stream has them,
    /// so that equal values on two nodes have the same one whatever their capacities and the order of their buckets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// How many bytes it serialises to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Why it cannot be serialised, with the path of fields, where it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unserialisable: Option<String>,
    /// Why its copies cannot be compared, where they cannot: for example the innermost class that serialises otherwise each
    /// time. There is no `sha256` then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecidable: Option<String>,
    /// Whether the Manager's own filters keep it from being replicated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excluded: bool,
}

impl AttributeValue {
    /// A value of a class of which nothing more is known.
    pub fn new(class: impl Into<String>, value: serde_json::Value) -> Self {
        Self {
            class: class.into(),
            value,
            sha256: None,
            bytes: None,
            unserialisable: None,
            undecidable: None,
            excluded: false,
        }
    }
}
