//! A plan: what one run does to one cluster, step by step, and what is promised meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster_element::ClusterElements;
use super::fault::{Fault, FaultError};
pub use super::step::AppRequest;
use super::step::Delivery;
use super::{
    AllowedViolation, AtMost, Capability, CompiledApp, ContextPath, Expect, ExpectedViolation, FaultKind, FaultParams,
    Guarantee, ManagerKind, NodeChanges, NodeName, Step, StepKind, Topology, Until,
};

/// What one run does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// A sentence that names the scenario.
    pub name: String,
    /// The cluster it is told on.
    pub topology: Topology,
    /// What the verdict decides.
    pub guarantees: Vec<Guarantee>,
    /// The violations that the scenario is told to show; none in a scenario that is to end well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect_violations: Vec<ExpectedViolation>,
    /// The violations that may show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<AllowedViolation>,
    /// What its measures may be at most.
    #[serde(default, skip_serializing_if = "AtMost::is_empty")]
    pub at_most: AtMost,
    /// What its measures are to be at most: one that is more is worth a note, and makes nothing red.
    #[serde(default, skip_serializing_if = "AtMost::is_empty")]
    pub warn_at_most: AtMost,
    /// The scenario.
    pub steps: Vec<Step>,
}

impl Plan {
    /// A plan that promises these guarantees, and expects, allows and limits nothing.
    pub fn new(name: impl Into<String>, topology: Topology, guarantees: Vec<Guarantee>, steps: Vec<Step>) -> Self {
        let (at_most, warn_at_most) = (AtMost::default(), AtMost::default());
        let (name, expect_violations, allow) = (name.into(), vec![], vec![]);
        Self { name, topology, guarantees, expect_violations, allow, at_most, warn_at_most, steps }
    }
}

/// An app to deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum App {
    /// The session counter that comes with the harness.
    Counter,
    /// The same without `<distributable/>`: no server replicates its sessions.
    LocalCounter,
    /// The same with 64 MB more, which take a while on their way.
    HeavyCounter,
    /// One that is compiled for the server.
    Compiled(CompiledApp),
    /// A WAR of the user's.
    War(#[schemars(with = "String")] camino::Utf8PathBuf),
}

/// A plan that a runtime cannot honour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A step names a node that the cluster does not have.
    #[error("step {step} ({title}) names node {node}, which the cluster does not have")]
    UnknownNode {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// The name.
        node: NodeName,
    },
    /// The runtime lacks what a step needs.
    #[error("step {step} ({title}) needs {capability}, which runtime {runtime} cannot do")]
    Lacks {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// What it needs.
        capability: Capability,
        /// The runtime.
        runtime: String,
    },
    /// A step cuts the multicast heartbeats of a cluster that has none.
    #[error("step {step} ({title}) cuts multicast heartbeats, and membership {membership} has none")]
    NoHeartbeats {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// How members find each other instead.
        membership: super::Membership,
    },
    /// A fault without its parameters, or with those of another.
    #[error("step {step} ({title}): {error}")]
    Fault {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// What is wrong with them.
        error: FaultError,
    },
    /// A fault for which the machines are not prepared.
    #[error("step {step} ({title}) needs machines that are prepared for {kind}")]
    Unprepared {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// The fault.
        kind: FaultKind,
    },
    /// A step names a context that no step before it deploys.
    #[error("step {step} ({title}) names {context}, which no step before it deploys")]
    NotDeployed {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// The context.
        context: ContextPath,
    },
    /// A step deploys an app for which the server lacks something.
    #[error("step {step} ({title}) deploys {app}, which needs {what}, and {server} does not have that")]
    ServerLacks {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// The app.
        app: CompiledApp,
        /// What it needs.
        what: &'static str,
        /// The server.
        server: super::ServerSpec,
    },
    /// A step acts on the cluster before the step that starts it.
    #[error("step {step} ({title}) comes before the cluster is started")]
    NotStarted {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
    },
}

