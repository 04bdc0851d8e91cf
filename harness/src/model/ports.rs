//! The ports of a cluster's nodes, as a whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// On which ports the nodes listen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ports {
    /// Any that are free, and none for the shutdown.
    #[default]
    Free,
    /// Those of `TomEE`'s two-node guide (`docs/tomee-cluster.txt`): 8080, 8005 and 8443 on the first node, and 1000 more
    /// on each next one. Its AJP port is left out, as it is in every stock server.xml of today.
    Documented,
}

kebab!(Ports);

/// The ports of one node that its server.xml names beside the receiver's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerPorts {
    /// The connector's.
    pub http: u16,
    /// On which `SHUTDOWN` stops the node.
    pub shutdown: u16,
    /// Where the connector sends whoever needs TLS; nobody listens there.
    pub redirect: u16,
}

impl Ports {
    /// Whether nothing is said of them.
    pub fn are_free(&self) -> bool {
        *self == Self::Free
    }

    /// The ports of the node in this place, from 0, where they are given.
    pub fn of_node(self, index: usize) -> Option<ServerPorts> {
        let more = u16::try_from(index).ok()?.checked_mul(1000)?;
        let given = ServerPorts { http: 8080 + more, shutdown: 8005 + more, redirect: 8443 + more };
        (self == Self::Documented).then_some(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_nodes_ports_are_those_of_the_guide() {
        assert_eq!(Ports::Documented.of_node(1), Some(ServerPorts { http: 9080, shutdown: 9005, redirect: 9443 }));
        assert_eq!(Ports::Free.of_node(1), None);
    }
}
