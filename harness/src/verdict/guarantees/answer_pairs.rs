//! The same request on both sides of a fault.

use std::collections::BTreeSet;

use super::super::operations::stem;
use super::super::requests::Request;
use super::super::timeline::{FOREVER, Fault, Life};
use super::super::view::View;
use super::deployed_everywhere::changes;
use super::judgement::Breach;
use crate::history::Nanos;
use crate::model::{SessionId, Violation};

/// The same request on both sides of a fault, or of a move to another node.
pub(super) struct Pair<'v, 'a> {
    /// `None`: a move.
    pub(super) fault: Option<&'v Fault<'a>>,
    pub(super) before: &'v Request<'a>,
    pub(super) after: &'v Request<'a>,
}

impl Pair<'_, '_> {
    /// As in `the kill of n1`, or `a move to n2`.
    pub(super) fn name(&self) -> String {
        self.fault.map_or_else(|| format!("a move to {}", self.after.node), Fault::name)
    }

    /// The last instant of what was before.
    pub(super) fn asked(&self) -> Nanos {
        self.fault.map_or(self.after.invoked, |fault| fault.asked)
    }

    /// The first instant of what comes after; `None` where the fault never hit.
    pub(super) fn hit(&self) -> Option<Nanos> {
        self.fault.map_or(Some(self.before.acts_until), Fault::hit)
    }

    /// A breach that its second request shows.
    pub(super) fn breach(&self, because: String) -> Breach {
        let (before, after) = (self.before, self.after);
        let shown = Breach {
            rests_on: vec![after.id, before.id],
            session: after.sent.map(|sent| sent.stem().to_owned()),
            ..Breach::shown(after.completed.unwrap_or(after.invoked), after.record, because)
        };
        self.records().fold(shown, Breach::beside).named(Violation::AnswerLost)
    }

    /// The records that show it, the two requests last.
    pub(super) fn records(&self) -> impl Iterator<Item = usize> {
        self.fault.map(|fault| fault.record).into_iter().chain([self.before.record, self.after.record])
    }
}

/// Whether a request was answered well: with success, or by being sent on to another page.
pub(super) fn went_well(request: &Request<'_>) -> bool {
    is_success(request) || is_sent_on(request)
}

/// Whether a request was answered with a redirect, as a form is that was taken.
pub(super) fn is_sent_on(request: &Request<'_>) -> bool {
    request.answered && request.status().is_some_and(|status| (300..400).contains(&status) && status != 304)
}

pub(super) fn is_success(request: &Request<'_>) -> bool {
    // What has not changed is no redirect.
    request.answered && request.status().is_some_and(|status| (200..300).contains(&status) || status == 304)
}

/// Whether a request came to a node that was up until it ended and served the app.
pub(super) fn reached(view: &View<'_>, request: &Request<'_>) -> bool {
    let ended = request.completed.unwrap_or(FOREVER);
    view.timeline.up(request.node, request.invoked, ended).is_some() && serves(view, request)
}

/// Whether the node of a request is known to have served the app then.
fn serves(view: &View<'_>, request: &Request<'_>) -> bool {
    let Some(context) = request.context else { return true };
    let (node, at) = (request.node, request.invoked);
    let born = |life: &&Life| life.from <= at && at < life.until;
    let Some(life) = view.timeline.lives(node).iter().rev().find(born) else { return false };
    let wanted = std::iter::once(context).collect();
    let shows = |from: Nanos, to: Nanos| {
        view.looks.iter().any(|look| {
            look.node == node && from <= look.asked && look.at < to && look.contexts(&wanted).next().is_some()
        })
    };
    let last = changes(view, node, context, at).filter(|(when, _)| life.from <= *when).last();
    let since = last.map_or(life.from, |(when, _)| when);
    last.is_some_and(|(_, served)| served) || shows(since, life.until)
}

/// The session that a request was answered from, as far as it says.
pub(super) fn same_session<'a>(request: &Request<'a>) -> Option<&'a str> {
    request.received.map(stem).or_else(|| request.sent.map(SessionId::stem))
}

pub(super) fn between<'v, 'a>(
    view: &'v View<'a>,
    before: &'v Request<'a>,
    after: &'v Request<'a>,
) -> impl Iterator<Item = &'v Request<'a>> {
    let from = view.requests.partition_point(|other| other.invoked <= before.invoked);
    let to = view.requests.partition_point(|other| other.invoked < after.invoked);
    view.requests[from..to.max(from)].iter().filter(move |other| other.client == before.client)
}

/// Why what an answer lacks need not be there: it may have been lost when it was given, or when the client was given another
/// one since.
pub(super) fn excuse(view: &View<'_>, before: &Request<'_>, after: &Request<'_>) -> Option<String> {
    let session = view.apps.find(before.context, same_session(before)?)?;
    let since = between(view, before, after).filter(|other| other.answered && other.context == after.context);
    let mut given = std::iter::once(after).chain(since);
    given.find_map(|other| view.excuse(session, other.node, (before.acts_until, other.invoked)))
}

/// What another client asked the same app meanwhile that may have changed what both share. What the client has asked for as
/// well, or that had changed nothing since an earlier answer, is each one's own.
pub(super) fn by_another<'v, 'a>(
    view: &'v View<'a>,
    first: &Request<'a>,
    before: &Request<'a>,
    after: &Request<'a>,
) -> Option<&'v Request<'a>> {
    let changes = |other: &&Request<'a>| {
        other.client != before.client && other.context == before.context && !other.is_safe() && other.succeeded()
    };
    let until = |end: Nanos| view.requests.partition_point(|other| other.invoked < end);
    let end = after.completed.unwrap_or(after.invoked);
    let own = view.requests[..until(end)].iter().filter(|other| other.client == before.client).map(Request::key);
    let kept = view.requests[until(first.invoked)..until(before.invoked)].iter().filter(changes).map(Request::key);
    let harmless: BTreeSet<_> = own.chain(kept).collect();
    let mut meanwhile = view.requests[until(before.invoked)..until(end)].iter().filter(changes);
    meanwhile.find(|other| !harmless.contains(&other.key()))
}

/// As a doubt.
pub(super) fn may_have_changed(other: &Request<'_>) -> String {
    format!("{} of {} came between, and may have changed the page", other.name(), other.client)
}

/// Whether a request like `other` of the same client came before one like `page` that was answered well.
pub(super) fn harmless(view: &View<'_>, page: &Request<'_>, other: &Request<'_>) -> bool {
    let mine = view.requests.iter().filter(|known| known.client == page.client && known.invoked <= page.invoked);
    let first = mine.clone().find(|known| known.key() == other.key());
    let mut later = mine.filter(|known| known.target == page.target && went_well(known));
    first.is_some_and(|first| later.any(|known| first.invoked < known.invoked))
}

/// Both texts from shortly before the place where they first differ.
pub(super) fn excerpts(old: &str, new: &str) -> (String, String) {
    let same = old.chars().zip(new.chars()).take_while(|(one, other)| one == other).count();
    let from = same.saturating_sub(EXCERPT / 3);
    let cut = |text: &str| text.chars().skip(from).take(EXCERPT).collect::<String>().replace('\n', " ");
    (cut(old), cut(new))
}

/// How much of each body a note shows.
const EXCERPT: usize = 60;
