//! What the guarantees about sessions of any app share: which sessions were put to the test by which fault or move, what was
//! last seen of a session before it, and how a breach is reported.

use std::collections::HashMap;
use std::time::Duration;

use super::super::app_sessions::{AppSession, Shown};
use super::super::attribute_values::{differences, is_same};
use super::super::operations::stem;
use super::super::requests::{Request, deletes};
use super::super::timeline::{FOREVER, Fault};
use super::super::view::View;
use super::judgement::Breach;
use crate::history::{Nanos, OperationId, ReplicaRole};
use crate::model::{Guarantee, SessionId};

/// What put a session to the test.
pub(super) enum By<'v, 'a> {
    /// The end of the node that had answered it last.
    Fault(&'v Fault<'a>),
    /// It was asked for on another node than before.
    Move,
}

/// One session that a fault or a move put to the test.
pub(super) struct Trial<'v, 'a> {
    pub(super) by: By<'v, 'a>,
    pub(super) session: &'v AppSession<'a>,
    /// What was at stake had been there before this instant.
    pub(super) since: Nanos,
    /// The first request for it that was answered afterwards.
    pub(super) request: Option<usize>,
}

impl Trial<'_, '_> {
    /// As in `the kill of n1 (#6 on n2)`.
    pub(super) fn name(&self, view: &View<'_>) -> String {
        let request = self.request.map(|index| &view.requests[index]);
        let by = match self.by {
            By::Fault(fault) => fault.name(),
            By::Move => "a move to another node".to_owned(),
        };
        request.map_or(by.clone(), |request| format!("{by} ({} on {})", request.id, request.node))
    }
}

/// All that put sessions to the test: each end of a node that had answered one last, and each move. A session that may have
/// ended is at stake all the same unless its last request said that it ends it, or a look showed that it was gone.
pub(super) fn trials<'v, 'a>(view: &'v View<'a>, guarantee: Guarantee) -> Vec<Trial<'v, 'a>> {
    let mut trials = Vec::new();
    for session in view.app_sessions(guarantee).filter(|session| !view.is_lost_by_plan(&[session.stem])) {
        let faults = view.timeline.faults.iter().filter(|fault| !fault.kind.leaves_it_up());
        trials.extend(faults.filter_map(|fault| at_stake(view, session, fault)));
        trials.extend(moves(view, session));
    }
    trials
}

fn at_stake<'v, 'a>(view: &View<'a>, session: &'v AppSession<'a>, fault: &'v Fault<'a>) -> Option<Trial<'v, 'a>> {
    let hit = fault.hit()?;
    let last = session.last_answered(&view.requests, hit)?;
    let asked = &view.requests[last];
    let left = session.left(&view.requests).is_some_and(|left| view.requests[left].invoked < fault.asked);
    let over = left
        || !session.known(&view.requests, fault.asked)
        || asked.says_to_end()
        || was_ended(view, session, fault.asked)
        || session.may_have_expired(&view.requests, fault.asked);
    if over || asked.node != fault.node {
        return None;
    }
    let request = answered_after(view, session, hit);
    if fault.kind.is_undone_in_place() && request.is_some_and(|index| view.requests[index].node == fault.node) {
        // A frozen node that answers when it has thawed has lost nothing, and tests nobody.
        return None;
    }
    Some(Trial { by: By::Fault(fault), session, since: fault.asked, request })
}

fn answered_after(view: &View<'_>, session: &AppSession<'_>, hit: Nanos) -> Option<usize> {
    session.requests.iter().copied().find(|index| {
        let request = &view.requests[*index];
        hit < request.invoked && request.answered && request.sent.is_some_and(|sent| sent.stem() == session.stem)
    })
}

