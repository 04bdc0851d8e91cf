//! Copies that looks showed while one request of their session was under way. A node sends what a request changed when it ends
//! (`ReplicationValve`), so each copy is until then what the owner held before, and then what it holds afterwards.

use super::super::app_sessions::{AppSession, Shown};
use super::super::attribute_values::differences;
use super::super::requests::Request;
use super::super::timeline::{FOREVER, ON_ITS_WAY};
use super::super::view::View;
use super::judgement::Breach;
use super::session_tests::{baseline, seen};
use crate::history::Nanos;
use crate::model::Violation;

/// A request that nothing else of its session overlapped, and what was seen on both sides of it.
struct Passage<'v, 'a> {
    request: &'v Request<'a>,
    /// Since when nobody had asked for the session.
    since: Nanos,
    /// Until when the request was awaited.
    until: Nanos,
    before: &'v Shown<'a>,
    after: &'v Shown<'a>,
    /// A safe one that came before what was seen afterwards.
    safe: Option<&'v Request<'a>>,
}

/// Copies that were neither what the owner held before nor what it held after the only request that was under way.
pub(super) fn breaches(view: &View<'_>, session: &AppSession<'_>) -> Vec<Breach> {
    // What nobody waits for may be older, and of one backup nobody knows which node makes it meanwhile.
    if !view.waits() || !view.replicates_to_all() {
        return vec![];
    }
    let mut breaches = Vec::new();
    for passage in passages(view, session) {
        breaches.extend(neither(view, session, &passage));
    }
    breaches
}

fn passages<'v, 'a>(view: &'v View<'a>, session: &'v AppSession<'a>) -> Vec<Passage<'v, 'a>> {
    let pauses = session.pauses(&view.requests);
    let passage = |pair: &[(Nanos, Nanos)]| {
        let ((since, asked), (until, _)) = (pair[0], pair[1]);
        if view.looks_between(asked, until).is_empty() {
            return None;
        }
        let begun = |before: Nanos| session.requests.partition_point(|index| view.requests[*index].invoked < before);
        let (from, to) = (begun(asked), begun(until));
        let [index] = session.requests[from..to] else { return None };
        let request = Some(&view.requests[index]).filter(|request| request.answered)?;
        let next = session.requests[to..].iter().map(|index| &view.requests[*index]);
        let changed = next.clone().find(|next| !next.is_safe()).map_or(FOREVER, |next| next.invoked);
        let mut later = session.shown_between(until, changed).iter().filter(|shown| until < shown.asked);
        let quiet = |shown: &Shown<'_>| !session.busy(&view.requests, shown.asked, shown.at);
        let after = later.find(|shown| shown.node == request.node && quiet(shown))?;
        let safe = next.take_while(|next| next.invoked < after.asked).last();
        let before = baseline(view, session, asked)?;
        let lives = |shown: &Shown<'_>| {
            let (first, last) = (shown.asked.min(asked), shown.at.max(until));
            view.timeline.outlives(shown.node, first, last)
        };
        (lives(before) && lives(after)).then_some(Passage { request, since, until, before, after, safe })
    };
    pauses.windows(2).filter_map(passage).collect()
}

fn neither(view: &View<'_>, session: &AppSession<'_>, passage: &Passage<'_, '_>) -> Vec<Breach> {
    let Passage { request, since, until, before, after, safe } = *passage;
    let open = view.is_counter(session.context);
    let due = |id: &str| id == before.replica.id.as_str() || id == after.replica.id.as_str();
    let looks = view.looks_between(request.invoked, until).iter().filter(|look| {
        look.node != before.node
            && request.invoked < look.asked
            // What an app answers early is on its way for a while.
            && ON_ITS_WAY <= look.asked.since(since)
            && view.is_copy_due(session, request.node, look)
    });
    let breach = |look: &super::super::look::Look<'_>| {
        let copy = session.shown_in((look.at, look.record)).find(|shown| due(shown.replica.id.as_str()))?;
        let as_before = differences(before.replica, copy.replica, open).differs;
        let mut as_after = differences(after.replica, copy.replica, open).differs.into_iter();
        let (_, why) = as_after.find(|(name, _)| as_before.iter().any(|(other, _)| other == name))?;
        let because = format!(
            "the copy of {} on {} was neither what {} held before {} nor what {} held after it: {why}",
            session.name(),
            look.node,
            before.node,
            request.name(),
            after.node
        );
        let safe = safe.map(|safe| format!("{} came between, and may have changed it", safe.name()));
        let excused = [look.node, before.node, after.node]
            .into_iter()
            .find_map(|node| view.excuse(session, node, (since, look.at)))
            .or_else(|| view.cut_off(session, look.at));
        let unpromised = excused.or(safe);
        let breach = seen(view, session, look.at, look.record, because).beside(before.record).beside(after.record);
        Some(Breach { unpromised, ..breach.named(Violation::StaleReplica) })
    };
    looks.filter_map(breach).collect()
}
