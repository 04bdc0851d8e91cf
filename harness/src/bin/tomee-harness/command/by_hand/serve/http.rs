//! What the page of a lab asks for: itself, what goes on, and steps. Whoever asks must know the token, and come from here.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tomee_harness::keeper::{Ask, Client};
use tomee_harness::model::NodeName;

use super::super::ask::chain;
use super::hub::{self, Hub, Message};

/// A step says no more than this.
const MOST_BYTES: usize = 4096;

/// Nothing is loaded from elsewhere, nothing is run that is not in our own file, and no other page may hold this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const PAGE: (&str, &str) = ("text/html; charset=utf-8", include_str!("page.html"));
const SCRIPT: (&str, &str) = ("text/javascript; charset=utf-8", include_str!("page.js"));
const ICON: (&str, &str) = ("image/svg+xml", include_str!("icon.svg"));
const STYLE: (&str, &str) = ("text/css; charset=utf-8", include_str!("page.css"));

type Body = BoxBody<Bytes, Infallible>;

/// The site of one lab.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) token: String,
    pub(super) port: u16,
    pub(super) hub: Arc<Hub>,
    pub(super) client: Client,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    verb: String,
    node: NodeName,
    /// What the fault needs beside the node, by its key.
    #[serde(default)]
    given: BTreeMap<String, String>,
    /// After what time it is undone.
    #[serde(default)]
    lasting: Option<String>,
}

impl Site {
    /// Answers a request.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        if !self.is_here(&parts.headers) {
            return text(StatusCode::FORBIDDEN, "this page answers to its own address only\n");
        }
        let Some(path) = self.path(parts.uri.path()) else { return text(StatusCode::NOT_FOUND, "not found\n") };
        match (&parts.method, path) {
            (&Method::GET, "") => file(PAGE),
            (&Method::GET, "page.js") => file(SCRIPT),
            (&Method::GET, "page.css") => file(STYLE),
            (&Method::GET, "icon.svg") => file(ICON),
            (&Method::GET, "events") => self.events(),
            (&Method::POST, "step") if is_json(&parts.headers) => {
                match Limited::new(body, MOST_BYTES).collect().await {
                    Ok(body) => self.step(&body.to_bytes()).await,
                    Err(_) => text(StatusCode::PAYLOAD_TOO_LARGE, "too much\n"),
                }
            }
            (_, "" | "page.js" | "page.css" | "icon.svg" | "events" | "step") => {
                text(StatusCode::METHOD_NOT_ALLOWED, "not so\n")
            }
            _ => text(StatusCode::NOT_FOUND, "not found\n"),
        }
    }

    /// What is asked for below the token.
    fn path<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (token, rest) = path.strip_prefix('/')?.split_once('/')?;
        // As long for a wrong one as for the right one.
        let differ = token.bytes().zip(self.token.bytes()).fold(0, |differ, (one, other)| differ | (one ^ other));
        (token.len() == self.token.len() && differ == 0).then_some(rest)
    }

    /// Whether a browser asks that was given the address of this machine, for a page of this site: a name that somebody
    /// has made lead here (DNS rebinding) is another host, and another site's page another origin.
    fn is_here(&self, headers: &HeaderMap) -> bool {
        let hosts = ["127.0.0.1", "localhost"].map(|host| format!("{host}:{}", self.port));
        let says = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
        let host = says(header::HOST).is_some_and(|host| hosts.iter().any(|ours| ours == host));
        let origin = says(header::ORIGIN);
        let ours = origin.is_none_or(|origin| hosts.iter().any(|host| origin == format!("http://{host}")));
        let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
        host && ours && site.is_none_or(|site| matches!(site, "same-origin" | "none"))
    }

    fn events(&self) -> Response<Body> {
        let (first, news) = self.hub.subscribe();
        let news = stream::unfold(Some(news), async |news: Option<broadcast::Receiver<Message>>| {
            let mut news = news?;
            // One that is too far behind is ended; its page asks again and begins anew.
            let message = news.recv().await.ok()?;
            let last = hub::is_the_end(&message);
            Some((message, (!last).then_some(news)))
        });
        let all = stream::iter(first).chain(news);
        let frames = all.map(|message| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(message.as_bytes()))));
        response(StatusCode::OK, "text/event-stream", http_body_util::BodyExt::boxed(StreamBody::new(frames)))
    }

    async fn step(&self, body: &[u8]) -> Response<Body> {
        let step: Step = match serde_json::from_slice(body) {
            Ok(step) => step,
            Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string(), None),
        };
        let Some(deed) = self.hub.deeds().into_iter().find(|deed| deed.verb == step.verb) else {
            return refused(StatusCode::BAD_REQUEST, &format!("this cluster knows no {}", step.verb), None);
        };
        let table = match deed.step(&step.node, &step.given, step.lasting.as_deref()) {
            Ok(table) => table,
            Err(why) => return refused(StatusCode::BAD_REQUEST, &why, None),
        };
        let (client, ask) = (self.client.clone(), Ask::Step(table));
        let done = tokio::task::spawn_blocking(move || client.call(&ask, |_| {})).await;
        match done {
            Ok(Ok(done)) => as_json(StatusCode::OK, &done),
            Ok(Err(error)) => refused(StatusCode::CONFLICT, &chain(&error), error.hint().as_deref()),
            Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string(), None),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
}

fn refused(status: StatusCode, message: &str, hint: Option<&str>) -> Response<Body> {
    as_json(status, &json!({ "message": message, "hint": hint }))
}

fn as_json(status: StatusCode, value: &Value) -> Response<Body> {
    response(status, "application/json", Full::from(value.to_string()).boxed())
}

fn file((kind, content): (&'static str, &'static str)) -> Response<Body> {
    response(StatusCode::OK, kind, Full::from(content).boxed())
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    response(status, "text/plain; charset=utf-8", Full::from(text).boxed())
}

fn response(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}
