//! Explanation: the few records around a finding, from all nodes, as lines that a report can print.

use std::collections::{BTreeSet, HashMap};

use super::finding::Finding;
use super::timeline::in_time;
use crate::history::observation::Seen;
use crate::history::{
    CounterReply, Event, FaultPhase, History, NodeState, OperationId, Outcome, Record, RecordKind, Reply,
    SessionReplica,
};
use crate::model::{NodeName, SessionId};

/// How many records before and after each piece of evidence are shown.
const AROUND: usize = 2;
/// The most lines of one explanation.
const LINES: usize = 40;

/// The records on which a finding rests and those next to them, in time, one line each. A line that is evidence begins
/// with `>`, the others with a blank.
pub fn explain(finding: &Finding, history: &History) -> Vec<String> {
    around(&finding.evidence, history)
}

/// Like [`explain`], of any records, given as indexes into the history.
pub fn around(evidence: &[usize], history: &History) -> Vec<String> {
    let order: Vec<usize> =
        in_time(history).into_iter().filter(|index| is_worth_showing(&history.records[*index])).collect();
    let places: HashMap<usize, usize> = order.iter().enumerate().map(|(place, index)| (*index, place)).collect();
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    for place in evidence.iter().filter_map(|index| places.get(index).copied()) {
        let around = place.saturating_sub(AROUND)..=(place + AROUND).min(order.len() - 1);
        // What comes first in the evidence matters most, so the last pieces give way.
        if shown.union(&around.clone().collect()).count() <= LINES {
            shown.extend(around);
        }
    }
    let evidence: BTreeSet<&usize> = evidence.iter().collect();
    let lines = shown.into_iter().map(|place| {
        let index = order[place];
        let mark = if evidence.contains(&index) { '>' } else { ' ' };
        format!("{mark} {:>9}  {}", history.records[index].at, line(&history.records[index], history))
    });
    lines.collect()
}

/// One record in words. Of the end of a request the node is known only to the history that has its begin.
pub fn described(record: &Record, history: &History) -> String {
    line(record, history)
}

/// Steps are the frame of a run, not its scenario.
fn is_worth_showing(record: &Record) -> bool {
    !matches!(
        record.kind,
        RecordKind::Event(Event::StepBegins { .. } | Event::StepEnds { .. } | Event::Addressed { .. })
    )
}

fn line(record: &Record, history: &History) -> String {
    match &record.kind {
        RecordKind::Invoke { operation, client, node, target, session, .. } => {
            let session = session.as_ref().map_or("no session", SessionId::as_str);
            format!("{node}  {operation} {client} asks {target} with {session}")
        }
        RecordKind::Complete { operation, outcome } => {
            let node = asked(*operation, history).map_or("?", NodeName::as_str);
            format!("{node}  {operation} {}", ended(outcome))
        }
        RecordKind::Fault { fault, kind, node, phase } => {
            format!("{node}  fault {fault} ({kind}) {}", phase_in_words(phase))
        }
        RecordKind::Observe(observation) => match &observation.seen {
            Seen::State(state) => format!("{}  observed: {}", observation.node, state_in_words(state)),
            Seen::Dead(why) => format!("{}  could not be observed: {why}", observation.node),
        },
        RecordKind::Event(event) => event_in_words(event),
        RecordKind::Log(log) => format!("{}  log {}: {}", log.node, log.level, log.message),
    }
}

fn asked(wanted: OperationId, history: &History) -> Option<&NodeName> {
    history.records.iter().find_map(|record| match &record.kind {
        RecordKind::Invoke { operation, node, .. } if *operation == wanted => Some(node),
        _ => None,
    })
}

fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok { reply } => format!("answered {}", reply_in_words(reply)),
        Outcome::Failed { why } => format!("failed, without effect: {why}"),
        Outcome::Unknown { why, reply: None } => format!("is unknown: {why}"),
        Outcome::Unknown { why, reply: Some(reply) } => format!("is unknown: {why}, with {}", reply_in_words(reply)),
    }
}

