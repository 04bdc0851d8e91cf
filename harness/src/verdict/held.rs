//! What each node must hold of a session, at each instant: the laws of the verdict as one walk through a session's life.
//!
//! Bounds come from values that were seen and acknowledged, not from counts of requests. An acknowledged write reaches
//! every node that is with its owner then, and stays there while that node's process lives; a node that comes back has
//! what its peers held when it began. Whatever loosens a bound is an interval: two nodes that count at once are judged by
//! what was there before until one of them is answered alone; a write, an end or a change of id that nobody answered is a
//! doubt until its node is dead or has answered, and the next answer ends it; what a split or the death of all copies took
//! is due again with the next acknowledged write.

use std::collections::{BTreeMap, BTreeSet};

use super::operations::{Fate, Operation};
use super::routes::Routes;
use super::sessions::{Replica, Session};
use super::splits::Split;
use super::timeline::{FOREVER, Timeline};
use crate::history::Nanos;
use crate::spec::plan::AppRequest;
use crate::spec::{ManagerKind, NodeName, Plan};

/// How long a message may be on its way where nobody waits for it, in nanoseconds.
const ON_ITS_WAY: u64 = 1_000_000_000;

/// Why an increment need not be there.
const AT_ONCE: &str = "another node may have counted at once, and was not answered";

/// What a value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// An acknowledged write or another answer, by its operation.
    Answer(usize),
    /// A look, by the replica of the session.
    Look(usize),
}

/// A count that must be there at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Floor {
    pub(super) count: i64,
    pub(super) by: By,
}

/// What an answer or a replica must show, and may show at most.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    /// By what was acknowledged.
    pub(super) acknowledged: Option<Floor>,
    /// What a copy should hold: all that, and what its peers held when it joined them.
    pub(super) copied: Option<Floor>,
    /// By what a look, or an answer, had shown on this node; or had shown on another one before it was broken.
    pub(super) seen: Option<Floor>,
    /// Not more than this; `None` where nobody can know.
    pub(super) most: Option<i64>,
    /// Whether the node must know the session at all, with what its first request wrote.
    pub(super) knows: bool,
    /// What had been acknowledged somewhere and is not due here.
    pub(super) elsewhere: Option<Floor>,
    /// Why it is not due here, in words.
    pub(super) unpromised: Option<String>,
    /// Why the node need not have known of the session, or of its end, in words.
    pub(super) stranger: Option<String>,
    /// The operation that may have ended the session or taken its id, as far as this node is concerned.
    pub(super) doubt: Option<usize>,
}

/// The bounds of all that a session showed.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Whether two nodes counted at once, and none has counted alone since.
    pub(super) unsettled: bool,
    /// By the place of the answer among the session's answers.
    pub(super) answers: Vec<Bounds>,
    /// By the place of the loss among its losses.
    pub(super) losses: Vec<Bounds>,
    /// By the place of the replica among its replicas.
    pub(super) replicas: Vec<Bounds>,
}

/// What the walk knows of the whole run.
pub(super) struct Run<'v, 'a> {
    pub(super) plan: &'v Plan,
    pub(super) operations: &'v [Operation<'a>],
    pub(super) timeline: &'v Timeline<'a>,
    pub(super) splits: &'v [Split<'a>],
    routes: &'v Routes<'a>,
    pub(super) waits: bool,
    turns: Vec<(Nanos, u8, Turn<'v>)>,
}