fn moves<'v, 'a>(view: &'v View<'a>, session: &'v AppSession<'a>) -> impl Iterator<Item = Trial<'v, 'a>> {
    let pairs = session.requests.iter().zip(session.requests.iter().skip(1));
    pairs.filter_map(move |(before, after)| {
        let (first, second) = (&view.requests[*before], &view.requests[*after]);
        let moved = first.answered
            && second.answered
            && first.node != second.node
            && first.completed.is_some_and(|end| end < second.invoked)
            && second.sent.is_some_and(|sent| sent.stem() == session.stem)
            && session.known(&view.requests, second.invoked)
            && view.timeline.outlives(first.node, first.acts_until, second.invoked)
            && !first.says_to_end();
        moved.then_some(Trial { by: By::Move, session, since: second.invoked, request: Some(*after) })
    })
}

/// Why nobody knows whether a session was kept that had moved, or whose node had ended: its last requests were answered with
/// errors of the server, or not at all.
pub(super) fn in_vain(view: &View<'_>, session: &AppSession<'_>) -> Option<String> {
    let answered = |request: &Request<'_>| request.answered && request.status().is_some_and(|status| status < 500);
    let asked = || session.requests.iter().rev().map(|index| &view.requests[*index]);
    let last = asked().find(|request| {
        let ended = request.completed.unwrap_or(FOREVER);
        request.sent.is_some_and(|sent| sent.stem() == session.stem)
            && view.timeline.up(request.node, request.invoked, ended).is_some()
    })?;
    let before = asked().find(|request| answered(request))?;
    if answered(last) || last.invoked <= before.invoked {
        return None;
    }
    let moved = before.node != last.node || !view.timeline.outlives(before.node, before.acts_until, last.invoked);
    let over = before.says_to_end()
        || session.left(&view.requests).is_some()
        || was_ended(view, session, last.invoked)
        || session.may_have_expired(&view.requests, last.invoked);
    (moved && !over).then(|| {
        let answer = last.answer_in_words().unwrap_or_else(|| "nothing".to_owned());
        format!(
            "nothing shows {}: {} was answered with {answer}, and no later one with success",
            session.name(),
            last.name()
        )
    })
}

/// The clients that no longer sent the id of a session which nobody had ended, and were given another one, in words.
pub(super) fn out_of_reach(view: &View<'_>, guarantee: Guarantee) -> Vec<String> {
    let asked = view.plan.guarantees.contains(&guarantee);
    let mut earlier: HashMap<_, Vec<&Request<'_>>> = HashMap::new();
    let mut lost = Vec::new();
    let judged = |request: &&Request<'_>| request.context.is_some() && (asked || !view.is_counter(request.context));
    for request in view.requests.iter().filter(judged) {
        let known = earlier.entry((request.client, request.context)).or_default();
        // Where it is given no other one, a page that it had asked for with the id tells that it had it to send.
        let had_it = || known.iter().any(|before| before.target == request.target && before.sent.is_some());
        if request.sent.is_none() && (request.received.is_some() || (request.succeeded() && had_it())) {
            let last = known.iter().rev().find(|last| last.completed.is_some_and(|end| end < request.invoked));
            let session = last.filter(|last| !takes_the_cookie(last, request.invoked)).and_then(|last| {
                let id = last.received.map(stem).or_else(|| last.sent.map(SessionId::stem))?;
                view.apps.find(last.context, id)
            });
            let session = session.filter(|session| {
                Some(session.stem) != request.received.map(stem)
                    && !was_ended(view, session, request.invoked)
                    && !session.may_have_expired(&view.requests, request.invoked)
            });
            lost.extend(session.map(|session| {
                let given = request.received.unwrap_or("none");
                format!("{} did not send the id of {}, and was given {given}", request.name(), session.name())
            }));
        }
        // A client has the id of a session that was given to it.
        let own = known.iter().rev().find_map(|last| last.received.or(last.sent.map(SessionId::as_str))).map(stem);
        let others = request.sent.filter(|sent| own.is_some_and(|own| own != sent.stem()));
        let others = others.and_then(|sent| view.apps.find(request.context, sent.as_str()));
        let others = others.filter(|session| {
            session.client != request.client
                && session.born.is_some()
                && !known.iter().any(|last| last.received.map(stem) == Some(session.stem))
        });
        lost.extend(others.map(|session| format!("{} sent the id of {}", request.name(), session.name())));
        known.push(request);
    }
    lost
}

