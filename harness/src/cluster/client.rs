//! A client: one browser with one cookie jar. Only this module names reqwest.

mod answer;
mod jar;
mod request;
mod set_cookie;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

pub use self::answer::Answer;
use self::jar::Jar;
pub use self::request::RequestBuilder;
use self::set_cookie::SetCookie;
use crate::cluster::cookies::SessionCookies;
use crate::cluster::recorder::Recorder;
use crate::history::{CounterReply, Outcome, RecordKind, Reply};
use crate::host::error_chain::DisplayErrorChain;
use crate::host::error_report::debug_is_the_report;
use crate::host::sync::lock;
use crate::model::exchange::{Body, Method};
use crate::model::names::NameError;
use crate::model::plan::AppRequest;
use crate::model::{ClientName, ContextPath, Exchange, NodeName, SessionId};
use crate::runtime::{Runtime, RuntimeError};

/// Where all nodes are, each at a port of its own: a cookie of one is sent to each.
const HOST: std::net::Ipv4Addr = std::net::Ipv4Addr::LOCALHOST;

/// A client that cannot be made, or asks nobody.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The HTTP client cannot be made.
    #[error("the HTTP client of {name} cannot be created")]
    Make {
        /// Its name.
        name: ClientName,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// A name that no node or client can have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The cluster was shut down.
    #[error("the cluster was shut down, and answers no further request")]
    ClusterGone,
    /// There is no such node, or the machine does not report its address.
    #[error(transparent)]
    Address(#[from] RuntimeError),
    /// What is to be sent is no JSON document.
    #[error("the body of the request cannot be written as JSON")]
    Document(#[source] serde_json::Error),
}

debug_is_the_report!(ClientError);

impl ClientError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Address(RuntimeError::Environment { hint, .. }) => hint.clone(),
            _ => None,
        }
    }

    #[expect(clippy::unused_self, reason = "the form of each error's lines")]
    fn lines(&self) -> &[String] {
        &[]
    }
}

/// One browser. Its cookies go to every node, as all nodes are ports of one host to it.
#[derive(Debug, Clone)]
pub struct Client {
    name: ClientName,
    http: reqwest::Client,
    jar: Arc<Jar>,
    recorder: Arc<Recorder>,
    session_cookies: Arc<SessionCookies>,
    // Weak, so that a client which outlives its cluster does not hold the machines.
    runtime: Weak<dyn Runtime>,
    // Kept beside the jar because a jar forgets what a server deletes.
    last_session: Arc<Mutex<Option<SessionId>>>,
    captured: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Client {
    /// A client with an empty jar.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(
        name: ClientName,
        recorder: Arc<Recorder>,
        runtime: &Arc<dyn Runtime>,
        session_cookies: Arc<SessionCookies>,
        timeout: Duration,
    ) -> Result<Self, ClientError> {
        let jar = Arc::new(Jar::default());
        let http = reqwest::Client::builder()
            .cookie_provider(jar.clone())
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(timeout)
            // A connection that a killed node left in the pool would make a fault out of nothing.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|source| ClientError::Make { name: name.clone(), source })?;
        let runtime = Arc::downgrade(runtime);
        let (last_session, captured) = (Arc::default(), Arc::default());
        Ok(Self { name, http, jar, recorder, session_cookies, runtime, last_session, captured })
    }

    /// The client's name.
    pub fn name(&self) -> &ClientName {
        &self.name
    }

    /// The session that the client last had.
    pub fn session(&self) -> Option<SessionId> {
        lock(&self.last_session).clone()
    }

    /// Makes a request to the counter app. How it ends is in the answer, and in the history.
    ///
    /// # Errors
    /// There is no such node.
    pub async fn ask(
        &self,
        node: &NodeName,
        context: &ContextPath,
        request: AppRequest,
    ) -> Result<Answer, ClientError> {
        self.send(node, &Exchange::get(context.page(request.page())), Some(request)).await
    }

    /// Makes a request of any kind, with what the client has captured in its places, and captures what it asks for. A
    /// value that an answer does not have stays as it was.
    ///
    /// # Errors
    /// There is no such node. That nobody answers is no error: see [`Answer::outcome`].
    pub async fn exchange(&self, node: &NodeName, exchange: &Exchange) -> Result<Answer, ClientError> {
        let filled = exchange.filled(&lock(&self.captured));
        let answer = self.send(node, &filled, None).await?;
        if let Some(reply) = answer.reply() {
            let header = |name: &str| reply.headers.get(&name.to_ascii_lowercase()).cloned();
            let found = exchange
                .capture
                .iter()
                .filter_map(|(name, capture)| Some((name.clone(), capture.of(&answer.body, header)?)));
            lock(&self.captured).extend(found.collect::<Vec<_>>());
        }
        Ok(answer)
    }

    /// Makes a request; with `request`, the answer is read as the counter app's.
    async fn send(
        &self,
        node: &NodeName,
        exchange: &Exchange,
        request: Option<AppRequest>,
    ) -> Result<Answer, ClientError> {
        let path = exchange.path.as_str();
        let runtime = self.runtime.upgrade().ok_or(ClientError::ClusterGone)?;
        let address = runtime.http(node).await?;
        let url = format!("http://{address}{path}");
        let cookie = self.session_cookies.name_for(path);
        let operation = self.recorder.next_operation();
        self.recorder.record(RecordKind::Invoke {
            operation,
            client: self.name.clone(),
            node: node.clone(),
            request,
            target: format!("{} {path}", exchange.method),
            session: self.cookie_for(&url, &cookie),
        });
        let (outcome, body) = self.answer(&url, exchange, request.is_some(), &cookie).await;
        self.recorder.record(RecordKind::Complete { operation, outcome: outcome.clone() });
        Ok(Answer::new(operation, outcome, body))
    }

