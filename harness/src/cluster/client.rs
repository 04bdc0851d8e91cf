//! A client: one browser with one cookie jar. Only this module names reqwest.

mod answer;
mod exchange;
pub(crate) mod forms;
mod jar;
mod page;
mod plain;
mod request;
mod set_cookie;
mod wanted;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

pub use self::answer::Answer;
use self::jar::Jar;
use self::page::Page;
pub(crate) use self::page::resolved;
pub(crate) use self::plain::{PlainClient, PlainError};
pub use self::request::RequestBuilder;
use self::set_cookie::SetCookie;
use self::wanted::Wanted;
use crate::cluster::cookies::SessionCookies;
use crate::cluster::recorder::Recorder;
use crate::history::{CounterReply, OperationId, Outcome, RecordKind, Reply};
use crate::host::error_chain::DisplayErrorChain;
use crate::host::error_report::debug_is_the_report;
use crate::host::sync::lock;
use crate::model::exchange::Values;
use crate::model::names::NameError;
use crate::model::plan::AppRequest;
use crate::model::{ClientName, ContextPath, Exchange, NodeName, SessionId};
use crate::runtime::{Runtime, RuntimeError};
pub(crate) use reqwest::Url;

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
    captured: Arc<Mutex<Values>>,
    /// The page that it got last.
    page: Arc<Mutex<Option<Page>>>,
    /// The nodes that an absolute URL may name.
    nodes: Arc<[NodeName]>,
    /// What each request names as its host, where it is not the node's address.
    host_header: Option<String>,
}

