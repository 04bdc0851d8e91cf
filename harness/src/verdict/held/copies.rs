//! What one node holds of a session.

use super::bounds::Floor;

/// Something that a node was seen to hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) floor: Floor,
    /// As much of it as had been acknowledged: all nodes have that, so no later write of another one undoes it.
    pub(super) acknowledged: i64,
}

impl Seen {
    /// What is left of it when another node writes.
    pub(super) fn acknowledged(self) -> Option<Self> {
        let count = self.floor.count.min(self.acknowledged);
        (count > 0).then_some(Self { floor: Floor { count, ..self.floor }, ..self })
    }
}

/// What one node holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Node {
    /// The greatest acknowledged value.
    pub(super) value: Option<Floor>,
    /// How many acknowledged increments, from the last value that one which overlapped no other has shown.
    pub(super) increments: i64,
    /// What it was itself seen to hold, be it acknowledged or not.
    pub(super) seen: Option<Seen>,
    /// What another one was seen to hold, and this one has, too.
    pub(super) shared: Option<Floor>,
    /// What its peers held when it was said to hold it, too: more than when it began, where a request came meanwhile.
    pub(super) joined: Option<Floor>,
    /// The most that it can show, by what it was seen to show.
    pub(super) most: Option<i64>,
}

impl Node {
    pub(super) fn lower(&mut self, count: i64) {
        let lower = |floor: &mut Floor| floor.count = floor.count.min(count);
        self.value.iter_mut().for_each(lower);
        self.shared.iter_mut().for_each(lower);
        self.joined.iter_mut().for_each(lower);
        self.seen.iter_mut().for_each(|seen| seen.floor.count = seen.floor.count.min(count));
        self.increments = self.increments.min(count);
    }

    pub(super) fn acknowledged(&self) -> Option<Floor> {
        let counted = self.value.map(|value| Floor { count: value.count.max(self.increments), ..value });
        counted.filter(|floor| floor.count > 0)
    }

    pub(super) fn seen(&self) -> Option<Floor> {
        greater(self.seen.map(|seen| seen.floor), self.shared)
    }
}

pub(super) fn greater(one: Option<Floor>, other: Option<Floor>) -> Option<Floor> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if one.count >= other.count { one } else { other }),
        (one, other) => one.or(other),
    }
}

pub(super) fn plus(floor: Option<Floor>, own: i64) -> Option<Floor> {
    floor.map(|floor| Floor { count: floor.count + own, ..floor })
}
