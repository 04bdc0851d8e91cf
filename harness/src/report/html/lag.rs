//! Replication lag, as far as a history tells: from the answer that acknowledged a count to the first look at another
//! node whose replica showed it.
//!
//! A node is looked at now and then, so each is the most that the lag can have been, and a look that came long after the
//! answer says little.

use std::collections::HashMap;

use serde::Serialize;

use super::columns::{Operations, Replicas, micros};
use crate::history::History;

/// One point for each acknowledged count and each node that was seen to have it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Lag {
    /// Which operation, as an index into the operations.
    pub(super) operation: Vec<usize>,
    /// The node whose replica showed the count.
    pub(super) node: Vec<i64>,
    /// The record of that look.
    pub(super) record: Vec<i64>,
    /// The most that it can have lasted, in microseconds.
    pub(super) micros: Vec<u64>,
}

/// The looks at one session on one node, in time.
#[derive(Default)]
struct Looks {
    at: Vec<u64>,
    record: Vec<i64>,
    count: Vec<i64>,
    /// The highest count from each look on.
    highest_from: Vec<i64>,
}

/// All points.
pub(super) fn lag(operations: &Operations, replicas: &Replicas, history: &History) -> Lag {
    let at = |record: i64| usize::try_from(record).ok().map(|record| micros(history.records[record].at));
    let mut looks: HashMap<i64, HashMap<i64, Looks>> = HashMap::new();
    for (index, count) in replicas.count.iter().enumerate() {
        let (Some(count), Some(at)) = (count, at(replicas.record[index])) else { continue };
        let looks = looks.entry(replicas.session[index]).or_default().entry(replicas.node[index]).or_default();
        looks.at.push(at);
        looks.record.push(replicas.record[index]);
        looks.count.push(*count);
    }
    for looks in looks.values_mut().flat_map(HashMap::values_mut) {
        looks.close();
    }
    let mut lag = Lag::default();
    for (index, count) in operations.count.iter().enumerate() {
        let (Some(count), Some(answered)) = (count, at(operations.complete[index])) else { continue };
        let Some(nodes) = looks.get(&operations.told[index]) else { continue };
        let mut nodes: Vec<_> = nodes.iter().filter(|(node, _)| **node != operations.node[index]).collect();
        nodes.sort_by_key(|(node, _)| **node);
        for (node, looks) in nodes {
            let Some(look) = looks.first_with(*count, answered) else { continue };
            lag.operation.push(index);
            lag.node.push(*node);
            lag.record.push(looks.record[look]);
            lag.micros.push(looks.at[look] - answered);
        }
    }
    lag
}

impl Looks {
    fn close(&mut self) {
        let mut order: Vec<usize> = (0..self.at.len()).collect();
        order.sort_by_key(|index| self.at[*index]);
        self.at = order.iter().map(|index| self.at[*index]).collect();
        self.record = order.iter().map(|index| self.record[*index]).collect();
        self.count = order.iter().map(|index| self.count[*index]).collect();
        self.highest_from.clone_from(&self.count);
        for index in (1..self.count.len()).rev() {
            self.highest_from[index - 1] = self.highest_from[index - 1].max(self.highest_from[index]);
        }
    }

    /// The first look at or after an instant that showed at least this count.
    fn first_with(&self, count: i64, from: u64) -> Option<usize> {
        let first = self.at.partition_point(|at| *at < from);
        if *self.highest_from.get(first)? < count {
            return None;
        }
        (first..self.count.len()).find(|look| self.count[*look] >= count)
    }
}
