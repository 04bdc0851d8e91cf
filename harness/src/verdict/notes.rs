//! Notes: what is worth knowing and breaks nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::guarantees::{answers_kept, identity_kept};
use super::promise;
use super::requests::Request;
use super::sessions::Session;
use super::view::View;
use super::wants_login;
use crate::history::{Event, LogClass, RecordKind};
use crate::model::NodeName;
use crate::model::plan::AppRequest;

/// All notes on a run.
pub(super) fn notes(view: &View<'_>) -> Vec<String> {
    let mut notes = refused(view);
    for guarantee in &view.plan.guarantees {
        let not_promised_reason = promise::not_promised_reason(*guarantee, view.plan);
        notes.extend(not_promised_reason.map(|why| format!("{guarantee} is not promised: {why}")));
    }
    for session in &view.sessions {
        notes.extend(lost_in_place(view, session));
        notes.extend(renamed_late(view, session));
        notes.extend(behind(session));
        notes.extend(excused(view, session));
        notes.extend(contended(session));
        notes.extend(view.forked(session).map(|fork| fork.because));
        notes.extend(twice(session));
        notes.extend(not_asked(view, session));
    }
    notes.extend(foreign(view).map(str::to_owned));
    notes.extend(wants_login::note(view));
    notes.extend(for_tls_only(view));
    notes.extend(logged(view));
    notes.extend(answers_kept::other_bodies(view));
    notes
}

/// That an app is written for the other servlet API than its server has.
fn foreign<'v>(view: &'v View<'_>) -> impl Iterator<Item = &'v str> {
    view.events().filter_map(|(_, _, event)| match event {
        Event::OtherNamespace { why, .. } => Some(why.as_str()),
        _ => None,
    })
}

/// That session cookies are for TLS only.
fn for_tls_only(view: &View<'_>) -> Option<String> {
    let secure = |cookie: &String| cookie.split(';').skip(1).any(|part| part.trim().eq_ignore_ascii_case("secure"));
    let gives = |request: &&Request<'_>| {
        request.received.is_some() && request.reply.is_some_and(|reply| reply.set_cookie.iter().any(secure))
    };
    let first = view.requests.iter().find(gives)?;
    Some(format!(
        "the session cookie of {} is for TLS only (Secure): clients sent such cookies as if TLS ended before the nodes",
        first.name()
    ))
}

/// Requests that were answered with an error of HTTP, but where the plan expects it: by what was asked, where, and with which
/// status.
fn refused(view: &View<'_>) -> Vec<String> {
    let expected: BTreeSet<u16> = view.plan.steps.iter().filter_map(|step| step.expect.as_ref()?.status).collect();
    let mut ways: BTreeMap<(Reverse<u16>, &str, &NodeName), Vec<&Request<'_>>> = BTreeMap::new();
    for request in &view.requests {
        if let Some(status) = request.status().filter(|status| 400 <= *status && !expected.contains(status)) {
            ways.entry((Reverse(status), request.target, request.node)).or_default().push(request);
        }
    }
    let said = ways.into_iter().map(|((Reverse(status), target, node), all)| {
        let (times, first) = (all.len(), all[0]);
        let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        format!("{target} on {node} was answered with HTTP {status} {times}, first {} at {}", first.id, first.invoked)
    });
    said.collect()
}

/// In-place changes that were acknowledged and are not there in a later answer of another node.
fn lost_in_place(view: &View<'_>, session: &Session<'_>) -> Option<String> {
    let lists = || {
        session.answers.iter().filter_map(|index| Some((&view.operations[*index], view.operations[*index].answer()?)))
    };
    for (operation, answer) in lists().filter(|(operation, _)| operation.request == AppRequest::Mutate) {
        let shorter = lists().find(|(later, shown)| {
            operation.completed.is_some_and(|end| end < later.invoked) && shown.list.len() < answer.list.len()
        });
        if let Some((later, shown)) = shorter {
            return Some(format!(
                "a change of the list in place was not replicated: {} left {:?}, {} showed {:?}",
                operation.name(),
                answer.list,
                later.name(),
                shown.list
            ));
        }
    }
    None
}

