//! `look`: what a node holds of a client's session.

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::named_verbs;
use super::load::client;
use super::verb::Line;
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ClientName, ContextPath, Expect, Millis, Target};

pub(super) const LINES: &[Line] = &[Line::of(
    "look = \"n2\"",
    "reads what one node holds of the client's session; with `within = \"10s\"` again and again until it is what is \
     expected, for that long at most",
)];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Reads on a node what it holds of the client's session, without touching it.
    look: Target,
    /// Who asks; `alice` where nobody is named.
    client: Option<ClientName>,
    /// Where the app is served; the one that was deployed last where nothing is said.
    at: Option<ContextPath>,
    /// How long a wait may take, or a look until it shows what is expected.
    within: Option<Millis>,
}

pub(super) fn read(
    keys: Keys,
    state: &State<'_>,
) -> Result<(Target, ClientName, ContextPath, Option<Millis>), Refusal> {
    Ok((keys.look, client(keys.client)?, state.context(keys.at)?, keys.within))
}

pub(super) fn title(node: &str, client: &ClientName, within: Option<Millis>) -> String {
    let within = within.map(|time| format!(", for up to {time}")).unwrap_or_default();
    format!("read what {node} holds of the session of {client}{within}")
}

pub(super) fn apply(
    state: &State<'_>,
    node: &Target,
    context: &ContextPath,
    expect: Option<&Expect>,
) -> Result<(), Refusal> {
    state.must_live(node, None)?;
    state.served(context, Some("at"))?;
    match expect {
        None => Err(Refusal::new("missing `expect`")
            .help("`expect = { replica = \"none\" }`, or `count`, `once`, `list`, `attributes`")),
        Some(expect) if expect.is_about_an_answer() => {
            Err(Refusal::new("`expect` of `look` takes `replica`, `count`, `once`, `list` and `attributes` only")
                .at("expect"))
        }
        Some(_) => Ok(()),
    }
}

named_verbs! {
    /// Reads what a node holds of the client's session.
    look: Target;
}
