//! `get`, `post`, `put`, `delete`: clients ask any app.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::{keys, verbs};
use super::load::{Load, client};
use super::request::asked;
use super::verb::Line;
use crate::model::exchange::{Body, Capture, Exchange, Method};
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ClientName, Expect, Millis, Target};

pub(super) const LINES: &[Line] = &[Line::of("get`, `post`, `put`, `delete = \"/shop/cart\"", "asks any app")];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Makes a GET of a path.
    get: Option<String>,
    /// Makes a POST to a path.
    post: Option<String>,
    /// Makes a PUT to a path.
    put: Option<String>,
    /// Makes a DELETE of a path.
    delete: Option<String>,
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
    /// Headers of a request.
    headers: Option<BTreeMap<String, String>>,
    /// Fields of a form that a request sends.
    form: Option<BTreeMap<String, String>>,
    /// A document that a request sends.
    json: Option<serde_json::Value>,
    /// What the client keeps of the answer, each by the name under which `${name}` stands for it later.
    capture: Option<BTreeMap<String, Capture>>,
}

/// What a request sends beside its path, and what is kept of the answer.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) headers: Option<BTreeMap<String, String>>,
    pub(super) form: Option<BTreeMap<String, String>>,
    pub(super) json: Option<serde_json::Value>,
    pub(super) capture: Option<BTreeMap<String, Capture>>,
}

pub(super) fn read(keys: Keys) -> Result<(ClientName, Target, Exchange, Load), Refusal> {
    let methods =
        [(Method::Get, keys.get), (Method::Post, keys.post), (Method::Put, keys.put), (Method::Delete, keys.delete)];
    let named = methods.into_iter().find_map(|(method, path)| Some((method, path?)));
    let Some((method, path)) = named else { return Err(Refusal::new("missing path")) };
    let load = Load {
        times: keys.times.unwrap_or(1),
        clients: keys.clients.unwrap_or(1),
        parallel: keys.parallel.unwrap_or(1),
        at_once: keys.at_once.unwrap_or(1),
        every: keys.every,
    };
    let sent = Sent { headers: keys.headers, form: keys.form, json: keys.json, capture: keys.capture };
    Ok((client(keys.client)?, asked(keys.on)?, exchange(method, path, sent)?, load))
}

/// The request of what is written.
pub(super) fn exchange(method: Method, path: String, sent: Sent) -> Result<Exchange, Refusal> {
    let body = match (sent.form, sent.json) {
        (Some(_), Some(_)) => return Err(Refusal::new("`form` and `json` exclude each other").at("json")),
        (Some(form), None) => Some(Body::Form(form)),
        (None, Some(json)) => Some(Body::Json(json)),
        (None, None) => None,
    };
    let (headers, capture) = (sent.headers.unwrap_or_default(), sent.capture.unwrap_or_default());
    Ok(Exchange { method, path, headers, body, capture })
}

/// What a request is, in a title, as in `get /shop/cart`.
pub(super) fn asked_for(exchange: &Exchange) -> String {
    format!("{} {}", exchange.method.to_string().to_lowercase(), exchange.path)
}

pub(super) fn apply(
    state: &mut State<'_>,
    (client, node): (&ClientName, &Target),
    exchange: &Exchange,
    load: &Load,
    expect: Option<&Expect>,
) -> Result<(), Refusal> {
    state.asked(node, expect.is_some_and(Expect::is_silence))?;
    if let Some(expect) = expect {
        expect.must_be_of_an_answer()?;
        if expect.is_about_a_listener() {
            return Err(Refusal::new("`created` and `destroyed` are not valid with a request to any app")
                .at("expect")
                .help("`deploy = \"listener\"`, and a `request` to it"));
        }
        if expect.is_about_the_counter() {
            return Err(Refusal::new("`count`, `once` and `list` are not valid with a request to any app")
                .at("expect")
                .help("`body` is a text that any answer may contain"));
        }
    }
    load.check()?;
    check(exchange)?;
    state.have_captured(client, load.clients, exchange.needs())?;
    state.capture(client, load.clients, exchange.capture.keys());
    Ok(())
}

/// What can be sent.
pub(super) fn check(exchange: &Exchange) -> Result<(), Refusal> {
    if !Exchange::is_path(&exchange.path) {
        return Err(Refusal::new(format!("invalid path `{}`, expected `/` and no spaces", exchange.path)));
    }
    if let (Method::Get | Method::Delete, Some(body)) = (exchange.method, &exchange.body) {
        let key = match body {
            Body::Form(_) => "form",
            Body::Json(_) => "json",
        };
        let verb = exchange.method.to_string().to_lowercase();
        let message = format!("`{key}` is not valid with `{verb}`");
        return Err(Refusal::new(message).at(key).help("it belongs to `post`, `put`, `traffic`"));
    }
    let token = |name: &String| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let fits = |value: &String| !value.chars().any(char::is_control);
    if !exchange.headers.iter().all(|(name, value)| token(name) && fits(value)) {
        let message = "invalid header, expected a name of letters, digits and `-`, and one line of text";
        return Err(Refusal::new(message).at("headers"));
    }
    Ok(())
}

verbs! {
    /// Makes a GET.
    get: String;
    /// Makes a POST.
    post: String;
    /// Makes a PUT.
    put: String;
    /// Makes a DELETE.
    delete: String;
}

keys! {
    /// Headers of a request.
    headers: BTreeMap<String, String>;
    /// Fields of a form.
    form: BTreeMap<String, String>;
    /// A document.
    json: serde_json::Value;
    /// What the client keeps of the answer.
    capture: BTreeMap<String, Capture>;
}
