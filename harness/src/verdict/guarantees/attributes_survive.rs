//! After a fault or a move the node that answers holds the attributes of a session that were last seen on its owner.
//!
//! What an app does with a request is not known. So a copy is held against the owner's only where no request came between,
//! or only safe ones that had been made before: after these an attribute that is missing is lost, and so is one that has
//! again the value that a copy had shown before.

use std::collections::BTreeSet;

use super::super::app_sessions::{AppSession, Shown};
use super::super::attribute_values::{differences, is_same};
use super::super::look::Look;
use super::super::operations::stem;
use super::super::requests::Request;
use super::super::timeline::{FOREVER, Fault};
use super::super::view::View;
use super::attributes_replicated::vanished;
use super::habits::{Habits, unusual};
use super::judgement::{Breach, Judgement, and_more};
use super::page_effects;
use super::session_tests::{By, Carried, Trial, baseline, carried, last_seen, named, seen, shown_by, trials};
use crate::history::Nanos;
use crate::model::{Guarantee, NodeName, Violation};

const THIS: Guarantee = Guarantee::AttributesSurvive;

/// What comparing brought.
#[derive(Default)]
struct Found {
    breaches: Vec<Breach>,
    undecidable: BTreeSet<String>,
    /// The sessions whose copy was compared after a fault, by the fault's number; after a move by the request.
    faults: BTreeSet<(String, u32)>,
    moves: BTreeSet<(String, usize)>,
}

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let mut all = Found::default();
    let habits = Habits::of(view, THIS);
    for session in view.app_sessions(THIS) {
        for fault in view.timeline.faults.iter().filter(|fault| !fault.kind.leaves_it_up()) {
            after_fault(view, session, fault, &mut all);
        }
        for index in &session.requests {
            after_request(view, session, *index, &mut all);
        }
        all.breaches.extend(vanished(view, session));
        all.breaches.extend(unusual(view, session, &habits));
    }
    let breaches = std::mem::take(&mut all.breaches);
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view, &all).unwrap_or_else(Judgement::unknown)
}

fn earned(view: &View<'_>, all: &Found) -> Result<Judgement, String> {
    let trials = trials(view, THIS);
    let mut tested: Vec<&Trial<'_, '_>> = Vec::new();
    let (mut moved, mut open) = (Vec::new(), Vec::new());
    for trial in &trials {
        let stem = trial.session.stem.to_owned();
        let base = baseline(view, trial.session, trial.since);
        if base.is_some_and(|base| base.names().is_empty()) {
            continue;
        }
        let why = match (&trial.by, base) {
            (By::Fault(fault), Some(_)) if all.faults.contains(&(stem.clone(), fault.number)) => {
                tested.push(trial);
                continue;
            }
            (By::Move, _) => {
                if trial.request.is_some_and(|index| all.moves.contains(&(stem.clone(), index))) {
                    moved.push(trial);
                }
                continue;
            }
            (By::Fault(fault), Some(base)) if was_spared(view, trial, base, fault) => {
                tested.push(trial);
                continue;
            }
            (By::Fault(fault), None) if stood_still(view, trial, fault) => {
                tested.push(trial);
                continue;
            }
            (By::Fault(_), None) => "its owner was not looked at between its last request and the fault",
            (By::Fault(_), Some(_)) => "no copy was looked at before it was asked for what may have changed it",
        };
        open.push(format!("{} tested nothing of {}: {why}", trial.name(view), trial.session.name()));
    }
    if let Some(why) = and_more(open) {
        return Err(why);
    }
    // What no Manager could send was on the owner alone, and nothing tells what it was.
    let unsent = |trial: &&Trial<'_, '_>| {
        let base = baseline(view, trial.session, trial.since)?;
        let mut values = base.replica.attributes.iter().filter(|(_, value)| !value.excluded);
        values
            .find(|(_, value)| value.unserialisable.is_some())
            .map(|(name, value)| (name.clone(), value.class.clone()))
    };
    if let Some((name, class)) = tested.iter().find_map(unsent) {
        return Err(format!("{name} ({class}) could not be sent, so nobody can tell what the survivor has of it"));
    }
    if !all.undecidable.is_empty() {
        let names = all.undecidable.iter().cloned().collect::<Vec<_>>().join(", ");
        return Err(format!("values that cannot be compared: {names}"));
    }
    if tested.is_empty() {
        tested = moved;
    }
    if tested.is_empty() {
        return Err("no session with an attribute was looked at before and after a fault or a move".to_owned());
    }
    let (names, answers, evidence) = named(view, &tested);
    Ok(Judgement::holds(format!("the attributes that owners had shown were there after {names}"))
        .resting_on(answers, evidence)
        .after(tested.len()))
}

