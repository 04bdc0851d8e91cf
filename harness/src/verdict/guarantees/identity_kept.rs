//! The id keeps its stem and takes the route of the node that answers; the client is informed, and the session is no new one.

use super::super::operations::{Fate, Operation, cookie_value};
use super::super::sessions::Session;
use super::super::view::View;
use super::app_routes;
use super::judgement::{Breach, Judgement, NAMED};
use super::survival::{Tried, breach, loss_in_words};
use crate::model::plan::AppRequest;
use crate::model::{ManagerKind, Violation};

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let ignored = view.routes.ignored.iter().map(|(node, wanted, found, record)| {
        let found = found.map_or_else(|| "without a route".to_owned(), |found| format!("with the route {found}"));
        let at = view.history.records[*record].at;
        Breach::shown(at, *record, format!("{node} was started with -DjvmRoute={wanted}, and runs {found}"))
    });
    let sessions = view.sessions.iter().flat_map(|session| breaches(view, session));
    let breaches: Vec<_> =
        ignored.chain(sessions).chain(without_session(view)).chain(app_routes::breaches(view)).collect();
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

fn earned(view: &View<'_>) -> Result<Judgement, String> {
    let followed = view.sessions.iter().filter(|session| session.answers.len() > 1).count();
    if view.sessions.is_empty() && !view.apps.all.is_empty() {
        return Ok(of_any_app(view));
    }
    if followed == 0 {
        return Err("no session was answered twice".to_owned());
    }
    let sessions = if followed == 1 { "1 session".to_owned() } else { format!("{followed} sessions") };
    let routed = view.plan.topology.names().any(|node| view.routes.get(node).is_some());
    if view.timeline.faults.is_empty() {
        let all = view.sessions.iter().flat_map(|session| session.answers.iter().copied());
        let route = if routed { ", and the route was each time the node's" } else { ", and no node has a route" };
        return Ok(Judgement::holds(format!("{sessions} kept the stem of the id{route}"))
            .resting_on(view.numbers(all), Vec::new()));
    }
    let tried = Tried::of(view)?;
    let took = if routed { " and took the answering node's route" } else { ", without any route," };
    let because = format!("{sessions} kept the stem of the id{took} after {}", tried.names(view));
    Ok(Judgement::holds(because).resting_on(tried.answers(view), tried.evidence(view)).after(tried.trials()))
}

/// Of an app of which nothing is known the routes are seen; that it keeps its sessions is `session-kept`.
fn of_any_app(view: &View<'_>) -> Judgement {
    if view.plan.topology.names().all(|node| view.routes.get(node).is_none()) {
        return Judgement::holds("no node has a route, so no id takes one");
    }
    let taken = app_routes::taken(view);
    let Some(last) = taken.last() else {
        return Judgement::holds("each id had the route of the node that answered, and no other node did");
    };
    let answers = if taken.len() == 1 { "1 answer".to_owned() } else { format!("{} answers", taken.len()) };
    let because = format!("{answers} gave an id the route of the node that answered, {} at last", last.name());
    let numbers = taken.iter().rev().take(NAMED).map(|request| request.id).collect();
    Judgement::holds(because).resting_on(numbers, Vec::new()).after(taken.len())
}

fn breaches(view: &View<'_>, session: &Session<'_>) -> Vec<Breach> {
    let lost = session.losses.iter().filter(|loss| loss.excuse.is_none());
    let lost = lost.map(|loss| {
        let lost = breach(view, session, loss.operation, loss_in_words(view, session, loss), &[], None);
        Breach { unpromised: loss.unpromised.clone(), ..lost.named(Violation::LostSession) }
    });
    let answered = session.answers.iter().filter_map(|answer| {
        let operation = &view.operations[*answer];
        let wrong = wrong_id(view, operation).filter(|_| !renamed_later(view, session, *answer));
        let because =
            wrong.or_else(|| taken_for_new(view, session, operation)).or_else(|| client_not_informed(operation))?;
        // Another node, or a change of the id, took the session over while this one was being answered.
        if session.raced(&view.operations, *answer) && renamed_meanwhile(view, session, *answer) {
            return None;
        }
        Some(breach(view, session, *answer, because, &[], None))
    });
    lost.chain(answered).collect()
}

