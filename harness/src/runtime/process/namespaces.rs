//! Network namespaces: each node has a network of its own, with an address and a packet filter, though it is a process.
//!
//! A bridge in a namespace of the run joins the namespaces of the nodes to each other, and a pair of virtual interfaces
//! joins it to this machine, so that clients here reach every node. Each namespace is held by a process that does nothing;
//! with the last process in it the kernel removes it and its interfaces, so whoever ends the run's processes has removed
//! its networks. A node that ends keeps its address: its namespace stays.
//!
//! Needs Linux, `ip`, `unshare`, `nsenter` and `iptables`, and the right to make network namespaces (root).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::sync::Mutex;

use tokio::process::{Child, Command};

use crate::host::guard::{Guard, RUN_VARIABLE};
use crate::host::sync::lock;
use crate::host::wait::{self, Look, TimedOut};
use crate::model::{NodeName, RunId};
use crate::runtime::NetworkFault;
use crate::runtime::network_shell::NetworkShell;
use crate::runtime::packet_filter::{self, MULTICAST, Peers};

/// How long a process may take to enter its namespace.
const ENTRY_LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

/// The networks are parts of 198.18.0.0/15, which is set apart for tests (RFC 2544) and so used by no other network.
const FIRST: u32 = u32::from_be_bytes([198, 18, 0, 0]);
/// How many networks of 32 addresses there are.
const NETWORKS: u32 = 4096;
/// The bits of an address that name its network.
const PREFIX: u32 = 27;
/// How many nodes have room beside network, machine and broadcast.
const MOST_NODES: usize = 29;

/// The programs without which there are no namespaces.
const PROGRAMS: [&str; 4] = ["ip", "unshare", "nsenter", "iptables"];

/// Brings a node's interface up at an address. The route is for membership by multicast: there is no other way out of
/// this network.
const UP: &str = "ip link set lo up && ip addr add $1 dev eth0 && ip link set eth0 up
ip route add 224.0.0.0/4 dev eth0";

/// Why a node has no network of its own, or something could not be done in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum NamespaceError {
    #[error("`{command}` cannot be run")]
    Run {
        command: String,
        #[source]
        source: std::io::Error,
    },
    #[error("`{command}` failed: {said}")]
    Command { command: String, said: String },
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
}

/// The process that holds a namespace.
#[derive(Debug)]
struct Holder {
    pid: u32,
    /// Ends with this.
    _process: Child,
}

/// A node's network.
#[derive(Debug)]
struct NodeNetwork {
    holder: Holder,
    address: Ipv4Addr,
    /// A folder of this machine for the files of scripts.
    folder: String,
    filter: tokio::sync::Mutex<Filter>,
}

/// What a node's packet filter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filter {
    Open,
    Fault(NetworkFault),
    /// Nothing comes or goes.
    Lost,
}

/// The networks of one run.
#[derive(Debug)]
pub(super) struct Namespaces {
    nodes: BTreeMap<NodeName, NodeNetwork>,
    /// The address of this machine in them.
    machine: Ipv4Addr,
    /// Holds the bridge.
    _bridge: Holder,
}

/// Whether namespaces can be made here.
///
/// # Errors
/// Why not, in words.
pub(super) fn check() -> Result<(), String> {
    static CHECKED: Mutex<Option<Result<(), String>>> = Mutex::new(None);
    lock(&CHECKED).get_or_insert_with(look).clone()
}

fn look() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("network namespaces exist on Linux only".to_owned());
    }
    let is_there = |program: &&str| {
        let found = std::process::Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
        found.is_ok_and(|found| found.status.success())
    };
    if let Some(missing) = PROGRAMS.iter().find(|program| !is_there(program)) {
        return Err(format!("`{missing}` is not installed"));
    }
    // Whoever may make one and set its packet filter may do all that is done here.
    let mut command = std::process::Command::new("unshare");
    let tried = command.args(["--net", "sh", "-c", "ip link set lo up && iptables -L -n"]).output();
    match tried {
        Ok(tried) if tried.status.success() => Ok(()),
        Ok(tried) => {
            Err(format!("no network namespace can be made: {}", String::from_utf8_lossy(&tried.stderr).trim()))
        }
        Err(error) => Err(format!("`unshare` cannot be run: {error}")),
    }
}

