//! Looks: what a probe says of a node.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::json;
use tomee_harness::history::{
    AttributeValue, ContextState, EngineState, Event, ManagerState, MemberState, Nanos, NodeObservation, NodeState,
    Question, RecordKind, Seen, SessionCookieState, SessionReplica,
};
use tomee_harness::model::{Endpoints, ManagerKind, NodeEndpoints, StepKind, Until};

use super::bug::BugKind;
use super::cluster::{Held, Key};
use super::world::{MILLISECOND, World};

const SHA: &str = "db2ee9618679501a09a48e4f2000b3feae1db70f62ea6b24d3b59e33e0f0a102";

impl World {
    /// The bytes that are deployed.
    pub(super) fn sha(context: usize) -> String {
        format!("{}{context}", &SHA[1..])
    }

    fn port(node: usize) -> u16 {
        4000 + u16::try_from(node).unwrap_or_default()
    }

    pub(super) fn endpoints(&self) -> Endpoints {
        let address = Ipv4Addr::LOCALHOST;
        let nodes = self.names.iter().enumerate().map(|(node, name)| {
            let port = Self::port(node);
            let endpoints = NodeEndpoints {
                http_address: address,
                http_port: port + 4000,
                receiver_address: address,
                receiver_port: port,
            };
            (name.clone(), endpoints)
        });
        Endpoints { nodes: nodes.collect(), multicast: None, ..Endpoints::default() }
    }

    /// A step that looks at all nodes.
    pub(super) fn observe(&mut self, context: usize) {
        let step = self
            .begin_step(StepKind::Observe { context: self.contexts[context].clone() }, "read every replica".to_owned());
        for node in self.awake() {
            let question = Question::Context(self.contexts[context].clone());
            if self.chance(0.004) {
                self.dead_look(node, question);
            } else {
                self.look(node, &question);
            }
        }
        self.look_at_the_dead(context);
        self.end_step(step);
        self.settle(context);
    }

    fn dead_look(&mut self, node: usize, question: Question) {
        let asked = Nanos(self.now);
        self.pass(MILLISECOND, 5 * MILLISECOND);
        let (node, seen) = (self.names[node].clone(), Seen::Dead("connection refused".to_owned()));
        self.push(RecordKind::Observe(NodeObservation { node, asked, question, seen }));
        self.ledger.unclear("a probe was dead");
    }

    /// Sessions that were torn apart are one again once every node was seen to hold the same.
    fn settle(&mut self, context: usize) {
        if self.split || !self.flights.is_empty() {
            return;
        }
        let nodes = self.serving();
        for session in 0..self.ledger.known.len() {
            let known = &self.ledger.known[session];
            let spoiled = self.ledger.anomalies.iter().any(|anomaly| anomaly.session == session);
            if known.context != context || known.answers_since_heal == 0 || spoiled {
                continue;
            }
            let (key, floor) = (Key { context, stem: known.stem }, self.ledger.floor(session));
            let mut copies = nodes.iter().map(|node| self.machines[*node].sessions.get(&key));
            // The id that the client has must lead to all of them.
            let cookie = self.browsers[known.client].jar.get(&context).filter(|id| id.stem == known.stem);
            let once = known.once;
            let same = copies.all(|copy| {
                copy.is_some_and(|copy| {
                    let right = copy.count == Some(floor) && copy.once == once;
                    cookie.is_some_and(|cookie| cookie.route == copy.route) && (!copy.is_whole() || right)
                })
            });
            let whole = |node: &&usize| self.machines[**node].sessions.get(&key).is_some_and(Held::is_whole);
            let too_many = self.manager() == ManagerKind::Backup && nodes.iter().filter(whole).count() > 2;
            let same = same && !too_many;
            if same && self.was_split {
                let known = &mut self.ledger.known[session];
                (known.torn, known.healed) = (false, true);
            }
        }
    }

    /// Looks at all nodes that live, as a wait does, and says that the cluster has formed.
    pub(super) fn form(&mut self, question: &Question) {
        for node in self.awake() {
            self.look(node, question);
        }
    }

    /// Waits until all that live see each other.
    pub(super) fn wait_formed(&mut self) {
        let kind = StepKind::Wait { until: Until::ClusterFormed, within: None };
        let step = self.begin_step(kind, "wait until the cluster has formed".to_owned());
        let ticks = self.rng.usize(..4);
        self.bustle(ticks);
        self.evict();
        self.form(&Question::Everything);
        if let Some(cut) = self.cut {
            let others = self.awake().into_iter().filter(|node| *node != cut);
            let others = others.map(|node| self.names[node].clone()).collect();
            let sides = vec![vec![self.names[cut].clone()], others];
            self.event(Event::ClusterSplit { sides });
        } else {
            let nodes = self.awake().into_iter().map(|node| self.names[node].clone()).collect();
            self.event(Event::ClusterFormed { nodes });
            if !self.machines.iter().any(|machine| machine.frozen) {
                self.split = false;
            }
        }
        self.end_step(step);
    }

    pub(super) fn look(&mut self, node: usize, question: &Question) {
        let asked = self.now;
        self.pass(MILLISECOND, 8 * MILLISECOND);
        let mut state = self.state(node, question);
        self.misreport(node, question, &mut state);
        let observed = (self.names[node].clone(), Seen::State(state));
        self.push(RecordKind::Observe(NodeObservation {
            node: observed.0,
            asked: Nanos(asked),
            question: question.clone(),
            seen: observed.1,
        }));
        let place = (node, self.machines[node].life);
        for session in 0..self.ledger.known.len() {
            let known = &self.ledger.known[session];
            let busy = self.flights.iter().any(|flight| flight.asked == Some(session));
            if !question.covers(&self.contexts[known.context]) || !self.machines[node].serves {
                continue;
            }
            let due = self.is_sync() && !busy && !self.unnoticed && !self.split && self.alive_long(node, asked);
            let key = Key { context: known.context, stem: known.stem };
            let held = self.machines[node].sessions.get(&key).cloned();
            self.ledger.looked(session, held.as_ref(), place, due, asked);
        }
    }

