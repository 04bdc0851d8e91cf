//! The tables of a scenario file, as they are written.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::traffic::TrafficWord;
use crate::model::cluster_element::ClusterElements;
use crate::model::exchange::Capture;
use crate::model::expect::Violation;
use crate::model::node_changes::NodeChanges;
use crate::model::plan::AppRequest;
use crate::model::step::Through;
use crate::model::{
    AllowedViolation, AtMost, ClientName, Container, ContextPath, Expect, FaultKind, Guarantee, JvmRoutes, ManagerKind,
    Membership, Millis, NodeName, Ports, SendOptions, ServerSpec, Skew, Target, Timing, Unpacked,
};

/// A failover scenario.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "tomee-harness scenario")]
pub struct ScenarioFile {
    /// A sentence that names it.
    pub name: String,
    /// Its row in a catalogue of failover scenarios, as `S07`.
    #[serde(default)]
    pub catalogue: Option<String>,
    /// Why it is told: what the servers do, and what its outcome teaches.
    #[serde(default)]
    pub why: Option<String>,
    /// Words by which it can be chosen: `run failover`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What its verdict decides. Where nothing is said: all that its steps can show.
    #[serde(default)]
    pub guarantees: Option<Vec<Guarantee>>,
    /// The violation that it is told to show, or several. Strict: where one does not show, the scenario has failed.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub expect_violation: Vec<Violation>,
    /// The violations that may show and fail no run, as `allow = ["lost-first-request"]`, or in a share of the sessions at
    /// most, as `allow = [{ violation = "lost-first-request", at-most = "20%" }]`.
    #[serde(default)]
    pub allow: Vec<Allow>,
    /// How many sessions must have been tried for that, where it is a matter of chance: with fewer nobody knows.
    #[serde(default)]
    pub trials: Option<u32>,
    /// How often it must show at least, where it is a matter of chance; once where nothing is said.
    #[serde(default)]
    pub at_least: Option<u32>,
    /// What its measures may be at most, as `first-answer = "1s"`.
    #[serde(default)]
    pub at_most: AtMost,
    /// The cluster.
    #[serde(default)]
    pub cluster: ClusterTable,
    /// What single nodes have otherwise than the others, each by its name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<NodeName, NodeChanges>")]
    pub node: BTreeMap<Spanned<NodeName>, NodeChanges>,
    /// What is varied: one run for each combination.
    #[serde(default)]
    pub matrix: MatrixTable,
    /// The scenario, step by step. The cluster is started before the first one.
    #[serde(default, rename = "step")]
    #[schemars(with = "Vec<StepTable>")]
    pub steps: Vec<Spanned<StepTable>>,
}

/// A violation that may show.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Allow {
    /// In any number of sessions.
    Any(Violation),
    /// In a share of them at most.
    Share(AllowShare),
}

/// A violation that may show in a share of the sessions.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AllowShare {
    /// Which one.
    pub violation: Violation,
    /// The share, as `20%`.
    #[schemars(with = "String")]
    pub at_most: Percent,
}

/// A share, written as `20%`: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(pub u8);

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let share = text.strip_suffix('%').and_then(|number| number.trim().parse().ok()).filter(|share| *share <= 100);
        share
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("invalid share `{text}`, expected for example `20%`")))
    }
}

impl Allow {
    /// As a plan has it.
    pub fn allowed(self) -> AllowedViolation {
        match self {
            Self::Any(violation) => AllowedViolation { violation, at_most_percent: None },
            Self::Share(AllowShare { violation, at_most }) => {
                AllowedViolation { violation, at_most_percent: Some(at_most.0) }
            }
        }
    }
}