impl Namespaces {
    /// Makes the networks of nodes; each has its address when this returns.
    pub(super) async fn make(
        run: &RunId,
        guard: &Guard,
        nodes: Vec<(NodeName, String)>,
    ) -> Result<Self, NamespaceError> {
        if nodes.len() > MOST_NODES {
            return Err(NamespaceError::Refused(format!("at most {MOST_NODES} nodes have room in one network")));
        }
        let bridge = Holder::start(run, guard).await?;
        let base = join_to_machine(&bridge).await?;
        let mut networks = BTreeMap::new();
        for (place, (node, folder)) in (2..).zip(nodes) {
            let holder = Holder::start(run, guard).await?;
            let address = Ipv4Addr::from(base + place);
            let (pid, port) = (holder.pid.to_string(), format!("v{place}"));
            bridge
                .sh("ip link add $1 type veth peer name eth0 netns $2 && ip link set $1 master br0 up", &[&port, &pid])
                .await?;
            let own = format!("{address}/{PREFIX}");
            holder.sh(UP, &[&own]).await?;
            networks
                .insert(node, NodeNetwork { holder, address, folder, filter: tokio::sync::Mutex::new(Filter::Open) });
        }
        Ok(Self { nodes: networks, machine: Ipv4Addr::from(base + 1), _bridge: bridge })
    }

    /// The address of a node.
    pub(super) fn address(&self, node: &NodeName) -> Option<Ipv4Addr> {
        Some(self.nodes.get(node)?.address)
    }

    /// The address of this machine, as the nodes reach it.
    pub(super) fn machine(&self) -> Ipv4Addr {
        self.machine
    }

    /// The process whose network is a node's.
    pub(super) fn holder(&self, node: &NodeName) -> Option<u32> {
        Some(self.nodes.get(node)?.holder.pid)
    }

    fn network(&self, node: &NodeName) -> Result<&NodeNetwork, NamespaceError> {
        self.nodes.get(node).ok_or_else(|| NamespaceError::Refused("it has no network of its own".to_owned()))
    }

    /// Drops or delays traffic of a node, until it is undone; says how much when something was hit.
    pub(super) async fn add(&self, node: &NodeName, fault: NetworkFault) -> Result<String, NamespaceError> {
        let network = self.network(node)?;
        let mut filter = network.filter.lock().await;
        filter.must_be_open()?;
        let addresses = self.nodes.iter().filter(|(name, _)| *name != node).map(|(_, peer)| peer.address).collect();
        let peers = Peers { addresses, group: MULTICAST };
        let proof = packet_filter::add_network_fault(network, fault, &peers).await?;
        *filter = Filter::Fault(fault);
        Ok(proof)
    }

    /// Undoes a fault; says how much was dropped or delayed.
    pub(super) async fn remove(&self, node: &NodeName) -> Result<String, NamespaceError> {
        let network = self.network(node)?;
        let mut filter = network.filter.lock().await;
        let Filter::Fault(fault) = *filter else {
            return Err(NamespaceError::Refused("nothing of its traffic is dropped or delayed".to_owned()));
        };
        let effect = packet_filter::remove_network_fault(network, fault).await?;
        *filter = Filter::Open;
        Ok(effect)
    }

    /// Lets no packet in or out of a node any more.
    pub(super) async fn isolate(&self, node: &NodeName) -> Result<(), NamespaceError> {
        let network = self.network(node)?;
        let mut filter = network.filter.lock().await;
        filter.must_be_open()?;
        packet_filter::isolate(network).await?;
        *filter = Filter::Lost;
        Ok(())
    }

    /// Lets packets pass again where none did; nothing else is touched.
    pub(super) async fn open(&self, node: &NodeName) -> Result<(), NamespaceError> {
        let network = self.network(node)?;
        let mut filter = network.filter.lock().await;
        if *filter == Filter::Lost {
            packet_filter::open(network).await?;
            *filter = Filter::Open;
        }
        Ok(())
    }
}