impl Plan {
    /// Refuses what cannot be done, before anything starts.
    ///
    /// # Errors
    /// The first step that names an unknown node, comes too early, or needs what is not in `capabilities`.
    pub fn check(&self, runtime: &str, capabilities: &BTreeSet<Capability>) -> Result<(), PlanError> {
        let mut started = false;
        let mut deployed = BTreeSet::new();
        for (index, step) in self.steps.iter().enumerate() {
            let (number, title) = (index + 1, || step.title.clone());
            if let Some(node) = step.kind.nodes().into_iter().find(|node| self.topology.node(node).is_none()) {
                return Err(PlanError::UnknownNode { step: number, title: title(), node: node.clone() });
            }
            match (&step.kind, started) {
                (StepKind::Start, _) => started = true,
                (_, false) => return Err(PlanError::NotStarted { step: number, title: title() }),
                _ => {}
            }
            if let StepKind::Deploy { context, .. } = &step.kind {
                deployed.insert(context);
            }
            if let Some(context) = step.kind.context().filter(|context| !deployed.contains(context)) {
                return Err(PlanError::NotDeployed { step: number, title: title(), context: context.clone() });
            }
            if let StepKind::Deploy { app: App::Compiled(app), .. } = &step.kind
                && let Some(what) = app.lacks(&self.topology.server)
            {
                let (app, server) = (*app, self.topology.server.clone());
                return Err(PlanError::ServerLacks { step: number, title: title(), app, what, server });
            }
            if let StepKind::Undeploy { context, delivery: Delivery { version: None, .. } } = &step.kind {
                deployed.remove(context);
            }
            if let StepKind::Fault { kind, percent, by, delay, .. } = &step.kind {
                let extent = FaultParams { percent: *percent, by: *by, delay: *delay };
                self.check_fault(*kind, extent, number, &step.title)?;
            }
            if let Some(capability) = self.needs(&step.kind).into_iter().find(|need| !capabilities.contains(need)) {
                return Err(PlanError::Lacks { step: number, title: title(), capability, runtime: runtime.to_owned() });
            }
        }
        Ok(())
    }

    /// What machines must be able to do for it.
    pub fn needed_capabilities(&self) -> BTreeSet<Capability> {
        self.steps.iter().flat_map(|step| self.needs(&step.kind)).collect()
    }

