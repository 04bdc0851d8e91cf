//! The last answer to a page that had been given before, and one in between that says less than those before it and behind it. An
//! error, none at all, or a page that no longer says what it had said each time proves no loss; but that nothing is lost it
//! proves even less.

use super::super::requests::Request;
use super::super::timeline::Fault;
use super::super::view::View;
use super::super::wants_login::led;
use super::answer_pairs::{between, harmless, is_success, reached, same_session};
use super::answer_site::{common, count, has_all};
use super::answer_words::{Reading, Words, counted, is_lasting, is_plain, of_the_run};
use super::never_answered::is_expected_to_fail;
use crate::history::Nanos;

/// The pages that were given, and at last no more, in words; each with all requests of one client for it.
pub(super) fn untested<'v, 'a: 'v>(
    view: &'v View<'a>,
    pages: impl Iterator<Item = &'v Vec<&'v Request<'a>>>,
) -> Vec<String> {
    let own = of_the_run(view);
    let first_hit = view.timeline.faults.iter().filter_map(Fault::hit).min();
    let untested = pages.filter_map(|same| {
        let last = same.iter().copied().rfind(|request| reached(view, request))?;
        let at_last = if is_success(last) { changed(view, &own, same, last) } else { in_vain(view, same, last) };
        at_last.or_else(|| dipped(view, &own, same, first_hit?)).or_else(|| refused(view, same, first_hit?))
    });
    untested.collect()
}

/// Behind a fault one answer lacked what the two before it had said, and what a later one says again, while nobody asked for
/// anything that may have changed it. Of a page that did so before the fault, too, it says nothing.
fn dipped<'a>(
    view: &View<'a>,
    own: &std::collections::BTreeSet<String>,
    same: &[&Request<'a>],
    first_hit: Nanos,
) -> Option<String> {
    let given: Vec<&Request<'a>> = same.iter().copied().filter(|other| is_success(other)).collect();
    if !given.first()?.target.starts_with("GET ") {
        return None;
    }
    let rough: Vec<Words<'a>> = given.iter().map(|answer| plain_words(answer)).collect();
    let mut dips = Vec::new();
    for (at, two) in given.windows(2).enumerate() {
        let (one, other) = (two[0], two[1]);
        // Most say all that the one before them said.
        let (had, Some(has)) = (&rough[at + 1], rough.get(at + 2)) else { continue };
        if has_all(has, had) {
            continue;
        }
        let reading = Reading::of(own, other, Some(one));
        let due = |it: &Request<'a>| reading.due(it).map(lasting);
        let Some(had) = due(other).filter(|had| due(one).as_ref() == Some(had)) else { continue };
        let session = same_session(other);
        let later = || given[at + 2..].iter().copied().take_while(|it| same_session(it) == session);
        let says = |it: &Request<'a>| due(it).as_ref() == Some(&had);
        let Some(first) = later().next().filter(|first| session.is_some() && !says(first)) else { continue };
        let Some(back) = later().find(|it| says(it)) else { continue };
        let Some(has) = reading.words(first) else { continue };
        let Some(lost) = lost(&had, &has) else { continue };
        if nothing_new(view, other, back) {
            dips.push((first, lost.to_owned(), other, back));
        }
    }
    if dips.iter().any(|(first, ..)| first.invoked < first_hit) {
        return None;
    }
    let (first, lost, before, back) = dips.first()?;
    Some(format!(
        "{} of {} was answered without \"{lost}\", which {} had before it and {} has again",
        first.name(),
        first.client,
        before.id,
        back.id
    ))
}

