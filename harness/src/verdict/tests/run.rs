//! A scenario: a simulated cluster that does everything right and writes the history and the plan of it as it goes.
//! A test describes a scenario and then spoils one thing.

use std::collections::BTreeMap;

use super::servers::{endpoints, stem};

use crate::history::{
    CounterReply, Event, FaultPhase, History, Nanos, NodeObservation, NodeState, OperationId, Outcome, Question,
    Record, RecordKind, Seen, SessionReplica,
};
use crate::model::plan::{App, AppRequest};
use crate::model::{
    ClientName, ContextPath, Fault, FaultKind, Guarantee, Load, NodeName, Plan, SessionId, Step, StepKind, Topology,
};
use crate::verdict::{Finding, Verdict, judge};

/// One millisecond: what passes between two records.
const TICK: u64 = 1_000_000;

pub(super) fn node(name: &str) -> NodeName {
    NodeName::new(name).expect("a good name")
}

pub(super) fn context() -> ContextPath {
    ContextPath::new("/counter").expect("a good path")
}

/// What a node holds of a session.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) id: String,
    pub(super) count: i64,
    pub(super) once: String,
    pub(super) list: Vec<i64>,
}

#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) history: History,
    now: u64,
    operations: u32,
    faults: u32,
    pub(super) sessions: u32,
    pub(super) living: Vec<NodeName>,
    /// The faults that keep a node from its peers, with their numbers.
    pub(super) cut: BTreeMap<NodeName, (u32, FaultKind)>,
    /// By node and stem.
    pub(super) held: BTreeMap<(NodeName, String), Held>,
    pub(super) cookies: BTreeMap<String, String>,
}

pub(super) fn scenario() -> Run {
    Run::on(Topology::of(2).expect("two nodes"))
}

impl Run {
    pub(super) fn on(topology: Topology) -> Self {
        Self {
            plan: Plan::new("a scenario", topology, Guarantee::COMMON.to_vec(), Vec::new()),
            history: History::default(),
            now: 0,
            operations: 0,
            faults: 0,
            sessions: 0,
            living: Vec::new(),
            cut: BTreeMap::new(),
            held: BTreeMap::new(),
            cookies: BTreeMap::new(),
        }
    }

    /// A scenario in which no node comes back, so that nothing of joiners can be known, and is not asked.
    pub(super) fn without_joiners(mut self) -> Self {
        self.plan.guarantees.retain(|guarantee| *guarantee != Guarantee::StateTransferred);
        self
    }

    pub(super) fn push(&mut self, kind: RecordKind) {
        self.now += TICK;
        self.history.records.push(Record { at: Nanos(self.now), kind });
    }

    /// Lets so many milliseconds pass.
    pub(super) fn wait(&mut self, ms: u64) {
        self.now += ms * TICK;
    }

    pub(super) fn event(&mut self, event: Event) {
        self.push(RecordKind::Event(event));
    }

    fn step(mut self, kind: StepKind, record: impl FnOnce(&mut Self)) -> Self {
        let title = format!("{kind:?}").chars().take(30).collect::<String>();
        self.plan.steps.push(Step::new(title.clone(), kind));
        let step = u32::try_from(self.plan.steps.len()).expect("few steps");
        self.event(Event::StepBegins { step, title });
        record(&mut self);
        self.event(Event::StepEnds { step });
        self
    }

    /// Starts all nodes.
    pub(super) fn start(self) -> Self {
        self.step(StepKind::Start, |scenario| {
            let names: Vec<_> = scenario.plan.topology.names().cloned().collect();
            scenario.event(Event::Addressed { endpoints: endpoints(&names) });
            for node in &names {
                scenario.event(Event::NodeStarts { node: node.clone() });
            }
            for node in &names {
                scenario.event(Event::NodeReady { node: node.clone() });
            }
            scenario.living.clone_from(&names);
            scenario.event(Event::ClusterFormed { nodes: names });
        })
    }

