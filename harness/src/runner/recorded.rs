//! The verdict of a test that drives a cluster itself: what was recorded becomes the plan of a run.

use crate::cluster::{Cluster, ClusterError};
use crate::history::{Event, FaultPhase, History, Nanos, Record, RecordKind};
use crate::model::deploy_job::OF_ANY_APP;
use crate::model::plan::App;
use crate::model::step::{Delivery, Through};
use crate::model::{ContextPath, Guarantee, NodeName, Plan, Step, StepKind, Topology};
use crate::tomcat::war::War;
use crate::verdict::{self, Verdict};

impl Cluster {
    /// Judges what has happened on this cluster so far, as a run would be judged: each app is looked at on every living node,
    /// and what was recorded since the start (requests, faults, restarts, looks) is weighed into a verdict.
    ///
    /// It decides what the test could show: of sessions nothing where nothing was broken. Call it at the end of a test,
    /// before the shutdown, when every session was asked for once more.
    ///
    /// ```no_run
    /// # async fn test() -> Result<(), Box<dyn std::error::Error>> {
    /// use tomee_harness::{Cluster, Status};
    ///
    /// let cluster = Cluster::builder().nodes(2).war("target/shop.war").start().await?;
    /// let alice = cluster.client("alice")?;
    /// alice.get("n1", "/shop/cart").await?;
    /// cluster.node("n1")?.kill().await?;
    /// alice.get("n2", "/shop/cart").await?;
    /// let verdict = cluster.verdict().await?;
    /// assert_eq!(verdict.status, Status::Holds, "{:#?}", verdict.guarantees);
    /// cluster.shutdown().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// The run's folder has plan and verdict then, too, for `tomee-harness check` and `report`.
    ///
    /// # Errors
    /// A node died that nobody had asked to end, or has no address; or the run's folder cannot be written.
    pub async fn verdict(&self) -> Result<Verdict, ClusterError> {
        self.look_at_apps().await?;
        let (plan, history) = self.write_recorded().map_err(ClusterError::RunDir)?;
        let verdict = verdict::judge(&plan, &history);
        self.run_dir().write_json(&self.run_dir().verdict(), &verdict).map_err(ClusterError::RunDir)?;
        Ok(verdict)
    }

    /// Writes what was done so far as the plan of a run, and the history with the begin and end of its steps, so that the
    /// folder can be judged again as that of any run. Gives both.
    pub(crate) fn write_recorded(&self) -> std::io::Result<(Plan, History)> {
        let (plan, history) = self.recorder().rewrite(|history| recorded(self.topology(), history))?;
        self.run_dir().write_plan(&plan)?;
        Ok((plan, history))
    }
}

/// The plan of what was done, and the history with the begin and end of its steps.
pub(super) fn recorded(topology: &Topology, history: History) -> (Plan, History) {
    let mut recorded = RecordedRun::default();
    for record in history.records {
        if let Some(kind) = recorded.begun_by(&record.kind) {
            recorded.begin(kind, record.at);
        }
        recorded.records.push(record);
    }
    let end = recorded.records.iter().map(|record| record.at).max().unwrap_or_default();
    recorded.end(end);
    let RecordedRun { steps, records, asks_the_counter, .. } = recorded;
    let broken = steps.iter().any(|step| matches!(step.kind, StepKind::Fault { .. }));
    let restarted = steps.iter().any(|step| matches!(step.kind, StepKind::Restart { .. }));
    let all: &[Guarantee] = if asks_the_counter { &Guarantee::COMMON } else { OF_ANY_APP };
    let shown = all.iter().copied().filter(|guarantee| match guarantee {
        Guarantee::StateTransferred => restarted,
        guarantee => broken || !guarantee.is_about_sessions(),
    });
    (Plan::new("what a test did", topology.clone(), shown.collect(), steps), History { records })
}

/// The steps so far, and the history with them.
#[derive(Debug, Default)]
struct RecordedRun {
    steps: Vec<Step>,
    records: Vec<Record>,
    /// Whether all nodes have seen each other once: a start behind that is a restart.
    formed: bool,
    asks_the_counter: bool,
}

