//! What single nodes have otherwise than their cluster.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster_element::ClusterElements;
use super::{ManagerKind, NodeName, SendOptions, ServerSpec};

/// What one node has otherwise than the others. What is not said is as the topology has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NodeChanges {
    /// What it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerSpec>,
    /// `JAVA_HOME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub java: Option<Utf8PathBuf>,
    /// Arguments for its JVM, behind the others'.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jvm_args: Vec<String>,
    /// Which Manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manager: Option<ManagerKind>,
    /// How it sends session changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_options: Option<SendOptions>,
    /// What it says of the elements of `<Cluster>`, in the place of all that the topology says of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elements: Option<Box<ClusterElements>>,
    /// The nodes that it knows as peers, with static membership; all others where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peers: Option<Vec<NodeName>>,
}

impl NodeChanges {
    /// Whether nothing is otherwise.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether something is said of the elements of `<Cluster>` or of the JVM's arguments.
    pub fn configure(&self) -> bool {
        self.elements.is_some() || self.peers.is_some() || !self.jvm_args.is_empty()
    }

    /// These, with what `later` says in the place of its own.
    #[must_use]
    pub fn then(&self, later: &Self) -> Self {
        let later = later.clone();
        Self {
            server: later.server.or_else(|| self.server.clone()),
            java: later.java.or_else(|| self.java.clone()),
            jvm_args: self.jvm_args.iter().cloned().chain(later.jvm_args).collect(),
            manager: later.manager.or(self.manager),
            send_options: later.send_options.or(self.send_options),
            elements: later.elements.or_else(|| self.elements.clone()),
            peers: later.peers.or_else(|| self.peers.clone()),
        }
    }

    /// What a node has otherwise than the others, as in `server tomcat:10.1.59, another <Cluster>`.
    pub(super) fn in_words(&self) -> String {
        let parts = [
            self.server.as_ref().map(|server| format!("server {server}")),
            self.java.as_ref().map(|java| format!("Java of {java}")),
            (!self.jvm_args.is_empty()).then(|| format!("JVM arguments {}", self.jvm_args.join(" "))),
            self.manager.map(|manager| format!("{manager} manager")),
            self.send_options.map(|options| format!("send options {options}")),
            self.elements.as_ref().map(|_| "another <Cluster>".to_owned()),
            self.peers.as_ref().map(|peers| {
                let peers: Vec<&str> = peers.iter().map(NodeName::as_str).collect();
                format!("only {} as peers", peers.join(", "))
            }),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