    /// Deploys the counter everywhere.
    pub(super) fn deploy(self) -> Self {
        self.step(StepKind::deploy(App::Counter, context()), |scenario| {
            let watcher = scenario.plan.topology.watcher().clone();
            let (sha256, served_sha256) = ("ab".to_owned(), None);
            scenario.event(Event::WarDropped {
                node: watcher,
                alone: false,
                context: context(),
                sha256,
                served_sha256,
            });
            for node in scenario.living.clone() {
                scenario.event(Event::Deployed { node, context: context() });
            }
        })
    }

    pub(super) fn count(self, client: &str, on: &str) -> Self {
        self.request(client, on, AppRequest::Count)
    }

    pub(super) fn request(self, client: &str, on: &str, request: AppRequest) -> Self {
        let kind = StepKind::Request {
            client: ClientName::new(client).expect("a good name"),
            node: node(on).into(),
            context: context(),
            request,
            load: Load::default(),
        };
        self.step(kind, |scenario| {
            scenario.invoke(client, on, request);
            let reply = scenario.serve(client, on, request);
            scenario.complete(scenario.operations, Outcome::Ok { reply });
        })
    }

    /// A count whose answer takes so many milliseconds.
    pub(super) fn count_taking(self, client: &str, on: &str, ms: u64) -> Self {
        let mut scenario = self.count(client, on);
        // The answer and the end of the step.
        let ended = scenario.history.records.len() - 2;
        for record in &mut scenario.history.records[ended..] {
            record.at.0 += ms * TICK;
        }
        scenario.now += ms * TICK;
        scenario
    }

    /// The same scenario, of which only this is decided.
    pub(super) fn deciding(mut self, guarantee: Guarantee) -> Self {
        self.plan.guarantees = vec![guarantee];
        self
    }

    /// A request whose answer never came; it may have landed or not.
    pub(super) fn count_in_vain(self, client: &str, on: &str, landed: bool) -> Self {
        let (cookie, held) = (self.cookies.get(client).cloned(), self.held.clone());
        let mut scenario = self.count(client, on);
        // The client never saw the answer, so its cookie stays.
        match cookie {
            Some(cookie) => scenario.cookies.insert(client.to_owned(), cookie),
            None => scenario.cookies.remove(client),
        };
        if !landed {
            scenario.held = held;
        }
        scenario.last_outcome(|outcome| *outcome = Outcome::Unknown { why: "timed out".to_owned(), reply: None });
        scenario
    }

    pub(super) fn next_operation(&mut self) -> u32 {
        self.operations += 1;
        self.operations
    }

    pub(super) fn invoke(&mut self, client: &str, on: &str, request: AppRequest) -> u32 {
        self.next_operation();
        let kind = RecordKind::Invoke {
            operation: OperationId(self.operations),
            client: ClientName::new(client).expect("a good name"),
            node: node(on),
            request: Some(request),
            target: format!("GET /counter/{}", request.page()),
            session: self.cookies.get(client).cloned().map(SessionId::new),
        };
        self.push(kind);
        self.operations
    }

    pub(super) fn complete(&mut self, operation: u32, outcome: Outcome) {
        self.push(RecordKind::Complete { operation: OperationId(operation), outcome });
    }

    /// Looks at every living node.
    pub(super) fn observe(self) -> Self {
        self.step(StepKind::Observe { context: context() }, |scenario| {
            for node in scenario.living.clone() {
                let asked = Nanos(scenario.now + TICK / 2);
                let state = scenario.state(&node);
                let question = Question::Context(context());
                scenario.push(RecordKind::Observe(NodeObservation { node, asked, question, seen: Seen::State(state) }));
            }
        })
    }

