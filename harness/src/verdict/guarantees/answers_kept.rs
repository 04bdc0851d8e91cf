//! A request that was answered with success before a fault is so after it, on a node that serves the app.
//!
//! It sees what no look at sessions shows: state that an app keeps elsewhere, on the disk of the node that is gone or in
//! its memory. Bodies that differ are shown beside each other; judged are only words that had been there each time.

use std::collections::BTreeMap;

use super::super::requests::Request;
use super::super::timeline::FOREVER;
use super::super::view::View;
use super::answer_bodies;
use super::answer_pairs::{Pair, between, excerpts, harmless, is_success};
use super::deployed_everywhere::changes;
use super::judgement::{Breach, Judgement};
use crate::history::Nanos;
use crate::model::{ClientName, Guarantee, Violation};

const THIS: Guarantee = Guarantee::AnswersKept;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let pairs = pairs(view);
    let breaches = pairs.iter().filter_map(|pair| breach(view, pair)).chain(answer_bodies::breaches(view, &pairs));
    if let Some(violated) = Judgement::violated(breaches.collect()) {
        return violated;
    }
    if let Some(why) = super::never_answered::first(view) {
        return Judgement::unknown(why);
    }
    if pairs.is_empty() {
        return Judgement::unknown(if view.timeline.faults.is_empty() {
            "no fault was tried"
        } else {
            "no request that was answered with success before a fault was made again after it"
        });
    }
    let evidence = pairs.iter().flat_map(|pair| [pair.fault.record, pair.before.record, pair.after.record]);
    let rests_on = pairs.iter().flat_map(|pair| [pair.before.id, pair.after.id]);
    let times = pairs.len();
    let times = if times == 1 { "1 request was".to_owned() } else { format!("{times} requests were") };
    Judgement::holds(format!("{times} answered with success before a fault and after it"))
        .resting_on(rests_on.collect(), evidence.collect())
        .after(pairs.len())
}

/// For each fault each request that was last answered with success before it, with the first of its kind after it that
/// reached a node which was up and served the app; those to the counter app only where the plan asks for it.
fn pairs<'v, 'a>(view: &'v View<'a>) -> Vec<Pair<'v, 'a>> {
    let asked = view.plan.guarantees.contains(&THIS);
    let mut of: BTreeMap<(&ClientName, &str), Vec<&Request<'a>>> = BTreeMap::new();
    // Of the counter app others say what is lost.
    let others = view.requests.iter().filter(|request| asked || !view.is_counter(request.context));
    for request in others {
        of.entry((request.client, request.target)).or_default().push(request);
    }
    let mut pairs = Vec::new();
    for fault in &view.timeline.faults {
        let Some(hit) = fault.hit() else { continue };
        for same in of.values() {
            let before = same.iter().filter(|request| request.completed.is_some_and(|end| end < fault.asked));
            let before = before.max_by_key(|request| request.completed);
            let Some(before) = before.filter(|before| is_success(before)) else { continue };
            let begun = same.partition_point(|request| request.invoked <= hit);
            let after = same[begun..].iter().find(|after| {
                let ended = after.completed.unwrap_or(FOREVER);
                view.timeline.up(after.node, after.invoked, ended).is_some() && serves(view, after)
            });
            if let Some(after) = after.filter(|after| !ends_between(view, before, after)) {
                pairs.push(Pair { fault, before, after });
            }
        }
    }
    pairs
}

/// Whether the node of a request is known to have served the app then.
fn serves(view: &View<'_>, request: &Request<'_>) -> bool {
    let Some(context) = request.context else { return true };
    let (node, at) = (request.node, request.invoked);
    let born = |life: &&super::super::timeline::Life| life.from <= at && at < life.until;
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

/// Whether the client meanwhile made a request that says to end its session.
fn ends_between(view: &View<'_>, before: &Request<'_>, after: &Request<'_>) -> bool {
    between(view, before, after).any(Request::says_to_end)
}

fn breach(view: &View<'_>, pair: &Pair<'_, '_>) -> Option<Breach> {
    let (before, after) = (pair.before, pair.after);
    if is_success(after) {
        return None;
    }
    let status = |request: &Request<'_>| request.answer_in_words().unwrap_or_else(|| "nothing".to_owned());
    let because = format!(
        "{} of {} was answered with {} after {}, and {} with {} before it",
        after.name(),
        after.client,
        status(after),
        pair.fault.name(),
        before.id,
        status(before)
    );
    let at = after.completed.unwrap_or(after.invoked);
    let breach = Breach {
        rests_on: vec![after.id, before.id],
        session: after.sent.map(|sent| sent.stem().to_owned()),
        ..Breach::shown(at, after.record, because)
    };
    // What a form does to a page is the app's; but where the page was there after the same form before, it is not that.
    let changed = between(view, before, after).find(|other| !other.is_safe() && !harmless(view, before, other));
    let unpromised = changed.map(|other| format!("{} came between, which may change the answer", other.name()));
    let breach = Breach { unpromised, ..breach.beside(pair.fault.record).beside(before.record) };
    Some(breach.named(Violation::AnswerLost))
}

/// Answers to the same GET whose bodies differ, before a fault and after it: shown and not judged.
pub(in super::super) fn other_bodies(view: &View<'_>) -> Vec<String> {
    if !view.plan.guarantees.contains(&THIS) {
        return Vec::new();
    }
    let notes = pairs(view).into_iter().filter_map(|pair| {
        let (before, after) = (pair.before, pair.after);
        let body = |request: &Request<'_>| request.reply.and_then(|reply| reply.body.clone());
        let (old, new) = (body(before)?, body(after)?);
        let differs = is_success(after) && before.target.starts_with("GET ") && old != new;
        let (old, new) = differs.then(|| excerpts(&old, &new))?;
        Some(format!(
            "{} answered \"{new}\" after {}, {} \"{old}\" before it",
            after.name(),
            pair.fault.name(),
            before.id
        ))
    });
    notes.collect()
}
