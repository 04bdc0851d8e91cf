//! What a form sends is on the page that shows it: where it was so before a fault, and is so for others, a form that was
//! answered well behind the fault and shows nothing was not taken. So does an app whose pages lie on the disk of the node that
//! is gone: it answers the form with a new page.

use std::collections::{BTreeMap, BTreeSet};

use super::super::requests::Request;
use super::super::timeline::Fault;
use super::super::view::View;
use super::answer_pairs::{is_success, same_session, went_well};
use super::answer_undone::words;
use super::answer_words::Reading;
use super::judgement::Breach;
use crate::history::Nanos;
use crate::model::{Exchange, StepKind, Violation};

/// Method and path.
type Key<'a> = (&'a str, &'a str);
/// A form, one of its fields, and a page that shows what it sends.
type Shows<'a> = (Key<'a>, &'a str, Key<'a>);

/// A form with what it sent, by field, and the pages that its client read before it changed anything again.
struct Sent<'v, 'a> {
    step: u32,
    form: &'v Request<'a>,
    fields: Vec<(&'a str, BTreeSet<String>)>,
    pages: Vec<&'v Request<'a>>,
}

/// The forms behind a fault that were not taken.
pub(super) fn breaches<'a>(view: &View<'a>, asked: bool) -> Vec<Breach> {
    let Some(hit) = view.timeline.faults.iter().filter_map(Fault::hit).min() else {
        return vec![];
    };
    let own = BTreeSet::new();
    let all: Vec<Sent<'_, 'a>> = sent(view, asked);
    let mut shows: BTreeMap<_, BTreeSet<Shows<'a>>> = BTreeMap::new();
    for one in all.iter().filter(|one| one.pages.iter().any(|page| page.completed.is_some_and(|end| end < hit))) {
        for (field, sent) in &one.fields {
            let showing = one.pages.iter().filter(|page| says(&own, page, sent));
            shows.entry(one.form.client).or_default().extend(showing.map(|page| (one.form.key(), *field, page.key())));
        }
    }
    let behind = all.iter().filter(|one| hit < one.form.invoked);
    behind.filter_map(|one| not_taken(view, &own, &all, shows.get(one.form.client)?, one)).collect()
}

fn not_taken<'a>(
    view: &View<'a>,
    own: &BTreeSet<String>,
    all: &[Sent<'_, 'a>],
    shows: &BTreeSet<Shows<'a>>,
    one: &Sent<'_, 'a>,
) -> Option<Breach> {
    let session = same_session(one.form)?;
    one.fields.iter().find_map(|(field, sent)| {
        let shown_on = |page: &Request<'a>| shows.contains(&(one.form.key(), field, page.key()));
        let pages: Vec<&Request<'a>> =
            one.pages.iter().copied().filter(|page| shown_on(page) && same_session(page) == Some(session)).collect();
        let page = *pages.last()?;
        if pages.iter().any(|page| says(own, page, sent)) {
            return None;
        }
        let of_others = all.iter().filter(|other| other.step == one.step && other.form.client != one.form.client);
        let witness = of_others.flat_map(|other| &other.pages).find(|other| other.key() == page.key() && says(own, other, sent));
        let word = sent.iter().next()?;
        let others = witness.map_or_else(String::new, |by| format!("; {} of {} shows it", by.name(), by.client));
        let because = format!(
            "{} of {} was answered well after a fault, and {} does not show \"{word}\", which it sent as {field}{others}",
            one.form.name(),
            one.form.client,
            page.name()
        );
        let at = page.completed.unwrap_or(page.invoked);
        let shown = Breach::shown(at, page.record, because).beside(one.form.record).named(Violation::AnswerLost);
        let unpromised = witness.is_none().then(|| "nobody else's form shows that it is taken".to_owned());
        let excuse = || view.excuse(view.apps.find(one.form.context, session)?, one.form.node, (Nanos::default(), at));
        Some(Breach {
            rests_on: vec![page.id, one.form.id],
            session: Some(session.to_owned()),
            unpromised: unpromised.or_else(excuse),
            ..witness.map(|by| by.record).into_iter().fold(shown, Breach::beside)
        })
    })
}

fn says(own: &BTreeSet<String>, page: &Request<'_>, sent: &BTreeSet<String>) -> bool {
    let words = Reading::of(own, page, None).sequence(page).unwrap_or_default();
    sent.iter().all(|sent| words.iter().any(|word| word.eq_ignore_ascii_case(sent)))
}

/// The forms that went well, with what they sent.
fn sent<'v, 'a>(view: &'v View<'a>, asked: bool) -> Vec<Sent<'v, 'a>> {
    let mut open: BTreeMap<_, Sent<'v, 'a>> = BTreeMap::new();
    let mut all = Vec::new();
    for request in view.requests.iter().filter(|request| asked || !view.is_counter(request.context)) {
        if request.is_safe() {
            let page = request.target.starts_with("GET ") && is_success(request);
            let whole = request.reply.is_some_and(|reply| reply.whole_body().is_some());
            if let Some(last) = open.get_mut(request.client).filter(|_| page && whole) {
                last.pages.push(request);
            }
            continue;
        }
        all.extend(open.remove(request.client));
        let Some(step) = view.step_at(request.invoked) else { continue };
        let fields = view.step(step).map(|it| fields_of(&it.kind, request)).unwrap_or_default();
        if went_well(request) && !fields.is_empty() {
            open.insert(request.client, Sent { step, form: request, fields, pages: vec![] });
        }
    }
    all.extend(open.into_values());
    all.sort_by_key(|one| one.form.invoked);
    all
}

/// The words that a step sends, by field; what stands for a captured value is none.
fn fields_of<'a>(step: &'a StepKind, request: &Request<'_>) -> Vec<(&'a str, BTreeSet<String>)> {
    let StepKind::Http { client, exchange: Exchange { body: Some(body), .. }, load, .. } = step else { return vec![] };
    if !request.client.is_one_of(client, load.clients) {
        return vec![];
    }
    let read = body.fields().into_iter().map(|(name, values)| (name, words(values.iter())));
    read.filter(|(_, words)| !words.is_empty()).collect()
}
