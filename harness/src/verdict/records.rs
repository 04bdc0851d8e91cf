//! What was recorded, held against itself: a victim died of what was done to it, the dead do not answer, and a log that
//! says nothing was shown to flow.

use std::collections::{BTreeMap, BTreeSet};

use super::proofs;
use super::requests::Request;
use super::timeline::{FOREVER, Fault, FaultFate, Life};
use super::view::View;
use crate::history::{Event, FaultPhase, LogLine, Nanos, Outcome, RecordKind};
use crate::model::{FaultKind, NodeName, StepKind};

/// Why a fault that is recorded as a hit was none, in words.
pub(super) fn no_hit(view: &View<'_>, fault: &Fault<'_>) -> Option<String> {
    if !matches!(fault.fate, FaultFate::Hit(_)) {
        return None;
    }
    let proof = view.history.records.get(fault.record).and_then(|record| match &record.kind {
        RecordKind::Fault { phase: FaultPhase::Hit { proof }, .. } => Some(proof.as_str()),
        _ => None,
    });
    if let Some(refuted) = proof.and_then(|proof| proofs::refuted(view, fault, proof)) {
        return Some(format!("{} {refuted}", fault.name()));
    }
    if fault.kind.is_undone_in_place() {
        return came_through(view, fault);
    }
    let gone = gone_before(view, fault)?;
    Some(format!("{} {gone}, before {} was asked for", fault.node, fault.name()))
}

/// What a node was seen to hold though it was written behind a cut, in words. More than had been attempted when the cut hit,
/// and nothing was asked on this side since, can only have come through it.
fn came_through(view: &View<'_>, fault: &Fault<'_>) -> Option<String> {
    let hit = fault.hit()?;
    let outside = |node: &NodeName| match fault.kind {
        kind if kind.is_partition() => true,
        FaultKind::DropOutgoing => node != fault.node,
        FaultKind::DropIncoming => node == fault.node,
        _ => false,
    };
    let until = undone_from(view, fault);
    view.sessions.iter().find_map(|session| {
        let replica =
            session.replicas.iter().filter(|replica| hit < replica.asked && outside(replica.node)).find(|it| {
                let apart = |node: &NodeName| (node == fault.node) != (it.node == fault.node);
                let asked = session.operations.iter().map(|index| &view.operations[*index]);
                let mut since = asked.filter(|asked| hit < asked.acts_until && asked.invoked < it.at);
                it.at < until
                    && it
                        .content
                        .count
                        .is_some_and(|count| session.attempted_before(hit) < usize::try_from(count).unwrap_or(0))
                    && since.all(|asked| apart(asked.node))
            })?;
        let (node, at, count) = (replica.node, replica.at, replica.content.count?);
        Some(format!("{} cut nothing off: {node} showed {count} at {at}, written behind it", fault.name()))
    })
}

/// From when on a fault may have been in the course of being undone, which is recorded when it is done.
fn undone_from(view: &View<'_>, fault: &Fault<'_>) -> Nanos {
    let Some(healed) = fault.healed else { return FOREVER };
    let begun = view.events().filter_map(|(_, at, event)| match event {
        Event::StepBegins { step, .. } if at <= healed => {
            matches!(view.step(*step)?.kind, StepKind::Heal { .. }).then_some(at)
        }
        _ => None,
    });
    // What ends by itself takes some time as well.
    begun.last().unwrap_or(Nanos(healed.0.saturating_sub(2_000_000_000)))
}

/// What shows that the victim was gone before anything was done to it, in words: a peer logged that it had disappeared, or it
/// refused a connection, and it was not seen alive since.
fn gone_before(view: &View<'_>, fault: &Fault<'_>) -> Option<String> {
    let life = view.timeline.lives(fault.node).iter().rfind(|life| life.from < fault.asked)?;
    let cut = |at: Nanos| {
        let others = view.timeline.faults.iter().filter(|other| other.number != fault.number);
        // What ends a node is over when it comes back.
        let back = |other: &Fault<'_>| {
            let again = view.timeline.lives(other.node).iter().filter(|life| other.asked < life.from);
            again.filter_map(|life| life.ready).min().filter(|_| !other.kind.is_undone_in_place())
        };
        let until = |other: &Fault<'_>| other.healed.into_iter().chain(back(other)).min();
        others
            .into_iter()
            .any(|other| other.asked <= at && until(other).is_none_or(|until| at <= until.max(other.asked)))
    };
    let alive = |since: Nanos| {
        let inside = |at: Nanos| since < at && at < fault.asked;
        view.looks
            .iter()
            .any(|look| look.node == fault.node && look.state.is_some() && since < look.asked && inside(look.at))
            || view.requests.iter().any(|request| {
                request.node == fault.node
                    && request.answered
                    && since < request.invoked
                    && request.completed.is_some_and(inside)
            })
            || view.timeline.whole.iter().any(|whole| inside(whole.from) && whole.nodes.contains(fault.node))
    };
    let before = |at: Nanos| life.ready.is_some_and(|ready| ready < at) && at < fault.asked && !cut(at);
    let mut missed = view
        .disappearances()
        .filter(|(at, by, record)| *by != fault.node && before(*at) && names(view, *record, fault.node) && !alive(*at));
    let missed = missed.next().map(|(at, ..)| format!("was missed at {at} by a peer"));
    missed.or_else(|| {
        let mut refused =
            view.requests.iter().filter(|request| request.node == fault.node && is_refused(view, request));
        let refused = refused.find(|it| it.completed.is_some_and(|at| before(it.invoked) && before(at) && !alive(at)));
        refused.map(|request| format!("refused the connection of {}", request.name()))
    })
}

