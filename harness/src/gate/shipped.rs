//! Scenarios of this program on a configuration of the user's.

use crate::model::scenario::{Scenario, ScenarioError, shipped};
use crate::model::step::{Delivery, Through};
use crate::model::{Plan, StepKind, Topology};

/// The first run of a shipped scenario, on this cluster and with apps that come on this way. `with_faults` is whether it is
/// run to its end, or to its first fault.
///
/// # Errors
/// What it says cannot be done on that cluster.
pub(super) fn plan(
    name: &str,
    topology: &Topology,
    delivery: &Delivery,
    with_faults: bool,
) -> Result<Plan, ScenarioError> {
    let content = shipped().into_iter().find(|scenario| scenario.name == name).map(|scenario| scenario.content);
    let scenario = Scenario::parse(delivered(content.unwrap_or_default(), delivery).as_bytes())?;
    let base = Topology { own: None, ..topology.clone() };
    let mut plans = scenario.plans(&base)?.into_iter();
    let Some(cell) = plans.next() else { return Err(ScenarioError::nowhere(format!("{name} has no run"))) };
    let mut plan = cell.plan;
    plan.topology = topology.clone();
    if !with_faults {
        let is_fault = |kind: &StepKind| matches!(kind, StepKind::Fault { .. });
        let end = plan.steps.iter().position(|step| is_fault(&step.kind)).unwrap_or(plan.steps.len());
        plan.steps.truncate(end);
    }
    Ok(plan)
}

/// Its text, with the way of each app.
fn delivered(content: &[u8], delivery: &Delivery) -> String {
    let text = String::from_utf8_lossy(content);
    if delivery.through == Through::Farm {
        return text.into_owned();
    }
    let lines = text.lines().map(|line| {
        let more = if line.starts_with("deploy = ") { "\nthrough = \"copy\"" } else { "" };
        format!("{line}{more}\n")
    });
    lines.collect()
}