/// One thing that happens, of one session or of the whole cluster.
#[derive(Debug, Clone, Copy)]
enum Turn<'v> {
    Invoked(usize),
    Asked(usize),
    /// Whether its process ended with it.
    Broke(&'v NodeName, bool),
    Began(&'v NodeName),
    Joined(&'v NodeName),
    Healed,
    Formed,
    Looked(usize),
    Answered(usize),
    Lost(usize),
    Ended(usize),
}

type Turns<'v> = Vec<(Nanos, u8, Turn<'v>)>;

impl<'v, 'a> Run<'v, 'a> {
    pub(super) fn of(
        plan: &'v Plan,
        operations: &'v [Operation<'a>],
        timeline: &'v Timeline<'a>,
        splits: &'v [Split<'a>],
        routes: &'v Routes<'a>,
    ) -> Self {
        let mut turns = Vec::new();
        for fault in timeline.faults.iter().filter(|fault| !fault.kind.leaves_it_up()) {
            // From the moment it was asked for nobody can rely on the node.
            let ends = !fault.kind.is_undone_in_place();
            turns.push((fault.asked, 1, Turn::Broke(fault.node, ends)));
            // It may have answered until then.
            turns.extend(fault.hit().map(|hit| (hit, 1, Turn::Broke(fault.node, ends))));
        }
        turns.extend(splits.iter().filter_map(|split| Some((split.healed?, 2, Turn::Healed))));
        for (at, node, ..) in &timeline.deaths {
            turns.push((*at, 1, Turn::Broke(node, true)));
        }
        for node in plan.topology.names() {
            for life in timeline.lives(node).iter().filter(|life| !life.first) {
                turns.push((life.from, 2, Turn::Began(node)));
                turns.extend(life.synchronised.map(|at| (at, 2, Turn::Joined(node))));
            }
        }
        turns.extend(timeline.whole.iter().map(|whole| (whole.from, 2, Turn::Formed)));
        Self { plan, operations, timeline, splits, routes, waits: plan.waits_for_the_peer(), turns }
    }

    /// Since when one side of a split has been asked for a session that the other side was asked for in the split: neither
    /// ever hears what the other had. A node that has started anew since may have taken over what either had.
    fn forked(&self, session: &Session<'_>) -> Nanos {
        let operations = || session.operations.iter().map(|index| &self.operations[*index]);
        let forks = self.splits.iter().filter_map(|split| {
            let first = operations().find(|operation| split.saw(operation))?;
            let mut others = operations().skip_while(|other| other.invoked < split.from);
            let elsewhere = |other: &&Operation<'_>| {
                split.parts(first.node, other.node)
                    || self.timeline.synchronised_between(other.node, split.from, other.invoked)
            };
            Some(others.find(elsewhere)?.invoked)
        });
        forks.min().unwrap_or(FOREVER)
    }

    /// Since when an increment whose answer is lost may stand on one side of a split only.
    fn unheard(&self, session: &Session<'_>) -> Nanos {
        let mut operations = session.operations.iter().map(|index| &self.operations[*index]);
        let unheard = operations.find(|operation| {
            operation.request == AppRequest::Count
                && matches!(operation.fate, Fate::Perhaps(_))
                && self.splits.iter().any(|split| split.saw(operation))
        });
        unheard.map_or(FOREVER, |operation| operation.invoked)
    }

    /// Whether nothing is left by an instant of what the one side of a split had: its only node has started anew and taken
    /// over what the others had, and before none of those had taken over anything.
    fn is_forgotten(&self, split: &Split<'_>, by: Nanos) -> bool {
        let anew = |node: &NodeName| {
            let lives = self.timeline.lives(node).iter().filter(|life| split.from < life.from);
            lives.filter(|life| life.synchronised.is_some_and(|at| at < by)).map(|life| life.from).min()
        };
        let Some(gone) = anew(split.node) else { return false };
        let mut others = self.plan.topology.names().filter(|other| *other != split.node);
        others.all(|other| anew(other).is_none_or(|at| gone < at))
    }

    fn replicates_to_all(&self) -> bool {
        self.plan.topology.cluster.manager == ManagerKind::Delta
    }

    /// Whether no other node's process ran from `from` to `to`.
    fn is_alone(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        self.plan.topology.names().all(|other| other == node || self.timeline.dead(other, from, to))
    }

    /// Whether a node was with another one from `from` to `to`, and holds what its peers hold.
    fn together(&self, one: &NodeName, other: &NodeName, from: Nanos, to: Nanos) -> bool {
        one == other
            || (self.timeline.reachable(other, from, to)
                && !self.splits.iter().any(|split| split.parts(one, other) && split.from < to && from < split.until))
    }

    /// Everything that happens to one session, in order.
    fn turns_of(&self, session: &Session<'_>) -> Turns<'v> {
        let mut turns = self.turns.clone();
        let completed = |index: usize| self.operations[index].completed.unwrap_or(FOREVER);
        for index in &session.operations {
            let operation = &self.operations[*index];
            turns.push((operation.invoked, 0, Turn::Invoked(*index)));
            let ends = operation.request == AppRequest::Invalidate && operation.answer().is_some();
            if ends || matches!(operation.fate, Fate::Perhaps(_)) {
                turns.push((operation.acts_until, 5, Turn::Ended(*index)));
            }
        }
        let answers = session.answers.iter().enumerate();
        turns.extend(answers.map(|(place, index)| (completed(*index), 4, Turn::Answered(place))));
        let losses = session.losses.iter().enumerate();
        turns.extend(losses.map(|(place, loss)| (completed(loss.operation), 4, Turn::Lost(place))));
        for (place, replica) in session.replicas.iter().enumerate() {
            turns.push((replica.asked, 0, Turn::Asked(place)));
            turns.push((replica.at, 3, Turn::Looked(place)));
        }
        turns.sort_by_key(|(at, order, _)| (*at, *order));
        turns
    }
}