/// Whether nobody listened where a request was made.
fn is_refused(view: &View<'_>, request: &Request<'_>) -> bool {
    let ended = view.history.records.get(request.record).map(|record| &record.kind);
    matches!(ended, Some(RecordKind::Complete { outcome: Outcome::Failed { why }, .. }) if why.contains("onnection refused"))
}

/// Whether a line about a member is about another node than this one.
pub(super) fn names_another(view: &View<'_>, record: usize, node: &NodeName) -> bool {
    let mut others = view.plan.topology.names().filter(|other| *other != node);
    !names(view, record, node) && others.any(|other| names(view, record, other))
}

/// Whether a line about a member is about this node.
pub(super) fn names(view: &View<'_>, record: usize, node: &NodeName) -> bool {
    let Some(RecordKind::Log(LogLine { message, .. })) = view.history.records.get(record).map(|record| &record.kind)
    else {
        return false;
    };
    let addressed = view.events().filter_map(|(_, _, event)| match event {
        Event::Addressed { endpoints } => endpoints.nodes.get(node),
        _ => None,
    });
    let port = addressed.last().map(|endpoint| endpoint.receiver_port);
    message.contains(&format!("[{node}]"))
        || port.is_some_and(|port| [",", "]", ";"].iter().any(|end| message.contains(&format!(":{port}{end}"))))
}

/// The first answer or look of a node after its process had ended, or while it was frozen, in words.
pub(super) fn answered_dead(view: &View<'_>) -> Option<String> {
    answered_after_its_end(view).or_else(|| answered_frozen(view))
}

fn answered_frozen(view: &View<'_>) -> Option<String> {
    let timeline = &view.timeline;
    let frozen = timeline.faults.iter().filter(|fault| fault.kind == FaultKind::Pause).filter_map(|fault| {
        let hit = fault.hit()?;
        let again = timeline.lives(fault.node).iter().map(|life| life.from).filter(|from| hit < *from).min();
        Some((fault, hit, again.into_iter().chain(fault.healed).min().unwrap_or(FOREVER)))
    });
    frozen.into_iter().find_map(|(fault, from, to)| {
        let inside = |asked: Nanos, ended: Nanos| from < asked && ended < to;
        let mut requests = view.requests.iter().filter(|request| request.node == fault.node && request.answered);
        if let Some(request) = requests.find(|it| it.completed.is_some_and(|ended| inside(it.invoked, ended))) {
            return Some(format!("{} was answered by a node that {} had frozen", request.name(), fault.name()));
        }
        let mut looks = view.looks.iter().filter(|look| look.node == fault.node && look.state.is_some());
        let look = looks.find(|look| inside(look.asked, look.at))?;
        Some(format!("the probe of {} answered at {}, while {} had it frozen", look.node, look.at, fault.name()))
    })
}

fn answered_after_its_end(view: &View<'_>) -> Option<String> {
    let answered = view.requests.iter().filter(|request| request.reply.is_some()).find(|request| {
        view.timeline.dead(request.node, request.invoked, request.completed.unwrap_or(request.invoked))
    });
    if let Some(request) = answered {
        return Some(format!("{} was answered by a node that had ended", request.name()));
    }
    let look =
        view.looks.iter().find(|look| look.state.is_some() && view.timeline.dead(look.node, look.asked, look.at))?;
    Some(format!("the probe of {} answered at {}, after its node had ended", look.node, look.at))
}

/// The milliseconds up to September 2001: what is less is no time that a server's clock had.
const THIS_CENTURY: i64 = 1_000_000_000_000;

