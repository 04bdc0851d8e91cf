//! The probe: a context of its own on every node that reports members, managers and replicas without touching a session.
//!
//! The pages are in `harness/probe/`; this is the asking side. A probe that does not answer makes an observation
//! `dead`, never empty.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use crate::cluster::client::PlainClient;
use crate::history::observation::Seen;
use crate::history::{
    AttributeValue, ContextState, EngineState, ManagerState, MemberState, Nanos, NodeObservation, NodeState, Question,
    ReplicaRole, RunningElement, SessionCookieState, SessionReplica,
};
use crate::model::{ContextPath, NodeName, SessionId};

/// The context path of the probe.
pub const CONTEXT: &str = "/harness-probe";
/// The header that carries the run's token.
const TOKEN_HEADER: &str = "X-Harness-Token";
/// A probe answers in milliseconds, the first time within a second or two: its page is compiled then.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Which sessions the probe reports in the contexts that it is asked for. Each value of a session that it reports is
/// serialised on the node, and a session that it cannot read makes the whole answer none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionScope<'a> {
    /// Of all.
    All,
    /// Of this one, whatever its route is.
    One(&'a SessionId),
    /// Of none.
    None,
}

/// Asks the probes of a run.
#[derive(Debug, Clone)]
pub struct Probe {
    http: PlainClient,
    token: String,
}

/// The probe's client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the probe's HTTP client cannot be created: {0}")]
pub struct ProbeError(String);

