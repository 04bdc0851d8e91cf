//! All nodes and what lies between them: farm and membership.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use tomee_harness::model::{ContextPath, ManagerKind, NodeName, Topology};

use super::Bug;
use super::door::{Asked, Door, Reaction};
use super::node::{App, Bytes, Node, Peer, Power};

/// How long things take on a fake node.
const START: Duration = Duration::from_millis(3);
const MEET: Duration = Duration::from_millis(5);
const EVICT: Duration = Duration::from_millis(5);
const EVICT_LATE: Duration = Duration::from_millis(120);
const DEPLOY: Duration = Duration::from_millis(2);
/// From a node's start to its first look at its watch folder.
const LOOK: Duration = Duration::from_secs(1);
const FARM: Duration = Duration::from_millis(6);
/// Less than `MEET`: the look that finds the cluster formed then finds the joiner's sessions, too, however late it comes. A
/// number of replicas in a snapshot would else depend on how busy the machine is.
const TRANSFER: Duration = Duration::from_millis(4);

/// The first number of a receiver's port; the same on every fake cluster, as nothing listens there.
const FIRST_RECEIVER_PORT: u16 = 4000;

const CLUSTER_LOGGER: &str = "org.apache.catalina.ha.tcp.SimpleTcpCluster";

/// What parts a node from its peers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parting {
    NetworkFault,
    Freeze,
}

/// A cluster, and the one thing that is wrong with it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) bug: Option<Bug>,
    pub(super) manager: ManagerKind,
    pub(super) send_options: u32,
    pub(super) nodes: Vec<Node>,
    /// How many nodes were killed so far.
    pub(super) kills: u32,
    /// How many sessions were made so far.
    pub(super) stems: u32,
    /// The kills behind which a failover bug has struck; it strikes once.
    pub(super) struck: HashSet<u32>,
    /// How often the last node was asked which sessions it holds since it holds one.
    pub(super) looks: u32,
    reservations: u32,
    /// Nodes that are cut off from their peers, and nodes that are frozen.
    cut: BTreeSet<usize>,
    frozen: BTreeSet<usize>,
}

impl World {
    pub(super) fn new(bug: Option<Bug>) -> Self {
        Self {
            bug,
            manager: ManagerKind::default(),
            send_options: 0,
            nodes: vec![],
            kills: 0,
            stems: 0,
            struck: HashSet::new(),
            looks: 0,
            reservations: 0,
            cut: BTreeSet::new(),
            frozen: BTreeSet::new(),
        }
    }

    /// Makes the nodes of a topology, with new addresses.
    pub(super) fn reserve(&mut self, topology: &Topology, folder: &Utf8Path) -> io::Result<()> {
        let doors = topology.nodes.iter().map(|_| Door::reserve()).collect::<io::Result<Vec<_>>>()?;
        let now = Instant::now();
        self.manager = topology.cluster.manager;
        self.send_options = topology.cluster.send_options.bits();
        self.reservations += 1;
        // The doors of an earlier call close only here, so that the same ports are not handed out again.
        self.nodes = topology
            .nodes
            .iter()
            .zip(doors)
            .zip(FIRST_RECEIVER_PORT..)
            .map(|((spec, door), receiver_port)| Node {
                name: spec.name.clone(),
                route: spec.jvm_route.as_ref().map(ToString::to_string),
                door,
                receiver_port,
                folder: folder.join(spec.name.as_str()),
                token: String::new(),
                power: Power::Created,
                life: 0,
                peers: vec![],
                app: None,
                sessions: BTreeMap::new(),
                left: vec![],
                knows_its_archives: now,
                synchronised: now,
            })
            .collect();
        Ok(())
    }

