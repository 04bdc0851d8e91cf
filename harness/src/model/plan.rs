//! A plan: what one run does to one cluster, step by step, and what is promised meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::app::App;
pub use super::app_request::AppRequest;
use super::cluster_element::ClusterElements;
use super::refusal::Refusal;
use super::state::State;
use super::step::{Delivery, Through};
use super::{
    AllowedViolation, AtMost, Capability, ContextPath, Expect, ExpectedViolation, FaultKind, Guarantee, ManagerKind,
    NodeChanges, NodeName, Step, StepKind, Topology, Until,
};

/// What one run does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// A sentence that names the scenario.
    pub name: String,
    /// The cluster it runs on.
    pub topology: Topology,
    /// What the verdict decides.
    pub guarantees: Vec<Guarantee>,
    /// The violations that the scenario is to show; none in a scenario that is to end well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect_violations: Vec<ExpectedViolation>,
    /// The violations that may show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<AllowedViolation>,
    /// Texts of lines of level WARNING and SEVERE that harm nothing, for `clean-logs`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub harmless: Vec<String>,
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
        let (name, expect_violations, allow, harmless) = (name.into(), vec![], vec![], vec![]);
        Self { name, topology, guarantees, expect_violations, allow, harmless, at_most, warn_at_most, steps }
    }
}

/// A plan that a runtime cannot honour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A step cannot follow where it stands.
    #[error("step {step} ({title}): {refusal}")]
    Refused {
        /// Its number, from 1.
        step: usize,
        /// Its title.
        title: String,
        /// Why not.
        refusal: Refusal,
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
}

impl Plan {
    /// Refuses what cannot be done, before anything starts.
    ///
    /// # Errors
    /// The first step that cannot follow where it stands ([`State::apply`]), or that needs what is not in `capabilities` or
    /// machines that are not prepared for it.
    pub fn check(&self, runtime: &str, capabilities: &BTreeSet<Capability>) -> Result<(), PlanError> {
        let mut state = State::of(&self.topology);
        for (number, step) in (1..).zip(&self.steps) {
            let title = || step.title.clone();
            state.apply(step).map_err(|refusal| PlanError::Refused { step: number, title: title(), refusal })?;
            let fault = step.kind.fault_kind().filter(|kind| kind.needs_preparation());
            if let Some(kind) = fault.filter(|kind| !self.topology.prepared_for.contains(kind)) {
                return Err(PlanError::Unprepared { step: number, title: title(), kind });
            }
            let mut needs = step.kind.needs(&self.topology).into_iter();
            if let Some(capability) = needs.find(|need| !capabilities.contains(need)) {
                return Err(PlanError::Lacks { step: number, title: title(), capability, runtime: runtime.to_owned() });
            }
        }
        Ok(())
    }

    /// The same on another cluster. Where that one has no farm, apps come into the appBase of its nodes.
    #[must_use]
    pub fn on(mut self, topology: Topology) -> Self {
        for step in &mut self.steps {
            if let StepKind::Deploy { delivery, .. } | StepKind::Undeploy { delivery, .. } = &mut step.kind {
                let way = delivery.way(&self.topology);
                if delivery.through == Through::Farm {
                    delivery.through = Delivery::of(&topology).through;
                }
                step.title = step.title.replace(&way, &delivery.way(&topology));
            }
        }
        Self { topology, ..self }
    }

