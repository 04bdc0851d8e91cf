//! What is rendered, seen as a whole.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::server_xml;
use crate::spec::topology::MulticastGroup;
use crate::spec::{Endpoints, NodeEndpoints, NodeName, Product, ServerKind, Topology};

pub(super) const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

pub(super) fn endpoints(topology: &Topology) -> Endpoints {
    let nodes = topology.names().zip(0..).map(|(node, index)| {
        let addresses = NodeEndpoints {
            http_address: LOOPBACK,
            http_port: 18080 + index,
            receiver_address: LOOPBACK,
            receiver_port: 14000 + index,
        };
        (node.clone(), addresses)
    });
    Endpoints {
        nodes: nodes.collect::<BTreeMap<_, _>>(),
        multicast: Some(MulticastGroup { address: Ipv4Addr::new(228, 0, 0, 4), port: 45564, bind: Some(LOOPBACK) }),
    }
}

pub(super) fn kind(product: Product, tomcat: &str) -> ServerKind {
    ServerKind { product, tomcat: tomcat.parse().expect("a version") }
}

#[test]
fn the_default_topology_on_tomee_9() {
    let topology = Topology::of(2).expect("two nodes");
    let text = server_xml(&topology, &endpoints(&topology), &NodeName::nth(0), &kind(Product::Tomee, "10.0.27"))
        .expect("it renders");
    roxmltree::Document::parse(&text).expect("well-formed");
    insta::assert_snapshot!(text);
}
