//! What would be changed in a configuration, without a run.

use std::net::Ipv4Addr;

use crate::config::redact_xml;
use crate::model::topology::MulticastGroup;
use crate::model::{Endpoints, Membership, NodeEndpoints, NodeName, Topology};
use crate::tomcat::own_base::{self, OwnFilesError};

/// The first ports of a preview. A run takes those that are free.
const HTTP: u16 = 28_080;
const RECEIVER: u16 = 24_000;
const OTHER_RECEIVERS: u16 = 24_100;

/// What would be changed in one node's server.xml.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Preview {
    /// The node.
    pub node: NodeName,
    /// The changes, as a unified diff.
    pub diff: String,
    /// What is replaced or left out, in words.
    pub notes: Vec<String>,
}

/// What would be changed in each node's server.xml, with ports and addresses as a run might have them.
///
/// # Errors
/// A file cannot be read, or cannot be made to fit.
pub fn preview(topology: &Topology) -> Result<Vec<Preview>, OwnFilesError> {
    let Some(own) = &topology.own else { return Ok(vec![]) };
    let endpoints = endpoints(topology);
    let of = |node: &NodeName| {
        let made = own_base::server_xml(own, node, &endpoints)?;
        let path = own.nodes.get(node).map(|files| files.server_xml.to_string()).unwrap_or_default();
        // What is shown may stand in a log that others read.
        let diff = similar::TextDiff::from_lines(&redact_xml(&made.original), &redact_xml(&made.text))
            .unified_diff()
            .context_radius(1)
            .header(&path, &format!("{node}/conf/server.xml"))
            .to_string();
        Ok(Preview { node: node.clone(), diff, notes: made.notes })
    };
    topology.names().map(of).collect()
}

fn endpoints(topology: &Topology) -> Endpoints {
    let address = Ipv4Addr::LOCALHOST;
    let place = |index: usize| {
        let more = u16::try_from(index).unwrap_or_default();
        NodeEndpoints {
            http_address: address,
            http_port: HTTP + more,
            receiver_address: address,
            receiver_port: RECEIVER + more,
        }
    };
    let multicast = (topology.cluster.membership == Membership::Multicast).then_some(MulticastGroup {
        address: Ipv4Addr::new(239, 255, 0, 1),
        port: 45_564,
        bind: Some(address),
    });
    let others = topology.own.as_ref().map_or(0, |own| own.other_clusters.len());
    let others_of = |node: usize| {
        let port = |index: usize| OTHER_RECEIVERS + u16::try_from(node * others + index).unwrap_or_default();
        (0..others).map(port).collect::<Vec<u16>>()
    };
    let names = || topology.names().cloned().enumerate();
    Endpoints {
        nodes: names().map(|(at, name)| (name, place(at))).collect(),
        multicast,
        other_receivers: names().filter(|_| others > 0).map(|(at, name)| (name, others_of(at))).collect(),
    }
}
