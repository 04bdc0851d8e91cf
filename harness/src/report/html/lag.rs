//! Replication lag as the verdict measures it, as columns to draw.

use serde::Serialize;

use super::columns::Columns;
use crate::verdict;

/// One point for each write that a look at another node was the first to show.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Lag {
    /// Which operation, as an index into the operations.
    operation: Vec<usize>,
    /// The node whose replica showed it.
    node: Vec<i64>,
    /// The record of that look.
    record: Vec<usize>,
    /// The most that it can have lasted, in microseconds.
    micros: Vec<u64>,
}

impl Lag {
    /// All points.
    pub(super) fn of(lags: &[verdict::Lag], columns: &Columns<'_>) -> Self {
        let places = columns.places();
        let mut points = Self::default();
        for lag in lags {
            let Some(place) = places.get(&lag.operation) else { continue };
            points.operation.push(*place);
            points.node.push(columns.node(&lag.node));
            points.record.push(lag.record);
            points.micros.push(u64::try_from(lag.lag.as_micros()).unwrap_or(u64::MAX));
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::sample::violated;
    use super::*;

    #[test]
    fn the_page_draws_the_lags_of_the_verdict() {
        let (summary, history) = violated();
        let columns = Columns::of(&history);
        let lag = Lag::of(&summary.verdict.measures.lags, &columns);
        let of = Lag { operation: vec![1], node: vec![1], record: vec![14], micros: vec![9000] };
        assert_eq!(lag, of, "#2 on n2, by a look");
    }
}
