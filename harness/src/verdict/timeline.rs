//! The timeline: when each node lived, when the cluster was whole, what was broken.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::history::{Event, FaultPhase, History, Nanos, RecordKind};
use crate::model::{FaultKind, NodeName};

/// A fault of the run.
#[derive(Debug)]
pub(super) struct Fault<'a> {
    pub(super) number: u32,
    pub(super) kind: FaultKind,
    pub(super) node: &'a NodeName,
    /// When it was asked for, or was first recorded otherwise.
    pub(super) asked: Nanos,
    /// Whether a record says so.
    pub(super) was_asked_for: bool,
    /// The record that reports it last, of asked, hit and missed.
    pub(super) record: usize,
    pub(super) fate: FaultFate<'a>,
    pub(super) healed: Option<Nanos>,
}

/// What became of a fault.
#[derive(Debug)]
pub(super) enum FaultFate<'a> {
    Hit(Nanos),
    Missed(&'a str),
    /// Neither is known.
    Open,
}

impl Fault<'_> {
    pub(super) fn hit(&self) -> Option<Nanos> {
        match self.fate {
            FaultFate::Hit(at) => Some(at),
            FaultFate::Missed(_) | FaultFate::Open => None,
        }
    }

    /// As in `the kill of n1`.
    pub(super) fn name(&self) -> String {
        format!("the {} of {}", self.kind, self.node)
    }
}

/// A time in which the cluster was whole: from a `ClusterFormed` to the next disturbance.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    pub(super) nodes: &'a [NodeName],
    pub(super) from: Nanos,
    pub(super) until: Nanos,
    pub(super) record: usize,
}

impl Whole<'_> {
    /// Whether something that lasted from `asked` to `at` lies inside.
    pub(super) fn covers(&self, asked: Nanos, at: Nanos) -> bool {
        self.from <= asked && at < self.until
    }
}

/// A life of a node: from its start to its end.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) from: Nanos,
    pub(super) ready: Option<Nanos>,
    pub(super) synchronised: Option<Nanos>,
    /// When a fault was asked for on it, it died, or it was restarted.
    pub(super) until: Nanos,
    /// Whether it began before the cluster first formed, when there was no state to take over.
    pub(super) first: bool,
}

impl Life {
    fn at(from: Nanos, first: bool) -> Self {
        Self { from, ready: None, synchronised: None, until: FOREVER, first }
    }
}

/// How long a message may be on its way where nobody waits for it.
pub(super) const ON_ITS_WAY: Duration = Duration::from_secs(1);
/// How long a `BackupManager` may take to make other backups, in nanoseconds, on a machine that has much to do (seen: a second).
const BACKED_UP_WITHIN: u64 = 5_000_000_000;

/// Later than anything.
pub(super) const FOREVER: Nanos = Nanos(u64::MAX);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Timeline<'a> {
    pub(super) faults: Vec<Fault<'a>>,
    pub(super) whole: Vec<Whole<'a>>,
    /// Deaths that nobody had asked for: when, which node, why, the record.
    pub(super) deaths: Vec<(Nanos, &'a NodeName, &'a str, usize)>,
    lives: BTreeMap<&'a NodeName, Vec<Life>>,
    /// Instants at which a node stopped being what it was.
    breaks: BTreeMap<&'a NodeName, Vec<Nanos>>,
}

/// The records by their instant; those of one instant stay in order of arrival.
pub(super) fn in_time(history: &History) -> Vec<usize> {
    let mut order: Vec<usize> = (0..history.records.len()).collect();
    order.sort_by_key(|index| history.records[*index].at);
    order
}

impl<'a> Timeline<'a> {
    pub(super) fn of(history: &'a History) -> Self {
        let mut timeline = Self::default();
        // The last look at each node in this step, since the cluster formed.
        let mut looked = BTreeMap::new();
        let before = |asked: &Nanos| Nanos(asked.0.saturating_sub(1));
        for index in in_time(history) {
            let record = &history.records[index];
            match &record.kind {
                RecordKind::Observe(look) => drop(looked.insert(&look.node, look.asked)),
                RecordKind::Fault { fault, kind, node, phase } => {
                    timeline.fault(*fault, *kind, node, phase, record.at, index);
                }
                RecordKind::Event(event) => {
                    let at = match event {
                        // It rests on what was seen before.
                        Event::Synchronised { node, .. } => looked.get(node).map_or(record.at, before),
                        _ => record.at,
                    };
                    let anew = matches!(
                        event,
                        Event::StepBegins { .. } | Event::NodeStarts { .. } | Event::ClusterFormed { .. }
                    );
                    if anew {
                        looked.clear();
                    }
                    timeline.event(event, at, index);
                }
                _ => {}
            }
        }
        timeline
    }

