//! A small run for the tests of all reports: one client, two nodes, a kill, and a count that was lost.

use std::collections::BTreeMap;

use super::Summary;
use super::environment::UnusedFile;
use crate::config::Difference;
use crate::history::{
    AttributeValue, ContextState, CounterReply, Event, FaultPhase, History, LogClass, LogLine, ManagerState, Nanos,
    NodeObservation, NodeState, OperationId, Outcome, Question, Record, RecordKind, ReplicaRole, Reply, Seen,
    SessionReplica,
};
use crate::model::plan::AppRequest;
use crate::model::{ClientName, ContextPath, FaultKind, Guarantee, NodeName, SessionId};
use crate::model::{Plan, Topology, main_job};
use crate::verdict::{Assumption, Eviction, Failover, Finding, Lag, Latency, Measures, NodeTime, Status, Verdict};

/// What no page, table or XML may take for its own.
pub(super) const HOSTILE: &str = "</script><img src=x onerror=alert(1)> | `x` ]]> &amp; <!-- {{data}}";

/// The plan of the sample: the main job's, whose steps no record of the sample names.
pub(super) fn plan() -> Plan {
    main_job::plan(Topology::of(2).expect("two nodes")).expect("a plan")
}

/// Everything held.
pub(super) fn held() -> (Summary, History) {
    let findings = vec![
        finding(Guarantee::ClusterForms, Status::Holds, "2 nodes saw each other"),
        finding(Guarantee::IdentityKept, Status::Holds, "1 session kept its id"),
    ];
    (summary(Status::Holds, findings), history("count and mutate"))
}

/// An acknowledged write was lost; one guarantee is unknown, one not promised.
pub(super) fn violated() -> (Summary, History) {
    let history = history("a plain message");
    let mut lost = finding(Guarantee::AcknowledgedWritesSurvive, Status::Violated, "#3 showed count 1 where 2 was due");
    lost.evidence = vec![last_complete(&history)];
    lost.rests_on = vec![OperationId(3)];
    let mut complete = finding(Guarantee::CompleteSession, Status::Violated, "no once");
    complete.promised = false;
    complete.aside = Some(crate::verdict::Aside::NotPromised);
    let findings = vec![
        finding(Guarantee::ClusterForms, Status::Holds, "2 nodes saw each other"),
        finding(Guarantee::MembersAgree, Status::Unknown, "the probe of n1 did not answer"),
        lost,
        complete,
    ];
    let mut summary = summary(Status::Violated, findings);
    summary.around = super::excerpt::around_the_first(&super::rows::rows(&summary.verdict), &history);
    let lag = std::time::Duration::from_millis(9);
    summary.verdict.measures.lags = vec![Lag { operation: OperationId(2), node: node("n2"), record: 14, lag }];
    summary.verdict.notes = vec!["in-place changes of the list were not replicated".to_owned()];
    (summary, history)
}

/// Like [`violated`], and whatever can be text is hostile.
pub(super) fn hostile() -> (Summary, History) {
    let (mut summary, _) = violated();
    for finding in &mut summary.verdict.guarantees {
        finding.because = HOSTILE.to_owned();
    }
    for text in [&mut summary.name, &mut summary.setting, &mut summary.run_dir] {
        HOSTILE.clone_into(text);
    }
    summary.verdict.notes = vec![HOSTILE.to_owned()];
    summary.around = vec![HOSTILE.to_owned()];
    summary.differences[0].here = HOSTILE.to_owned();
    summary.not_in_effect = vec![UnusedFile { file: HOSTILE.into(), says: vec![HOSTILE.to_owned()] }];
    (summary, history(HOSTILE))
}

fn summary(status: Status, guarantees: Vec<Finding>) -> Summary {
    let met = Assumption { what: "every fault hit".to_owned(), met: true, because: "1 fault".to_owned() };
    let failover = Failover { node: node("n1"), answered_by: OperationId(3), first_answer_ms: 12, since_fault_ms: 40 };
    let latency = Latency { operations: 3, median_us: 1500, p99_us: 12_000, max_us: 12_000 };
    Summary {
        format: 1,
        name: "the session survives the kill".to_owned(),
        setting: "TomEE 9.0.0 · 2 nodes".to_owned(),
        verdict: Verdict {
            format: 1,
            status,
            guarantees,
            expectations: vec![],
            expected_violations: vec![],
            assumptions: vec![met],
            measures: Measures {
                failovers: vec![failover],
                farm_ms: Some(1200),
                farm: vec![NodeTime { node: node("n2"), ms: 1200 }],
                state_transfers: vec![NodeTime { node: node("n1"), ms: 2100 }],
                evictions: vec![Eviction { fault: FaultKind::Kill, node: node("n1"), by: node("n2"), ms: 35 }],
                replication_lag: Some(Latency { operations: 2, median_us: 4000, p99_us: 9000, max_us: 9000 }),
                lags: vec![],
                start_ms: Some(3700),
                latency: Some(latency),
            },
            notes: vec![],
        },
        differences: vec![Difference {
            what: "channelSendOptions".to_owned(),
            here: "6".to_owned(),
            stock: "8".to_owned(),
            why: "the topology says so".to_owned(),
        }],
        not_in_effect: vec![],
        around: vec![],
        cut_short: None,
        run_dir: "/runs/1".to_owned(),
    }
}

