//! Membership: who sees whom, asked of each node itself.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Cluster, ClusterError};
use crate::history::Question;
use crate::history::{Event, NodeObservation, RecordKind, ReplicaRole};
use crate::host::sync::lock;
use crate::host::wait::{self, Look, TimedOut};
use crate::model::{ContextPath, Guarantee, ManagerKind, NodeName};

/// How long a `BackupManager` may take to copy its sessions to a joiner. 10 MB take it a second.
const BACKUP_LIMIT: Duration = Duration::from_secs(10);
/// How long a joiner whose transfer failed may hold the same until nothing more is expected of it: a transfer may come in blocks.
const SETTLED: Duration = Duration::from_secs(5);

impl Cluster {
    /// Waits until every living node sees every other and nobody else, and records what each sees then. Where a partition
    /// lasts: until the nodes on each side see each other and nobody beyond it.
    ///
    /// # Errors
    /// The wait ran out, which breaks `cluster-forms`; not where a probe was dead at the last look, of which nobody can
    /// know what its node sees, nor while traffic is cut.
    pub async fn await_formed(&self) -> Result<(), ClusterError> {
        self.await_formed_within(self.machines.limits.start).await
    }

    /// [`Self::await_formed`] with a limit of its own.
    ///
    /// # Errors
    /// As there.
    pub async fn await_formed_within(&self, limit: Duration) -> Result<(), ClusterError> {
        let blind = AtomicBool::new(false);
        let formed = wait::until("every node to see every other", limit, async || {
            let (cuts, sides) = (self.cuts(), self.sides());
            // What the nodes hold is looked at when they have met.
            let mut observations = self.look_at_living(&Question::Members).await?;
            let mut missing = self.all_not_as_expected(&observations, &sides);
            if missing.is_empty() {
                observations = self.look_at_living(&Question::Everything).await?;
                missing = self.all_not_as_expected(&observations, &sides);
            }
            let excused = !cuts.is_empty() || observations.iter().any(|seen| seen.state().is_none());
            blind.store(excused, Ordering::Relaxed);
            Ok::<_, ClusterError>(if !missing.is_empty() {
                Look::NotYet(missing.join("; "))
            } else if self.cuts() != cuts {
                Look::NotYet("a fault was undone meanwhile".to_owned())
            } else {
                Look::Ready((observations, sides, cuts.is_empty()))
            })
        });
        let (observations, sides, uncut) = formed.await.map_err(|error: ClusterError| {
            if blind.load(Ordering::Relaxed) { error } else { error.breaking(Guarantee::ClusterForms) }
        })?;
        for observation in observations {
            self.recorder().record(RecordKind::Observe(observation));
        }
        if uncut {
            self.recorder().event(Event::ClusterFormed { nodes: self.living().into_iter().collect() });
        } else if sides.len() > 1 {
            self.recorder().event(Event::ClusterSplit { sides });
        }
        Ok(())
    }

    /// The living nodes, each side of a partition by itself.
    fn sides(&self) -> Vec<Vec<NodeName>> {
        let living = self.living();
        let cuts = self.cuts();
        // Nodes without a cluster have no peers, and that is how they are to be.
        let apart = self.topology().own.as_ref().is_some_and(|own| own.without_cluster);
        let alone = |node: &NodeName| apart || cuts.iter().any(|(cut, kind)| cut == node && kind.is_partition());
        let (alone, together): (Vec<NodeName>, Vec<NodeName>) = living.into_iter().partition(alone);
        let sides = alone.into_iter().map(|node| vec![node]).chain([together]);
        sides.filter(|side| !side.is_empty()).collect()
    }

    fn all_not_as_expected(&self, looks: &[NodeObservation], sides: &[Vec<NodeName>]) -> Vec<String> {
        looks.iter().filter_map(|seen| self.not_as_expected(seen, sides)).collect()
    }

