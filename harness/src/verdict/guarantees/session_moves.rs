//! Where a session went: which node answered it last before a request, and which never did.

use std::time::Duration;

use super::super::app_sessions::AppSession;
use super::super::operations::stem;
use super::super::requests::Request;
use super::super::timeline::{FOREVER, ON_ITS_WAY};
use super::super::view::View;
use super::never_answered::is_expected_to_fail;
use super::session_tests::is_routine;
use crate::history::Nanos;

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

/// Whether something had put a session to the test before an instant: it had been asked for on two nodes, or something broke
/// since it was made.
pub(super) fn was_tried(view: &View<'_>, session: &AppSession<'_>, before: Nanos) -> bool {
    let born = session.born.map_or(Nanos::default(), |born| view.requests[born].invoked);
    let asked = session.requests.iter().map(|index| &view.requests[*index]);
    let mut answered = asked.take_while(|asked| asked.invoked < before).filter(|asked| asked.answered);
    let first = answered.next().map(|first| first.node);
    answered.any(|other| Some(other.node) != first) || view.timeline.broke_between(born, before)
}

/// Whether nothing that came before a request may have ended its session: an answer gave its id, or came from it without a word
/// by a page that gives one to who has none, or a look showed it, and behind that only pages of its routine were asked for.
pub(super) fn lived_on(view: &View<'_>, session: &AppSession<'_>, request: &Request<'_>) -> bool {
    let mut next = request.invoked;
    let earlier = session.requests.iter().rev().copied();
    for index in earlier.filter(|index| view.requests[*index].invoked < request.invoked) {
        let before = &view.requests[index];
        let given = before.received.is_some_and(|received| stem(received) == session.stem);
        let silent = before.succeeded() && before.received.is_none() && view.apps.makes_one(before);
        let shown = session.shown_between(before.acts_until, next).iter().map(|shown| shown.asked);
        let shown = shown.filter(|asked| before.acts_until < *asked).max();
        if let Some(proof) = shown.or_else(|| (given || silent).then_some(before.acts_until)) {
            // What broke since may have taken it along.
            return !view.timeline.broke_between(proof, request.invoked);
        }
        if view.may_end(session, index) || !is_routine(view, session, index) {
            return false;
        }
        next = before.invoked;
    }
    false
}

/// Whether a session may have been made to end soon: by a request that was none of its routine and behind which no look showed how
/// long it lives, before some time in which nobody asked.
pub(super) fn may_live_short(view: &View<'_>, session: &AppSession<'_>, request: &Request<'_>) -> bool {
    let before = || session.requests.iter().copied().filter(|index| view.requests[*index].invoked < request.invoked);
    let used = before().map(|index| view.requests[index].invoked).max().unwrap_or_default();
    let idle = Duration::from_secs(1) <= request.invoked.since(used);
    let last = || before().rfind(|index| !is_routine(view, session, *index));
    let unseen = |index: usize| {
        let since = view.requests[index].acts_until;
        !session.shown_between(since, request.invoked).iter().any(|shown| since < shown.asked)
    };
    idle && last().is_some_and(unseen)
}

/// The record of a look that showed a session on another node behind a request that did not find it: who ends one ends it
/// everywhere.
pub(super) fn still_elsewhere(view: &View<'_>, session: &AppSession<'_>, request: &Request<'_>) -> Option<usize> {
    let mut later = session.shown_between(request.acts_until, FOREVER).iter();
    let there = later.find(|shown| {
        let came = view.waits() || ON_ITS_WAY < shown.asked.since(request.acts_until);
        shown.node != request.node && request.acts_until < shown.asked && came && !shown.names().is_empty()
    })?;
    Some(there.record)
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
