//! A shop: an app of which the verdict knows nothing, asked and looked at by hand.

use std::collections::BTreeMap;

use serde_json::json;

use super::run::{Run, node};
use crate::history::{
    AttributeValue, ContextState, Event, LogClass, LogLine, Nanos, NodeObservation, OperationId, Outcome, Question,
    RecordKind, ReplicaRole, Reply, Seen, SessionReplica,
};
use crate::model::plan::App;
use crate::model::{ClientName, ContextPath, Guarantee, SessionId, Step, StepKind, Topology};

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    pub(super) scenario: Run,
    operations: u32,
}

pub(super) fn path(context: &str) -> ContextPath {
    ContextPath::new(context).expect("a good path")
}

/// Attributes that are strings.
pub(super) fn texts(all: &[(&str, &str)]) -> BTreeMap<String, AttributeValue> {
    let value = |text: &str| AttributeValue::new("java.lang.String", json!(text));
    all.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect()
}

/// A copy of a session.
pub(super) fn copy(id: &str, role: ReplicaRole, attributes: BTreeMap<String, AttributeValue>) -> SessionReplica {
    SessionReplica { id: SessionId::new(id), role, valid: true, max_inactive_s: Some(1800), attributes }
}

pub(super) fn owned(id: &str, all: &[(&str, &str)]) -> Vec<SessionReplica> {
    vec![copy(id, ReplicaRole::Primary, texts(all))]
}

pub(super) fn copied(id: &str, all: &[(&str, &str)]) -> Vec<SessionReplica> {
    vec![copy(id, ReplicaRole::Replica, texts(all))]
}

/// Two nodes that serve the shop.
pub(super) fn shop(decides: Guarantee) -> Shop {
    on(Topology::of(2).expect("two nodes"), decides, &["/shop"])
}

/// Nodes that serve apps at these paths.
pub(super) fn on(topology: Topology, decides: Guarantee, contexts: &[&str]) -> Shop {
    let mut scenario = Run::on(topology).deciding(decides).start();
    for context in contexts {
        let kind = StepKind::deploy(App::War("shop.war".into()), path(context));
        scenario.plan.steps.push(Step::new("deploy", kind));
        let step = u32::try_from(scenario.plan.steps.len()).expect("few steps");
        scenario.event(Event::StepBegins { step, title: "deploy".to_owned() });
        let watcher = scenario.plan.topology.watcher().clone();
        let (context, sha256) = (path(context), "cd".to_owned());
        scenario.event(Event::WarDropped {
            node: watcher,
            alone: false,
            context: context.clone(),
            sha256,
            served_sha256: None,
        });
        for node in scenario.living.clone() {
            scenario.event(Event::Deployed { node, context: context.clone() });
        }
        scenario.event(Event::StepEnds { step });
    }
    Shop { scenario, operations: 0 }
}

impl Shop {
    /// A request that sends an id and is answered.
    pub(super) fn ask(self, client: &str, on: &str, target: &str, sent: Option<&str>, received: Option<&str>) -> Self {
        self.answered(client, on, target, (sent, received), 200, "hello")
    }

    pub(super) fn answered(
        mut self,
        client: &str,
        on: &str,
        target: &str,
        (sent, received): (Option<&str>, Option<&str>),
        status: u16,
        body: &str,
    ) -> Self {
        self.operations += 1;
        let operation = OperationId(self.operations);
        self.scenario.push(RecordKind::Invoke {
            operation,
            client: ClientName::new(client).expect("a good name"),
            node: node(on),
            request: None,
            target: target.to_owned(),
            session: sent.map(SessionId::new),
        });
        let root = target.split('/').nth(1).unwrap_or_default();
        let set_cookie = received.iter().map(|id| format!("JSESSIONID={id}; Path=/{root}; HttpOnly")).collect();
        let body = Some(body.to_owned());
        let reply = Reply { status, set_cookie, body, ..Reply::default() };
        let outcome = match status {
            200..=399 => Outcome::Ok { reply },
            _ => Outcome::Unknown { why: format!("HTTP {status}"), reply: Some(reply) },
        };
        self.scenario.push(RecordKind::Complete { operation, outcome });
        self
    }

