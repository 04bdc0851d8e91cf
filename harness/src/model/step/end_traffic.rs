//! `end-traffic`: the traffic of clients ends.

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::named_verbs;
use super::verb::Line;
use crate::model::ClientName;
use crate::model::refusal::Refusal;
use crate::model::state::State;

pub(super) const LINES: &[Line] =
    &[Line::of("end-traffic = \"load\"", "ends the traffic of this client; the scenario's end does so, too")];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Ends the traffic of clients of this name; the scenario's end does so, too.
    pub(super) end_traffic: ClientName,
}

pub(super) fn title(client: &ClientName) -> String {
    format!("the clients like {client} end")
}

pub(super) fn apply(state: &mut State<'_>, client: &ClientName) -> Result<(), Refusal> {
    if state.traffic.remove(client) {
        return Ok(());
    }
    let known = state.traffic.iter().map(ClientName::as_str);
    Err(Refusal::new(format!("no traffic of client `{client}` at this step")).nearest(client.as_str(), known))
}

named_verbs! {
    /// Ends the traffic of a client.
    end_traffic: ClientName;
}
