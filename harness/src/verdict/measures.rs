//! Measures: how long the failovers, the farm, the start and the operations took.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::finding::{Eviction, Failover, Lag, Latency, Measures, NodeTime};
use super::operations::stem;
use super::records;
use super::timeline::{FOREVER, Fault};
use super::view::View;
use crate::history::{Event, Outcome, RecordKind};
use crate::model::NodeName;

/// All measures of a run.
pub(super) fn measure(view: &View<'_>) -> Measures {
    let lags = lags(view);
    Measures {
        failovers: {
            let faults = view.timeline.faults.iter();
            faults.filter_map(|fault| failover(view, fault).or_else(|| failover_of_apps(view, fault))).collect()
        },
        farm_ms: farm(view),
        farm: farm_to_each(view),
        start_ms: start(view),
        state_transfers: state_transfers(view),
        evictions: evictions(view),
        replication_lag: spread(lags.iter().map(|lag| lag.lag).collect()),
        lags,
        latency: latency(view),
    }
}

/// The answer that came first, of those asked for after the hit that show all that was due: from the first request that
/// any of these sessions made after the hit, whatever became of it.
fn failover(view: &View<'_>, fault: &Fault<'_>) -> Option<Failover> {
    // Who runs on is not lost.
    let hit = fault.hit().filter(|_| !fault.kind.leaves_it_up())?;
    // Whose node lives on need not fail over.
    let moves = view.sessions.iter().any(|session| view.at_stake(session, fault));
    let written = view.sessions.iter().filter(|session| session.acknowledged_before(fault.asked) > 0);
    let sessions: Vec<_> = written.filter(|session| !moves || view.at_stake(session, fault)).collect();
    let sessions = || sessions.iter();
    let right = sessions().flat_map(|session| {
        let after = session.answers.partition_point(|answer| view.operations[*answer].invoked <= hit);
        let answers = session.answers.iter().enumerate().skip(after);
        answers
            .filter_map(|(place, answer)| {
                let operation = &view.operations[*answer];
                let shown = operation.answer()?.count;
                let right = session.held.answers[place].acknowledged.is_none_or(|floor| floor.count <= shown);
                Some((operation, operation.completed.filter(|_| right)?))
            })
            .take(1)
    });
    let (first, completed) = right.min_by_key(|(_, completed)| *completed)?;
    let asked = sessions().flat_map(|session| session.operations.iter().chain(&session.refused));
    let asked = asked
        .map(|index| &view.operations[*index])
        .filter(|asked| hit < asked.invoked && !view.timeline.dead(asked.node, asked.invoked, asked.invoked));
    let asked = asked.map(|asked| asked.invoked).min().unwrap_or(first.invoked).min(first.invoked);
    Some(Failover {
        node: fault.node.clone(),
        answered_by: first.id,
        first_answer_ms: Measures::millis(completed.since(asked)),
        since_fault_ms: Measures::millis(completed.since(hit)),
    })
}

