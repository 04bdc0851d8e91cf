//! Where a session went: which node answered it last before a request, and which never did.

use super::super::app_sessions::AppSession;
use super::super::requests::Request;
use super::super::timeline::FOREVER;
use super::super::view::View;
use super::never_answered::is_expected_to_fail;

/// The last answer before a request, where another node answers now or the node was broken since.
pub(super) fn moved_from<'v, 'a>(
    view: &'v View<'a>,
    session: &AppSession<'a>,
    request: &Request<'a>,
) -> Option<(usize, &'v Request<'a>)> {
    // An error shows nobody's session.
    let last = session
        .last_successful(&view.requests, request.invoked)
        .or_else(|| session.last_answered(&view.requests, request.invoked))?;
    let before = &view.requests[last];
    let moved = before.node != request.node || !view.timeline.outlives(before.node, before.acts_until, request.invoked);
    moved.then_some((last, before))
}

/// A node to which a session moved and that never answered it with success, though it was asked for what another one gives.
pub(super) fn never_served(view: &View<'_>, session: &AppSession<'_>) -> Option<String> {
    let asked = || session.requests.iter().map(|index| &view.requests[*index]);
    view.plan.topology.names().find_map(|node| {
        let here = asked().filter(|request| {
            let ended = request.completed.unwrap_or(FOREVER);
            request.node == node
                && request.sent.is_some_and(|sent| sent.stem() == session.stem)
                && view.timeline.up(node, request.invoked, ended).is_some()
        });
        let here: Vec<&Request<'_>> = here.collect();
        let elsewhere = |request: &Request<'_>| {
            asked().any(|other| other.node != node && other.target == request.target && other.succeeded())
        };
        let vain = here.len() > 1
            && here.iter().all(|request| !request.succeeded() && elsewhere(request))
            && !here.iter().any(|request| is_expected_to_fail(view, request));
        let last = here.last().filter(|_| vain)?;
        let answer = last.answer_in_words().unwrap_or_else(|| "nothing".to_owned());
        Some(format!(
            "{node} never answered {} with success in {} requests, {} with {answer}; others did",
            session.name(),
            here.len(),
            last.name()
        ))
    })
}
