//! `recipe --minimal`: the steps without which the same violations do not show.

use std::collections::{BTreeSet, HashMap};

use camino::Utf8PathBuf;
use clap::ArgMatches;
use tomee_harness::model::Scenario;
use tomee_harness::model::scenario::{NamedPath, Tables};
use tomee_harness::runner;
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::suite::{FinishedRun, PlannedRun, RunError, ScenarioRunner, Source};
use tomee_harness::verdict::{Status, Verdict};

use super::ask::{chain, tell};
use crate::able::able;
use crate::args::{OutputArgs, RecipeArgs, RunArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::settings::Settings;
use crate::signals;
use crate::stored_runs::default_folder;

/// What a run shows that does not hold.
type Violations = BTreeSet<String>;

/// A scenario that shows the same with as few steps as possible.
pub(super) fn minimal(
    text: &str,
    args: &RecipeArgs,
    output: &OutputArgs,
    matches: &ArgMatches,
) -> Result<String, Failure> {
    let settings = Settings::resolve(&RunArgs::default(), output, matches)?;
    let folder = args.from.as_ref().and_then(|file| file.parent()).map(Utf8PathBuf::from).unwrap_or_default();
    let text = NamedPath::renamed(text, |named| {
        camino::absolute_utf8(folder.join(&named.path)).ok().filter(|_| named.path.is_relative())
    });
    let refused = |error: tomee_harness::model::scenario::ScenarioError| Failure::usage(error.message).hint(error.help);
    let plans = Scenario::parse(text.as_bytes()).and_then(|it| it.plans(&settings.topology)).map_err(refused)?;
    let [whole] = &plans[..] else {
        return Err(Failure::usage(format!("a scenario of one run is made minimal, and this one has {}", plans.len())));
    };
    let topology = whole.plan.topology.clone();
    let tables = Tables::of(&text, &topology).map_err(refused)?;
    let planned = PlannedRun::of_plan(whole.plan.clone());
    let kind = able(&planned, settings.runtime).map_err(Failure::usage)?;
    let (trials, at_least) = (args.trials.unwrap_or(1), args.at_least.unwrap_or(1));
    if trials < at_least {
        return Err(Failure::usage(format!("{at_least} of {trials} runs can never show it")));
    }
    let folder = settings.out.clone().map_or_else(default_folder, Ok)?;
    block_on(async {
        let signals = signals::listen().map_err(Failure::environment)?;
        let runner = ScenarioRunner::default().folder(folder).runtime(kind).stopped_by(signals.token().clone());
        let tries = Tries { tables: &tables, settings: &settings, kind, runner, trials, at_least, output };
        let all: Vec<usize> = (0..tables.steps.len()).collect();
        let wanted = tries.wanted(&all).await?;
        tell(output, &format!("to show: {}", wanted.iter().cloned().collect::<Vec<_>>().join(", ")));
        let mut known: HashMap<Vec<usize>, bool> = HashMap::new();
        let left = runner::minimal(all.len(), async |steps: &[usize]| {
            let steps = tables.fitting(&topology, steps);
            if let Some(shows) = known.get(&steps) {
                return Ok::<_, Failure>(shows.then_some(steps));
            }
            let shows = tries.show(&steps, &wanted).await?;
            let what = if shows { "the same shows" } else { "it does not show" };
            tell(output, &format!("{} of {} steps: {what}", steps.len(), all.len()));
            known.insert(steps.clone(), shows);
            Ok(shows.then_some(steps))
        })
        .await?;
        Ok(tables.text(&topology, &left))
    })
}

/// Attempts.
struct Tries<'a> {
    tables: &'a Tables,
    settings: &'a Settings,
    kind: RuntimeKind,
    runner: ScenarioRunner,
    trials: u32,
    at_least: u32,
    output: &'a OutputArgs,
}

impl Tries<'_> {
    /// What the whole scenario shows, in as many runs as are to show it.
    async fn wanted(&self, all: &[usize]) -> Result<Violations, Failure> {
        let mut seen: HashMap<Violations, u32> = HashMap::new();
        for _ in 0..self.trials {
            let violations = self.once(all).await?;
            let times = seen.entry(violations.clone()).or_default();
            *times += 1;
            if !violations.is_empty() && self.at_least <= *times {
                return Ok(violations);
            }
        }
        let hint = "--trials 10 runs it more often".to_owned();
        let why = if seen.keys().all(BTreeSet::is_empty) { "nothing is violated" } else { "the violations differ" };
        Err(Failure::new(Exit::Unknown, format!("there is nothing to reproduce: {why} in {} runs", self.trials))
            .hint(Some(hint)))
    }

    /// Whether some steps show the same often enough.
    async fn show(&self, steps: &[usize], wanted: &Violations) -> Result<bool, Failure> {
        let mut shown = 0;
        for left in (0..self.trials).rev() {
            shown += u32::from(self.once(steps).await? == *wanted);
            if self.at_least <= shown {
                return Ok(true);
            }
            if shown + left < self.at_least {
                break;
            }
        }
        Ok(false)
    }

    async fn once(&self, steps: &[usize]) -> Result<Violations, Failure> {
        let text = self.tables.text(&self.settings.topology, steps);
        let refused = |error: tomee_harness::model::scenario::ScenarioError| Failure::usage(error.message);
        let scenario = Scenario::parse(text.as_bytes()).map_err(refused)?;
        let plan = scenario.plans(&self.settings.topology).map_err(refused)?.remove(0).plan;
        let name = self.tables.head.name().unwrap_or("a recipe").to_owned();
        let source = Source { name, text, folder: Utf8PathBuf::new() };
        let planned = PlannedRun::of_scenario(source, "", plan);
        // A plan of fewer steps may need less of its machines; it gets the same.
        self.kind.check(&planned.plan).map_err(Failure::usage)?;
        match self.runner.run(&planned).await {
            Ok(finished) => violations(&finished),
            Err(RunError::Run(failed)) if self.is_stopped() => Err(Failure::new(Exit::Interrupted, failed)),
            Err(error) => {
                tell(self.output, &format!("a run could not be judged: {}", chain(&error)));
                Ok(Violations::new())
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.runner.is_stopped()
    }
}

/// What of a run's verdict does not hold, by the names of the violations, or of the guarantee where they have none.
fn violations(run: &FinishedRun) -> Result<Violations, Failure> {
    let text = fs_err::read(run.run_dir.join("verdict.json")).map_err(Failure::environment)?;
    let verdict: Verdict = serde_json::from_slice(&text).map_err(Failure::environment)?;
    let violated = verdict.guarantees.iter().filter(|one| one.status == Status::Violated && one.aside.is_none());
    Ok(violated
        .flat_map(|one| {
            let named: Vec<String> = one.violations.keys().map(ToString::to_string).collect();
            if named.is_empty() { vec![one.guarantee.to_string()] } else { named }
        })
        .collect())
}
