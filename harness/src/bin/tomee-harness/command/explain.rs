//! `explain`: a scenario as prose.

use tomee_harness::model::Topology;

use super::print;
use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure};
use crate::scenarios;

pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    let scenarios = scenarios::choose(std::slice::from_ref(&args.scenario))?;
    let two = Topology::of(2).map_err(Failure::usage)?;
    let prose = scenarios.iter().map(|scenario| scenario.scenario.explain(&two).map_err(Failure::usage));
    print(&prose.collect::<Result<Vec<_>, _>>()?.join("\n"))?;
    Ok(Exit::Holds)
}