/// Whether a client may have no cookie any more at an instant after a request: it says to end the session, its answer took the
/// cookie away, or gave it one whose time is over.
fn takes_the_cookie(request: &Request<'_>, at: Nanos) -> bool {
    let cookies = request.reply.map_or(&[][..], |reply| &reply.set_cookie);
    let since = at.since(request.invoked);
    let over = |cookie: &String| match max_age(cookie) {
        Some(age) => age <= since,
        // A date is one of the server's clock, which nobody knows.
        None => cookie.to_ascii_lowercase().contains("expires"),
    };
    request.says_to_end() || cookies.iter().any(|cookie| deletes(cookie) || over(cookie))
}

/// How long a cookie lasts, where it says so; that goes before a date (RFC 6265, section 5.3).
fn max_age(cookie: &str) -> Option<Duration> {
    cookie.split(';').skip(1).find_map(|attribute| {
        let (name, value) = attribute.trim().split_once('=')?;
        let seconds = value.trim().parse::<u64>().ok().filter(|_| name.trim().eq_ignore_ascii_case("max-age"))?;
        Some(Duration::from_secs(seconds))
    })
}

/// Whether a look at the node that had answered it last showed a session no more, between two instants.
pub(super) fn is_gone(view: &View<'_>, session: &AppSession<'_>, from: Nanos, to: Nanos) -> bool {
    let Some(last) = session.last_answered(&view.requests, to) else { return false };
    let node = view.requests[last].node;
    let mut looks = view.looks_between(from, to).iter().filter(|look| {
        look.node == node
            && from < look.asked
            && session.would_show_in(look)
            && view.timeline.outlives(node, from, look.at)
    });
    looks.any(|look| session.shown_in((look.at, look.record)).next().is_none())
}

/// Whether a request is one of its session's routine: it had been made before, kept the id then, and nothing says that it ends
/// the session.
pub(super) fn is_routine(view: &View<'_>, session: &AppSession<'_>, index: usize) -> bool {
    let request = &view.requests[index];
    let kept = |earlier: &Request<'_>| {
        // Of a page that gives none to who has none, as behind a login, a look tells: what is there later was not ended.
        let seen = || {
            let shown = session.shown_between(earlier.acts_until, request.invoked).iter();
            shown.into_iter().any(|shown| shown.node == earlier.node && earlier.acts_until < shown.asked)
        };
        let silent = || earlier.sent.filter(|_| view.apps.makes_one(earlier) || seen()).map(SessionId::stem);
        let id = earlier.received.map(stem).or_else(silent);
        // One that gave it in the place of another may do so each time.
        let changed = earlier.sent.is_some_and(|sent| sent.stem() != session.stem);
        // One that made it, as a login does, says nothing of what such a one does to a session that is there.
        let tells = earlier.sent.is_some() || earlier.is_safe();
        tells && earlier.succeeded() && earlier.key() == request.key() && id == Some(session.stem) && !changed
    };
    let earlier = session.requests.iter().map(|index| &view.requests[*index]);
    let mut earlier = earlier.take_while(|earlier| earlier.invoked < request.invoked);
    !request.says_to_end() && earlier.any(kept)
}

/// When a session was last shown to be there, before an instant: by a look, or by an answer that gave its id.
pub(super) fn last_proof(view: &View<'_>, session: &AppSession<'_>, to: Nanos) -> Option<Nanos> {
    session.proofs(&view.requests).filter_map(|(_, at)| at).filter(|at| *at < to).max()
}

/// Whether the app ended a session, as far as looks show: it was gone, before an instant, behind a last successful request that
/// had neither made it nor was one of its routine.
pub(super) fn was_ended(view: &View<'_>, session: &AppSession<'_>, to: Nanos) -> bool {
    let Some(last) = session.last_successful(&view.requests, to) else { return false };
    let request = &view.requests[last];
    let asked = session.requests.iter().rev().map(|index| &view.requests[*index]);
    let mut before = asked.filter(|asked| asked.completed.is_some_and(|end| end < to));
    // Who signed out is asked for its id until a new one is given.
    let out = before.find(|asked| asked.says_to_end() && asked.succeeded());
    (says_so(request) && is_gone_behind(view, session, last, to))
        || out.is_some_and(|out| is_gone(view, session, out.acts_until, to))
}

