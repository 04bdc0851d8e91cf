//! What there is of clusters and scenarios at one time, and what is best to do next.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::budget::Budget;
use super::execution;
use super::idle_cluster::{IdleCluster, IdleClusterError, takes_any};
use crate::model::{Plan, RunId, Topology};

/// What there is now.
#[derive(Debug)]
pub(super) struct Schedule<R> {
    pub(super) runs: usize,
    pub(super) nodes: usize,
    /// The kinds of cluster that were spoken of, each named by its place here.
    kinds: Vec<Topology>,
    /// The kinds of the clusters of the scenarios that are being run.
    pub(super) used: Vec<usize>,
    /// Clusters between two scenarios.
    pub(super) idle: Vec<IdleSlot<R>>,
    /// The scenarios to come that want a cluster of each kind, where all are known.
    pub(super) wanted: Option<BTreeMap<usize, Demand>>,
    /// The scenarios that wait for a lease, in the order in which they came.
    pub(super) waiting: Vec<Waiting>,
    /// How many have come.
    pub(super) tickets: usize,
    /// The first cluster that was to end and left something.
    pub(super) left: Option<IdleClusterError>,
}

/// Scenarios that want a cluster of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    scenarios: usize,
    /// How long they take, roughly: one for each, and one for each start of a node.
    weight: usize,
}

impl Demand {
    pub(super) fn add(&mut self, plan: &Plan) {
        self.scenarios += 1;
        self.weight += weight(plan);
    }

    fn take(&mut self, plan: &Plan) {
        self.scenarios = self.scenarios.saturating_sub(1);
        self.weight = self.weight.saturating_sub(weight(plan));
    }
}

/// How many scenarios a further cluster of a kind must have to run: else a reset of one that is there is sooner done.
const WORTH_A_START: usize = 2;

/// How long a scenario takes, roughly: a start of a node is most of it.
fn weight(plan: &Plan) -> usize {
    1 + plan.starts_again()
}

/// A scenario that waits for a lease.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) ticket: usize,
    pub(super) plan: Arc<Plan>,
    pub(super) kind: usize,
}

/// A cluster between two scenarios.
#[derive(Debug)]
pub(super) struct IdleSlot<R> {
    /// The run that started it.
    pub(super) run: RunId,
    pub(super) kind: usize,
    /// Nothing while it is being reset.
    pub(super) cluster: Option<IdleCluster>,
    /// The right to its nodes.
    pub(super) room: R,
}

/// What is best to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Run the scenario of this ticket on the cluster that waits at this place.
    On { ticket: usize, place: usize },
    /// Run the scenario of this ticket on a cluster of its own.
    New { ticket: usize },
    /// End the cluster that waits at this place, to make room.
    End { place: usize },
    /// Nothing, until something changes.
    Wait,
}

impl<R> IdleSlot<R> {
    pub(super) fn is_ready(&self) -> bool {
        self.cluster.is_some()
    }
}

impl<R> Default for Schedule<R> {
    fn default() -> Self {
        Self {
            runs: 0,
            nodes: 0,
            kinds: vec![],
            used: vec![],
            idle: vec![],
            wanted: None,
            waiting: vec![],
            tickets: 0,
            left: None,
        }
    }
}

impl<R> Schedule<R> {
    /// The place of a kind of cluster among all kinds.
    pub(super) fn kind(&mut self, topology: &Topology) -> usize {
        self.kinds.iter().position(|known| known == topology).unwrap_or_else(|| {
            self.kinds.push(topology.clone());
            self.kinds.len() - 1
        })
    }

