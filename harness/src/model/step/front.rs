//! `drain`, `maint`, `ready`: what the balancer in front does with a node.

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::named_verbs;
use super::verb::Line;
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{FrontOrder, Target};

pub(super) const LINES: &[Line] = &[
    Line::of("drain = \"n1\"", "the front gives the node no new sessions; those that are on it stay").with(&[]),
    Line::of("maint = \"n1\"", "the front gives the node nothing more, and waits until what is under way is answered")
        .with(&[]),
    Line::of(
        "ready = \"n1\"",
        "the front takes the node for one of its own again, at once and before any check, as `HAProxy` does",
    )
    .with(&[]),
];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// The front gives the node no new sessions; those that are on it stay.
    drain: Option<Target>,
    /// The front gives the node nothing more, and waits until what is under way is answered.
    maint: Option<Target>,
    /// The front takes the node for one of its own again.
    ready: Option<Target>,
}

pub(super) fn read(keys: Keys) -> Result<(Target, FrontOrder), Refusal> {
    let all = [(keys.drain, FrontOrder::Drain), (keys.maint, FrontOrder::Maint), (keys.ready, FrontOrder::Ready)];
    let said = all.into_iter().find_map(|(node, order)| Some((node?, order)));
    said.ok_or_else(|| Refusal::new("missing node"))
}

pub(super) fn title(order: FrontOrder, node: &str) -> String {
    format!("{order} {node} in the front")
}

pub(super) fn apply(state: &State<'_>, node: &Target) -> Result<(), Refusal> {
    if state.topology.front.is_none() {
        return Err(Refusal::new("there is no balancer in front of the nodes").help("a table `[front]`"));
    }
    match node {
        Target::Node(_) => Ok(()),
        Target::Role(role) => Err(Refusal::new(format!("`{role}` is a role, expected the name of a node"))),
    }
}

named_verbs! {
    /// The front gives a node no new sessions.
    drain: Target;
    /// The front gives a node nothing more.
    maint: Target;
    /// The front takes a node for one of its own again.
    ready: Target;
}