    /// How a node's view differs from the living nodes on its side; `None` where it does not. A ghost is a difference.
    pub(super) fn not_as_expected(&self, seen: &NodeObservation, sides: &[Vec<NodeName>]) -> Option<String> {
        let Some(state) = seen.state() else { return Some(format!("{} does not answer", seen.node)) };
        let endpoints = self.endpoints();
        let side = sides.iter().find(|side| side.contains(&seen.node));
        let mut expected: Vec<(String, u16)> = side
            .into_iter()
            .flatten()
            .filter(|peer| **peer != seen.node)
            .filter_map(|peer| endpoints.nodes.get(peer))
            .map(|endpoint| (endpoint.receiver_address.to_string(), endpoint.receiver_port))
            .collect();
        expected.sort();
        let found: Vec<(String, u16)> = state.members.iter().map(|member| (member.host.clone(), member.port)).collect();
        (found != expected).then(|| format!("{} sees {found:?} instead of {expected:?}", seen.node))
    }

    /// Waits until a node holds the same session ids of a context as its peers: joined is not synchronised.
    ///
    /// # Errors
    /// The wait ran out; whether that breaks `state-transferred` is for the verdict to say, from the observations.
    pub async fn await_synchronised(&self, node: &NodeName, context: &ContextPath) -> Result<(), ClusterError> {
        self.await_synchronised_within(node, context, self.machines.limits.synchronise).await
    }

    /// [`Self::await_synchronised`] with a limit of its own.
    ///
    /// # Errors
    /// As there.
    pub async fn await_synchronised_within(
        &self,
        node: &NodeName,
        context: &ContextPath,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        self.await_synchronised_since(node, context, limit, None).await
    }

    /// The same of a node that was started when its log had so many lines. Where the logs say that its transfer has failed,
    /// what it lacks will not come, and is waited for only while anything changes.
    pub(super) async fn await_synchronised_since(
        &self,
        node: &NodeName,
        context: &ContextPath,
        limit: Duration,
        mark: Option<usize>,
    ) -> Result<(), ClusterError> {
        let wanted = format!("{node} to hold the session ids of its peers");
        let last_look = Mutex::new(vec![]);
        let (began, held) = (Instant::now(), Mutex::new((String::new(), Instant::now())));
        let waited = wait::until(&wanted, limit, async || {
            let observations = self.look_at_living(&Question::Context(context.clone())).await?;
            lock(&last_look).clone_from(&observations);
            let ids: Vec<(&NodeName, Option<BTreeSet<String>>)> = observations
                .iter()
                .filter(|seen| seen.node == *node || !lacks_app(seen, context))
                .map(|seen| (&seen.node, stems(seen, context)))
                .collect();
            let own = ids.iter().find(|(name, _)| *name == node).and_then(|(_, ids)| ids.clone());
            let equal = own.is_some() && ids.iter().all(|(_, ids)| *ids == own);
            if let Some(own) = own.filter(|_| equal) {
                return Ok::<_, ClusterError>(Look::Ready(own.len()));
            }
            let counts: Vec<_> = ids.iter().map(|(name, ids)| format!("{name} {}", counted(ids.as_ref()))).collect();
            let counts = counts.join(", ");
            let Some(failure) = mark.and_then(|mark| self.transfer_failure(node, mark)) else {
                return Ok(Look::NotYet(counts));
            };
            let last_seen = format!("{counts}; {failure}");
            let mut held = lock(&held);
            if held.0 != counts {
                *held = (counts, Instant::now());
            } else if held.1.elapsed() > SETTLED {
                return Err(TimedOut { wanted: wanted.clone(), last_seen, waited: began.elapsed() }.into());
            }
            Ok(Look::NotYet(last_seen))
        })
        .await;
        // What was seen last is the evidence of what the joiner has, or lacks.
        for observation in std::mem::take(&mut *lock(&last_look)) {
            self.recorder().record(RecordKind::Observe(observation));
        }
        let sessions = waited?;
        self.await_backups(context).await?;
        self.recorder().event(Event::Synchronised { node: node.clone(), sessions });
        Ok(())
    }

    /// What the logs say of a transfer that failed: that of the node, behind a mark, and those of its peers, which name the class
    /// that they could not send. The texts are those of `DeltaManager` and `DeltaSession`.
    fn transfer_failure(&self, node: &NodeName, mark: usize) -> Option<String> {
        let last = |node: &NodeName, mark: usize, text: &str| {
            let lines = self.logs_since(node, mark);
            let line = lines.iter().rev().find(|line| line.level == "SEVERE" && line.message.contains(text))?;
            Some(format!("{node} logged: {}", line.message))
        };
        let failed = last(node, mark, "while loading persisted sessions")?;
        let peers = self.living().into_iter().filter(|peer| peer != node);
        let refused = peers.filter_map(|peer| last(&peer, 0, "Cannot serialize session attribute"));
        Some(refused.chain([failed]).collect::<Vec<_>>().join("; "))
    }

