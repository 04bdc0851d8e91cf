//! `undeploy`: an app goes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::named_verbs;
use super::delivery::{Delivery, Through};
use super::verb::Line;
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ContextPath, Target, Topology};

pub(super) const LINES: &[Line] =
    &[Line::of("undeploy = \"/counter\"", "takes its archive away and waits until no node has the context")];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Takes the app of a context away from every node.
    undeploy: ContextPath,
    /// Into which folder an app is put.
    through: Option<Through>,
    /// The version of an app, as `002`: several versions of a context are served side by side.
    version: Option<String>,
    /// The node that is asked, waited for, or given an app.
    on: Option<Target>,
}

pub(super) fn read(keys: Keys, state: &State<'_>) -> Result<(ContextPath, Delivery), Refusal> {
    let through = keys.through.unwrap_or_default();
    let on = Delivery::to(keys.on, through, state)?;
    Ok((keys.undeploy, Delivery { through, version: keys.version, on, ..Delivery::default() }))
}

pub(super) fn title(context: &ContextPath, delivery: &Delivery, topology: &Topology) -> String {
    format!("undeploy {context}{} {}", delivery.of_version(), delivery.way(topology))
}

pub(super) fn apply(state: &mut State<'_>, context: &ContextPath, delivery: &Delivery) -> Result<(), Refusal> {
    state.served(context, None)?;
    delivery.check(state)?;
    if delivery.version.is_none() {
        state.apps.retain(|(served, _)| served != context);
    }
    Ok(())
}

named_verbs! {
    /// Takes the app of a context away.
    undeploy: ContextPath;
}