impl RecordedRun {
    /// The step that a record is the first of.
    fn begun_by(&mut self, kind: &RecordKind) -> Option<StepKind> {
        match kind {
            RecordKind::Event(Event::NodeStarts { node }) if self.formed => Some(StepKind::restart(node.clone())),
            RecordKind::Event(Event::NodeStarts { .. } | Event::ClusterAdopted { .. }) => {
                self.unless_last(StepKind::Start)
            }
            RecordKind::Event(Event::ClusterFormed { .. }) => {
                self.formed = true;
                None
            }
            RecordKind::Event(Event::WarDropped { node, alone, context, sha256, .. }) => {
                let app = app(context, sha256);
                self.deploys(node, *alone, context, app)
            }
            RecordKind::Event(Event::WarRemoved { context, .. }) => {
                self.unless_last(StepKind::Undeploy { context: context.clone(), delivery: Delivery::default() })
            }
            RecordKind::Fault { kind, node, phase, .. } => match phase {
                FaultPhase::Asked => Some(StepKind::fault(*kind, node.clone())),
                FaultPhase::Healed { .. } => self.unless_last(StepKind::Heal { node: node.clone().into() }),
                FaultPhase::Hit { .. } | FaultPhase::Missed { .. } => None,
            },
            RecordKind::Invoke { request, .. } => {
                self.asks_the_counter |= request.is_some();
                None
            }
            _ => None,
        }
    }

    /// A copy for each of several nodes is one deployment, on all of them.
    fn deploys(&mut self, node: &NodeName, alone: bool, of: &ContextPath, app: App) -> Option<StepKind> {
        if let Some(Step { kind: StepKind::Deploy { app: last, context, delivery }, .. }) = self.steps.last_mut()
            && (&app, of) == (&*last, &*context)
        {
            delivery.on = delivery.on.take().filter(|first| first == node);
            return None;
        }
        let through = if alone { Through::Copy } else { Through::Farm };
        let delivery = Delivery { through, on: alone.then(|| node.clone()), ..Delivery::default() };
        Some(StepKind::Deploy { app, context: of.clone(), delivery })
    }

    fn unless_last(&self, kind: StepKind) -> Option<StepKind> {
        Some(kind).filter(|kind| self.steps.last().is_none_or(|step| step.kind != *kind))
    }

    fn begin(&mut self, kind: StepKind, at: Nanos) {
        self.end(at);
        let title = title(&kind);
        self.steps.push(Step::new(title.clone(), kind));
        self.event(at, Event::StepBegins { step: self.number(), title });
    }

    fn end(&mut self, at: Nanos) {
        if !self.steps.is_empty() {
            self.event(at, Event::StepEnds { step: self.number() });
        }
    }

    fn number(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
    }

    fn event(&mut self, at: Nanos, event: Event) {
        self.records.push(Record { at, kind: RecordKind::Event(event) });
    }
}

fn title(kind: &StepKind) -> String {
    match kind {
        StepKind::Start => "start all nodes".to_owned(),
        StepKind::Deploy { context, .. } => format!("deploy {}", context.war_name()),
        StepKind::Undeploy { context, .. } => format!("undeploy {context}"),
        StepKind::Fault { fault, node, .. } => format!("{} {node}", fault.kind()),
        StepKind::Heal { node } => format!("heal {node}"),
        StepKind::Restart { node, .. } => format!("restart {node}"),
        // No record begins any other.
        _ => String::new(),
    }
}

