//! `wait`: for a fact, never for time alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::builder::{keys, numbers, verbs};
use super::verb::Line;
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ContextPath, FrontState, Millis, NodeName, Target};

pub(super) const LINES: &[Line] = &[
    Line::of("wait = \"deployed\"", "waits until every living node serves the app that was deployed with `detach`")
        .with(&["within", "at"]),
    Line::of("wait = \"cluster-formed\"", "waits until all living nodes list each other and nobody else")
        .with(&["within"]),
    Line::of("wait = \"state-transferred\"", "waits until the node `on` holds its peers' session ids")
        .with(&["on", "within", "at"]),
    Line::of("wait = \"sessions\"", "waits until the node `on` holds `sessions` sessions")
        .with(&["on", "sessions", "within", "at"]),
    Line::of("wait = \"front-up\"` or `\"front-down\"", "waits until the front has the node `on` as UP or DOWN")
        .with(&["on", "within"]),
    Line::of("wait = \"members\"", "waits until the node `on` lists `members` other nodes")
        .with(&["on", "members", "within"]),
    Line::of(
        "wait = \"log\"",
        "waits until the log of the node `on` has a line with `contains`, behind the begin of the last step that did \
         something",
    )
    .with(&["on", "contains", "within"]),
];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Waits for a fact, never for time alone.
    wait: WaitWord,
    /// The node that is asked, waited for, or given an app.
    on: Option<Target>,
    /// Where the app is served; the one that was deployed last where nothing is said.
    at: Option<ContextPath>,
    /// A text to wait for in a node's log.
    contains: Option<String>,
    /// How many sessions to wait for.
    sessions: Option<usize>,
    /// How many other nodes to wait for.
    members: Option<usize>,
    /// How long a wait may take, or a look until it shows what is expected.
    within: Option<Millis>,
}

/// A fact to wait for, by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// The node `on` lists as many other nodes as `members` says.
    Members,
    /// The log of the node `on` has a line that contains `contains`.
    Log,
    /// The front has the node `on` as UP.
    FrontUp,
    /// The front has the node `on` as DOWN.
    FrontDown,
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
    /// A node lists a number of other nodes.
    Members {
        /// Which node.
        node: NodeName,
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
    /// The front has a node in a state.
    Front {
        /// Which node.
        node: NodeName,
        /// In which.
        state: FrontState,
    },
}

impl Until {
    /// The node that it is about.
    pub(super) fn node(&self) -> Option<&NodeName> {
        match self {
            Self::StateTransferred { node, .. }
            | Self::Sessions { node, .. }
            | Self::Members { node, .. }
            | Self::Log { node, .. }
            | Self::Front { node, .. } => Some(node),
            Self::ClusterFormed | Self::Deployed { .. } => None,
        }
    }
}

pub(super) fn read(keys: Keys, state: &State<'_>) -> Result<(Until, Option<Millis>), Refusal> {
    let Keys { on, at, contains, sessions, members, .. } = keys;
    let until = match keys.wait {
        WaitWord::ClusterFormed => Until::ClusterFormed,
        WaitWord::Deployed => Until::Deployed { context: state.context(at)? },
        WaitWord::StateTransferred => Until::StateTransferred { node: named(on)?, context: state.context(at)? },
        WaitWord::FrontUp => Until::Front { node: named(on)?, state: FrontState::Up },
        WaitWord::FrontDown => Until::Front { node: named(on)?, state: FrontState::Down },
        WaitWord::Log => match contains {
            Some(text) => Until::Log { node: named(on)?, text },
            None => return Err(no_text()),
        },
        WaitWord::Members => match members {
            Some(count) => Until::Members { node: named(on)?, count },
            None => return Err(Refusal::new("missing `members`").help("`members = 2`")),
        },
        WaitWord::Sessions => match sessions {
            Some(count) => Until::Sessions { context: state.context(at)?, node: named(on)?, count },
            None => return Err(Refusal::new("missing `sessions`").help("`sessions = 5`")),
        },
    };
    Ok((until, keys.within))
}

fn named(on: Option<Target>) -> Result<NodeName, Refusal> {
    match on {
        Some(Target::Node(node)) => Ok(node),
        Some(Target::Role(role)) => {
            Err(Refusal::new(format!("`{role}` is a role, expected the name of a node")).at("on"))
        }
        None => Err(Refusal::new("missing `on`").help("`on = \"n1\"`")),
    }
}

fn no_text() -> Refusal {
    Refusal::new("missing `contains`").help("`contains = \"Relocation of map entries was complete\"`")
}

pub(super) fn title(until: &Until) -> String {
    let fact = match until {
        Until::Deployed { context } => format!("every node serves {context}"),
        Until::ClusterFormed => "all see each other".to_owned(),
        Until::StateTransferred { node, .. } => format!("{node} holds its peers' sessions"),
        Until::Sessions { node, count, .. } => format!("{node} holds {count} sessions"),
        Until::Members { node, count } => format!("{node} lists {count} members"),
        Until::Log { node, text } => format!("{node} logs {text:?}"),
        Until::Front { node, state } => format!("{node} is {state} in the front"),
    };
    format!("wait until {fact}")
}

pub(super) fn apply(state: &mut State<'_>, until: &Until) -> Result<(), Refusal> {
    match until {
        Until::ClusterFormed => match state.nodes.first_with(|kind| kind.about().is_one_way) {
            Some((node, kind)) => {
                let message = format!(
                    "`cluster-formed` is undecided while the {kind} of `{node}` lasts: who sees whom depends on what is sent"
                );
                Err(Refusal::new(message).help(format!("`heal = \"{node}\"` before it")))
            }
            None => Ok(()),
        },
        Until::Deployed { context } => {
            state.served(context, Some("at"))?;
            if state.detached.remove(context) {
                return Ok(());
            }
            Err(Refusal::new(format!("the `deploy` of `{context}` has waited already"))
                .help("`detach = true` in the `deploy` goes on without that"))
        }
        Until::StateTransferred { context, .. } | Until::Sessions { context, .. } => state.served(context, Some("at")),
        Until::Log { text, .. } if text.trim().is_empty() => {
            Err(Refusal::new("`contains` must not be empty").at("contains"))
        }
        Until::Front { .. } if state.topology.front.is_none() => {
            Err(Refusal::new("there is no balancer in front of the nodes").help("a table `[front]`"))
        }
        Until::Members { count, .. } if state.topology.nodes.len() <= *count => {
            let most = state.topology.nodes.len() - 1;
            Err(Refusal::new(format!("a node lists at most {most} members: itself is none")).at("members"))
        }
        Until::Members { .. } | Until::Log { .. } | Until::Front { .. } => Ok(()),
    }
}

verbs! {
    /// Waits for a fact.
    wait: WaitWord;
}

numbers! {
    /// How many sessions to wait for.
    sessions: usize;
    /// How many other nodes to wait for.
    members: usize;
}

keys! {
    /// A text to wait for.
    contains: String;
}