fn finding(guarantee: Guarantee, status: Status, because: &str) -> Finding {
    Finding {
        sessions: BTreeMap::new(),
        guarantee,
        promised: true,
        aside: None,
        status,
        because: because.to_owned(),
        violations: BTreeMap::new(),
        rests_on: vec![OperationId(1)],
        evidence: vec![1],
    }
}

fn last_complete(history: &History) -> usize {
    let complete = |record: &Record| matches!(record.kind, RecordKind::Complete { .. });
    history.records.iter().rposition(complete).expect("a request ended")
}

fn node(name: &str) -> NodeName {
    NodeName::new(name).expect("a good name")
}

/// Counts 1 and 2 on n1, n2 seen to hold 1, n1 killed, count 1 on n2, n1 back.
fn history(message: &str) -> History {
    let mut scenario = Sample(History::default());
    for name in ["n1", "n2"] {
        scenario.push(100, RecordKind::Event(Event::NodeStarts { node: node(name) }));
        scenario.push(900, RecordKind::Event(Event::NodeReady { node: node(name) }));
    }
    scenario.request(1, "n1", Some(1), None);
    scenario.request(2, "n1", Some(2), Some("AB12.n1"));
    scenario.look("n2", 1);
    scenario.log("n2", message);
    let fault = |phase| RecordKind::Fault { fault: 1, kind: FaultKind::Kill, node: node("n1"), phase };
    scenario.push(5, fault(FaultPhase::Asked));
    scenario.push(5, fault(FaultPhase::Hit { proof: "process 4711 ended by signal 9".to_owned() }));
    scenario.request(3, "n2", Some(1), Some("AB12.n1"));
    scenario.look("n2", 2);
    scenario.push(10, RecordKind::Event(Event::NodeStarts { node: node("n1") }));
    scenario.push(700, RecordKind::Event(Event::NodeReady { node: node("n1") }));
    scenario.0
}

struct Sample(History);

impl Sample {
    /// A record so many milliseconds after the one before.
    fn push(&mut self, after_ms: u64, kind: RecordKind) {
        let now = self.0.records.last().map_or(0, |record| record.at.0);
        self.0.records.push(Record { at: Nanos(now + after_ms * 1_000_000), kind });
    }

    fn request(&mut self, number: u32, on: &str, count: Option<i64>, session: Option<&str>) {
        let operation = OperationId(number);
        let client = ClientName::new("alice").expect("a good name");
        let session = session.map(SessionId::new);
        let target = "GET /counter/count.jsp".to_owned();
        let request = Some(AppRequest::Count);
        self.push(2, RecordKind::Invoke { operation, client, node: node(on), request, target, session });
        let counter = count.map(|count| CounterReply {
            node: on.to_owned(),
            session: Some(SessionId::new(format!("AB12.{on}"))),
            route: Some(on.to_owned()),
            new: number == 1,
            count,
            once: Some("once-1".to_owned()),
            list: vec![0],
        });
        let reply = Reply { status: 200, counter, ..Reply::default() };
        self.push(3, RecordKind::Complete { operation, outcome: Outcome::Ok { reply } });
    }

    fn look(&mut self, on: &str, count: i64) {
        let attributes = [("count".to_owned(), AttributeValue::new("Integer", count.into()))];
        let session = SessionReplica {
            id: SessionId::new("AB12.n1"),
            role: ReplicaRole::Replica,
            valid: true,
            max_inactive_s: None,
            attributes: BTreeMap::from(attributes),
        };
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
            sessions: vec![session],
        };
        let state = NodeState { contexts: vec![context], ..NodeState::default() };
        let asked = Nanos(self.0.records.last().map_or(0, |record| record.at.0));
        let (node, question, seen) = (node(on), Question::Everything, Seen::State(state));
        self.push(4, RecordKind::Observe(NodeObservation { node, asked, question, seen }));
    }

    fn log(&mut self, on: &str, message: &str) {
        self.push(
            1,
            RecordKind::Log(LogLine {
                node: node(on),
                node_time: "12:00:00".to_owned(),
                level: "WARNING".to_owned(),
                logger: "org.apache.catalina".to_owned(),
                message: message.to_owned(),
                class: LogClass::OtherWarning,
            }),
        );
    }
}
