//! The steps of a plan: what each does, and which may follow in which state.
//!
//! Each step has a file of its own: the keys by which a scenario says it, how it is read, its title, and when it may follow.
//! What is here is the table of them: [`StepKind`] as a plan stores it, [`VERBS`] as a scenario writes it, and one match for
//! each question. How a step is done is in `runner/executor.rs`.

pub(super) mod builder;
mod constructors;
mod delivery;
mod load;
mod traffic_word;
pub mod verb;
mod wait;

mod deploy;
mod end_traffic;
mod fault;
mod final_read;
mod front;
mod heal;
mod http;
mod look;
mod observe;
mod request;
mod restart;
mod start;
mod start_again;
mod traffic;
mod undeploy;

pub use builder::StepBuilder;
pub use delivery::{Delivery, Through};
pub use load::Load;
pub use restart::{RestartTable, Unpacked};
pub use traffic_word::{PathWord, TrafficWord};
pub use wait::{Until, WaitWord};

pub(super) use builder::verbs;
pub(super) use fault::{keys as fault_keys, lasts as fault_lasts, schema as fault_schema};
pub(super) use final_read::TITLE as FINAL_READ;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::verb::{Verb, read, schema};
use super::app::App;
pub use super::app_request::AppRequest;
use super::exchange::Exchange;
use super::fault::{Fault, FaultKind, Part};
use super::node_changes::NodeChanges;
use super::refusal::Refusal;
use super::state::State;
use super::written::{ScenarioError, Written};
use super::{Capability, ClientName, ContextPath, Expect, FrontOrder, Millis, NodeName, Target, Topology};

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
        /// How, with its parameters.
        #[serde(flatten)]
        fault: Fault,
        /// Which one.
        node: Target,
        /// Whose session the role of the node is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<ClientName>,
        /// After this time it is undone, while the scenario goes on; without it, only a later step or the end undoes it.
        #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
        lasting: Option<Millis>,
    },
    /// Undoes what was done to a node and can be undone.
    Heal {
        /// Which one.
        node: Target,
    },
    /// Tells the balancer in front what to do with a node, and waits until it does.
    Front {
        /// Which one.
        node: Target,
        /// What.
        order: FrontOrder,
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

/// A row of [`VERBS`]: the module of the verb, its names, and the step that its keys are in a state.
macro_rules! row {
    ($verb:ident, $names:expr, |$keys:ident, $state:pat_param| $step:expr) => {
        Verb {
            names: &$names,
            lines: $verb::LINES,
            schema: schema::<$verb::Keys>,
            read: |written, verb, $state| read(written, verb, |$keys: $verb::Keys| $step),
        }
    };
}

/// The verbs by which a scenario says a step. Beside these each fault is a verb.
pub static VERBS: &[Verb<StepKind>] = &[
    row!(deploy, ["deploy"], |keys, state| {
        deploy::read(keys, state).map(|(app, context, delivery)| StepKind::Deploy { app, context, delivery })
    }),
    row!(undeploy, ["undeploy"], |keys, state| {
        undeploy::read(keys, state).map(|(context, delivery)| StepKind::Undeploy { context, delivery })
    }),
    row!(request, ["request"], |keys, state| {
        let (client, node, context, request, load) = request::read(keys, state)?;
        Ok(StepKind::Request { client, node, context, request, load })
    }),
    row!(http, ["get", "post", "put", "patch", "delete", "submit"], |keys, _| {
        http::read(keys).map(|(client, node, exchange, load)| StepKind::Http { client, node, exchange, load })
    }),
    row!(traffic, ["traffic"], |keys, state| {
        let ((client, node, clients, every), what) = traffic::read(keys, state)?;
        Ok(match what {
            traffic::What::Counter(context, request) => {
                StepKind::Traffic { client, node, context, request, clients, every }
            }
            traffic::What::Any(exchange) => StepKind::HttpTraffic { client, node, exchange, clients, every },
        })
    }),
    row!(end_traffic, ["end-traffic"], |keys, _| Ok(StepKind::EndTraffic { client: keys.end_traffic })),
    row!(look, ["look"], |keys, state| {
        let (node, client, context, within) = look::read(keys, state)?;
        Ok(StepKind::Look { node, client, context, within })
    }),
    row!(observe, ["observe"], |keys, _| Ok(StepKind::Observe { context: keys.observe })),
    row!(heal, ["heal"], |keys, _| Ok(StepKind::Heal { node: keys.heal })),
    row!(front, ["drain", "maint", "ready"], |keys, _| {
        front::read(keys).map(|(node, order)| StepKind::Front { node, order })
    }),
    row!(restart, ["restart"], |keys, state| {
        let (node, changes, app, unpacked) = restart::read(keys, state)?;
        Ok(StepKind::Restart { node, changes, app, unpacked })
    }),
    row!(wait, ["wait"], |keys, state| {
        wait::read(keys, state).map(|(until, within)| StepKind::Wait { until, within })
    }),
];

/// The fault that a verb is, as it is written; `None` where the verb is none.
pub(super) fn broken(written: &Written<'_>, verb: &str) -> Option<Result<StepKind, ScenarioError>> {
    let read = fault::read(written, fault::kind(verb)?);
    Some(read.map(|(fault, node, client, lasting)| StepKind::Fault { fault, node, client, lasting }))
}

impl State<'_> {
    /// Goes on by a step, or says why it cannot follow here; the state is then as it was. A caller that only asks applies it
    /// to a copy.
    ///
    /// # Errors
    /// What the step needs is not there: a node that runs, an app that is served, a fault that can be undone.
    pub fn apply(&mut self, step: &Step) -> Result<(), Refusal> {
        let expect = step.expect.as_ref();
        if !self.started && step.kind != StepKind::Start {
            return Err(Refusal::new("the cluster is not started at this step"));
        }
        for (key, node) in step.kind.nodes() {
            self.knows(node, key)?;
        }
        if let Some(expect) = expect {
            expect.check(&step.kind.verb(), step.kind.shows_logs_only())?;
            if let Some(node) = &expect.route {
                self.knows(node, Some("expect"))?;
            }
        }
        match &step.kind {
            StepKind::Look { node, .. }
            | StepKind::Fault { node, .. }
            | StepKind::Heal { node }
            | StepKind::Front { node, .. }
            | StepKind::Restart { node, .. } => Self::is_a_node(node)?,
            _ => {}
        }
        match &step.kind {
            StepKind::Start => start::apply(self),
            StepKind::Deploy { app, context, delivery } => deploy::apply(self, app, context, delivery),
            StepKind::Undeploy { context, delivery } => undeploy::apply(self, context, delivery),
            StepKind::Request { node, context, load, .. } => request::apply(self, node, context, load, expect),
            StepKind::Http { client, node, exchange, load } => {
                http::apply(self, (client, node), exchange, load, expect)
            }
            StepKind::Traffic { client, node, context, clients, every, .. } => {
                traffic::apply(self, (client, node, *clients, *every), context)
            }
            StepKind::HttpTraffic { client, node, exchange, clients, every } => {
                traffic::apply_any(self, (client, node, *clients, *every), exchange)
            }
            StepKind::EndTraffic { client } => end_traffic::apply(self, client),
            StepKind::Look { node, context, .. } => look::apply(self, node, context, expect),
            StepKind::Observe { context } => observe::apply(self, context),
            StepKind::FinalRead => Ok(()),
            StepKind::Fault { fault, node, lasting, .. } => fault::apply(self, *fault, node, *lasting),
            StepKind::Heal { node } => heal::apply(self, node),
            StepKind::Front { node, .. } => front::apply(self, node),
            StepKind::Restart { node, app, .. } => restart::apply(self, node, app.as_ref()),
            StepKind::StartAgain => start_again::apply(self),
            StepKind::Wait { until, .. } => wait::apply(self, until),
        }
    }
}