    /// What machines must be able to do for it.
    pub fn needed_capabilities(&self) -> BTreeSet<Capability> {
        self.steps.iter().flat_map(|step| step.kind.needs(&self.topology)).collect()
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
            || self.topology.own.is_some()
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
            StepKind::Fault { fault, .. } if !fault.kind().is_undone_in_place() => down + 1,
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

    /// Prepares the machines for the faults of its steps.
    pub fn prepare_machines(&mut self) {
        let faults = self.steps.iter().filter_map(|step| step.kind.fault_kind());
        self.topology.prepared_for.extend(faults.filter(|kind| kind.needs_preparation()));
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
    /// Limits that fit a topology: a farm of the user's own may look at its folder seldom.
    pub fn of_topology(topology: &Topology) -> Self {
        let limits = Self::of(topology.timing);
        let scan = topology.own.as_ref().and_then(|own| own.scan_s).unwrap_or_default();
        // A context whose peers do not answer starts after stateTransferTimeout, a minute.
        let least = if topology.own.is_some() { Duration::from_secs(100 + 2 * u64::from(scan)) } else { limits.deploy };
        Self { deploy: limits.deploy.max(least), ..limits }
    }

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
    use crate::model::own::OwnConfiguration;
    use crate::model::{Fault, Membership};

    fn fault(fault: Fault, membership: Membership) -> Result<(), PlanError> {
        let mut topology = Topology::of(2).expect("two nodes");
        topology.cluster.membership = membership;
        let steps = [StepKind::Start, StepKind::fault(fault, NodeName::nth(0))];
        let steps = steps.map(|kind| Step::new("a step", kind)).into();
        let plan = Plan::new("x", topology, vec![], steps);
        let can = [Capability::Partition, Capability::PacketLoss, Capability::Multicast, Capability::SkewClock];
        plan.check("fake", &can.into())
    }

    fn refused(checked: Result<(), PlanError>, why: &str) {
        match checked {
            Err(PlanError::Refused { step: 2, refusal, .. }) => assert_eq!(refusal.message, why),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn apps_come_through_the_farm_only_where_there_is_one() {
        let topology = Topology::of(2).expect("two nodes");
        let ours = crate::model::main_job::plan(topology.clone()).expect("a plan");
        let deploy = |plan: &Plan| plan.steps[1].title.clone();
        assert_eq!(deploy(&ours), "deploy counter.war through the farm of n1");
        let watch = Some((NodeName::nth(1), "farm".to_owned()));
        for (watch, title) in [
            (None, "deploy counter.war in the appBase of every node"),
            (watch, "deploy counter.war through the farm of n2"),
        ] {
            let own = Some(Box::new(OwnConfiguration { watch, ..OwnConfiguration::default() }));
            let topology = Topology { own, ..topology.clone() };
            let on_own = ours.clone().on(topology.clone());
            assert_eq!(deploy(&on_own), title);
            assert_eq!(on_own, crate::model::main_job::plan(topology).expect("a plan"));
        }
    }

    #[test]
    fn heartbeats_are_cut_only_where_there_are_some() {
        let cut = |membership| fault(Fault::MembershipPartition, membership);
        refused(
            cut(Membership::Static),
            "membership `static` sends no heartbeats of its own, which the fault could drop",
        );
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
        let skew = fault(Fault::SkewClock { by: "+1h".parse().expect("a skew") }, Membership::Static);
        assert!(matches!(skew, Err(PlanError::Unprepared { step: 2, kind: FaultKind::SkewClock, .. })), "{skew:?}");
    }

    #[test]
    fn the_delay_of_a_latency_is_in_its_range() {
        let check = |fault| {
            let mut plan = super::super::main_job::plan(Topology::of(2).expect("two nodes")).expect("a plan");
            plan.topology.prepared_for.insert(FaultKind::Latency);
            let fault = StepKind::fault(fault, NodeName::nth(0));
            plan.steps = vec![Step::new("start", StepKind::Start), Step::new("break", fault)];
            plan.check("fake", &[Capability::Latency, Capability::Partition].into())
        };
        let latency = |ms| Fault::Latency { delay: crate::model::Millis(ms) };
        assert_eq!(check(latency(200)), Ok(()));
        assert_eq!(check(Fault::Partition), Ok(()));
        refused(check(latency(0)), "invalid `delay` of `latency`: 0ms, expected 1ms to 60s");
        refused(check(latency(60_001)), "invalid `delay` of `latency`: 60001ms, expected 1ms to 60s");
    }

    #[test]
    fn the_percentage_of_a_packet_loss_is_in_its_range() {
        let loss = |percent| fault(Fault::PacketLoss { percent }, Membership::Static);
        assert_eq!(loss(99), Ok(()));
        assert_eq!(fault(Fault::Partition, Membership::Static), Ok(()));
        for percent in [0, 100] {
            refused(loss(percent), &format!("invalid `percent` of `packet-loss`: {percent}, expected 1 to 99"));
        }
    }

    /// A plan that an older release stored has the parameters of its faults beside them.
    #[test]
    fn a_fault_is_stored_with_its_parameters_beside_it() {
        let stored = serde_json::json!({
            "title": "x", "do": "fault", "kind": "latency", "node": "n1", "delay": "200ms", "for": "3s",
        });
        let step: Step = serde_json::from_value(stored.clone()).expect("a step");
        let latency = Fault::Latency { delay: crate::model::Millis(200) };
        assert!(matches!(&step.kind, StepKind::Fault { fault, lasting: Some(_), .. } if *fault == latency), "{step:?}");
        assert_eq!(serde_json::to_value(step).expect("JSON"), stored);
        // So does one that was drawn from a history, which does not say them.
        let stored = serde_json::json!({ "title": "x", "do": "fault", "kind": "latency", "node": "n1" });
        let step: Step = serde_json::from_value(stored.clone()).expect("a step");
        assert_eq!(step.kind, StepKind::fault(FaultKind::Latency, NodeName::nth(0)));
        assert_eq!(serde_json::to_value(step).expect("JSON"), stored);
    }
}
