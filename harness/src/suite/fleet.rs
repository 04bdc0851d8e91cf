//! The fleet: all clusters that one program has at one time, within its budget.

use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::budget::Budget;
use crate::history::{Event, Record, RecordKind};
use crate::lab::cluster::{Cluster, ClusterError};
use crate::lab::guard::{Guard, GuardError, Released};
use crate::lab::recorder::Listener;
use crate::lab::run_dir::RunDir;
use crate::lab::sync::lock;
use crate::spec::{Plan, RunId, Step, StepKind, Topology};

/// Hands out berths for clusters.
#[derive(Debug)]
pub struct Fleet {
    budget: Budget,
    afloat: Mutex<Afloat>,
    /// Told whenever something becomes free.
    freed: Notify,
    starts: Arc<Semaphore>,
}

/// What there is now.
#[derive(Debug, Default)]
struct Afloat {
    runs: usize,
    nodes: usize,
    /// Clusters that wait for their next story, each in its berth.
    idle: Vec<(Standing, Berth)>,
}

/// The right to one cluster, until it is dropped.
#[derive(Debug)]
#[must_use = "the berth goes to another run as soon as it is dropped"]
pub struct Berth {
    fleet: Arc<Fleet>,
    nodes: usize,
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

/// A cluster that did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// Something could not be removed by the cluster itself.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Something could not be removed by the guard either.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The guard's last look was cancelled.
    #[error("the guard's last look was cancelled")]
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

    /// Itself, reset and verified to be as good as new; one that is not is ended, and the error inside says what was wrong.
    ///
    /// # Errors
    /// It is not as good as new, and left something.
    pub async fn renewed(self) -> Result<Result<Self, ClusterError>, StandingError> {
        match self.cluster.reset().await {
            Ok(()) => Ok(Ok(self)),
            Err(error) => self.shutdown().await.map(|_| Err(error)),
        }
    }

    /// Whether a plan could be told on it. One that restarts a node with something else prepares that for a cluster of its
    /// own.
    fn fits(&self, plan: &Plan) -> bool {
        let runtime = &self.cluster.runtime();
        let changes = |step: &Step| matches!(&step.kind, StepKind::Restart { changes, app, .. } if changes.is_some() || app.is_some());
        *self.cluster.topology() == plan.topology
            && !plan.steps.iter().any(changes)
            && plan.check(runtime.name(), &runtime.capabilities()).is_ok()
    }
}

impl Fleet {
    /// A fleet without a ship.
    pub fn new(budget: Budget) -> Arc<Self> {
        let starts = Arc::new(Semaphore::new(budget.starts.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { budget, afloat: Mutex::default(), freed: Notify::new(), starts })
    }

    /// Waits until the budget bears the cluster of a plan. One is always borne. Where a cluster waits that was handed on
    /// and is the one that the plan wants, that one comes along; it is to be reset.
    ///
    /// # Errors
    /// A cluster had to go for this one, and left something.
    pub async fn berth(self: &Arc<Self>, plan: &Plan) -> Result<(Berth, Option<Standing>), StandingError> {
        let nodes = plan.topology.nodes.len();
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Before the look, so that what becomes free right after it is heard.
            freed.as_mut().enable();
            if let Some((standing, berth)) = self.waiting(|standing| standing.fits(plan)) {
                return Ok((berth, Some(standing)));
            }
            if self.take(nodes) {
                return Ok((Berth { fleet: self.clone(), nodes }, None));
            }
            match self.waiting(|_| true) {
                Some((standing, berth)) => {
                    standing.shutdown().await?;
                    drop(berth);
                }
                None => freed.await,
            }
        }
    }

    /// The first of the waiting clusters that is meant.
    fn waiting(&self, meant: impl Fn(&Standing) -> bool) -> Option<(Standing, Berth)> {
        let mut afloat = lock(&self.afloat);
        let place = afloat.idle.iter().position(|(standing, _)| meant(standing))?;
        Some(afloat.idle.remove(place))
    }

    /// Ends all clusters that wait.
    ///
    /// # Errors
    /// The first that left something; the others are ended all the same.
    pub async fn end(&self) -> Result<(), StandingError> {
        let mut ended = Ok(());
        while let Some((standing, berth)) = self.waiting(|_| true) {
            ended = ended.and(standing.shutdown().await.map(drop));
            drop(berth);
        }
        ended
    }

    fn take(&self, nodes: usize) -> bool {
        let mut afloat = lock(&self.afloat);
        let alone = afloat.runs == 0;
        let room = afloat.runs < self.budget.runs && afloat.nodes.saturating_add(nodes) <= self.budget.nodes;
        if alone || room {
            afloat.runs += 1;
            afloat.nodes += nodes;
        }
        alone || room
    }
}

impl Berth {
    /// Waits until the budget bears one more start, and gives a listener that says when this one is over: when the
    /// cluster has formed. It passes everything on to `listener`.
    pub async fn starting(&self, listener: Listener) -> Listener {
        let permit: Option<OwnedSemaphorePermit> = self.fleet.starts.clone().acquire_owned().await.ok();
        let permit = Mutex::new(permit);
        Arc::new(move |record: &Record| {
            if matches!(record.kind, RecordKind::Event(Event::ClusterFormed { .. })) {
                drop(lock(&permit).take());
            }
            listener(record);
        })
    }
}

impl Berth {
    /// Keeps a cluster for the next story that wants such a one.
    pub fn hand_on(self, standing: Standing) {
        let fleet = self.fleet.clone();
        lock(&fleet.afloat).idle.push((standing, self));
        fleet.freed.notify_waiters();
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        let mut afloat = lock(&self.fleet.afloat);
        afloat.runs -= 1;
        afloat.nodes -= self.nodes;
        drop(afloat);
        self.fleet.freed.notify_waiters();
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

/// Those of equal clusters together, so that a cluster can be handed on; otherwise in their order.
pub fn by_cluster<'a, T>(all: Vec<T>, topology: impl Fn(&T) -> Option<&'a Topology>) -> Vec<T> {
    let mut groups: Vec<(Option<&Topology>, Vec<T>)> = vec![];
    for one in all {
        let wanted = topology(&one);
        match groups.iter_mut().find(|(known, _)| *known == wanted) {
            Some((_, group)) => group.push(one),
            None => groups.push((wanted, vec![one])),
        }
    }
    groups.into_iter().flat_map(|(_, group)| group).collect()
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
        fleet.berth(&plan).await.expect("nobody has to go").0
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
