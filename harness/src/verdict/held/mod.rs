//! What each node must hold of a session, at each instant: the laws of the verdict as one pass through a session's life.
//!
//! Bounds come from values that were seen and acknowledged, not from counts of requests. An acknowledged write reaches
//! every node that is with its owner then, and stays there while that node's process lives; a node that comes back has
//! what its peers held when it began. Whatever loosens a bound is an interval: two nodes that count at once are judged by
//! what was there before until one of them is answered alone; a write, an end or a change of id that nobody answered is a
//! doubt until its node is dead or has answered, and the next answer ends it; what a split or the death of all copies took
//! is due again with the next acknowledged write.

mod apart;
pub(super) mod bounds;
mod copies;
mod doubt;
mod doubts;
mod most;
mod nodes;
mod turns;

use std::collections::{BTreeMap, BTreeSet};

use bounds::Held;
pub(super) use bounds::{Bounds, By, Floor};
use copies::{Node, Seen, greater, plus};
use doubt::Doubt;
pub(super) use turns::Run;
use turns::Turn;

use super::operations::Operation;
use super::partitions::Partition;
use super::sessions::Session;
use super::timeline::FOREVER;
use crate::history::Nanos;
use crate::model::NodeName;
use crate::model::plan::AppRequest;

/// Why an increment need not be there.
const AT_ONCE: &str = "another node may have counted at once, and was not answered";

struct Walk<'w, 'v, 'a> {
    run: &'w Run<'v, 'a>,
    session: &'w Session<'a>,
    /// Those that know the session.
    nodes: BTreeMap<&'w NodeName, Node>,
    /// What a node that comes back will hold, as of its start; `None` where it may not even know the session.
    coming: BTreeMap<&'w NodeName, Option<Node>>,
    /// What had been acknowledged on a node when its end was asked for: until then it goes on from there.
    dying: BTreeMap<&'w NodeName, i64>,
    doubts: Vec<Doubt<'w>>,
    /// The id that was given last, and which answer gave it.
    current: Option<&'w str>,
    owner: Option<&'w NodeName>,
    /// Which answer has given an id last, be it there still or not.
    last_to_name: Option<&'w NodeName>,
    /// The node that all copies come from: it made the session or was the only one left, and nobody else has counted since.
    source: Option<&'w NodeName>,
    /// Until when increments on each node may have acted.
    acted_until: BTreeMap<&'w NodeName, Nanos>,
    /// Since when increments on each node may have come to some of the others alone, as the node ended then.
    cut_short: BTreeMap<&'w NodeName, Nanos>,
    /// Whether several may take themselves for the owner since a split, and no write has been acknowledged since.
    unmerged: bool,
    /// The greatest acknowledged value anywhere, since a loss was last reported.
    best: Option<Floor>,
    /// The greatest value that a client was shown since then, and by which answer.
    client_saw: Option<(i64, usize)>,
    /// Which answer has counted to each value last.
    counted: BTreeMap<i64, usize>,
    most: Option<i64>,
    /// The increments that may still act.
    acting: Vec<usize>,
    /// Those that overlapped one on another node.
    contested: BTreeSet<usize>,
    /// Those that overlapped one on another node, and both were answered: which of them counts nobody promises.
    raced: BTreeSet<usize>,
    /// Those that overlapped one on any node.
    overlapping: BTreeSet<usize>,
    /// When an increment was last over.
    over: Nanos,
    /// The bounds of what is under way: operations, and looks.
    open: BTreeMap<(bool, usize), (&'w NodeName, Bounds)>,
    /// Who broke since all last saw each other: two may have had both copies.
    broken: BTreeSet<&'w NodeName>,
    /// The greatest value that anybody was ever shown.
    greatest: i64,
    /// The last value that the greatest possible one was counted from, on which node, and the increments that were under way
    /// then: who is later answered with no greater count was in it.
    base: Option<(i64, &'w NodeName, BTreeSet<usize>)>,
    /// Since when both sides of a split have been asked.
    forked: Nanos,
    /// Since when an increment may be on one side of a split that no node knew of.
    unheard: Nanos,
    no_copy_since: Option<Nanos>,
    held: Held,
}

/// Walks through one session.
pub(super) fn held<'a>(run: &Run<'_, 'a>, session: &Session<'a>) -> Held {
    let mut walk = Walk {
        run,
        session,
        nodes: BTreeMap::new(),
        coming: BTreeMap::new(),
        dying: BTreeMap::new(),
        doubts: Vec::new(),
        current: None,
        owner: None,
        last_to_name: None,
        source: session.created_by.map(|index| run.operations[index].node),
        acted_until: BTreeMap::new(),
        cut_short: run.cut_short(session),
        unmerged: false,
        best: None,
        client_saw: None,
        counted: BTreeMap::new(),
        most: session.created_by.map(|_| 0),
        acting: Vec::new(),
        contested: BTreeSet::new(),
        raced: BTreeSet::new(),
        overlapping: BTreeSet::new(),
        over: Nanos::default(),
        open: BTreeMap::new(),
        broken: BTreeSet::new(),
        greatest: 0,
        base: None,
        forked: run.forked(session),
        unheard: run.unheard(session),
        no_copy_since: None,
        held: Held {
            unsettled: false,
            answers: vec![Bounds::default(); session.answers.len()],
            losses: vec![Bounds::default(); session.losses.len()],
            replicas: vec![Bounds::default(); session.replicas.len()],
        },
    };
    for (at, _, turn) in run.turns_of(session) {
        walk.turn(at, turn);
    }
    walk.held
}

