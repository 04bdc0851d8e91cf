//! `get`, `post`, `put`, `patch`, `delete`, `submit`: clients ask any app.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::builder::{keys, verbs};
use super::load::{Load, client};
use super::request::asked;
use super::verb::Line;
use crate::model::exchange::{Body, Capture, Exchange, Method, Part};
use crate::model::refusal::Refusal;
use crate::model::state::State;
use crate::model::{ClientName, Expect, Millis, Target, Texts};

pub(super) const LINES: &[Line] = &[
    Line::of("get`, `post`, `put`, `patch`, `delete = \"/shop/cart\"", "asks any app"),
    Line::of(
        "submit = \"#login\"",
        "sends a form of the page that the client got last, by its action and method, with the fields that it has; those of \
         `form` take the places of equal ones. Also `\"form[name=login]\"`, or `\"form\"` for the first one",
    ),
];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Keys {
    /// Makes a GET of a path.
    get: Option<String>,
    /// Makes a POST to a path.
    post: Option<String>,
    /// Makes a PUT to a path.
    put: Option<String>,
    /// Makes a PATCH of a path.
    patch: Option<String>,
    /// Makes a DELETE of a path.
    delete: Option<String>,
    /// Sends a form of the page that the client got last, as `#login`, `form[name=login]`, or `form` for the first one.
    submit: Option<String>,
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
    /// Fields of a form that a request sends, each with its value or a list of values.
    form: Option<BTreeMap<String, Texts>>,
    /// A form of the page that the client got last, whose fields are sent as well.
    form_from: Option<String>,
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

/// What a request sends beside its path, and what is kept of the answer.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) headers: Option<BTreeMap<String, String>>,
    pub(super) form: Option<BTreeMap<String, Texts>>,
    pub(super) form_from: Option<String>,
    pub(super) json: Option<serde_json::Value>,
    pub(super) multipart: Option<BTreeMap<String, Part>>,
    pub(super) body: Option<String>,
    pub(super) follow: Option<bool>,
    pub(super) capture: Option<BTreeMap<String, Capture>>,
}

pub(super) fn read(keys: Keys) -> Result<(ClientName, Target, Exchange, Load), Refusal> {
    let load = Load {
        times: keys.times.unwrap_or(1),
        clients: keys.clients.unwrap_or(1),
        parallel: keys.parallel.unwrap_or(1),
        at_once: keys.at_once.unwrap_or(1),
        every: keys.every,
    };
    let methods = [
        (Method::Get, keys.get),
        (Method::Post, keys.post),
        (Method::Put, keys.put),
        (Method::Patch, keys.patch),
        (Method::Delete, keys.delete),
    ];
    let named = methods.into_iter().find_map(|(method, path)| Some((method, path?)));
    let (method, path, form_from) = match (named, keys.submit) {
        (Some((method, path)), _) => (method, path, keys.form_from),
        (None, Some(_)) if keys.form_from.is_some() => {
            return Err(Refusal::new("`submit` and `form-from` exclude each other").at("form-from"));
        }
        (None, Some(form)) => (Method::Post, String::new(), Some(form)),
        (None, None) => return Err(Refusal::new("missing path")),
    };
    let sent = Sent {
        headers: keys.headers,
        form: keys.form,
        form_from,
        json: keys.json,
        multipart: keys.multipart,
        body: keys.body,
        follow: keys.follow,
        capture: keys.capture,
    };
    Ok((client(keys.client)?, asked(keys.on)?, exchange(method, path, sent)?, load))
}

/// The request of what is written.
pub(super) fn exchange(method: Method, path: String, sent: Sent) -> Result<Exchange, Refusal> {
    let bodies = [
        sent.form.map(Body::Form),
        sent.json.map(Body::Json),
        sent.multipart.map(Body::Multipart),
        sent.body.map(Body::Raw),
    ];
    let mut bodies = bodies.into_iter().flatten();
    let (body, other) = (bodies.next(), bodies.next());
    if let (Some(body), Some(other)) = (&body, other) {
        return Err(Refusal::new(format!("`{}` and `{}` exclude each other", body.key(), other.key())).at(other.key()));
    }
    let (headers, capture) = (sent.headers.unwrap_or_default(), sent.capture.unwrap_or_default());
    let follow = sent.follow.unwrap_or_default();
    Ok(Exchange { method, path, headers, body, form_from: sent.form_from, follow, capture })
}