    fn http_request(&self, url: &str, exchange: &Exchange) -> reqwest::RequestBuilder {
        let mut request = match exchange.method {
            Method::Get => self.http.get(url),
            Method::Post => self.http.post(url),
            Method::Put => self.http.put(url),
            Method::Delete => self.http.delete(url),
        };
        for (name, value) in &exchange.headers {
            request = request.header(name, value);
        }
        match &exchange.body {
            Some(Body::Form(fields)) => request.form(fields),
            Some(Body::Json(document)) => request.header("Content-Type", "application/json").body(document.to_string()),
            None => request,
        }
    }

    /// `cookie` is the name of the app's session cookie.
    async fn answer(&self, url: &str, exchange: &Exchange, expect_counter: bool, cookie: &str) -> (Outcome, String) {
        let response = match self.http_request(url, exchange).send().await {
            Ok(response) => response,
            // Nothing was sent on a connection that was never made.
            Err(error) if error.is_connect() => return (Outcome::Failed { why: chain(&error) }, String::new()),
            Err(error) => return (Outcome::Unknown { why: chain(&error), reply: None }, String::new()),
        };
        let status = response.status().as_u16();
        let set_cookie = session_cookies(&response, cookie);
        let headers = if expect_counter { BTreeMap::new() } else { headers(&response) };
        let mut reply = Reply { status, set_cookie, headers, counter: None, body: None };
        let body = match response.text().await {
            Ok(body) => body,
            Err(error) => return (Outcome::Unknown { why: chain(&error), reply: Some(reply) }, String::new()),
        };
        if expect_counter && status == 200 {
            match serde_json::from_str::<CounterReply>(&body) {
                Ok(counter) => reply.counter = Some(counter),
                Err(error) => {
                    let why = format!("the answer is not JSON of the counter app: {error}");
                    return (Outcome::Unknown { why, reply: Some(reply) }, body);
                }
            }
        }
        if !expect_counter {
            reply.body = Some(body[..body.floor_char_boundary(Reply::BODY)].to_owned());
        }
        self.note_session(&reply, cookie);
        let outcome = match status {
            200..=399 => Outcome::Ok { reply },
            // An app of the user's says with these that there is no such thing: an answer like any other. The counter app
            // never does, so its request was answered by somebody else.
            400..=499 if !expect_counter => Outcome::Ok { reply },
            // The server may have run the page before it failed.
            _ => Outcome::Unknown { why: format!("HTTP {status}"), reply: Some(reply) },
        };
        (outcome, body)
    }

    fn note_session(&self, reply: &Reply, name: &str) {
        let id = reply.counter.as_ref().and_then(|counter| counter.session.clone());
        if let Some(id) = id.or_else(|| reply.set_cookie.last().and_then(|cookie| SetCookie::of(cookie)?.session(name)))
        {
            *lock(&self.last_session) = Some(id);
        }
    }

    /// The session whose id the client sends with a request of this path, to whichever node.
    pub fn session_at(&self, path: &str) -> Option<SessionId> {
        self.cookie_for(&format!("http://{HOST}{path}"), &self.session_cookies.name_for(path))
    }

    /// The session id that a request to `url` sends in the cookie of this name.
    fn cookie_for(&self, url: &str, name: &str) -> Option<SessionId> {
        self.jar.value(url, name).map(SessionId::new)
    }
}

/// The headers of an answer, by their names in lower case; of its cookies only the names, for their values may be secret.
fn headers(response: &reqwest::Response) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in response.headers() {
        let Ok(value) = value.to_str() else { continue };
        let value = match name.as_str() {
            "set-cookie" => SetCookie::of(value).map(|cookie| cookie.name().to_owned()).unwrap_or_default(),
            _ => value.to_owned(),
        };
        let known = all.entry(name.as_str().to_owned()).or_default();
        if !known.is_empty() {
            known.push_str(", ");
        }
        known.push_str(&value);
    }
    all
}

/// The `Set-Cookie` headers of an answer that are about the session, as the server wrote them. `name` is that of the app's
/// session cookie.
fn session_cookies(response: &reqwest::Response, name: &str) -> Vec<String> {
    let values = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    values
        .filter(|value| SetCookie::of(value).is_some_and(|cookie| cookie.session(name).is_some()))
        .map(str::to_owned)
        .collect()
}

/// An error with its sources on one line: reqwest keeps the reason in the last one.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    DisplayErrorChain(error).to_string()
}

/// A plain exchange without cookies, for the probe and for readiness.
#[derive(Debug, Clone)]
pub(crate) struct PlainClient {
    http: reqwest::Client,
}

/// A plain exchange that came to nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct PlainError(String);

impl PlainClient {
    pub(crate) fn new(timeout: Duration) -> Result<Self, PlainError> {
        let http = reqwest::Client::builder().no_proxy().timeout(timeout).pool_max_idle_per_host(0).build();
        http.map(|http| Self { http }).map_err(|error| PlainError(chain(&error)))
    }

    /// Status and body of a GET with one header.
    pub(crate) async fn get(&self, url: &str, header: (&str, &str)) -> Result<(u16, String), PlainError> {
        let exchange = async {
            let response = self.http.get(url).header(header.0, header.1).send().await?;
            let status = response.status().as_u16();
            Ok::<_, reqwest::Error>((status, response.text().await?))
        };
        exchange.await.map_err(|error| PlainError(chain(&error)))
    }
}
