//! What was deployed, and what is still waited for of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::model::NodeName;
use crate::tomcat::war::War;

/// An app, and the nodes that have served it.
#[derive(Debug, Clone)]
pub(super) struct Deployed {
    pub(super) war: Arc<War>,
    pub(super) nodes: BTreeSet<NodeName>,
    /// How long each of them may take to serve it, where that was said.
    pub(super) within: Option<Duration>,
}

/// An app that was dropped, and what is to be seen of it on each node that lived then.
#[derive(Debug)]
pub(super) struct Dropping {
    pub(super) war: Arc<War>,
    pub(super) awaited: Vec<(NodeName, Served)>,
    /// How long that may take on each node, where it was said.
    pub(super) within: Option<Duration>,
    /// The node behind which the others begin: the farm's watcher starts the app before it gives it on
    /// (`FarmWarDeployer.fileModified`).
    pub(super) first: Option<NodeName>,
}

/// What is waited for on one node.
#[derive(Debug, Clone, Default)]
pub(super) struct Served {
    /// The version of the context; empty where it has none.
    pub(super) version: String,
    /// When the context's earlier life began, where it had one.
    pub(super) before: Option<i64>,
    /// How many lines of the node's log are from before.
    pub(super) mark: usize,
    /// The name of its archive.
    pub(super) archive: String,
    /// Whether the archive comes in pieces: a server that fails on a half one tries again.
    pub(super) slowly: bool,
}
