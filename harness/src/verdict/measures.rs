//! Measures: how long the failovers, the farm, the start and the operations took.

use std::collections::BTreeMap;
use std::time::Duration;

use super::finding::{Failover, Latency, Measures};
use super::guarantees::due;
use super::timeline::Fault;
use super::view::{Content, View};
use crate::history::{Event, Outcome, RecordKind};

/// All measures of a run.
pub(super) fn measure(view: &View<'_>) -> Measures {
    Measures {
        failovers: view.timeline.faults.iter().filter_map(|fault| failover(view, fault)).collect(),
        farm_ms: farm(view),
        start_ms: start(view),
        latency: latency(view),
    }
}

/// The answer that came first, of those asked for after the hit that show all that was due.
fn failover(view: &View<'_>, fault: &Fault<'_>) -> Option<Failover> {
    // Who runs on is not lost.
    let hit = fault.hit().filter(|_| !fault.kind.leaves_it_up())?;
    let sessions = view.sessions.iter().filter(|session| session.acknowledged_before(fault.asked) > 0);
    let answers =
        sessions.flat_map(|session| session.answers.iter().map(move |answer| (session, &view.operations[*answer])));
    let mut after: Vec<_> = answers.filter(|(_, answer)| answer.invoked > hit).collect();
    after.sort_by_key(|(_, answer)| answer.completed);
    let (first, completed) = after.into_iter().find_map(|(session, answer)| {
        let right = Content::of_answer(answer.answer()?).lacks(&due(session, answer)).is_none();
        Some((answer, answer.completed.filter(|_| right)?))
    })?;
    Some(Failover {
        node: fault.node.clone(),
        answered_by: first.id,
        first_answer_ms: Measures::millis(completed.since(first.invoked)),
        since_fault_ms: Measures::millis(completed.since(hit)),
    })
}

/// From the first drop to the last node that serves it for the first time.
fn farm(view: &View<'_>) -> Option<u64> {
    let (mut dropped, mut served) = (None, BTreeMap::new());
    for (_, at, event) in view.events() {
        match event {
            Event::WarDropped { .. } => drop(dropped.get_or_insert(at)),
            Event::Deployed { node, .. } if dropped.is_some() => drop(served.entry(node).or_insert(at)),
            _ => {}
        }
    }
    let everywhere = view.plan.topology.names().all(|node| served.contains_key(node));
    let last = served.into_values().max().filter(|_| everywhere)?;
    Some(Measures::millis(last.since(dropped?)))
}

fn start(view: &View<'_>) -> Option<u64> {
    let formed = view.timeline.whole.first()?.from;
    let starts = view.events().find(|(_, at, event)| *at < formed && matches!(event, Event::NodeStarts { .. }));
    // A cluster that was taken over did not start.
    Some(Measures::millis(formed.since(starts?.1)))
}

/// Over all operations that were answered, the counter app's and others.
fn latency(view: &View<'_>) -> Option<Latency> {
    let mut begun = BTreeMap::new();
    let mut took: Vec<Duration> = Vec::new();
    for record in &view.history.records {
        match &record.kind {
            RecordKind::Invoke { operation, .. } => drop(begun.insert(*operation, record.at)),
            RecordKind::Complete { operation, outcome: Outcome::Ok { .. } } => {
                took.extend(begun.get(operation).map(|begun| record.at.since(*begun)));
            }
            _ => {}
        }
    }
    took.sort_unstable();
    let rank = |percent: usize| {
        let rank = (took.len() * percent).div_ceil(100).max(1) - 1;
        took.get(rank).map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
    };
    Some(Latency { operations: took.len(), median_us: rank(50)?, p99_us: rank(99)?, max_us: rank(100)? })
}