/// The same of the sessions of other apps that the broken node had answered last: nothing is known of what their answers must
/// show, but that they came from these sessions.
fn failover_of_apps(view: &View<'_>, fault: &Fault<'_>) -> Option<Failover> {
    let hit = fault.hit().filter(|_| !fault.kind.leaves_it_up())?;
    let owned = view.apps.all.iter().filter(|session| {
        let last = session.last_answered(&view.requests, hit).map(|index| &view.requests[index]);
        let left = session.left(&view.requests).is_some_and(|left| view.requests[left].invoked < hit);
        !view.is_counter(session.context)
            && !left
            && last.is_some_and(|last| last.node == fault.node && !last.says_to_end())
    });
    let owned: Vec<_> = owned.collect();
    let after = || {
        let asked = owned.iter().flat_map(|session| session.requests.iter().map(move |index| (session, *index)));
        let asked = asked.map(|(session, index)| (session, &view.requests[index]));
        asked.filter(|(session, asked)| hit < asked.invoked && asked.sent.is_some_and(|it| it.stem() == session.stem))
    };
    let kept = after().filter(|(session, asked)| {
        asked.succeeded() && asked.received.is_none_or(|received| stem(received) == session.stem)
    });
    let (_, first) = kept.min_by_key(|(_, asked)| asked.completed)?;
    let reached = after().filter(|(_, asked)| !view.timeline.dead(asked.node, asked.invoked, asked.invoked));
    let asked = reached.map(|(_, asked)| asked.invoked).min().unwrap_or(first.invoked).min(first.invoked);
    let completed = first.completed?;
    Some(Failover {
        node: fault.node.clone(),
        answered_by: first.id,
        first_answer_ms: Measures::millis(completed.since(asked)),
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
    let mut begun = HashMap::new();
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
    spread(took)
}

/// How long a share of all operations took at least, in microseconds, where those that nobody answered count, too, for as long
/// as they waited; `None` where all were answered.
pub(super) fn waited_in_vain(view: &View<'_>, percent: usize) -> Option<u64> {
    let ended = view.requests.iter().filter_map(|request| Some((request, request.completed?.since(request.invoked))));
    // An error that took long is as little of an answer.
    let is_vain = |request: &super::requests::Request<'_>| {
        !request.answered || request.status().is_some_and(|status| 500 <= status)
    };
    let (vain, took): (Vec<bool>, Vec<Duration>) = ended.map(|(request, took)| (is_vain(request), took)).unzip();
    let all = spread_at(took, percent)?;
    vain.contains(&true).then_some(all)
}

/// The lives of nodes that came back and took over nobody's sessions, as far as is known.
pub(super) fn not_transferred(view: &View<'_>) -> usize {
    let lives = view.plan.topology.names().flat_map(|node| view.timeline.lives(node));
    // A thawed node has what it had.
    lives
        .filter(|life| !life.first && life.ready.is_some_and(|ready| life.from < ready) && life.synchronised.is_none())
        .count()
}

/// For each node the time from the last drop of each WAR until it served it.
fn farm_to_each(view: &View<'_>) -> Vec<NodeTime> {
    let mut farm = Vec::new();
    for context in &view.contexts {
        let drops = view.events().filter_map(|(_, at, event)| match event {
            Event::WarDropped { context: of, .. } if of == *context => Some(at),
            _ => None,
        });
        let Some(dropped) = drops.last() else { continue };
        farm.extend(view.plan.topology.names().filter_map(|node| {
            let served = view.events().find_map(|(_, at, event)| match event {
                Event::Deployed { node: on, context: of } if on == node && of == *context && dropped <= at => Some(at),
                _ => None,
            })?;
            Some(NodeTime { node: node.clone(), ms: Measures::millis(served.since(dropped)) })
        }));
    }
    farm
}

fn state_transfers(view: &View<'_>) -> Vec<NodeTime> {
    let lives =
        view.plan.topology.names().flat_map(|node| view.timeline.lives(node).iter().map(move |life| (node, life)));
    let took = lives.filter(|(_, life)| !life.first).filter_map(|(node, life)| {
        Some(NodeTime { node: node.clone(), ms: Measures::millis(life.synchronised?.since(life.from)) })
    });
    took.collect()
}

/// The first line of each node after each hit, up to the fault's end or the next fault.
fn evictions(view: &View<'_>) -> Vec<Eviction> {
    let mut evictions = Vec::new();
    for fault in &view.timeline.faults {
        let Some(hit) = fault.hit() else { continue };
        let next = view.timeline.faults.iter().map(|other| other.asked).filter(|asked| hit < *asked).min();
        let until = next.into_iter().chain(fault.healed).min().unwrap_or(FOREVER);
        // A node that a kill ends logs nothing of it; both sides of a partition do.
        let mut missed = BTreeMap::new();
        // The other side of a partition misses this one, and this one the others.
        let of_another = |by: &NodeName, record| by != fault.node && records::names_another(view, record, fault.node);
        let inside = view.disappearances().filter(|(at, ..)| hit <= *at && *at < until);
        for (at, by, _) in inside.filter(|(_, by, record)| !of_another(by, *record)) {
            missed.entry(by).or_insert(at);
        }
        evictions.extend(missed.into_iter().map(|(by, at)| Eviction {
            fault: fault.kind,
            node: fault.node.clone(),
            by: by.clone(),
            ms: Measures::millis(at.since(hit)),
        }));
    }
    evictions
}

/// For each node that a session was not written on, from the last acknowledged write before a look to that look, where
/// the look is the first that shows it.
fn lags(view: &View<'_>) -> Vec<Lag> {
    let mut lags = Vec::new();
    for session in &view.sessions {
        let mut shown: BTreeMap<&NodeName, usize> = BTreeMap::new();
        for replica in &session.replicas {
            let Some(write) = session.acknowledged_by(replica.asked).next() else { continue };
            let written = &view.operations[write];
            let (Some(answer), Some(completed)) = (written.answer(), written.completed) else { continue };
            let there = replica.content.count.is_some_and(|count| answer.count <= count);
            if written.node != replica.node && there && shown.insert(replica.node, write) != Some(write) {
                lags.push(Lag {
                    operation: written.id,
                    node: replica.node.clone(),
                    record: replica.record,
                    lag: replica.at.since(completed),
                });
            }
        }
    }
    lags
}

/// The time, in microseconds, that so many of a hundred took at most.
fn spread_at(mut took: Vec<Duration>, percent: usize) -> Option<u64> {
    took.sort_unstable();
    let rank = (took.len() * percent).div_ceil(100).max(1) - 1;
    took.get(rank).map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}

fn spread(mut took: Vec<Duration>) -> Option<Latency> {
    took.sort_unstable();
    let rank = |percent: usize| {
        let rank = (took.len() * percent).div_ceil(100).max(1) - 1;
        took.get(rank).map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
    };
    Some(Latency { operations: took.len(), median_us: rank(50)?, p99_us: rank(99)?, max_us: rank(100)? })
}
