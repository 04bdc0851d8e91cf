//! Scenarios of this program on a configuration of the user's.

use crate::model::scenario::{Scenario, ScenarioError, shipped};
use crate::model::{Plan, StepKind, Topology};

/// The first run of a shipped scenario, on this cluster. `with_faults` is whether it is run to its end, or to its first fault.
///
/// # Errors
/// What it says cannot be done on that cluster.
pub(super) fn plan(name: &str, topology: &Topology, with_faults: bool) -> Result<Plan, ScenarioError> {
    let content = shipped().into_iter().find(|scenario| scenario.name == name).map(|scenario| scenario.content);
    let scenario = Scenario::parse(content.unwrap_or_default())?;
    let base = Topology { own: None, ..topology.clone() };
    let mut plans = scenario.plans(&base)?.into_iter();
    let Some(cell) = plans.next() else { return Err(ScenarioError::nowhere(format!("{name} has no run"))) };
    let mut plan = cell.plan.on(topology.clone());
    if !with_faults {
        let is_fault = |kind: &StepKind| matches!(kind, StepKind::Fault { .. });
        let end = plan.steps.iter().position(|step| is_fault(&step.kind)).unwrap_or(plan.steps.len());
        plan.steps.truncate(end);
    }
    Ok(plan)
}
