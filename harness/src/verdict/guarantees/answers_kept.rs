//! A request that was answered with success before a fault is so after it, on a node that serves the app.
//!
//! It sees what no look at sessions shows: state that an app keeps elsewhere, on the disk of the node that is gone or in
//! its memory. Bodies that differ are shown beside each other; judged are only words that had been there each time.

use std::collections::BTreeMap;

use super::super::requests::Request;
use super::super::view::View;
use super::super::wants_login::led;
use super::answer_pairs::{
    Pair, between, by_another, excerpts, excuse, harmless, is_sent_on, is_success, may_have_changed, reached,
    same_session, went_well,
};
use super::judgement::{Breach, Judgement, and_more};
use super::last_answers;
use super::never_answered::is_expected_to_fail;
use super::{answer_bodies, answer_taken};
use crate::model::{ClientName, Guarantee};

const THIS: Guarantee = Guarantee::AnswersKept;

/// The requests of one client for the same page, by the instant of their invocation.
type Pages<'v, 'a> = BTreeMap<(&'a ClientName, &'a str), Vec<&'v Request<'a>>>;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let pages = pages(view);
    let pairs = pairs(view, &pages);
    let moves = moves(&pages);
    let bodies = answer_bodies::breaches(view, pairs.iter().chain(&moves));
    let forms = answer_taken::breaches(view, view.plan.guarantees.contains(&THIS));
    let breaches = pairs.iter().filter_map(|pair| breach(view, pair)).chain(bodies).chain(forms);
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
    if let Some(why) = and_more(last_answers::untested(view, pages.values())) {
        return Judgement::unknown(why);
    }
    if let Some(why) = and_more(not_asked_again(view)) {
        return Judgement::unknown(why);
    }
    let evidence = pairs.iter().flat_map(Pair::records);
    let rests_on = pairs.iter().flat_map(|pair| [pair.before.id, pair.after.id]);
    let times = pairs.len();
    let times = if times == 1 { "1 request was".to_owned() } else { format!("{times} requests were") };
    Judgement::holds(format!("{times} answered with success before a fault and after it"))
        .resting_on(rests_on.collect(), evidence.collect())
        .after(pairs.len())
}

/// Those to the counter app only where the plan asks for it: of it others say what is lost.
fn pages<'v, 'a>(view: &'v View<'a>) -> Pages<'v, 'a> {
    let asked = view.plan.guarantees.contains(&THIS);
    let mut pages = Pages::new();
    for request in view.requests.iter().filter(|request| asked || !view.is_counter(request.context)) {
        pages.entry((request.client, request.target)).or_default().push(request);
    }
    pages
}

/// For each fault each request that was last answered with success before it, with the first of its kind after it that
/// reached a node which was up and served the app, and was answered; what ran out of time the next answer settles.
fn pairs<'v, 'a>(view: &'v View<'a>, pages: &Pages<'v, 'a>) -> Vec<Pair<'v, 'a>> {
    let mut pairs = Vec::new();
    for fault in &view.timeline.faults {
        let Some(hit) = fault.hit() else { continue };
        let next = view.timeline.faults.iter().map(|other| other.asked).filter(|asked| hit < *asked).min();
        for same in pages.values() {
            let before = same.iter().filter(|request| request.completed.is_some_and(|end| end < fault.asked));
            let before = before.max_by_key(|request| request.completed);
            let Some(before) = before.filter(|before| went_well(before)) else { continue };
            let begun = same.partition_point(|request| request.invoked <= hit);
            let mut later = same[begun..].iter().filter(|after| reached(view, after));
            let Some(first) = later.next() else { continue };
            let after = if first.reply.is_some() { first } else { later.find(|after| after.answered).unwrap_or(first) };
            // What was answered with an error later on is reported as well, unless it had been before the fault.
            let erred = same.iter().any(|request| request.invoked < fault.asked && is_error(request));
            // What is done or deleted meanwhile is gone by right.
            let quiet = |after: &Request<'_>| {
                let mut all = view.requests.iter().filter(|other| hit < other.invoked && other.invoked < after.invoked);
                after.status().is_some_and(|status| 500 <= status) || all.all(Request::is_safe)
            };
            let more = same[begun..].iter().skip_while(|other| other.id != after.id).skip(1);
            let fails = |after: &Request<'_>| is_error(after) || (led(after).is_some() && led(before).is_none());
            let more = more.filter(|after| !erred && fails(after) && next.is_none_or(|next| after.invoked < next));
            let more = more.filter(|after| quiet(after) && reached(view, after));
            for after in std::iter::once(after).chain(more) {
                if !ends_between(view, before, after) && !is_done_already(view, before, after) {
                    pairs.push(Pair { fault: Some(fault), before, after });
                }
            }
        }
    }
    pairs
}

