//! The routes of a cluster's nodes, as a whole.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Topology;

/// What the Engines' jvmRoutes are (`JvmRouteBinderValve` renames a session only where the answering
/// node's route is another than the id's).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JvmRoutes {
    /// Each node's own name.
    #[default]
    Own,
    /// None: ids have no route.
    None,
    /// The first node's name on all.
    Equal,
}

impl JvmRoutes {
    /// Gives a topology's nodes their routes.
    pub(super) fn apply(self, topology: &mut Topology) {
        let first = topology.nodes.first().and_then(|node| node.jvm_route.clone());
        for node in &mut topology.nodes {
            match self {
                Self::Own => {}
                Self::None => node.jvm_route = None,
                Self::Equal => node.jvm_route.clone_from(&first),
            }
        }
    }
}
