//! What a client itself had sent, and a page had shown since: it is nobody else's, and no noise.

use std::collections::BTreeSet;

use super::super::requests::Request;
use super::super::view::View;
use super::answer_pairs::{Pair, between, excerpts, is_success, same_session};
use super::answer_site::{Site, count, earlier};
use super::answer_words::{Reading, is_lasting, is_number, is_unit_of_time, number};
use super::judgement::Breach;
use crate::model::exchange::{Body, Part};
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
    let changed = last_change(view, before)?;
    let reading = Reading::of(&site.own, before, earlier(same, before).nth(1));
    let (had, has) = (reading.words(before)?, reading.words(after)?);
    let later = || {
        let begun = same.partition_point(|other| other.invoked <= after.invoked);
        same[begun..].iter().filter(|other| other.client == before.client && is_success(other))
    };
    let back = |word: &str| later().any(|other| reading.words(other).is_some_and(|words| words.contains_key(word)));
    let sent = sent(view, before);
    let gone = had.keys().find(|word| sent.contains(&word.to_lowercase()) && count(&has, word) == 0 && !back(word));
    let (why, doubt) = if let Some(word) = gone {
        let shown = shown(view, site, before, word);
        let doubt = (shown < 2).then(|| "it was shown once, and may have been a message".to_owned());
        (format!("without \"{word}\", which {} had sent", before.client), doubt)
    } else {
        let old = earlier(same, before).find(|other| other.acts_until <= changed.invoked);
        let as_before = old.is_some_and(|old| reading.words(old).as_ref() == Some(&has)) && had != has;
        let numbers = reading.sequence(before)?;
        // In each later answer: what goes up and down is no loss.
        let all_lower =
            || later().all(|other| reading.sequence(other).is_some_and(|now| lower(&numbers, &now).is_some()));
        let lower = || lower(&numbers, &reading.sequence(after)?).filter(|_| all_lower());
        let why = match (as_before, lower()) {
            _ if later().any(|other| reading.words(other).as_ref() == Some(&had)) => return None,
            (true, _) => format!("as before {}", changed.name()),
            (false, Some((old, new))) => format!("with {new} in the place of {old}"),
            (false, None) => return None,
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
    let unpromised = doubt.or_else(|| {
        let session = view.apps.find(before.context, same_session(before)?)?;
        view.excuse(session, after.node, (before.acts_until, after.invoked))
    });
    Some(Breach { unpromised, ..pair.breach(because) })
}

/// The last request of the client before a page, in its session, that was to change something.
fn last_change<'v, 'a>(view: &'v View<'a>, page: &'v Request<'a>) -> Option<&'v Request<'a>> {
    mine(view, page).filter(|other| !other.is_safe() && other.answered).last()
}

/// What a client asked for in its session before it asked for a page.
fn mine<'v, 'a>(view: &'v View<'a>, page: &'v Request<'a>) -> impl Iterator<Item = &'v Request<'a>> {
    let begun = view.requests.partition_point(|other| other.invoked < page.invoked);
    let mine = view.requests[..begun].iter().filter(|other| other.client == page.client && other.answered);
    mine.filter(|other| other.context == page.context && same_session(other) == same_session(page))
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
            of_path.for_each(|exchange| values(exchange, &mut texts));
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

/// The texts that an exchange sends.
fn values<'e>(exchange: &'e Exchange, texts: &mut Vec<&'e str>) {
    match &exchange.body {
        Some(Body::Form(fields)) => texts.extend(fields.values().flat_map(|values| &values.0).map(String::as_str)),
        Some(Body::Multipart(parts)) => {
            let fields = parts.values().filter_map(|part| match part {
                Part::Field(values) => Some(values),
                Part::File(_) => None,
            });
            texts.extend(fields.flat_map(|values| &values.0).map(String::as_str));
        }
        Some(Body::Json(document)) => of_document(document, texts),
        Some(Body::Raw(text)) => texts.push(text),
        None => {}
    }
}

fn of_document<'e>(document: &'e serde_json::Value, texts: &mut Vec<&'e str>) {
    match document {
        serde_json::Value::String(text) => texts.push(text),
        serde_json::Value::Array(all) => all.iter().for_each(|one| of_document(one, texts)),
        serde_json::Value::Object(all) => all.values().for_each(|one| of_document(one, texts)),
        _ => {}
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
