//! The fleet: all clusters that one program has at one time, within its budget.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::afloat::{Afloat, Choice, Idle, Waiting, takes_any};
use super::budget::Budget;
use crate::history::{Event, Record, RecordKind};
use crate::lab::cluster::{Cluster, ClusterError};
use crate::lab::guard::{Guard, GuardError, Released};
use crate::lab::recorder::Listener;
use crate::lab::run_dir::RunDir;
use crate::lab::sync::lock;
use crate::spec::{Plan, RunId, Topology};

/// Hands out berths for clusters.
///
/// A cluster that a story hands on is reset at once, while other stories go on, and waits for the next that wants one like
/// it; one that nobody will want is ended.
#[derive(Debug)]
pub struct Fleet {
    budget: Budget,
    /// Whether clusters are handed on.
    warm: bool,
    afloat: Mutex<Afloat>,
    /// Told whenever something becomes free.
    freed: Notify,
    starts: Arc<Semaphore>,
    /// Resets and ends of clusters that were handed on.
    tasks: Mutex<JoinSet<()>>,
    /// Ends the resets.
    ending: CancellationToken,
}

/// The stories of one call that waits for a berth; no longer when it is dropped.
#[derive(Debug)]
struct Tickets<'f> {
    fleet: &'f Fleet,
    own: Range<usize>,
}

impl Drop for Tickets<'_> {
    fn drop(&mut self) {
        lock(&self.fleet.afloat).waiting.retain(|waiting| !self.own.contains(&waiting.ticket));
        self.fleet.freed.notify_waiters();
    }
}

/// The right to one cluster for one story, until it is dropped.
#[derive(Debug)]
#[must_use = "the berth goes to another run as soon as it is dropped"]
pub struct Berth {
    turn: Turn,
    room: Room,
}

/// The right to tell a story on a cluster of a kind.
#[derive(Debug)]
struct Turn {
    fleet: Arc<Fleet>,
    kind: usize,
}

/// The right to so many nodes.
#[derive(Debug)]
pub(super) struct Room {
    fleet: Arc<Fleet>,
    nodes: usize,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut afloat = lock(&self.fleet.afloat);
        afloat.runs -= 1;
        if let Some(place) = afloat.used.iter().position(|kind| *kind == self.kind) {
            afloat.used.swap_remove(place);
        }
        drop(afloat);
        self.fleet.freed.notify_waiters();
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        lock(&self.fleet.afloat).nodes -= self.nodes;
        self.fleet.freed.notify_waiters();
    }
}

/// A cluster between two stories, with all that ends it.
#[derive(Debug)]
pub struct Standing {
    /// The cluster.
    pub cluster: Arc<Cluster>,
    /// What ends it, however this program ends.
    pub guard: Arc<Guard>,
    /// The run that started it.
    pub run: RunId,
    /// The folder of its machines, gone when they are.
    pub machines: Utf8PathBuf,
}

/// How the reset of a cluster went: how long it took, or why the cluster was ended instead.
pub type Renewal = Result<Duration, ClusterError>;

/// Is told how the reset of the cluster that a run had started went.
pub type RenewalListener = Arc<dyn Fn(&RunId, &Renewal) + Send + Sync>;