/// What the looks at the survivors of a fault show of a session, against what its owner had shown before.
fn after_fault<'a>(view: &View<'a>, session: &AppSession<'a>, fault: &Fault<'a>, all: &mut Found) {
    let (Some(hit), Some(base)) = (fault.hit(), baseline(view, session, fault.asked)) else { return };
    let left = session.left(&view.requests).is_some_and(|left| view.requests[left].invoked < fault.asked);
    if left || base.names().is_empty() {
        return;
    }
    let (strict, limit) = windows(view, session, fault.asked);
    // A node that ended since it showed the session is no owner any more.
    let ended = !view.timeline.outlives(base.node, base.at, fault.asked);
    let survivors: Vec<&NodeName> = if base.node == fault.node || ended {
        view.plan.topology.names().filter(|name| *name != fault.node).collect()
    } else {
        vec![base.node]
    };
    let first = |node: &NodeName| {
        view.looks_between(hit, limit).iter().find(|look| {
            look.node == node
                && hit < look.asked
                && session.would_show_in(look)
                && view.timeline.outlives(node, fault.asked, look.at)
                && view.timeline.settled(node, look.asked, look.at)
                && !session.busy(&view.requests, look.asked, look.at)
                && !session.may_have_expired(&view.requests, look.at)
        })
    };
    let looks: Vec<&Look<'a>> = survivors.iter().filter_map(|node| first(node)).collect();
    let mut holders = 0;
    for look in &looks {
        let Some(copy) = session.shown_in((look.at, look.record)).max_by_key(|shown| shown.replica.attributes.len())
        else {
            if view.replicates_to_all() && look.at < strict {
                all.breaches.push(gone(view, session, base, look, fault));
            }
            continue;
        };
        holders += 1;
        all.faults.insert((session.stem.to_owned(), fault.number));
        all.breaches.extend(differs(view, session, base, copy, (fault, look.at < strict), &mut all.undecidable));
    }
    let living = survivors.iter().filter(|name| view.timeline.up(name, hit, hit).is_some()).count();
    if let Some(look) = looks.last().filter(|look| look.at < strict)
        && holders == 0
        && looks.len() == living
        && !view.replicates_to_all()
    {
        all.breaches.push(gone(view, session, base, look, fault));
    }
}

/// Whether a node was seen to hold all of a session that its owner had, between the last request before a fault and the fault
/// that it outlived: what it lacks afterwards is a request's doing.
fn had_all(view: &View<'_>, session: &AppSession<'_>, base: &Shown<'_>, node: &NodeName, fault: &Fault<'_>) -> bool {
    let Some(quiet) = session.quiet_since(&view.requests, fault.asked) else { return false };
    let mut copies = session.shown_between(quiet, fault.asked).iter();
    let Some(copy) = copies.rfind(|shown| shown.node == node && quiet < shown.asked) else { return false };
    let found = differences(base.replica, copy.replica, false);
    found.differs.is_empty()
        && found.undecidable.is_empty()
        && fault.hit().is_some_and(|hit| view.timeline.outlives(node, copy.at, hit))
}

/// Whether a session was answered from after a fault by a node that had been seen to hold all of it right before, be it that
/// the first request changed its id.
fn was_spared(view: &View<'_>, trial: &Trial<'_, '_>, base: &Shown<'_>, fault: &Fault<'_>) -> bool {
    trial.request.map(|index| &view.requests[index]).is_some_and(|request| {
        let another = request.received.filter(|received| stem(received) != trial.session.stem);
        let kept = another.is_none_or(|id| carried(view, trial.session, request, id) == Carried::All);
        // What was asked for while the node ended may have taken it away: only a look tells.
        let asked = trial.session.requests.iter().map(|index| &view.requests[*index]);
        let mut meanwhile = asked.filter(|asked| fault.asked <= asked.invoked && asked.invoked < request.invoked);
        let is_there = || {
            let mut behind = trial.session.shown.iter().filter(|shown| request.invoked < shown.asked);
            behind.find(|shown| shown.node == request.node).is_some_and(|shown| base.names().is_subset(&shown.names()))
        };
        let kept = kept && (another.is_some() || meanwhile.all(Request::is_safe) || is_there());
        kept && view.timeline.outlives(request.node, fault.asked, request.invoked)
            && had_all(view, trial.session, base, request.node, fault)
    })
}

