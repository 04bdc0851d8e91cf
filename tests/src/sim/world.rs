//! The world: one cluster, its clients, and the history as it is written.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;
use tomee_harness::history::{Event, FaultPhase, History, Nanos, Record, RecordKind};
use tomee_harness::model::{
    ClientName, ContextPath, FaultKind, Guarantee, ManagerKind, NodeName, Plan, SendOptions, SessionId, Step, StepKind,
    Topology,
};

use super::bug::{BugKind, Planted};
use super::case::{Case, Truth};
use super::cluster::{Id, Machine, Message};
use super::ledger::{Excuse, Ledger};
use super::requests::Flight;

pub(super) const MILLISECOND: u64 = 1_000_000;
pub(super) const SECOND: u64 = 1_000 * MILLISECOND;

/// A browser: its name and the id that its cookie has, by context.
#[derive(Debug, Clone)]
pub(super) struct Browser {
    pub(super) name: ClientName,
    pub(super) jar: BTreeMap<usize, Id>,
}

/// A traffic: which browsers ask, and where.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) name: ClientName,
    pub(super) clients: Vec<usize>,
    pub(super) context: usize,
    /// The only node that it asks; else the one that the cookie names, else any.
    pub(super) node: Option<usize>,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) rng: Rng,
    pub(super) plan: Plan,
    pub(super) names: Vec<NodeName>,
    pub(super) contexts: Vec<ContextPath>,
    pub(super) records: Vec<Record>,
    pub(super) now: u64,
    pub(super) machines: Vec<Machine>,
    pub(super) wire: Vec<Vec<VecDeque<Message>>>,
    pub(super) cut: Option<usize>,
    /// Whether a partition or a pause lasts, or nobody knows yet that it is over.
    pub(super) split: bool,
    /// Whether one ever was.
    pub(super) was_split: bool,
    /// Nodes that are gone and that the others have not evicted yet.
    pub(super) unnoticed: bool,
    pub(super) browsers: Vec<Browser>,
    pub(super) flights: Vec<Flight>,
    /// Operations that ran out of time, each with its node, where they may still be under way.
    pub(super) unheard: Vec<(usize, usize)>,
    pub(super) flows: Vec<Flow>,
    pub(super) retired: Vec<Flow>,
    pub(super) ledger: Ledger,
    pub(super) operations: usize,
    pub(super) faults: u32,
    /// Each fault with its node.
    pub(super) faults_on: Vec<(u32, usize, FaultKind)>,
    pub(super) stems: usize,
    pub(super) kills: usize,
    /// Whether the request that is being served takes a session over without a new route.
    pub(super) unrenamed: bool,
    /// A client that gets only errors behind the first kill.
    pub(super) cursed: Option<usize>,
    pub(super) bug: Option<Planted>,
    /// Which of the newer fields looks have.
    pub(super) modern: bool,
    /// Whether the app is to be a shop: one of which nothing is known, and that answers each request behind the first fault, as
    /// an answer which is missing there is a loss of its own.
    pub(super) shop: bool,
    pub(super) seed: u64,
}