/// The cluster of a scenario. What is not said is as the flags or the settings have it, or as in the main job.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClusterTable {
    /// How many nodes, 2 to 8.
    #[schemars(with = "Option<usize>")]
    pub nodes: Option<Spanned<usize>>,
    /// What they run.
    pub server: Option<ServerSpec>,
    /// Session manager.
    pub manager: Option<ManagerKind>,
    /// How members find each other.
    pub membership: Option<Membership>,
    /// How session changes are sent.
    pub send_options: Option<SendOptions>,
    /// Where `<Cluster>` stands; in `<Host>` where nothing is said.
    pub container: Option<Container>,
    /// Whether the nodes lack the folder in which the farm keeps a WAR while it comes in; no Tomcat makes it.
    pub lacks_farm_temp: bool,
    /// The nodes' jvmRoutes; each node's own name where nothing is said.
    pub jvm_routes: JvmRoutes,
    /// The nodes' ports; free ones where nothing is said.
    pub ports: Ports,
    /// How fast farm and background threads go.
    pub timing: Option<Timing>,
    /// Arguments for each node's JVM, before those of the command line.
    pub jvm_args: Vec<String>,
    /// Jars for each node's `lib/`, from the folder of the scenario's file.
    #[schemars(with = "Vec<String>")]
    pub libs: Vec<Utf8PathBuf>,
    /// Whatever else is to be said about the elements of `<Cluster>`.
    pub elements: ClusterElements,
}

/// What is varied. Each key that is said has the values that it takes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MatrixTable {
    /// Numbers of nodes.
    #[schemars(with = "Vec<usize>")]
    pub nodes: Vec<Spanned<usize>>,
    /// Servers.
    pub server: Vec<ServerSpec>,
    /// Session managers.
    pub manager: Vec<ManagerKind>,
    /// Ways in which members find each other.
    pub membership: Vec<Membership>,
    /// Ways in which session changes are sent.
    pub send_options: Vec<SendOptions>,
    /// Timings.
    pub timing: Vec<Timing>,
}