/// The app of an archive: the counter by its bytes, which are always the same.
fn app(context: &ContextPath, sha256: &str) -> App {
    let is = |war: Result<War, _>| war.is_ok_and(|war: War| war.sha256 == sha256);
    if is(War::counter(context.clone())) {
        App::Counter
    } else if is(War::local_counter(context.clone())) {
        App::LocalCounter
    } else {
        App::War(context.war_name().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::OperationId;
    use crate::model::plan::AppRequest;
    use crate::model::{ClientName, FaultKind};

    fn node(index: usize) -> NodeName {
        NodeName::nth(index)
    }

    fn of_kinds(kinds: Vec<RecordKind>) -> (Plan, History) {
        let records = (1..).zip(kinds).map(|(at, kind)| Record { at: Nanos(at), kind }).collect();
        recorded(&Topology::of(2).expect("two nodes"), History { records })
    }

    fn start() -> Vec<RecordKind> {
        let starts = (0..2).map(|index| Event::NodeStarts { node: node(index) });
        let events = starts.chain([Event::ClusterFormed { nodes: vec![node(0), node(1)] }]);
        events.map(RecordKind::Event).collect()
    }

    fn dropped(on: usize, alone: bool, war: &War) -> RecordKind {
        let (context, sha256, served_sha256) = (war.context.clone(), war.sha256.clone(), war.served_sha256.clone());
        RecordKind::Event(Event::WarDropped { node: node(on), alone, context, sha256, served_sha256 })
    }

    fn fault(phase: FaultPhase) -> RecordKind {
        RecordKind::Fault { fault: 1, kind: FaultKind::Kill, node: node(0), phase }
    }

    fn counter() -> War {
        War::counter(ContextPath::new("/counter").expect("a path")).expect("the counter")
    }

    #[test]
    fn what_was_done_becomes_steps_that_follow_each_other_and_all_end() {
        let hit = FaultPhase::Hit { proof: "gone".to_owned() };
        let back = RecordKind::Event(Event::NodeStarts { node: node(0) });
        let asked = RecordKind::Invoke {
            operation: OperationId(1),
            client: ClientName::new("alice").expect("a name"),
            node: node(0),
            request: Some(AppRequest::Count),
            target: "GET /counter/count.jsp".to_owned(),
            session: None,
        };
        let done = vec![dropped(0, false, &counter()), asked, fault(FaultPhase::Asked), fault(hit), back];
        let (plan, history) = of_kinds([start(), done].concat());
        let titles: Vec<&str> = plan.steps.iter().map(|step| step.title.as_str()).collect();
        assert_eq!(titles, ["start all nodes", "deploy counter.war", "kill n1", "restart n1"]);
        assert_eq!(plan.steps[1].kind, StepKind::deploy(App::Counter, counter().context));
        let mut open = None;
        for record in &history.records {
            match &record.kind {
                RecordKind::Event(Event::StepBegins { step, .. }) => assert_eq!(open.replace(*step), None),
                RecordKind::Event(Event::StepEnds { step }) => assert_eq!(open.take(), Some(*step)),
                _ => assert!(open.is_some(), "{record:?} belongs to a step"),
            }
        }
        assert_eq!(open, None);
        assert!(plan.guarantees.contains(&Guarantee::StateTransferred));
    }

    #[test]
    fn what_was_copied_to_each_node_is_one_deployment_and_what_one_node_has_is_its_own() {
        let delivery = |dropped: Vec<RecordKind>| {
            let (plan, _) = of_kinds([start(), dropped].concat());
            assert_eq!(plan.steps.len(), 2, "{:?}", plan.steps);
            let StepKind::Deploy { delivery, .. } = &plan.steps[1].kind else { panic!("it deploys") };
            (delivery.through, delivery.on.clone())
        };
        let war = counter();
        assert_eq!(delivery(vec![dropped(0, true, &war)]), (Through::Copy, Some(node(0))));
        assert_eq!(delivery(vec![dropped(0, true, &war), dropped(1, true, &war)]), (Through::Copy, None));
        assert_eq!(delivery(vec![dropped(0, false, &war)]), (Through::Farm, None));
    }

    #[test]
    fn a_test_without_a_fault_is_not_judged_by_what_only_a_fault_shows() {
        let (plan, _) = of_kinds([start(), vec![dropped(0, false, &counter())]].concat());
        let about: Vec<_> = plan.guarantees.iter().filter(|guarantee| guarantee.is_about_sessions()).collect();
        assert!(about.is_empty() && plan.guarantees.contains(&Guarantee::DeployedEverywhere), "{:?}", plan.guarantees);
    }
}