    /// What is best to do next.
    ///
    /// The kind of which most is to be run for each of its clusters begins first, that none is left alone at the end. A new
    /// cluster is started for a kind of which there are fewer than its share; else a scenario waits for one that is in use or
    /// being reset.
    pub(super) fn choose(&self, budget: Budget, warm: bool) -> Choice {
        if self.runs > 0 && self.runs >= budget.runs {
            return Choice::Wait;
        }
        // In turn, where all are alike.
        let candidates = if warm { &self.waiting[..] } else { &self.waiting[..self.waiting.len().min(1)] };
        // Else nobody will be notified that something has changed.
        let nothing_will_come = self.runs == 0 && self.idle.iter().all(IdleSlot::is_ready);
        let alone = self.runs == 0 && self.idle.is_empty();
        let has_place = self.runs + self.idle.len() < budget.clusters();
        let (mut best, mut is_kept_out) = (None, false);
        for waiting in candidates {
            let ticket = waiting.ticket;
            let fits =
                |idle: &IdleSlot<R>| idle.cluster.as_ref().is_some_and(|idle_cluster| idle_cluster.fits(&waiting.plan));
            let choice = if let Some(place) = self.idle.iter().position(fits) {
                Choice::On { ticket, place }
            } else if !warm || nothing_will_come || self.may_have_one_more(waiting, budget) {
                let nodes = self.nodes.saturating_add(waiting.plan.topology.nodes.len());
                if !alone && (!has_place || nodes > budget.nodes) {
                    is_kept_out = true;
                    continue;
                }
                Choice::New { ticket }
            } else {
                continue;
            };
            let rank = self.rank(waiting, matches!(choice, Choice::New { .. }));
            if best.is_none_or(|(first, _)| rank < first) {
                best = Some((rank, choice));
            }
        }
        if let Some((_, choice)) = best {
            return choice;
        }
        let ready = self.idle.iter().enumerate().filter(|(_, idle)| idle.is_ready() && is_kept_out);
        let least = ready.min_by_key(|(_, idle)| self.demand(idle.kind).weight);
        least.map_or(Choice::Wait, |(place, _)| Choice::End { place })
    }

    /// The lowest first. Of one kind's scenarios those come last after which its cluster is of no use, or is to be mended by
    /// starts of nodes: nobody does that after the last one.
    fn rank(&self, waiting: &Waiting, is_new: bool) -> (Reverse<usize>, bool, usize) {
        let Waiting { plan, kind, .. } = waiting;
        let weight = if takes_any(plan) { self.demand(*kind).weight } else { weight(plan) };
        let (weight, clusters) = if is_new {
            (weight + plan.topology.nodes.len(), self.clusters(*kind) + 1)
        } else {
            (weight, self.clusters(*kind))
        };
        let mending = if execution::hands_on(plan) { plan.nodes_down_at_the_end() } else { usize::MAX };
        (Reverse(weight.saturating_mul(1000) / clusters.max(1)), is_new, mending)
    }

    /// Whether one more cluster of a scenario's kind is worth its start.
    fn may_have_one_more(&self, waiting: &Waiting, budget: Budget) -> bool {
        let there = self.clusters(waiting.kind);
        if there == 0 || !takes_any(&waiting.plan) {
            return true;
        }
        let to_come = match &self.wanted {
            Some(wanted) => wanted.values().map(|demand| demand.scenarios).sum(),
            None => self.waiting.len(),
        };
        // Those that are being run are part of both.
        let of_kind = self.demand(waiting.kind).scenarios + self.running(waiting.kind);
        let all = (to_come + self.used.len()).max(1);
        there < budget.runs.saturating_mul(of_kind).div_ceil(all).min(of_kind.div_ceil(WORTH_A_START))
    }

    /// The scenarios to come that want a cluster of a kind, as far as is known.
    fn demand(&self, kind: usize) -> Demand {
        if let Some(wanted) = &self.wanted {
            return wanted.get(&kind).copied().unwrap_or_default();
        }
        let mut demand = Demand::default();
        for waiting in self.waiting.iter().filter(|waiting| waiting.kind == kind) {
            demand.add(&waiting.plan);
        }
        demand
    }

    /// How many clusters of a kind there are.
    fn clusters(&self, kind: usize) -> usize {
        self.running(kind) + self.idle.iter().filter(|idle| idle.kind == kind).count()
    }

    /// How many scenarios are being run on clusters of a kind.
    fn running(&self, kind: usize) -> usize {
        self.used.iter().filter(|used| **used == kind).count()
    }

    /// Counts one run more, and what it wanted as no longer wanted.
    pub(super) fn begin(&mut self, ticket: usize) -> Option<Waiting> {
        let place = self.waiting.iter().position(|waiting| waiting.ticket == ticket)?;
        let waiting = self.waiting.remove(place);
        self.runs += 1;
        self.used.push(waiting.kind);
        let wanted = self.wanted.as_mut().filter(|_| takes_any(&waiting.plan));
        if let Some(demand) = wanted.and_then(|wanted| wanted.get_mut(&waiting.kind)) {
            demand.take(&waiting.plan);
        }
        Some(waiting)
    }

    /// Takes a cluster that waits and is ready.
    pub(super) fn take(&mut self, place: usize) -> Option<(IdleCluster, R)> {
        let IdleSlot { cluster, room, .. } = self.idle.remove(place);
        Some((cluster?, room))
    }

    /// Whether nobody will want such a cluster any more.
    pub(super) fn is_unwanted(&self, kind: usize) -> bool {
        self.wanted.is_some() && self.demand(kind).scenarios == 0
    }
}
