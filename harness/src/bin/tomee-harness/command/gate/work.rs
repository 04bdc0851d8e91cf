//! The runs of a gate: as many at one time as the machine bears.

use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use tomee_harness::config::own::Claims;
use tomee_harness::gate::{self, Choice, FitsError, Fitting, Role, RunResult, Setting};
use tomee_harness::history::{Event, RecordKind};
use tomee_harness::host::clock::Clock;
use tomee_harness::host::signals::Signals;
use tomee_harness::model::topology::JvmSpec;
use tomee_harness::model::{NodeName, Plan};
use tomee_harness::runner::{
    Budget, ClusterPool, FailedRun, IdleCluster, Jobs, Lease, Observer, RunFailure, RunRequest, Runner,
};
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::suite::{PlannedRun, RunFolder};

use crate::command::run::run_failure;
use crate::exit::{Exit, Failure};
use crate::progress::Progress;
use crate::signals;

/// One run of one side.
#[derive(Debug, Clone)]
pub(in crate::command) struct Item {
    /// Which side, from 0.
    pub(in crate::command) side: usize,
    /// Its name: that of the choice, with a number where it is repeated.
    pub(in crate::command) name: String,
    /// What is run.
    pub(in crate::command) choice: Choice,
    /// Its folder.
    pub(in crate::command) folder: Utf8PathBuf,
    /// What the nodes claim.
    pub(in crate::command) claims: Vec<(NodeName, Claims)>,
    /// The user's own app.
    pub(in crate::command) war: Option<Utf8PathBuf>,
}

/// A run that was judged, or that there was no time for.
pub(in crate::command) enum Done {
    Run { result: Box<RunResult>, effective: Vec<Setting>, setting: String },
    LeftOut(String),
}

/// What all runs share.
#[derive(Clone, Copy)]
pub(in crate::command) struct Common<'a> {
    pub(in crate::command) jobs: Jobs,
    pub(in crate::command) jvm: &'a JvmSpec,
    pub(in crate::command) timeout: Duration,
    pub(in crate::command) within: Option<(Instant, Duration)>,
    pub(in crate::command) progress: &'a Progress,
    pub(in crate::command) signals: &'a Signals,
}

impl Common<'_> {
    /// How much of the budget is left; `None` where there is none.
    fn left(&self) -> Option<Duration> {
        self.within.map(|(began, within)| within.saturating_sub(began.elapsed()))
    }

    /// That it is used up, in words, where it is.
    fn over(&self) -> Option<String> {
        let (_, within) = self.within.filter(|_| self.left().is_some_and(|left| left.is_zero()))?;
        Some(format!("the {within:?} of --within were over"))
    }
}

/// Runs all, and gives what each showed, in their order. The first that cannot be judged ends the others.
pub(in crate::command) async fn all(items: &[Item], common: Common<'_>) -> Result<Vec<Done>, Failure> {
    let stop = common.signals.token().child_token();
    let pool = ClusterPool::new(Budget::of(common.jobs), false);
    let runner = Runner::new(pool.clone());
    let mut pending: Vec<usize> = (0..items.len()).collect();
    let mut running = FuturesUnordered::<LocalBoxFuture<'_, (usize, Result<Done, Failure>)>>::new();
    let mut done: Vec<(usize, Done)> = vec![];
    let mut failed: Option<Failure> = None;
    pool.expect(items.iter().map(|item| &item.choice.plan));
    loop {
        if stop.is_cancelled() {
            pending.clear();
        }
        if let Some(why) = common.over() {
            let left = |place: usize| (place, Done::LeftOut(format!("{}: {why}", items[place].name)));
            done.extend(pending.drain(..).map(left));
        }
        if running.is_empty() && pending.is_empty() {
            break;
        }
        let plans: Vec<Arc<Plan>> = pending.iter().map(|place| Arc::new(items[*place].choice.plan.clone())).collect();
        tokio::select! {
            Some((place, result)) = running.next(), if !running.is_empty() => match result {
                Ok(one) => done.push((place, one)),
                Err(failure) => {
                    stop.cancel();
                    failed.get_or_insert(failure);
                }
            },
            (chosen, lease, idle) = pool.lease(&plans), if !plans.is_empty() => {
                let place = pending.remove(chosen);
                let one = one(&items[place], common, (&runner, &stop), (lease, idle));
                running.push(Box::pin(async move { (place, one.await) }));
            }
        }
    }
    let ended = pool.end().await.map_err(Failure::environment);
    match (failed, ended) {
        (Some(failure), Err(left)) => Err(failure.leaving(left)),
        (Some(failure), Ok(())) => Err(failure),
        (None, ended) => {
            ended?;
            done.sort_by_key(|(place, _)| *place);
            Ok(done.into_iter().map(|(_, done)| done).collect())
        }
    }
}

/// What the server lacks is in the input.
fn failure(failed: FailedRun) -> Failure {
    let lacks = match &failed.error {
        RunFailure::Outputs(error) => error.downcast_ref::<FitsError>().cloned(),
        _ => None,
    };
    match lacks {
        Some(error) => {
            let hint = error.hint();
            Failure::usage(error).hint(Some(hint))
        }
        None => run_failure(failed, Exit::Interrupted),
    }
}

async fn one(
    item: &Item,
    common: Common<'_>,
    (runner, stop): (&Runner, &CancellationToken),
    lease: (Lease, Option<IdleCluster>),
) -> Result<Done, Failure> {
    let choice = &item.choice;
    let mut planned = PlannedRun::of_plan(choice.plan.clone());
    item.name.clone_into(&mut planned.label);
    let timeout = common.left().map_or(common.timeout, |left| left.min(common.timeout));
    let request = RunRequest {
        runtime: RuntimeKind::named("process"),
        timeout: Some(timeout),
        clock: Clock::start(),
        ..RunRequest::new(planned.plan.clone(), |_| item.folder.clone())
    };
    common.progress.line(&format!("run {}: {}", item.name, choice.reason));
    let observer: Arc<dyn Observer> = Arc::new(common.progress.of_run(&item.name));
    let mut folder = Fitting {
        outputs: RunFolder::of(&planned).jvm(common.jvm.clone()),
        claims: item.claims.clone(),
        war: item.war.clone(),
    };
    let finished = Box::pin(runner.run(&request, lease, &observer, &mut folder, stop)).await;
    if let Some(signal) = common.signals.first() {
        return Err(Failure::new(signals::exit(signal), "interrupted"));
    }
    let finished = finished.map_err(|failed| failure(*failed))?;
    let verdict = &finished.ended.verdict;
    let history = &finished.ended.history;
    let was_cut = || history.records.iter().any(|it| matches!(it.kind, RecordKind::Event(Event::Interrupted { .. })));
    let over = common.over().filter(|_| was_cut());
    let cut_short = over.as_deref().or(finished.report.cut_short.as_deref());
    let mut result = gate::judged(choice, (verdict, history), cut_short, finished.run_dir.path().to_string());
    result.name.clone_from(&item.name);
    // Of old and new in one cluster a node is as the files of either claim.
    let of_one_side = choice.role != Role::Rolling;
    let effective = if of_one_side { gate::effective(&choice.plan.topology, history) } else { vec![] };
    Ok(Done::Run { result: Box::new(result), effective, setting: finished.report.setting })
}
