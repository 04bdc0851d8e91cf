//! The walk: one step of a plan after the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::question::Question;
use super::workload::{Ask, Flow, Workload};
use crate::cluster::{Cluster, ClusterError};
use crate::history::Event;
use crate::host::wait;
use crate::model::plan::{App, Limits};
use crate::model::{ClientName, ContextPath, Expect, Millis, NodeName, Plan, Step, StepKind, Target, Until};
use crate::tomcat::compiler::{CompileError, Compiler};
use crate::tomcat::war::War;
use crate::verdict;

/// The archives of a plan: one a context and app.
#[derive(Debug, Default)]
pub(super) struct Wars(Vec<(App, Arc<War>)>);

impl Wars {
    /// Whether a context is served from an archive of the user's.
    fn is_own(&self, context: &ContextPath) -> bool {
        self.0.iter().any(|(app, war)| matches!(app, App::War(_)) && war.context == *context)
    }

    /// Reads, packs or compiles them all, so that a bad one is refused before anything starts.
    pub(super) async fn of(plan: &Plan, compiler: Option<&Compiler>) -> Result<Self, CompileError> {
        let mut wars: Vec<(App, Arc<War>)> = vec![];
        for (app, context) in plan.deployed() {
            if wars.iter().any(|(known, war)| known == app && war.context == *context) {
                continue;
            }
            let war = match (app, compiler) {
                (App::Counter, _) => War::counter(context.clone())?,
                (App::LocalCounter, _) => War::local_counter(context.clone())?,
                (App::HeavyCounter, _) => War::heavy_counter(context.clone())?,
                (App::War(path), _) => War::read(path, context.clone())?,
                (App::Compiled(app), Some(compiler)) => compiler.war(*app, context.clone()).await?,
                (App::Compiled(app), None) => return Err(CompileError::NoJava { app: *app }),
            };
            wars.push((app.clone(), Arc::new(war)));
        }
        Ok(Self(wars))
    }

    fn of_step(&self, app: &App, context: &ContextPath) -> Option<&Arc<War>> {
        self.0.iter().find(|(known, war)| known == app && war.context == *context).map(|(_, war)| war)
    }
}

/// Does steps, one after the other.
#[derive(Debug)]
pub(super) struct Walk {
    wars: Wars,
    cluster: Arc<Cluster>,
    /// Whether all nodes have started.
    started: bool,
    workload: Workload,
    /// Faults that end by themselves, while the scenario goes on.
    lasting: JoinSet<Result<(), ClusterError>>,
    /// What ends the wait for each, by its node.
    timers: BTreeMap<NodeName, Vec<CancellationToken>>,
    /// How many lines of each node's log were seen when the last step began that did something.
    marks: BTreeMap<NodeName, usize>,
}

impl Walk {
    pub(super) fn new(plan: &Plan, wars: Wars, cluster: Arc<Cluster>) -> Self {
        let (workload, lasting) = (Workload::of(plan), JoinSet::new());
        Self { wars, cluster, started: false, workload, lasting, timers: BTreeMap::new(), marks: BTreeMap::new() }
    }

    /// Also knows what further steps deploy.
    pub(super) fn learn(&mut self, steps: &[Step], wars: Wars) {
        for step in steps {
            self.workload.memory().learn(&step.kind);
        }
        self.wars = wars;
    }

    /// Ends all that goes on, and says whether all nodes had started.
    pub(super) async fn stop(mut self) -> bool {
        self.lasting.shutdown().await;
        self.workload.abandon().await;
        self.started
    }

    pub(super) async fn all(&mut self, plan: &Plan) -> Result<(), ClusterError> {
        for (number, step) in (1..).zip(&plan.steps) {
            self.one(number, step).await?;
        }
        self.settle().await
    }

    /// Does the step of this number, and records its begin and its end.
    pub(super) async fn one(&mut self, number: u32, step: &Step) -> Result<(), ClusterError> {
        let cluster = self.cluster.clone();
        let recorder = cluster.recorder();
        recorder.event(Event::StepBegins { step: number, title: step.title.clone() });
        match &step.kind {
            StepKind::Start => {
                if !self.started {
                    cluster.start().await?;
                    self.started = true;
                }
            }
            kind => {
                if kind.does_something() {
                    self.marks = cluster.log_marks();
                }
                self.step(kind, step.expect.as_ref()).await?;
            }
        }
        recorder.event(Event::StepEnds { step: number });
        while let Some(healed) = self.lasting.try_join_next() {
            joined(healed)?;
        }
        Ok(())
    }

    /// Waits for the faults that end by themselves, and ends all traffic.
    async fn settle(&mut self) -> Result<(), ClusterError> {
        while let Some(healed) = self.lasting.join_next().await {
            joined(healed)?;
        }
        self.workload.end_all().await
    }