    fn fault(
        &mut self,
        number: u32,
        kind: FaultKind,
        node: &'a NodeName,
        phase: &'a FaultPhase,
        at: Nanos,
        index: usize,
    ) {
        self.disturbed(at);
        let known = self.faults.iter().position(|fault| fault.number == number).unwrap_or_else(|| {
            self.faults.push(Fault {
                number,
                kind,
                node,
                asked: at,
                was_asked_for: *phase == FaultPhase::Asked,
                record: index,
                fate: FaultFate::Open,
                healed: None,
            });
            self.faults.len() - 1
        });
        let fault = &mut self.faults[known];
        match phase {
            FaultPhase::Asked => self.broken_by(kind, node, at),
            FaultPhase::Hit { .. } => {
                (fault.fate, fault.record) = (FaultFate::Hit(at), index);
                self.broken_by(kind, node, at);
            }
            FaultPhase::Missed { seen } => (fault.fate, fault.record) = (FaultFate::Missed(seen), index),
            FaultPhase::Healed { .. } => self.healed(known, node, at),
        }
    }

    fn healed(&mut self, fault: usize, node: &'a NodeName, at: Nanos) {
        let fault = &mut self.faults[fault];
        fault.healed = Some(at);
        if fault.kind.leaves_it_up() {
            // It was up all the time.
            return;
        }
        // A thawed node is up at once; what it holds may be stale until it is synchronised.
        let mut life = Life::at(at, false);
        life.ready = Some(at);
        self.lives.entry(node).or_default().push(life);
    }

    fn event(&mut self, event: &'a Event, at: Nanos, index: usize) {
        match event {
            // A start that is tried again on other ports, as somebody had taken one. Nothing lives of the first try, and
            // that a node of it died is explained.
            Event::Addressed { .. } => {
                self.deaths.clear();
                self.lives.clear();
            }
            // As if all had started just now: nothing of an earlier scenario is left.
            Event::ClusterAdopted { nodes, .. } => {
                self.deaths.clear();
                self.lives.clear();
                for node in nodes {
                    let mut life = Life::at(at, true);
                    life.ready = Some(at);
                    self.lives.entry(node).or_default().push(life);
                }
            }
            Event::NodeStarts { node } => {
                self.disturbed(at);
                self.broken(node, at);
                let first = self.whole.is_empty();
                self.lives.entry(node).or_default().push(Life::at(at, first));
            }
            Event::NodeReady { node } => {
                if let Some(life) = self.lives.get_mut(node).and_then(|lives| lives.last_mut()) {
                    life.ready.get_or_insert(at);
                }
            }
            Event::Synchronised { node, .. } => {
                if let Some(life) = self.lives.get_mut(node).and_then(|lives| lives.last_mut()) {
                    life.synchronised.get_or_insert(at);
                }
            }
            Event::ClusterFormed { nodes } => {
                self.disturbed(at);
                self.whole.push(Whole { nodes, from: at, until: FOREVER, record: index });
            }
            Event::NodeDied { node, why } => {
                self.disturbed(at);
                self.broken(node, at);
                self.deaths.push((at, node, why, index));
            }
            _ => {}
        }
    }

    /// A node that runs on, cut off from its peers or slow, stays what it was.
    fn broken_by(&mut self, kind: FaultKind, node: &'a NodeName, at: Nanos) {
        if !kind.leaves_it_up() {
            self.broken(node, at);
        }
    }

    fn disturbed(&mut self, at: Nanos) {
        if let Some(whole) = self.whole.last_mut() {
            whole.until = whole.until.min(at);
        }
    }

    fn broken(&mut self, node: &'a NodeName, at: Nanos) {
        self.breaks.entry(node).or_default().push(at);
        if let Some(life) = self.lives.get_mut(node).and_then(|lives| lives.last_mut()) {
            life.until = life.until.min(at);
        }
    }

    /// The lives of a node, in order.
    pub(super) fn lives(&self, node: &NodeName) -> &[Life] {
        self.lives.get(node).map_or(&[], Vec::as_slice)
    }

    /// The life in which a node was up all the time from `from` to `to`.
    pub(super) fn up(&self, node: &NodeName, from: Nanos, to: Nanos) -> Option<&Life> {
        self.lives(node).iter().rev().find(|life| life.ready.is_some_and(|ready| ready <= from) && to < life.until)
    }

