//! A configuration that is the user's own: what each node's `CATALINA_BASE` is made from, in the place of a server.xml of ours.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::NodeName;

/// The user's own configuration of every node. What it claims of the cluster stands in the topology, as for any other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OwnConfiguration {
    /// Each node's files.
    pub nodes: BTreeMap<NodeName, OwnFiles>,
    /// The files that a node has from its first restart with changes on, in a rolling update; those of `nodes` where none are
    /// given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub next: BTreeMap<NodeName, OwnFiles>,
    /// Which node each entry of a static list means, by `host:port` as it is written there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<String, NodeName>,
    /// Entries of static lists that are no node's Receiver: nobody listens there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
    /// Those of them at a node's own address, under another port: that node is meant, and is not reached there anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mistaken: Vec<String>,
    /// The placeholder in each route that nothing sets: what rests on the route given in its place is not proven.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routes_given: BTreeMap<NodeName, String>,
    /// The multicast groups that the nodes name, as `address:port`: nodes of one group stay together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The Clusters of Hosts that are not asked, in an order that all nodes share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_clusters: Vec<OtherMembers>,
    /// What requests name as their host, where the asked Host is not the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_header: Option<String>,
    /// The appBase of the asked Host, below `CATALINA_BASE`.
    pub app_base: String,
    /// The folder that the farm watches, below `CATALINA_BASE`, and on which node; none where there is no farm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<(NodeName, String)>,
    /// What each node's `<Manager>` says beside its class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub manager_attributes: BTreeMap<NodeName, BTreeMap<String, String>>,
    /// How often the farm looks at it, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_s: Option<u32>,
    /// Whether every `<Cluster>` is taken out: the control run, which must lose what replication is to keep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_cluster: bool,
    /// Whether the files are written for a run: nothing is changed in them but `@n1.receiver@` and the like.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_seats: bool,
    /// Whether the nodes find each other as pods, by asking the API server of Kubernetes: here the lab's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pods: bool,
    /// The names of the data sources that are replaced by one in memory.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub data_sources: BTreeSet<String>,
    /// What had to be replaced, in words: what rests on it is not proven.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
}

/// A Cluster of a Host that is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OtherMembers {
    /// The path of the element that it stands in.
    pub place: String,
    /// Which node each entry of its static lists means, by `host:port` as it is written there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<String, NodeName>,
    /// Entries that are no node's Receiver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

/// One node's files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OwnFiles {
    /// Its server.xml.
    #[schemars(with = "String")]
    pub server_xml: Utf8PathBuf,
    /// The `conf` folder, where one was given: its other files lie over the distribution's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub conf: Option<Utf8PathBuf>,
    /// The `CATALINA_BASE`, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub base: Option<Utf8PathBuf>,
    /// System properties by which `${…}` is resolved beside those of `catalina.properties`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// The name of the Engine, a folder of `conf`.
    pub engine: String,
    /// The name of the asked Host, a folder of that.
    pub host: String,
    /// Folders below `CATALINA_BASE` that the configuration names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub folders: Vec<Utf8PathBuf>,
}

impl OwnConfiguration {
    /// Gives a node the files of the rolling update.
    pub fn roll(&mut self, node: &NodeName) {
        if let Some(files) = self.next.get(node) {
            self.nodes.insert(node.clone(), files.clone());
        }
    }

    /// The group of a node that names this one, counted from 0.
    pub fn group(&self, named: &str) -> Option<usize> {
        self.groups.iter().position(|group| group == named)
    }
}