/// Whether a node showed after a fault what the owner had been seen to hold while requests went on: each attribute is there,
/// those that had stood still with the same value, and there is such a one. They had stood still where all looks showed the
/// same, and no other requests were answered after them than between them.
fn stood_still(view: &View<'_>, trial: &Trial<'_, '_>, fault: &Fault<'_>) -> bool {
    let session = trial.session;
    let before = session.shown.partition_point(|shown| shown.at < fault.asked);
    let had: Vec<&Shown<'_>> = session.shown[..before].iter().filter(|shown| shown.node == fault.node).collect();
    let answered = trial.request.map(|index| &view.requests[index]);
    let has = answered.and_then(|request| {
        session.shown[before..].iter().find(|shown| shown.node == request.node && request.invoked < shown.asked)
    });
    let (Some(first), Some(last), Some(has)) = (had.first(), had.last(), has) else { return false };
    let asked = |from: Nanos, to: Nanos| {
        let requests = session.requests.iter().map(|index| &view.requests[*index]);
        let inside = requests.filter(move |request| from <= request.acts_until && request.invoked < to);
        let inside = inside.filter(|request| request.completed.is_some_and(|end| end < fault.asked));
        inside.map(Request::key).collect::<BTreeSet<_>>()
    };
    let known = asked(last.asked, fault.asked).is_subset(&asked(first.at, last.asked));
    if !known || !last.names().is_subset(&has.names()) {
        return false;
    }
    let same = |shown: &Shown<'_>, name: &str| {
        let values = shown.replica.attributes.get(name).zip(last.replica.attributes.get(name));
        values.is_some_and(|(one, other)| is_same(one, other))
    };
    let still: Vec<&str> = last.names().into_iter().filter(|name| had.iter().all(|shown| same(shown, name))).collect();
    !still.is_empty() && still.iter().all(|name| same(has, name))
}

/// Until when no request came, and until when only safe ones that had been made before.
fn windows(view: &View<'_>, session: &AppSession<'_>, from: Nanos) -> (Nanos, Nanos) {
    let later = || session.requests.iter().map(|index| &view.requests[*index]).filter(|asked| from < asked.invoked);
    let earlier: BTreeSet<&str> = session
        .requests
        .iter()
        .map(|index| &view.requests[*index])
        .filter(|asked| asked.invoked < from && asked.answered)
        .map(|asked| asked.target)
        .collect();
    let end = Nanos(u64::MAX);
    let strict = later().next().map_or(end, |asked| asked.invoked);
    let changing = later().find(|asked| !asked.is_safe() || !earlier.contains(asked.target));
    (strict, changing.map_or(end, |asked| asked.invoked))
}

fn gone(view: &View<'_>, session: &AppSession<'_>, base: &Shown<'_>, look: &Look<'_>, fault: &Fault<'_>) -> Breach {
    let names = base.names().into_iter().collect::<Vec<_>>().join(", ");
    let because = format!(
        "{} holds nothing of {} after {}, where {} had shown {names}",
        look.node,
        session.name(),
        fault.name(),
        base.node
    );
    let excuse = |node: &NodeName| view.excuse(session, node, (base.at, look.at));
    let unpromised = excuse(look.node).or_else(|| excuse(base.node));
    let breach = seen(view, session, look.at, look.record, because).beside(base.record);
    Breach { unpromised, ..breach.named(Violation::LostSession) }
}