    /// Gives a `BackupManager` the time to make new copies of sessions that lost theirs: a joiner knows of a session before
    /// it has the copy, and a kill in between would legitimately lose what was not promised. Where no copy comes (the CDI of TomEE
    /// cannot read a whole session there) the scenario goes on and shows it.
    async fn await_backups(&self, context: &ContextPath) -> Result<(), ClusterError> {
        if self.machines.topology.cluster.manager != ManagerKind::Backup || self.living().len() < 2 {
            return Ok(());
        }
        let waited = wait::until("each session to have a backup", BACKUP_LIMIT, async || {
            let observations = self.look_at_living(&Question::Context(context.clone())).await?;
            Ok::<_, ClusterError>(match without_backup(&observations, context) {
                0 => Look::Ready(()),
                some => Look::NotYet(format!("{some} sessions have none")),
            })
        });
        match waited.await {
            Err(ClusterError::Wait { .. }) => Ok(()),
            other => other,
        }
    }

    /// Waits until a node holds so many sessions of a context.
    ///
    /// # Errors
    /// The wait ran out.
    pub async fn await_sessions(
        &self,
        node: &NodeName,
        context: &ContextPath,
        count: usize,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        let question = Question::Context(context.clone());
        wait::until(&format!("{node} to hold {count} sessions of {context}"), limit, async || {
            let seen = self.look(node, &question).await?;
            let held = stems(&seen, context);
            let ready = held.as_ref().is_some_and(|ids| ids.len() == count);
            Ok(if ready { Look::Ready(()) } else { Look::NotYet(counted(held.as_ref())) })
        })
        .await
    }
}

impl Cluster {
    /// Waits until a node lists so many members, itself not counted.
    ///
    /// # Errors
    /// The wait ran out.
    pub async fn await_members(&self, node: &NodeName, count: usize, limit: Duration) -> Result<(), ClusterError> {
        wait::until(&format!("{node} to list {count} members"), limit, async || {
            let seen = self.look(node, &Question::Members).await?;
            Ok(match seen.state().map(|state| state.members.len()) {
                Some(listed) if listed == count => Look::Ready(()),
                Some(listed) => Look::NotYet(format!("it lists {listed}")),
                None => Look::NotYet("its probe does not answer".to_owned()),
            })
        })
        .await
    }
}

/// How many sessions have an owner among these nodes and a backup on none of them.
fn without_backup(observations: &[NodeObservation], context: &ContextPath) -> usize {
    let contexts = observations.iter().filter_map(NodeObservation::state).flat_map(|state| &state.contexts);
    let sessions: Vec<_> = contexts.filter(|found| found.path == *context).flat_map(|found| &found.sessions).collect();
    let of_role = |role| {
        let held = sessions.iter().filter(move |session| session.role == role);
        held.map(|session| session.id.stem()).collect::<BTreeSet<_>>()
    };
    of_role(ReplicaRole::Primary).difference(&of_role(ReplicaRole::Backup)).count()
}

fn counted(ids: Option<&BTreeSet<String>>) -> String {
    ids.map_or_else(|| "does not serve it".to_owned(), |ids| format!("holds {} sessions", ids.len()))
}

/// Whether a node is known to run no such app: it has no sessions to compare with.
fn lacks_app(seen: &NodeObservation, context: &ContextPath) -> bool {
    seen.state().is_some_and(|state| state.contexts.iter().all(|found| found.path != *context))
}

/// The stems of a context's sessions on a node, less those of a Manager that does not replicate: no peer is to have them.
/// `None` where the context is not served or the probe is dead.
fn stems(seen: &NodeObservation, context: &ContextPath) -> Option<BTreeSet<String>> {
    let context = seen.state()?.contexts.iter().find(|found| found.path == *context && found.available)?;
    let shared = context.sessions.iter().filter(|session| session.role != ReplicaRole::Local);
    Some(shared.map(|session| session.id.stem().to_owned()).collect())
}