    pub(super) fn kill(self, name: &str) -> Self {
        let (kind, victim) = (FaultKind::Kill, node(name));
        self.step(StepKind::fault(kind, victim.clone()), |scenario| {
            scenario.faults += 1;
            let fault = scenario.faults;
            scenario.push(RecordKind::Fault { fault, kind, node: victim.clone(), phase: FaultPhase::Asked });
            let phase = FaultPhase::Hit { proof: "process 4711 ended by signal 9".to_owned() };
            scenario.push(RecordKind::Fault { fault, kind, node: victim.clone(), phase });
            scenario.living.retain(|node| *node != victim);
            scenario.held.retain(|(node, _), _| *node != victim);
        })
    }

    /// Keeps a node from its peers. What they send meanwhile reaches only their own side.
    pub(super) fn cut(self, kind: FaultKind, percent: Option<u8>, name: &str) -> Self {
        let cut = node(name);
        let step = match percent {
            Some(percent) if kind == FaultKind::PacketLoss => {
                StepKind::fault(Fault::PacketLoss { percent }, cut.clone())
            }
            Some(percent) => StepKind::fault(Fault::SlowNode { percent }, cut.clone()),
            None => StepKind::fault(kind, cut.clone()),
        };
        self.step(step, |scenario| {
            scenario.faults += 1;
            let fault = scenario.faults;
            scenario.push(RecordKind::Fault { fault, kind, node: cut.clone(), phase: FaultPhase::Asked });
            let phase = FaultPhase::Hit { proof: "37 packets dropped".to_owned() };
            scenario.push(RecordKind::Fault { fault, kind, node: cut.clone(), phase });
            scenario.cut.insert(cut, (fault, kind));
        })
    }

    pub(super) fn partition(self, name: &str) -> Self {
        self.cut(FaultKind::Partition, None, name)
    }

    /// Lets a node's peers reach it again; nobody is known yet to see the other.
    pub(super) fn heal(self, name: &str) -> Self {
        let node = node(name);
        self.step(StepKind::Heal { node: node.clone().into() }, |scenario| {
            let (fault, kind) = scenario.cut.remove(&node).expect("it was cut off");
            let phase = FaultPhase::Healed { effect: Some("40 packets dropped".to_owned()) };
            scenario.push(RecordKind::Fault { fault, kind, node, phase });
        })
    }

    /// Freezes a node; nobody is known to have evicted it.
    pub(super) fn freeze(self, name: &str) -> Self {
        let mut scenario = self.cut(FaultKind::Pause, None, name);
        scenario.living.retain(|living| living.as_str() != name);
        scenario
    }

    /// Thaws a node, and all see each other again.
    pub(super) fn thaw(self, name: &str) -> Self {
        let mut scenario = self.heal(name);
        scenario.living.push(node(name));
        scenario.living.sort();
        scenario.reformed()
    }

    pub(super) fn restart(self, name: &str) -> Self {
        let back = node(name);
        self.step(StepKind::restart(back.clone()), |scenario| {
            scenario.event(Event::NodeStarts { node: back.clone() });
            scenario.event(Event::NodeReady { node: back.clone() });
            let donor = scenario.living.first().cloned();
            let sessions: Vec<_> = scenario
                .held
                .iter()
                .filter(|((node, _), _)| Some(node) == donor.as_ref())
                .map(|((_, stem), held)| (stem.clone(), held.clone()))
                .collect();
            let count = sessions.len();
            scenario.held.extend(sessions.into_iter().map(|(stem, held)| ((back.clone(), stem), held)));
            scenario.living.push(back.clone());
            scenario.living.sort();
            scenario.event(Event::ClusterFormed { nodes: scenario.living.clone() });
            scenario.event(Event::Synchronised { node: back, sessions: count });
        })
    }

    /// A node forgets all sessions, and nobody notices.
    pub(super) fn forget(mut self, on: &str) -> Self {
        self.held.retain(|(node, _), _| node.as_str() != on);
        self
    }