/// Behind a fault a page was refused that had been given before it, and that the next answer gives again, while nobody asked for
/// anything that may have brought it back. Of a page that was refused before the fault, too, it says nothing.
fn refused<'a>(view: &View<'a>, same: &[&Request<'a>], first_hit: Nanos) -> Option<String> {
    let asked: Vec<&Request<'a>> = same.iter().copied().filter(|request| reached(view, request)).collect();
    let is_given = |request: &Request<'_>| is_success(request) && led(request).is_none();
    let refusals = asked.windows(2).filter(|two| {
        let (first, next) = (two[0], two[1]);
        first.answered && !is_given(first) && is_given(next) && !is_expected_to_fail(view, first)
    });
    let mut refusals = refusals.filter_map(|two| {
        let (first, next) = (two[0], two[1]);
        let before = asked.iter().rfind(|before| is_given(before) && before.invoked < first.invoked)?;
        let ended = between(view, before, first).any(Request::says_to_end);
        let brings_back = |other: &Request<'a>| !other.is_safe() && other.context == next.context;
        (!ended && !since(view, first, next).any(brings_back)).then_some((*before, first, next))
    });
    let (before, first, next) = refusals.next().filter(|(_, first, _)| first_hit < first.invoked)?;
    let answer = first.answer_in_words().unwrap_or_else(|| "nothing".to_owned());
    Some(format!(
        "{} of {} was answered with {answer}, {} with success before it and {} again",
        first.name(),
        first.client,
        before.id,
        next.id
    ))
}

/// The words of letters alone on a page, read as they stand: where they are the same, nothing else need be read.
fn plain_words<'a>(answer: &Request<'a>) -> Words<'a> {
    let body = answer.reply.and_then(|reply| reply.body.as_deref()).unwrap_or_default();
    counted(body.split(|letter: char| !letter.is_alphanumeric()).filter(|word| is_plain(word)).collect())
}

/// The words of a page that are due in its next answer as well: without numbers, which count on.
fn lasting(mut words: Words<'_>) -> Words<'_> {
    words.retain(|word, _| is_lasting(word));
    words
}

/// A word that a page says less often than it was said before.
fn lost<'a>(had: &Words<'a>, has: &Words<'_>) -> Option<&'a str> {
    had.iter().find(|(word, times)| count(has, word) < **times).map(|(word, _)| *word)
}

/// Whether between two answers of one client nothing was asked of the app but pages that had been read before: these change
/// nothing of what somebody reads who had read them.
fn nothing_new<'a>(view: &View<'a>, before: &Request<'a>, after: &Request<'a>) -> bool {
    let is_known = |other: &Request<'a>| {
        let mut earlier = view.requests.iter().take_while(|known| known.invoked <= before.invoked);
        other.is_safe()
            && earlier.any(|known| {
                known.target == other.target && (known.client == other.client || other.client != before.client)
            })
    };
    since(view, before, after).filter(|other| other.context == after.context).all(is_known)
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
        // What one deletes is gone for all; but a form of which the page had been given since takes nothing away.
        let deleted = || {
            let gone = matches!(status, Some(404 | 410));
            let deletes = |other: &Request<'a>| {
                let known = view.requests.iter().find(|known| known.key() == other.key());
                let since =
                    known.is_some_and(|known| same.iter().any(|page| known.invoked < page.invoked && is_success(page)));
                !other.is_safe() && !since
            };
            gone && since(view, before, last).any(deletes)
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
    let says = |other: &Request<'a>| as_last.words(other).map(lasting);
    let now = says(last).filter(|_| last.target.starts_with("GET "))?;
    let rough = plain_words(last);
    let same = |other: &&Request<'a>| plain_words(other) == rough || says(other).as_ref() == Some(&now);
    let as_now = given().take_while(same).count();
    let first = given().nth(as_now.checked_sub(1)?)?;
    let before = given().nth(as_now)?;
    let reading = read(as_now)?;
    let due = |other: &Request<'a>| reading.due(other).map(lasting);
    let now = reading.words(last)?;
    let session = same_session(before)?;
    let second = given().nth(as_now + 1).filter(|second| same_session(second) == Some(session))?;
    let had = common(due(before)?, &due(second)?);
    let had_it = |other: &&Request<'a>| {
        same_session(other) == Some(session) && due(other).is_some_and(|words| has_all(&words, &had))
    };
    let steady = given().skip(as_now).take_while(had_it).count();
    let stayed = first.node == before.node && view.timeline.outlives(first.node, before.acts_until, first.invoked);
    if !stayed || same_session(first) != Some(session) {
        return None;
    }
    let lost = lost(&had, &now)?;
    nothing_new(view, before, first).then(|| {
        format!(
            "{} of {} was answered without \"{lost}\", which {steady} answers had before it, {} of the same node at last",
            first.name(),
            first.client,
            before.id
        )
    })
}