/// Requests to count that were answered without a session, by clients that had none: the app makes one where it counts.
fn without_session<'v>(view: &'v View<'_>) -> impl Iterator<Item = Breach> + 'v {
    let counted = view.operations.iter().filter(|operation| {
        operation.request == AppRequest::Count
            && operation.sent.is_none()
            && operation.answer().is_some_and(|answer| answer.session.is_none())
    });
    counted.map(|operation| {
        let because = format!("{} counted and was answered without a session", operation.name());
        let at = operation.completed.unwrap_or(operation.invoked);
        Breach { rests_on: vec![operation.id], ..Breach::shown(at, operation.record, because) }
            .named(Violation::LostSession)
    })
}

/// Whether a request that was under way at the same time may have given the session another id: one to change it, or one of a
/// node whose route it had not.
fn renamed_meanwhile(view: &View<'_>, session: &Session<'_>, index: usize) -> bool {
    let operation = &view.operations[index];
    let ended = operation.completed.unwrap_or(operation.invoked);
    let others = session.operations.iter().filter(|other| **other != index).map(|other| &view.operations[*other]);
    let mut others = others.filter(|other| other.invoked < ended && operation.invoked < other.acts_until);
    others.any(|other| {
        view.routes.gives_another_id(other) || matches!(other.request, AppRequest::ChangeId | AppRequest::Invalidate)
    })
}

/// A node that is neither owner nor backup of a `BackupManager`'s session answers once under the id that it was sent
/// and renames it with the next answer (seen on TomEE 9.0.0 and Tomcat 11.0.24: `AbstractReplicatedMap.get` fails to inform
/// the dead owner, and gives `JvmRouteBinderValve` nothing). Only its first answer is excused, and it is noted.
pub(in super::super) fn renamed_later(view: &View<'_>, session: &Session<'_>, answer: usize) -> bool {
    let topology = &view.plan.topology;
    if topology.cluster.manager != ManagerKind::Backup || topology.nodes.len() <= 2 {
        return false;
    }
    let operation = &view.operations[answer];
    let unchanged = operation.sent == operation.answer().and_then(|counter| counter.session.as_ref());
    let mut earlier = session.answers.iter().map(|index| &view.operations[*index]);
    let last = earlier.rfind(|known| known.completed.is_some_and(|end| end < operation.invoked));
    unchanged && last.is_some_and(|last| last.node != operation.node)
}

/// The id in the answer has another route than the node's; or, on a node without a route, it changed.
fn wrong_id(view: &View<'_>, operation: &Operation<'_>) -> Option<String> {
    let id = operation.answer()?.session.as_ref()?;
    match view.routes.get(operation.node) {
        Some(route) if id.route() == Some(route) => None,
        Some(route) => {
            let found = id.route().map_or_else(|| "no route".to_owned(), |found| format!("route {found}"));
            Some(format!("{} answered under the id {id}, which has {found}, expected {route}", operation.name()))
        }
        None => {
            let sent = operation.sent.filter(|_| operation.request != AppRequest::ChangeId)?;
            (sent.stem() == id.stem() && sent != id).then(|| {
                format!("{} answered under the id {id}, expected {sent}: the node has no route", operation.name())
            })
        }
    }
}

