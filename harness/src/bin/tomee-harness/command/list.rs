//! `list`: the scenarios, each with its tags.

use serde_json::json;

use crate::args::{ListArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::scenarios;

pub(crate) fn list(args: &ListArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let scenarios = scenarios::choose(&args.scenarios)?;
    if output.is_json() {
        let all: Vec<_> = scenarios
            .iter()
            .map(|selected| {
                let scenario = &selected.scenario;
                json!({
                    "scenario": selected.name,
                    "name": scenario.name(),
                    "catalogue": scenario.catalogue(),
                    "tags": scenario.tags(),
                    "runtimes": selected.runtimes(),
                })
            })
            .collect();
        print_json(&json!({"format": 1, "scenarios": all}))?;
        return Ok(Exit::Holds);
    }
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or_default();
    let line = |selected: &scenarios::SelectedScenario| {
        let scenario = &selected.scenario;
        format!(
            "{:<width$}  {:<4} {}  [{}]\n",
            selected.name,
            scenario.catalogue().unwrap_or("-"),
            scenario.name(),
            scenario.tags().join(", ")
        )
    };
    print(&scenarios.iter().map(line).collect::<String>())?;
    Ok(Exit::Holds)
}
