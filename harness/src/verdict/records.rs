//! What was recorded, held against itself: each step of the plan left its records, a victim died of what was done to it,
//! the dead do not answer, and a log that says nothing was shown to flow.

use super::timeline::{Fault, FaultFate, Life};
use super::view::View;
use crate::history::{Event, FaultPhase, LogLine, Nanos, RecordKind};
use crate::model::{ClientName, FaultKind, NodeName, Step, StepKind, Target};

/// The first step that ended without what it must have left, in words.
pub(super) fn empty_step(view: &View<'_>) -> Option<String> {
    let mut begun = None;
    for (_, at, event) in view.events() {
        match event {
            Event::StepBegins { step, .. } => begun = Some((*step, at)),
            Event::StepEnds { step } => {
                let Some((_, from)) = begun.take().filter(|(number, _)| number == step) else { continue };
                let index = usize::try_from(*step).ok().and_then(|step| step.checked_sub(1));
                let Some(planned) = index.and_then(|index| view.plan.steps.get(index)) else { continue };
                if let Some(lacks) = lacks(view, planned, (from, at)) {
                    return Some(format!("step {step} ({}) ended without {lacks}", planned.title));
                }
            }
            _ => {}
        }
    }
    None
}

/// What a step must have left between two instants and did not, in words.
fn lacks(view: &View<'_>, step: &Step, (from, to): (Nanos, Nanos)) -> Option<String> {
    let inside = |at: Nanos| from <= at && at <= to;
    let event = |fits: &dyn Fn(&Event) -> bool| view.events().any(|(_, at, event)| inside(at) && fits(event));
    let asked = |name: &ClientName, clients: u32, since: Nanos| {
        let invoked = view.invocations.iter();
        invoked.filter(|(at, client)| since <= *at && *at <= to && client.is_one_of(name, clients)).count()
    };
    let fewer = |name: &ClientName, clients: u32, due: u64| {
        let found = asked(name, clients, from);
        (u64::try_from(found).unwrap_or(u64::MAX) < due).then(|| format!("{due} requests of {name}: there are {found}"))
    };
    let missing = |there: bool, what: &str| (!there).then(|| what.to_owned());
    match &step.kind {
        StepKind::Start => {
            let formed = |event: &Event| matches!(event, Event::ClusterFormed { .. } | Event::ClusterAdopted { .. });
            missing(event(&formed), "a cluster that had formed")
        }
        StepKind::Deploy { context, .. } => {
            let dropped = |event: &Event| matches!(event, Event::WarDropped { context: of, .. } if of == context);
            missing(event(&dropped), "a WAR that was dropped")
        }
        StepKind::Undeploy { context, .. } => {
            let removed = |event: &Event| matches!(event, Event::WarRemoved { context: of, .. } | Event::Undeployed { context: of, .. } if of == context);
            missing(event(&removed), "a WAR that was removed")
        }
        StepKind::Request { client, load, .. } | StepKind::Http { client, load, .. } => {
            fewer(client, load.clients, u64::from(load.clients) * u64::from(load.times))
        }
        StepKind::Look { .. } | StepKind::Observe { .. } => {
            let looked = view.looks.iter().any(|look| inside(look.at));
            let anybody = view.plan.topology.names().any(|node| view.timeline.up(node, from, to).is_some());
            missing(looked || !anybody, "a look")
        }
        StepKind::Fault { fault, node, .. } => {
            let kind = fault.kind();
            let broken = view.timeline.faults.iter().any(|fault| {
                let named = match node {
                    Target::Node(node) => node == fault.node,
                    Target::Role(_) => true,
                };
                inside(fault.asked) && fault.kind == kind && named
            });
            missing(broken, &format!("a record of the {kind}"))
        }
        StepKind::Heal { .. } => {
            let healed = view.history.records.iter().any(|record| {
                inside(record.at) && matches!(record.kind, RecordKind::Fault { phase: FaultPhase::Healed { .. }, .. })
            });
            missing(healed, "a record that anything was healed")
        }
        StepKind::Restart { .. } => {
            missing(event(&|event: &Event| matches!(event, Event::NodeStarts { .. })), "a start of a node")
        }
        // What leaves no record of its own kind.
        _ => None,
    }
}

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
    if fault.kind.is_undone_in_place() {
        return None;
    }
    if let Some(other) = proof.and_then(|proof| other_end(fault.kind, proof)) {
        return Some(format!("{} did not end it: {other}", fault.name()));
    }
    let missed = missed_before(view, fault)?;
    Some(format!("{} was missed at {missed} by a peer, before {} was asked for", fault.node, fault.name()))
}

/// Another end than the one that was asked for, where the proof reports one.
fn other_end(kind: FaultKind, proof: &str) -> Option<&str> {
    let number = |word: &str| {
        let (_, behind) = proof.split_once(word)?;
        let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok()
    };
    let (signal, code) = (number("signal "), number("exit code "));
    let fits = match kind {
        FaultKind::Kill => {
            signal.is_none_or(|signal| signal == 9) && (signal.is_some() || code.is_none_or(|code| code == 137))
        }
        // A JVM that SIGTERM has ended in order exits with 143.
        FaultKind::Stop => {
            signal.is_none_or(|signal| signal == 15) && code.is_none_or(|code| [0, 130, 143].contains(&code))
        }
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

/// The first answer or look of a node after its process had ended, in words.
pub(super) fn answered_dead(view: &View<'_>) -> Option<String> {
    let answered = view.operations.iter().filter(|operation| operation.answer().is_some()).find(|operation| {
        view.timeline.dead(operation.node, operation.invoked, operation.completed.unwrap_or(operation.invoked))
    });
    if let Some(operation) = answered {
        return Some(format!("{} was answered by a node that had ended", operation.name()));
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
