//! Many runs of one program.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;

use super::idle_cluster::{IdleCluster, IdleClusterError};
use super::pool::{ClusterPool, Lease};
use crate::model::Plan;

/// Runs that are done as the pool has room for them, and who hears how they ended.
pub trait Batch<'b> {
    /// A run that has not begun.
    type Pending;
    /// How one ended.
    type Ended;
    /// Why one could not be judged.
    type Failure;

    /// The plan of a run.
    fn plan<'p>(&self, pending: &'p Self::Pending) -> &'p Arc<Plan>;

    /// Begins a run, the `number`th of all.
    fn begin(
        &self,
        number: u32,
        pending: Self::Pending,
        lease: (Lease, Option<IdleCluster>),
    ) -> LocalBoxFuture<'b, Result<Self::Ended, Self::Failure>>;

    /// A run has ended; says whether others may begin.
    ///
    /// # Errors
    /// Nobody can be informed of it.
    fn ended(&mut self, number: u32, ended: Self::Ended) -> Result<bool, Self::Failure>;
}

/// What a batch has left: the first failure, and whether all clusters have ended as they should.
pub type Left<F> = (Option<F>, Result<(), IdleClusterError>);

/// Runs all of a queue, as many at one time as the budget of the pool bears. `window` is how many are known at one time, for
/// the pool to choose from. The first that cannot be judged stops the others, as `stop` does; all have ended when this
/// returns, and so have the clusters of the pool.
pub async fn run_all<'b, B: Batch<'b> + 'b>(
    pool: &Arc<ClusterPool>,
    queue: impl Iterator<Item = B::Pending>,
    window: usize,
    stop: &CancellationToken,
    batch: &mut B,
) -> Left<B::Failure> {
    let mut queue = queue.fuse();
    let mut running = FuturesUnordered::<LocalBoxFuture<'b, (u32, Result<B::Ended, B::Failure>)>>::new();
    let (mut pending, mut begun): (Vec<B::Pending>, u32) = (vec![], 0);
    let (mut goes_on, mut failed) = (true, None);
    loop {
        goes_on &= !stop.is_cancelled();
        if goes_on {
            for next in queue.by_ref().take(window.saturating_sub(pending.len())) {
                pool.expect([&**batch.plan(&next)]);
                pending.push(next);
            }
        } else {
            pending.clear();
        }
        if running.is_empty() && pending.is_empty() {
            return (failed, pool.end().await);
        }
        let plans: Vec<Arc<Plan>> = pending.iter().map(|pending| batch.plan(pending).clone()).collect();
        tokio::select! {
            Some((number, result)) = running.next(), if !running.is_empty() => {
                match result.and_then(|ended| batch.ended(number, ended)) {
                    Ok(others_may) => goes_on &= others_may,
                    Err(failure) => {
                        stop.cancel();
                        failed.get_or_insert(failure);
                    }
                }
            },
            (place, lease, idle) = pool.lease(&plans), if !plans.is_empty() => {
                begun += 1;
                let number = begun;
                let run = batch.begin(number, pending.remove(place), (lease, idle));
                running.push(Box::pin(async move { (number, run.await) }));
            }
        }
    }
}