impl Probe {
    /// A prober with the run's token.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(token: String) -> Result<Self, ProbeError> {
        let http = PlainClient::new(TIMEOUT).map_err(|error| ProbeError(error.to_string()))?;
        Ok(Self { http, token })
    }

    /// With another host in its requests than the node's address.
    #[must_use]
    pub fn naming(self, host_header: Option<String>) -> Self {
        Self { http: self.http.naming(host_header), ..self }
    }

    /// Looks at a node, and all sessions of what is asked for. `asked` is the present time on the run's clock.
    pub async fn look(
        &self,
        node: &NodeName,
        address: SocketAddr,
        question: &Question,
        asked: Nanos,
    ) -> NodeObservation {
        let seen = self.peek(address, question, SessionScope::All).await;
        NodeObservation { node: node.clone(), asked, question: question.clone(), seen }
    }

    /// Looks at a node's members, and at what of its configuration is in effect. `asked` is the present time on the run's
    /// clock.
    pub async fn look_at_configuration(&self, node: &NodeName, address: SocketAddr, asked: Nanos) -> NodeObservation {
        let seen = self.ask(address, "?only=members&configuration=1").await;
        NodeObservation { node: node.clone(), asked, question: Question::Members, seen }
    }

    /// Looks at some sessions only. That is no observation, for it says nothing of the others.
    pub async fn peek(&self, address: SocketAddr, question: &Question, scope: SessionScope<'_>) -> Seen {
        self.ask(address, &query(question, scope)).await
    }

    async fn ask(&self, address: SocketAddr, query: &str) -> Seen {
        let url = format!("http://{address}{CONTEXT}/state.jsp{query}");
        match self.http.get(&url, (TOKEN_HEADER, &self.token)).await {
            Ok((200, body)) => parse(&body).map_or_else(Seen::Dead, Seen::State),
            Ok((status, _)) => Seen::Dead(format!("the probe answered HTTP {status}")),
            Err(error) => Seen::Dead(error.to_string()),
        }
    }

    /// The wall clock of a node's JVM, in milliseconds since 1970.
    ///
    /// # Errors
    /// Why it does not answer, in words.
    pub async fn time(&self, address: SocketAddr) -> Result<i64, String> {
        let url = format!("http://{address}{CONTEXT}/state.jsp?only=members");
        match self.http.get(&url, (TOKEN_HEADER, &self.token)).await {
            Ok((200, body)) => {
                serde_json::from_str::<wire::Time>(&body).map(|wire| wire.time_ms).map_err(|error| error.to_string())
            }
            Ok((status, _)) => Err(format!("the probe answered HTTP {status}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The parameters of `state.jsp`, with their question mark.
fn query(question: &Question, scope: SessionScope<'_>) -> String {
    let contexts = match question {
        Question::Members => return "?only=members".to_owned(),
        Question::Everything => None,
        Question::Context(path) => Some(format!("context={path}")),
    };
    let sessions = match scope {
        SessionScope::All => None,
        SessionScope::One(session) => Some(format!("session={}", escaped(session.stem()))),
        SessionScope::None => Some("sessions=0".to_owned()),
    };
    let all: Vec<String> = contexts.into_iter().chain(sessions).collect();
    if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
}

/// A value of a parameter: an app may make session ids of any characters.
fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Reads a probe's answer. A part that the probe could not read is an error: half an answer is none.
///
/// # Errors
/// What is wrong with it, in words.
fn parse(body: &str) -> Result<NodeState, String> {
    let wire: wire::State =
        serde_json::from_str(body).map_err(|error| format!("the probe's answer cannot be read: {error}"))?;
    let contexts = match wire.contexts {
        None => vec![],
        Some(contexts) => {
            contexts.get()?.into_iter().map(|part| part.get().and_then(context)).collect::<Result<_, String>>()?
        }
    };
    let server = wire.server.get()?;
    let cluster = wire.cluster.map(wire::Part::get).transpose()?;
    let members = match wire.members {
        None => vec![],
        Some(members) => members.get()?.into_iter().map(wire::Part::get).collect::<Result<Vec<_>, _>>()?,
    };
    let mut members: Vec<_> = members.into_iter().filter(|member| !member.is_self).map(member).collect();
    members.sort();
    Ok(NodeState {
        server_info: server.info,
        openejb: server.openejb,
        send_options: cluster.as_ref().and_then(|cluster| cluster.send_options),
        cluster_class: cluster.map(|cluster| cluster.class),
        engine: wire.engine.map(wire::Part::get).transpose()?,
        members,
        contexts,
        running: wire.configuration.map(wire::Part::get).transpose()?.unwrap_or_default(),
    })
}

fn member(wire: wire::Member) -> MemberState {
    MemberState { host: wire.host, port: wire.port, unique_id: wire.unique_id }
}

fn context(wire: wire::Context) -> Result<ContextState, String> {
    let path = if wire.path.is_empty() { "/" } else { &wire.path };
    let manager = wire.manager.map(wire::Part::get).transpose()?;
    let sessions = wire.sessions.map(wire::Part::get).transpose()?.unwrap_or_default();
    Ok(ContextState {
        path: ContextPath::new(path).map_err(|error| error.to_string())?,
        version: wire.version,
        available: wire.available,
        started_ms: wire.started_ms,
        distributable: wire.distributable,
        war_sha256: wire.war_sha256,
        served_sha256: wire.served_sha256,
        // Nothing else is the worse for it where a server does not report it.
        cookie: wire.cookie.and_then(|cookie| cookie.get().ok()),
        local_because: wire.local_because,
        manager: manager
            .map(|manager| ManagerState { class: manager.class, attributes: manager.attributes.into_iter().collect() })
            .unwrap_or_default(),
        sessions: sessions
            .into_iter()
            .map(wire::Part::get)
            .map(|session| session.and_then(replica))
            .collect::<Result<_, String>>()?,
    })
}

fn replica(wire: wire::Session) -> Result<SessionReplica, String> {
    let attributes = wire.attributes.get()?;
    Ok(SessionReplica {
        id: SessionId::new(wire.id),
        role: wire.role,
        valid: wire.valid.unwrap_or(true),
        max_inactive_s: wire.max_inactive_s,
        attributes,
    })
}

/// The probe's JSON, as `state.jsp` writes it.
mod wire {
    use super::{AttributeValue, BTreeMap, Deserialize, EngineState, ReplicaRole, RunningElement, SessionCookieState};

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) struct Time {
        pub(super) time_ms: i64,
    }

    /// A part of the answer, or why there is none.
    #[derive(Deserialize)]
    #[serde(untagged)]
    pub(super) enum Part<T> {
        Failed { error: String },
        Good(T),
    }

    impl<T> Part<T> {
        pub(super) fn get(self) -> Result<T, String> {
            match self {
                Self::Good(part) => Ok(part),
                Self::Failed { error } => Err(format!("the probe could not read a part: {error}")),
            }
        }
    }

    #[derive(Deserialize)]
    pub(super) struct State {
        pub(super) server: Part<Server>,
        pub(super) engine: Option<Part<EngineState>>,
        pub(super) cluster: Option<Part<Cluster>>,
        pub(super) members: Option<Part<Vec<Part<Member>>>>,
        pub(super) contexts: Option<Part<Vec<Part<Context>>>>,
        pub(super) configuration: Option<Part<Vec<RunningElement>>>,
    }

    #[derive(Deserialize)]
    pub(super) struct Server {
        pub(super) info: String,
        pub(super) openejb: Option<bool>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) struct Cluster {
        pub(super) class: String,
        pub(super) send_options: Option<i64>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) struct Member {
        pub(super) host: String,
        pub(super) port: u16,
        #[serde(rename = "self")]
        pub(super) is_self: bool,
        pub(super) unique_id: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) struct Context {
        pub(super) path: String,
        #[serde(default)]
        pub(super) version: String,
        pub(super) available: bool,
        #[serde(default, rename = "started-ms")]
        pub(super) started_ms: Option<i64>,
        pub(super) distributable: bool,
        #[serde(default)]
        pub(super) war_sha256: Option<String>,
        pub(super) served_sha256: Option<String>,
        pub(super) cookie: Option<Part<SessionCookieState>>,
        pub(super) local_because: Option<String>,
        pub(super) manager: Option<Part<Manager>>,
        pub(super) sessions: Option<Part<Vec<Part<Session>>>>,
    }

    #[derive(Deserialize)]
    pub(super) struct Manager {
        pub(super) class: String,
        #[serde(default)]
        pub(super) attributes: BTreeMap<String, String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub(super) struct Session {
        pub(super) id: String,
        pub(super) role: ReplicaRole,
        /// Null on a proxy, which does not hold the session.
        pub(super) valid: Option<bool>,
        #[serde(default)]
        pub(super) max_inactive_s: Option<i64>,
        pub(super) attributes: Part<BTreeMap<String, AttributeValue>>,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(context: &serde_json::Value, engine: Option<serde_json::Value>) -> String {
        let mut context = context.clone();
        let base = json!({"path": "/shop", "version": "", "available": true, "distributable": true, "manager": null});
        for (name, value) in base.as_object().expect("an object") {
            context[name] = value.clone();
        }
        let mut answer = json!({"server": {"info": "Apache Tomcat/11.0.24", "openejb": null}, "contexts": [context]});
        if let Some(engine) = engine {
            answer["engine"] = engine;
        }
        answer.to_string()
    }

    #[test]
    fn a_look_asks_for_the_sessions_of_its_scope() {
        let shop = Question::Context(ContextPath::new("/shop").expect("a path"));
        let (plain, strange) = (SessionId::new("A1F0.n1"), SessionId::new("a&b=+ü.n1"));
        for (question, scope, expected) in [
            (&Question::Members, SessionScope::None, "?only=members"),
            (&Question::Everything, SessionScope::All, ""),
            (&Question::Everything, SessionScope::One(&plain), "?session=A1F0"),
            (&Question::Everything, SessionScope::One(&strange), "?session=a%26b%3D%2B%C3%BC"),
            (&Question::Everything, SessionScope::None, "?sessions=0"),
            (&shop, SessionScope::All, "?context=/shop"),
            (&shop, SessionScope::One(&plain), "?context=/shop&session=A1F0"),
            (&shop, SessionScope::None, "?context=/shop&sessions=0"),
        ] {
            assert_eq!(query(question, scope), expected);
        }
    }

    #[test]
    fn a_context_path_stands_for_itself_in_a_query() {
        let every = "/shop-1/EU_b.c~d/";
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
        assert!(every.chars().all(unreserved));
        for c in (0..128).map(char::from) {
            assert_eq!(ContextPath::new(format!("/a{c}b")).is_ok(), unreserved(c), "{c:?}");
        }
        assert!(ContextPath::new("/ü").is_err());
    }

    #[test]
    fn what_a_context_is_in_effect_is_read() {
        let context = json!({
            "served-sha256": "ab",
            "cookie": {"name": "SHOPID", "path": "/"},
            "local-because": "the app has no WEB-INF/web.xml",
            "sessions": [{
                "id": "A.n1",
                "role": "primary",
                "valid": true,
                "attributes": {
                    "n": {"class": "java.lang.Integer", "value": 1, "bytes": 81, "sha256": "cd"},
                    "cart": {"class": "shop.Cart", "value": "a", "unserialisable": "java.io.NotSerializableException: x (at cart.y)"},
                    "clock": {"class": "shop.Clock", "value": "b", "bytes": 9, "undecidable": "shop.Clock differs"},
                    "local": {"class": "java.lang.String", "value": "c", "excluded": true},
                },
            }],
        });
        let state = parse(&answer(&context, Some(json!({"jvm-route": "east"})))).expect("it can be read");
        assert_eq!(state.engine, Some(EngineState { jvm_route: Some("east".to_owned()) }));
        let context = &state.contexts[0];
        assert_eq!(context.served_sha256.as_deref(), Some("ab"));
        assert_eq!(context.cookie, Some(SessionCookieState { name: "SHOPID".to_owned(), path: "/".to_owned() }));
        assert_eq!(context.local_because.as_deref(), Some("the app has no WEB-INF/web.xml"));
        let attributes = &context.sessions[0].attributes;
        assert_eq!((attributes["n"].bytes, attributes["n"].sha256.as_deref()), (Some(81), Some("cd")));
        let why = attributes["cart"].unserialisable.as_deref();
        assert_eq!(why, Some("java.io.NotSerializableException: x (at cart.y)"));
        assert_eq!(attributes["clock"].undecidable.as_deref(), Some("shop.Clock differs"));
        assert!(attributes["local"].excluded && !attributes["n"].excluded);
    }

    #[test]
    fn what_is_not_reported_is_not_known_and_an_engine_without_a_route_is() {
        let state = parse(&answer(&json!({}), None)).expect("it can be read");
        assert_eq!(state.engine, None);
        let context = &state.contexts[0];
        assert_eq!((&context.cookie, &context.served_sha256, &context.local_because), (&None, &None, &None));
        let bare = json!({"cookie": {"error": "java.lang.NoSuchMethodException: x"}, "served-sha256": null});
        let state = parse(&answer(&bare, Some(json!({"jvm-route": null})))).expect("it can be read");
        assert_eq!(state.engine, Some(EngineState { jvm_route: None }));
        assert_eq!(state.contexts[0].cookie, None);
        assert!(parse(&answer(&json!({}), Some(json!({"error": "x"})))).is_err());
    }
}