/// The first attribute that a copy lacks or has otherwise.
fn differs(
    view: &View<'_>,
    session: &AppSession<'_>,
    base: &Shown<'_>,
    copy: &Shown<'_>,
    (fault, strict): (&Fault<'_>, bool),
    undecidable: &mut BTreeSet<String>,
) -> Option<Breach> {
    let found = differences(base.replica, copy.replica, view.is_counter(session.context));
    if strict {
        undecidable.extend(found.undecidable);
    }
    let had_all = had_all(view, session, base, copy.node, fault);
    let between = || {
        let asked = session.requests.iter().map(|index| &view.requests[*index]);
        asked.filter(|request| fault.asked < request.invoked && request.invoked < copy.asked)
    };
    // A page that had been asked, and had not taken it out, hardly does so behind the fault.
    let by_routine = |name: &str| {
        // It was there behind such a one, nothing else came between that may have put it in, and none took it out.
        let has = |shown: &Shown<'_>| shown.replica.attributes.contains_key(name);
        let earlier = || {
            let asked = session.requests.iter().map(|index| &view.requests[*index]);
            asked.filter(|asked| asked.invoked < fault.asked).filter_map(|asked| {
                let next = session.next_after(&view.requests, asked.invoked);
                let alone = |shown: &&Shown<'_>| shown.at < fault.asked && next.is_none_or(|next| shown.at < next);
                let behind = session.shown.iter().find(|shown| asked.acts_until < shown.asked).filter(alone)?;
                let before = session.shown.iter().rfind(|shown| shown.at < asked.invoked);
                Some((asked.key(), before.is_some_and(has), has(behind)))
            })
        };
        let left_it = |key| {
            let of_it = || earlier().filter(|(of, ..)| *of == key);
            of_it().any(|(_, _, there)| there) && !of_it().any(|(_, before, there)| before && !there)
        };
        let mut keys = between().map(Request::key).peekable();
        keys.peek().is_some() && keys.all(left_it)
    };
    let left_alone = |name: &str, due| between().all(|request| page_effects::leaves(view, request, name, due));
    let counts = |name: &str| {
        let (Some(due), Some(here)) = (base.replica.attributes.get(name), copy.replica.attributes.get(name)) else {
            return strict || !had_all || by_routine(name);
        };
        // A safe request may have changed it; but hardly to what a copy had before, where the node had not had it all, or the page
        // was seen to leave it alone.
        strict || {
            let mut older = session.shown.iter().filter(|shown| shown.at < fault.asked);
            older.any(|shown| {
                shown.replica.attributes.get(name).is_some_and(|was| is_same(was, here) && !is_same(was, due))
            }) && (!had_all || left_alone(name, due))
        }
    };
    let (name, why) = found.differs.into_iter().find(|(name, _)| counts(name))?;
    let because = format!(
        "{} on {} after {} is not what {} had shown: {why}",
        session.name(),
        copy.node,
        fault.name(),
        base.node
    );
    let excuse = |node: &NodeName| view.excuse(session, node, (base.at, copy.at));
    let unpromised = excuse(copy.node).or_else(|| excuse(base.node)).or_else(|| view.cut_off(session, copy.at));
    let has = |name: &str| copy.replica.attributes.contains_key(name);
    let page = || "a page may have taken it out, though it had not before".to_owned();
    let unpromised = unpromised.or_else(|| (!strict && had_all && !has(&name) && by_routine(&name)).then(page));
    let breach = seen(view, session, copy.at, copy.record, because).beside(base.record);
    Some(Breach { unpromised, ..breach.named(Violation::LostAttribute) })
}

/// A safe request that another node answered, or the same one after its end, out of a session that has nothing more of what
/// it had.
fn after_request(view: &View<'_>, session: &AppSession<'_>, index: usize, all: &mut Found) {
    let request = &view.requests[index];
    let sent = request.sent.is_some_and(|sent| sent.stem() == session.stem);
    let Some(base) = last_seen(view, session, request.invoked).filter(|base| sent && !base.names().is_empty()) else {
        return;
    };
    let moved = base.node != request.node || !view.timeline.outlives(base.node, base.at, request.invoked);
    if !moved || !request.answered || request.says_to_end() {
        return;
    }
    let next = session.next_after(&view.requests, request.invoked);
    let Some(look) = view.looks_between(request.acts_until, next.unwrap_or(FOREVER)).iter().find(|look| {
        look.node == request.node
            && request.acts_until < look.asked
            && view.timeline.outlives(look.node, request.invoked, look.at)
            && session.would_show_in(look)
    }) else {
        return;
    };
    let Some(copy) = session.shown_in((look.at, look.record)).max_by_key(|shown| shown.replica.attributes.len()) else {
        return;
    };
    let (had, has) = (base.names(), copy.names());
    if !had.is_disjoint(&has) {
        all.moves.insert((session.stem.to_owned(), index));
        return;
    }
    if view.may_end(session, index) {
        return;
    }
    let names = had.into_iter().collect::<Vec<_>>().join(", ");
    let because = format!(
        "{} was answered from {} without any of its attributes: {} had shown {names}, {} shows none of them",
        request.name(),
        session.name(),
        base.node,
        copy.node
    );
    let unpromised = view.excuse(session, request.node, (base.at, request.invoked));
    let breach = shown_by(view, session, request, because).beside(base.record).beside(copy.record);
    all.breaches.push(Breach { unpromised, ..breach.named(Violation::LostAttribute) });
}