impl StepKind {
    /// What a progress line says of it.
    pub fn title(&self, topology: &Topology) -> String {
        match self {
            Self::Start => start::title(topology),
            Self::Deploy { app, context, delivery } => deploy::title(app, context, delivery, topology),
            Self::Undeploy { context, delivery } => undeploy::title(context, delivery, topology),
            Self::Request { client, node, request, load, .. } => {
                load.title(client, request::verb(*request), &node.in_words())
            }
            Self::Http { client, node, exchange, load } => {
                load.title(client, &http::asked_for(exchange), &node.in_words())
            }
            Self::Traffic { client, node, request, clients, every, .. } => {
                traffic::title(client, *clients, request::verb(*request), &node.in_words(), *every)
            }
            Self::HttpTraffic { client, node, exchange, clients, every } => {
                traffic::title(client, *clients, &http::asked_for(exchange), &node.in_words(), *every)
            }
            Self::EndTraffic { client } => end_traffic::title(client),
            Self::Look { node, client, within, .. } => look::title(&node.in_words(), client, *within),
            Self::Observe { .. } => observe::TITLE.to_owned(),
            Self::FinalRead => final_read::TITLE.to_owned(),
            Self::Fault { fault, node, lasting, .. } => fault::title(*fault, &node.in_words(), *lasting),
            Self::Heal { node } => heal::title(&node.in_words()),
            Self::Front { node, order } => front::title(*order, &node.in_words()),
            Self::Restart { node, changes, app, unpacked } => {
                restart::title(&node.in_words(), changes.as_deref(), app.as_ref(), *unpacked)
            }
            Self::StartAgain => start_again::TITLE.to_owned(),
            Self::Wait { until, .. } => wait::title(until),
        }
    }

