//! The fleet: all clusters that one program has at one time, within its budget.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use crate::history::{Event, Record, RecordKind};
use crate::lab::cluster::{Cluster, ClusterError};
use crate::lab::guard::{Guard, GuardError, Released};
use crate::lab::recorder::Listener;
use crate::lab::run_dir::RunDir;
use crate::lab::sync::lock;
use crate::spec::{Plan, RunId, Step, StepKind, Topology};

/// Hands out berths for clusters.
///
/// A cluster that a story hands on is reset at once, while other stories go on, and waits for the next that wants one like
/// it; one that nobody will want is ended.
#[derive(Debug)]
pub struct Fleet {
    budget: Budget,
    afloat: Mutex<Afloat>,
    /// Told whenever something becomes free.
    freed: Notify,
    starts: Arc<Semaphore>,
    /// Resets and ends of clusters that were handed on.
    tasks: Mutex<JoinSet<()>>,
    /// Ends the resets.
    ending: CancellationToken,
}

/// What there is now.
#[derive(Debug, Default)]
struct Afloat {
    runs: usize,
    nodes: usize,
    /// Clusters between two stories.
    idle: Vec<Idle>,
    /// The clusters that stories to come want, where all are known.
    wanted: Option<Vec<Topology>>,
    /// The first cluster that was to end and left something.
    left: Option<StandingError>,
}

/// A cluster between two stories.
#[derive(Debug)]
struct Idle {
    /// The run that started it.
    run: RunId,
    topology: Topology,
    /// Nothing while it is being reset.
    standing: Option<Standing>,
    room: Room,
}

/// The right to one cluster for one story, until it is dropped.
#[derive(Debug)]
#[must_use = "the berth goes to another run as soon as it is dropped"]
pub struct Berth {
    turn: Turn,
    room: Room,
}

/// The right to tell a story.
#[derive(Debug)]
struct Turn(Arc<Fleet>);

/// The right to so many nodes.
#[derive(Debug)]
struct Room {
    fleet: Arc<Fleet>,
    nodes: usize,
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.0.afloat).runs -= 1;
        self.0.freed.notify_waiters();
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
    fn fits(&self, plan: &Plan) -> bool {
        let runtime = &self.cluster.runtime();
        takes_any(plan)
            && *self.cluster.topology() == plan.topology
            && plan.check(runtime.name(), &runtime.capabilities()).is_ok()
    }
}

/// Whether a plan can be told on a cluster that was handed on. One that restarts a node with something else prepares that
/// for a cluster of its own.
fn takes_any(plan: &Plan) -> bool {
    let changes = |step: &Step| matches!(&step.kind, StepKind::Restart { changes, app, .. } if changes.is_some() || app.is_some());
    !plan.steps.iter().any(changes)
}

/// What to do for a plan.
enum Next {
    /// Tell it, on the cluster where one comes along.
    Begin(Berth, Option<Standing>),
    /// Make room first.
    End(Standing, Room),
    Wait,
}

impl Fleet {
    /// A fleet without a ship.
    pub fn new(budget: Budget) -> Arc<Self> {
        let starts = Arc::new(Semaphore::new(budget.starts.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            budget,
            afloat: Mutex::default(),
            freed: Notify::new(),
            starts,
            tasks: Mutex::default(),
            ending: CancellationToken::new(),
        })
    }

