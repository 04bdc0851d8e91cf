//! `rules`: the rules of `lint`.

use tomee_harness::lint::format::rules_json;
use tomee_harness::lint::rules;

use crate::args::{OutputArgs, RulesArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

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
