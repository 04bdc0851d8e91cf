//! The pool: all clusters that one program has at one time, within its budget.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::idle_cluster::{IdleCluster, IdleClusterError, takes_any};
use super::renewal::RenewalListener;
use super::schedule::{Choice, IdleSlot, Schedule, Waiting};
use crate::cluster::recorder::Listener;
use crate::history::{Event, Record, RecordKind};
use crate::host::sync::lock;
use crate::model::Plan;

/// Hands out leases for clusters.
///
/// A cluster that a scenario hands on is reset at once, while other scenarios go on, and waits for the next that wants one like
/// it; one that nobody will want is ended.
#[derive(Debug)]
pub struct ClusterPool {
    budget: Budget,
    /// Whether clusters are handed on.
    warm: bool,
    schedule: Mutex<Schedule<Room>>,
    /// Notified whenever something becomes free.
    freed: Notify,
    starts: Arc<Semaphore>,
    /// Resets and ends of clusters that were handed on.
    tasks: Mutex<JoinSet<()>>,
    /// Ends the resets.
    ending: CancellationToken,
}

/// The scenarios of one call that waits for a lease; no longer when it is dropped.
#[derive(Debug)]
struct Tickets<'f> {
    pool: &'f ClusterPool,
    own: Range<usize>,
}

impl Drop for Tickets<'_> {
    fn drop(&mut self) {
        lock(&self.pool.schedule).waiting.retain(|waiting| !self.own.contains(&waiting.ticket));
        self.pool.freed.notify_waiters();
    }
}

/// The right to one cluster for one scenario, until it is dropped.
#[derive(Debug)]
#[must_use = "the lease goes to another run as soon as it is dropped"]
pub struct Lease {
    permit: RunPermit,
    room: Room,
}

/// The right to run a scenario on a cluster of a kind.
#[derive(Debug)]
struct RunPermit {
    pool: Arc<ClusterPool>,
    kind: usize,
}

/// The right to so many nodes.
#[derive(Debug)]
struct Room {
    pool: Arc<ClusterPool>,
    nodes: usize,
}

impl Drop for RunPermit {
    fn drop(&mut self) {
        let mut schedule = lock(&self.pool.schedule);
        schedule.runs -= 1;
        if let Some(place) = schedule.used.iter().position(|kind| *kind == self.kind) {
            schedule.used.swap_remove(place);
        }
        drop(schedule);
        self.pool.freed.notify_waiters();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        lock(&self.pool.schedule).nodes -= self.nodes;
        self.pool.freed.notify_waiters();
    }
}

/// What came of a look.
enum Next {
    /// A scenario may begin: its place in the call, and what it gets.
    Begin(usize, Lease, Option<IdleCluster>),
    /// Something has changed: look again.
    Again,
    Wait,
}

impl ClusterPool {
    /// A pool without a cluster. With `warm`, clusters are handed on, and the order of scenarios is the pool's; else each scenario
    /// has a cluster of its own, in the order in which they come.
    pub fn new(budget: Budget, warm: bool) -> Arc<Self> {
        let starts = Arc::new(Semaphore::new(budget.starts.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            budget,
            warm,
            schedule: Mutex::default(),
            freed: Notify::new(),
            starts,
            tasks: Mutex::default(),
            ending: CancellationToken::new(),
        })
    }

    /// What it bears, and whether clusters are handed on.
    pub fn terms(&self) -> (Budget, bool) {
        (self.budget, self.warm)
    }