impl<'w, 'v: 'w> Walk<'w, 'v, '_> {
    fn turn(&mut self, at: Nanos, turn: Turn<'w>) {
        match turn {
            Turn::Invoked(index) => self.invoked(index),
            Turn::Asked(place) => {
                let node = self.session.replicas[place].node;
                let bounds = self.bounds(node, 0, None);
                self.open.insert((false, place), (node, bounds));
            }
            Turn::Broke(node, ends) => self.broke(node, ends, at),
            Turn::Began(node) => self.began(node, at),
            Turn::Joined(node) => self.joined(node),
            Turn::Formed => {
                self.broken.clear();
                self.healed(at);
            }
            Turn::Healed => self.healed(at),
            Turn::Looked(place) => self.looked(place),
            Turn::Answered(place) => self.answered(place),
            Turn::Lost(place) => self.lost(place),
            Turn::Ended(index) => self.ended(index, at),
        }
    }

    /// What a node must show now.
    fn bounds(&self, node: &NodeName, own: i64, by: Option<usize>) -> Bounds {
        // Where several take themselves for the owner, any of them may at any time publish what it has.
        let here = self.nodes.get(node).filter(|_| !self.unmerged);
        // Whoever counts shows at least its own increment.
        let alone = by.filter(|_| own > 0).map(|index| Floor { count: 0, by: By::Answer(index) });
        Bounds {
            acknowledged: plus(here.and_then(Node::acknowledged).or(alone), own),
            copied: here.and_then(|here| greater(here.acknowledged(), here.joined)),
            seen: plus(here.and_then(Node::seen), own),
            most: None,
            knows: here.is_some(),
            elsewhere: plus(self.best, own),
            unpromised: None,
            stranger: None,
            doubt: None,
        }
    }

