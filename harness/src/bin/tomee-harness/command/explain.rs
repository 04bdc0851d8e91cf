//! `explain`: a scenario as prose, or a rule of `lint`.

use tomee_harness::spec::Topology;

use super::print;
use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure};
use crate::stories;

pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    if let Some(rule) = tomee_harness::lint::rules::find(&args.scenario) {
        print(&tomee_harness::lint::format::page(rule))?;
        return Ok(Exit::Holds);
    }
    let stories = stories::choose(std::slice::from_ref(&args.scenario))?;
    let two = Topology::of(2).map_err(Failure::usage)?;
    let prose = stories.iter().map(|story| story.scenario.explain(&two).map_err(Failure::usage));
    print(&prose.collect::<Result<Vec<_>, _>>()?.join("\n"))?;
    Ok(Exit::Holds)
}
