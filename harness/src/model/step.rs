//! The steps of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::app_request::AppRequest;
use super::exchange::Exchange;
use super::node_changes::NodeChanges;
use super::plan::App;
use super::{ClientName, ContextPath, Expect, FaultKind, Millis, NodeName, Skew, Target};

/// One step, with its number in the scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// What a progress line says while it runs.
    pub title: String,
    /// What its answers must look like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// What is done.
    #[serde(flatten)]
    pub kind: StepKind,
}

impl StepKind {
    /// A deployment through the farm.
    pub fn deploy(app: App, context: ContextPath) -> Self {
        Self::Deploy { app, context, delivery: Delivery::default() }
    }

    /// A fault without parameters, which lasts.
    pub fn fault(kind: FaultKind, node: impl Into<Target>) -> Self {
        let node = node.into();
        Self::Fault { kind, node, client: None, percent: None, by: None, delay: None, lasting: None }
    }

    /// A restart of a node as it was.
    pub fn restart(node: impl Into<Target>) -> Self {
        Self::Restart { node: node.into(), changes: None, app: None, unpacked: Unpacked::Removed }
    }
}

impl Step {
    /// A step that expects nothing of its own.
    pub fn new(title: impl Into<String>, kind: StepKind) -> Self {
        Self { title: title.into(), expect: None, kind }
    }

    /// A look at every replica of an app's sessions.
    pub fn look(context: &ContextPath) -> Self {
        Self::new("read every replica", StepKind::Observe { context: context.clone() })
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum StepKind {
    /// Starts all nodes and waits until each is ready and sees every other.
    Start,
    /// Deploys an app and waits until every node that is to serve it does: anew, where one of this context was there.
    Deploy {
        /// Which app.
        app: App,
        /// Where it is served.
        context: ContextPath,
        /// On which way.
        #[serde(default, skip_serializing_if = "Delivery::is_farm")]
        delivery: Delivery,
    },
    /// Takes an app away and waits until no node has it.
    Undeploy {
        /// Where it is served.
        context: ContextPath,
        /// On which way it had come.
        #[serde(default, skip_serializing_if = "Delivery::is_farm")]
        delivery: Delivery,
    },
    /// Makes requests to the counter app, each client one after the other.
    Request {
        /// Who asks; where there are several clients, each has this name with its number.
        client: ClientName,
        /// The node that is asked.
        node: Target,
        /// Where the counter app is served.
        context: ContextPath,
        /// What is asked.
        request: AppRequest,
        /// How often.
        #[serde(flatten)]
        load: Load,
    },
    /// Asks any app, each client one request after the other.
    Http {
        /// Who asks; where there are several clients, each has this name with its number.
        client: ClientName,
        /// The node that is asked.
        node: Target,
        /// What is asked.
        #[serde(flatten)]
        exchange: Exchange,
        /// How often.
        #[serde(flatten)]
        load: Load,
    },
    /// Lets clients ask the counter app again and again while the scenario goes on, each one request after the other.
    Traffic {
        /// Who asks; each client has this name with its number.
        client: ClientName,
        /// The node that is asked.
        node: Target,
        /// Where the counter app is served.
        context: ContextPath,
        /// What is asked.
        request: AppRequest,
        /// How many clients ask.
        clients: u32,
        /// From the begin of one request of a client to the begin of its next.
        every: Millis,
    },
    /// The same of any app.
    HttpTraffic {
        /// Who asks; each client has this name with its number.
        client: ClientName,
        /// The node that is asked.
        node: Target,
        /// What is asked.
        #[serde(flatten)]
        exchange: Exchange,
        /// How many clients ask.
        clients: u32,
        /// From the begin of one request of a client to the begin of its next.
        every: Millis,
    },
    /// Ends the traffic of clients of this name.
    EndTraffic {
        /// Their name.
        client: ClientName,
    },
    /// Reads on one node what it holds of a client's session, without touching it.
    Look {
        /// Which node.
        node: Target,
        /// Whose session.
        client: ClientName,
        /// Of which app.
        context: ContextPath,
        /// How long it may take until the node holds what is expected; `None`: one look decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Millis>,
    },
    /// Reads on every living node what its replica of the app's sessions holds, without touching a session.
    Observe {
        /// The app.
        context: ContextPath,
    },
    /// Ends all traffic, waits for the faults that end by themselves, and then asks for the session of every client once
    /// more: of the counter app a read, of any other app the client's last GET that was answered 2xx, of an app of which
    /// it made none nothing but a look. A living node is asked: the one that the session id names, where it lives.
    FinalRead,
    /// Breaks a node.
    Fault {
        /// How.
        kind: FaultKind,
        /// Which one.
        node: Target,
        /// Whose session the role of the node is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<ClientName>,
        /// How many of a hundred packets are lost, where the fault is packet loss; how many hundredths of one processor
        /// core are left, where it is a slow node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        percent: Option<u8>,
        /// How far the clock jumps, where the fault is a skewed clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Skew>,
        /// How much later each packet comes, where the fault is a latency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay: Option<Millis>,
        /// After this time it is undone, while the scenario goes on; without it, only a later step or the end undoes it.
        #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
        lasting: Option<Millis>,
    },
    /// Undoes what was done to a node and can be undone.
    Heal {
        /// Which one.
        node: Target,
    },
    /// Starts a node again and waits until it is ready, seen by all, and its session ids equal its peers'.
    Restart {
        /// Which one.
        node: Target,
        /// What is changed before it starts.
        #[serde(rename = "with", default, skip_serializing_if = "Option::is_none")]
        changes: Option<Box<NodeChanges>>,
        /// An app whose archive takes the place of the one that the node has, while it is down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        app: Option<(App, ContextPath)>,
        /// What becomes of what the node had unpacked of the old archive.
        #[serde(default, skip_serializing_if = "Unpacked::is_removed")]
        unpacked: Unpacked,
    },
    /// Starts all nodes that do not run, at one time, and waits for each as a restart does.
    StartAgain,
    /// Waits for a fact.
    Wait {
        /// Which.
        until: Until,
        /// How long at most, where it is not the limit of its kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Millis>,
    },
}

/// What becomes of the folder that a node had unpacked an archive to when another archive takes its place while the node
/// is down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unpacked {
    /// It is removed, so that the new app runs.
    #[default]
    Removed,
    /// It stays. Tomcat unpacks anew where the archive is newer than the mark that it has left in the folder
    /// (`META-INF/war-tracker`); TomEE leaves none, and goes on with the old app.
    Kept,
}

impl Unpacked {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    fn is_removed(&self) -> bool {
        *self == Self::Removed
    }
}

/// How many clients ask, how often and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Load {
    /// How often each client asks.
    pub times: u32,
    /// How many clients ask.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub clients: u32,
    /// How many of the clients ask at one time.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub parallel: u32,
    /// How many requests of one client, all with its one cookie, go on at one time.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub at_once: u32,
    /// From the begin of one request of a client to that of its next, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Millis>,
}