    fn invoked(&mut self, index: usize) {
        let run = self.run;
        let operation = &run.operations[index];
        if self.may_take_the_id(operation) {
            self.doubts.push(Doubt {
                operation: index,
                until: operation.acts_until,
                everywhere: operation.completed.is_some_and(|end| end == operation.acts_until)
                    && !run.partitions.iter().any(|partition| partition.saw(operation)),
                cleared: BTreeSet::new(),
            });
        }
        // The other side of a split hears nothing of it, not even under which id the session goes now.
        let apart = |partition: &&Partition<'_>| {
            self.is_asked_in(partition, operation) || self.went_on_apart(partition, operation)
        };
        let apart: Vec<&Partition<'_>> = run.partitions.iter().filter(apart).collect();
        for partition in apart {
            self.nodes.retain(|node, _| !partition.parts(node, operation.node));
        }
        if run.partitions.iter().any(|partition| self.comes_back(partition, operation)) {
            self.nodes.retain(|node, _| *node == operation.node);
        }
        let counts = operation.request == AppRequest::Count;
        if counts {
            if self.source != Some(operation.node) {
                let alone = run.is_alone(operation.node, operation.invoked, operation.invoked);
                self.source = alone.then_some(operation.node);
            }
            let until = self.acted_until.entry(operation.node).or_default();
            *until = operation.acts_until.max(*until);
            let elsewhere = self.acting.iter().copied().filter(|other| run.operations[*other].node != operation.node);
            let elsewhere: Vec<usize> = elsewhere.collect();
            if !self.acting.is_empty() {
                self.overlapping.insert(index);
                self.overlapping.extend(&self.acting);
            }
            let answered = |other: &usize| operation.answer().is_some() && run.operations[*other].answer().is_some();
            let raced: Vec<usize> = elsewhere.iter().copied().filter(answered).collect();
            if !raced.is_empty() {
                self.raced.insert(index);
                self.raced.extend(raced);
            }
            if !elsewhere.is_empty() {
                self.contested.insert(index);
                self.contested.extend(elsewhere);
            }
            self.most = self.most.map(|most| most + 1);
            self.written_elsewhere(operation);
            self.acting.push(index);
        }
        let bounds = self.bounds(operation.node, i64::from(counts), Some(index));
        self.open.insert((true, index), (operation.node, bounds));
    }

    /// What a write on one node leaves of what the others must show: they take its value over, whatever it was based on.
    fn written_elsewhere(&mut self, operation: &Operation<'w>) {
        let base = match self.nodes.get(operation.node) {
            Some(here) => here.acknowledged().map_or(0, |floor| floor.count),
            None => self.dying.get(operation.node).copied().unwrap_or_default(),
        };
        for (node, here) in &mut self.nodes {
            if *node == operation.node {
                here.most = here.most.map(|most| most + 1);
                continue;
            }
            here.most = None;
            here.seen = here.seen.and_then(Seen::acknowledged);
            let apart = self.run.partitions.iter().any(|partition| {
                partition.parts(node, operation.node)
                    && partition.from < operation.acts_until
                    && operation.invoked < partition.until
            });
            if !apart && here.acknowledged().is_some_and(|floor| floor.count > base + 1) {
                here.lower(base + 1);
                for (_, bounds) in self.open.values_mut().filter(|(of, _)| of == node) {
                    for floor in [&mut bounds.acknowledged, &mut bounds.seen].into_iter().flatten() {
                        floor.count = floor.count.min(base + 1);
                    }
                }
            }
        }
    }

    fn looked(&mut self, place: usize) {
        let session = self.session;
        let replica = &session.replicas[place];
        let bounds = self.open.remove(&(false, place)).map(|(_, bounds)| bounds).unwrap_or_default();
        if self.is_left_over(place) {
            return;
        }
        self.held.replicas[place] = Bounds { most: self.most_on(replica.node), ..bounds };
        self.confirmed(replica.node, replica.asked, replica.id);
        if self.is_another_copy(place) {
            self.broken.clear();
        }
        // Under another route its client does not find it there.
        if self.current.is_none_or(|current| current == replica.id) && !self.may_be_another(replica) {
            self.nodes.entry(replica.node).or_default();
        }
        if let Some(count) = replica.content.count {
            self.shown(replica.node, (replica.asked, replica.at), Floor { count, by: By::Look(place) });
        }
    }

    fn answered(&mut self, place: usize) {
        let (run, session) = (self.run, self.session);
        let index = session.answers[place];
        let operation = &run.operations[index];
        let (node, ended) = (operation.node, operation.completed.unwrap_or(FOREVER));
        let Some(answer) = operation.answer() else { return };
        let mut bounds = self.open.remove(&(true, index)).map(|(_, bounds)| bounds).unwrap_or_default();
        bounds.most = self.most_on(node);
        let counted = operation.request == AppRequest::Count;
        if counted && let Some(same) = self.counted.get(&answer.count).copied() {
            // Of two that ran at once on one node each counts for itself.
            let other = &run.operations[same];
            let at_once = operation.invoked < other.acts_until && other.invoked < ended && other.node == node;
            let due = Some(Floor { count: answer.count + 1, by: By::Answer(same) });
            if at_once && !self.contested.contains(&index) {
                bounds.acknowledged = due;
            } else if at_once && !self.raced.contains(&index) {
                (bounds.elsewhere, bounds.unpromised) = (due, Some(AT_ONCE.to_owned()));
            }
        }
        let short = bounds.acknowledged.is_some_and(|floor| answer.count < floor.count);
        let lost_elsewhere = !short && bounds.elsewhere.is_some_and(|floor| answer.count < floor.count);
        let contested = || self.contested.contains(&index) || !self.quiet(node, operation.invoked, ended);
        if lost_elsewhere && !contested() {
            bounds.unpromised = Some(self.reason(node, ended));
        }
        // A client was shown more, and nothing says that the nodes had to have it: seen all the same.
        let client_saw = self.client_saw.map(|(client_saw, by)| {
            // Whoever counts adds its own, unless two that were both answered ran at once on two nodes: the last one wins.
            let raced = self.raced.contains(&by) || self.raced.contains(&index);
            (client_saw + i64::from(counted && !raced), by)
        });
        let client_saw = client_saw.filter(|(client_saw, by)| {
            answer.count < *client_saw && run.operations[*by].completed.is_some_and(|end| end < operation.invoked)
        });
        if let Some((client_saw, by)) = client_saw.filter(|_| !short && bounds.unpromised.is_none()) {
            bounds.elsewhere = Some(Floor { count: client_saw, by: By::Answer(by) });
            bounds.unpromised = Some(if self.contested.contains(&by) || self.contested.contains(&index) {
                AT_ONCE.to_owned()
            } else {
                format!("{} had shown it, and no write had been acknowledged with it", run.operations[by].name())
            });
        }
        if let Some(id) = operation.received() {
            self.current = Some(id);
            (self.owner, self.last_to_name) = (Some(node), Some(node));
            self.confirmed(node, operation.invoked, id);
        }
        self.nodes.entry(node).or_default();
        if short || bounds.unpromised.is_some() {
            self.lower_what_is_due(node, counted, answer.count);
        }
        if !bounds.knows && session.created_by != Some(index) {
            bounds.stranger = Some(self.reason(node, ended));
        }
        let bounds_most = bounds.most;
        self.held.answers[place] = bounds;
        if self.client_saw.is_none_or(|(client_saw, _)| client_saw <= answer.count) {
            self.client_saw = Some((answer.count, index));
        }
        if bounds_most == Some(answer.count) {
            // All that was ever attempted is in it: none of that is still to come.
            self.acting.retain(|other| run.operations[*other].answer().is_some());
        }
        if counted {
            self.counted.insert(answer.count, index);
            self.acting.retain(|other| *other != index);
            self.written(index, answer.count);
            self.over = self.over.max(ended);
        }
        if !self.contested.contains(&index) {
            self.shown(node, (operation.invoked, ended), Floor { count: answer.count, by: By::Answer(index) });
        }
    }

    /// A loss is reported once: from here on less is due.
    fn lower_what_is_due(&mut self, node: &'w NodeName, counted: bool, count: i64) {
        for (other, here) in &mut self.nodes {
            if counted || *other == node {
                here.lower(count);
                // Its own increment is added as soon as it is taken for acknowledged.
                here.increments = here.increments.min(count - i64::from(counted));
            }
        }
        if let Some(best) = &mut self.best {
            best.count = best.count.min(count);
        }
        self.client_saw = None;
    }

    /// An acknowledged increment.
    fn written(&mut self, index: usize, count: i64) {
        let (run, session) = (self.run, self.session);
        let operation = &run.operations[index];
        let (from, to) = (operation.invoked, operation.completed.unwrap_or(FOREVER));
        if !run.partitions.iter().any(|partition| partition.saw(operation)) {
            self.unmerged = false;
        }
        self.held.unsettled = self.contested.contains(&index);
        if self.held.unsettled {
            return;
        }
        let floor = Floor { count, by: By::Answer(index) };
        if self.best.is_none_or(|best| best.count < count) {
            self.best = Some(floor);
        }
        let creates = session.created_by == Some(index);
        let since = self.counted_since(index, count);
        let alone = !self.overlapping.contains(&index);
        for peer in run.plan.topology.names().filter(|peer| run.together(operation.node, peer, since, to)) {
            if creates {
                self.nodes.entry(peer).or_default();
            }
            let Some(here) = self.nodes.get_mut(peer) else { continue };
            here.value =
                greater(Some(floor).filter(|_| here.value.is_none_or(|known| known.count < count)), here.value);
            // What stands in the answer of one that overlapped others may count them, too, or not.
            here.increments += 1;
            if alone {
                here.increments = here.increments.max(count);
            }
        }
        let exact = run.waits && to < self.forked || self.is_source(operation.node, from, to);
        if exact && self.over <= from {
            self.at_most(count, operation.node);
        } else if let Some((base, node, pending)) = &mut self.base {
            let was_in = *node == operation.node && count <= *base && pending.remove(&index);
            self.most = self.most.map(|most| most - i64::from(was_in));
        }
    }

    fn ended(&mut self, index: usize, at: Nanos) {
        let operation = &self.run.operations[index];
        if operation.request == AppRequest::Invalidate && operation.answer().is_some() {
            self.nodes.remove(operation.node);
        }
        if let Some(place) = self.acting.iter().position(|other| *other == index) {
            self.acting.remove(place);
            self.over = self.over.max(at);
        }
    }
}
