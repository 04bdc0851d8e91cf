//! `sweep`: removes what an older crash left.

use serde_json::json;
use tomee_harness::host::guard::Registry;
use tomee_harness::runtime::sweep::{self, Scope};

use crate::args::{OutputArgs, SweepArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

pub(crate) fn sweep(args: &SweepArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let registry = Registry::of_user().map_err(Failure::environment)?;
    let scope = match (&args.run, args.all) {
        (Some(run), _) => Scope::Run(run.clone()),
        (None, true) => Scope::All,
        (None, false) => Scope::Crashed,
    };
    let swept = block_on(async { sweep::sweep(&registry, scope).await.map_err(Failure::environment) })?;
    if output.is_json() {
        let removed: Vec<_> = swept.removed.iter().map(|(run, what)| json!({"run": run, "removed": what})).collect();
        let spared: Vec<_> =
            swept.spared.iter().map(|(run, why)| json!({"run": run, "why": why.to_string()})).collect();
        let no_engine = swept.no_engine.as_ref().map(ToString::to_string);
        print_json(&json!({"format": 1, "removed": removed, "spared": spared, "no-engine": no_engine}))?;
    } else {
        let mut text: String =
            swept.removed.iter().map(|(run, what)| format!("removed {what} of run {run}\n")).collect();
        text.extend(swept.spared.iter().map(|(run, why)| format!("kept run {run}: {why}\n")));
        if text.is_empty() {
            text.push_str("nothing to remove\n");
        }
        if let Some(why) = &swept.no_engine {
            text.push_str(&format!("containers were not checked: {why}\n"));
        }
        print(&text)?;
    }
    Ok(Exit::Holds)
}
