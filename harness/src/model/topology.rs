//! The cluster that is wanted: nodes, server, replication, timing; and the addresses it was given.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster_element::{ClusterElement, ClusterElements};
pub use super::manager_kind::ManagerKind;
use super::node_changes::NodeChanges;
use super::own::OwnConfiguration;
pub use super::send_options::{SendOptions, SendOptionsError};
use super::{Container, FaultKind, Front, JvmRoute, NodeName, Ports, ServerPorts, ServerSpec};

/// A cluster as a user describes it, before it has addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Topology {
    /// The nodes in starting order, 2 to 8.
    pub nodes: Vec<NodeSpec>,
    /// What they run.
    pub server: ServerSpec,
    /// How they replicate.
    pub cluster: ClusterSpec,
    /// How fast farm and background threads go, and with which JVM flags.
    pub timing: Timing,
    /// Java and its arguments.
    pub jvm: JvmSpec,
    /// On which ports the nodes listen.
    #[serde(default, skip_serializing_if = "Ports::are_free")]
    pub ports: Ports,
    /// Faults for which the machines must be prepared before they start: `fill-disk` takes a disk of limited size,
    /// `skew-clock` a clock that can be set, `latency` a kernel and a holder that can hold packets back. A scenario's plans
    /// have those of its steps.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub prepared_for: BTreeSet<FaultKind>,
    /// The user's own configuration, from which the nodes' files are made; else they are made from what stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Box<OwnConfiguration>>,
    /// The load balancer before the nodes, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<Box<Front>>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NodeSpec {
    /// Its name.
    pub name: NodeName,
    /// The Engine's jvmRoute; `None` leaves it out, and ids then stay as they are over a failover.
    pub jvm_route: Option<JvmRoute>,
    /// What it has otherwise than the others.
    #[serde(default, skip_serializing_if = "NodeChanges::is_none")]
    pub changes: NodeChanges,
}

/// A number of nodes that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid number of nodes: {0}, expected 2 to 8")]
pub struct NodeCountError(pub usize);

impl Topology {
    /// The hardened default cluster of `count` nodes: DeltaManager, synchronous with acknowledgement, static membership.
    ///
    /// # Errors
    /// `count` is not 2 to 8.
    pub fn of(count: usize) -> Result<Self, NodeCountError> {
        if !(2..=8).contains(&count) {
            return Err(NodeCountError(count));
        }
        let nodes = (0..count)
            .map(|index| {
                let name = NodeName::nth(index);
                let jvm_route = JvmRoute::new(name.as_str()).ok();
                NodeSpec { name, jvm_route, changes: NodeChanges::default() }
            })
            .collect();
        Ok(Self {
            nodes,
            server: ServerSpec::default(),
            cluster: ClusterSpec::default(),
            timing: Timing::default(),
            jvm: JvmSpec::default(),
            ports: Ports::default(),
            prepared_for: BTreeSet::new(),
            own: None,
            front: None,
        })
    }

