//! What was recorded, held against itself: a victim died of what was done to it, the dead do not answer, and a log that
//! says nothing was shown to flow.

use super::timeline::{FOREVER, Fault, FaultFate, Life};
use super::view::View;
use crate::history::{Event, FaultPhase, LogLine, Nanos, RecordKind};
use crate::model::{FaultKind, NodeName};

/// Why a fault that is recorded as a hit was none, in words.
pub(super) fn no_hit(view: &View<'_>, fault: &Fault<'_>) -> Option<String> {
    if !matches!(fault.fate, FaultFate::Hit(_)) {
        return None;
    }
    let proof = view.history.records.get(fault.record).and_then(|record| match &record.kind {
        RecordKind::Fault { phase: FaultPhase::Hit { proof }, .. } => Some(proof.as_str()),
        _ => None,
    });
    // Whatever was to be cut off, nothing was.
    if let Some(nothing) = proof.filter(|proof| proof.starts_with("0 packet")) {
        return Some(format!("{} affected nothing: {nothing}", fault.name()));
    }
    if fault.kind == FaultKind::Pause
        && let Some(proof) = proof.filter(|proof| !is_frozen(proof))
    {
        return Some(format!("{} did not freeze it: {proof}", fault.name()));
    }
    if fault.kind.is_undone_in_place() {
        return None;
    }
    if let Some(other) = proof.and_then(|proof| other_end(fault.kind, proof)) {
        return Some(format!("{} did not end it: {other}", fault.name()));
    }
    let missed = missed_before(view, fault)?;
    Some(format!("{} was missed at {missed} by a peer, before {} was asked for", fault.node, fault.name()))
}

/// The proof of a pause that reports what was asked for: a process that is stopped, or a container in the freezer. Words
/// of another kind prove what they say.
fn is_frozen(proof: &str) -> bool {
    let state = proof.split_once("is in state ").map(|(_, state)| state);
    !proof.trim().is_empty() && state.is_none_or(|state| state.starts_with(['T', 't']))
}

/// The proof of a kill or a stop that does not report the end that was asked for.
fn other_end(kind: FaultKind, proof: &str) -> Option<&str> {
    let number = |word: &str| {
        let (_, behind) = proof.split_once(word)?;
        let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let (signal, code) = (number("signal "), number("exit code "));
    let fits = match (kind, signal, code) {
        // What ran out of memory ended by itself.
        (FaultKind::Kill | FaultKind::Stop, ..) if proof.contains("OOMKilled") => false,
        (FaultKind::Kill, Some(signal), _) => signal == 9,
        (FaultKind::Kill, None, code) => code == Some(137),
        (FaultKind::Stop, Some(signal), None) => signal == 15,
        // A JVM that SIGTERM has ended in order exits with 143.
        (FaultKind::Stop, signal, Some(code)) => {
            signal.is_none_or(|signal| signal == 15) && [0, 130, 143].contains(&code)
        }
        (FaultKind::Stop, None, None) => false,
        _ => true,
    };
    (!fits).then_some(proof)
}

/// When a peer logged that the victim had disappeared, before anything was done to it and without its having been seen
/// alive since.
fn missed_before(view: &View<'_>, fault: &Fault<'_>) -> Option<Nanos> {
    let life = view.timeline.lives(fault.node).iter().rfind(|life| life.from < fault.asked)?;
    let cut = |at: Nanos| {
        let others = view.timeline.faults.iter().filter(|other| other.number != fault.number);
        others
            .into_iter()
            .any(|other| other.asked <= at && other.healed.is_none_or(|healed| at <= healed.max(other.asked)))
    };
    let alive = |since: Nanos| {
        let inside = |at: Nanos| since < at && at < fault.asked;
        view.looks
            .iter()
            .any(|look| look.node == fault.node && look.state.is_some() && since < look.asked && inside(look.at))
            || view.operations.iter().any(|operation| {
                operation.node == fault.node
                    && operation.answer().is_some()
                    && since < operation.invoked
                    && operation.completed.is_some_and(inside)
            })
            || view.timeline.whole.iter().any(|whole| inside(whole.from) && whole.nodes.contains(fault.node))
    };
    let missed = view.disappearances().filter(|(at, by, record)| {
        *by != fault.node
            && life.ready.is_some_and(|ready| ready < *at)
            && *at < fault.asked
            && names(view, *record, fault.node)
            && !cut(*at)
    });
    missed.map(|(at, ..)| at).find(|at| !alive(*at))
}

/// Whether a line about a member is about this node.
fn names(view: &View<'_>, record: usize, node: &NodeName) -> bool {
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
        || port.is_some_and(|port| message.contains(&format!(":{port},")) || message.contains(&format!(":{port}]")))
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