/// A cluster that did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// Something could not be removed by the cluster itself.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Something could not be removed by the guard either.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// Its reset or its end was.
    #[error("the end of a cluster was cancelled")]
    Cancelled(#[from] tokio::task::JoinError),
    /// Somebody still holds the cluster.
    #[error("the cluster of run {0} is still in use at its end")]
    InUse(RunId),
    /// The machines' folder cannot be removed.
    #[error("the folder of the machines cannot be removed")]
    Folder(#[source] std::io::Error),
}

impl Standing {
    /// Ends the nodes and lets the guard look once more.
    ///
    /// # Errors
    /// Something could not be removed; the guard goes on trying when this program ends.
    pub async fn shutdown(self) -> Result<Released, StandingError> {
        let Self { cluster, guard, run, machines } = self;
        cluster.shutdown().await?;
        drop(cluster);
        let guard = Arc::into_inner(guard).ok_or(StandingError::InUse(run))?;
        // It blocks for a tenth of a second.
        let released = tokio::task::spawn_blocking(|| guard.release()).await??;
        fs_err::remove_dir_all(machines).map_err(StandingError::Folder)?;
        Ok(released)
    }

    /// Whether a plan could be told on it.
    pub(super) fn fits(&self, plan: &Plan) -> bool {
        let runtime = &self.cluster.runtime();
        takes_any(plan)
            && *self.cluster.topology() == plan.topology
            && plan.check(runtime.name(), &runtime.capabilities()).is_ok()
    }
}

/// What came of a look.
enum Next {
    /// A story may begin: its place in the call, and what it gets.
    Begin(usize, Berth, Option<Standing>),
    /// Something has changed: look again.
    Again,
    Wait,
}

impl Fleet {
    /// A fleet without a ship. With `warm`, clusters are handed on, and the order of stories is the fleet's; else each story
    /// has a cluster of its own, in the order in which they come.
    pub fn new(budget: Budget, warm: bool) -> Arc<Self> {
        let starts = Arc::new(Semaphore::new(budget.starts.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            budget,
            warm,
            afloat: Mutex::default(),
            freed: Notify::new(),
            starts,
            tasks: Mutex::default(),
            ending: CancellationToken::new(),
        })
    }

    /// What it bears, and whether clusters are handed on.
    pub(super) fn terms(&self) -> (Budget, bool) {
        (self.budget, self.warm)
    }

    /// Says which plans there are to be, beside those that were said before, so that no cluster is kept for nobody.
    pub fn expect<'p>(&self, plans: impl IntoIterator<Item = &'p Plan>) {
        let mut afloat = lock(&self.afloat);
        let mut wanted = afloat.wanted.take().unwrap_or_default();
        for plan in plans.into_iter().filter(|plan| takes_any(plan)) {
            wanted.entry(afloat.kind(&plan.topology)).or_default().add(plan);
        }
        afloat.wanted = Some(wanted);
    }

    /// Waits until the budget bears the cluster of one of the plans, and says which. One is always borne. Where clusters are
    /// handed on, a plan is preferred for which one waits; it comes along, as good as new. Nothing is lost where this is
    /// dropped before it ends.
    ///
    /// # Panics
    /// There is no plan.
    pub async fn berth(self: &Arc<Self>, plans: &[Arc<Plan>]) -> (usize, Berth, Option<Standing>) {
        assert!(!plans.is_empty(), "nobody waits for a berth");
        let tickets = self.tickets(plans);
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Before the look, so that what becomes free right after it is heard.
            freed.as_mut().enable();
            match self.next(&tickets) {
                Next::Begin(place, berth, standing) => return (place, berth, standing),
                Next::Again => {}
                Next::Wait => freed.await,
            }
        }
    }

    fn tickets(&self, plans: &[Arc<Plan>]) -> Tickets<'_> {
        let mut afloat = lock(&self.afloat);
        let first = afloat.tickets;
        for plan in plans {
            let (ticket, kind) = (afloat.tickets, afloat.kind(&plan.topology));
            afloat.waiting.push(Waiting { ticket, plan: plan.clone(), kind });
            afloat.tickets += 1;
        }
        let own = first..afloat.tickets;
        drop(afloat);
        // Who comes may be preferred, and who goes may have been.
        self.freed.notify_waiters();
        Tickets { fleet: self, own }
    }

    fn next(self: &Arc<Self>, tickets: &Tickets<'_>) -> Next {
        let mut afloat = lock(&self.afloat);
        let choice = afloat.choose(self.budget, self.warm);
        let (ticket, found) = match choice {
            Choice::Wait => return Next::Wait,
            Choice::End { place } => {
                if let Some((standing, room)) = afloat.take(place) {
                    self.finish_aside(standing, room);
                }
                return Next::Again;
            }
            Choice::On { ticket, place } => (ticket, Some(place)),
            Choice::New { ticket } => (ticket, None),
        };
        // Whoever has it was told when this choice became the best.
        let Some(waiting) = tickets.own.contains(&ticket).then(|| afloat.begin(ticket)).flatten() else {
            return Next::Wait;
        };
        let (room, standing) = if let Some((standing, room)) = found.and_then(|place| afloat.take(place)) {
            (room, Some(standing))
        } else {
            let nodes = waiting.plan.topology.nodes.len();
            afloat.nodes += nodes;
            (Room { fleet: self.clone(), nodes }, None)
        };
        let turn = Turn { fleet: self.clone(), kind: waiting.kind };
        Next::Begin(ticket - tickets.own.start, Berth { turn, room }, standing)
    }

    /// Ends all clusters that wait.
    ///
    /// # Errors
    /// The first that left something; the others are ended all the same.
    pub async fn end(&self) -> Result<(), StandingError> {
        self.ending.cancel();
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        while let Some(done) = tasks.join_next().await {
            if let Err(error) = done {
                lock(&self.afloat).left.get_or_insert(error.into());
            }
        }
        let mut ended = lock(&self.afloat).left.take().map_or(Ok(()), Err);
        loop {
            let next = {
                let mut afloat = lock(&self.afloat);
                let ready = afloat.idle.iter().position(Idle::is_ready);
                ready.and_then(|place| afloat.take(place))
            };
            let Some((standing, room)) = next else { return ended };
            ended = ended.and(standing.shutdown().await.map(drop));
            drop(room);
        }
    }

    /// Waits until so many nodes may start, or as many as ever may at one time.
    async fn may_start(&self, nodes: usize) -> Option<OwnedSemaphorePermit> {
        let nodes = u32::try_from(nodes.min(self.budget.starts)).unwrap_or(u32::MAX);
        self.starts.clone().acquire_many_owned(nodes).await.ok()
    }

    /// Resets a cluster that waits, and ends it where it is not as good as new or the fleet ends.
    async fn renew(&self, standing: Standing, listener: &RenewalListener) {
        let cluster = &standing.cluster;
        let permit = self.may_start(cluster.topology().nodes.len().saturating_sub(cluster.living().len())).await;
        let begun = Instant::now();
        let renewal = tokio::select! {
            renewed = standing.cluster.reset() => Some(renewed.map(|()| begun.elapsed())),
            () = self.ending.cancelled() => None,
        };
        drop(permit);
        if let Some(renewal) = &renewal {
            listener(&standing.run, renewal);
        }
        if let Some(Ok(_)) = renewal {
            let mut afloat = lock(&self.afloat);
            if let Some(idle) = afloat.idle.iter_mut().find(|idle| idle.run == standing.run) {
                idle.standing = Some(standing);
            }
        } else {
            let gone: Vec<Idle> = lock(&self.afloat).idle.extract_if(.., |idle| idle.run == standing.run).collect();
            self.finish(standing).await;
            // Its room is free now.
            drop(gone);
        }
        self.freed.notify_waiters();
    }

    /// Ends a cluster, which gives its room back then.
    fn finish_aside(self: &Arc<Self>, standing: Standing, room: Room) {
        let fleet = self.clone();
        lock(&self.tasks).spawn(async move {
            fleet.finish(standing).await;
            drop(room);
        });
    }

    /// Ends a cluster, and keeps what it left for [`Self::end`] to tell.
    async fn finish(&self, standing: Standing) {
        if let Err(error) = standing.shutdown().await {
            lock(&self.afloat).left.get_or_insert(error);
        }
    }
}