/// Whether a request may be meant to end a session: it changes something, says so by its path, or its answer takes the cookie
/// away.
fn says_so(request: &Request<'_>) -> bool {
    let cookies = request.reply.map_or(&[][..], |reply| &reply.set_cookie);
    !request.is_safe() || request.says_to_end() || cookies.iter().any(|cookie| deletes(cookie))
}

fn is_gone_behind(view: &View<'_>, session: &AppSession<'_>, last: usize, to: Nanos) -> bool {
    let request = &view.requests[last];
    let made = request.received.is_some_and(|received| stem(received) == session.stem);
    !made && !is_routine(view, session, last) && is_gone(view, session, request.acts_until, to)
}

/// Why nobody knows whether the app ended a session, in words: it was gone behind a page that had not been asked for before,
/// which does not say that it ends anything.
pub(super) fn vanished_behind(view: &View<'_>, session: &AppSession<'_>, to: Nanos) -> Option<String> {
    let last = session.last_successful(&view.requests, to)?;
    let request = &view.requests[last];
    let gone = !says_so(request) && is_gone_behind(view, session, last, to);
    gone.then(|| format!("it was gone behind {}, which may have ended it", request.name()))
}

/// What was last seen of a session before an instant, after its last request: on the node that answered it last, or on the
/// one that was its owner.
pub(super) fn last_seen<'v, 'a>(view: &View<'a>, session: &'v AppSession<'a>, before: Nanos) -> Option<&'v Shown<'a>> {
    let owner = view.requests[session.last_answered(&view.requests, before)?].node;
    let mut shown = quietly_shown(view, session, before)?;
    shown.clone().rfind(|shown| shown.node == owner).or_else(|| shown.rfind(|shown| owns(shown)))
}

/// What was last seen of a session before an instant, after its last request, on a node that had lived on since: the one that
/// answered it last, or the one that was its owner; where each node is to hold all of it, on any.
pub(super) fn baseline<'v, 'a>(view: &View<'a>, session: &'v AppSession<'a>, before: Nanos) -> Option<&'v Shown<'a>> {
    let last = &view.requests[session.last_answered(&view.requests, before)?];
    // Up to that instant, which is that of a node's end where it is asked what is at stake.
    let until = Nanos(before.0.saturating_sub(1));
    let shown = || quietly_shown(view, session, before).into_iter().flatten();
    let lives = |shown: &&Shown<'_>| view.timeline.outlives(shown.node, shown.at, until);
    shown()
        .rfind(|shown| shown.node == last.node && view.timeline.outlives(shown.node, last.acts_until, until))
        .or_else(|| shown().rfind(|shown| owns(shown) && lives(shown)))
        .or_else(|| shown().rfind(|shown| view.replicates_to_all() && lives(shown)))
}

/// What was seen of a session before an instant, after its last request.
fn quietly_shown<'v, 'a>(
    view: &View<'a>,
    session: &'v AppSession<'a>,
    before: Nanos,
) -> Option<impl DoubleEndedIterator<Item = &'v Shown<'a>> + Clone + use<'v, 'a>> {
    let quiet = session.quiet_since(&view.requests, before)?;
    Some(session.shown_between(quiet, before).iter().filter(move |shown| quiet < shown.asked))
}

fn owns(shown: &Shown<'_>) -> bool {
    matches!(shown.replica.role, ReplicaRole::Primary | ReplicaRole::Local)
}

/// What a new session has of what the old one had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    /// Every attribute, with its value: the id was changed, as a login does.
    All,
    /// Attributes of all names, and some of other values.
    InName,
    Nothing,
    /// No look showed both.
    Unseen,
}