    /// Says which plans there are to be, so that no cluster is kept for nobody.
    pub fn expect<'p>(&self, plans: impl IntoIterator<Item = &'p Plan>) {
        let wanted = plans.into_iter().filter(|plan| takes_any(plan)).map(|plan| plan.topology.clone());
        lock(&self.afloat).wanted = Some(wanted.collect());
    }

    /// Waits until the budget bears the cluster of a plan. One is always borne. Where a cluster waits that was handed on
    /// and is the one that the plan wants, that one comes along, as good as new. Nothing is lost where this is dropped
    /// before it ends.
    pub async fn berth(self: &Arc<Self>, plan: &Plan) -> (Berth, Option<Standing>) {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Before the look, so that what becomes free right after it is heard.
            freed.as_mut().enable();
            let next = self.next(plan);
            match next {
                Next::Begin(berth, standing) => return (berth, standing),
                Next::End(standing, room) => {
                    self.finish_aside(standing, room);
                    freed.await;
                }
                Next::Wait => freed.await,
            }
        }
    }

    fn next(self: &Arc<Self>, plan: &Plan) -> Next {
        let nodes = plan.topology.nodes.len();
        let mut afloat = lock(&self.afloat);
        if afloat.runs > 0 && afloat.runs >= self.budget.runs {
            return Next::Wait;
        }
        let fits = |idle: &Idle| idle.standing.as_ref().is_some_and(|standing| standing.fits(plan));
        if let Some((standing, room)) = afloat.take(fits) {
            afloat.begin(plan);
            return Next::Begin(Berth { turn: Turn(self.clone()), room }, Some(standing));
        }
        // Its reset takes less than a start.
        if takes_any(plan) && afloat.idle.iter().any(|idle| idle.standing.is_none() && idle.topology == plan.topology) {
            return Next::Wait;
        }
        let alone = afloat.runs == 0 && afloat.idle.is_empty();
        let clusters = afloat.runs + afloat.idle.len();
        let room = clusters < self.budget.clusters() && afloat.nodes.saturating_add(nodes) <= self.budget.nodes;
        if alone || room {
            afloat.begin(plan);
            afloat.nodes += nodes;
            let room = Room { fleet: self.clone(), nodes };
            return Next::Begin(Berth { turn: Turn(self.clone()), room }, None);
        }
        match afloat.take(|_| true) {
            Some((standing, room)) => Next::End(standing, room),
            None => Next::Wait,
        }
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
            let next = lock(&self.afloat).take(|_| true);
            let Some((standing, room)) = next else { return ended };
            ended = ended.and(standing.shutdown().await.map(drop));
            drop(room);
        }
    }

    /// Resets a cluster that waits, and ends it where it is not as good as new or the fleet ends.
    async fn renew(&self, standing: Standing, listener: &RenewalListener) {
        let begun = Instant::now();
        let renewal = tokio::select! {
            renewed = standing.cluster.reset() => Some(renewed.map(|()| begun.elapsed())),
            () = self.ending.cancelled() => None,
        };
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

impl Afloat {
    /// Counts one run more, and what it wanted as no longer wanted.
    fn begin(&mut self, plan: &Plan) {
        self.runs += 1;
        if let Some(wanted) = self.wanted.as_mut().filter(|_| takes_any(plan))
            && let Some(place) = wanted.iter().position(|topology| *topology == plan.topology)
        {
            wanted.swap_remove(place);
        }
    }

    /// Takes the first of the clusters that wait, ready, and are meant.
    fn take(&mut self, meant: impl Fn(&Idle) -> bool) -> Option<(Standing, Room)> {
        let place = self.idle.iter().position(|idle| idle.standing.is_some() && meant(idle))?;
        let Idle { standing, room, .. } = self.idle.remove(place);
        Some((standing?, room))
    }

    /// Whether nobody will want such a cluster any more.
    fn is_unwanted(&self, topology: &Topology) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| !wanted.contains(topology))
    }
}