/// The app that began anew on a node, though neither it nor the node was to, in words.
pub(super) fn began_anew(view: &View<'_>) -> Option<String> {
    let starts = view.looks.iter().flat_map(|look| look.contexts(&view.contexts)).filter_map(|it| it.started_ms);
    // No two servers start an app within one millisecond: where all say the same, none says when.
    let told = starts.collect::<BTreeSet<_>>().len() > 1;
    let mut known: BTreeMap<_, (Nanos, i64)> = BTreeMap::new();
    for look in &view.looks {
        for context in look.contexts(&view.contexts) {
            let Some(started) = context.started_ms else { continue };
            let before = known.insert((look.node, &context.path, &context.version), (look.asked, started));
            let Some((since, before)) = before else { continue };
            if before == started && (!told || started < THIS_CENTURY) {
                continue;
            }
            if before == started {
                let started_anew = |event: &Event| matches!(event, Event::NodeStarts { node } if node == look.node);
                if view.events().any(|(_, at, event)| since < at && at < look.asked && started_anew(event)) {
                    let (path, node) = (&context.path, look.node);
                    return Some(format!(
                        "{path} runs on {node} at {} since {started} ms, as it did at {since}, though {node} was started \
                         in between",
                        look.at
                    ));
                }
                continue;
            }
            let meant = view.events().any(|(_, at, event)| {
                let on_purpose = match event {
                    Event::ClusterAdopted { .. } => true,
                    Event::NodeStarts { node } => node == look.node,
                    Event::WarDropped { context: of, .. }
                    | Event::WarRemoved { context: of, .. }
                    | Event::Deployed { context: of, .. }
                    | Event::Undeployed { context: of, .. } => *of == context.path,
                    _ => false,
                };
                since <= at && at <= look.at && on_purpose
            });
            if !meant {
                let (path, node) = (&context.path, look.node);
                return Some(format!(
                    "{path} began anew on {node} between {since} and {}: it runs since {started} ms, not {before} ms",
                    look.at
                ));
            }
        }
    }
    None
}

/// The node whose log was not shown to flow in one of its lives, in words: that it says nothing proves nothing.
pub(super) fn silent_log(view: &View<'_>) -> Option<String> {
    for node in view.plan.topology.names() {
        for life in view.timeline.lives(node).iter().filter(|life| life.ready.is_some()) {
            if !wrote(view, node, life) {
                return Some(format!("no line of the log of {node} was received since {}", life.from));
            }
        }
    }
    None
}

/// Like [`silent_log`], and of a log that flowed once: that nothing came when something had to, in words.
pub(super) fn stopped_log(view: &View<'_>) -> Option<String> {
    silent_log(view).or_else(|| full_disk(view)).or_else(|| unlogged(view))
}

/// A node whose disk was full, and no line of whose log came meanwhile: it lies on that disk.
fn full_disk(view: &View<'_>) -> Option<String> {
    let full = view.timeline.faults.iter().filter(|fault| fault.kind == FaultKind::FillDisk);
    let silent = full.filter_map(|fault| Some((fault, fault.hit()?))).find(|(fault, hit)| {
        let until = fault.healed.unwrap_or(FOREVER);
        !view.log_times.iter().any(|(at, of)| *of == fault.node && *hit < *at && *at < until)
    });
    silent.map(|(fault, hit)| format!("no line of the log of {} came while its disk was full, from {hit}", fault.node))
}

/// A node that no longer listed one that had ended, and whose log has no line since: it logs that a member disappears.
fn unlogged(view: &View<'_>) -> Option<String> {
    let ended = view.timeline.faults.iter().filter(|fault| !fault.kind.is_undone_in_place());
    ended.filter_map(|fault| Some((fault, fault.hit()?))).find_map(|(fault, hit)| {
        let missed = view.looks.iter().find(|look| {
            let listed = look.state.map(|state| state.members.len());
            let before = || {
                let mut looks = view.looks.iter().filter(|before| before.node == look.node && before.at < fault.asked);
                looks.rfind(|before| before.state.is_some())?.state.map(|state| state.members.len())
            };
            look.node != fault.node
                && hit < look.asked
                && view.timeline.up(look.node, fault.asked, look.at).is_some()
                && listed.is_some_and(|now| before().is_some_and(|before| now < before))
                && !view.log_times.iter().any(|(at, of)| *of == look.node && fault.asked <= *at)
        })?;
        Some(format!("the log of {} has no line since {}, though it missed a member by then", missed.node, fault.asked))
    })
}

/// Whether a node's log had a line in a life; a thawed node goes on with the log of the one before.
fn wrote(view: &View<'_>, node: &NodeName, life: &Life) -> bool {
    let started = view.events().any(|(_, at, event)| match event {
        Event::NodeStarts { node: of } => of == node && at == life.from,
        Event::ClusterAdopted { nodes, .. } => nodes.contains(node) && at == life.from,
        _ => false,
    });
    let next = view.timeline.lives(node).iter().map(|other| other.from).filter(|from| life.from < *from).min();
    !started
        || view.log_times.iter().any(|(at, of)| *of == node && life.from <= *at && next.is_none_or(|next| *at < next))
}