    /// The nodes' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &NodeName> {
        self.nodes.iter().map(|node| &node.name)
    }

    /// The node of this name.
    pub fn node(&self, name: &NodeName) -> Option<&NodeSpec> {
        self.nodes.iter().find(|node| &node.name == name)
    }

    /// The jvmRoute of a node, where it has one.
    pub fn route(&self, name: &NodeName) -> Option<&str> {
        self.node(name)?.jvm_route.as_ref().map(JvmRoute::as_str)
    }

    /// The route by which the balancer in front knows a node; `None` where the node has none.
    pub fn front_route(&self, name: &NodeName) -> Option<&str> {
        let given = self.front.as_ref().and_then(|front| front.routes.get(name)).map(JvmRoute::as_str);
        given.or_else(|| self.route(name))
    }

    /// The ports that a node is to have, where they are given.
    pub fn given_ports(&self, name: &NodeName) -> Option<ServerPorts> {
        self.ports.of_node(self.names().position(|node| node == name)?)
    }

    /// The topology as one node has it, with these changes beside its own.
    #[must_use]
    pub fn of_node(&self, name: &NodeName, changes: &NodeChanges) -> Self {
        let Some(node) = self.node(name) else { return self.clone() };
        let changes = node.changes.then(changes);
        let mut own = self.clone();
        for node in own.nodes.iter_mut().filter(|node| node.name == *name) {
            node.changes = changes.clone();
        }
        own.server = changes.server.unwrap_or(own.server);
        own.jvm.home = changes.java.or(own.jvm.home);
        own.jvm.args.extend(changes.jvm_args);
        own.cluster.manager = changes.manager.unwrap_or(own.cluster.manager);
        own.cluster.send_options = changes.send_options.unwrap_or(own.cluster.send_options);
        if let Some(elements) = changes.elements {
            own.cluster.elements = *elements;
        }
        own
    }

    /// Whether one node has another in its list of static members.
    pub fn knows(&self, node: &NodeName, peer: &NodeName) -> bool {
        let peers = self.node(node).and_then(|node| node.changes.peers.as_ref());
        node == peer || peers.is_none_or(|peers| peers.contains(peer))
    }

    /// The topology as each node has it, in order.
    pub fn each_node(&self) -> impl Iterator<Item = (&NodeName, Self)> {
        self.names().map(|name| (name, self.of_node(name, &NodeChanges::default())))
    }

    /// JVM flags that the topology needs, before the user's own.
    ///
    /// With multicast, IPv4 alone: on a machine that has IPv6, too, a group bound to an interface (`bind`) cannot send
    /// (`Invalid argument`), and the Host does not start. With the flag, 127.0.0.1 works even without any network.
    pub fn jvm_flags(&self) -> Vec<&'static str> {
        let multicast = self.cluster.membership == Membership::Multicast;
        let stack = multicast.then_some("-Djava.net.preferIPv4Stack=true");
        self.timing.jvm_flags().iter().copied().chain(stack).collect()
    }

    /// Environment variables that the topology needs, before the user's own.
    pub fn environment(&self) -> Vec<(String, String)> {
        let variables: &[_] = match self.cluster.membership {
            Membership::Dns => &[(DNS_SERVICE_VARIABLE, DNS_SERVICE)],
            // A user's own configuration has an environment of its own.
            Membership::Kubernetes if self.own.is_none() => &POD_VARIABLES,
            _ => &[],
        };
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The node whose farm deployer watches its folder: the first that says so, else the first that does not say otherwise.
    /// On several nodes at once it would redeploy mutually (facts: watchEnabled on exactly one node).
    pub fn watcher(&self) -> &NodeName {
        if let Some((watcher, _)) = self.own.as_ref().and_then(|own| own.watch.as_ref()) {
            return watcher;
        }
        let said =
            |node: &NodeSpec| node.changes.elements.as_ref().and_then(|elements| elements.deployer.watch_enabled);
        let watches = self.nodes.iter().find(|node| said(node) == Some(true));
        let may_watch = || self.nodes.iter().find(|node| said(node) != Some(false));
        &watches.or_else(may_watch).unwrap_or(&self.nodes[0]).name
    }

    /// Whether a farm's deployer watches a folder: a configuration of the user's need not have one.
    pub fn has_farm(&self) -> bool {
        self.own.as_ref().is_none_or(|own| own.watch.is_some())
    }

    /// What is said of the elements of a node's `<Cluster>`.
    pub fn elements_of(&self, name: &NodeName) -> &ClusterElements {
        self.node(name).and_then(|node| node.changes.elements.as_deref()).unwrap_or(&self.cluster.elements)
    }

    /// The port of a node's receiver, where it is given.
    pub fn given_receiver_port(&self, name: &NodeName) -> Option<u16> {
        self.elements_of(name).receiver.port
    }

    /// The address of a node's receiver, where one is given to which peers can connect.
    pub fn given_receiver_address(&self, name: &NodeName) -> Option<Ipv4Addr> {
        let address: Ipv4Addr = self.elements_of(name).receiver.address.as_ref()?.parse().ok()?;
        Some(address).filter(|address| !address.is_unspecified())
    }
}

/// How sessions replicate. What is not said here stays as Tomcat's code has it by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ClusterSpec {
    /// Which Manager.
    pub manager: ManagerKind,
    /// How members find each other.
    pub membership: Membership,
    /// Where `<Cluster>` stands.
    #[serde(default, skip_serializing_if = "Container::is_host")]
    pub container: Container,
    /// Whether no node has the folder in which the farm keeps a WAR while it comes in: no Tomcat makes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_farm_temp: bool,
    /// `channelSendOptions`, and `mapSendOptions` with the BackupManager (which ignores the former).
    pub send_options: SendOptions,
    /// Whatever else is to be said about the elements of `<Cluster>`.
    #[serde(default)]
    pub elements: ClusterElements,
}

impl ClusterSpec {
    /// `channelSendOptions` in effect: what the elements say, else the cluster's own.
    pub fn channel_send_options(&self) -> SendOptions {
        self.elements.cluster.channel_send_options.unwrap_or(self.send_options)
    }

    /// How session changes are sent: by the channel's options, or by those of the map, which is all that the
    /// `BackupManager` heeds.
    pub fn session_send_options(&self) -> SendOptions {
        match self.manager {
            ManagerKind::Delta => self.channel_send_options(),
            ManagerKind::Backup => self.elements.backup_manager.map_send_options.unwrap_or(self.send_options),
        }
    }