/// Each page that was given with success on one node and then on another one, as a balancer may have it.
fn moves<'v, 'a>(pages: &Pages<'v, 'a>) -> Vec<Pair<'v, 'a>> {
    let moved = pages.values().flat_map(|same| {
        let given: Vec<_> = same.iter().copied().filter(|request| is_success(request)).collect();
        let pairs = given.windows(2).map(|pair| (pair[0], pair[1]));
        let moved = pairs.filter(|(before, after)| {
            before.node != after.node && before.completed.is_some_and(|end| end < after.invoked)
        });
        moved.map(|(before, after)| Pair { fault: None, before, after }).collect::<Vec<_>>()
    });
    moved.collect()
}

/// Whether what it asks for had been done, as of what is deleted or redeemed twice: that takes nothing away. What had been taken
/// twice is none that can be done once.
fn is_done_already(view: &View<'_>, before: &Request<'_>, after: &Request<'_>) -> bool {
    let deletes = after.target.starts_with("DELETE ");
    let status = after.status().filter(|_| !after.is_safe());
    let done = status.is_some_and(|status| matches!(status, 409 | 412) || (deletes && matches!(status, 404 | 410)));
    done && times_taken(view, before) < 2
}

/// How often a client's request went well up to this one.
fn times_taken(view: &View<'_>, before: &Request<'_>) -> usize {
    let made = |other: &&Request<'_>| {
        other.client == before.client
            && other.target == before.target
            && other.invoked <= before.invoked
            && went_well(other)
    };
    view.requests.iter().filter(made).count()
}

fn is_error(request: &Request<'_>) -> bool {
    request.answered && !went_well(request)
}

/// The clients that the node of a fault had answered last, and that were not answered again; of their sessions `session-kept`
/// says so where it is asked for.
fn not_asked_again(view: &View<'_>) -> Vec<String> {
    let asked = |guarantee| view.plan.guarantees.contains(&guarantee);
    if !asked(THIS) || asked(Guarantee::SessionKept) {
        return vec![];
    }
    let mut clients: BTreeMap<_, Vec<&Request<'_>>> = BTreeMap::new();
    for request in &view.requests {
        clients.entry((request.client, request.context)).or_default().push(request);
    }
    let mut untested = Vec::new();
    for fault in view.timeline.faults.iter().filter(|fault| !fault.kind.leaves_it_up()) {
        let Some(hit) = fault.hit() else { continue };
        for requests in clients.values() {
            let before = requests.iter().filter(|request| request.completed.is_some_and(|end| end < fault.asked));
            let last = before.max_by_key(|request| request.completed).filter(|last| {
                last.node == fault.node && last.succeeded() && !last.says_to_end() && !view.is_counter(last.context)
            });
            let again = || requests.iter().any(|request| hit < request.invoked && reached(view, request));
            if let Some(last) = last.filter(|_| !again()) {
                let (fault, client) = (fault.name(), last.client);
                untested.push(format!("{fault} tested nothing of {client}: nothing was asked after {}", last.name()));
            }
        }
    }
    untested
}

/// Whether the client meanwhile made a request that says to end its session.
fn ends_between(view: &View<'_>, before: &Request<'_>, after: &Request<'_>) -> bool {
    between(view, before, after).any(Request::says_to_end)
}

