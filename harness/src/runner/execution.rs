//! Executes a plan on a cluster, and judges what was recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::executor::{Walk, Wars};
use super::observer::{Observer, Phase};
use crate::cluster::recorder::Recorder;
use crate::cluster::{Cluster, ClusterError};
use crate::history::{Event, History, RecordKind};
use crate::model::plan::PlanError;
use crate::model::{Guarantee, NodeName, Plan};
use crate::runtime::Runtime;
use crate::tomcat::compiler::CompileError;
use crate::tomcat::war::WarError;
use crate::verdict::{self, Status, Verdict};

/// A run that came to an end.
#[derive(Debug)]
pub struct Ended {
    /// All that happened.
    pub history: History,
    /// What it showed.
    pub verdict: Verdict,
    /// What cut it short, where something did that the verdict can judge: a wait that ran out, a fault that did not
    /// hit, a node that died unasked.
    pub cut_short: Option<ClusterError>,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// What each node that goes on running is on this machine, where the cluster was to be kept.
    pub kept: BTreeMap<NodeName, String>,
    /// The cluster, where it was to be handed on and is fit for that.
    pub cluster: Option<Arc<Cluster>>,
}

/// A run that could not be judged, because of the environment or the input.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The runtime cannot honour the plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A WAR cannot be used.
    #[error(transparent)]
    War(#[from] WarError),
    /// An app cannot be compiled for the server.
    #[error(transparent)]
    Compile(CompileError),
    /// The machines, or a node that did not start.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The run directory cannot be written.
    #[error("the run directory cannot be written")]
    RunDir(#[source] std::io::Error),
}

/// What becomes of the cluster when its scenario has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtTheEnd {
    /// It is shut down.
    ShutDown,
    /// It goes on running, for somebody who wants to look inside.
    Keep,
    /// It is handed on to another scenario, unless something about this one was odd; it is shut down then.
    HandOn,
}

/// Executes a plan on a cluster, of which nothing runs yet or which was reset after an earlier plan.
///
/// The cluster's nodes are gone when this returns, whatever it returns, unless something else is said, or an error shows
/// before anything is begun. `interrupt` ends the run at its next step or wait, and the history so far is judged.
///
/// # Errors
/// See [`TrialError`]. A guarantee that does not hold is no error but a verdict.
pub async fn execute(
    plan: &Plan,
    cluster: &Arc<Cluster>,
    at_the_end: AtTheEnd,
    interrupt: &CancellationToken,
    observer: &dyn Observer,
) -> Result<Ended, TrialError> {
    let (run_dir, recorder, runtime) = (cluster.run_dir(), cluster.recorder(), cluster.runtime());
    plan.check(runtime.name(), &runtime.capabilities())?;
    let wars = Wars::of(plan, cluster.machines().compiler.as_ref()).await.map_err(|error| match error {
        CompileError::War(error) => TrialError::War(error),
        error => TrialError::Compile(error),
    })?;
    recorder.keep_lines_with(plan.log_texts());
    run_dir.write_plan(plan).map_err(TrialError::RunDir)?;
    observer.phase(Phase::Execute);

    let mut walk = Walk::new(plan, wars, cluster.clone());
    let walked = tokio::select! {
        walked = walk.all(plan) => Some(walked),
        () = interrupt.cancelled() => None,
    };
    if walked.is_none() {
        recorder.event(Event::Interrupted { by: "a signal, or its limit of time".to_owned() });
    }
    let started = walk.stop().await;
    if matches!(&walked, Some(Err(ClusterError::Wait { .. }))) {
        // Evidence only: a dump that cannot be written must not keep the cluster from being ended.
        let _ = cluster.dump_threads().await;
    }
    // The nodes go anyway; what is healed can be asked for its logs, or left in order where it is kept.
    let _ = cluster.heal_all().await;
    let mut judged = None;
    let stays = match at_the_end {
        AtTheEnd::Keep => true,
        AtTheEnd::HandOn if matches!(walked, Some(Ok(()))) && hands_on(plan) => {
            // Its verdict goes by nothing that the nodes may log at their end, so it can be had now, and is final.
            cluster.read_logs();
            judged.insert(judge(plan, recorder, observer)).1.status == Status::Holds
        }
        AtTheEnd::HandOn | AtTheEnd::ShutDown => false,
    };
    let ended = match at_the_end {
        _ if !stays => end(cluster, started).await,
        AtTheEnd::HandOn => cluster.collect_logs().await,
        AtTheEnd::Keep | AtTheEnd::ShutDown => Ok(()),
    };
    let cut_short = judge_walk(walked.unwrap_or(Ok(())), plan, recorder)?;
    if cut_short.is_none() {
        // What cut a run short is what to report; what the cluster's end could not remove after it, the guard removes.
        ended?;
    }
    if let Some(error) = recorder.take_write_error() {
        return Err(TrialError::RunDir(error));
    }
    let (history, verdict) = judged.unwrap_or_else(|| judge(plan, recorder, observer));
    run_dir.write_json(&run_dir.verdict(), &verdict).map_err(TrialError::RunDir)?;
    if verdict.status == Status::Holds {
        cluster.keep_pages().map_err(TrialError::RunDir)?;
    }
    if !stays {
        cluster.remove_served().map_err(TrialError::RunDir)?;
    }
    let kept = match at_the_end {
        AtTheEnd::Keep => whereabouts(plan, runtime.as_ref()).await,
        AtTheEnd::ShutDown | AtTheEnd::HandOn => BTreeMap::new(),
    };
    let cluster = Some(cluster.clone()).filter(|_| stays && at_the_end == AtTheEnd::HandOn);
    Ok(Ended { history, verdict, cut_short, interrupted: interrupt.is_cancelled(), kept, cluster })
}