/// Something that a node was seen to hold.
#[derive(Debug, Clone, Copy)]
struct Seen {
    floor: Floor,
    /// As much of it as had been acknowledged: all nodes have that, so no later write of another one undoes it.
    acknowledged: i64,
}

impl Seen {
    /// What is left of it when another node writes.
    fn acknowledged(self) -> Option<Self> {
        let count = self.floor.count.min(self.acknowledged);
        (count > 0).then_some(Self { floor: Floor { count, ..self.floor }, ..self })
    }
}

/// What one node holds.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// The greatest acknowledged value.
    value: Option<Floor>,
    /// How many acknowledged increments, from the last value that one which overlapped no other has shown.
    increments: i64,
    /// What it was itself seen to hold, be it acknowledged or not.
    seen: Option<Seen>,
    /// What another one was seen to hold, and this one has, too.
    shared: Option<Floor>,
    /// What its peers held when it was said to hold it, too: more than when it began, where a request came meanwhile.
    joined: Option<Floor>,
    /// The most that it can show, by what it was seen to show.
    most: Option<i64>,
}

impl Node {
    fn lower(&mut self, count: i64) {
        let lower = |floor: &mut Floor| floor.count = floor.count.min(count);
        self.value.iter_mut().for_each(lower);
        self.shared.iter_mut().for_each(lower);
        self.joined.iter_mut().for_each(lower);
        self.seen.iter_mut().for_each(|seen| seen.floor.count = seen.floor.count.min(count));
        self.increments = self.increments.min(count);
    }

    fn acknowledged(&self) -> Option<Floor> {
        let counted = self.value.map(|value| Floor { count: value.count.max(self.increments), ..value });
        counted.filter(|floor| floor.count > 0)
    }

    fn seen(&self) -> Option<Floor> {
        greater(self.seen.map(|seen| seen.floor), self.shared)
    }
}

fn greater(one: Option<Floor>, other: Option<Floor>) -> Option<Floor> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if one.count >= other.count { one } else { other }),
        (one, other) => one.or(other),
    }
}

fn plus(floor: Option<Floor>, own: i64) -> Option<Floor> {
    floor.map(|floor| Floor { count: floor.count + own, ..floor })
}

/// A doubt whether the session is still there under its id.
#[derive(Debug)]
struct Doubt<'w> {
    operation: usize,
    until: Nanos,
    /// Whether one answer of any node ends it: what it did it did to all nodes.
    everywhere: bool,
    cleared: BTreeSet<&'w NodeName>,
}