fn breach(view: &View<'_>, pair: &Pair<'_, '_>) -> Option<Breach> {
    let (before, after) = (pair.before, pair.after);
    if is_expected_to_fail(view, after) {
        return None;
    }
    // A form that was taken may be refused for what it says, but for no want of a session.
    let refused = || !after.answered || after.status().is_some_and(|status| matches!(status, 401 | 403 | 500..));
    let alike = is_success(after) || (is_sent_on(before) && (is_sent_on(after) || !refused()));
    let login = led(after).filter(|_| went_well(after) && led(before).is_none());
    if alike && login.is_none() {
        return None;
    }
    let status = |request: &Request<'_>| {
        let answer = request.answer_in_words().unwrap_or_else(|| "nothing".to_owned());
        let led = login.as_ref().filter(|_| request.id == after.id);
        led.map_or(answer.clone(), |led| format!("{answer}, which {led},"))
    };
    let because = format!(
        "{} of {} was answered with {} after {}, and {} with {} before it",
        after.name(),
        after.client,
        status(after),
        pair.name(),
        before.id,
        status(before)
    );
    // What a form does to a page is the app's; but where the page was there after the same form before, it is not that.
    let changed = between(view, before, after).find(|other| !other.is_safe() && !harmless(view, before, other));
    let unpromised = changed.map(|other| format!("{} came between, which may change the answer", other.name()));
    let since = between(view, before, after).find(|other| {
        other.target == after.target && other.node == after.node && pair.hit() < Some(other.invoked) && went_well(other)
    });
    let since = since.map(|other| format!("{} had been answered well since", other.name()));
    let session = same_session(before).and_then(|id| view.apps.find(before.context, id));
    let over = session.filter(|session| session.may_have_expired(&view.requests, after.invoked));
    // What changes something may be refused the second time.
    let once = !after.is_safe()
        && after.status().is_some_and(|status| (400..500).contains(&status))
        && times_taken(view, before) < 2;
    let second = || once.then(|| "it had been made once, and may be refused the second time".to_owned());
    let unpromised = unpromised
        .or(since)
        .or_else(|| {
            let deleted = after.status().is_some_and(|status| matches!(status, 404 | 410));
            by_another(view, before, before, after).filter(|_| deleted).map(may_have_changed)
        })
        .or_else(second)
        .or_else(|| {
            (alike && !is_given_to_another(view, pair)).then(|| "nothing shows that others are let in".to_owned())
        })
        .or_else(|| over.map(|session| format!("{} may have expired", session.name())))
        .or_else(|| excuse(view, before, after))
        .or_else(|| after.reply.is_none().then(|| "it was not made again, and may have been late".to_owned()));
    Some(Breach { unpromised, ..pair.breach(because) })
}

/// Whether the node gives another client what leads this one to a login.
fn is_given_to_another(view: &View<'_>, pair: &Pair<'_, '_>) -> bool {
    let Some(hit) = pair.hit() else { return false };
    view.requests.iter().any(|other| {
        other.client != pair.before.client
            && other.target == pair.before.target
            && other.node == pair.after.node
            && hit < other.invoked
            && went_well(other)
            && led(other).is_none()
    })
}

/// Answers to the same GET whose bodies differ, before a fault and after it: shown and not judged.
pub(in super::super) fn other_bodies(view: &View<'_>) -> Vec<String> {
    if !view.plan.guarantees.contains(&THIS) {
        return Vec::new();
    }
    let notes = pairs(view, &pages(view)).into_iter().filter_map(|pair| {
        let (before, after) = (pair.before, pair.after);
        let body = |request: &Request<'_>| request.reply.and_then(|reply| reply.body.clone());
        let (old, new) = (body(before)?, body(after)?);
        let differs = is_success(after) && before.target.starts_with("GET ") && old != new;
        let (old, new) = differs.then(|| excerpts(&old, &new))?;
        Some(format!("{} answered \"{new}\" after {}, {} \"{old}\" before it", after.name(), pair.name(), before.id))
    });
    notes.collect()
}
