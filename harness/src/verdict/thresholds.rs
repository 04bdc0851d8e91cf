//! Thresholds: what a scenario says that something may take at most, judged as expectations.

use super::finding::{Expectation, Measures, Status};
use super::measures;
use super::records::names_another;
use super::timeline::FOREVER;
use super::view::View;
use crate::history::{Event, Nanos, OperationId};
use crate::model::{AtMost, Millis, NodeName};

/// How each threshold of some stands; what was not measured is unknown.
pub(super) fn thresholds(view: &View<'_>, measures: &Measures, at_most: &AtMost) -> Vec<Expectation> {
    let first = measures.failovers.iter().map(|it| (it.first_answer_ms, Some(it.answered_by)));
    // Who runs on is not lost, so nobody fails over.
    let due = view.timeline.faults.iter().filter(|fault| !fault.kind.leaves_it_up()).count();
    let silent = due.saturating_sub(measures.failovers.len());
    let unmissed = unmissed(view);
    // Who waited in vain waited at least so long.
    let vain = measures::waited_in_vain(view, 99).map(|us| us.div_ceil(1000));
    let farms = measures.farm.iter().map(|it| it.ms).max();
    let micros = |us: u64| us.div_ceil(1000);
    let single = |ms: Option<u64>| ms.map(|ms| (ms, None)).into_iter().collect::<Vec<_>>();
    let times = |all: &[super::NodeTime]| all.iter().map(|it| (it.ms, None)).collect::<Vec<_>>();
    let all = [
        (at_most.first_answer, "first answer after a fault", first.collect(), silent),
        (at_most.farm, "farm deployment to every node", single(measures.farm_ms.max(farms)), undeployed(view)),
        (at_most.start, "start of the cluster", single(measures.start_ms), 0),
        (
            at_most.latency_p99,
            "latency (99th percentile)",
            single(measures.latency.map(|it| micros(it.p99_us)).max(vain)),
            0,
        ),
        (at_most.state_transfer, "state transfer", times(&measures.state_transfers), measures::not_transferred(view)),
        (at_most.eviction, "eviction", measures.evictions.iter().map(|it| (it.ms, None)).collect(), unmissed),
    ];
    let judged =
        all.into_iter().filter_map(|(limit, what, found, missing)| Some(judged(limit?, what, &found, missing)));
    judged.chain(at_most.replication_lag.map(|limit| lag(view, measures, limit))).collect()
}

/// The nodes that were up when a WAR was last dropped for all, and were not seen to serve it since, each for each app.
fn undeployed(view: &View<'_>) -> usize {
    let missing = view.contexts.iter().map(|context| {
        let drops = view.events().filter_map(|(_, at, event)| match event {
            Event::WarDropped { context: of, alone: false, .. } if of == *context => Some(at),
            _ => None,
        });
        let Some(dropped) = drops.last() else { return 0 };
        let up = view.plan.topology.names().filter(|node| view.timeline.up(node, dropped, dropped).is_some());
        let serves = |node: &NodeName| {
            view.events().any(|(_, at, event)| {
                matches!(event, Event::Deployed { node: on, context: of } if on == node && of == *context)
                    && dropped <= at
            })
        };
        up.filter(|node| !serves(node)).count()
    });
    missing.sum()
}

/// The thresholds of the plan that are passed and only warned of, in words.
pub(super) fn warnings(view: &View<'_>, measures: &Measures) -> impl Iterator<Item = String> {
    let all = thresholds(view, measures, &view.plan.warn_at_most).into_iter();
    let passed = all.filter(|threshold| threshold.status == Status::Violated);
    passed.map(|threshold| format!("slower than usual: {}, and {}", threshold.what, threshold.because))
}

/// The peers that lived on when a fault took a node from them, and did not log before the next one that they missed it.
fn unmissed(view: &View<'_>) -> usize {
    let faults = &view.timeline.faults;
    let ending =
        faults.iter().filter(|fault| !fault.kind.leaves_it_up()).filter_map(|fault| Some((fault, fault.hit()?)));
    let unmissed = ending.map(|(fault, hit)| {
        let next = faults.iter().map(|other| other.asked).filter(|asked| hit < *asked).min().unwrap_or(FOREVER);
        let missed = |peer: &NodeName| {
            view.disappearances().any(|(at, by, record)| {
                by == peer && fault.asked < at && at < next && !names_another(view, record, fault.node)
            })
        };
        // Who is ended itself before it can miss anybody has no say.
        let peers = view.plan.topology.names().filter(|peer| *peer != fault.node);
        let peers = peers.filter(|peer| view.timeline.up(peer, fault.asked, hit).is_some());
        let peers =
            peers.filter(|peer| next == FOREVER || view.timeline.outlives(peer, hit, Nanos(next.0.saturating_sub(1))));
        peers.filter(|peer| !missed(peer)).count()
    });
    unmissed.sum()
}

fn judged(limit: Millis, what: &str, found: &[(u64, Option<OperationId>)], missing: usize) -> Expectation {
    let longest = found.iter().max_by_key(|(ms, _)| *ms);
    let (status, because) = match longest {
        Some((ms, _)) if *ms > limit.0 => (Status::Violated, format!("it took {ms} ms")),
        Some(_) if missing > 0 => (Status::Unknown, format!("{missing} times nothing was measured")),
        Some((ms, _)) => (Status::Holds, format!("it took {ms} ms")),
        None => (Status::Unknown, "it was not measured".to_owned()),
    };
    let rests_on: Vec<OperationId> = longest.and_then(|(_, operation)| *operation).into_iter().collect();
    Expectation { what: format!("{what} within {limit}"), status, because, rests_on, evidence: vec![] }
}

/// A look shows the most that the lag can have been. That it was longer is proven by a look that began later than that
/// and showed less.
fn lag(view: &View<'_>, measures: &Measures, limit: Millis) -> Expectation {
    let late = view.sessions.iter().find_map(|session| {
        let replica = session.replicas.iter().find(|replica| {
            let due = Nanos(replica.asked.0.saturating_sub(nanos(limit)));
            let due = i64::try_from(session.acknowledged_before(due)).unwrap_or(i64::MAX);
            let behind = replica.content.count.is_some_and(|count| count < due);
            behind && !session.contended_before(replica.at) && view.torn(session, replica.node, replica.at).is_none()
        })?;
        Some((session, replica))
    });
    let (status, because, evidence) = match (late, measures.replication_lag) {
        (Some((session, replica)), _) => {
            let what =
                format!("the replica of {}'s session on {} was behind at {}", session.client, replica.node, replica.at);
            (Status::Violated, what, vec![replica.record])
        }
        (None, Some(lag)) if lag.max_us <= limit.0.saturating_mul(1000) => {
            (Status::Holds, format!("it took {} ms at most, as far as looks show", lag.max_us.div_ceil(1000)), vec![])
        }
        (None, Some(_)) => (
            Status::Unknown,
            "no look came soon enough to measure it, and none showed a replica behind".to_owned(),
            vec![],
        ),
        (None, None) => (Status::Unknown, "it was not measured".to_owned(), vec![]),
    };
    Expectation { what: format!("replication lag within {limit}"), status, because, rests_on: vec![], evidence }
}

fn nanos(limit: Millis) -> u64 {
    u64::try_from(limit.duration().as_nanos()).unwrap_or(u64::MAX)
}
