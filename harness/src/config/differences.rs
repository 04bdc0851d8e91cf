//! What a rendered cluster has that a stock server has not, in an administrator's words.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster::{farm_folders, members_by_interceptor};
use super::redact::redact_argument;
use crate::model::cluster_element::{ClusterElement, ClusterElements, Interceptor, Valve};
use crate::model::{Container, ManagerKind, Membership, SendOptions, ServerPorts, Timing, Topology};

/// One thing that is not as in a stock server.
///
/// Stock is a new installation in which `<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"/>` was
/// uncommented and nothing else changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// The setting, as an administrator names it.
    pub what: String,
    /// What it is here.
    pub here: String,
    /// What it is in a stock server.
    pub stock: String,
    /// Why it is not the same.
    pub why: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (stock: {}; {})", self.what, self.here, self.stock, self.why)
    }
}

/// Why something differs that the topology itself says.
const ASKED: &str = "set by the topology";

/// What differs from a stock server in a cluster of this topology.
pub fn differences(topology: &Topology) -> Vec<Difference> {
    let mut list = List(Vec::new());
    if topology.own.is_some() {
        own(topology, &mut list);
        jvm(topology, &mut list);
        harness(&mut list);
        return list.0;
    }
    server(topology, &mut list);
    membership(topology, &mut list);
    replication(topology, &mut list);
    farm(topology, &mut list);
    elements(&topology.cluster.elements, &mut list);
    jvm(topology, &mut list);
    harness(&mut list);
    list.0
}

struct List(Vec<Difference>);

impl List {
    fn add(&mut self, what: impl Into<String>, here: impl Into<String>, stock: &str, why: impl Into<String>) {
        self.0.push(Difference { what: what.into(), here: here.into(), stock: stock.to_owned(), why: why.into() });
    }

    /// What the topology says takes the place of what the harness would have chosen.
    fn said(&mut self, what: String, here: String) {
        match self.0.iter().position(|line| line.what == what) {
            Some(index) if self.0[index].stock == here => {
                self.0.remove(index);
            }
            Some(index) => {
                let stock = std::mem::take(&mut self.0[index].stock);
                self.0[index] = Difference { what, here, stock, why: ASKED.to_owned() };
            }
            None => self.add(what, here, "Tomcat's default", ASKED),
        }
    }
}

/// What is changed in a configuration that is the user's own.
fn own(topology: &Topology, list: &mut List) {
    let mut changed = |what: &str, here: &str, why: &str| list.add(what, here, "as the configuration says", why);
    let ports = "those of the lab, on loopback; no shutdown port";
    changed("ports and addresses", ports, "the nodes share a machine, and nobody else is to reach them");
    changed("paths outside of CATALINA_BASE", "below outside/ of each node", "the nodes share a machine");
    if topology.cluster.membership == Membership::Multicast {
        changed("multicast group", "one reserved for the run", "two clusters on one group would merge");
    }
    for replaced in topology.own.iter().flat_map(|own| &own.replaced) {
        changed(replaced, "StaticMembershipService with all nodes", "the lab has no such service");
    }
}

fn server(topology: &Topology, list: &mut List) {
    let given = |port: fn(&ServerPorts) -> u16| -> String {
        let ports = topology.names().filter_map(|node| topology.given_ports(node));
        ports.map(|ports| port(&ports).to_string()).collect::<Vec<_>>().join(", ")
    };
    let connector = "Connector address and port";
    if topology.ports.are_free() {
        list.add("Server port", "-1", "8005", "a shutdown port would collide, and let others stop the node");
        let why = "nodes share a machine and must not be reachable from elsewhere";
        list.add(connector, "one pair per node", "all addresses, 8080", why);
    } else {
        list.add("Server port", given(|ports| ports.shutdown), "8005", ASKED);
        let http = format!("one address; {}", given(|ports| ports.http));
        list.add(connector, http, "all addresses, 8080", ASKED);
        list.add("Connector redirectPort", given(|ports| ports.redirect), "8443", ASKED);
    }
    let routes: Vec<String> =
        topology.nodes.iter().filter_map(|node| node.jvm_route.as_ref()).map(ToString::to_string).collect();
    if !routes.is_empty() {
        list.add("Engine jvmRoute", routes.join(", "), "none", "the session id names the node that owns the session");
    }
    if topology.timing == Timing::Accelerated {
        list.add("Engine backgroundProcessorDelay", "1", "10", "timing is accelerated: the farm scans every second");
    }
    if topology.cluster.container == Container::Host {
        list.add("place of <Cluster>", "in the Host", "in the Engine", "the farm works only in a Host");
    }
}