/// What a request is, in a title, as in `get /shop/cart`.
pub(super) fn asked_for(exchange: &Exchange) -> String {
    match &exchange.form_from {
        Some(form) if exchange.path.is_empty() => format!("{} {form}", verb(exchange)),
        _ => format!("{} {}", verb(exchange), exchange.path),
    }
}

/// The verb that says a request.
pub(super) fn verb(exchange: &Exchange) -> String {
    if exchange.path.is_empty() { "submit".to_owned() } else { exchange.method.to_string().to_lowercase() }
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
    if exchange.form_from.is_some() {
        state.have_a_page(client, load.clients, form_key(exchange))?;
    }
    state.have_captured(client, load.clients, exchange.needs())?;
    state.have_captured(client, load.clients, expect.into_iter().flat_map(Expect::needs))?;
    state.capture(client, load.clients, exchange.capture.keys());
    Ok(())
}

/// The key that names the form which is sent.
fn form_key(exchange: &Exchange) -> &'static str {
    if exchange.path.is_empty() { "submit" } else { "form-from" }
}

/// What can be sent.
pub(super) fn check(exchange: &Exchange) -> Result<(), Refusal> {
    let submits = exchange.path.is_empty() && exchange.form_from.is_some();
    if !submits && !Exchange::is_path(&exchange.path) {
        return Err(Refusal::new(format!("invalid path `{}`, expected `/` and no spaces", exchange.path)));
    }
    if let Some(form) = exchange.form_from.as_deref().filter(|form| !is_form(form)) {
        let key = form_key(exchange);
        let message = format!("invalid form `{form}`, expected `#id`, `form[name=login]`, or `form`");
        return Err(Refusal::new(message).at(key).help("the form of the page that the client got last"));
    }
    if let Some(body @ (Body::Json(_) | Body::Raw(_))) = exchange.body.as_ref().filter(|_| exchange.form_from.is_some())
    {
        let message = format!("`{}` is not valid with a form of the page", body.key());
        return Err(Refusal::new(message).at(body.key()).help("`form = { … }` says what is sent in the form's fields"));
    }
    if let (Method::Get | Method::Delete, Some(body)) = (exchange.method, &exchange.body)
        && exchange.form_from.is_none()
    {
        let message = format!("`{}` is not valid with `{}`", body.key(), verb(exchange));
        return Err(Refusal::new(message)
            .at(body.key())
            .help("it belongs to `post`, `put`, `patch`, `submit`, `traffic`"));
    }
    for (name, capture) in &exchange.capture {
        if let Some(mistake) = capture.mistake() {
            return Err(Refusal::new(format!("invalid capture `{name}`: {mistake}"))
                .at("capture")
                .help("`{ header = \"X-Token\" }`, `{ json = \"/id\" }`, `{ field = \"_csrf\" }`, `{ after = \"…\", before = \"…\" }`"));
        }
        if name.is_empty() || name.contains(['}', '$', '{']) {
            return Err(Refusal::new(format!("invalid name `{name}` of a capture")).at("capture"));
        }
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
    /// Makes a PATCH.
    patch: String;
    /// Makes a DELETE.
    delete: String;
    /// Sends a form of the page that the client got last.
    submit: String;
}

keys! {
    /// Headers of a request.
    headers: BTreeMap<String, String>;
    /// A form of the page that the client got last, whose fields are sent as well.
    form_from: String;
    /// A document.
    json: serde_json::Value;
    /// Parts of a form, as `multipart/form-data`.
    multipart: BTreeMap<String, Part>;
    /// A text that is sent as it is.
    body: String;
    /// Whether redirects are followed.
    follow: bool;
    /// What the client keeps of the answer.
    capture: BTreeMap<String, Capture>;
}

impl super::builder::StepBuilder {
    /// Fields of a form, each with its value or its values.
    pub fn form(self, fields: impl IntoIterator<Item = (impl Into<String>, impl Into<Texts>)>) -> Self {
        let fields = fields.into_iter().map(|(name, texts)| (name.into(), texts.into()));
        self.set("form", &fields.collect::<BTreeMap<String, Texts>>())
    }
}

/// Whether a text names a form, as `#login`, `form[name=login]`, `form#login`, `form`.
fn is_form(text: &str) -> bool {
    let name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
    let rest = text.strip_prefix("form").unwrap_or(text);
    match rest.strip_prefix('#') {
        Some(id) => name(id),
        None if text == "form" => true,
        None => {
            rest.len() < text.len()
                && rest.strip_prefix("[name=").and_then(|rest| rest.strip_suffix(']')).is_some_and(name)
        }
    }
}