impl Default for Load {
    /// One request of one client.
    fn default() -> Self {
        Self { times: 1, clients: 1, parallel: 1, at_once: 1, every: None }
    }
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_one(number: &u32) -> bool {
    *number == 1
}

/// A fact to wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Until {
    /// All living nodes list each other and nobody else: after a fault, that its victim is evicted.
    ClusterFormed,
    /// Every living node serves the archive of an app that was dropped without waiting for that.
    Deployed {
        /// Of which app.
        context: ContextPath,
    },
    /// A node holds the session ids of its peers.
    StateTransferred {
        /// Which node.
        node: NodeName,
        /// Of which app.
        context: ContextPath,
    },
    /// A node holds a number of sessions.
    Sessions {
        /// Which node.
        node: NodeName,
        /// Of which app.
        context: ContextPath,
        /// How many.
        count: usize,
    },
    /// A node's log has a line with a text, behind the begin of the last step that did something.
    Log {
        /// Which node.
        node: NodeName,
        /// The text.
        text: String,
    },
}

/// On which way an app comes to the nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Delivery {
    /// By which folder.
    pub through: Through,
    /// Its version, as in `shop##002.war`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The only node to which it is copied; every one where nothing is said. Not of the farm's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<NodeName>,
    /// How long the copying takes, in pieces that a deployer can find half done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowly: Option<Millis>,
    /// How long ago the archive was last changed, as its time says; now where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aged: Option<Millis>,
    /// Whether the scenario goes on at once. A later wait for [`Until::Deployed`] waits for it then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub detach: bool,
}

/// The folder into which an app is put.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// The farm's watch folder of the watcher; `FarmWarDeployer` carries it to the others.
    #[default]
    Farm,
    /// The appBase of each node.
    Copy,
}

kebab!(Through);

impl Delivery {
    fn is_farm(&self) -> bool {
        *self == Self::default()
    }

    /// The version that its context has; empty where it has none.
    pub fn version(&self) -> &str {
        self.version.as_deref().unwrap_or_default()
    }

    /// The name of the archive of a context.
    pub fn war_name(&self, context: &ContextPath) -> String {
        let name = context.war_name();
        match &self.version {
            Some(version) => format!("{}##{version}.war", name.trim_end_matches(".war")),
            None => name,
        }
    }
}

impl StepKind {
    /// The nodes that it names.
    pub(super) fn nodes(&self) -> Vec<&NodeName> {
        match self {
            Self::Request { node, .. }
            | Self::Http { node, .. }
            | Self::Traffic { node, .. }
            | Self::HttpTraffic { node, .. }
            | Self::Look { node, .. }
            | Self::Fault { node, .. }
            | Self::Restart { node, .. }
            | Self::Heal { node } => node.node().into_iter().collect(),
            Self::Wait { until, .. } => match until {
                Until::StateTransferred { node, .. } | Until::Sessions { node, .. } | Until::Log { node, .. } => {
                    vec![node]
                }
                Until::ClusterFormed | Until::Deployed { .. } => vec![],
            },
            Self::Deploy { delivery, .. } | Self::Undeploy { delivery, .. } => delivery.on.iter().collect(),
            Self::Start | Self::StartAgain | Self::Observe { .. } | Self::EndTraffic { .. } | Self::FinalRead => vec![],
        }
    }

    /// Whose answers it waits for: a name, and how many clients have it.
    pub fn clients(&self) -> Option<(&ClientName, u32)> {
        match self {
            Self::Request { client, load, .. } | Self::Http { client, load, .. } => Some((client, load.clients)),
            _ => None,
        }
    }

    /// Whether it starts a node with something else than it had.
    pub fn changes_its_node(&self) -> bool {
        matches!(self, Self::Restart { changes, app, .. } if changes.is_some() || app.is_some())
    }

    /// Whether it does something to cluster or apps, and not only waits or looks.
    pub fn does_something(&self) -> bool {
        !matches!(self, Self::Wait { .. } | Self::Observe { .. } | Self::Look { .. } | Self::EndTraffic { .. })
    }

    /// The context that it needs to be served.
    pub(super) fn context(&self) -> Option<&ContextPath> {
        match self {
            Self::Request { context, .. }
            | Self::Traffic { context, .. }
            | Self::Look { context, .. }
            | Self::Undeploy { context, .. }
            | Self::Observe { context }
            | Self::Wait {
                until:
                    Until::StateTransferred { context, .. } | Until::Sessions { context, .. } | Until::Deployed { context },
                ..
            } => Some(context),
            _ => None,
        }
    }
}
