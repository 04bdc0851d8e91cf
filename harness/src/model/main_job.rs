//! The main job as a plan: a farm-deployed counter, and sessions that must survive the end of each node in turn.

use super::names::{ClientName, ContextPath, NameError};
use super::plan::{App, AppRequest, Plan};
use super::step::{Delivery, Load, Step, StepKind};
use super::{FaultKind, Guarantee, ManagerKind, Millis, NodeName, Role, Target, Topology};

/// How often the counter is counted before the first kill.
const COUNTS_BEFORE_THE_KILL: u32 = 4;
/// How many sessions there are beside the one that the scenario follows, on all nodes alike.
const SESSIONS: u32 = 8;
/// How many clients of the traffic there are for each node, and how often each asks: so that a request is likely to be under
/// way when a node dies.
const TRAFFIC_A_NODE: u32 = 2;
const PACE: Millis = Millis(10);
/// A first answer that comes later than this is worth a note.
const FIRST_ANSWER: Millis = Millis(1000);

/// The plan of the main job on a cluster of this shape.
///
/// One session is made on the first node, eight more on all nodes alike, and clients go on counting while a node dies. Each
/// node is killed in turn: another one must answer for its sessions, it comes back and takes over the state. Before the
/// second kill one session is ended and one gets a new id, so that both are put to the test as well. At last the first node
/// is stopped as an operator does it, and every session is asked for once more.
///
/// # Errors
/// Never for the names written here; the type says so for the sake of a caller that must not panic.
pub fn plan(topology: Topology) -> Result<Plan, NameError> {
    let mut job = Job {
        context: ContextPath::new("/counter")?,
        clients: Clients::of(&topology)?,
        // BackupManager lets a node that is neither owner nor backup answer once under the old route before it renames
        // the id, so it takes two answers to see the new one.
        counts_after_a_kill: if topology.cluster.manager == ManagerKind::Backup && topology.nodes.len() > 2 {
            2
        } else {
            1
        },
        steps: vec![],
    };
    let nodes: Vec<NodeName> = topology.names().cloned().collect();
    job.begin(&topology);
    for (index, node) in nodes.iter().enumerate() {
        let next = &nodes[(index + 1) % nodes.len()];
        if index == 1 {
            job.end_and_rename(node);
        }
        job.lose(FaultKind::Kill, node, next);
        if index == 1 {
            job.ask_the_ended_and_the_renamed(next);
        }
        job.step(format!("restart {node}"), StepKind::restart(node.clone()));
        job.look();
    }
    job.lose(FaultKind::Stop, &nodes[0], &nodes[1]);
    let name = "the sessions survive the end of each node";
    let mut plan = Plan::new(name, topology, Guarantee::COMMON.to_vec(), job.steps);
    plan.warn_at_most.first_answer = Some(FIRST_ANSWER);
    plan.append_final_read();
    Ok(plan)
}

/// Who asks.
struct Clients {
    /// Whose session the scenario follows.
    alice: ClientName,
    /// Those beside her.
    others: ClientName,
    /// Those that ask while a node dies, and how many they are.
    traffic: (ClientName, u32),
    /// Whose session is ended.
    ended: ClientName,
    /// Whose session gets a new id.
    renamed: ClientName,
}

impl Clients {
    fn of(topology: &Topology) -> Result<Self, NameError> {
        let nodes = u32::try_from(topology.nodes.len()).unwrap_or(1);
        Ok(Self {
            alice: ClientName::new("alice")?,
            others: ClientName::new("session")?,
            traffic: (ClientName::new("traffic")?, nodes.saturating_mul(TRAFFIC_A_NODE)),
            ended: ClientName::new("ended")?,
            renamed: ClientName::new("renamed")?,
        })
    }
}

/// The steps so far.
struct Job {
    context: ContextPath,
    clients: Clients,
    counts_after_a_kill: u32,
    steps: Vec<Step>,
}

impl Job {
    fn step(&mut self, title: impl Into<String>, kind: StepKind) {
        self.steps.push(Step::new(title, kind));
    }

    fn look(&mut self) {
        self.steps.push(Step::look(&self.context));
    }

    /// One client asks.
    fn ask(&mut self, title: String, client: ClientName, node: &NodeName, request: AppRequest, times: u32) {
        let kind = self.request((client, 1), node.clone().into(), request, times);
        self.step(title, kind);
    }

    fn request(&self, who: (ClientName, u32), node: Target, request: AppRequest, times: u32) -> StepKind {
        let (client, clients) = who;
        let context = self.context.clone();
        let load = Load { times, clients, parallel: clients, ..Load::default() };
        StepKind::Request { client, node, context, request, load }
    }

    /// All clients that are many count, each on the node that has its session.
    fn count_all(&mut self, times: u32) {
        let others = (self.clients.others.clone(), SESSIONS);
        let kind = self.request(others, Role::Sticky.into(), AppRequest::Count, times);
        self.step(format!("count in {SESSIONS} more sessions, each on its node"), kind);
    }