/// The server takes a session for new that its client already knows.
///
/// A server forgets that a session is new when it puts the request away that made it, which is after its answer was sent
/// (`Request.recycleSessionInfo`, `StandardSession.endAccess`): a quick client's next request to the same node may still
/// find it new (seen on TomEE 9.0.0). So it is wrong only behind an answer that no longer had it, or on another node.
fn taken_for_new(view: &View<'_>, session: &Session<'_>, operation: &Operation<'_>) -> Option<String> {
    if !operation.answer()?.new {
        return None;
    }
    let begun = |all: &[usize]| all.partition_point(|index| view.operations[*index].invoked < operation.invoked);
    let answers = &session.answers[..begun(&session.answers)];
    let elsewhere = |since: &Operation<'_>| {
        let asked = session.operations[..begun(&session.operations)].iter().rev().map(|index| &view.operations[*index]);
        asked.take_while(|between| since.invoked < between.invoked).any(|between| between.node != operation.node)
    };
    let known = answers.iter().map(|index| &view.operations[*index]).rfind(|known| {
        let ended = known.completed.is_some_and(|end| end < operation.invoked);
        let new = || known.node == operation.node && known.answer().is_some_and(|answer| answer.new);
        ended && (!new() || elsewhere(known))
    })?;
    Some(format!(
        "{} reported {}'s session as new, which {} had already answered",
        operation.name(),
        session.client,
        known.id
    ))
}

/// The id changed and the client was not informed, or was given another one.
fn client_not_informed(operation: &Operation<'_>) -> Option<String> {
    let Fate::Landed(reply, counter) = operation.fate else { return None };
    let id = counter.session.as_ref()?;
    let received = reply.set_cookie.last().and_then(|cookie| cookie_value(cookie));
    if let Some(cookie) = reply.set_cookie.last()
        && let Some(why) = not_sent_back(cookie, operation.path)
    {
        return Some(format!("{} was given a cookie that its client cannot send back: {why}", operation.name()));
    }
    match received {
        Some(received) if received != id.as_str() => {
            Some(format!("{} answered under the id {id}, but its cookie says {received}", operation.name()))
        }
        None if operation.sent != Some(id) => {
            Some(format!("{} answered under the id {id} without setting a cookie", operation.name()))
        }
        _ => None,
    }
}

/// Why a client that asked for a path does not send a cookie with its next request for it, in words (RFC 6265, sections 5.1.4
/// and 5.4). One that is for TLS only is sent: TLS ends before the nodes.
pub(super) fn not_sent_back(cookie: &str, path: &str) -> Option<String> {
    for attribute in cookie.split(';').skip(1).map(str::trim) {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        match name.to_ascii_lowercase().as_str() {
            "path" if value.starts_with('/') && !covers(value, path) => {
                return Some(format!("it is for the path {value}, and {path} was asked for"));
            }
            "max-age" if value.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0) => {
                return Some(format!("it is deleted by Max-Age={value}"));
            }
            _ => {}
        }
    }
    None
}

/// Whether a cookie's path covers the path of a request.
fn covers(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_sent_back_to_its_path_and_below_it_only() {
        for (cookie, path, sent) in [
            ("/", "/shop/cart", true),
            ("/", "/shopping", true),
            ("/shop", "/shop", true),
            ("/shop", "/shop/cart", true),
            ("/shop/", "/shop/cart", true),
            ("/shop/", "/shop", false),
            ("/shop", "/shopping", false),
            ("/other", "/shop/cart", false),
        ] {
            let why = not_sent_back(&format!("JSESSIONID=1; Path={cookie}; HttpOnly"), path);
            assert_eq!(why.is_none(), sent, "{cookie} {path}: {why:?}");
        }
        assert!(not_sent_back("JSESSIONID=1; Path=/; Secure", "/").is_none());
        assert!(not_sent_back("JSESSIONID=1; Path=/other; Secure", "/shop").is_some());
        assert!(not_sent_back("JSESSIONID=1; Path=/; Max-Age=0", "/").is_some());
        assert!(not_sent_back("JSESSIONID=1; Path=/; Max-Age=60; SameSite=Lax", "/").is_none());
    }
}