impl Client {
    /// A client with an empty jar. With a host header its requests name that host, and its cookies are that host's.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(
        name: ClientName,
        recorder: Arc<Recorder>,
        runtime: &Arc<dyn Runtime>,
        session_cookies: Arc<SessionCookies>,
        (nodes, host_header): (Arc<[NodeName]>, Option<String>),
        timeout: Duration,
    ) -> Result<Self, ClientError> {
        let jar = Arc::new(Jar::of_host(host_header.as_deref()));
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
        let (last_session, captured, page) = (Arc::default(), Arc::default(), Arc::default());
        Ok(Self {
            name,
            http,
            jar,
            recorder,
            session_cookies,
            runtime,
            last_session,
            captured,
            page,
            nodes,
            host_header,
        })
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
        self.send(node, &Exchange::get(context.page(request.page())), Some(request), &Wanted::default()).await
    }

    /// Makes a request; with `request`, the answer is read as the counter app's.
    async fn send(
        &self,
        node: &NodeName,
        exchange: &Exchange,
        request: Option<AppRequest>,
        wanted: &Wanted<'_>,
    ) -> Result<Answer, ClientError> {
        let path = exchange.path.as_str();
        let runtime = self.runtime.upgrade().ok_or(ClientError::ClusterGone)?;
        let address = runtime.http(node).await?;
        let url = format!("http://{address}{path}");
        let cookie = self.session_cookies.name_for(path);
        // A server rather takes the id in the cookie.
        let session = self.cookie_for(&url, &cookie).or_else(|| session_in(path, &cookie));
        let session = if node.is_front() { session.map(|id| self.less_prefix(&id)) } else { session };
        let operation = self.invoked(node, exchange, request, session);
        let (outcome, body) = self.answer(&url, exchange, (request.is_some(), node.is_front()), &cookie, wanted).await;
        self.recorder.record(RecordKind::Complete { operation, outcome: outcome.clone() });
        Ok(Answer::new(operation, outcome, body, exchange.clone()))
    }

    /// Records that a request is made.
    fn invoked(
        &self,
        node: &NodeName,
        exchange: &Exchange,
        request: Option<AppRequest>,
        session: Option<SessionId>,
    ) -> OperationId {
        let operation = self.recorder.next_operation();
        let (client, node, target) =
            (self.name.clone(), node.clone(), format!("{} {}", exchange.method, exchange.path));
        // What a query has of secrets is in no history.
        let target = crate::config::redact_query(&target);
        self.recorder.record(RecordKind::Invoke { operation, client, node, request, target, session });
        operation
    }

    /// `cookie` is the name of the app's session cookie. Who is asked is the counter app or another, and a node or the front.
    async fn answer(
        &self,
        url: &str,
        exchange: &Exchange,
        (expect_counter, front): (bool, bool),
        cookie: &str,
        wanted: &Wanted<'_>,
    ) -> (Outcome, String) {
        let response = match wire::request(&self.http, url, exchange, self.host_header.as_deref()).send().await {
            Ok(response) => response,
            // Nothing was sent on a connection that was never made.
            Err(error) if error.is_connect() => return (Outcome::Failed { why: chain(&error) }, String::new()),
            Err(error) => return (Outcome::Unknown { why: chain(&error), reply: None }, String::new()),
        };
        let status = response.status().as_u16();
        let through = wire::through_front(&response).filter(|_| front);
        let (chosen, nobody) = match &through {
            Some(wire::Through { chosen, answered }) => (chosen.clone(), !answered),
            None => (None, false),
        };
        let mut set_cookie = wire::session_cookies(&response, cookie);
        if front {
            set_cookie = set_cookie.iter().map(|cookie| self.less_prefix_of_cookie(cookie)).collect();
        }
        let headers = if expect_counter { BTreeMap::new() } else { wire::headers(&response) };
        let mut reply =
            Reply { status, set_cookie, chosen, headers, values: wanted.values.clone(), ..Reply::default() };
        let body = match response.text().await {
            Ok(body) => body,
            Err(error) => return (Outcome::Unknown { why: chain(&error), reply: Some(reply) }, String::new()),
        };
        if nobody {
            return (wire::answered_by_the_balancer(reply), body);
        }
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
            wanted.note(&mut reply, &body, &|name| self.jar.value(url, name), |captured| {
                lock(&self.captured).extend(captured);
            });
        }
        self.note_session(&reply, cookie, session_in(&exchange.path, cookie));
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

    /// `in_path` is the session that the path names.
    fn note_session(&self, reply: &Reply, name: &str, in_path: Option<SessionId>) {
        let id = reply.counter.as_ref().and_then(|counter| counter.session.clone());
        let set = || reply.set_cookie.last().and_then(|cookie| SetCookie::of(cookie)?.session(name));
        let mut last = lock(&self.last_session);
        if let Some(id) = id.or_else(set) {
            *last = Some(id);
        } else if last.is_none() {
            *last = in_path;
        }
    }

    /// The session whose id the client sends with a request of this path, to whichever node.
    pub fn session_at(&self, path: &str) -> Option<SessionId> {
        let id = self.cookie_for(&format!("http://{HOST}{path}"), &self.session_cookies.name_for(path));
        id.map(|id| self.less_prefix(&id))
    }

    /// A session id as the node gets it: a balancer may have put the name of a node before it.
    fn less_prefix(&self, id: &SessionId) -> SessionId {
        let own =
            id.as_str().split_once('~').filter(|(node, _)| self.nodes.iter().any(|known| known.as_str() == *node));
        own.map_or_else(|| id.clone(), |(_, id)| SessionId::new(id))
    }

    /// The same in a `Set-Cookie` header.
    fn less_prefix_of_cookie(&self, cookie: &str) -> String {
        let Some((name, value)) = cookie.split_once('=') else { return cookie.to_owned() };
        format!("{name}={}", self.less_prefix(&SessionId::new(value)))
    }

    /// The session id that a request to `url` sends in the cookie of this name.
    fn cookie_for(&self, url: &str, name: &str) -> Option<SessionId> {
        self.jar.value(url, name).map(SessionId::new)
    }
}

/// An error with its sources on one line: reqwest keeps the reason in the last one.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    DisplayErrorChain(error).to_string()
}

/// The session id in a path, as in `/shop/cart;jsessionid=AB.n1?page=2`, where `cookie` is the name of the app's session cookie.
fn session_in(path: &str, cookie: &str) -> Option<SessionId> {
    let (path, _) = path.split_once(['?', '#']).unwrap_or((path, ""));
    let parameters = path.split('/').flat_map(|segment| segment.split(';').skip(1));
    let mut ids = parameters.filter_map(|parameter| parameter.split_once('='));
    ids.find(|(name, _)| name.eq_ignore_ascii_case(cookie)).map(|(_, id)| SessionId::new(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_stands_in_a_path_behind_the_name_of_the_cookie() {
        let of = |path: &str| session_in(path, "JSESSIONID").map(|id| id.to_string());
        assert_eq!(of("/shop/cart;jsessionid=AB.n1?page=2").as_deref(), Some("AB.n1"));
        assert_eq!(of("/shop;v=1;jsessionid=AB.n1/cart").as_deref(), Some("AB.n1"));
        for none in ["/shop/cart;v=1", "/shop?x=;jsessionid=AB", "/shop;sid=AB"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
