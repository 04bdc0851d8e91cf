//! While the peer is silent, a write waits for it where the send options say so, and does not where they do not.
//!
//! One request distinguishes synchronous from asynchronous replication, without chance: an acknowledged send to a peer that is
//! frozen or cut off waits 5 s (`ParallelNioSender`, whose select timeout is fixed), and once more where it is tried
//! again. Only the first write of a node shows it: the peer is evicted then.

use std::time::Duration;

use super::super::operations::{Fate, Operation};
use super::super::sessions::Session;
use super::super::timeline::{FOREVER, Fault};
use super::super::view::View;
use super::judgement::{Breach, Judgement, and_more};
use crate::history::Nanos;
use crate::model::plan::AppRequest;
use crate::model::{FaultKind, NodeName, Violation};

/// What took this long may have waited for somebody; without waiting it takes milliseconds.
const WAITED: Duration = Duration::from_secs(1);
/// No machine is so busy that a write takes this long without waiting for somebody.
const WAITED_FOR_A_PEER: Duration = Duration::from_secs(4);

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let (mut breaches, mut shown, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for fault in view.timeline.faults.iter().filter(|fault| fault.kind == FaultKind::Pause || fault.kind.is_partition())
    {
        for node in view.plan.topology.names() {
            match trial(view, fault, node) {
                Some(Trial::Shown(operation)) => shown.push((fault, operation)),
                Some(Trial::Open(why)) => open.push(why),
                Some(Trial::Broken(breach)) => breaches.push(breach),
                None => {}
            }
        }
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    let Some((fault, first)) = shown.first() else {
        let why = open.into_iter().next();
        return Judgement::unknown(why.unwrap_or_else(|| "no session was written while a peer was silent".to_owned()));
    };
    if let Some(why) = and_more(open) {
        return Judgement::unknown(why);
    }
    let operation = &view.operations[*first];
    let took = took(operation).as_millis();
    let because = match (view.waits(), fault.name()) {
        (true, fault) => format!("{} waited {took} ms for its peer after {fault}", operation.name()),
        (false, fault) => format!("{} was answered after {took} ms, in spite of {fault}", operation.name()),
    };
    let evidence = shown.iter().flat_map(|(fault, index)| [fault.record, view.operations[*index].record]).collect();
    Judgement::holds(because).resting_on(view.numbers(shown.iter().map(|(_, index)| *index)), evidence)
}

/// What the first write of a node under one fault showed.
enum Trial {
    Shown(usize),
    /// Nothing, for this reason.
    Open(String),
    Broken(Breach),
}

/// `None` where the node wrote nothing for which a silent peer holds a copy.
fn trial(view: &View<'_>, fault: &Fault<'_>, node: &NodeName) -> Option<Trial> {
    let hit = fault.hit()?;
    if fault.kind == FaultKind::Pause && fault.node == node {
        return None;
    }
    let (session, index) = first_write(view, fault, node, hit)?;
    let operation = &view.operations[index];
    if !held_by_the_silent(view, session, operation, fault) {
        return None;
    }
    let (name, took) = (operation.name(), took(operation));
    let ended = operation.completed.unwrap_or(FOREVER);
    // The log is read a little later than it is written.
    let known_by = ended.after(WAITED);
    let evicted = view.disappearances().any(|(at, on, _)| on == node && fault.asked < at && at < known_by);
    let lasted = fault.healed.is_none_or(|healed| operation.invoked.after(WAITED) <= healed);
    let breach = |violation, because| {
        let evidence = vec![operation.record, fault.record];
        let rests_on = vec![operation.id];
        let session = Some(session.stems[0].to_owned());
        Trial::Broken(Breach { violation, at: ended, because, rests_on, evidence, unpromised: None, session })
    };
    Some(match (view.waits(), took) {
        _ if operation.answer().is_none() => Trial::Open(format!("{name} was not answered")),
        (true, took) if took >= WAITED_FOR_A_PEER => Trial::Shown(index),
        (_, _) if evicted => Trial::Open(format!("{node} had evicted its peer by the time of {name}")),
        (_, _) if !lasted => Trial::Open(format!("{} was undone before {name} could have waited", fault.name())),
        (false, took) if took < WAITED => Trial::Shown(index),
        (true, took) if took < WAITED => breach(
            None,
            format!(
                "{name} was answered after {} ms though {} kept its peer silent: replication does not wait",
                took.as_millis(),
                fault.name()
            ),
        ),
        (false, took) if took >= WAITED_FOR_A_PEER => breach(
            Some(Violation::NeedlessWait),
            format!(
                "{name} was answered after {} ms: it waited for the peer that {} kept silent",
                took.as_millis(),
                fault.name()
            ),
        ),
        (_, took) => Trial::Open(format!("{name} took {} ms, which may be caused by a slow machine", took.as_millis())),
    })
}

/// The first count on a node under a fault, where it is the owner's: it answered the session last.
fn first_write<'v, 'a>(
    view: &'v View<'a>,
    fault: &Fault<'_>,
    node: &NodeName,
    hit: Nanos,
) -> Option<(&'v Session<'a>, usize)> {
    let until = fault.healed.unwrap_or(FOREVER);
    let begins = view.operations.partition_point(|operation| operation.invoked <= hit);
    let written = view.operations.iter().enumerate().skip(begins);
    let mut written = written.take_while(|(_, operation)| operation.invoked < until).filter(|(_, operation)| {
        // One that was answered with an error may have written nothing, so that there was nothing to wait for.
        let failed = operation.answer().is_none() && operation.completed == Some(operation.acts_until);
        operation.node == node
            && operation.request == AppRequest::Count
            && !failed
            && !matches!(operation.fate, Fate::Nothing)
    });
    let (index, operation) = written.next()?;
    let session = view.sessions.iter().find(|session| session.operations.binary_search(&index).is_ok())?;
    let mut answers = session.answers.iter().rev().map(|answer| &view.operations[*answer]);
    let last = answers.find(|answer| answer.completed.is_some_and(|end| end < operation.invoked));
    last.is_some_and(|last| last.node == node).then_some((session, index))
}

/// Whether a node that is silent to the owner holds a copy: with `DeltaManager` every node does, else the backup that the
/// last look before the fault showed.
fn held_by_the_silent(view: &View<'_>, session: &Session<'_>, write: &Operation<'_>, fault: &Fault<'_>) -> bool {
    if view.replicates_to_all() || view.plan.topology.nodes.len() == 2 {
        return true;
    }
    let mut seen = session.replicas.iter().rev();
    let backup = seen.find(|replica| replica.at < fault.asked && replica.node != write.node);
    backup.is_some_and(|backup| {
        let silent = backup.node == fault.node;
        silent || (fault.kind.is_partition() && fault.node == write.node)
    })
}

fn took(operation: &Operation<'_>) -> Duration {
    match (operation.fate, operation.completed) {
        (Fate::Landed(..) | Fate::Perhaps(_), Some(completed)) => completed.since(operation.invoked),
        _ => Duration::MAX,
    }
}