    /// The class that a context must be found to run: that of the kind, unless the elements name another.
    pub fn manager_class(&self) -> &str {
        match self.manager {
            ManagerKind::Delta => self.elements.delta_manager.class_name(),
            ManagerKind::Backup => self.elements.backup_manager.class_name(),
        }
    }
}

/// How members find each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Membership {
    /// `StaticMembershipService`: each node has the list (Tomcat 9.0.11 and newer).
    #[default]
    Static,
    /// `McastService`: heartbeats to a multicast group, which belongs to the run alone.
    Multicast,
    /// `CloudMembershipService` by DNS: a name leads to the addresses of all nodes (Tomcat 9.0.13 and newer).
    Dns,
    /// `CloudMembershipService` by Kubernetes: an API server lists all nodes as pods (Tomcat 9.0.13 and newer).
    Kubernetes,
}

/// The name under which DNS knows all nodes, in a network that is the run's alone.
pub const DNS_SERVICE: &str = "harness-members";
/// The variable in which `DNSMembershipProvider` looks for it.
const DNS_SERVICE_VARIABLE: &str = "DNS_MEMBERSHIP_SERVICE_NAME";
/// What a manifest says of a pod: its namespace, and the labels by which it selects its peers. Address, token and
/// certificate of the API server are the runtime's.
const POD_VARIABLES: [(&str, &str); 2] = [("KUBERNETES_NAMESPACE", "lab"), ("KUBERNETES_LABELS", "app=lab")];

kebab!(Membership);

impl Membership {
    /// Whether it has what a fault breaks: an API server that it asks, or heartbeats of its own.
    pub fn has_what_breaks(self, fault: FaultKind) -> bool {
        (!fault.needs_api() || self == Self::Kubernetes) && (!fault.about().needs_heartbeats || self == Self::Multicast)
    }
}

/// How fast the servers' own clocks tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// Farm scan every second (1 × 1 s) and JVM flags that halve the start: C1 only, serial collector.
    #[default]
    Accelerated,
    /// Tomcat's defaults: farm scan every 20 s (2 × 10 s), the JVM's own choice of compiler and collector.
    Documented,
}

kebab!(Timing);

impl Timing {
    /// JVM flags of this timing, before the user's own.
    pub fn jvm_flags(self) -> &'static [&'static str] {
        match self {
            Self::Accelerated => &["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"],
            Self::Documented => &["-Xmx256m"],
        }
    }
}

/// Java and what it is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct JvmSpec {
    /// `JAVA_HOME`; `None` takes the environment's, then `java` on the path.
    #[schemars(with = "Option<String>")]
    pub home: Option<Utf8PathBuf>,
    /// Arguments after those of the timing, so that they win.
    pub args: Vec<String>,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Jars put into each node's `lib/`.
    #[schemars(with = "Vec<String>")]
    pub libs: Vec<Utf8PathBuf>,
    /// Whether some arguments or jars are a scenario's, and so a part of what it tests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_scenario: bool,
}

/// The addresses that a runtime gave to the nodes of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Endpoints {
    /// One entry a node.
    pub nodes: BTreeMap<NodeName, NodeEndpoints>,
    /// The group that belongs to this run, where membership is multicast.
    pub multicast: Option<MulticastGroup>,
    /// Ports of the receivers of each node's other Clusters, where a configuration has more than one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_receivers: BTreeMap<NodeName, Vec<u16>>,
}

/// What a node binds, as seen by the node itself and its peers (a client asks the runtime for its URL at each use).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NodeEndpoints {
    /// The address of the HTTP connector.
    pub http_address: Ipv4Addr,
    /// The port of the HTTP connector.
    pub http_port: u16,
    /// The address of the Tribes receiver, also the one under which peers list the node.
    pub receiver_address: Ipv4Addr,
    /// The port of the Tribes receiver.
    pub receiver_port: u16,
}

/// A multicast group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MulticastGroup {
    /// The group's address.
    pub address: Ipv4Addr,
    /// Its port.
    pub port: u16,
    /// The interface to bind; `None` lets the system choose.
    pub bind: Option<Ipv4Addr>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_has_two_to_eight_nodes() {
        assert_eq!(Topology::of(1), Err(NodeCountError(1)));
        assert_eq!(Topology::of(9), Err(NodeCountError(9)));
        assert_eq!(Topology::of(8).expect("eight is fine").nodes.len(), 8);
    }

    #[test]
    fn multicast_takes_the_ipv4_stack() {
        let mut topology = Topology::of(2).expect("two nodes");
        let flag = "-Djava.net.preferIPv4Stack=true";
        assert!(!topology.jvm_flags().contains(&flag));
        topology.cluster.membership = Membership::Multicast;
        assert!(topology.jvm_flags().contains(&flag) && topology.jvm_flags().contains(&"-Xmx256m"));
    }
}