    /// Every living node holds a session with this count, and the client its cookie.
    pub(super) fn bring_back(mut self, client: &str, id: &str, count: i64) -> Self {
        let once = "once-1".to_owned();
        for node in self.living.clone() {
            let held = Held { id: id.to_owned(), count, once: once.clone(), list: vec![0] };
            self.held.insert((node, stem(id).to_owned()), held);
        }
        self.cookies.insert(client.to_owned(), id.to_owned());
        self
    }

    /// Repeats the last look at n2 right after the last start, as a wait does that looks at all nodes.
    pub(super) fn looked_at_between(mut self) -> Self {
        let records = &self.history.records;
        let look = records
            .iter()
            .rfind(|record| matches!(&record.kind, RecordKind::Observe(look) if look.node.as_str() == "n2"));
        let start =
            records.iter().rposition(|record| matches!(record.kind, RecordKind::Event(Event::NodeReady { .. })));
        let (mut look, start) = (look.cloned().expect("a look"), start.expect("a start"));
        look.at = records[start].at;
        if let RecordKind::Observe(observation) = &mut look.kind {
            observation.asked = look.at;
        }
        self.history.records.insert(start + 1, look);
        self
    }

    /// The survivors are seen to have evicted the dead.
    pub(super) fn reformed(mut self) -> Self {
        let nodes = self.living.clone();
        self.event(Event::ClusterFormed { nodes });
        self
    }

    /// Spoils the outcome of the last operation that ended.
    pub(super) fn last_outcome(&mut self, spoil: impl FnOnce(&mut Outcome)) {
        let last = self.history.records.iter_mut().rev().find_map(|record| match &mut record.kind {
            RecordKind::Complete { outcome, .. } => Some(outcome),
            _ => None,
        });
        spoil(last.expect("an operation ended"));
    }

    /// Spoils the last answer.
    pub(super) fn answering(mut self, spoil: impl FnOnce(&mut CounterReply)) -> Self {
        self.last_outcome(|outcome| match outcome {
            Outcome::Ok { reply } => spoil(reply.counter.as_mut().expect("the counter answered")),
            other => panic!("no answer: {other:?}"),
        });
        self
    }

    /// Spoils the last look at a node.
    pub(super) fn seeing(mut self, on: &str, spoil: impl FnOnce(&mut NodeState)) -> Self {
        self.last_look(on, |seen| match seen {
            Seen::State(state) => spoil(state),
            Seen::Dead(why) => panic!("a dead probe: {why}"),
        });
        self
    }

    /// Spoils the last replica that a look at a node showed.
    pub(super) fn holding(self, on: &str, spoil: impl FnOnce(&mut SessionReplica)) -> Self {
        self.seeing(on, |state| spoil(state.contexts[0].sessions.last_mut().expect("a replica")))
    }

    /// The last look at a node found a dead probe.
    pub(super) fn blind(mut self, on: &str) -> Self {
        self.last_look(on, |seen| *seen = Seen::Dead("connection refused".to_owned()));
        self
    }

    fn last_look(&mut self, on: &str, spoil: impl FnOnce(&mut Seen)) {
        let last = self.history.records.iter_mut().rev().find_map(|record| match &mut record.kind {
            RecordKind::Observe(observation) if observation.node.as_str() == on => Some(&mut observation.seen),
            _ => None,
        });
        spoil(last.expect("a look at the node"));
    }

    /// Leaves out what does not belong into the scenario.
    pub(super) fn without(mut self, gone: impl Fn(&RecordKind) -> bool) -> Self {
        self.history.records.retain(|record| !gone(&record.kind));
        self
    }

    pub(super) fn judge(&self) -> Verdict {
        judge(&self.plan, &self.history)
    }

    pub(super) fn finding(&self, wanted: Guarantee) -> Finding {
        let found = self.judge().guarantees.into_iter().find(|finding| finding.guarantee == wanted);
        found.expect("the plan has all guarantees")
    }
}