    /// Like [`Self::up`], and the node holds what its peers hold: since its first start, or since it was synchronised.
    pub(super) fn settled(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        self.up(node, from, to).is_some_and(|life| life.first || life.synchronised.is_some_and(|at| at <= from))
    }

    /// Like [`Self::settled`], and a thawed node counts from when all were seen to see it again: what is written from then on
    /// reaches it.
    pub(super) fn reachable(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        self.settled(node, from, to)
            || self.up(node, from, to).is_some_and(|life| {
                let thawed = life.ready == Some(life.from);
                let seen =
                    |whole: &Whole<'_>| life.from < whole.from && whole.from <= from && whole.nodes.contains(node);
                thawed && self.whole.iter().any(seen)
            })
    }

    /// Whether nothing was done to a node and nothing befell it after `from` and up to `to`.
    pub(super) fn outlives(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        !self.breaks.get(node).is_some_and(|breaks| breaks.iter().any(|at| from < *at && *at <= to))
    }

    /// When something was done to a node or befell it, between two instants, in order.
    pub(super) fn breaks_between(&self, from: Nanos, to: Nanos) -> Vec<Nanos> {
        let all: BTreeSet<Nanos> = self.breaks.values().flatten().copied().collect();
        all.into_iter().filter(|at| from < *at && *at < to).collect()
    }

    /// Whether something was done to a node, or one ended or came back, between two instants.
    pub(super) fn broke_between(&self, from: Nanos, to: Nanos) -> bool {
        let inside = |at: Nanos| from < at && at < to;
        self.faults.iter().any(|fault| inside(fault.asked))
            || self.deaths.iter().any(|(at, ..)| inside(*at))
            || self.lives.values().flatten().any(|life| !life.first && inside(life.from))
    }

    /// Whether nothing befell a node so shortly before `from`, nor up to `to`, that a `BackupManager` may still be making other
    /// backups: it sends each session anew when it hears of a member that came or went.
    pub(super) fn is_calm(&self, from: Nanos, to: Nanos) -> bool {
        !self.broke_between(Nanos(from.0.saturating_sub(BACKED_UP_WITHIN)), to)
    }

    /// The first time at or after `from` at which a node's process ended: what was on its way there ends with it.
    /// A frozen node goes on where it stopped.
    pub(super) fn end_of(&self, node: &NodeName, from: Nanos) -> Nanos {
        let killed = self.faults.iter().filter(|fault| fault.node == node && !fault.kind.is_undone_in_place());
        let died = self.deaths.iter().filter(|(_, dead, ..)| *dead == node).map(|(at, ..)| *at);
        let ends = killed.filter_map(Fault::hit).chain(died);
        ends.filter(|at| *at >= from).min().unwrap_or(FOREVER)
    }

    /// Whether nothing of a node ran from `from` to `to`: its process had ended before, and was not started meanwhile.
    pub(super) fn dead(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        let killed = self.faults.iter().filter(|fault| fault.node == node && !fault.kind.is_undone_in_place());
        let died = self.deaths.iter().filter(|(_, dead, ..)| *dead == node).map(|(at, ..)| *at);
        let ended = killed.filter_map(Fault::hit).chain(died).filter(|at| *at < from).max();
        ended.is_some_and(|ended| !self.lives(node).iter().any(|life| ended < life.from && life.from <= to))
    }

    /// Whether a node took over its peers' state in a life that began after `from`, before `to`.
    pub(super) fn synchronised_between(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        self.lives(node).iter().any(|life| from < life.from && life.synchronised.is_some_and(|at| at < to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Record;
    use crate::model::Endpoints;

    #[test]
    fn a_start_on_other_ports_begins_anew_and_a_death_without_one_stays() {
        let node = NodeName::nth(0);
        let addressed = || Event::Addressed {
            endpoints: Endpoints { nodes: BTreeMap::new(), multicast: None, ..Endpoints::default() },
        };
        let starts = || Event::NodeStarts { node: node.clone() };
        let died = || Event::NodeDied { node: node.clone(), why: "Address already in use".to_owned() };
        let of = |events: Vec<Event>| {
            let records = (1..).zip(events).map(|(at, event)| Record { at: Nanos(at), kind: RecordKind::Event(event) });
            History { records: records.collect() }
        };
        let history = of(vec![addressed(), starts(), died(), addressed(), starts()]);
        let timeline = Timeline::of(&history);
        assert!(timeline.deaths.is_empty(), "{:?}", timeline.deaths);
        assert_eq!(timeline.lives(&node).len(), 1);
        let history = of(vec![addressed(), starts(), died()]);
        assert_eq!(Timeline::of(&history).deaths.len(), 1);
    }
}
