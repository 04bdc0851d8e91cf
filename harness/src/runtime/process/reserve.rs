//! Where the nodes of a topology will answer: ports and addresses, held until the run ends.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::error::node_error;
use super::namespaces::Namespaces;
use super::{ProcessRuntime, kubelet, no_such_node};
use crate::host::ports::PortLease;
use crate::host::sync::lock;
use crate::host::wait::{self, Look, TimedOut};
use crate::model::topology::MulticastGroup;
use crate::model::{Capability, Endpoints, Membership, NodeEndpoints, NodeName, Topology};
use crate::runtime::RuntimeError;
use crate::runtime::packet_filter::{MULTICAST, RECEIVER_PORT};
use crate::runtime::pod_api::PodApi;

/// The connector's port where every node has an address of its own.
const HTTP_PORT: u16 = 8080;
/// How long a port that is asked for may be another run's.
const GIVEN_PORT_LIMIT: Duration = Duration::from_secs(30);

impl ProcessRuntime {
    /// The endpoints of nodes in namespaces of their own.
    pub(super) async fn reserve_apart(&self, topology: &Topology) -> Result<Endpoints, RuntimeError> {
        if self.namespaces().is_none() {
            let nodes = topology.names().map(|node| (node.clone(), self.run_dir.node(node).to_string())).collect();
            for node in topology.names() {
                fs_err::create_dir_all(self.run_dir.node(node))
                    .map_err(|error| node_error(node, "making its folder", error))?;
            }
            let made = Namespaces::make(&self.run, &self.guard, nodes).await;
            let made = made.map_err(|error| RuntimeError::Environment {
                what: "the network namespaces of the nodes cannot be created".to_owned(),
                hint: Some("run as root on Linux with iproute2 and iptables, or with --runtime docker".to_owned()),
                source: Some(Box::new(error)),
            })?;
            *lock(&self.namespaces) = Some(Arc::new(made));
        }
        let mut nodes = BTreeMap::new();
        for name in topology.names() {
            let address = self.apart(name, Capability::Partition)?.address(name).ok_or_else(|| no_such_node(name))?;
            let http_port = topology.given_ports(name).map_or(HTTP_PORT, |ports| ports.http);
            self.leases().http.insert(name.clone(), SocketAddr::from((address, http_port)));
            let receiver_address = topology.given_receiver_address(name).unwrap_or(address);
            let receiver_port = topology.given_receiver_port(name).unwrap_or(RECEIVER_PORT);
            self.leases().pods.insert(name.clone(), receiver_address);
            nodes.insert(
                name.clone(),
                NodeEndpoints { http_address: address, http_port, receiver_address, receiver_port },
            );
        }
        if let Some(machine) = self.namespaces().map(|namespaces| namespaces.machine()) {
            self.start_api(topology, machine).await?;
        }
        let multicast = (topology.cluster.membership == Membership::Multicast).then_some(MULTICAST);
        Ok(Endpoints { nodes, multicast, ..Endpoints::default() })
    }

