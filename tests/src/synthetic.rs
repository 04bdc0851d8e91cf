//! A long history that no server made: many sessions, a kill in the middle, now and then a request that failed.

use std::collections::BTreeMap;

use camino::Utf8Path;
use tomee_harness::history::{
    AttributeValue, ContextState, CounterReply, Event, FaultPhase, History, ManagerState, Nanos, NodeObservation,
    NodeState, OperationId, Outcome, Question, Record, RecordKind, ReplicaRole, Reply, Seen, SessionReplica,
    write_record,
};
use tomee_harness::model::plan::AppRequest;
use tomee_harness::model::{ClientName, ContextPath, FaultKind, NodeName, Plan, SessionId, Topology};

use crate::fake::one_session;

/// How many clients ask, each with a session of its own.
pub const CLIENTS: u32 = 40;
/// Of so many operations one fails.
pub const FAILS: u32 = 1000;
/// After so many operations the nodes are looked at.
const LOOKS: u32 = 2000;

/// A history of so many operations, and the plan whose steps it does not follow: most guarantees are judged all the same.
///
/// # Panics
/// Never: its names are good.
pub fn run(operations: u32) -> (Plan, History) {
    let plan = one_session(Topology::of(2).expect("two nodes"));
    let mut built = HistoryBuilder {
        history: History::default(),
        now: 0,
        counts: BTreeMap::new(),
        sent: BTreeMap::new(),
        on: NodeName::nth(0),
    };
    for index in 0..2 {
        built.push(1_000_000, RecordKind::Event(Event::NodeStarts { node: NodeName::nth(index) }));
        built.push(900_000_000, RecordKind::Event(Event::NodeReady { node: NodeName::nth(index) }));
    }
    built.push(1_000_000, RecordKind::Event(Event::ClusterFormed { nodes: plan.topology.names().cloned().collect() }));
    for number in 1..=operations {
        if number == operations / 2 {
            built.kill();
        }
        built.count(number);
        if number % LOOKS == 0 {
            built.look(NodeName::nth(1));
        }
    }
    (plan, built.history)
}

/// Writes a run directory with such a history.
///
/// # Panics
/// The folder cannot be written.
pub fn write(folder: &Utf8Path, operations: u32) {
    let (plan, history) = run(operations);
    fs_err::create_dir_all(folder).expect("the test's own folder can be made");
    let plan = serde_json::to_vec(&plan).expect("a plan is JSON");
    fs_err::write(folder.join("plan.json"), plan).expect("the test's own folder can be written");
    let mut lines = Vec::new();
    for record in &history.records {
        write_record(&mut lines, record).expect("a record is JSON");
    }
    fs_err::write(folder.join("history.jsonl"), lines).expect("the test's own folder can be written");
}

struct HistoryBuilder {
    history: History,
    now: u64,
    /// What each client's session counts.
    counts: BTreeMap<u32, i64>,
    /// What each client's cookie says.
    sent: BTreeMap<u32, SessionId>,
    on: NodeName,
}

impl HistoryBuilder {
    fn push(&mut self, after_ns: u64, kind: RecordKind) {
        self.now += after_ns;
        self.history.records.push(Record { at: Nanos(self.now), kind });
    }

    fn count(&mut self, number: u32) {
        let client = number % CLIENTS;
        let (operation, on, fails) = (OperationId(number), self.on.clone(), number.is_multiple_of(FAILS));
        let sent = self.counts.contains_key(&client).then(|| self.sent[&client].clone());
        let invoke = RecordKind::Invoke {
            operation,
            client: ClientName::new(format!("client-{client}")).expect("a good name"),
            node: on.clone(),
            request: Some(AppRequest::Count),
            target: "GET /counter/count.jsp".to_owned(),
            session: sent.clone(),
        };
        self.push(300_000, invoke);
        let outcome = if fails {
            Outcome::Failed { why: "connection refused".to_owned() }
        } else {
            let count = self.counts.entry(client).or_default();
            *count += 1;
            let counter = CounterReply {
                node: on.to_string(),
                session: Some(id(client, &on)),
                route: Some(on.to_string()),
                new: *count == 1,
                count: *count,
                once: Some(format!("once-{client}")),
                list: vec![0],
            };
            let id = id(client, &on);
            let renamed = sent.as_ref() != Some(&id);
            let set_cookie = renamed.then(|| format!("JSESSIONID={id}; Path=/counter; HttpOnly")).into_iter().collect();
            self.sent.insert(client, id);
            Outcome::Ok { reply: Reply { status: 200, set_cookie, counter: Some(counter), ..Reply::default() } }
        };
        self.push(900_000, RecordKind::Complete { operation, outcome });
    }

    fn look(&mut self, node: NodeName) {
        let sessions = self.counts.iter().map(|(client, count)| {
            let value = |value: serde_json::Value| AttributeValue::new("java.lang.Object", value);
            let attributes = [
                ("count".to_owned(), value((*count).into())),
                ("once".to_owned(), value(format!("once-{client}").into())),
                ("list".to_owned(), value(vec![0].into())),
            ];
            SessionReplica {
                id: id(*client, &self.on),
                role: ReplicaRole::Replica,
                valid: true,
                max_inactive_s: None,
                attributes: attributes.into(),
            }
        });
        let context = ContextState {
            started_ms: None,
            path: ContextPath::new("/counter").expect("a good path"),
            version: String::new(),
            available: true,
            distributable: true,
            war_sha256: None,
            served_sha256: None,
            cookie: None,
            local_because: None,
            manager: ManagerState::default(),
            sessions: sessions.collect(),
        };
        let seen = Seen::State(NodeState { contexts: vec![context], ..NodeState::default() });
        let (asked, question) = (Nanos(self.now), Question::Everything);
        self.push(2_000_000, RecordKind::Observe(NodeObservation { node, asked, question, seen }));
    }

    fn kill(&mut self) {
        let fault = |phase| RecordKind::Fault { fault: 1, kind: FaultKind::Kill, node: NodeName::nth(0), phase };
        self.push(1_000_000, fault(FaultPhase::Asked));
        self.push(1_000_000, fault(FaultPhase::Hit { proof: "process 1 ended by signal 9".to_owned() }));
        self.on = NodeName::nth(1);
    }
}

fn id(client: u32, on: &NodeName) -> SessionId {
    SessionId::new(format!("{client:032X}.{on}"))
}