    /// The verb that a scenario says it with, or would.
    pub(super) fn verb(&self) -> String {
        match self {
            Self::Start => "start".to_owned(),
            Self::Deploy { .. } => "deploy".to_owned(),
            Self::Undeploy { .. } => "undeploy".to_owned(),
            Self::Request { .. } => "request".to_owned(),
            Self::Http { exchange, .. } => http::verb(exchange),
            Self::Traffic { .. } | Self::HttpTraffic { .. } => "traffic".to_owned(),
            Self::EndTraffic { .. } => "end-traffic".to_owned(),
            Self::Look { .. } => "look".to_owned(),
            Self::Observe { .. } => "observe".to_owned(),
            Self::FinalRead => "final-read".to_owned(),
            Self::Fault { fault, .. } => fault.kind().to_string(),
            Self::Heal { .. } => "heal".to_owned(),
            Self::Front { order, .. } => order.to_string(),
            Self::Restart { .. } => "restart".to_owned(),
            Self::StartAgain => "cold-restart".to_owned(),
            Self::Wait { .. } => "wait".to_owned(),
        }
    }

    /// Whether nothing can be expected of it but lines of logs.
    fn shows_logs_only(&self) -> bool {
        !matches!(self, Self::Request { .. } | Self::Http { .. } | Self::Look { .. })
    }

    /// The nodes that it names, each with the key that names it; `None` where that is the verb.
    pub(super) fn nodes(&self) -> Vec<(Option<&'static str>, &NodeName)> {
        match self {
            Self::Request { node, .. }
            | Self::Http { node, .. }
            | Self::Traffic { node, .. }
            | Self::HttpTraffic { node, .. } => node.node().map(|node| (Some("on"), node)).into_iter().collect(),
            Self::Look { node, .. }
            | Self::Fault { node, .. }
            | Self::Restart { node, .. }
            | Self::Heal { node }
            | Self::Front { node, .. } => node.node().map(|node| (None, node)).into_iter().collect(),
            Self::Wait { until, .. } => until.node().map(|node| (Some("on"), node)).into_iter().collect(),
            Self::Deploy { delivery, .. } | Self::Undeploy { delivery, .. } => {
                delivery.on.as_ref().map(|node| (Some("on"), node)).into_iter().collect()
            }
            Self::Start | Self::StartAgain | Self::Observe { .. } | Self::EndTraffic { .. } | Self::FinalRead => vec![],
        }
    }

    /// What a runtime must be able to do for it.
    pub(super) fn needs(&self, topology: &Topology) -> Vec<Capability> {
        match self {
            Self::Start => start::needs(topology),
            Self::Fault { fault, .. } => vec![fault.kind().needs()],
            Self::Restart { changes, app, .. } => restart::needs(changes.as_deref(), app.is_some()),
            Self::Front { .. } => vec![Capability::Front],
            Self::Deploy { delivery, .. } => delivery.slowly.map(|_| Capability::SlowCopy).into_iter().collect(),
            Self::Undeploy { .. }
            | Self::Request { .. }
            | Self::Http { .. }
            | Self::Traffic { .. }
            | Self::HttpTraffic { .. }
            | Self::EndTraffic { .. }
            | Self::Look { .. }
            | Self::Observe { .. }
            | Self::FinalRead
            | Self::StartAgain
            | Self::Heal { .. }
            | Self::Wait { .. } => vec![],
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

    /// Whether a reset undoes all that it does to the cluster: it touches no filter, clock, disk or quota, and gives no node
    /// another configuration.
    pub fn can_be_reset(&self) -> bool {
        match self {
            Self::Fault { fault, .. } => fault.kind().about().part == Part::Process,
            Self::Deploy { delivery, .. } | Self::Undeploy { delivery, .. } => *delivery == Delivery::default(),
            Self::Restart { .. } => !self.changes_its_node(),
            // A reset knows nothing of what the balancer was told.
            Self::Front { .. } => false,
            Self::Start
            | Self::StartAgain
            | Self::Request { .. }
            | Self::Http { .. }
            | Self::Traffic { .. }
            | Self::HttpTraffic { .. }
            | Self::EndTraffic { .. }
            | Self::Look { .. }
            | Self::Observe { .. }
            | Self::FinalRead
            | Self::Heal { .. }
            | Self::Wait { .. } => true,
        }
    }

    /// Whether it does something to cluster or apps, and not only waits or looks.
    pub fn does_something(&self) -> bool {
        !matches!(self, Self::Wait { .. } | Self::Observe { .. } | Self::Look { .. } | Self::EndTraffic { .. })
    }

    /// The kind of the fault that it is.
    pub fn fault_kind(&self) -> Option<FaultKind> {
        match self {
            Self::Fault { fault, .. } => Some(fault.kind()),
            _ => None,
        }
    }
}
