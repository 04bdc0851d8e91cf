//! The last answer to a page that had been given before. An error, none at all, or a page that no longer says what it had said
//! each time proves no loss; but that nothing is lost it proves even less.

use super::super::requests::Request;
use super::super::view::View;
use super::answer_pairs::{between, harmless, is_success, reached, same_session};
use super::answer_words::{Reading, is_lasting, of_the_run};
use super::never_answered::is_expected_to_fail;

/// The pages that were given, and at last no more, in words; each with all requests of one client for it.
pub(super) fn untested<'v, 'a: 'v>(
    view: &'v View<'a>,
    pages: impl Iterator<Item = &'v Vec<&'v Request<'a>>>,
) -> Vec<String> {
    let own = of_the_run(view);
    let last = pages.filter_map(|same| {
        let last = same.iter().copied().rfind(|request| reached(view, request))?;
        if is_success(last) { changed(view, &own, same, last) } else { in_vain(view, same, last) }
    });
    last.collect()
}

/// A page that had been given is not given at last.
fn in_vain<'a>(view: &View<'a>, same: &[&Request<'a>], last: &Request<'a>) -> Option<String> {
    let before = same.iter().rfind(|request| is_success(request) && request.invoked < last.invoked)?;
    if is_expected_to_fail(view, last) || between(view, before, last).any(Request::says_to_end) {
        return None;
    }
    let status = last.status().filter(|_| last.answered);
    if status.is_some_and(|status| status < 500) {
        let session = same_session(before).and_then(|id| view.apps.find(before.context, id));
        let expired = session.is_some_and(|session| session.may_have_expired(&view.requests, last.invoked));
        let changes = |other: &Request<'_>| !other.is_safe() && !harmless(view, before, other);
        // What one deletes is gone for all.
        let deleted = || {
            let gone = matches!(status, Some(404 | 410));
            gone && since(view, before, last).any(|other| !other.is_safe())
        };
        if !last.is_safe() || expired || between(view, before, last).any(changes) || deleted() {
            return None;
        }
    }
    let answer = last.answer_in_words().unwrap_or_else(|| "nothing".to_owned());
    let (name, client) = (last.name(), last.client);
    Some(format!("{name} of {client} was answered with {answer} at last, {} with success before it", before.id))
}

/// All requests between two of one client.
fn since<'v, 'a>(
    view: &'v View<'a>,
    before: &Request<'_>,
    last: &Request<'_>,
) -> impl Iterator<Item = &'v Request<'a>> {
    let from = view.requests.partition_point(|other| other.invoked <= before.invoked);
    let to = view.requests.partition_point(|other| other.invoked < last.invoked);
    view.requests[from..to.max(from)].iter()
}

/// The node that had said something each time no longer says it, and nobody asked for anything that may have changed it.
fn changed<'a>(
    view: &View<'a>,
    own: &std::collections::BTreeSet<String>,
    same: &[&Request<'a>],
    last: &Request<'a>,
) -> Option<String> {
    let given = || same.iter().copied().rev().filter(|other| other.invoked <= last.invoked && is_success(other));
    // What it says now, read as what it said before.
    let read = |at: usize| given().nth(at).map(|before| Reading::of(own, before, given().nth(at + 1)));
    let as_last = Reading::of(own, last, given().nth(1));
    let now = as_last.words(last).filter(|_| last.target.starts_with("GET "))?;
    let as_now = given().take_while(|other| as_last.words(other).as_ref() == Some(&now)).count();
    let first = given().nth(as_now.checked_sub(1)?)?;
    let before = given().nth(as_now)?;
    let reading = read(as_now)?;
    let had = reading.due(before)?;
    let now = reading.words(last)?;
    let session = same_session(before)?;
    let steady = given()
        .skip(as_now)
        .take_while(|other| same_session(other) == Some(session) && reading.due(other).as_ref() == Some(&had));
    let steady = steady.count();
    let stayed = first.node == before.node && view.timeline.outlives(first.node, before.acts_until, first.invoked);
    if steady < 2 || !stayed || same_session(first) != Some(session) {
        return None;
    }
    let known = |other: &Request<'_>| {
        let mut earlier = view.requests.iter().take_while(|known| known.invoked <= before.invoked);
        // What others read for the first time changes nothing of what somebody reads who had read it.
        let asked = |known: &Request<'_>| known.target == other.target;
        other.is_safe()
            && earlier.any(|known| asked(known) && (known.client == other.client || other.client != last.client))
    };
    let (lost, _) =
        had.iter().find(|(word, times)| is_lasting(word) && now.get(*word).is_none_or(|now| now < *times))?;
    let quiet = since(view, before, first).filter(|other| other.context == first.context).all(known);
    quiet.then(|| {
        format!(
            "{} of {} was answered without \"{lost}\", which {steady} answers had before it, {} of the same node at last",
            first.name(),
            first.client,
            before.id
        )
    })
}