    /// A request that is under way; [`Self::ends`] it by its number.
    pub(super) fn begins(mut self, client: &str, on: &str, target: &str, sent: Option<&str>) -> Self {
        self.operations += 1;
        self.scenario.push(RecordKind::Invoke {
            operation: OperationId(self.operations),
            client: ClientName::new(client).expect("a good name"),
            node: node(on),
            request: None,
            target: target.to_owned(),
            session: sent.map(SessionId::new),
        });
        self
    }

    /// A request that is under way is answered.
    pub(super) fn ends(mut self, operation: u32, received: Option<&str>) -> Self {
        let set_cookie = received.iter().map(|id| format!("JSESSIONID={id}; Path=/shop; HttpOnly")).collect();
        let (headers, body) = (BTreeMap::new(), Some("hello".to_owned()));
        let outcome = Outcome::Ok { reply: Reply { status: 200, set_cookie, headers, body, ..Reply::default() } };
        self.scenario.push(RecordKind::Complete { operation: OperationId(operation), outcome });
        self
    }

    /// The last request ran out of time.
    pub(super) fn unanswered(mut self) -> Self {
        let outcome = Outcome::Unknown { why: "timed out".to_owned(), reply: None };
        self.scenario.last_outcome(|last| *last = outcome);
        self
    }

    /// The last answer sets this cookie.
    pub(super) fn cookie(mut self, cookie: &str) -> Self {
        self.scenario.last_outcome(|outcome| match outcome {
            Outcome::Ok { reply } => reply.set_cookie = vec![cookie.to_owned()],
            other => panic!("no answer: {other:?}"),
        });
        self
    }

    /// A look at a node that shows these sessions of the shop.
    pub(super) fn look(self, on: &str, sessions: Vec<SessionReplica>) -> Self {
        self.look_at(on, "/shop", sessions, |_| {})
    }

    pub(super) fn look_at(
        mut self,
        on: &str,
        context: &str,
        sessions: Vec<SessionReplica>,
        spoil: impl FnOnce(&mut ContextState),
    ) -> Self {
        let mut state = self.scenario.state(&node(on));
        let one = &mut state.contexts[0];
        (one.path, one.sessions) = (path(context), sessions);
        spoil(one);
        let last = self.scenario.history.records.last().map(|record| record.at).unwrap_or_default();
        let (asked, question) = (Nanos(last.0 + 1), Question::Context(path(context)));
        let seen = Seen::State(state);
        self.scenario.push(RecordKind::Observe(NodeObservation { node: node(on), asked, question, seen }));
        self
    }

    pub(super) fn logs(mut self, on: &str, class: LogClass, message: &str) -> Self {
        self.scenario.push(RecordKind::Log(LogLine {
            node: node(on),
            node_time: "12:00:00".to_owned(),
            level: "SEVERE".to_owned(),
            logger: "org.apache.catalina.ha.session.DeltaManager".to_owned(),
            message: message.to_owned(),
            class,
        }));
        self
    }

    /// What else happens to the cluster.
    pub(super) fn then(self, done: impl FnOnce(Run) -> Run) -> Self {
        Self { scenario: done(self.scenario), ..self }
    }

    pub(super) fn kill(self, name: &str) -> Self {
        Self { scenario: self.scenario.kill(name), ..self }
    }

    pub(super) fn restart(self, name: &str) -> Self {
        Self { scenario: self.scenario.restart(name), ..self }
    }

    /// Alice logs on to n1 and both nodes hold the same two attributes.
    pub(super) fn alice(self) -> Self {
        self.ask("alice", "n1", "GET /shop/cart", None, Some("A1.n1"))
            .ask("alice", "n1", "GET /shop/cart", Some("A1.n1"), None)
            .look("n1", owned("A1.n1", HAD))
            .look("n2", copied("A1.n1", HAD))
    }
}

/// What Alice has.
pub(super) const HAD: &[(&str, &str)] = &[("cart", "book"), ("user", "alice")];
