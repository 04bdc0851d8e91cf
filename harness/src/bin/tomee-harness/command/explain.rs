//! `explain`: a scenario as prose, or a rule of `lint`.

use serde_json::json;
use tomee_harness::model::Topology;

use crate::args::{ExplainArgs, OutputArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::scenarios;

pub(crate) fn explain(args: &ExplainArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    if let Some(rule) = tomee_harness::lint::rules::find(&args.scenario) {
        if args.prove {
            return super::prove::prove(rule, args, output);
        }
        print(&tomee_harness::lint::format::page(rule))?;
        return Ok(Exit::Holds);
    }
    if args.prove {
        return Err(Failure::usage(format!("--prove takes the code of a rule, as C029, and not `{}`", args.scenario)));
    }
    let scenarios = scenarios::choose(std::slice::from_ref(&args.scenario))?;
    let two = Topology::of(2).map_err(Failure::usage)?;
    let prose = scenarios.iter().map(|selected| {
        let text = selected.scenario.explain(&two).map_err(Failure::usage)?;
        Ok((selected.name.as_str(), text))
    });
    let prose: Vec<(&str, String)> = prose.collect::<Result<_, Failure>>()?;
    if output.is_json() {
        let all: Vec<_> = prose.iter().map(|(name, text)| json!({"scenario": name, "text": text})).collect();
        print_json(&json!({"format": 1, "scenarios": all}))?;
    } else if let [(_, text)] = &prose[..] {
        print(text)?;
    } else {
        // Each with its name, or nobody could see where one ends and which is which.
        let named = prose.iter().map(|(name, text)| format!("== {name} ==\n\n{}\n", text.trim_end()));
        print(&named.collect::<Vec<_>>().join("\n"))?;
    }
    Ok(Exit::Holds)
}