/// One step: exactly one verb (`deploy`, `undeploy`, `request`, `get`, `post`, `put`, `delete`, `traffic`, `end-traffic`, `look`, `observe`, `kill`, `stop`, `pause`, `lose-host`, `partition`,
/// `tribes-partition`, `membership-partition`, `drop-outgoing`, `drop-incoming`, `packet-loss`, `latency`, `slow-node`,
/// `fill-disk`, `skew-clock`, `heal`, `restart`,
/// `rolling-restart`, `cold-restart`, `wait`, `repeat`) and what belongs to it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepTable {
    /// What a progress line says meanwhile; made from the step where nothing is said.
    pub say: Option<String>,

    /// Deploys an app: `counter`, `local-counter`, `heavy-counter`, `cdi`, `ejb`, `login`, `basic-login`, `classes`,
    /// `classes-lacking-note`, `in-place`, `early-answer`, or the path of a WAR, from the folder of the scenario's file.
    #[schemars(with = "Option<String>")]
    pub deploy: Option<Spanned<String>>,
    /// Takes the app of a context away from every node.
    #[schemars(with = "Option<ContextPath>")]
    pub undeploy: Option<Spanned<ContextPath>>,
    /// Makes requests to the counter app.
    #[schemars(with = "Option<AppRequest>")]
    pub request: Option<Spanned<AppRequest>>,
    /// Makes a GET of a path.
    #[schemars(with = "Option<String>")]
    pub get: Option<Spanned<String>>,
    /// Makes a POST to a path.
    #[schemars(with = "Option<String>")]
    pub post: Option<Spanned<String>>,
    /// Makes a PUT to a path.
    #[schemars(with = "Option<String>")]
    pub put: Option<Spanned<String>>,
    /// Makes a DELETE of a path.
    #[schemars(with = "Option<String>")]
    pub delete: Option<Spanned<String>>,
    /// Lets clients ask the counter app (`"count"`) or any app (`{ get = "/shop/cart" }`) again and again while the
    /// scenario goes on.
    #[schemars(with = "Option<TrafficWord>")]
    pub traffic: Option<Spanned<TrafficWord>>,
    /// Ends the traffic of clients of this name; the scenario's end does so, too.
    #[schemars(with = "Option<ClientName>")]
    pub end_traffic: Option<Spanned<ClientName>>,
    /// Reads on a node what it holds of the client's session, without touching it.
    #[schemars(with = "Option<Target>")]
    pub look: Option<Spanned<Target>>,
    /// Reads every replica of an app's sessions. Done by itself after requests and before faults.
    #[schemars(with = "Option<ContextPath>")]
    pub observe: Option<Spanned<ContextPath>>,
    /// Ends a node's JVM with SIGKILL.
    #[schemars(with = "Option<Target>")]
    pub kill: Option<Spanned<Target>>,
    /// Asks a node to stop (SIGTERM).
    #[schemars(with = "Option<Target>")]
    pub stop: Option<Spanned<Target>>,
    /// Freezes a node.
    #[schemars(with = "Option<Target>")]
    pub pause: Option<Spanned<Target>>,
    /// Makes a node vanish with its host.
    #[schemars(with = "Option<Target>")]
    pub lose_host: Option<Spanned<Target>>,
    /// Drops all traffic between a node and its peers, both ways; clients still reach it.
    #[schemars(with = "Option<Target>")]
    pub partition: Option<Spanned<Target>>,
    /// Drops only Tribes between a node and its peers, both ways.
    #[schemars(with = "Option<Target>")]
    pub tribes_partition: Option<Spanned<Target>>,
    /// Drops only the multicast heartbeats between a node and its peers, both ways.
    #[schemars(with = "Option<Target>")]
    pub membership_partition: Option<Spanned<Target>>,
    /// Drops what a node sends to its peers.
    #[schemars(with = "Option<Target>")]
    pub drop_outgoing: Option<Spanned<Target>>,
    /// Drops what its peers send to a node.
    #[schemars(with = "Option<Target>")]
    pub drop_incoming: Option<Spanned<Target>>,
    /// Drops `percent` of a hundred packets between a node and its peers, both ways.
    #[schemars(with = "Option<Target>")]
    pub packet_loss: Option<Spanned<Target>>,
    /// Holds each packet between a node and its peers back for `delay`, both ways.
    #[schemars(with = "Option<Target>")]
    pub latency: Option<Spanned<Target>>,
    /// Leaves a node `percent` hundredths of one processor core.
    #[schemars(with = "Option<Target>")]
    pub slow_node: Option<Spanned<Target>>,
    /// Fills the disk that a node's files are on.
    #[schemars(with = "Option<Target>")]
    pub fill_disk: Option<Spanned<Target>>,
    /// Sets the clock of a node's JVM wrong, `by` as much.
    #[schemars(with = "Option<Target>")]
    pub skew_clock: Option<Spanned<Target>>,
    /// Undoes what was done to a node and can be undone.
    #[schemars(with = "Option<Target>")]
    pub heal: Option<Spanned<Target>>,
    /// Starts a node again and waits until it holds what its peers hold.
    #[schemars(with = "Option<Target>")]
    pub restart: Option<Spanned<Target>>,
    /// Ends (`"stop"` or `"kill"`) and restarts one node after the other.
    #[schemars(with = "Option<FaultKind>")]
    pub rolling_restart: Option<Spanned<FaultKind>>,
    /// Ends (`"stop"` or `"kill"`) all nodes and starts them at one time.
    #[schemars(with = "Option<FaultKind>")]
    pub cold_restart: Option<Spanned<FaultKind>>,
    /// Waits for a fact, never for time alone.
    #[schemars(with = "Option<WaitWord>")]
    pub wait: Option<Spanned<WaitWord>>,
    /// Repeats the steps in `steps`, at most 1000 times.
    #[schemars(with = "Option<u32>")]
    pub repeat: Option<Spanned<u32>>,

    /// Who asks; `alice` where nobody is named.
    pub client: Option<ClientName>,
    /// How many clients ask, each with its own session.
    #[schemars(with = "Option<u32>")]
    pub clients: Option<Spanned<u32>>,
    /// How many of the clients ask at one time.
    #[schemars(with = "Option<u32>")]
    pub parallel: Option<Spanned<u32>>,
    /// How many requests of one client, all with its one cookie, go on at one time.
    #[schemars(with = "Option<u32>")]
    pub at_once: Option<Spanned<u32>>,
    /// The node that is asked or waited for.
    #[schemars(with = "Option<Target>")]
    pub on: Option<Spanned<Target>>,
    /// How often each client asks.
    #[schemars(with = "Option<u32>")]
    pub times: Option<Spanned<u32>>,
    /// Where the app is served; the one that was deployed last where nothing is said.
    #[schemars(with = "Option<ContextPath>")]
    pub at: Option<Spanned<ContextPath>>,
    /// Into which folder an app is put.
    #[schemars(with = "Option<Through>")]
    pub through: Option<Spanned<Through>>,
    /// The version of an app, as `002`: several versions of a context are served side by side.
    #[schemars(with = "Option<String>")]
    pub version: Option<Spanned<String>>,
    /// How long the copying of an app takes, in pieces that a deployer can find half done.
    #[schemars(with = "Option<Millis>")]
    pub slowly: Option<Spanned<Millis>>,
    /// How long ago an app's archive was last changed, as its time says.
    #[schemars(with = "Option<Millis>")]
    pub aged: Option<Spanned<Millis>>,
    /// Whether a `deploy` does not wait until the app is served; a later `wait = "deployed"` does.
    #[schemars(with = "bool")]
    pub detach: Option<Spanned<bool>>,
    /// Headers of a request.
    #[schemars(with = "BTreeMap<String, String>")]
    pub headers: Option<Spanned<BTreeMap<String, String>>>,
    /// Fields of a form that a request sends.
    #[schemars(with = "BTreeMap<String, String>")]
    pub form: Option<Spanned<BTreeMap<String, String>>>,
    /// A document that a request sends.
    #[schemars(with = "Option<serde_json::Value>")]
    pub json: Option<Spanned<serde_json::Value>>,
    /// What the client keeps of the answer, each by the name under which `${name}` stands for it later.
    #[schemars(with = "BTreeMap<String, Capture>")]
    pub capture: Option<Spanned<BTreeMap<String, Capture>>>,
    /// From the begin of one request of a client to the begin of its next.
    #[schemars(with = "Option<Millis>")]
    pub every: Option<Spanned<Millis>>,
    /// What a restarted node has otherwise than before.
    #[schemars(with = "Option<RestartTable>")]
    pub with: Option<Spanned<RestartTable>>,
    /// A text to wait for in a node's log.
    #[schemars(with = "Option<String>")]
    pub contains: Option<Spanned<String>>,
    /// How many of a hundred packets a packet loss drops, or how many hundredths of a core a slow node keeps, 1 to 99.
    #[schemars(with = "Option<u8>")]
    pub percent: Option<Spanned<u8>>,
    /// How far a skewed clock jumps: `+1h`, `-30s`.
    #[schemars(with = "Option<Skew>")]
    pub by: Option<Spanned<Skew>>,
    /// How long a latency holds each packet back: 1ms to 60s.
    #[schemars(with = "Option<Millis>")]
    pub delay: Option<Spanned<Millis>>,
    /// After this time a fault is undone, while the scenario goes on.
    #[serde(rename = "for")]
    #[schemars(with = "Option<Millis>")]
    pub lasting: Option<Spanned<Millis>>,
    /// How long a wait may take, or a look until it shows what is expected.
    #[schemars(with = "Option<Millis>")]
    pub within: Option<Spanned<Millis>>,
    /// How many sessions to wait for.
    #[schemars(with = "Option<usize>")]
    pub sessions: Option<Spanned<usize>>,
    /// What the last answer of each client must look like.
    #[schemars(with = "Option<Expect>")]
    pub expect: Option<Spanned<Expect>>,
    /// What is repeated.
    #[schemars(with = "Vec<StepTable>")]
    pub steps: Vec<Spanned<StepTable>>,
}