/// Where the nodes are on this machine; those that do not run are left out.
async fn whereabouts(plan: &Plan, runtime: &dyn Runtime) -> BTreeMap<NodeName, String> {
    let mut found = BTreeMap::new();
    for node in plan.topology.names() {
        if let Ok(place) = runtime.whereabouts(node).await {
            found.insert(node.clone(), place);
        }
    }
    found
}

/// Ends the history, and judges it.
fn judge(plan: &Plan, recorder: &Recorder, observer: &dyn Observer) -> (History, Verdict) {
    observer.phase(Phase::Judge);
    let history = recorder.close();
    let verdict = verdict::judge(plan, &history);
    (history, verdict)
}

/// Whether a cluster can be handed on after a scenario that goes well: logs are whole only when the nodes have ended.
pub fn hands_on(plan: &Plan) -> bool {
    // A reset knows nothing of a balancer.
    leaves_it_as_it_was(plan) && !plan.reads_logs() && plan.topology.front.is_none()
}

/// Whether a scenario does to its cluster only what a reset undoes: no filter, clock, disk or quota was touched, and no node
/// was given another configuration.
fn leaves_it_as_it_was(plan: &Plan) -> bool {
    plan.expect_violations.is_empty() && plan.steps.iter().all(|step| step.kind.can_be_reset())
}

/// Collects the logs and ends the cluster; the second happens even where the first fails. Of nodes that were only about to
/// start there may be no logs.
async fn end(cluster: &Cluster, started: bool) -> Result<(), ClusterError> {
    let collected = cluster.collect_logs().await;
    cluster.shutdown().await?;
    if started { collected } else { Ok(()) }
}

/// A wait that ran out, an app that failed to start, a fault that missed, a node that died and one that does not start with what the scenario says of its
/// configuration are the verdict's business; all else is an error of the run.
pub(super) fn judge_walk(
    walked: Result<(), ClusterError>,
    plan: &Plan,
    recorder: &Recorder,
) -> Result<Option<ClusterError>, TrialError> {
    match walked {
        Ok(()) => Ok(None),
        Err(error @ ClusterError::Wait { .. }) => {
            if let ClusterError::Wait { breaks, source, .. } = &error {
                recorder.event(Event::WaitRanOut {
                    wanted: source.wanted.clone(),
                    last_seen: source.last_seen.clone(),
                    waited_ms: verdict::Measures::millis(source.waited),
                    breaks: *breaks,
                    went_on: false,
                });
            }
            Ok(Some(error))
        }
        Err(error @ ClusterError::NotDeployed { .. }) => {
            if let ClusterError::NotDeployed { node, context, waited, source } = &error {
                recorder.event(Event::DeploymentFailed {
                    node: node.clone(),
                    context: context.clone(),
                    why: source.to_string(),
                    waited_ms: verdict::Measures::millis(*waited),
                });
            }
            Ok(Some(error))
        }
        Err(error) if is_found_by(plan, &error) => {
            if let ClusterError::NodeFailed { node, .. } = &error {
                recorder.event(never_ready(node, recorder));
            }
            Ok(Some(error))
        }
        // Both are in the history already.
        Err(error @ (ClusterError::FaultMissed { .. } | ClusterError::NodeDied { .. })) => Ok(Some(error)),
        Err(error) => Err(error.into()),
    }
}

/// Whether a node failed to start for something that may be the scenario's own configuration. A port that somebody took and
/// a JVM that the kernel ended are not; but files that are written for the run may take one port twice, each time anew.
fn is_found_by(plan: &Plan, error: &ClusterError) -> bool {
    let ClusterError::NodeFailed { how, address_in_use, .. } = error else { return false };
    let is_own_port = plan.topology.own.as_ref().is_some_and(|own| own.has_seats);
    plan.is_configured_by_scenario() && !how.contains("signal 9") && (!address_in_use || is_own_port)
}

/// The wait for a node that failed, in the server's own words.
fn never_ready(node: &NodeName, recorder: &Recorder) -> Event {
    let now = recorder.clock().now();
    recorder.read(|history| {
        let events = || {
            history.records.iter().rev().filter_map(|record| match &record.kind {
                RecordKind::Event(event) => Some((record.at, event)),
                _ => None,
            })
        };
        let began = events().find(|(_, event)| matches!(event, Event::NodeStarts { node: started } if started == node));
        let last_seen = events().find_map(|(_, event)| match event {
            Event::NodeDied { node: died, why } if died == node => Some(why.clone()),
            _ => None,
        });
        Event::WaitRanOut {
            wanted: format!("readiness of {node}"),
            last_seen: last_seen.unwrap_or_default(),
            waited_ms: verdict::Measures::millis(began.map_or(std::time::Duration::ZERO, |(at, _)| now.since(at))),
            breaks: Some(Guarantee::ClusterForms),
            went_on: false,
        }
    })
}
