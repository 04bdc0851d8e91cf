//! The verbs that stand for several steps: `rolling-restart`, `cold-restart`, `repeat`.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::ScenarioError;
use crate::model::refusal::Refusal;
use crate::model::step::verb::Line;
use crate::model::step::{StepBuilder, StepKind, fault_lasts, verbs};
use crate::model::written::Written;
use crate::model::{Fault, FaultKind, State};

pub(super) const ROLLING_RESTART: &str = "rolling-restart";
pub(super) const COLD_RESTART: &str = "cold-restart";
pub(super) const REPEAT: &str = "repeat";

const MOST_REPEATS: u32 = 1000;
const MOST_NESTED: usize = 4;

/// The manual's lines, each with its verb.
pub(super) const LINES: [(&str, Line); 3] = [
    (
        ROLLING_RESTART,
        Line::of("rolling-restart = \"stop\"", "stops (or `\"kill\"`s) and restarts one node after the other"),
    ),
    (
        COLD_RESTART,
        Line::of("cold-restart = \"stop\"", "stops (or `\"kill\"`s) all nodes and then starts all at one time"),
    ),
    (REPEAT, Line::of("repeat = 3", "repeats `steps = [{ … }, { … }]`")),
];

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "for its schema; each is read by its verb's own name")]
struct Rolling {
    /// Ends (`"stop"` or `"kill"`) and restarts one node after the other.
    rolling_restart: FaultKind,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "for its schema; each is read by its verb's own name")]
struct Cold {
    /// Ends (`"stop"` or `"kill"`) all nodes and starts them at one time.
    cold_restart: FaultKind,
}

#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "for its schema; each is read by its verb's own name")]
struct Repeat {
    /// Repeats the steps in `steps`, at most 1000 times.
    repeat: u32,
    /// What is repeated.
    #[schemars(schema_with = "steps")]
    steps: (),
}

/// A list of steps, which are defined beside this.
fn steps(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "array", "items": { "$ref": "#/$defs/StepTable" } })
}

pub(super) fn schemas(generator: &mut SchemaGenerator) -> [(&'static str, Schema); 3] {
    [
        (ROLLING_RESTART, Rolling::json_schema(generator)),
        (COLD_RESTART, Cold::json_schema(generator)),
        (REPEAT, Repeat::json_schema(generator)),
    ]
}

/// The end of each node, and how they come back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restarts {
    end: FaultKind,
    is_rolling: bool,
}

/// Restarts as they are written.
pub(super) fn restarts(written: &Written<'_>, verb: &str) -> Result<Restarts, ScenarioError> {
    let end = written.get(verb)?.unwrap_or(FaultKind::Stop);
    if matches!(end, FaultKind::Stop | FaultKind::Kill) {
        return Ok(Restarts { end, is_rolling: verb == ROLLING_RESTART });
    }
    let refusal = Refusal::new(format!("invalid `{verb}`: `{end}`, expected `stop` or `kill`"));
    Err(written.refused(refusal, verb))
}

impl Restarts {
    /// The steps, where all nodes run and none has a fault that lasts.
    pub(super) fn steps(self, state: &State<'_>) -> Result<Vec<StepKind>, Refusal> {
        if let Some((node, before)) = state.nodes.first_with(|_| true) {
            return Err(fault_lasts(before, node.as_str()));
        }
        let all = &state.topology.nodes;
        let dead = state.nodes.living.as_ref().map(|living| all.iter().find(|node| !living.contains(&node.name)));
        match dead {
            Some(None) => {}
            Some(Some(node)) => {
                let message = format!("node `{}` is not running at this step", node.name);
                return Err(Refusal::new(message).help(format!("`restart = \"{}\"` before it", node.name)));
            }
            None => {
                let message = "it is not known at this step whether every node is running";
                return Err(Refusal::new(message).help("`restart = \"victim\"` does not say which: name the nodes"));
            }
        }
        let end = if self.end == FaultKind::Kill { Fault::Kill } else { Fault::Stop };
        let names = state.topology.names();
        Ok(if self.is_rolling {
            names.flat_map(|node| [StepKind::fault(end, node.clone()), StepKind::restart(node.clone())]).collect()
        } else {
            names.map(|node| StepKind::fault(end, node.clone())).chain([StepKind::StartAgain]).collect()
        })
    }
}

/// How often which steps are repeated.
pub(super) fn repeated<'t>(written: &Written<'t>, depth: usize) -> Result<(u32, Vec<Written<'t>>), ScenarioError> {
    let repeat: u32 = written.get(REPEAT)?.unwrap_or_default();
    // Each of them is a table, whatever is in it.
    written.get::<Vec<serde_json::Map<String, serde_json::Value>>>("steps")?;
    let steps = written.tables("steps");
    let refuse = |refusal| Err(written.refused(refusal, REPEAT));
    if !(1..=MOST_REPEATS).contains(&repeat) {
        return refuse(Refusal::new(format!("invalid `repeat`: {repeat}, expected 1 to {MOST_REPEATS}")));
    }
    if steps.is_empty() {
        return refuse(Refusal::new("missing `steps`").help("`steps = [ … ]`"));
    }
    if depth >= MOST_NESTED {
        return refuse(Refusal::new(format!("repetitions nest at most {MOST_NESTED} deep")));
    }
    Ok((repeat, steps))
}

impl StepBuilder {
    /// Repeats steps.
    pub fn repeat(times: u32, steps: impl IntoIterator<Item = Self>) -> Self {
        let mut repeat = Self::default().set("repeat", &times);
        let mut tables = vec![];
        for step in steps {
            repeat.error = repeat.error.or(step.error);
            tables.push(step.table);
        }
        repeat.set("steps", &tables)
    }
}

verbs! {
    /// Ends and restarts one node after the other.
    rolling_restart: FaultKind;
    /// Ends all nodes and starts them at one time.
    cold_restart: FaultKind;
}