impl Berth {
    /// Waits until the budget bears one more start, and gives a listener that says when this one is over: when the
    /// cluster has formed. It passes everything on to `listener`.
    pub async fn starting(&self, listener: Listener) -> Listener {
        let permit = self.room.fleet.may_start(self.room.nodes).await;
        let permit = Mutex::new(permit);
        Arc::new(move |record: &Record| {
            if matches!(record.kind, RecordKind::Event(Event::ClusterFormed { .. })) {
                drop(lock(&permit).take());
            }
            listener(record);
        })
    }

    /// Resets a cluster for the next story that wants such a one, while others go on; ends one that nobody will want, or
    /// that is not as good as new.
    pub fn hand_on(self, standing: Standing, listener: RenewalListener) {
        let Self { turn, room } = self;
        let (fleet, of_task) = (room.fleet.clone(), room.fleet.clone());
        let (run, kind) = (standing.run.clone(), turn.kind);
        let mut afloat = lock(&fleet.afloat);
        if afloat.is_unwanted(kind) {
            fleet.finish_aside(standing, room);
        } else {
            afloat.idle.push(Idle { run, kind, standing: None, room });
            lock(&fleet.tasks).spawn(async move { of_task.renew(standing, &listener).await });
        }
        drop(afloat);
        drop(turn);
    }
}

/// Removes the folder of machines that are gone, where a run's folder has their logs; else it is the only evidence.
///
/// # Errors
/// It cannot be removed.
pub fn remove_machines(machines: &Utf8Path, run_dir: &RunDir, topology: &Topology) -> std::io::Result<()> {
    let copied = topology.names().all(|node| run_dir.node(node).join("console.log").exists());
    if copied { fs_err::remove_dir_all(machines) } else { Ok(()) }
}