/// An answer under the route of a dead owner, which `BackupManager` gives once where neither owner nor backup is asked.
fn renamed_late(view: &View<'_>, session: &Session<'_>) -> Option<String> {
    let late = |answer: &&usize| {
        let operation = &view.operations[**answer];
        let answered = operation.answer().and_then(|answer| answer.session.as_ref()).and_then(|id| id.route());
        answered != view.routes.get(operation.node) && identity_kept::renamed_later(view, session, **answer)
    };
    let operation = &view.operations[*session.answers.iter().find(late)?];
    Some(format!(
        "{} answered under the dead owner's route: BackupManager renames the id with the second answer of a node that \
         was neither owner nor backup",
        operation.name()
    ))
}

/// A replica that was behind what had been acknowledged: with synchronous replication it should not be.
fn behind(session: &Session<'_>) -> Option<String> {
    session.replicas.iter().zip(&session.held.replicas).find_map(|(replica, bounds)| {
        let due = bounds.acknowledged?.count;
        let count = replica.content.count.filter(|count| *count < due)?;
        Some(format!(
            "the replica of {}'s session on {} showed count {count} at {}, when {due} had been acknowledged",
            session.client, replica.node, replica.at
        ))
    })
}

fn excused(view: &View<'_>, session: &Session<'_>) -> Option<String> {
    let loss = session.losses.iter().find(|loss| loss.excuse.is_some())?;
    let excuse = &view.operations[loss.excuse?];
    Some(format!(
        "{} did not find {}'s session {}, legitimately: {} may have ended it or changed its id",
        view.operations[loss.operation].name(),
        session.client,
        session.stems[0],
        excuse.name()
    ))
}

fn contended(session: &Session<'_>) -> Option<String> {
    session.was_contended().then(|| {
        format!(
            "{}'s session {} was counted on two nodes at once: the last one wins, so its counter may fall",
            session.client, session.stems[0]
        )
    })
}

/// A node that held a session under two ids at once.
fn twice(session: &Session<'_>) -> Option<String> {
    let mut times: BTreeMap<usize, usize> = BTreeMap::new();
    for replica in &session.replicas {
        *times.entry(replica.look).or_default() += 1;
    }
    let (look, count) = times.into_iter().find(|(_, count)| *count > 1)?;
    let replica = session.replicas.iter().find(|replica| replica.look == look)?;
    Some(format!(
        "{} held {}'s session {} {count} times at {}, under ids that differ in their route",
        replica.node, session.client, session.stems[0], replica.at
    ))
}

/// A session that had something to lose and was not asked again after the last fault.
fn not_asked(view: &View<'_>, session: &Session<'_>) -> Option<String> {
    let last = view.timeline.faults.iter().filter_map(super::timeline::Fault::hit).max()?;
    let asked = session.answers.iter().chain(session.losses.iter().map(|loss| &loss.operation));
    let again = asked.clone().any(|index| view.operations[*index].invoked > last);
    let over = session.may_have_ended(&view.operations, last) || !session.losses.is_empty();
    (!again && !over && session.acknowledged_before(last) > 0)
        .then(|| format!("{}'s session {} was not asked for after the last fault", session.client, session.stems[0]))
}

/// What the servers' logs say of lost replication.
fn logged(view: &View<'_>) -> Vec<String> {
    let mut counts: BTreeMap<(&NodeName, &str), usize> = BTreeMap::new();
    for record in &view.history.records {
        let RecordKind::Log(line) = &record.kind else { continue };
        let what = match line.class {
            LogClass::DeltaForUnknownSession => "deltas for sessions that it did not have, which are lost",
            LogClass::SerialisationFailed => "deltas that could not be serialised, which are lost",
            LogClass::StateTimeout => "state transfers that timed out",
            _ => continue,
        };
        *counts.entry((&line.node, what)).or_default() += 1;
    }
    counts.into_iter().map(|((node, what), count)| format!("{node} logged {count} {what}")).collect()
}
