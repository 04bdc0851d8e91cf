//! What a client itself had sent, and a page had shown since: it is nobody else's, and no noise.

use std::collections::BTreeSet;

use super::super::requests::Request;
use super::super::view::View;
use super::answer_pairs::{Pair, between, excerpts, excuse, is_success, same_session};
use super::answer_site::{Site, count, earlier};
use super::answer_words::{Reading, counted, is_lasting, is_number, is_unit_of_time, number};
use super::judgement::Breach;
use crate::model::exchange::Body;
use crate::model::{Exchange, StepKind};

/// A shorter word is on many a page.
const SHORT: usize = 3;

/// What a page no longer shows of what its client had sent, or shows as it was before the client changed it.
pub(super) fn breach<'v, 'a: 'v>(site: &Site<'v, 'a>, pair: &Pair<'v, 'a>) -> Option<Breach> {
    let view = site.view;
    let (before, after) = (pair.before, pair.after);
    let same = site.moved(pair)?;
    if !before.target.starts_with("GET ") || !between(view, before, after).all(Request::is_safe) {
        return None;
    }
    let reading = Reading::of(&site.own, before, earlier(same, before).nth(1));
    let (numbers, now) = (reading.sequence(before)?, reading.sequence(after)?);
    let lowered = lower(&numbers, &now);
    let (had, has) = (counted(numbers.clone()), counted(now));
    if had == has {
        return None;
    }
    let changed = last_change(site, before)?;
    // What came later is read only where something is gone.
    let later = || {
        let begun = same.partition_point(|other| other.invoked <= after.invoked);
        same[begun..].iter().filter(|other| other.client == before.client && is_success(other))
    };
    let back = |word: &str| later().any(|other| reading.words(other).is_some_and(|words| words.contains_key(word)));
    let missing: Vec<&str> = had.keys().copied().filter(|word| count(&has, word) == 0).collect();
    let sent = if missing.is_empty() { BTreeSet::new() } else { sent(view, before) };
    let gone = missing.into_iter().find(|word| sent.contains(&word.to_lowercase()) && !back(word));
    let (why, doubt) = if let Some(word) = gone {
        let shown = shown(view, site, before, word);
        let doubt = (shown < 2).then(|| "it was shown once, and may have been a message".to_owned());
        (format!("without \"{word}\", which {} had sent", before.client), doubt)
    } else {
        let until = same.partition_point(|other| other.invoked <= changed.invoked);
        let older = same[..until].iter().rev().filter(|other| other.client == before.client && is_success(other));
        let mut older = older.take_while(|other| same_session(other) == same_session(before));
        let old = older.find(|other| other.acts_until <= changed.invoked);
        let as_before = old.is_some_and(|old| reading.words(old).as_ref() == Some(&has));
        // In each later answer: what goes up and down is no loss.
        let all_lower =
            || later().all(|other| reading.sequence(other).is_some_and(|now| lower(&numbers, &now).is_some()));
        let lowered = lowered.filter(|_| as_before || all_lower());
        let why = match (as_before, lowered) {
            (false, None) => return None,
            _ if later().any(|other| reading.words(other).as_ref() == Some(&had)) => return None,
            (true, _) => format!("as before {}", changed.name()),
            (false, Some((old, new))) => format!("with {new} in the place of {old}"),
        };
        (why, Some("nothing shows whether it is kept for this client".to_owned()))
    };
    let (old, new) = excerpts(before.reply?.body.as_deref()?, after.reply?.body.as_deref()?);
    let because = format!(
        "{} of {} was answered {why} after {}: \"{new}\" where \"{old}\" was in {}",
        after.name(),
        after.client,
        pair.name(),
        before.id
    );
    let unpromised = doubt.or_else(|| excuse(view, before, after));
    Some(Breach { unpromised, ..pair.breach(because) })
}

/// The last request of the client before a page, in its session, that was to change something.
fn last_change<'v, 'a>(site: &Site<'v, 'a>, page: &Request<'a>) -> Option<&'v Request<'a>> {
    let all = site.changes.get(page.client)?;
    let begun = all.partition_point(|other| other.invoked < page.invoked);
    all[..begun].iter().rev().copied().find(|other| is_of_session(other, page))
}

/// Whether a request is to the app of a page, and out of its session.
fn is_of_session(other: &Request<'_>, page: &Request<'_>) -> bool {
    other.context == page.context && same_session(other) == same_session(page)
}

/// What a client asked for in its session before it asked for a page.
fn mine<'v, 'a>(view: &'v View<'a>, page: &'v Request<'a>) -> impl Iterator<Item = &'v Request<'a>> {
    let begun = view.requests.partition_point(|other| other.invoked < page.invoked);
    let mine = view.requests[..begun].iter().filter(|other| other.client == page.client && other.answered);
    mine.filter(|other| is_of_session(other, page))
}

/// How many answers of the session showed a word up to this page.
fn shown<'a>(view: &View<'a>, site: &Site<'_, 'a>, page: &Request<'a>, word: &str) -> usize {
    let says = |other: &Request<'a>| {
        let reading = Reading::of(&site.own, other, None);
        reading.words(other).is_some_and(|words| words.contains_key(word))
    };
    mine(view, page).filter(|other| is_success(other) && says(other)).count() + 1
}

/// The words of what a client had sent before it asked for a page, in small letters: in queries, forms and documents.
fn sent(view: &View<'_>, page: &Request<'_>) -> BTreeSet<String> {
    let mut texts: Vec<&str> = vec![];
    for request in mine(view, page).filter(|request| request.key() != page.key()) {
        texts.extend(request.target.split_once('?').map(|(_, query)| query));
        if !request.is_safe() {
            let steps = view.plan.steps.iter().filter_map(|step| match &step.kind {
                StepKind::Http { client, exchange, load, .. } if request.client.is_one_of(client, load.clients) => {
                    Some(exchange)
                }
                _ => None,
            });
            let of_path = steps.filter(|exchange| exchange.path.is_empty() || path(exchange) == request.path);
            texts.extend(of_path.flat_map(values));
        }
    }
    words(texts.into_iter())
}

/// The words of what is sent that a page may show, in small letters; of a text that stands for a captured value none.
pub(super) fn words<'t>(texts: impl Iterator<Item = &'t str>) -> BTreeSet<String> {
    let texts = texts.filter(|text| !text.contains("${"));
    let words = texts.flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
    let words = words.filter(|word| SHORT <= word.chars().count() && is_lasting(word) && !is_number(word));
    words.map(str::to_lowercase).collect()
}

fn path(exchange: &Exchange) -> &str {
    exchange.path.split('?').next().unwrap_or_default()
}

/// The texts that an exchange sends, without those of files.
fn values(exchange: &Exchange) -> Vec<&str> {
    match &exchange.body {
        Some(body @ (Body::Json(_) | Body::Raw(_))) => body.texts(),
        Some(body) => body.fields().into_iter().flat_map(|(_, values)| values.iter()).collect(),
        None => vec![],
    }
}

/// A number that is lower, where two pages differ in nothing but numbers, and none is higher, as a time would be; how long
/// something took is another time each time.
fn lower<'t>(had: &[&'t str], has: &[&'t str]) -> Option<(&'t str, &'t str)> {
    let mut first = None;
    for (place, (old, new)) in had.iter().zip(has).enumerate().filter(|(_, (old, new))| old != new) {
        let timed = had.get(place + 1).is_some_and(|unit| is_unit_of_time(unit));
        if number(old)? < number(new)? {
            return None;
        }
        first = first.or((!timed).then_some((*old, *new)));
    }
    first.filter(|_| had.len() == has.len())
}