struct Walk<'w, 'v, 'a> {
    run: &'w Run<'v, 'a>,
    session: &'w Session<'a>,
    /// Those that know the session.
    nodes: BTreeMap<&'w NodeName, Node>,
    /// What a node that comes back will hold, as of its start; `None` where it may not even know the session.
    coming: BTreeMap<&'w NodeName, Option<Node>>,
    doubts: Vec<Doubt<'w>>,
    /// The id that was told last, and who told it.
    current: Option<&'w str>,
    owner: Option<&'w NodeName>,
    /// Who has told an id last, be it there still or not.
    teller: Option<&'w NodeName>,
    /// The node that all copies come from: it made the session or was the only one left, and nobody else has counted since.
    source: Option<&'w NodeName>,
    /// Until when increments on each node may have acted.
    acted_until: BTreeMap<&'w NodeName, Nanos>,
    /// Whether several may take themselves for the owner since a split, and no write has been acknowledged since.
    unmerged: bool,
    /// The greatest acknowledged value anywhere, since a loss was last told.
    best: Option<(Floor, &'w NodeName)>,
    /// The greatest value that a client was shown since then, and by which answer.
    told: Option<(i64, usize)>,
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
    /// then: who is answered with no more later was in it.
    base: Option<(i64, &'w NodeName, BTreeSet<usize>)>,
    /// Since when both sides of a split have been asked.
    forked: Nanos,
    /// Since when an increment may be on one side of a split that nobody was told of.
    unheard: Nanos,
    void: Option<Nanos>,
    held: Held,
}

/// Walks through one session.
pub(super) fn held<'a>(run: &Run<'_, 'a>, session: &Session<'a>) -> Held {
    let mut walk = Walk {
        run,
        session,
        nodes: BTreeMap::new(),
        coming: BTreeMap::new(),
        doubts: Vec::new(),
        current: None,
        owner: None,
        teller: None,
        source: session.created_by.map(|index| run.operations[index].node),
        acted_until: BTreeMap::new(),
        unmerged: false,
        best: None,
        told: None,
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
        void: None,
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
            elsewhere: plus(self.best.map(|(floor, _)| floor), own),
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
                    && !run.splits.iter().any(|split| split.saw(operation)),
                cleared: BTreeSet::new(),
            });
        }
        // The other side of a split hears nothing of it, not even under which id the session goes now.
        let apart = |split: &&Split<'_>| self.is_asked_in(split, operation) || self.went_on_apart(split, operation);
        let apart: Vec<&Split<'_>> = run.splits.iter().filter(apart).collect();
        for split in apart {
            self.nodes.retain(|node, _| !split.parts(node, operation.node));
        }
        if run.splits.iter().any(|split| self.comes_back(split, operation)) {
            self.nodes.retain(|node, _| *node == operation.node);
        }
        let counts = operation.request == AppRequest::Count && operation.may_land();
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

    /// Whether a session was asked for in a split. An increment that ran out of time before it may still be under way in it,
    /// and takes nothing from what the others hold.
    fn is_asked_in(&self, split: &Split<'_>, operation: &Operation<'_>) -> bool {
        let ran_out = operation.completed.is_some_and(|end| end <= split.from) && !self.may_take_the_id(operation);
        split.saw(operation) && !ran_out
    }

    /// Whether the other side of a split that is over gave the session another id in it: what this one has is another session
    /// since, under the same stem, unless the node has taken over its peers' state.
    fn went_on_apart(&self, split: &Split<'_>, operation: &Operation<'_>) -> bool {
        let (run, node) = (self.run, operation.node);
        let mut asked = self.session.operations.iter().map(|index| &run.operations[*index]);
        split.until <= operation.invoked
            && !run.timeline.synchronised_between(node, split.from, operation.invoked)
            && asked.any(|other| {
                other.invoked < operation.invoked
                    && split.saw(other)
                    && split.parts(node, other.node)
                    && self.may_rename(other)
            })
    }

    /// Whether a client comes from a node that may have the session as it became on the other side of a split that is over,
    /// under another id: the two hear nothing of each other, nor does anybody know with which of them the others go.
    fn comes_back(&self, split: &Split<'_>, operation: &Operation<'_>) -> bool {
        let (run, node) = (self.run, operation.node);
        let Some(before) = self.teller.filter(|before| *before != node && split.until <= operation.invoked) else {
            return false;
        };
        let anew = |node: &NodeName| run.timeline.synchronised_between(node, split.from, operation.invoked);
        let mut asked = self.session.operations.iter().map(|index| &run.operations[*index]);
        (split.parts(before, node) || anew(before) || anew(node))
            && asked.any(|other| other.invoked < operation.invoked && split.saw(other) && self.may_rename(other))
            && !run.is_forgotten(split, operation.invoked)
    }

    fn may_rename(&self, operation: &Operation<'_>) -> bool {
        let renamed = operation.told().is_some_and(|told| operation.sent.is_some_and(|sent| sent.as_str() != told));
        renamed || self.may_take_the_id(operation)
    }

    /// What a write on one node leaves of what the others must show: they take its value over, whatever it was based on.
    fn written_elsewhere(&mut self, operation: &Operation<'w>) {
        let base = self.nodes.get(operation.node).and_then(Node::acknowledged).map_or(0, |floor| floor.count);
        for (node, here) in &mut self.nodes {
            if *node == operation.node {
                here.most = here.most.map(|most| most + 1);
                continue;
            }
            here.most = None;
            here.seen = here.seen.and_then(Seen::acknowledged);
            let apart = self.run.splits.iter().any(|split| {
                split.parts(node, operation.node)
                    && split.from < operation.acts_until
                    && operation.invoked < split.until
            });
            if !apart && here.acknowledged().is_some_and(|floor| floor.count > base + 1) {
                here.lower(base + 1);
                for (of, bounds) in self.open.values_mut().filter(|(of, _)| of == node) {
                    let _ = of;
                    for floor in [&mut bounds.acknowledged, &mut bounds.seen].into_iter().flatten() {
                        floor.count = floor.count.min(base + 1);
                    }
                }
            }
        }
    }

    /// Whether nobody knows what became of it, and it may have ended the session or given it another id.
    fn may_take_the_id(&self, operation: &Operation<'_>) -> bool {
        if !matches!(operation.fate, Fate::Perhaps(_)) {
            return false;
        }
        match operation.request {
            AppRequest::Invalidate | AppRequest::ChangeId => true,
            // JvmRouteBinderValve of another node renames the session on every node.
            _ => {
                let to = self.run.routes.get(operation.node);
                to.is_some() && operation.sent.is_some_and(|sent| sent.route() != to)
            }
        }
    }

    fn broke(&mut self, node: &'w NodeName, ends: bool, at: Nanos) {
        let there = self.nodes.remove(node);
        self.owner = self.owner.filter(|owner| *owner != node);
        // When it comes back it has what another one had, which need not be all.
        self.source = self.source.filter(|source| !ends || *source != node);
        if !ends && there.is_some() {
            // It was frozen with what it held, and misses what is sent meanwhile.
            self.nodes.insert(node, Node::default());
        }
        self.coming.remove(node);
        if self.run.replicates_to_all() {
            let alive = self.nodes.keys().any(|other| *other != node);
            if there.is_some() && !alive {
                self.void = Some(at);
            }
        } else {
            self.broken.insert(node);
            if self.broken.len() > 1 {
                self.nodes.clear();
                self.coming.clear();
                self.void = Some(at);
            }
        }
        if self.run.waits || !self.run.replicates_to_all() {
            let shown = self.nodes.values().filter_map(|here| here.seen.and_then(Seen::acknowledged));
            let shown = shown.map(|seen| seen.floor).max_by_key(|floor| floor.count);
            for here in self.nodes.iter_mut().filter(|(other, _)| **other != node).map(|(_, here)| here) {
                // Not more than what reached it itself.
                let reached = here.acknowledged().map_or(0, |floor| floor.count);
                let shown = shown.map(|floor| Floor { count: floor.count.min(reached), ..floor });
                here.shared = greater(here.shared, shown.filter(|floor| floor.count > 0));
            }
        }
    }

    /// After a partition each `BackupManager` takes itself for the owner of what was asked for meanwhile, and publishes what
    /// it has as soon as the others are back.
    fn healed(&mut self, at: Nanos) {
        if self.run.replicates_to_all() {
            return;
        }
        let over = self.run.splits.iter().filter(|split| split.until == at || split.healed == Some(at));
        let asked = |split: &Split<'_>| {
            let mut operations = self.session.operations.iter().map(|index| &self.run.operations[*index]);
            operations.any(|operation| self.is_asked_in(split, operation))
        };
        if over.into_iter().any(asked) {
            self.nodes.clear();
            self.unmerged = true;
        }
    }

    fn began(&mut self, node: &'w NodeName, at: Nanos) {
        let peers = self.run.plan.topology.names().filter(|peer| *peer != node);
        let mut peers = peers.filter(|peer| self.run.timeline.up(peer, at, at).is_some());
        // It asks one of them only, and nobody knows which.
        let all = peers.all(|peer| self.nodes.contains_key(peer));
        let held: Vec<&Node> = self.nodes.iter().filter(|(peer, _)| **peer != node).map(|(_, held)| held).collect();
        let shown = held.iter().map(|held| held.seen.and_then(Seen::acknowledged).map(|seen| seen.floor));
        // What one was seen to hold has come to all where it was waited for.
        let shown = if self.run.waits {
            shown.flatten().max_by_key(|floor| floor.count)
        } else {
            shown.min_by_key(|floor| floor.map_or(0, |floor| floor.count)).flatten()
        };
        let least =
            held.iter().map(|held| held.acknowledged().map_or(0, |floor| floor.count)).min().unwrap_or_default();
        let coming = (all && !held.is_empty()).then(|| Node {
            value: held.iter().map(|held| held.value).min_by_key(|value| value.map(|floor| floor.count)).flatten(),
            increments: held.iter().map(|held| held.increments).min().unwrap_or_default(),
            seen: None,
            shared: shown.map(|floor| Floor { count: floor.count.min(least), ..floor }),
            joined: None,
            most: None,
        });
        self.coming.insert(node, coming);
    }

    fn joined(&mut self, node: &'w NodeName) {
        let Some(Some(coming)) = self.coming.remove(node) else { return };
        let held = self.nodes.iter().filter(|(peer, _)| **peer != node);
        let held = held.map(|(_, held)| greater(held.acknowledged(), held.seen()));
        let joined = held.min_by_key(|floor| floor.map_or(0, |floor| floor.count)).flatten();
        self.nodes.insert(node, Node { joined, ..coming });
        let peers: Vec<&NodeName> = self.nodes.keys().copied().filter(|peer| *peer != node).collect();
        for doubt in &mut self.doubts {
            if !peers.is_empty() && peers.iter().all(|peer| doubt.cleared.contains(peer)) {
                doubt.cleared.insert(node);
            }
        }
    }

    /// Whether no increment of another node may have changed what a node showed from `from` to `to`.
    fn quiet(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        let operations = self.run.operations;
        let acts = |index: &usize| {
            let other = &operations[*index];
            other.node != node && other.request == AppRequest::Count && other.may_land() && from < other.acts_until
        };
        if self.acting.iter().any(acts) {
            return false;
        }
        // Those that are over already.
        let begun = self.session.operations.partition_point(|index| operations[*index].invoked < to);
        let mut recent = self.session.operations[..begun].iter().rev();
        self.over <= from || !recent.by_ref().take_while(|index| from < operations[**index].acts_until).any(acts)
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
        // Under another route its client does not find it there.
        if self.current.is_none_or(|current| current == replica.id) && !self.may_be_another(replica) {
            self.nodes.entry(replica.node).or_default();
        }
        if let Some(count) = replica.content.count {
            self.shown(replica.node, (replica.asked, replica.at), Floor { count, by: By::Look(place) });
        }
    }

    /// Whether a request that nobody answered may have given the session another id on the other side of a split.
    fn may_be_another(&self, replica: &Replica<'_>) -> bool {
        let shown = replica.id.split_once('.').map(|(_, route)| route);
        self.doubts.iter().map(|doubt| &self.run.operations[doubt.operation]).any(|taker| {
            // One of another node gives it that node's route, and it has it already.
            let anew = matches!(taker.request, AppRequest::Invalidate | AppRequest::ChangeId)
                || shown != self.run.routes.get(taker.node);
            anew && self.run.splits.iter().any(|split| split.saw(taker) && split.parts(taker.node, replica.node))
        })
    }

    /// Whether a copy is one that a change of the route left behind: nobody asks for it any more. `BackupManager` leaves some
    /// on nodes that are neither owner nor backup (seen with 4 nodes on Tomcat 11.0.24).
    fn is_left_over(&self, place: usize) -> bool {
        let replicas = &self.session.replicas;
        let (look, id) = (replicas[place].look, replicas[place].id);
        let Some(current) = self.current.filter(|current| *current != id) else { return false };
        let beside = |other: usize| replicas.get(other).is_some_and(|other| other.look == look && other.id == current);
        !self.run.replicates_to_all() || beside(place + 1) || place.checked_sub(1).is_some_and(beside)
    }

    /// Takes over what a node showed.
    fn shown(&mut self, node: &'w NodeName, (from, to): (Nanos, Nanos), floor: Floor) {
        // What comes from one node only comes in its order, and never falls.
        let elsewhere = |index: &&usize| self.run.operations[**index].node != node;
        let contested = self.acting.iter().filter(elsewhere).any(|index| self.contested.contains(index));
        let settled = self.run.timeline.settled(node, from, to);
        let own = self.acting.len();
        let best = self.best.map_or(0, |(best, _)| best.count);
        let timeline = self.run.timeline;
        let mut others = self.run.plan.topology.names().filter(|other| *other != node);
        // Nothing is on its way to it that it lacks.
        let all = (settled && !self.was_split(to))
            || (timeline.reachable(node, from, to)
                && (others.all(|other| timeline.dead(other, from, to))
                    || (self.greatest <= floor.count && to < self.unheard)));
        let exact = all && self.quiet(node, from, to) && self.run.waits;
        self.greatest = self.greatest.max(floor.count);
        if self.run.is_alone(node, from, to) {
            self.source = Some(node);
        }
        if self.over <= from && self.is_source(node, from, to) {
            self.at_most(floor.count, node);
        }
        let Some(here) = self.nodes.get_mut(node).filter(|_| !contested) else { return };
        let seen = Seen { floor, acknowledged: best };
        let looked = matches!(floor.by, By::Look(_));
        let better = |known: &Seen| known.floor.count > floor.count || (known.floor.count == floor.count && !looked);
        here.seen = Some(here.seen.filter(better).unwrap_or(seen));
        if exact && self.over <= from {
            let most = floor.count + i64::try_from(own).unwrap_or(i64::MAX);
            here.most = Some(here.most.map_or(most, |known| known.min(most)));
        }
    }

    /// Whether what a node shows from `from` to `to` is the most that anybody has: all copies come from it, and of what others
    /// had written nothing is on its way any more.
    fn is_source(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        let mut others = self.acted_until.iter().filter(|(other, _)| **other != node);
        self.source == Some(node)
            && others.all(|(_, until)| until.0.saturating_add(ON_ITS_WAY) <= from.0)
            // A `BackupManager` may publish what it had before, and all others hold more then.
            && (self.run.replicates_to_all() || !self.was_split(to))
    }

    /// Nobody has more than a node shows, and what is under way comes to it.
    fn at_most(&mut self, count: i64, node: &'w NodeName) {
        let most = count + i64::try_from(self.acting.len()).unwrap_or(i64::MAX);
        if self.most.is_none_or(|known| most <= known) {
            (self.most, self.base) = (Some(most), Some((count, node, self.acting.iter().copied().collect())));
        }
    }

    fn was_split(&self, by: Nanos) -> bool {
        self.run.splits.iter().any(|split| split.from < by)
    }

    fn most_on(&self, node: &NodeName) -> Option<i64> {
        let here = self.nodes.get(node).and_then(|here| here.most);
        match (self.most, here) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// An answer or a replica shows the session under this id: what may have taken it away before has not.
    fn confirmed(&mut self, node: &'w NodeName, from: Nanos, id: &str) {
        let (operations, waits) = (self.run.operations, self.run.waits);
        self.doubts.retain_mut(|doubt| {
            let operation = &operations[doubt.operation];
            let stem = super::operations::stem;
            let same = match (operation.request, operation.sent) {
                (AppRequest::Invalidate, _) => true,
                (AppRequest::ChangeId, Some(sent)) => stem(sent.as_str()) == stem(id),
                (_, sent) => sent.is_some_and(|sent| sent.as_str() == id),
            };
            // What nobody waits for may come after its node's end.
            let over = doubt.until.0.saturating_add(if waits { 0 } else { ON_ITS_WAY });
            if from.0 < over || !same {
                return true;
            }
            doubt.cleared.insert(node);
            !doubt.everywhere
        });
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
        let told = self.told.map(|(told, by)| {
            // Whoever counts adds its own, unless two that were both answered ran at once on two nodes: the last one wins.
            let raced = self.raced.contains(&by) || self.raced.contains(&index);
            (told + i64::from(counted && !raced), by)
        });
        let told = told.filter(|(told, by)| {
            answer.count < *told && run.operations[*by].completed.is_some_and(|end| end < operation.invoked)
        });
        if let Some((told, by)) = told.filter(|_| !short && bounds.unpromised.is_none()) {
            bounds.elsewhere = Some(Floor { count: told, by: By::Answer(by) });
            bounds.unpromised = Some(if self.contested.contains(&by) || self.contested.contains(&index) {
                AT_ONCE.to_owned()
            } else {
                format!("{} had shown it, and no write had been acknowledged with it", run.operations[by].name())
            });
        }
        if let Some(id) = operation.told() {
            self.current = Some(id);
            (self.owner, self.teller) = (Some(node), Some(node));
            self.confirmed(node, operation.invoked, id);
        }
        self.nodes.entry(node).or_default();
        if short || bounds.unpromised.is_some() {
            self.told_a_loss(node, counted, answer.count);
        }
        if !bounds.knows && session.created_by != Some(index) {
            bounds.stranger = Some(self.reason(node, ended));
        }
        let bounds_most = bounds.most;
        self.held.answers[place] = bounds;
        if self.told.is_none_or(|(told, _)| told <= answer.count) {
            self.told = Some((answer.count, index));
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

    /// A loss is told once: from here on less is due.
    fn told_a_loss(&mut self, node: &'w NodeName, counted: bool, count: i64) {
        for (other, here) in &mut self.nodes {
            if counted || *other == node {
                here.lower(count);
            }
        }
        if let Some((best, _)) = &mut self.best {
            best.count = best.count.min(count);
        }
        self.told = None;
    }

    /// An acknowledged increment.
    fn written(&mut self, index: usize, count: i64) {
        let (run, session) = (self.run, self.session);
        let operation = &run.operations[index];
        let (from, to) = (operation.invoked, operation.completed.unwrap_or(FOREVER));
        if !run.splits.iter().any(|split| split.saw(operation)) {
            self.unmerged = false;
        }
        self.held.unsettled = self.contested.contains(&index);
        if self.held.unsettled {
            return;
        }
        let floor = Floor { count, by: By::Answer(index) };
        if self.best.is_none_or(|(best, _)| best.count < count) {
            self.best = Some((floor, operation.node));
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

    /// The latest instant from which on an increment must have been made: its node was looked at meanwhile and had not counted
    /// so far.
    fn counted_since(&self, index: usize, count: i64) -> Nanos {
        let operation = &self.run.operations[index];
        let replicas = &self.session.replicas;
        let ended = replicas.partition_point(|replica| Some(replica.at) < operation.completed);
        let during = replicas[..ended].iter().rev().take_while(|replica| operation.invoked < replica.at);
        let before = during.filter(|replica| {
            replica.node == operation.node && replica.content.count.is_some_and(|shown| shown < count)
        });
        before.map(|replica| replica.asked).max().map_or(operation.invoked, |asked| asked.max(operation.invoked))
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

    fn lost(&mut self, place: usize) {
        let (run, session) = (self.run, self.session);
        let loss = &session.losses[place];
        let operation = &run.operations[loss.operation];
        let node = operation.node;
        let doubt = self.doubts.iter().find(|doubt| {
            let taker = &run.operations[doubt.operation];
            let ends = match taker.request {
                AppRequest::Invalidate => true,
                AppRequest::ChangeId => same_stem(taker, operation),
                _ => same_stem(taker, operation) && run.routes.get(taker.node) != run.routes.get(node),
            };
            ends && !doubt.cleared.contains(node)
        });
        let mut bounds = self.bounds(node, 0, None);
        let at = operation.completed.unwrap_or(FOREVER);
        if !run.replicates_to_all() && self.is_cut_off(node, operation.invoked, at) {
            // It may have known only where the session was.
            bounds = Bounds { knows: false, acknowledged: None, ..bounds };
        }
        bounds.doubt = doubt.map(|doubt| doubt.operation);
        if !bounds.knows {
            bounds.unpromised = Some(self.reason(node, operation.completed.unwrap_or(FOREVER)));
        }
        self.held.losses[place] = bounds;
        self.nodes.remove(node);
    }

    /// Whether a node was cut off from the one that had answered last, or may have been where that one has ended since.
    fn is_cut_off(&self, node: &NodeName, from: Nanos, to: Nanos) -> bool {
        let apart = |split: &Split<'_>| self.owner.is_none_or(|owner| split.parts(node, owner));
        self.run.splits.iter().any(|split| split.from < to && from < split.until && apart(split))
    }

    /// Why a node need not show what was acknowledged elsewhere.
    fn reason(&self, node: &NodeName, at: Nanos) -> String {
        let client = self.session.client;
        let split = self.run.splits.iter().rev().find(|split| split.from < at);
        if let Some(split) = split {
            return format!("{} had split {client}'s session, and nothing is merged", split.name);
        }
        if let Some(void) = self.void {
            return format!("no copy was left at {void}");
        }
        let settled = self.run.timeline.settled(node, at, at);
        if settled {
            format!("{node} was not known to hold {client}'s session")
        } else {
            format!("{node} had not been seen to hold what its peers hold")
        }
    }
}

fn same_stem(one: &Operation<'_>, other: &Operation<'_>) -> bool {
    let stem = |operation: &Operation<'_>| operation.sent.map(|id| id.stem().to_owned());
    stem(one) == stem(other)
}
