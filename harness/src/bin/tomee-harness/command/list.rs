//! `list`: the scenarios, each with its tags.

use serde_json::json;

use super::{print, print_json};
use crate::args::{ListArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::stories;

pub(crate) fn list(args: &ListArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let stories = stories::choose(&args.scenarios)?;
    if output.is_json() {
        let all: Vec<_> = stories
            .iter()
            .map(|story| {
                let scenario = &story.scenario;
                json!({
                    "scenario": story.name,
                    "name": scenario.name(),
                    "catalogue": scenario.catalogue(),
                    "tags": scenario.tags(),
                    "runtimes": story.runtimes(),
                })
            })
            .collect();
        print_json(&json!({"format": 1, "scenarios": all}))?;
        return Ok(Exit::Holds);
    }
    let width = stories.iter().map(|story| story.name.len()).max().unwrap_or_default();
    let line = |story: &stories::Story| {
        let scenario = &story.scenario;
        format!(
            "{:<width$}  {:<4} {}  [{}]\n",
            story.name,
            scenario.catalogue().unwrap_or("-"),
            scenario.name(),
            scenario.tags().join(", ")
        )
    };
    print(&stories.iter().map(line).collect::<String>())?;
    Ok(Exit::Holds)
}