fn reply_in_words(reply: &Reply) -> String {
    match &reply.counter {
        Some(CounterReply { session, new, count, once, list, .. }) => {
            let session = session.as_ref().map_or("no session", SessionId::as_str);
            let new = if *new { ", new" } else { "" };
            format!(
                "{}: {session}{new}, count {count}, once {}, list {list:?}",
                reply.status,
                once.as_deref().unwrap_or("none")
            )
        }
        None => reply.status.to_string(),
    }
}

fn phase_in_words(phase: &FaultPhase) -> String {
    match phase {
        FaultPhase::Asked => "asked for".to_owned(),
        FaultPhase::Hit { proof } => format!("took effect: {proof}"),
        FaultPhase::Missed { seen } => format!("had no effect: {seen}"),
        FaultPhase::Healed { effect: None } => "undone".to_owned(),
        FaultPhase::Healed { effect: Some(effect) } => format!("undone: {effect}"),
    }
}

fn state_in_words(state: &NodeState) -> String {
    let members: Vec<_> = state.members.iter().map(|member| format!("{}:{}", member.host, member.port)).collect();
    let mut parts = vec![format!("members [{}]", members.join(", "))];
    for context in &state.contexts {
        let sessions: Vec<_> = context.sessions.iter().map(replica_in_words).collect();
        let manager = context.manager.class.rsplit('.').next().unwrap_or_default();
        parts.push(format!("{} ({manager}) [{}]", context.path, sessions.join("; ")));
    }
    parts.join(", ")
}

fn replica_in_words(replica: &SessionReplica) -> String {
    let attributes: Vec<_> =
        replica.attributes.iter().map(|(name, attribute)| format!("{name} {}", attribute.value)).collect();
    let valid = if replica.valid { "" } else { ", invalid" };
    format!("{}: {}", format_args!("{}{valid}", replica.id), attributes.join(", "))
}

fn event_in_words(event: &Event) -> String {
    match event {
        Event::StepBegins { step, title } => format!("step {step} begins: {title}"),
        Event::StepEnds { step } => format!("step {step} ends"),
        Event::Addressed { endpoints } => format!("{} nodes have addresses", endpoints.nodes.len()),
        Event::ClusterAdopted { from, nodes } => {
            let nodes: Vec<_> = nodes.iter().map(NodeName::as_str).collect();
            format!("the cluster of run {from} was reset and reused: {}", nodes.join(", "))
        }
        Event::NodeStarts { node } => format!("{node}  starts"),
        Event::NodeReady { node } => format!("{node}  is ready"),
        Event::ClusterFormed { nodes } => {
            let nodes: Vec<_> = nodes.iter().map(NodeName::as_str).collect();
            format!("the cluster has formed: {}", nodes.join(", "))
        }
        Event::ClusterSplit { sides } => {
            let side = |nodes: &Vec<NodeName>| nodes.iter().map(NodeName::as_str).collect::<Vec<_>>().join(", ");
            let sides: Vec<_> = sides.iter().map(side).collect();
            format!("the cluster is split: {}", sides.join(" and "))
        }
        Event::WarDropped { node, context, .. } => format!("{node}  the WAR for {context} is dropped"),
        Event::WarRemoved { node, context } => format!("{node}  the WAR for {context} is removed"),
        Event::Undeployed { node, context } => format!("{node}  no longer has {context}"),
        Event::Deployed { node, context } => format!("{node}  serves {context}"),
        Event::Synchronised { node, sessions } => format!("{node}  holds the same {sessions} sessions as its peers"),
        Event::WaitRanOut { wanted, last_seen, waited_ms, .. } => {
            format!("timed out after {waited_ms} ms waiting for {wanted}; last status: {last_seen}")
        }
        Event::DeploymentFailed { node, context, why, .. } => {
            format!("{node}  could not start the app at {context}: {why}")
        }
        Event::OtherNamespace { why, .. } => why.clone(),
        Event::NodeDied { node, why } => format!("{node}  died: {why}"),
        Event::FrontSees { nodes } => {
            let each: Vec<_> = nodes.iter().map(|(node, state)| format!("{node} {state}")).collect();
            format!("the front has {}", each.join(", "))
        }
        Event::FrontTold { node, order } => format!("the front is told: {order} {node}"),
        Event::Interrupted { by } => format!("interrupted by {by}"),
    }
}
