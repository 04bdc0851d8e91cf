//! `rules`: the rules of `lint`.

use clap::Args;
use tomee_harness::lint::format::rules_json;
use tomee_harness::lint::rules;

use super::{print, print_json};
use crate::args::OutputArgs;
use crate::exit::{Exit, Failure};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {}

pub(crate) fn rules(_: &RulesArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    if output.is_json() {
        print_json(&rules_json())?;
        return Ok(Exit::Holds);
    }
    let width = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let line = |rule: &&tomee_harness::lint::Rule| {
        format!("{}  {:<7}  {:<width$}  {}\n", rule.code, rule.severity.to_string(), rule.name, rule.finds)
    };
    print(&rules::ALL.iter().map(line).collect::<String>())?;
    Ok(Exit::Holds)
}