/// A fact to wait for, by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitWord {
    /// All living nodes list each other and nobody else.
    ClusterFormed,
    /// Every living node serves the app that was deployed with `detach`.
    Deployed,
    /// The node `on` holds the session ids of its peers.
    StateTransferred,
    /// The node `on` holds as many sessions as `sessions` says.
    Sessions,
    /// The log of the node `on` has a line that contains `contains`.
    Log,
}

/// What a restarted node has otherwise than before.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RestartTable {
    /// An app whose archive takes the place of the one that the node has: as in `deploy`.
    #[schemars(with = "Option<String>")]
    pub war: Option<Spanned<String>>,
    /// Where `war` is served; where nothing is said, the only context that is deployed.
    #[schemars(with = "Option<ContextPath>")]
    pub at: Option<Spanned<ContextPath>>,
    /// What becomes of what the node had unpacked of the old archive: `removed` (where nothing is said), so that the new
    /// app runs, or `kept`, as by an operator who replaces the archive alone.
    #[schemars(with = "Option<Unpacked>")]
    pub unpacked: Option<Spanned<Unpacked>>,
    /// What it runs.
    pub server: Option<ServerSpec>,
    /// `JAVA_HOME`.
    #[schemars(with = "Option<String>")]
    pub java: Option<Utf8PathBuf>,
    /// Arguments for its JVM, behind those that it has.
    pub jvm_args: Vec<String>,
    /// Which Manager.
    pub manager: Option<ManagerKind>,
    /// How it sends session changes.
    pub send_options: Option<SendOptions>,
    /// What it says of the elements of `<Cluster>`, in the place of all that it said of them.
    pub elements: Option<Box<ClusterElements>>,
}