    /// The endpoints of nodes that share the network of this machine.
    pub(super) async fn reserve_shared(&self, topology: &Topology) -> Result<Endpoints, RuntimeError> {
        let none_free = |what: &str| RuntimeError::NoneFree { what: what.to_owned() };
        if !given_ports(topology).is_empty() {
            // The same again.
            self.leases().ports.clear();
        }
        let given = self.given(topology).await?;
        self.start_api(topology, Ipv4Addr::LOCALHOST).await?;
        let by_pods = topology.cluster.membership == Membership::Kubernetes;
        let mut state = self.leases();
        let leases = self.ports.lease(topology.nodes.len() * 2).map_err(|_| none_free("port"))?;
        let mut nodes = BTreeMap::new();
        for (index, (name, pair)) in topology.names().zip(leases.chunks(2)).enumerate() {
            let [http, receiver] = pair else { return Err(none_free("port")) };
            // Pods have one receiver port and an address each.
            let receiver = if by_pods { &leases[1] } else { receiver };
            let address = if by_pods { kubelet::address(index) } else { Ipv4Addr::LOCALHOST };
            let receiver_address = topology.given_receiver_address(name).unwrap_or(address);
            state.pods.insert(name.clone(), receiver_address);
            let http_port = topology.given_ports(name).map_or(http.port(), |ports| ports.http);
            state.http.insert(name.clone(), SocketAddr::from((Ipv4Addr::LOCALHOST, http_port)));
            nodes.insert(
                name.clone(),
                NodeEndpoints {
                    http_address: Ipv4Addr::LOCALHOST,
                    http_port,
                    receiver_address,
                    receiver_port: topology.given_receiver_port(name).unwrap_or_else(|| receiver.port()),
                },
            );
        }
        let mut other_receivers = BTreeMap::new();
        let others = topology.own.as_ref().map_or(0, |own| own.other_clusters.len());
        let mut more = vec![];
        for name in topology.names().filter(|_| others > 0) {
            let ports = self.ports.lease(others).map_err(|_| none_free("port"))?;
            other_receivers.insert(name.clone(), ports.iter().map(PortLease::port).collect());
            more.extend(ports);
        }
        // The leases of an earlier call go only now, so that the same ports are not handed out again.
        state.ports = leases.into_iter().chain(more).chain(given).collect();
        state.multicast = match topology.cluster.membership {
            // By DNS is refused before: it takes an address for each node.
            Membership::Static | Membership::Dns | Membership::Kubernetes => None,
            Membership::Multicast => Some(self.ports.lease_multicast().map_err(|_| none_free("multicast group"))?),
        };
        let multicast = state.multicast.as_ref().map(|lease| MulticastGroup {
            address: lease.address,
            port: lease.port,
            bind: Some(Ipv4Addr::LOCALHOST),
        });
        Ok(Endpoints { nodes, multicast, other_receivers })
    }

    /// Starts the API server that lists the nodes as pods, where the topology asks for it and it does not run yet.
    async fn start_api(&self, topology: &Topology, address: Ipv4Addr) -> Result<(), RuntimeError> {
        if topology.cluster.membership != Membership::Kubernetes || self.api().is_some() {
            return Ok(());
        }
        let started = PodApi::start(address).await.map_err(|error| RuntimeError::Environment {
            what: "the API server that lists the nodes cannot be started".to_owned(),
            hint: None,
            source: Some(Box::new(error)),
        })?;
        *lock(&self.api) = Some(Arc::new(started));
        Ok(())
    }

    /// The port of the balancer in front, the same for the whole run.
    pub(super) fn reserve_front(&self, topology: &Topology) -> Result<(), RuntimeError> {
        let mut state = self.leases();
        if topology.front.is_none() || state.front.is_some() {
            return Ok(());
        }
        let none_free = || RuntimeError::NoneFree { what: "port".to_owned() };
        let lease = self.ports.lease(1).ok().and_then(|mut leases| leases.pop()).ok_or_else(none_free)?;
        state.http.insert(NodeName::front(), SocketAddr::from((Ipv4Addr::LOCALHOST, lease.port())));
        state.front = Some(lease);
        Ok(())
    }

    /// Leases the ports that a topology gives its nodes. Another run that has them is waited for a while.
    async fn given(&self, topology: &Topology) -> Result<Vec<PortLease>, RuntimeError> {
        let mut leases = vec![];
        for port in given_ports(topology) {
            let leased: Result<PortLease, TimedOut> =
                wait::until(&format!("port {port}"), GIVEN_PORT_LIMIT, async || {
                    Ok(match self.ports.lease_this(port) {
                        Ok(lease) => Look::Ready(lease),
                        Err(error) => Look::NotYet(error.to_string()),
                    })
                })
                .await;
            leases.push(leased.map_err(|error| RuntimeError::Environment {
                what: format!("the configured port {port} is not available"),
                hint: Some(format!("end the process that listens on it: `ss -ltnp 'sport = :{port}'` shows it")),
                source: Some(Box::new(error)),
            })?);
        }
        Ok(leases)
    }
}

/// The ports that a topology names.
fn given_ports(topology: &Topology) -> Vec<u16> {
    let servers = topology.names().filter_map(|node| topology.given_ports(node));
    let receivers = topology.names().filter_map(|node| topology.given_receiver_port(node));
    servers.flat_map(|ports| [ports.http, ports.shutdown]).chain(receivers).collect()
}