    /// What a bug of the cluster makes of a look at the last node, from the deployment on.
    fn misreport(&mut self, node: usize, question: &Question, state: &mut NodeState) {
        let whole = !self.unnoticed && !self.split && self.flights.is_empty();
        let last = node + 1 == self.names.len();
        if !whole || !last || !self.machines[node].serves || self.operations == 0 {
            return;
        }
        let covers = question.covers(&self.contexts[0]) && !state.contexts.is_empty();
        let Some(bug) = &mut self.bug else { return };
        let shown = match bug.kind {
            BugKind::OtherManager if covers => {
                "org.apache.catalina.session.StandardManager".clone_into(&mut state.contexts[0].manager.class);
                "another Manager"
            }
            BugKind::OtherBytes if covers => {
                state.contexts[0].war_sha256 = Some("0".repeat(64));
                "other bytes"
            }
            BugKind::MemberForgotten if !state.members.is_empty() => {
                state.members.pop();
                "one member less"
            }
            BugKind::GhostMember => {
                let ghost = MemberState { host: "127.0.0.1".to_owned(), port: 4099, unique_id: Some("f".repeat(32)) };
                state.members.push(ghost);
                "a member that does not live"
            }
            BugKind::OtherSendOptions => {
                state.send_options = Some(if state.send_options == Some(6) { 8 } else { 6 });
                "other send options"
            }
            _ => return,
        };
        bug.struck = true;
        bug.shown = Some(format!("a look at {} showed {shown}", self.names[node]));
    }

    /// A look at a node that was killed, and that answers.
    fn look_at_the_dead(&mut self, context: usize) {
        let Some(bug) = self.bug.as_ref().filter(|bug| bug.kind == BugKind::DeadNodeSeen && !bug.struck) else {
            return;
        };
        let Some(node) = bug.node.filter(|node| !self.machines[*node].up) else { return };
        let asked = Nanos(self.now);
        let question = Question::Context(self.contexts[context].clone());
        self.machines[node].serves = true;
        let seen = Seen::State(self.state(node, &question));
        self.machines[node].serves = false;
        self.pass(MILLISECOND, 5 * MILLISECOND);
        let name = self.names[node].clone();
        if let Some(bug) = &mut self.bug {
            bug.struck = true;
            bug.shown = Some(format!("a look at {name}, which had been killed, was answered"));
        }
        self.push(RecordKind::Observe(NodeObservation { node: name, asked, question, seen }));
    }

    fn alive_long(&self, node: usize, asked: u64) -> bool {
        self.machines[node].serves_since < asked
    }

    fn state(&self, node: usize, question: &Question) -> NodeState {
        let members = self.machines[node].members.iter().map(|peer| MemberState {
            host: "127.0.0.1".to_owned(),
            port: Self::port(*peer),
            unique_id: Some(format!("{:032x}", peer * 100 + self.machines[*peer].life)),
        });
        let serves = self.machines[node].serves;
        let contexts = (0..self.contexts.len()).filter(|context| serves && question.covers(&self.contexts[*context]));
        NodeState {
            server_info: "Apache Tomcat (TomEE)/10.0.27 (9.0.0)".to_owned(),
            openejb: Some(true),
            send_options: Some(i64::from(self.plan.topology.cluster.send_options.bits())),
            cluster_class: Some("org.apache.catalina.ha.tcp.SimpleTcpCluster".to_owned()),
            running: vec![],
            engine: self.modern.then(|| EngineState { jvm_route: Some(self.names[node].to_string()) }),
            members: members.collect(),
            contexts: contexts.map(|context| self.context_state(node, context)).collect(),
        }
    }

    fn context_state(&self, node: usize, context: usize) -> ContextState {
        let path = &self.contexts[context];
        let hidden = self.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::WarBytesUntold);
        let sessions = self.machines[node].sessions.iter().filter(|(key, _)| key.context == context);
        let cookie = SessionCookieState { name: "JSESSIONID".to_owned(), path: path.to_string() };
        ContextState {
            started_ms: None,
            path: path.clone(),
            version: String::new(),
            available: true,
            distributable: true,
            war_sha256: (!hidden).then(|| Self::sha(context)),
            served_sha256: None,
            cookie: self.modern.then_some(cookie),
            local_because: None,
            manager: ManagerState {
                class: self.plan.topology.cluster.manager_class().to_owned(),
                attributes: BTreeMap::new(),
            },
            sessions: sessions.map(|(key, held)| self.replica(*key, held)).collect(),
        }
    }

    fn replica(&self, key: Key, held: &Held) -> SessionReplica {
        let value = |class: &str, value| AttributeValue::new(class, value);
        let mut attributes = BTreeMap::new();
        if let Some(count) = held.count {
            attributes.insert("count".to_owned(), value("java.lang.Integer", json!(count)));
        }
        if let Some(once) = held.once {
            attributes.insert("once".to_owned(), value("java.lang.String", json!(self.once_text(once))));
        }
        if let Some(list) = &held.list {
            attributes.insert("list".to_owned(), value("java.util.concurrent.CopyOnWriteArrayList", json!(list)));
        }
        SessionReplica {
            id: self.session_text(super::cluster::Id { stem: key.stem, route: held.route }),
            role: held.role,
            valid: true,
            max_inactive_s: self.modern.then_some(if held.short { 5 } else { 1800 }),
            attributes,
        }
    }
}
