//! `heal`: what was done to a node is undone.

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::named_verbs;
use super::verb::Line;
use crate::model::Target;
use crate::model::refusal::Refusal;
use crate::model::state::State;

pub(super) const LINES: &[Line] = &[Line::of("heal = \"n1\"", "undoes all that was done to a node and can be undone")];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Undoes what was done to a node and can be undone.
    pub(super) heal: Target,
}

pub(super) fn title(node: &str) -> String {
    format!("heal {node}")
}

pub(super) fn apply(state: &mut State<'_>, target: &Target) -> Result<(), Refusal> {
    let Some(node) = target.node() else { return Ok(()) };
    let lasted = state.nodes.lasting.remove(node).is_some();
    // One with `for` may have been undone by itself; its `heal` ends it early, or does nothing.
    let may_last = state.nodes.timed.remove(node);
    if state.nodes.living.is_some() && !lasted && !may_last {
        return Err(Refusal::new(format!("no fault lasts on node `{node}`")).help("`restart` brings a dead node back"));
    }
    Ok(())
}

named_verbs! {
    /// Undoes what was done to a node.
    heal: Target;
}
