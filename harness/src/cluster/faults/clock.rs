//! A clock that jumps: the machine sets it, and the JVM itself says whether it shows.

use std::time::Duration;

use crate::cluster::{Cluster, ClusterError};
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::{NodeName, Skew};
use crate::runtime::ResourceFault;

/// How far a clock may be off where it should be: what a look takes, and the whole seconds in which it is set.
const CLOCK_SLACK: Duration = Duration::from_secs(2);
/// How long a clock that was set may take to show.
const CLOCK_LIMIT: Duration = Duration::from_secs(15);

/// The machine sets the clock, and the JVM itself is asked whether it shows.
pub(super) async fn set_wrong(cluster: &Cluster, node: &NodeName, by: Skew) -> Result<String, ClusterError> {
    let strain = ResourceFault::WrongClock { by };
    let before = clock_of(cluster, node).await?;
    cluster.machines.runtime.add_resource_fault(node, strain).await?;
    match await_jump(cluster, node, before, by.seconds()).await {
        Ok(jumped) => Ok(format!("the JVM's clock has jumped by {jumped} ms")),
        Err(error) => {
            // What went wrong first is what to report.
            let _ = cluster.machines.runtime.remove_resource_fault(node, strain).await;
            Err(error)
        }
    }
}

/// Sets the clock right, and asks the JVM again where it runs.
pub(super) async fn set_right(cluster: &Cluster, node: &NodeName, by: Skew) -> Result<Option<String>, ClusterError> {
    let strain = ResourceFault::WrongClock { by };
    if !lock(&cluster.state.living).contains(node) {
        return Ok(cluster.machines.runtime.remove_resource_fault(node, strain).await?);
    }
    let before = clock_of(cluster, node).await?;
    cluster.machines.runtime.remove_resource_fault(node, strain).await?;
    let jumped = await_jump(cluster, node, before, -by.seconds()).await?;
    Ok(Some(format!("the JVM's clock has jumped back by {} ms", -jumped)))
}

/// Waits until a clock has jumped by so many seconds; returns the milliseconds.
async fn await_jump(cluster: &Cluster, node: &NodeName, before: i64, seconds: i64) -> Result<i64, ClusterError> {
    let slack = CLOCK_SLACK.as_millis();
    wait::until(&format!("the clock of {node} to jump by {seconds} s"), CLOCK_LIMIT, async || {
        let jumped = clock_of(cluster, node).await?.saturating_sub(before);
        let right = u128::from(jumped.abs_diff(seconds.saturating_mul(1000))) <= slack;
        Ok(if right { Look::Ready(jumped) } else { Look::NotYet(format!("it has jumped by {jumped} ms")) })
    })
    .await
}

/// How far the clock of a node's JVM is ahead of the run's, in milliseconds: a number that says something only beside
/// an earlier one.
async fn clock_of(cluster: &Cluster, node: &NodeName) -> Result<i64, ClusterError> {
    let asked = cluster.recorder().clock().now();
    let shown = cluster.probe.time(cluster.address(node).await?).await;
    let shown = shown.map_err(|why| ClusterError::ProbeDead { node: node.clone(), why })?;
    Ok(shown.saturating_sub(i64::try_from(asked.0 / 1_000_000).unwrap_or(i64::MAX)))
}