pub(super) fn carried<'a>(
    view: &View<'a>,
    session: &AppSession<'a>,
    request: &Request<'a>,
    received: &'a str,
) -> Carried {
    let had = session.shown_between(Nanos::default(), request.invoked).last().filter(|had| !had.names().is_empty());
    let has = view.apps.find(session.context, received).and_then(|new| {
        let later = || new.shown.iter().find(|shown| request.acts_until < shown.asked);
        first_after(view, new, request).or_else(later)
    });
    let Some((had, has)) = had.zip(has) else { return Carried::Unseen };
    if !had.names().is_subset(&has.names()) {
        return Carried::Nothing;
    }
    let found = differences(had.replica, has.replica, false);
    if found.differs.is_empty() && found.undecidable.is_empty() { Carried::All } else { Carried::InName }
}

/// Whether a new session that holds all of another one ([`Carried::All`]) must have got it from there: a value among it is
/// one that no other session of the app was seen to hold, so nobody made it anew.
pub(super) fn is_the_same<'a>(
    view: &View<'a>,
    session: &AppSession<'a>,
    request: &Request<'a>,
    received: &'a str,
) -> bool {
    let Some(had) = session.shown_between(Nanos::default(), request.invoked).last() else { return false };
    let others = || {
        let of_the_app = view.apps.all.iter().filter(|other| other.context == session.context);
        of_the_app.filter(|other| other.stem != session.stem && other.stem != stem(received))
    };
    // Where there is no other one, nobody knows what each has.
    let seen = others().any(|other| !other.shown.is_empty());
    seen && had.replica.attributes.iter().filter(|(_, value)| !value.excluded).any(|(name, value)| {
        let mut all = others().flat_map(|other| &other.shown);
        let known = value.sha256.is_some() || value.is_whole();
        known && !all.any(|shown| shown.replica.attributes.get(name).is_some_and(|other| is_same(value, other)))
    })
}

/// What the first look at the node of a request showed of a session afterwards, before it was asked for again.
pub(super) fn first_after<'v, 'a>(
    view: &View<'a>,
    session: &'v AppSession<'a>,
    request: &Request<'a>,
) -> Option<&'v Shown<'a>> {
    let next = session.next_after(&view.requests, request.invoked);
    let mut shown = session.shown_between(request.acts_until, next.unwrap_or(FOREVER)).iter();
    let first = shown.find(|shown| shown.node == request.node && request.acts_until < shown.asked)?;
    view.timeline.outlives(first.node, request.acts_until, first.at).then_some(first)
}

/// A breach that a request showed, with the fault before it.
pub(super) fn shown_by(view: &View<'_>, session: &AppSession<'_>, request: &Request<'_>, because: String) -> Breach {
    let at = request.completed.unwrap_or(request.invoked);
    Breach { rests_on: vec![request.id], ..seen(view, session, at, request.record, because) }
}

/// A breach that a record showed, with the fault before it.
pub(super) fn seen(view: &View<'_>, session: &AppSession<'_>, at: Nanos, record: usize, because: String) -> Breach {
    let fault = view.timeline.faults.iter().rev().find(|fault| fault.asked < at);
    let breach = Breach { session: Some(session.stem.to_owned()), ..Breach::shown(at, record, because) };
    match fault {
        Some(fault) => breach.beside(fault.record),
        None => breach,
    }
}

/// The trials in words, no more than a reader takes in, and what they rest on.
pub(super) fn named(view: &View<'_>, trials: &[&Trial<'_, '_>]) -> (String, Vec<OperationId>, Vec<usize>) {
    let shown = trials.iter().take(3).map(|trial| trial.name(view)).collect::<Vec<_>>().join(" and ");
    let more = trials.len().saturating_sub(3);
    let names = if more == 0 { shown } else { format!("{shown} and {more} more") };
    let answers = || trials.iter().filter_map(|trial| trial.request).map(|index| &view.requests[index]);
    let faults = trials.iter().filter_map(|trial| match trial.by {
        By::Fault(fault) => Some(fault.record),
        By::Move => None,
    });
    let records = faults.chain(answers().map(|request| request.record)).collect();
    (names, answers().map(|request| request.id).collect(), records)
}