impl World {
    pub(super) fn new(seed: u64, bug: Option<Planted>, shop: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let nodes = [2, 2, 2, 3, 3, 4][rng.usize(..6)];
        let kind = bug.as_ref().map(|bug| bug.kind);
        let nodes = kind.and_then(BugKind::nodes).unwrap_or(nodes);
        let mut topology = Topology::of(nodes).expect("2 to 4 nodes are fine");
        topology.cluster.manager = if rng.f64() < 0.4 { ManagerKind::Backup } else { ManagerKind::Delta };
        topology.cluster.send_options = if rng.f64() < 0.3 { SendOptions::ASYNC } else { SendOptions::SYNC_ACK };
        if let Some(kind) = kind {
            topology.cluster.manager = kind.manager().unwrap_or(topology.cluster.manager);
            topology.cluster.send_options = kind.send_options().unwrap_or(topology.cluster.send_options);
        }
        let names: Vec<NodeName> = topology.names().cloned().collect();
        let guarantees = Guarantee::COMMON.iter().copied().filter(|one| *one != Guarantee::StateTransferred).collect();
        let plan =
            Plan::new(format!("simulated {}{seed}", if shop { "shop " } else { "" }), topology, guarantees, Vec::new());
        let paths: &[&str] = if rng.f64() < 0.3 { &["/counter", "/second"] } else { &["/counter"] };
        Self {
            modern: rng.f64() < 0.75 || shop,
            rng,
            plan,
            contexts: paths.iter().map(|path| ContextPath::new(*path).expect("a good path")).collect(),
            records: Vec::new(),
            now: 0,
            machines: vec![Machine::default(); names.len()],
            wire: vec![vec![VecDeque::new(); names.len()]; names.len()],
            names,
            cut: None,
            split: false,
            was_split: false,
            unnoticed: false,
            browsers: Vec::new(),
            flights: Vec::new(),
            unheard: Vec::new(),
            flows: Vec::new(),
            retired: Vec::new(),
            ledger: Ledger::default(),
            operations: 0,
            faults: 0,
            faults_on: Vec::new(),
            stems: 0,
            kills: 0,
            unrenamed: false,
            cursed: None,
            bug,
            shop,
            seed,
        }
    }

    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.rng.f64() < share
    }

    pub(super) fn pick(&mut self, of: &[usize]) -> Option<usize> {
        if of.is_empty() { None } else { Some(of[self.rng.usize(..of.len())]) }
    }

    pub(super) fn manager(&self) -> ManagerKind {
        self.plan.topology.cluster.manager
    }

    pub(super) fn is_sync(&self) -> bool {
        self.plan.topology.cluster.send_options.waits_for_the_peer()
    }

    pub(super) fn pass(&mut self, least: u64, most: u64) {
        self.now += self.rng.u64(least..=most);
    }

    pub(super) fn push(&mut self, kind: RecordKind) {
        self.pass(20_000, 900_000);
        self.records.push(Record { at: Nanos(self.now), kind });
    }

    pub(super) fn event(&mut self, event: Event) {
        self.push(RecordKind::Event(event));
    }

    pub(super) fn fault(&mut self, fault: u32, kind: FaultKind, node: usize, phase: FaultPhase) {
        let node = self.names[node].clone();
        self.push(RecordKind::Fault { fault, kind, node, phase });
    }

    pub(super) fn begin_step(&mut self, kind: StepKind, title: String) -> u32 {
        self.plan.steps.push(Step::new(title.clone(), kind));
        let step = u32::try_from(self.plan.steps.len()).unwrap_or(u32::MAX);
        self.event(Event::StepBegins { step, title });
        step
    }

    pub(super) fn end_step(&mut self, step: u32) {
        self.event(Event::StepEnds { step });
    }

    pub(super) fn new_stem(&mut self) -> usize {
        self.stems += 1;
        self.stems
    }

    /// The stem as the servers write it: 32 digits that look random, and are another's for each number.
    pub(super) fn stem_text(&self, stem: usize) -> String {
        let mut rng = Rng::with_seed(self.seed.rotate_left(17) ^ u64::try_from(stem).unwrap_or_default());
        format!("{:032X}", rng.u128(..))
    }

    pub(super) fn id_text(&self, id: Id) -> SessionId {
        SessionId::new(format!("{}.{}", self.stem_text(id.stem), self.names[id.route]))
    }

    /// Whether one of the sessions ends soon by itself.
    pub(super) fn has_short_lived(&self) -> bool {
        self.machines.iter().any(|machine| machine.sessions.values().any(|held| held.short))
    }

    /// What the bug has shown, in words.
    pub(super) fn shown(&self) -> Option<String> {
        let bug = self.bug.as_ref().filter(|bug| bug.struck)?;
        if let Some(shown) = &bug.shown {
            return Some(shown.clone());
        }
        let ours = |session: usize| bug.victim.is_none_or(|victim| victim == session);
        let plain = self.ledger.anomalies.iter().find(|anomaly| anomaly.excuse.is_none() && ours(anomaly.session));
        plain.map(|anomaly| format!("session {}: {}", anomaly.session + 1, anomaly.text))
    }

    /// The truth about a history without a bug.
    pub(super) fn truth(&self) -> Truth {
        let ledger = &self.ledger;
        if let Some(loss) = ledger.anomalies.iter().find(|anomaly| anomaly.excuse.is_none()) {
            return Truth::LossSeen { why: format!("session {}: {}", loss.session + 1, loss.text) };
        }
        if let Some(why) = &ledger.either {
            return Truth::Either { why: why.clone() };
        }
        if let Some(loss) = ledger.anomalies.iter().find(|anomaly| !anomaly.by_look) {
            let excuse = match loss.excuse {
                Some(Excuse::AllCopiesBroken) => "all copies were broken",
                _ => "the nodes were apart",
            };
            return Truth::Excused { why: format!("session {}: {}; {excuse}", loss.session + 1, loss.text) };
        }
        if let Some(why) = &ledger.open {
            return Truth::Open { why: why.clone() };
        }
        let alive = || ledger.known.iter().enumerate().filter(|(_, known)| known.acknowledged && !known.finished);
        if let Some((number, _)) = alive().find(|(_, known)| known.torn || known.gone || known.unsure.is_some()) {
            return Truth::Open { why: format!("session {} is torn, gone or may have ended", number + 1) };
        }
        let untested =
            alive().find(|(_, known)| known.ended.is_none() && known.staked.is_some() && known.tested < known.staked);
        if let Some((number, known)) = untested {
            let why =
                format!("session {} was not rightly answered since {}", number + 1, Nanos(known.staked.unwrap_or(0)));
            return Truth::Untested { why };
        }
        let failing = alive().find(|(_, known)| known.ended.is_none() && known.staked.is_some() && known.trailing > 0);
        if let Some((number, known)) = failing {
            let why = format!("the last {} requests for session {} got no answer", known.trailing, number + 1);
            return if known.trailing > 3 { Truth::Untested { why } } else { Truth::Open { why } };
        }
        if let Some((number, _)) = alive().find(|(_, known)| known.unlooked) {
            return Truth::Open { why: format!("no copy of session {} was seen before its fault", number + 1) };
        }
        if !ledger.known.iter().any(|known| known.tested.is_some()) {
            return Truth::Open { why: "nothing was ever at stake".to_owned() };
        }
        Truth::Clean
    }

    pub(super) fn into_case(self, seed: u64, truth: Truth) -> Case {
        let cluster = &self.plan.topology.cluster;
        let description = format!(
            "{} nodes, {}, {}, {} contexts, {} sessions{}",
            self.names.len(),
            cluster.manager,
            cluster.send_options,
            self.contexts.len(),
            self.ledger.known.len(),
            self.bug.as_ref().map_or(String::new(), |bug| format!(", {bug:?}")),
        );
        Case { seed, plan: self.plan, history: History { records: self.records }, truth, description }
    }
}
