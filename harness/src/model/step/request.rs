//! `request`: clients ask the counter app.

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::verbs;
use super::load::{Load, client};
use super::verb::Line;
use crate::model::app::App;
use crate::model::app_request::AppRequest;
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ClientName, CompiledApp, ContextPath, Expect, Millis, Target};

pub(super) const LINES: &[Line] = &[Line::of(
    "request = \"count\"",
    "asks the counter app: `count`, `read`, `mutate` (the list in place), `invalidate`, `change-id`, `short-live` (the \
     session ends 5 s after its last use)",
)];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Makes requests to the counter app.
    request: AppRequest,
    /// The node that is asked, waited for, or given an app.
    on: Option<Target>,
    /// Who asks; `alice` where nobody is named.
    client: Option<ClientName>,
    /// How many clients ask, each with its own session.
    clients: Option<u32>,
    /// How many of the clients ask at one time.
    parallel: Option<u32>,
    /// How often each client asks.
    times: Option<u32>,
    /// How many requests of one client, all with its one cookie, go on at one time.
    at_once: Option<u32>,
    /// From the begin of one request of a client to the begin of its next.
    every: Option<Millis>,
    /// Where the app is served; the one that was deployed last where nothing is said.
    at: Option<ContextPath>,
}

pub(super) fn read(
    keys: Keys,
    state: &State<'_>,
) -> Result<(ClientName, Target, ContextPath, AppRequest, Load), Refusal> {
    let context = state.context(keys.at)?;
    let load = Load {
        times: keys.times.unwrap_or(1),
        clients: keys.clients.unwrap_or(1),
        parallel: keys.parallel.unwrap_or(1),
        at_once: keys.at_once.unwrap_or(1),
        every: keys.every,
    };
    Ok((client(keys.client)?, asked(keys.on)?, context, keys.request, load))
}

/// The node of a request.
pub(super) fn asked(on: Option<Target>) -> Result<Target, Refusal> {
    on.ok_or_else(|| {
        Refusal::new("missing `on`").help("`on = \"n1\"`, or a role: `owner`, `backup`, `neither`, `rotate`, `sticky`")
    })
}

pub(super) fn verb(request: AppRequest) -> &'static str {
    match request {
        AppRequest::Count => "count",
        AppRequest::Read => "read",
        AppRequest::Mutate => "change the list in place",
        AppRequest::Invalidate => "end the session",
        AppRequest::ChangeId => "change the session's id",
        AppRequest::ShortLive => "let the session end 5 s after its last use",
    }
}

pub(super) fn apply(
    state: &State<'_>,
    node: &Target,
    context: &ContextPath,
    load: &Load,
    expect: Option<&Expect>,
) -> Result<(), Refusal> {
    state.counter_at(context)?;
    state.asked(node, expect.is_some_and(Expect::is_silence))?;
    if let Some(expect) = expect {
        expect.must_be_of_an_answer()?;
        listened(expect, state, context)?;
    }
    load.check()
}

/// Only one app says what its listener is called for, and only of nodes that there are.
fn listened(expect: &Expect, state: &State<'_>, context: &ContextPath) -> Result<(), Refusal> {
    if !expect.is_about_a_listener() {
        return Ok(());
    }
    let says = App::Compiled(CompiledApp::Listener);
    if !state.apps.iter().any(|(served, app)| served == context && *app == says) {
        let message = format!("`created` and `destroyed` need the app `listener`, which is not at `{context}`");
        return Err(Refusal::new(message).at("expect").help("`deploy = \"listener\"`"));
    }
    let mut named = [&expect.created, &expect.destroyed].into_iter().flatten().flatten();
    named.try_for_each(|node| state.knows(node, Some("expect")))
}

verbs! {
    /// Asks the counter app.
    request: AppRequest;
}