    async fn step(&mut self, kind: &StepKind, expect: Option<&Expect>) -> Result<(), ClusterError> {
        let cluster = self.cluster.clone();
        match kind {
            StepKind::Start => Ok(()), // Done by the caller, once.
            StepKind::Deploy { app, context, delivery } => match self.wars.of_step(app, context) {
                Some(war) => cluster.deploy_by(war, delivery).await,
                None => Ok(()),
            },
            StepKind::Undeploy { context, delivery } => cluster.undeploy(context, delivery).await,
            StepKind::Request { client, node, context, request, load } => {
                let ask = Ask { node, what: Question::Counter(context.clone(), *request), load: *load, expect };
                self.workload.ask_all(&cluster, client, &ask).await
            }
            StepKind::Http { client, node, exchange, load } => {
                let ask = Ask { node, what: Question::Any(exchange.clone()), load: *load, expect };
                self.workload.ask_all(&cluster, client, &ask).await
            }
            StepKind::Traffic { client, node, context, request, clients, every } => {
                let what = Question::Counter(context.clone(), *request);
                self.workload.begin(&cluster, client, *clients, &Flow { node: node.clone(), what, every: *every })
            }
            StepKind::HttpTraffic { client, node, exchange, clients, every } => {
                let what = Question::Any(exchange.clone());
                self.workload.begin(&cluster, client, *clients, &Flow { node: node.clone(), what, every: *every })
            }
            StepKind::EndTraffic { client } => self.workload.end(client).await,
            StepKind::Look { node, client, context, within } => {
                let node = self.node(&cluster, node, Some(client)).await?;
                let session = self.workload.session_of(client, context);
                cluster
                    .observe_node_until(&node, context, within.unwrap_or_default().duration(), |state| {
                        let (Some(expect), Some(session)) = (expect, &session) else { return true };
                        verdict::replica_shows(expect, state, context, session)
                    })
                    .await
            }
            StepKind::Observe { context } if self.wars.is_own(context) => cluster.observe_until_alike(context).await,
            StepKind::Observe { context } => cluster.observe(context).await.map(drop),
            StepKind::FinalRead => {
                // What ends by itself is over before the last word of each session.
                self.settle().await?;
                self.workload.read_all(&cluster).await
            }
            StepKind::Fault { fault, node, client, lasting } => {
                let node = self.node(&cluster, node, client.as_ref()).await?;
                let number = cluster.fault(*fault, &node).await?;
                let lasting = lasting.filter(|_| fault.kind().is_undone_in_place());
                self.heal_after(cluster, number, node, lasting);
                Ok(())
            }
            StepKind::Heal { node } => {
                let node = self.node(&cluster, node, None).await?;
                self.heal(&cluster, &node).await
            }
            StepKind::Front { node, order } => {
                let node = self.node(&cluster, node, None).await?;
                cluster.order_front(&node, *order).await
            }
            StepKind::Restart { node, changes, app, unpacked } => {
                let node = self.node(&cluster, node, None).await?;
                let war = app.as_ref().and_then(|(app, context)| self.wars.of_step(app, context));
                cluster.restart_with(&node, changes.as_deref(), war, *unpacked).await
            }
            StepKind::StartAgain => cluster.start_again().await,
            StepKind::Wait { until, within } => self.wait(&cluster, until, within.map(Millis::duration)).await,
        }
    }

    /// The node that a step is about, looked up now where it is said by a role.
    async fn node(
        &self,
        cluster: &Cluster,
        target: &Target,
        client: Option<&ClientName>,
    ) -> Result<NodeName, ClusterError> {
        match target {
            Target::Node(node) => Ok(node.clone()),
            Target::Role(role) => {
                let session = client.and_then(|client| self.workload.session(client));
                cluster.find(*role, session.as_ref()).await
            }
        }
    }

    /// Undoes what was done to a node, and ends the wait for what would have ended by itself.
    async fn heal(&mut self, cluster: &Cluster, node: &NodeName) -> Result<(), ClusterError> {
        let healed = cluster.heal(node).await;
        let timers = self.timers.remove(node).unwrap_or_default();
        timers.iter().for_each(CancellationToken::cancel);
        match healed {
            // It was faster.
            Err(ClusterError::NothingToHeal(_)) if !timers.is_empty() => Ok(()),
            healed => healed,
        }
    }

    fn heal_after(&mut self, cluster: Arc<Cluster>, fault: u32, node: NodeName, lasting: Option<Millis>) {
        let Some(time) = lasting else { return };
        let ended = CancellationToken::new();
        self.timers.entry(node.clone()).or_default().push(ended.clone());
        self.lasting.spawn(async move {
            tokio::select! {
                () = wait::pause(time.duration()) => {}
                () = ended.cancelled() => return Ok(()),
            }
            match cluster.heal_fault(&node, fault).await {
                // A step was faster.
                Err(ClusterError::NothingToHeal(_)) => Ok(()),
                healed => healed,
            }
        });
    }

    async fn wait(&self, cluster: &Cluster, until: &Until, within: Option<Duration>) -> Result<(), ClusterError> {
        let limits = Limits::of(cluster.topology().timing);
        match until {
            Until::Deployed { context } => {
                cluster.await_deployed_within(context, within.unwrap_or(limits.deploy)).await
            }
            Until::ClusterFormed => cluster.await_formed_within(within.unwrap_or(limits.start)).await,
            Until::StateTransferred { node, context } => {
                cluster.await_synchronised_within(node, context, within.unwrap_or(limits.synchronise)).await
            }
            Until::Sessions { node, context, count } => {
                cluster.await_sessions(node, context, *count, within.unwrap_or(limits.synchronise)).await
            }
            Until::Front { node, state } => {
                cluster.await_front_state(node, *state, within.unwrap_or(limits.start)).await
            }
            Until::Members { node, count } => cluster.await_members(node, *count, within.unwrap_or(limits.start)).await,
            Until::Log { node, text } => {
                let mark = self.marks.get(node).copied().unwrap_or_default();
                cluster.await_log(node, text, mark, within.unwrap_or(limits.synchronise)).await
            }
        }
    }
}

/// How a fault was undone. A task that was cancelled belongs to a run that is over.
fn joined(healed: Result<Result<(), ClusterError>, tokio::task::JoinError>) -> Result<(), ClusterError> {
    healed.unwrap_or(Ok(()))
}