impl Filter {
    fn must_be_open(self) -> Result<(), NamespaceError> {
        let why = match self {
            Self::Open => return Ok(()),
            Self::Fault(_) => "its traffic is dropped or delayed already",
            Self::Lost => "its host is lost",
        };
        Err(NamespaceError::Refused(why.to_owned()))
    }
}

impl Holder {
    /// Starts a process in a network namespace of its own.
    async fn start(run: &RunId, guard: &Guard) -> Result<Self, NamespaceError> {
        let failed = |source| NamespaceError::Run { command: "unshare --net sleep infinity".to_owned(), source };
        let mut command = Command::new("unshare");
        command.args(["--net", "sleep", "infinity"]).env(RUN_VARIABLE, run.as_str());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).kill_on_drop(true);
        let process = command.spawn().map_err(failed)?;
        let pid = process.id().ok_or_else(|| failed(std::io::Error::other("it exited immediately")))?;
        guard.process(pid).map_err(|error| NamespaceError::Refused(error.to_string()))?;
        let own = fs_err::read_link("/proc/self/ns/net").map_err(failed)?;
        let entered: Result<(), TimedOut> = wait::until("a network namespace", ENTRY_LIMIT, async || {
            let there = fs_err::read_link(format!("/proc/{pid}/ns/net"));
            Ok(if there.is_ok_and(|there| there != own) {
                Look::Ready(())
            } else {
                Look::NotYet("not entered".to_owned())
            })
        })
        .await;
        entered?;
        Ok(Self { pid, _process: process })
    }

    /// Runs a script in the namespace.
    async fn sh(&self, script: &str, arguments: &[&str]) -> Result<String, NamespaceError> {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/proc/{}/ns/net", self.pid)).args(["sh", "-c", script, "sh"]).args(arguments);
        output(&mut command, script).await
    }
}

impl NetworkShell for NodeNetwork {
    type Error = NamespaceError;

    async fn run(&self, script: &str, arguments: &[&str]) -> Result<String, NamespaceError> {
        self.holder.sh(script, arguments).await
    }

    fn folder(&self) -> &str {
        &self.folder
    }

    fn refused(what: String) -> NamespaceError {
        NamespaceError::Refused(what)
    }

    fn in_words(error: NamespaceError, what: &str) -> NamespaceError {
        match error {
            NamespaceError::Command { said, .. } => NamespaceError::Refused(format!("{what}: {said}")),
            other => other,
        }
    }
}

async fn output(command: &mut Command, what: &str) -> Result<String, NamespaceError> {
    let output = command.stdin(Stdio::null()).output().await;
    let output = output.map_err(|source| NamespaceError::Run { command: what.to_owned(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(NamespaceError::Command { command: what.to_owned(), said })
}

/// Makes the bridge and joins it to this machine; the network's first address. The name of the interface says which
/// network it is, and the kernel gives a name once only.
async fn join_to_machine(bridge: &Holder) -> Result<u32, NamespaceError> {
    const BRIDGE: &str = "ip link set lo up && ip link add br0 type bridge mcast_snooping 0 && ip link set br0 up";
    bridge.sh(BRIDGE, &[]).await?;
    let begin = std::process::id();
    for number in (0..NETWORKS).map(|place| (begin + place) % NETWORKS) {
        let (name, pid) = (format!("tomee-{number:x}"), bridge.pid.to_string());
        let mut add = Command::new("ip");
        add.args(["link", "add", &name, "type", "veth", "peer", "name", "host0", "netns", &pid]);
        match output(&mut add, &format!("ip link add {name}")).await {
            Ok(_) => {}
            Err(NamespaceError::Command { said, .. }) if said.contains("exists") => continue,
            Err(error) => return Err(error),
        }
        let base = FIRST + number * (1 << (32 - PREFIX));
        let own = format!("{}/{PREFIX}", Ipv4Addr::from(base + 1));
        output(Command::new("ip").args(["addr", "add", &own, "dev", &name]), "ip addr add").await?;
        output(Command::new("ip").args(["link", "set", &name, "up"]), "ip link set up").await?;
        bridge.sh("ip link set host0 master br0 up", &[]).await?;
        return Ok(base);
    }
    Err(NamespaceError::Refused("every network of 198.18.0.0/15 is in use".to_owned()))
}
