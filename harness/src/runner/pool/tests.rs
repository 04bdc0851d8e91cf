use std::time::Duration;

use super::*;
use crate::history::Nanos;
use crate::model::{FaultKind, NodeName, Step, StepKind, Topology};

fn budget(runs: usize, nodes: usize) -> Budget {
    Budget { runs, nodes, starts: 1 }
}

/// A scenario on so many nodes that ends with so many of them down.
fn plan(nodes: usize, down: usize) -> Plan {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.nodes = (0..nodes).map(|_| topology.nodes[0].clone()).collect();
    let kill = || StepKind::fault(FaultKind::Kill, NodeName::nth(0));
    Plan::new("", topology, vec![], (0..down).map(|_| Step::new("kill", kill())).collect())
}

async fn lease(pool: &Arc<ClusterPool>, nodes: usize) -> Lease {
    pool.lease(&[Arc::new(plan(nodes, 0))]).await.1
}

/// The scenarios in the order in which they begin, as their places, while every cluster is in use.
async fn begun(pool: &Arc<ClusterPool>, plans: Vec<Plan>) -> (Vec<usize>, Vec<Lease>) {
    pool.expect(&plans);
    let mut waiting: Vec<(usize, Arc<Plan>)> = plans.into_iter().map(Arc::new).enumerate().collect();
    let (mut order, mut leases) = (vec![], vec![]);
    while !waiting.is_empty() {
        let plans: Vec<Arc<Plan>> = waiting.iter().map(|(_, plan)| plan.clone()).collect();
        let Some((place, lease, _)) = now(pool.lease(&plans)).await else { break };
        order.push(waiting.remove(place).0);
        leases.push(lease);
    }
    (order, leases)
}

/// Whether a future ends without anything happening meanwhile.
async fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::from_millis(1), future).await.ok()
}

#[tokio::test(start_paused = true)]
async fn runs_and_nodes_are_within_the_budget_and_a_free_berth_is_taken_at_once() {
    let pool = ClusterPool::new(budget(3, 5), false);
    let first = now(lease(&pool, 2)).await.expect("room");
    let second = now(lease(&pool, 3)).await.expect("room");
    assert!(now(lease(&pool, 1)).await.is_none(), "five nodes are all");
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { lease(&pool, 3).await }
    });
    drop(first);
    assert!(now(lease(&pool, 3)).await.is_none(), "two nodes are free");
    drop(second);
    let third = now(waiting).await.expect("it was woken").expect("it ends well");
    drop(third);
}

#[tokio::test(start_paused = true)]
async fn one_run_is_borne_however_large_it_is() {
    let pool = ClusterPool::new(budget(2, 1), false);
    let large = now(lease(&pool, 8)).await.expect("one is always borne");
    assert!(now(lease(&pool, 2)).await.is_none());
    drop(large);
    assert!(now(lease(&pool, 2)).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn scenarios_that_hand_nothing_on_begin_in_their_order() {
    let pool = ClusterPool::new(budget(2, 100), false);
    let (order, leases) = begun(&pool, vec![plan(2, 1), plan(3, 0), plan(2, 0), plan(2, 0)]).await;
    assert_eq!(order, [0, 1]);
    drop(leases);
    assert_eq!(begun(&pool, vec![plan(2, 1), plan(2, 0)]).await.0, [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_kind_with_most_to_run_begins_and_a_second_cluster_of_it_comes_last() {
    let pool = ClusterPool::new(budget(3, 100), true);
    let plans = [3, 2, 2, 4, 2, 2].map(|nodes| plan(nodes, 0)).to_vec();
    let (order, leases) = begun(&pool, plans).await;
    assert_eq!(order, [1, 3, 0]);
    drop(leases);
    let pool = ClusterPool::new(budget(4, 100), true);
    let (order, _berths) = begun(&pool, [3, 2, 2, 4].map(|nodes| plan(nodes, 0)).to_vec()).await;
    assert_eq!(order, [3, 0, 1], "the other one on two nodes waits for the cluster in use");
}

#[tokio::test(start_paused = true)]
async fn scenarios_that_end_with_nodes_down_come_last_of_their_kind() {
    let pool = ClusterPool::new(budget(1, 100), true);
    let mut plans = vec![plan(2, 2), plan(2, 1), plan(2, 0), plan(2, 1)];
    for first in [2, 1, 1, 0] {
        let (order, _berth) = begun(&pool, plans.clone()).await;
        assert_eq!(order, [first]);
        plans.remove(first);
    }
}

#[tokio::test(start_paused = true)]
async fn a_scenario_that_waits_for_a_cluster_in_use_begins_when_that_is_gone() {
    let pool = ClusterPool::new(budget(3, 100), true);
    let (order, leases) = begun(&pool, vec![plan(2, 0), plan(2, 0)]).await;
    assert_eq!(order, [0]);
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.lease(&[Arc::new(plan(2, 0))]).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished(), "a cluster of its kind is in use");
    drop(leases);
    assert!(now(waiting).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_start_is_over_when_the_cluster_has_formed() {
    let pool = ClusterPool::new(budget(2, 10), false);
    let (first, second) = (lease(&pool, 2).await, lease(&pool, 2).await);
    let listener = now(first.starting(Arc::new(|_| {}))).await.expect("nobody starts");
    assert!(now(second.starting(Arc::new(|_| {}))).await.is_none(), "one start at a time");
    let record = |event| Record { at: Nanos(1), kind: RecordKind::Event(event) };
    listener(&record(Event::StepEnds { step: 1 }));
    assert!(now(second.starting(Arc::new(|_| {}))).await.is_none());
    listener(&record(Event::ClusterFormed { nodes: vec![] }));
    assert!(now(second.starting(Arc::new(|_| {}))).await.is_some());
}