fn membership(topology: &Topology, list: &mut List) {
    let stock = "McastService";
    if topology.cluster.elements.cloud_membership.is_some() {
        list.add("Membership", "CloudMembershipService", stock, ASKED);
    } else if members_by_interceptor(topology) {
        list.add("Membership", "StaticMembershipInterceptor", stock, ASKED);
        list.add("Cluster channelStartOptions", "3", "15", "members come from a list, so no membership service starts");
    } else {
        match topology.cluster.membership {
            Membership::Static => {
                let why = "needs no multicast, members join at once, and a restarted node leaves no stale member";
                list.add("Membership", "StaticMembershipService, with all nodes and fixed ids", stock, why);
                list.add(
                    "Membership useThread",
                    "true",
                    "false",
                    "members are watched without waiting for a heartbeat",
                );
            }
            Membership::Dns => list.add("Membership", "CloudMembershipService, provider dns", stock, ASKED),
            Membership::Kubernetes => {
                list.add("Membership", "CloudMembershipService, provider kubernetes", stock, ASKED);
                let why = "the API server is the lab's own, by plain HTTP; it lists the nodes as pods";
                list.add("environment", "namespace, labels, token and API server", "those of a cluster", why);
            }
            Membership::Multicast => {
                let why = "two clusters on one group would merge";
                list.add("Membership address", "one reserved for the run", "228.0.0.4", why);
                list.add("Membership port", "one reserved for the run", "45564", why);
            }
        }
    }
    let why = "peers know address and port, so both are fixed";
    list.add("Receiver address", "one per node", "the machine's own", why);
    list.add("Receiver port", "one per node", "4000", why);
    list.add("Receiver autoBind", "1", "100", why);
}

fn replication(topology: &Topology, list: &mut List) {
    let spec = &topology.cluster;
    let options = spec.send_options;
    if spec.manager == ManagerKind::Backup {
        list.add("Manager", "BackupManager", "DeltaManager", ASKED);
        if options != SendOptions::SYNC_ACK {
            list.add("Manager mapSendOptions", options.bits().to_string(), "6", ASKED);
        }
    }
    if options != SendOptions::ASYNC {
        let why = match options {
            SendOptions::SYNC_ACK => {
                "a request waits until its peers have what it wrote; with 8 the first writes of a session can get lost"
            }
            _ => ASKED,
        };
        list.add("Cluster channelSendOptions", options.bits().to_string(), "8", why);
    }
    if spec.elements.interceptors.is_none() {
        let why = "otherwise a hung node counts as alive forever and delays each request by 5 s";
        list.add("TcpFailureDetector performReadTest", "true", "false", why);
    }
}

fn farm(topology: &Topology, list: &mut List) {
    let folders = farm_folders(topology);
    let why = "an app is deployed on one node and served by all";
    list.add("Deployer", "FarmWarDeployer", "none", why);
    list.add("Deployer deployDir", folders.deploy, "none", why);
    list.add("Deployer tempDir", folders.temp, "none", why);
    list.add("Deployer watchDir", folders.watch, "none", why);
    let watcher = format!("true on {}", topology.watcher());
    list.add("Deployer watchEnabled", watcher, "none", "two watchers would redeploy each other's apps");
    if topology.timing == Timing::Accelerated {
        list.add("Deployer processDeployFrequency", "1", "2", "timing is accelerated");
    }
}

