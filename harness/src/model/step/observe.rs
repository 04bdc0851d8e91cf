//! `observe`: what every node holds of an app's sessions.

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::named_verbs;
use super::verb::Line;
use crate::model::ContextPath;
use crate::model::refusal::Refusal;
use crate::model::state::State;

pub(super) const LINES: &[Line] = &[Line::of(
    "observe = \"/counter\"",
    "reads every replica without touching a session; done by itself after requests, after a restart, and at the end",
)];

/// What a progress line says of it.
pub(super) const TITLE: &str = "read every replica";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Reads every replica of an app's sessions. Done by itself after requests and before faults.
    pub(super) observe: ContextPath,
}

pub(super) fn apply(state: &State<'_>, context: &ContextPath) -> Result<(), Refusal> {
    state.served(context, None)
}

named_verbs! {
    /// Reads every replica of an app's sessions.
    observe: ContextPath;
}