    fn begin(&mut self, topology: &Topology) {
        let delivery = Delivery::of(topology);
        let (first, alice) = (&topology.nodes[0].name, self.clients.alice.clone());
        self.step(format!("start {} nodes", topology.nodes.len()), StepKind::Start);
        let way = delivery.way(topology);
        let deploy = StepKind::Deploy { app: App::Counter, context: self.context.clone(), delivery };
        self.step(format!("deploy counter.war {way}"), deploy);
        self.ask(format!("count on {first}"), alice.clone(), first, AppRequest::Count, COUNTS_BEFORE_THE_KILL);
        self.ask(format!("change the list in place on {first}"), alice, first, AppRequest::Mutate, 1);
        self.count_all(1);
    }

    /// Ends a node while clients ask, and asks another one for the sessions.
    fn lose(&mut self, kind: FaultKind, node: &NodeName, next: &NodeName) {
        let (traffic, clients) = self.clients.traffic.clone();
        let flow = StepKind::Traffic {
            client: traffic.clone(),
            node: Role::Sticky.into(),
            context: self.context.clone(),
            request: AppRequest::Count,
            clients,
            every: PACE,
        };
        self.step(format!("{clients} clients begin to count, each on its node"), flow);
        self.look();
        self.step(format!("{kind} {node}"), StepKind::fault(kind, node.clone()));
        let (alice, times) = (self.clients.alice.clone(), self.counts_after_a_kill);
        self.ask(format!("count on {next}"), alice, next, AppRequest::Count, times);
        self.count_all(times);
        self.step("the clients that count end", StepKind::EndTraffic { client: traffic });
        self.look();
    }

    /// Ends one session, and gives another one a new id.
    fn end_and_rename(&mut self, node: &NodeName) {
        let (ended, renamed) = (self.clients.ended.clone(), self.clients.renamed.clone());
        self.ask(format!("count on {node}, in a session to end"), ended.clone(), node, AppRequest::Count, 1);
        self.ask(format!("end it on {node}"), ended, node, AppRequest::Invalidate, 1);
        self.ask(format!("count on {node}, in a session to rename"), renamed.clone(), node, AppRequest::Count, 1);
        self.ask(format!("change its id on {node}"), renamed, node, AppRequest::ChangeId, 1);
    }

    /// The first is not to come back, and the second to be there under its new id.
    fn ask_the_ended_and_the_renamed(&mut self, node: &NodeName) {
        let (ended, renamed, times) =
            (self.clients.ended.clone(), self.clients.renamed.clone(), self.counts_after_a_kill);
        self.ask(format!("read on {node}, in the session that was ended"), ended, node, AppRequest::Read, 1);
        self.ask(format!("count on {node}, in the session with a new id"), renamed, node, AppRequest::Count, times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Capability;

    fn job(nodes: usize) -> Plan {
        plan(Topology::of(nodes).expect("a number of nodes")).expect("a plan")
    }

    #[test]
    fn every_node_is_killed_under_traffic_and_looked_at_before_and_after() {
        let plan = job(3);
        let titles: Vec<&str> = plan.steps.iter().map(|step| step.title.as_str()).collect();
        insta::assert_snapshot!(titles.join("\n"));
        for (index, _) in plan.steps.iter().enumerate().filter(|(_, step)| matches!(step.kind, StepKind::Fault { .. }))
        {
            let (before, after) = plan.steps.split_at(index);
            let is_look = |step: &Step| matches!(step.kind, StepKind::Observe { .. });
            assert!(is_look(&before[index - 1]), "{titles:?}");
            let next = after[1..].iter().position(|step| matches!(step.kind, StepKind::Fault { .. }));
            assert!(after[1..].iter().take(next.unwrap_or(after.len())).any(is_look), "{titles:?}");
        }
        let can = [Capability::Kill, Capability::Stop, Capability::Restart].into();
        assert_eq!(plan.check("any", &can), Ok(()));
    }

    #[test]
    fn each_node_of_a_cluster_is_killed_once_and_the_first_one_is_stopped_at_last() {
        for nodes in [2, 5, 8] {
            let plan = job(nodes);
            let faults = plan.steps.iter().filter_map(|step| match &step.kind {
                StepKind::Fault { fault, node, .. } => Some((fault.kind(), node.to_string())),
                _ => None,
            });
            let mut wanted: Vec<_> = plan.topology.names().map(|node| (FaultKind::Kill, node.to_string())).collect();
            wanted.push((FaultKind::Stop, "n1".to_owned()));
            assert_eq!(faults.collect::<Vec<_>>(), wanted);
        }
    }

    #[test]
    fn a_slow_first_answer_is_worth_a_note_and_a_plan_without_notes_is_read_as_before() {
        let stored = serde_json::to_value(job(2)).expect("JSON");
        assert_eq!(
            stored["warn-at-most"],
            serde_json::json!({ "first-answer": stored["warn-at-most"]["first-answer"] })
        );
        let mut older = stored.clone();
        older.as_object_mut().expect("a document").remove("warn-at-most");
        let older: Plan = serde_json::from_value(older).expect("it is read");
        assert!(older.warn_at_most.is_empty() && older.at_most.is_empty());
        assert_eq!(serde_json::from_value::<Plan>(stored).expect("it is read"), job(2));
    }
}