    /// What it deploys, and where, each as often as a step does it.
    pub fn deployed(&self) -> impl Iterator<Item = (&App, &ContextPath)> {
        self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Deploy { app, context, .. } | StepKind::Restart { app: Some((app, context)), .. } => {
                Some((app, context))
            }
            _ => None,
        })
    }

    /// What single nodes have otherwise than the topology says, from the start or after a restart.
    pub fn changes(&self) -> impl Iterator<Item = &NodeChanges> {
        let restarts = self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Restart { changes: Some(changes), .. } => Some(changes.as_ref()),
            _ => None,
        });
        self.topology.nodes.iter().map(|node| &node.changes).chain(restarts)
    }

    /// Whether a scenario says something of the elements of `<Cluster>`, of the JVM's arguments or of its jars. A server that
    /// does not start with that is what the run has found, and no error of the environment.
    pub fn is_configured_by_scenario(&self) -> bool {
        self.topology.jvm.of_scenario
            || self.topology.cluster.elements != ClusterElements::default()
            || self.changes().any(NodeChanges::configure)
    }

    /// The topology as each node has it, from the start and after each restart that changes something.
    pub fn each_node(&self) -> impl Iterator<Item = (&NodeName, Topology)> {
        let restarts = self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Restart { node, changes: Some(changes), .. } => Some((node, changes)),
            _ => None,
        });
        let restarts = restarts.flat_map(|(target, changes)| {
            // Whoever a role will mean.
            let meant = self.topology.names().filter(|name| target.node().is_none_or(|node| node == *name));
            meant.map(|name| (name, self.topology.of_node(name, changes)))
        });
        self.topology.each_node().chain(restarts)
    }

    /// Whether every node's request waits until its peers have processed what it wrote.
    pub fn waits_for_the_peer(&self) -> bool {
        self.each_node().all(|(_, topology)| topology.cluster.session_send_options().waits_for_the_peer())
    }

    /// Whether each node holds each session whole.
    pub(crate) fn replicates_to_all(&self) -> bool {
        self.topology.cluster.manager == ManagerKind::Delta
    }

    /// How many nodes are down when the scenario is over, as far as that is known before it begins: a role may mean any node.
    pub fn nodes_down_at_the_end(&self) -> usize {
        self.steps.iter().fold(0, |down, step| match &step.kind {
            StepKind::Fault { kind: FaultKind::Kill | FaultKind::Stop | FaultKind::LoseHost, .. } => down + 1,
            StepKind::Restart { .. } => down.saturating_sub(1),
            StepKind::Start | StepKind::StartAgain => 0,
            _ => down,
        })
    }

    /// How many nodes its steps start again.
    pub fn starts_again(&self) -> usize {
        let of = |step: &Step| match &step.kind {
            StepKind::Restart { .. } => 1,
            StepKind::StartAgain => self.topology.nodes.len(),
            _ => 0,
        };
        self.steps.iter().map(of).sum()
    }

    /// The texts that it looks for in the nodes' logs.
    pub fn log_texts(&self) -> Vec<String> {
        let waits = self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Wait { until: Until::Log { text, .. }, .. } => Some(text),
            _ => None,
        });
        let expected = self.steps.iter().filter_map(|step| step.expect.as_ref()).flat_map(Expect::log_texts);
        waits.chain(expected).cloned().collect()
    }

    /// Whether its verdict depends on logs, which are known to be whole only when the nodes have ended.
    pub fn reads_logs(&self) -> bool {
        let expects = self.steps.iter().filter_map(|step| step.expect.as_ref());
        self.guarantees.contains(&Guarantee::CleanLogs)
            || expects.into_iter().any(|expect| expect.is_about_a_listener() || expect.log_texts().next().is_some())
    }

    fn check_fault(&self, kind: FaultKind, extent: FaultParams, step: usize, title: &str) -> Result<(), PlanError> {
        let (title, membership) = (title.to_owned(), self.topology.cluster.membership);
        if kind == FaultKind::MembershipPartition && membership != super::Membership::Multicast {
            return Err(PlanError::NoHeartbeats { step, title, membership });
        }
        if let Err(error) = Fault::of(kind, extent) {
            return Err(PlanError::Fault { step, title, error });
        }
        if kind.needs_preparation() && !self.topology.prepared_for.contains(&kind) {
            return Err(PlanError::Unprepared { step, title, kind });
        }
        Ok(())
    }

    /// Prepares the machines for the faults of its steps.
    pub fn prepare_machines(&mut self) {
        let faults = self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Fault { kind, .. } => Some(*kind),
            _ => None,
        });
        self.topology.prepared_for.extend(faults.filter(|kind| kind.needs_preparation()));
    }

    fn needs(&self, kind: &StepKind) -> Vec<Capability> {
        match kind {
            StepKind::Start => {
                // The cloud's members share a port on addresses of their own.
                let topology = &self.topology;
                let by_cloud = topology.names().any(|node| topology.elements_of(node).cloud_membership.is_some());
                let members = match self.topology.cluster.membership {
                    _ if by_cloud => Some(Capability::Dns),
                    super::Membership::Multicast => Some(Capability::Multicast),
                    super::Membership::Dns => Some(Capability::Dns),
                    super::Membership::Static => None,
                };
                let java = topology.nodes.iter().any(|node| node.changes.java.is_some());
                let receivers = topology.names().any(|node| {
                    topology.given_receiver_port(node).is_some() || topology.given_receiver_address(node).is_some()
                });
                let ports = (receivers || !topology.ports.are_free()).then_some(Capability::ChoosePorts);
                members.into_iter().chain(java.then_some(Capability::ChooseJava)).chain(ports).collect()
            }
            StepKind::Fault { kind, .. } => vec![kind.needs()],
            StepKind::Restart { changes: None, app: None, .. } => vec![Capability::Restart],
            StepKind::Restart { changes, .. } => {
                let java = changes.as_ref().is_some_and(|changes| changes.java.is_some());
                let change = [Capability::Restart, Capability::ChangeNode].into_iter();
                change.chain(java.then_some(Capability::ChooseJava)).collect()
            }
            StepKind::Deploy { delivery, .. } if delivery.slowly.is_some() => vec![Capability::SlowCopy],
            _ => vec![],
        }
    }
}

impl App {
    /// Whether its answers are the counter's.
    pub fn is_counter(&self) -> bool {
        matches!(self, Self::Counter | Self::LocalCounter | Self::HeavyCounter | Self::Compiled(_))
    }
}

/// How long each kind of wait may take before the run ends as Unknown or as a violation that explains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the start of a node to its readiness.
    pub start: Duration,
    /// From the drop of a WAR to the last node that serves it.
    pub deploy: Duration,
    /// One request.
    pub request: Duration,
    /// From a restart until the session ids are equal.
    pub synchronise: Duration,
}