    pub(super) fn index(&self, name: &NodeName) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == *name)
    }

    pub(super) fn last(&self) -> usize {
        self.nodes.len().saturating_sub(1)
    }

    /// The running nodes less one, and less those that it cannot reach.
    pub(super) fn others(&self, index: usize) -> Vec<usize> {
        let alone = |node: &usize| self.cut.contains(node) || self.frozen.contains(node);
        let running = (0..self.nodes.len()).filter(|&other| other != index && self.nodes[other].runs());
        running.filter(|other| !alone(other) && !alone(&index)).collect()
    }

    /// Cuts a node off from its peers, or freezes it: each side evicts the other. No Manager but the `DeltaManager`.
    pub(super) fn part(&mut self, index: usize, by: Parting) {
        let until = Some(Instant::now() + EVICT);
        for other in self.others(index) {
            for (who, whom) in [(index, other), (other, index)] {
                let gone = self.nodes[whom].name.clone();
                let node = &mut self.nodes[who];
                node.log("INFO", CLUSTER_LOGGER, &format!("Received member disappeared:[{gone}]"));
                node.peers.iter_mut().filter(|peer| peer.node == gone).for_each(|peer| peer.until = until);
            }
        }
        self.parted(by).insert(index);
    }

    /// Undoes that; whether there was anything to undo.
    pub(super) fn join_again(&mut self, index: usize, by: Parting) -> bool {
        let was = self.parted(by).remove(&index);
        if !self.nodes[index].runs() {
            // The dead meet nobody.
            return was;
        }
        for other in self.others(index) {
            for (who, whom) in [(index, other), (other, index)] {
                let back = self.nodes[whom].name.clone();
                self.nodes[who].peers.retain(|peer| peer.node != back);
            }
        }
        self.meet(index, Instant::now());
        was
    }

    fn parted(&mut self, by: Parting) -> &mut BTreeSet<usize> {
        match by {
            Parting::NetworkFault => &mut self.cut,
            Parting::Freeze => &mut self.frozen,
        }
    }

    /// Starts a node. `None` where it has no connector: its port is taken, or it ended at once.
    pub(super) fn start(&mut self, index: usize) -> Option<CancellationToken> {
        let (now, last) = (Instant::now(), self.last());
        let first_start = self.reservations == 1 && self.nodes[index].life == 0;
        let node = &mut self.nodes[index];
        if node.runs() {
            address_in_use(node);
            return None;
        }
        node.life += 1;
        let exits = match self.bug {
            Some(Bug::ExitsAtStart) => index == last,
            Some(Bug::ExitsAtRestart) => node.life > 1,
            _ => false,
        };
        if exits {
            let _ =
                fs_err::write(node.folder.join("console.log"), "Error: Could not create the Java Virtual Machine.\n");
            node.power = Power::Ended("ended with exit code 1".to_owned());
            return None;
        }
        let closed = CancellationToken::new();
        node.power = Power::Running { closed: closed.clone(), ready: now + START };
        if self.bug == Some(Bug::AddressTakenAtFirst) && index == last && first_start {
            address_in_use(node);
            return None;
        }
        if let Some(app) = &mut node.app {
            app.from = now + START + DEPLOY;
            node.knows_its_archives = now + LOOK;
            node.log(
                "INFO",
                "org.apache.catalina.ha.session.DeltaManager",
                "Register manager [/counter] to cluster element [Host] with name [localhost]",
            );
        }
        node.synchronised = now + if node.app.is_some() { START + TRANSFER } else { Duration::ZERO };
        self.meet(index, now);
        self.join(index);
        self.nodes[index].log("INFO", "org.apache.catalina.startup.Catalina", "Server startup in [3] milliseconds");
        Some(closed)
    }

    /// All running nodes and one that starts find each other.
    fn meet(&mut self, index: usize, now: Instant) {
        let last = self.last();
        for other in self.others(index) {
            for (who, whom) in [(index, other), (other, index)] {
                let blind = match self.bug {
                    Some(Bug::NeverMeet) => true,
                    Some(Bug::OneSidedView) => who == last && whom == 0,
                    _ => false,
                };
                if !blind {
                    let (peer, life) = (self.nodes[whom].name.clone(), self.nodes[whom].life);
                    let node = &mut self.nodes[who];
                    node.log("INFO", CLUSTER_LOGGER, &format!("Replication member added:[{peer}]"));
                    node.peers.push(Peer { node: peer, life, from: now + START + MEET, until: None });
                }
            }
        }
    }

    /// Ends a node: its memory is gone, its peers evict it, its files stay. Gives what closes its connections.
    pub(super) fn end(&mut self, index: usize, how: &str) -> Option<CancellationToken> {
        let now = Instant::now();
        let node = &mut self.nodes[index];
        let Power::Running { closed, .. } = std::mem::replace(&mut node.power, Power::Ended(how.to_owned())) else {
            return None;
        };
        node.peers.clear();
        node.sessions.clear();
        let gone = node.name.clone();
        let evicted = now + if self.bug == Some(Bug::DiesSlowly) { EVICT_LATE } else { EVICT };
        if self.bug != Some(Bug::GhostMember) {
            for other in self.others(index) {
                let node = &mut self.nodes[other];
                node.log("INFO", CLUSTER_LOGGER, &format!("Received member disappeared:[{gone}]"));
                node.peers.iter_mut().filter(|peer| peer.node == gone).for_each(|peer| peer.until = Some(evicted));
            }
        }
        self.relocate();
        Some(closed)
    }

    /// The farm: a WAR in a watch folder deploys there and on all living nodes.
    pub(super) fn deploy(&mut self, watcher: usize, context: &ContextPath, bytes: &Bytes) {
        let (now, last) = (Instant::now(), self.last());
        self.nodes[watcher].knows_its_archives = now;
        self.nodes[watcher].log(
            "INFO",
            "org.apache.catalina.ha.deploy.FarmWarDeployer",
            &format!("Installing webapp [{context}]"),
        );
        for index in 0..self.nodes.len() {
            if !self.nodes[index].runs() || (index != watcher && self.bug == Some(Bug::NeverDeploysOnPeers)) {
                continue;
            }
            let again = self.nodes[index].app.is_some();
            if index != watcher && again && self.bug == Some(Bug::NeverDeploysAgainOnPeers) {
                continue;
            }
            let from = match self.bug {
                Some(Bug::StartsTheAppSlowly(takes)) if index == watcher => now + takes,
                Some(Bug::StartsTheAppSlowly(takes)) => now + 2 * takes,
                _ => now + if index == watcher { DEPLOY } else { FARM },
            };
            let (node, host) = (&mut self.nodes[index], "org.apache.catalina.startup.HostConfig");
            let begins = format!("Deploying web application archive [/appBase/{}]", context.war_name());
            node.log("INFO", host, &begins);
            if let Some(Bug::AppFails(cause)) = self.bug {
                node.log("SEVERE", "org.apache.catalina.core.StandardContext", cause);
                let fails = format!("Context [{context}] startup failed due to previous errors");
                node.log("SEVERE", "org.apache.catalina.core.StandardContext", &fails);
                continue;
            }
            let life = node.app.as_ref().map_or(1, |app| app.life + 1);
            let is_logged = Arc::default();
            node.app = Some(App { context: context.clone(), from, life, bytes: bytes.clone(), is_logged });
            if !matches!(self.bug, Some(Bug::StartsTheAppSlowly(_))) {
                node.log_deployed(from);
            }
        }
        if self.bug == Some(Bug::ForgetsMember) {
            let first = self.nodes[0].name.clone();
            self.nodes[last].peers.retain(|peer| peer.node != first);
        }
    }

    /// The farm: a WAR that goes from a watch folder is undeployed on all nodes, if its watcher knew it.
    pub(super) fn undeploy_by_farm(&mut self, watcher: usize) {
        let node = &self.nodes[watcher];
        if node.runs() && node.knows_its_archives <= Instant::now() {
            self.undeploy(0..self.nodes.len());
        }
    }

    /// Ends the app on these nodes, whose archive is gone.
    pub(super) fn undeploy(&mut self, nodes: impl IntoIterator<Item = usize>) {
        if self.bug == Some(Bug::UndeployDoesNotTake) {
            return;
        }
        for index in nodes {
            let node = &mut self.nodes[index];
            node.app = None;
            let sessions = std::mem::take(&mut node.sessions);
            if self.bug == Some(Bug::SessionsOutliveTheirApp) {
                node.left.extend(sessions.into_values());
            }
        }
        if self.bug == Some(Bug::ForgetsMemberAtUndeploy) {
            let (first, last) = (self.nodes[0].name.clone(), self.last());
            self.nodes[last].peers.retain(|peer| peer.node != first);
        }
    }

    /// What a node does with a request.
    pub(super) fn react(&mut self, index: usize, asked: &Asked) -> Reaction {
        let now = Instant::now();
        if self.frozen.contains(&index) {
            return Reaction::Silence;
        }
        // Between a kill and the end of its connections, and before the connector of a real node would listen.
        if !self.nodes[index].is_ready(now) && self.bug != Some(Bug::DiesSlowly) {
            return Reaction::Reset;
        }
        if asked.path == "/harness-probe/state.jsp" {
            return self.probe(index, asked, now);
        }
        self.app(index, asked, now)
    }
}

/// What Tomcat says when its connector cannot bind.
fn address_in_use(node: &Node) {
    node.log("SEVERE", "org.apache.catalina.util.LifecycleBase", "Failed to initialize component [Connector]");
    let file = fs_err::OpenOptions::new().append(true).open(node.log_path());
    let line = b"java.net.BindException: Address already in use\n";
    let _ = file.and_then(|mut file| std::io::Write::write_all(&mut file, line));
}