impl Berth {
    /// Waits until the budget bears one more start, and gives a listener that says when this one is over: when the
    /// cluster has formed. It passes everything on to `listener`.
    pub async fn starting(&self, listener: Listener) -> Listener {
        let permit: Option<OwnedSemaphorePermit> = self.room.fleet.starts.clone().acquire_owned().await.ok();
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
        let (run, topology) = (standing.run.clone(), standing.cluster.topology().clone());
        let mut afloat = lock(&fleet.afloat);
        if afloat.is_unwanted(&topology) {
            fleet.finish_aside(standing, room);
        } else {
            afloat.idle.push(Idle { run, topology, standing: None, room });
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

/// An order in which clusters can be handed on: those of equal clusters one after the other in a lane, and as many lanes
/// in turn, so that a cluster is reset while another lane's story goes on. The clusters that most want come first.
pub fn in_lanes<'a, T>(all: Vec<T>, lanes: usize, topology: impl Fn(&T) -> Option<&'a Topology>) -> Vec<T> {
    let mut groups: Vec<(Option<&Topology>, VecDeque<T>)> = vec![];
    for one in all {
        let wanted = topology(&one);
        match groups.iter_mut().find(|(known, _)| *known == wanted) {
            Some((_, group)) => group.push_back(one),
            None => groups.push((wanted, [one].into())),
        }
    }
    groups.sort_by_key(|(_, group)| Reverse(group.len()));
    let mut groups: VecDeque<VecDeque<T>> = groups.into_iter().map(|(_, group)| group).collect();
    let mut ordered = vec![];
    while !groups.is_empty() {
        // A lane whose group is at its end goes on with the next group.
        let lanes = lanes.clamp(1, groups.len());
        ordered.extend(groups.iter_mut().take(lanes).filter_map(VecDeque::pop_front));
        groups.retain(|group| !group.is_empty());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::history::Nanos;

    fn budget(runs: usize, nodes: usize) -> Budget {
        Budget { runs, nodes, starts: 1 }
    }

    async fn berth(fleet: &Arc<Fleet>, nodes: usize) -> Berth {
        let mut topology = Topology::of(2).expect("two nodes");
        topology.nodes = (0..nodes).map(|_| topology.nodes[0].clone()).collect();
        let plan = Plan {
            name: String::new(),
            topology,
            guarantees: vec![],
            expect_violations: vec![],
            at_most: crate::spec::AtMost::default(),
            steps: vec![],
        };
        fleet.berth(&plan).await.0
    }

    /// Whether a future ends without anything happening meanwhile.
    async fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(Duration::from_millis(1), future).await.ok()
    }

    #[tokio::test(start_paused = true)]
    async fn runs_and_nodes_are_within_the_budget_and_a_free_berth_is_taken_at_once() {
        let fleet = Fleet::new(budget(3, 5));
        let first = now(berth(&fleet, 2)).await.expect("room");
        let second = now(berth(&fleet, 3)).await.expect("room");
        assert!(now(berth(&fleet, 1)).await.is_none(), "five nodes are all");
        let waiting = tokio::spawn({
            let fleet = fleet.clone();
            async move { berth(&fleet, 3).await }
        });
        drop(first);
        assert!(now(berth(&fleet, 3)).await.is_none(), "two nodes are free");
        drop(second);
        let third = now(waiting).await.expect("it was told").expect("it ends well");
        drop(third);
    }

    #[tokio::test(start_paused = true)]
    async fn one_run_is_borne_however_large_it_is() {
        let fleet = Fleet::new(budget(2, 1));
        let large = now(berth(&fleet, 8)).await.expect("one is always borne");
        assert!(now(berth(&fleet, 2)).await.is_none());
        drop(large);
        assert!(now(berth(&fleet, 2)).await.is_some());
    }

    #[test]
    fn equal_clusters_are_in_one_lane_and_lanes_take_turns() {
        let topologies: Vec<Topology> = (2..6).map(|nodes| Topology::of(nodes).expect("a topology")).collect();
        let ordered = |lanes| {
            let all: Vec<(usize, usize)> = [2, 3, 2, 4, 3, 2, 2, 5].into_iter().enumerate().collect();
            let ordered = in_lanes(all, lanes, |(_, nodes)| topologies.get(nodes - 2));
            ordered.into_iter().map(|(_, nodes)| nodes).collect::<Vec<_>>()
        };
        assert_eq!(ordered(1), [2, 2, 2, 2, 3, 3, 4, 5]);
        assert_eq!(ordered(2), [2, 3, 2, 3, 2, 4, 2, 5]);
        assert_eq!(ordered(usize::MAX), [2, 3, 4, 5, 2, 3, 2, 2]);
        assert!(in_lanes(Vec::<u8>::new(), 2, |_| None).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_start_is_over_when_the_cluster_has_formed() {
        let fleet = Fleet::new(budget(2, 10));
        let (first, second) = (berth(&fleet, 2).await, berth(&fleet, 2).await);
        let listener = now(first.starting(Arc::new(|_| {}))).await.expect("nobody starts");
        assert!(now(second.starting(Arc::new(|_| {}))).await.is_none(), "one start at a time");
        let record = |event| Record { at: Nanos(1), kind: RecordKind::Event(event) };
        listener(&record(Event::StepEnds { step: 1 }));
        assert!(now(second.starting(Arc::new(|_| {}))).await.is_none());
        listener(&record(Event::ClusterFormed { nodes: vec![] }));
        assert!(now(second.starting(Arc::new(|_| {}))).await.is_some());
    }
}
