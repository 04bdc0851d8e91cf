//! Many runs: as many at one time as the budget bears, in their order; where clusters are handed on, in the pool's.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use tomee_harness::host::clock::Clock;
use tomee_harness::model::Plan;
use tomee_harness::runner::{Budget, ClusterPool, IdleCluster, Jobs, Lease, Runner};
use tomee_harness::suite::PlannedRun;

use super::one::{Common, Ended, One};
use crate::args::Format;
use crate::exit::{Exit, Failure};
use crate::output::print;

/// What is run, and how often.
pub(super) struct Many<'a> {
    pub(super) runs: &'a [PlannedRun],
    pub(super) times: Option<u32>,
    pub(super) until_failure: bool,
    pub(super) jobs: Jobs,
    /// Whether clusters are handed on from run to run.
    pub(super) warm: bool,
}

/// A run that has not begun.
struct Pending<'a> {
    /// With its round, where there are several.
    label: String,
    planned: &'a PlannedRun,
}

/// A run, by its place among those that have begun.
struct Numbered<'a> {
    number: u32,
    label: String,
    planned: &'a PlannedRun,
}

/// The number and the label of a run, and how it ended.
type Done = (u32, String, Result<Ended, Failure>);

impl<'a> Many<'a> {
    fn rounds(&self) -> u32 {
        self.times.unwrap_or(if self.until_failure { u32::MAX } else { 1 })
    }

    fn is_many(&self) -> bool {
        self.rounds() > 1 || self.runs.len() > 1
    }

    /// All runs, round by round.
    fn queue(&self) -> impl Iterator<Item = Pending<'a>> {
        let rounds = self.rounds();
        let runs = self.runs;
        let runs = (1..=rounds).flat_map(move |round| runs.iter().map(move |planned| (round, planned)));
        runs.map(move |(round, planned)| {
            let round = if rounds > 1 { format!(" (round {round})") } else { String::new() };
            Pending { label: format!("{}{round}", planned.label), planned }
        })
    }

    /// Runs all. The first that cannot be judged ends the others.
    pub(super) async fn run(&self, common: Common<'_>, clock: Clock) -> Result<Exit, Failure> {
        let stop = common.signals.token().child_token();
        let budget = Budget::of(self.jobs);
        let pool = ClusterPool::new(budget, self.warm);
        let runner = Runner::new(pool.clone());
        let (mut queue, mut running) = (self.queue().fuse(), FuturesUnordered::<LocalBoxFuture<'_, Done>>::new());
        let (mut pending, mut begun): (Vec<Pending<'_>>, u32) = (vec![], 0);
        let mut shown = InOrder::new(self.is_many() && common.settings.format == Format::Text);
        let (mut goes_on, mut failed) = (true, None::<Failure>);
        loop {
            goes_on &= !stop.is_cancelled();
            if goes_on {
                // A round of them, to choose from.
                for next in queue.by_ref().take(self.runs.len() - pending.len()) {
                    pool.expect([&*next.planned.plan]);
                    pending.push(next);
                }
            } else {
                pending.clear();
            }
            if running.is_empty() && pending.is_empty() {
                break;
            }
            let plans: Vec<Arc<Plan>> = pending.iter().map(|pending| pending.planned.plan.clone()).collect();
            tokio::select! {
                Some((number, label, result)) = running.next(), if !running.is_empty() => match result {
                    Ok(ended) => {
                        goes_on &= !self.until_failure || ended.exit == Exit::Holds;
                        shown.add(number, label, ended)?;
                    }
                    Err(failure) => {
                        stop.cancel();
                        failed.get_or_insert(failure);
                    }
                },
                (place, lease, idle_cluster) = pool.lease(&plans), if !plans.is_empty() => {
                    let Pending { label, planned } = pending.remove(place);
                    begun += 1;
                    let run = Numbered { number: begun, label, planned };
                    running.push(Box::pin(self.one(common, (&runner, &stop), run, (lease, idle_cluster), clock)));
                }
            }
        }
        let ended = pool.end().await.map_err(Failure::environment);
        let worst = shown.end()?;
        match (failed, ended) {
            (Some(failure), Err(left)) => Err(failure.leaving(left)),
            (Some(failure), Ok(())) => Err(failure),
            (None, ended) => ended.map(|()| worst),
        }
    }

    async fn one(
        &self,
        common: Common<'_>,
        (runner, stop): (&Runner, &CancellationToken),
        run: Numbered<'_>,
        lease: (Lease, Option<IdleCluster>),
        clock: Clock,
    ) -> Done {
        let Numbered { number, label, planned } = run;
        let progress = match self.jobs {
            Jobs::Count(one) if one.get() == 1 => common.progress.clone(),
            _ => common.progress.of_run(&label),
        };
        if self.is_many() {
            common.progress.line(&format!("run {number}: {label}"));
        }
        // Only the first run begins with the program.
        let clock = if number == 1 { clock } else { Clock::start() };
        let common = Common { progress: &progress, ..common };
        // On the heap: the future of a whole run is some ten kilobytes.
        let one = One { common, runner, stop, planned, clock };
        let ended = Box::pin(one.run(number, self.is_many(), lease)).await;
        (number, label, ended)
    }
}

/// Prints what runs say, in the order of the runs, as soon as all before them have ended.
struct InOrder {
    /// Whether all are listed at the end.
    listed: bool,
    next: u32,
    waiting: BTreeMap<u32, (String, Ended)>,
    list: String,
    worst: Exit,
}

impl InOrder {
    fn new(listed: bool) -> Self {
        Self { listed, next: 1, waiting: BTreeMap::new(), list: String::new(), worst: Exit::Holds }
    }

    fn add(&mut self, number: u32, label: String, ended: Ended) -> Result<(), Failure> {
        self.waiting.insert(number, (label, ended));
        while let Some((label, ended)) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.show(&label, &ended)?;
        }
        Ok(())
    }

    fn show(&mut self, label: &str, ended: &Ended) -> Result<(), Failure> {
        self.list.push_str(&format!("{:<11} {label}\n", ended.exit.word()));
        self.worst = self.worst.worse(ended.exit);
        print(&ended.text)
    }

    /// Shows those behind one that failed, then all as a list.
    fn end(mut self) -> Result<Exit, Failure> {
        for (label, ended) in std::mem::take(&mut self.waiting).into_values() {
            self.show(&label, &ended)?;
        }
        if self.listed {
            print(&self.list)?;
        }
        Ok(self.worst)
    }
}
