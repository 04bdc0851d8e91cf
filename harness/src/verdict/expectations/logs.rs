//! What the nodes' logs were to say of a step: texts, and what the listener of an app was notified of its sessions.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::{Asked, received};
use crate::history::{LogClass, LogLine, Nanos, RecordKind};
use crate::model::{Expect, NodeName, SessionId};
use crate::verdict::finding::{Expectation, Status};
use crate::verdict::operations::stem;
use crate::verdict::records::{silent_log, stopped_log};
use crate::verdict::view::View;

/// What the nodes' logs were to say, or not, from an instant to the run's end.
pub(super) fn texts(view: &View<'_>, expect: &Expect, from: Nanos) -> Vec<Expectation> {
    let said = |text: &str| lines(view, from).find(|(_, line)| line.message.contains(text));
    let mut found = vec![];
    let mut push = |what, status, because, evidence| {
        found.push(Expectation { what, status, because, rests_on: vec![], evidence });
    };
    if let Some(text) = &expect.log {
        let what = format!("{text:?} in a log");
        match said(text) {
            Some((index, line)) => push(what, Status::Holds, format!("{} logged it", line.node), vec![index]),
            None => match silent_log(view) {
                Some(why) => push(what, Status::Unknown, why, vec![]),
                None => push(what, Status::Violated, "no node logged it".to_owned(), vec![]),
            },
        }
    }
    if let Some(text) = &expect.no_log {
        let what = format!("no {text:?} in any log");
        match said(text) {
            Some((index, line)) => {
                push(what, Status::Violated, format!("{} logged {:?}", line.node, line.message), vec![index]);
            }
            None => match stopped_log(view) {
                Some(why) => push(what, Status::Unknown, why, vec![]),
                None => push(what, Status::Holds, "no node logged it".to_owned(), vec![]),
            },
        }
    }
    found
}

/// On which nodes the listener of the app was to be notified of the sessions of these answers. Exactly those: one more is as
/// wrong as one less. A log is read later than it is written, hence the whole run counts and not the step.
pub(super) fn listeners(view: &View<'_>, expect: &Expect, asked: &[&Asked<'_>]) -> Vec<Expectation> {
    let sessions: BTreeSet<&str> = asked
        .iter()
        .flat_map(|asked| {
            let answered = asked.reply().and_then(received).map(stem);
            answered.into_iter().chain(asked.sent.map(SessionId::stem))
        })
        .collect();
    let rests_on: Vec<_> = asked.last().map(|asked| asked.id).into_iter().collect();
    let judged = |event: &str, class: LogClass, wanted: &[NodeName]| {
        let wanted: BTreeSet<&NodeName> = wanted.iter().collect();
        let what = format!("session {event} on {}", names(&wanted));
        let mut found: BTreeMap<&NodeName, usize> = BTreeMap::new();
        let of_these = |line: &LogLine| line.message.rsplit(' ').next().is_some_and(|id| sessions.contains(stem(id)));
        for (index, line) in lines(view, Nanos::default()).filter(|(_, line)| line.class == class && of_these(line)) {
            found.entry(&line.node).or_insert(index);
        }
        let called: BTreeSet<&NodeName> = found.keys().copied().collect();
        let (status, because) = if sessions.is_empty() {
            (Status::Unknown, "no request had a session".to_owned())
        } else {
            let because = format!("the listener was called on {}", names(&called));
            // One that was called though it was not to be is no matter of what others say.
            match silent_log(view).filter(|_| called.is_subset(&wanted)) {
                Some(silent) => (Status::Unknown, format!("{because}; {silent}")),
                None if called == wanted => (Status::Holds, because),
                None => (Status::Violated, because),
            }
        };
        Expectation { what, status, because, rests_on: rests_on.clone(), evidence: found.into_values().collect() }
    };
    let created = expect.created.as_ref().map(|nodes| judged("created", LogClass::SessionCreated, nodes));
    let destroyed = expect.destroyed.as_ref().map(|nodes| judged("destroyed", LogClass::SessionDestroyed, nodes));
    created.into_iter().chain(destroyed).collect()
}

/// The log lines from an instant on, with their records.
fn lines<'a>(view: &View<'a>, from: Nanos) -> impl Iterator<Item = (usize, &'a LogLine)> {
    view.history.records.iter().enumerate().filter_map(move |(index, record)| match &record.kind {
        RecordKind::Log(line) if record.at >= from => Some((index, line)),
        _ => None,
    })
}

fn names(nodes: &BTreeSet<&NodeName>) -> String {
    if nodes.is_empty() {
        return "no node".to_owned();
    }
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