impl RestartTable {
    /// The changes, where there are some.
    pub(super) fn changes(&self) -> Option<Box<NodeChanges>> {
        let changes = NodeChanges {
            server: self.server.clone(),
            java: self.java.clone(),
            jvm_args: self.jvm_args.clone(),
            manager: self.manager,
            send_options: self.send_options,
            elements: self.elements.clone(),
            peers: None,
        };
        Some(changes).filter(|changes| !changes.is_none()).map(Box::new)
    }
}

/// `"a"` or `["a", "b"]`.
fn one_or_many_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let one = generator.subschema_for::<Violation>();
    let many = generator.subschema_for::<Vec<Violation>>();
    schemars::json_schema!({ "anyOf": [one, many] })
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Violation>, D::Error> {
    /// Takes either form and keeps the message of the one that was meant.
    struct Visitor;

    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Vec<Violation>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the name of a violation, or a list of such names")
        }

        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
            Violation::deserialize(serde::de::value::StrDeserializer::new(word)).map(|violation| vec![violation])
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))
        }
    }

    deserializer.deserialize_any(Visitor)
}

impl StepTable {
    /// The nodes' names that it mentions, each with its place.
    pub(super) fn targets(&self) -> impl Iterator<Item = &Spanned<Target>> {
        let others = [self.heal.as_ref(), self.restart.as_ref(), self.look.as_ref(), self.on.as_ref()];
        self.faults().into_iter().map(|(_, target)| target).chain(others).flatten()
    }

    /// Says a fault and its target.
    pub(super) fn set_fault(&mut self, kind: FaultKind, target: Option<Spanned<Target>>) {
        let field = match kind {
            FaultKind::Kill => &mut self.kill,
            FaultKind::Stop => &mut self.stop,
            FaultKind::Pause => &mut self.pause,
            FaultKind::LoseHost => &mut self.lose_host,
            FaultKind::Partition => &mut self.partition,
            FaultKind::TribesPartition => &mut self.tribes_partition,
            FaultKind::MembershipPartition => &mut self.membership_partition,
            FaultKind::DropOutgoing => &mut self.drop_outgoing,
            FaultKind::DropIncoming => &mut self.drop_incoming,
            FaultKind::PacketLoss => &mut self.packet_loss,
            FaultKind::Latency => &mut self.latency,
            FaultKind::SlowNode => &mut self.slow_node,
            FaultKind::FillDisk => &mut self.fill_disk,
            FaultKind::SkewClock => &mut self.skew_clock,
        };
        *field = target;
    }

    /// The faults that it may do, each with its target where it does it.
    pub(super) fn faults(&self) -> [(FaultKind, Option<&Spanned<Target>>); 14] {
        [
            (FaultKind::Kill, self.kill.as_ref()),
            (FaultKind::Stop, self.stop.as_ref()),
            (FaultKind::Pause, self.pause.as_ref()),
            (FaultKind::LoseHost, self.lose_host.as_ref()),
            (FaultKind::Partition, self.partition.as_ref()),
            (FaultKind::TribesPartition, self.tribes_partition.as_ref()),
            (FaultKind::MembershipPartition, self.membership_partition.as_ref()),
            (FaultKind::DropOutgoing, self.drop_outgoing.as_ref()),
            (FaultKind::DropIncoming, self.drop_incoming.as_ref()),
            (FaultKind::PacketLoss, self.packet_loss.as_ref()),
            (FaultKind::Latency, self.latency.as_ref()),
            (FaultKind::SlowNode, self.slow_node.as_ref()),
            (FaultKind::FillDisk, self.fill_disk.as_ref()),
            (FaultKind::SkewClock, self.skew_clock.as_ref()),
        ]
    }

    /// The route that it expects.
    pub(super) fn expected_route(&self) -> Option<&NodeName> {
        self.expect.as_ref().and_then(|expect| expect.get_ref().route.as_ref())
    }
}