    /// Says which plans there are to be, beside those that were said before, so that no cluster is kept for nobody.
    pub fn expect<'p>(&self, plans: impl IntoIterator<Item = &'p Plan>) {
        let mut schedule = lock(&self.schedule);
        let mut wanted = schedule.wanted.take().unwrap_or_default();
        for plan in plans.into_iter().filter(|plan| takes_any(plan)) {
            wanted.entry(schedule.kind(&plan.topology)).or_default().add(plan);
        }
        schedule.wanted = Some(wanted);
    }

    /// Waits until the budget bears the cluster of one of the plans, and says which. One is always borne. Where clusters are
    /// handed on, a plan is preferred for which one waits; it comes along, as good as new. Nothing is lost where this is
    /// dropped before it ends.
    ///
    /// # Panics
    /// There is no plan.
    pub async fn lease(self: &Arc<Self>, plans: &[Arc<Plan>]) -> (usize, Lease, Option<IdleCluster>) {
        assert!(!plans.is_empty(), "nobody waits for a lease");
        let tickets = self.tickets(plans);
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Before the look, so that what becomes free right after it is heard.
            freed.as_mut().enable();
            match self.next(&tickets) {
                Next::Begin(place, lease, idle_cluster) => return (place, lease, idle_cluster),
                Next::Again => {}
                Next::Wait => freed.await,
            }
        }
    }

    fn tickets(&self, plans: &[Arc<Plan>]) -> Tickets<'_> {
        let mut schedule = lock(&self.schedule);
        let first = schedule.tickets;
        for plan in plans {
            let (ticket, kind) = (schedule.tickets, schedule.kind(&plan.topology));
            schedule.waiting.push(Waiting { ticket, plan: plan.clone(), kind });
            schedule.tickets += 1;
        }
        let own = first..schedule.tickets;
        drop(schedule);
        // Who comes may be preferred, and who goes may have been.
        self.freed.notify_waiters();
        Tickets { pool: self, own }
    }

    fn next(self: &Arc<Self>, tickets: &Tickets<'_>) -> Next {
        let mut schedule = lock(&self.schedule);
        let choice = schedule.choose(self.budget, self.warm);
        let (ticket, found) = match choice {
            Choice::Wait => return Next::Wait,
            Choice::End { place } => {
                if let Some((idle_cluster, room)) = schedule.take(place) {
                    self.finish_aside(idle_cluster, room);
                }
                return Next::Again;
            }
            Choice::On { ticket, place } => (ticket, Some(place)),
            Choice::New { ticket } => (ticket, None),
        };
        // Whoever has it was notified when this choice became the best.
        let Some(waiting) = tickets.own.contains(&ticket).then(|| schedule.begin(ticket)).flatten() else {
            return Next::Wait;
        };
        let (room, idle_cluster) = if let Some((idle_cluster, room)) = found.and_then(|place| schedule.take(place)) {
            (room, Some(idle_cluster))
        } else {
            let nodes = waiting.plan.topology.nodes.len();
            schedule.nodes += nodes;
            (Room { pool: self.clone(), nodes }, None)
        };
        let permit = RunPermit { pool: self.clone(), kind: waiting.kind };
        Next::Begin(ticket - tickets.own.start, Lease { permit, room }, idle_cluster)
    }

    /// Ends all clusters that wait.
    ///
    /// # Errors
    /// The first that left something; the others are ended all the same.
    pub async fn end(&self) -> Result<(), IdleClusterError> {
        self.ending.cancel();
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        while let Some(done) = tasks.join_next().await {
            if let Err(error) = done {
                lock(&self.schedule).left.get_or_insert(error.into());
            }
        }
        let mut ended = lock(&self.schedule).left.take().map_or(Ok(()), Err);
        loop {
            let next = {
                let mut schedule = lock(&self.schedule);
                let ready = schedule.idle.iter().position(IdleSlot::is_ready);
                ready.and_then(|place| schedule.take(place))
            };
            let Some((idle_cluster, room)) = next else { return ended };
            ended = ended.and(idle_cluster.shutdown().await.map(drop));
            drop(room);
        }
    }

    /// Waits until so many nodes may start, or as many as ever may at one time.
    async fn may_start(&self, nodes: usize) -> Option<OwnedSemaphorePermit> {
        let nodes = u32::try_from(nodes.min(self.budget.starts)).unwrap_or(u32::MAX);
        self.starts.clone().acquire_many_owned(nodes).await.ok()
    }

    /// Resets a cluster that waits, and ends it where it is not as good as new or the pool ends.
    async fn renew(&self, idle_cluster: IdleCluster, listener: &RenewalListener) {
        let cluster = &idle_cluster.cluster;
        let permit = self.may_start(cluster.topology().nodes.len().saturating_sub(cluster.living().len())).await;
        let begun = Instant::now();
        let renewal = tokio::select! {
            renewed = idle_cluster.cluster.reset() => Some(renewed.map(|()| begun.elapsed())),
            () = self.ending.cancelled() => None,
        };
        drop(permit);
        if let Some(renewal) = &renewal {
            listener(idle_cluster.run(), renewal);
        }
        if let Some(Ok(_)) = renewal {
            let mut schedule = lock(&self.schedule);
            if let Some(idle) = schedule.idle.iter_mut().find(|idle| idle.run == *idle_cluster.run()) {
                idle.cluster = Some(idle_cluster);
            }
        } else {
            let gone: Vec<IdleSlot<Room>> =
                lock(&self.schedule).idle.extract_if(.., |idle| idle.run == *idle_cluster.run()).collect();
            self.finish(idle_cluster).await;
            // Its room is free now.
            drop(gone);
        }
        self.freed.notify_waiters();
    }

    /// Ends a cluster, which gives its room back then.
    fn finish_aside(self: &Arc<Self>, idle_cluster: IdleCluster, room: Room) {
        let pool = self.clone();
        lock(&self.tasks).spawn(async move {
            pool.finish(idle_cluster).await;
            drop(room);
        });
    }

    /// Ends a cluster, and keeps what it left for [`Self::end`] to report.
    async fn finish(&self, idle_cluster: IdleCluster) {
        if let Err(error) = idle_cluster.shutdown().await {
            lock(&self.schedule).left.get_or_insert(error);
        }
    }
}

impl Lease {
    /// Waits until the budget bears one more start, and gives a listener that says when this one is over: when the
    /// cluster has formed. It passes everything on to `listener`.
    pub async fn starting(&self, listener: Listener) -> Listener {
        let permit = self.room.pool.may_start(self.room.nodes).await;
        let permit = Mutex::new(permit);
        Arc::new(move |record: &Record| {
            if matches!(record.kind, RecordKind::Event(Event::ClusterFormed { .. })) {
                drop(lock(&permit).take());
            }
            listener(record);
        })
    }

    /// Resets a cluster for the next scenario that wants such a one, while others go on; ends one that nobody will want, or
    /// that is not as good as new.
    pub fn hand_on(self, idle_cluster: IdleCluster, listener: RenewalListener) {
        let Self { permit, room } = self;
        let (pool, of_task) = (room.pool.clone(), room.pool.clone());
        let (run, kind) = (idle_cluster.run().clone(), permit.kind);
        let mut schedule = lock(&pool.schedule);
        if schedule.is_unwanted(kind) {
            pool.finish_aside(idle_cluster, room);
        } else {
            schedule.idle.push(IdleSlot { run, kind, cluster: None, room });
            lock(&pool.tasks).spawn(async move { of_task.renew(idle_cluster, &listener).await });
        }
        drop(schedule);
        drop(permit);
    }
}