impl Limits {
    /// Limits that fit a timing: documented farm scans come every 20 s.
    pub fn of(timing: super::Timing) -> Self {
        let deploy = match timing {
            super::Timing::Accelerated => Duration::from_mins(1),
            super::Timing::Documented => Duration::from_mins(2),
        };
        Self {
            start: Duration::from_mins(2),
            deploy,
            request: Duration::from_secs(30),
            synchronise: Duration::from_secs(90),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Membership;

    fn fault(kind: FaultKind, percent: Option<u8>, membership: Membership) -> Result<(), PlanError> {
        let mut topology = Topology::of(2).expect("two nodes");
        topology.cluster.membership = membership;
        let node = NodeName::nth(0).into();
        let by = (kind == FaultKind::SkewClock).then(|| "+1h".parse().expect("a skew"));
        let delay = (kind == FaultKind::Latency).then_some(crate::model::Millis(200));
        let steps = [StepKind::Start, StepKind::Fault { kind, node, client: None, percent, by, delay, lasting: None }];
        let steps = steps.map(|kind| Step::new("a step", kind)).into();
        let plan = Plan::new("x", topology, vec![], steps);
        let can = [Capability::Partition, Capability::PacketLoss, Capability::Multicast, Capability::SkewClock];
        plan.check("fake", &can.into())
    }

    #[test]
    fn heartbeats_are_cut_only_where_there_are_some() {
        let cut = |membership| fault(FaultKind::MembershipPartition, None, membership);
        assert!(matches!(cut(Membership::Static), Err(PlanError::NoHeartbeats { step: 2, .. })));
        assert_eq!(cut(Membership::Multicast), Ok(()));
    }

    #[test]
    fn what_a_start_asks_of_the_machines_needs_a_runtime_that_can_do_it() {
        let two = || Topology::of(2).expect("two nodes");
        let (mut own_java, mut own_ports) = (two(), two());
        own_java.nodes[1].changes.java = Some("/opt/java".into());
        own_ports.ports = crate::model::Ports::Documented;
        for (topology, wanted) in [(own_java, Capability::ChooseJava), (own_ports, Capability::ChoosePorts)] {
            let plan = Plan { topology, ..super::super::main_job::plan(two()).expect("a plan") };
            let can = [Capability::Kill, Capability::Stop, Capability::Restart];
            let refused = plan.check("fake", &can.into());
            assert!(
                matches!(refused, Err(PlanError::Lacks { step: 1, capability, .. }) if capability == wanted),
                "{refused:?}"
            );
            assert_eq!(plan.check("fake", &can.into_iter().chain([wanted]).collect()), Ok(()));
        }
    }

    #[test]
    fn a_fault_that_needs_another_machine_is_refused_without_it() {
        let skew = fault(FaultKind::SkewClock, None, Membership::Static);
        assert!(matches!(skew, Err(PlanError::Unprepared { step: 2, kind: FaultKind::SkewClock, .. })), "{skew:?}");
    }

    #[test]
    fn latency_and_nothing_else_has_a_delay() {
        let check = |kind, delay| {
            let mut plan = super::super::main_job::plan(Topology::of(2).expect("two nodes")).expect("a plan");
            plan.topology.prepared_for.insert(FaultKind::Latency);
            let node = NodeName::nth(0).into();
            let fault = StepKind::Fault { kind, node, client: None, percent: None, by: None, delay, lasting: None };
            plan.steps = vec![Step::new("start", StepKind::Start), Step::new("break", fault)];
            plan.check("fake", &[Capability::Latency, Capability::Partition].into())
        };
        let delay = |ms| Some(crate::model::Millis(ms));
        assert_eq!(check(FaultKind::Latency, delay(200)), Ok(()));
        assert_eq!(check(FaultKind::Partition, None), Ok(()));
        for (kind, delay) in [
            (FaultKind::Latency, None),
            (FaultKind::Latency, delay(0)),
            (FaultKind::Latency, delay(60_001)),
            (FaultKind::Partition, delay(200)),
        ] {
            assert!(matches!(check(kind, delay), Err(PlanError::Fault { step: 2, .. })), "{kind} {delay:?}");
        }
    }

    #[test]
    fn packet_loss_and_nothing_else_has_a_percentage() {
        let percent = |kind, percent| fault(kind, percent, Membership::Static);
        assert_eq!(percent(FaultKind::PacketLoss, Some(99)), Ok(()));
        assert_eq!(percent(FaultKind::Partition, None), Ok(()));
        for (kind, share) in [
            (FaultKind::PacketLoss, None),
            (FaultKind::PacketLoss, Some(0)),
            (FaultKind::PacketLoss, Some(100)),
            (FaultKind::Partition, Some(30)),
        ] {
            assert!(matches!(percent(kind, share), Err(PlanError::Fault { step: 2, .. })), "{kind} {share:?}");
        }
    }
}
