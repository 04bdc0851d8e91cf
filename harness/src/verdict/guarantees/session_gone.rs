//! Sessions that are gone though their client's id is what it was: no node holds them any more, a new one stands under the same
//! id, or the client was told to forget it.

use super::super::app_sessions::AppSession;
use super::super::operations::stem;
use super::super::requests::{Request, deletes};
use super::super::timeline::FOREVER;
use super::super::view::View;
use super::super::wants_login::led;
use super::judgement::Breach;
use super::session_moves::{lived_on, moved_from, was_tried};
use super::session_tests::{first_after, is_routine, shown_by};
use crate::history::Nanos;
use crate::model::Violation;

/// The node that answered a session last, by a page that had kept it, holds it no more, and nobody asked for it since.
pub(super) fn gone_at_last(view: &View<'_>, session: &AppSession<'_>) -> Option<Breach> {
    let index = *session.requests.last()?;
    let request = &view.requests[index];
    let taken = request.reply.is_some_and(|reply| reply.set_cookie.iter().any(|cookie| deletes(cookie)));
    let mine = request.sent.is_some_and(|sent| sent.stem() == session.stem);
    if !mine
        || session.left(&view.requests).is_some()
        || !request.succeeded()
        || taken
        || !request.is_safe()
        || led(request).is_some()
        || !is_routine(view, session, index)
    {
        return None;
    }
    let look = view.looks_between(request.acts_until, FOREVER).iter().find(|look| {
        look.node == request.node
            && request.acts_until < look.asked
            && session.would_show_in(look)
            && view.timeline.outlives(look.node, request.acts_until, look.at)
            && session.shown_in((look.at, look.record)).next().is_none()
    })?;
    // It was there right before; that it was answered alone says nothing.
    let mut before = view.looks.iter().filter(|before| before.node == request.node && before.at < request.invoked);
    let before = before.rfind(|before| session.would_show_in(before))?;
    let seen = session.shown_in((before.at, before.record)).next().is_some();
    let since = session.requests.iter().rev().take_while(|other| before.asked < view.requests[**other].acts_until);
    if !seen
        || !since.into_iter().all(|other| is_routine(view, session, *other))
        || !view.timeline.outlives(before.node, before.asked, look.at)
        || session.may_have_expired(&view.requests, look.at)
        || session.raced(&view.requests, index)
    {
        return None;
    }
    let because = format!(
        "{} holds {} no more at {}, which {} had been answered from; nobody asked for it since",
        look.node,
        session.name(),
        look.at,
        request.name()
    );
    let unpromised = view.excuse(session, request.node, (request.acts_until, look.at));
    let breach = shown_by(view, session, request, because).beside(look.record).named(Violation::LostSession);
    Some(Breach { unpromised, ..breach })
}

/// A node that gave a session's id, and answered behind that by pages alone that had kept it, is seen not to hold it. While
/// nothing breaks an app does with it what it likes.
pub(super) fn gone_behind(view: &View<'_>, session: &AppSession<'_>) -> Option<Breach> {
    let gives = |request: &Request<'_>| request.received.is_some_and(|received| stem(received) == session.stem);
    view.looks.iter().find_map(|look| {
        let here = session.would_show_in(look) && session.shown_in((look.at, look.record)).next().is_none();
        if !here || !was_tried(view, session, look.asked) || session.busy(&view.requests, look.asked, look.at) {
            return None;
        }
        let leaves_it = |index: usize| {
            let request = &view.requests[index];
            let taken = request.reply.is_some_and(|reply| reply.set_cookie.iter().any(|cookie| deletes(cookie)));
            let answered = request.node == look.node && request.succeeded() && led(request).is_none();
            let routine = || (gives(request) || request.is_safe()) && is_routine(view, session, index);
            answered && !request.says_to_end() && !taken && (session.born == Some(index) || routine())
        };
        let begun = session.requests.partition_point(|index| view.requests[*index].invoked < look.asked);
        let asked = &session.requests[..begun];
        let given = asked.iter().rposition(|index| !leaves_it(*index) || gives(&view.requests[*index]))?;
        let since = &asked[given..];
        let (giver, last) = (&view.requests[since[0]], &view.requests[*since.last()?]);
        if !leaves_it(since[0]) {
            return None;
        }
        let over = !view.timeline.outlives(look.node, giver.acts_until, look.at)
            || session.left(&view.requests).is_some_and(|left| view.requests[left].invoked < look.at)
            || session.may_have_expired(&view.requests, look.at)
            || since.iter().any(|index| session.raced(&view.requests, *index));
        if over {
            return None;
        }
        let because = format!(
            "{} holds nothing of {} at {}, whose id it had given in {}",
            look.node,
            session.name(),
            look.at,
            giver.name()
        );
        let unpromised = view.excuse(session, look.node, (giver.acts_until, look.at));
        let breach = shown_by(view, session, last, because).beside(look.record).named(Violation::LostSession);
        Some(Breach { unpromised, ..breach })
    })
}

/// A page that had kept a session takes its client's cookie away, behind a fault or a move: nobody comes back to it.
pub(super) fn thrown_out(view: &View<'_>, session: &AppSession<'_>) -> Option<String> {
    session.requests.iter().copied().find_map(|index| {
        let request = &view.requests[index];
        let sent = request.sent.is_some_and(|sent| sent.stem() == session.stem);
        let taken = request.reply.is_some_and(|reply| reply.set_cookie.last().is_some_and(|cookie| deletes(cookie)));
        if !sent || !taken || !is_routine(view, session, index) {
            return None;
        }
        let at = request.invoked;
        let lost = moved_from(view, session, request).is_some()
            || (was_tried(view, session, at) && lived_on(view, session, request) && view.ender(session, at).is_none());
        lost.then(|| format!("{} took the cookie of {} away, which it had kept before", request.name(), session.name()))
    })
}

/// A node sets the very id that it was sent, which a page that had kept it did not do before, and holds less of the session
/// than had been seen: it made a new one under that id, as it does where another app has one of the same id
/// (`Request.doGetSession`).
pub(super) fn made_anew(view: &View<'_>, session: &AppSession<'_>, index: usize) -> Option<Breach> {
    let request = &view.requests[index];
    let sets = |request: &Request<'_>| {
        let set = request.reply.is_some_and(|reply| !reply.set_cookie.is_empty());
        set && request.received == request.sent.map(crate::model::SessionId::as_str)
    };
    if !request.succeeded() || !sets(request) || !is_routine(view, session, index) {
        return None;
    }
    let (_, before) = moved_from(view, session, request)?;
    let mut earlier = view.requests.iter().take_while(|other| other.invoked < request.invoked);
    if earlier.any(|other| other.key() == request.key() && other.sent.is_some() && sets(other)) {
        return None;
    }
    let had = session.shown_between(Nanos::default(), request.invoked).last()?;
    let has = first_after(view, session, request)?;
    let lost: Vec<&str> = had.names().difference(&has.names()).copied().collect();
    let over = lost.is_empty()
        || session.raced(&view.requests, index)
        || view.ender(session, request.invoked).is_some()
        || session.may_have_expired(&view.requests, request.invoked);
    if over {
        return None;
    }
    let because = format!(
        "{} was given a new session under the id that it sent: {} shows none of {} of {}, which {} had answered last",
        request.name(),
        has.node,
        lost.join(", "),
        session.name(),
        before.name()
    );
    let unpromised = view.excuse(session, request.node, (before.acts_until, request.invoked));
    let breach = shown_by(view, session, request, because).beside(has.record).named(Violation::LostSession);
    Some(Breach { unpromised, ..breach })
}
