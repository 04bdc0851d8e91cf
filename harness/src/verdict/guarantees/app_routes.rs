//! The routes in the session ids of apps of which nothing is known: a node that answers out of a session gives its id the route
//! of its own (`JvmRouteBinderValve`), or a balancer that goes by it sends the client to a node that is gone.

use super::super::app_sessions::AppSession;
use super::super::operations::{route, stem};
use super::super::requests::Request;
use super::super::view::View;
use super::judgement::Breach;
use super::session_tests::{first_after, shown_by};
use crate::model::{ManagerKind, Violation};

/// Ids under another route than that of the node that answered.
pub(super) fn breaches(view: &View<'_>) -> Vec<Breach> {
    let sessions = view.apps.all.iter().filter(|session| !view.is_counter(session.context));
    sessions.flat_map(|session| of_session(view, session)).collect()
}

/// The requests that were answered by another node than the one whose route they sent, and were given its own.
pub(super) fn taken<'v, 'a>(view: &'v View<'a>) -> Vec<&'v Request<'a>> {
    let taken = |request: &&Request<'a>| {
        let (Some(sent), Some(received)) = (request.sent, request.received) else { return false };
        let own = view.routes.get(request.node);
        sent.stem() == stem(received) && sent.route() != own && own.is_some() && route(received) == own
    };
    view.requests.iter().filter(|request| !view.is_counter(request.context)).filter(taken).collect()
}

fn of_session<'v>(view: &'v View<'_>, session: &'v AppSession<'_>) -> Vec<Breach> {
    let mut answered_by = None;
    let mut breaches = Vec::new();
    for index in &session.requests {
        let request = &view.requests[*index];
        let moved = answered_by.replace(request.node).is_some_and(|last| last != request.node);
        let Some(own) = view.routes.get(request.node).filter(|_| request.succeeded()) else { continue };
        let because = match request.received {
            Some(received) if stem(received) != session.stem || route(received) == Some(own) => continue,
            Some(received) => format!("{} was given the id {received}, expected the route {own}", request.name()),
            None => {
                let sent = request.sent.filter(|sent| sent.route() != Some(own) && !is_left_by_backup(view, moved));
                let shown = sent.and_then(|_| first_after(view, session, request));
                let kept = shown.zip(sent).filter(|(shown, sent)| shown.replica.id == **sent);
                let Some((shown, sent)) = kept else { continue };
                let found = sent.route().map_or_else(|| "no route".to_owned(), |found| format!("the route {found}"));
                format!("{} left the id of {} with {found}, expected {own}", request.name(), session.name())
                    + &format!(": {} holds {sent} at {}", shown.node, shown.at)
            }
        };
        if !session.raced(&view.requests, *index) {
            breaches.push(shown_by(view, session, request, because).named(Violation::WrongIdentity));
        }
    }
    breaches
}

/// A node that is neither owner nor backup renames a session with its second answer only (`identity_kept::renamed_later`).
fn is_left_by_backup(view: &View<'_>, moved: bool) -> bool {
    let topology = &view.plan.topology;
    moved && topology.cluster.manager == ManagerKind::Backup && topology.nodes.len() > 2
}
