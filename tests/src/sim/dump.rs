//! A history as text, one short line a record.

use std::fmt::Write as _;

use tomee_harness::history::{FaultPhase, NodeState, Outcome, RecordKind, Reply, Seen};
use tomee_harness::verdict::{Status, Verdict};

use super::Case;

/// A case with the verdict on it: the truth, the findings that do not hold, and each record in a line.
pub fn dump(case: &Case, verdict: &Verdict) -> String {
    let mut text = format!("seed {}: {}\n{}\n", case.seed, case.truth, case.description);
    let _ = writeln!(text, "verdict {:?}", verdict.status);
    for finding in verdict.guarantees.iter().filter(|finding| finding.status != Status::Holds) {
        let promised = if finding.promised { "" } else { " (not promised)" };
        let _ = writeln!(
            text,
            "  {} {:?}{promised}: {} {:?}",
            finding.guarantee, finding.status, finding.because, finding.evidence
        );
    }
    for assumption in verdict.assumptions.iter().filter(|assumption| !assumption.met) {
        let _ = writeln!(text, "  not met: {}: {}", assumption.what, assumption.because);
    }
    for (index, record) in case.history.records.iter().enumerate() {
        let _ = writeln!(text, "{index:4} {:>9} {}", record.at.to_string(), line(&record.kind));
    }
    text
}

fn line(kind: &RecordKind) -> String {
    match kind {
        RecordKind::Invoke { operation, client, node, request, target, session } => {
            let sent = session.as_ref().map_or("nothing".to_owned(), |id| short(id.as_str()));
            let what = request.map_or(target.clone(), |request| format!("{request:?} {target}"));
            format!("{operation} {client} -> {node} {what} sends {sent}")
        }
        RecordKind::Complete { operation, outcome } => match outcome {
            Outcome::Ok { reply } => format!("  {operation} ok {}", answer(reply)),
            Outcome::Failed { why } => format!("  {operation} failed: {why}"),
            Outcome::Unknown { why, reply } => {
                format!("  {operation} unknown: {why} {}", reply.as_ref().map(answer).unwrap_or_default())
            }
        },
        RecordKind::Fault { fault, kind, node, phase } => match phase {
            FaultPhase::Asked => format!("FAULT {fault} {kind} {node} asked"),
            FaultPhase::Hit { proof } => format!("FAULT {fault} {kind} {node} hit: {proof}"),
            FaultPhase::Missed { seen } => format!("FAULT {fault} {kind} {node} missed: {seen}"),
            FaultPhase::Healed { effect } => format!("FAULT {fault} {kind} {node} healed {effect:?}"),
        },
        RecordKind::Observe(look) => match &look.seen {
            Seen::Dead(why) => format!("LOOK {} dead: {why}", look.node),
            Seen::State(state) => format!("LOOK {} asked {} {}", look.node, look.asked, holds(state)),
        },
        RecordKind::Event(event) => {
            let text = format!("{event:?}");
            format!("EVENT {}", text.chars().take(110).collect::<String>())
        }
        RecordKind::Log(log) => format!("LOG {} {}", log.node, log.message),
    }
}

fn answer(reply: &Reply) -> String {
    let cookies: Vec<String> = reply.set_cookie.iter().map(|cookie| cookie.replace("JSESSIONID=", "")).collect();
    let cookies = cookies.iter().map(|cookie| short_cookie(cookie)).collect::<Vec<_>>().join(" ");
    let counter = reply.counter.as_ref().map_or(String::new(), |counter| {
        let id = counter.session.as_ref().map_or("no session".to_owned(), |id| short(id.as_str()));
        let new = if counter.new { " new" } else { "" };
        let once = counter.once.as_deref().unwrap_or("none");
        format!("{} {id}{new} count {} once {once} list {:?}", counter.node, counter.count, counter.list)
    });
    let set = if cookies.is_empty() { String::new() } else { format!(" SETS {cookies}") };
    format!("{} {counter}{set}", reply.status)
}

fn short(id: &str) -> String {
    match id.split_once('.') {
        Some((stem, route)) => format!("{}.{route}", stem.get(..6).unwrap_or(stem)),
        None => id.get(..6).unwrap_or(id).to_owned(),
    }
}

fn short_cookie(cookie: &str) -> String {
    match cookie.split_once(';') {
        Some((id, rest)) => format!("{};{}", short(id), rest.replace("; HttpOnly", "")),
        None => short(cookie),
    }
}

fn holds(state: &NodeState) -> String {
    let mut text = format!("{} members", state.members.len());
    for context in &state.contexts {
        let _ = write!(text, " {}", context.path);
        for session in &context.sessions {
            let values: Vec<String> = session.attributes.values().map(|value| value.value.to_string()).collect();
            let _ = write!(text, " [{} {:?} {}]", short(session.id.as_str()), session.role, values.join(" "));
        }
    }
    text
}
