//! Many runs: as many at one time as the budget bears, in their order; where clusters are handed on, in the pool's.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use tokio_util::sync::CancellationToken;
use tomee_harness::host::clock::Clock;
use tomee_harness::model::Plan;
use tomee_harness::runner::{Batch, Budget, ClusterPool, IdleCluster, Jobs, Lease, Runner, run_all};
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

/// The runs, and what they say in their order.
struct Runs<'r> {
    many: &'r Many<'r>,
    common: Common<'r>,
    runner: &'r Runner,
    stop: &'r CancellationToken,
    clock: Clock,
    shown: InOrder,
}

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
        let pool = ClusterPool::new(Budget::of(self.jobs), self.warm);
        let runner = Runner::new(pool.clone());
        let shown = InOrder::new(self.is_many() && common.settings.format == Format::Text);
        let mut runs = Runs { many: self, common, runner: &runner, stop: &stop, clock, shown };
        // A round of them, to choose from.
        let (failed, ended) = run_all(&pool, self.queue(), self.runs.len(), &stop, &mut runs).await;
        let worst = runs.shown.end()?;
        match (failed, ended.map_err(Failure::environment)) {
            (Some(failure), Err(left)) => Err(failure.leaving(left)),
            (Some(failure), Ok(())) => Err(failure),
            (None, ended) => ended.map(|()| worst),
        }
    }
}

impl<'r> Batch<'r> for Runs<'r> {
    type Pending = Pending<'r>;
    /// With its label.
    type Ended = (String, Ended);
    type Failure = Failure;

    fn plan<'p>(&self, pending: &'p Pending<'r>) -> &'p Arc<Plan> {
        &pending.planned.plan
    }

    fn begin(
        &self,
        number: u32,
        Pending { label, planned }: Pending<'r>,
        lease: (Lease, Option<IdleCluster>),
    ) -> LocalBoxFuture<'r, Result<Self::Ended, Failure>> {
        let Self { many, common, runner, stop, .. } = *self;
        // Only the first run begins with the program.
        let clock = if number == 1 { self.clock } else { Clock::start() };
        Box::pin(async move {
            let progress = match many.jobs {
                Jobs::Count(one) if one.get() == 1 => common.progress.clone(),
                _ => common.progress.of_run(&label),
            };
            if many.is_many() {
                common.progress.line(&format!("run {number}: {label}"));
            }
            let one = One { common: Common { progress: &progress, ..common }, runner, stop, planned, clock };
            let ended = Box::pin(one.run(number, many.is_many(), lease)).await?;
            Ok((label, ended))
        })
    }

    fn ended(&mut self, number: u32, (label, ended): Self::Ended) -> Result<bool, Failure> {
        let others_may = !self.many.until_failure || ended.exit == Exit::Holds;
        self.shown.add(number, label, ended)?;
        Ok(others_may)
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