/// What the user said about elements, one line an attribute.
fn elements(said: &ClusterElements, list: &mut List) {
    let one: [&dyn ClusterElement; _] = [
        &said.cluster,
        &said.delta_manager,
        &said.backup_manager,
        &said.channel,
        &said.static_membership,
        &said.multicast_membership,
        &said.receiver,
        &said.sender,
        &said.transport,
        &said.deployer,
    ];
    let cloud = said.cloud_membership.as_ref().map(|cloud| cloud as &dyn ClusterElement);
    let generators = [&said.delta_manager.session_id_generator, &said.backup_manager.session_id_generator];
    let generators = generators.into_iter().flatten().map(|generator| generator as &dyn ClusterElement);
    for element in one.into_iter().chain(cloud).chain(generators) {
        let tag = element.tag();
        if let Some(class) = element.said_class() {
            list.said(format!("{tag} className"), class.to_owned());
        }
        for (name, value) in element.attributes() {
            list.said(format!("{tag} {name}"), shown(name, value));
        }
    }
    if let Some(members) = &said.static_membership.members {
        list.said("Members of the list".to_owned(), members.len().to_string());
    }
    if let Some(interceptors) = &said.interceptors {
        let here = in_words(interceptors.iter().map(Interceptor::element));
        list.add("Interceptors", here, "MessageDispatchInterceptor, TcpFailureDetector", ASKED);
    }
    if let Some(valves) = &said.valves {
        list.add(
            "Valves of the cluster",
            in_words(valves.iter().map(Valve::element)),
            "JvmRouteBinderValve, ReplicationValve",
            ASKED,
        );
    }
    if let Some(listeners) = &said.listeners {
        let here = in_words(listeners.iter().map(|listener| listener as &dyn ClusterElement));
        list.add("ClusterListeners", here, "ClusterSessionListener", ASKED);
    }
}

/// `TcpPingInterceptor (interval=500, useThread=true), TcpFailureDetector`.
fn in_words<'a>(elements: impl Iterator<Item = &'a dyn ClusterElement>) -> String {
    let words = elements.map(|element| {
        let implied = element.class_name().rsplit('.').next().unwrap_or_default();
        let class = element.said_class().unwrap_or(implied);
        let attributes: Vec<String> =
            element.attributes().into_iter().map(|(name, value)| format!("{name}={}", shown(name, value))).collect();
        if attributes.is_empty() { class.to_owned() } else { format!("{class} ({})", attributes.join(", ")) }
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "not set, so Tomcat's default".to_owned() } else { words.join(", ") }
}

/// A value, unless it is a secret: these lines go into reports.
fn shown(name: &str, value: String) -> String {
    if name == "encryptionKey" { "(a secret)".to_owned() } else { value }
}

fn jvm(topology: &Topology, list: &mut List) {
    let why = match topology.timing {
        Timing::Accelerated => "several nodes share a machine and start in half the time, but are slower under load",
        Timing::Documented => "several nodes share a machine",
    };
    list.add("JVM flags", topology.jvm_flags().join(" "), "none", why);
    if !topology.jvm.args.is_empty() {
        let args: Vec<String> = topology.jvm.args.iter().map(|argument| redact_argument(argument)).collect();
        list.add("additional JVM flags", args.join(" "), "none", ASKED);
    }
    if !topology.jvm.env.is_empty() {
        let names: Vec<&str> = topology.jvm.env.keys().map(String::as_str).collect();
        list.add("environment", names.join(", "), "none", ASKED);
    }
    if !topology.jvm.libs.is_empty() {
        let names: Vec<&str> = topology.jvm.libs.iter().map(|jar| jar.file_name().unwrap_or(jar.as_str())).collect();
        list.add("jars in lib", names.join(", "), "none", ASKED);
    }
}

/// What the harness brings along to see.
fn harness(list: &mut List) {
    list.add("language of the JVM", "en", "that of the machine", "log lines are recognised by their text");
    list.add(
        "log handlers",
        "one additional handler with its own file; DeltaManager at FINE",
        "the stock handlers, which are kept",
        "lost updates are logged at FINE only",
    );
    list.add(
        "contexts",
        "harness-probe, beside the app",
        "none",
        "members and replicas are read without touching a session",
    );
}
