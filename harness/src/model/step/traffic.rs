//! `traffic`: clients ask on while the scenario goes on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::verbs;
use super::http::{Sent, exchange};
use super::load::{client, clients, pace};
use super::request::asked;
use super::traffic_word::TrafficWord;
use super::verb::Line;
use crate::model::app_request::AppRequest;
use crate::model::exchange::{Capture, Exchange, Part};
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ClientName, ContextPath, Millis, Target, Texts};

pub(super) const LINES: &[Line] = &[
    Line::of("traffic = \"count\"", "lets clients ask the counter app again and again while the scenario goes on")
        .with(&["on", "client", "clients", "every", "at"]),
    Line::of("traffic = { get = \"/shop/cart\" }", "the same of any app; also `post`, `put`, `patch`, `delete`").with(
        &["on", "client", "clients", "every", "headers", "form", "json", "multipart", "body", "follow", "capture"],
    ),
];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Lets clients ask the counter app (`"count"`) or any app (`{ get = "/shop/cart" }`) again and again while the
    /// scenario goes on.
    traffic: TrafficWord,
    /// The node that is asked, waited for, or given an app.
    on: Option<Target>,
    /// Who asks; `alice` where nobody is named.
    client: Option<ClientName>,
    /// How many clients ask, each with its own session.
    clients: Option<u32>,
    /// From the begin of one request of a client to the begin of its next.
    every: Option<Millis>,
    /// Where the app is served; the one that was deployed last where nothing is said.
    at: Option<ContextPath>,
    /// Headers of a request.
    headers: Option<BTreeMap<String, String>>,
    /// Fields of a form that a request sends, each with its value or a list of values.
    form: Option<BTreeMap<String, Texts>>,
    /// A document that a request sends.
    json: Option<serde_json::Value>,
    /// Parts of a form that a request sends as `multipart/form-data`: texts, and files.
    multipart: Option<BTreeMap<String, Part>>,
    /// A text that a request sends, `text/plain` where `headers` has no `Content-Type`.
    body: Option<String>,
    /// Whether redirects are followed, each to the node that is asked.
    follow: Option<bool>,
    /// What the client keeps of the answer, each by the name under which `${name}` stands for it later.
    capture: Option<BTreeMap<String, Capture>>,
}

/// Who asks where, how many, and how often.
pub(super) type Flow = (ClientName, Target, u32, Millis);

/// What is asked.
#[derive(Debug)]
pub(super) enum What {
    Counter(ContextPath, AppRequest),
    Any(Exchange),
}

pub(super) fn read(keys: Keys, state: &State<'_>) -> Result<(Flow, What), Refusal> {
    let node = asked(keys.on)?;
    let Some(every) = keys.every else {
        return Err(Refusal::new("missing `every`").help("`every = \"100ms\"`"));
    };
    let flow = (client(keys.client)?, node, keys.clients.unwrap_or(1), every);
    let sent = Sent {
        headers: keys.headers,
        form: keys.form,
        form_from: None,
        json: keys.json,
        multipart: keys.multipart,
        body: keys.body,
        follow: keys.follow,
        capture: keys.capture,
    };
    match keys.traffic {
        TrafficWord::Counter(request) => {
            nothing_sent(&sent)?;
            Ok((flow, What::Counter(state.context(keys.at)?, request)))
        }
        TrafficWord::Any(word) => {
            if keys.at.is_some() {
                return Err(Refusal::new("`at` is not valid with traffic of any app")
                    .at("at")
                    .help("the path says where the app is served"));
            }
            let (method, path) = word.parts();
            Ok((flow, What::Any(exchange(method, path.to_owned(), sent)?)))
        }
    }
}

/// Refuses what only a request to any app has.
fn nothing_sent(sent: &Sent) -> Result<(), Refusal> {
    let keys = [
        ("headers", sent.headers.is_some()),
        ("form", sent.form.is_some()),
        ("json", sent.json.is_some()),
        ("multipart", sent.multipart.is_some()),
        ("body", sent.body.is_some()),
        ("follow", sent.follow.is_some()),
        ("capture", sent.capture.is_some()),
    ];
    match keys.into_iter().find(|(_, is_there)| *is_there) {
        Some((key, _)) => Err(Refusal::new(format!("`{key}` is not valid with traffic of the counter app"))
            .at(key)
            .help("`traffic = { post = \"/shop/cart\" }` asks any app")),
        None => Ok(()),
    }
}

pub(super) fn title(client: &ClientName, number: u32, what: &str, on: &str, every: Millis) -> String {
    format!("{number} clients like {client} begin to {what} on {on}, each every {every}")
}

/// Traffic of the counter app.
pub(super) fn apply(
    state: &mut State<'_>,
    (client, node, number, every): (&ClientName, &Target, u32, Millis),
    context: &ContextPath,
) -> Result<(), Refusal> {
    begins(state, client, node)?;
    pace(every)?;
    clients(number)?;
    state.counter_at(context)?;
    state.traffic.insert(client.clone());
    Ok(())
}

/// Traffic of any app.
pub(super) fn apply_any(
    state: &mut State<'_>,
    (client, node, number, every): (&ClientName, &Target, u32, Millis),
    exchange: &Exchange,
) -> Result<(), Refusal> {
    begins(state, client, node)?;
    pace(every)?;
    clients(number)?;
    super::http::check(exchange)?;
    state.have_captured(client, number, exchange.needs())?;
    state.capture(client, number, exchange.capture.keys());
    state.traffic.insert(client.clone());
    Ok(())
}

fn begins(state: &State<'_>, client: &ClientName, node: &Target) -> Result<(), Refusal> {
    state.asked(node, false)?;
    if state.traffic.contains(client) {
        return Err(Refusal::new(format!("the traffic of client `{client}` goes on already"))
            .help(format!("`end-traffic = \"{client}\"` before it, or another `client`")));
    }
    Ok(())
}

verbs! {
    /// Lets clients ask the counter app or any app again and again while the scenario goes on.
    traffic: TrafficWord;
}
