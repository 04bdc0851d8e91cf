//! While nobody asks for a session, each copy that is due holds the owner's attributes, by name and by value.
//!
//! Due is a copy on every node that serves the app (`DeltaManager`), or one backup (`BackupManager`), of all that the
//! Manager's own filters let through. What cannot be serialised is reported as soon as the owner holds it, before any node is
//! lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::app_sessions::{AppSession, Shown};
use super::super::attribute_values::differences;
use super::super::look::Look;
use super::super::timeline::ON_ITS_WAY;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use super::members_agree::{endpoints, node_of};
use super::session_tests::{baseline, is_gone, seen};
use super::{copies_under_way, lacking};
use crate::history::{LogClass, LogLine, Nanos, RecordKind, ReplicaRole};
use crate::model::{ContextPath, Guarantee, NodeName, Violation};

const THIS: Guarantee = Guarantee::AttributesReplicated;

/// So long behind an answer a copy may come: as long as a message may be on its way, and the look at it may take.
const SOON: Duration = ON_ITS_WAY.saturating_mul(2);

/// What comparing brought.
#[derive(Default)]
struct Found {
    breaches: Vec<Breach>,
    undecidable: BTreeSet<String>,
    excluded: BTreeSet<String>,
    /// The records of the copies that held what was due.
    same: Vec<usize>,
    attributes: usize,
}

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let mut all = Found::default();
    let local = local_contexts(view);
    let mut uncompared = None;
    all.breaches
        .extend(local.values().flatten().map(|(at, record, because)| Breach::shown(*at, *record, because.clone())));
    all.breaches.extend(unsent(view));
    all.breaches.extend(refused(view));
    for session in view.app_sessions(THIS) {
        all.breaches.extend(unserialisable(session));
        if session.context.is_some_and(|context| local.get(context).is_some_and(Option::is_some)) {
            continue;
        }
        let before = all.same.len() + all.breaches.len() + all.undecidable.len();
        for quiet in quiet_times(view, session) {
            compare(view, session, &quiet, &mut all);
        }
        all.breaches.extend(copies_under_way::breaches(view, session));
        all.breaches.extend(lacking::breach(view, session));
        if all.same.len() + all.breaches.len() + all.undecidable.len() == before
            && lives(view, session)
            && is_due(view, session)
        {
            match agreed(session, view.is_counter(session.context)) {
                Some(copy) => {
                    all.same.push(copy.record);
                    all.attributes += copy.names().len();
                }
                None => drop(uncompared.get_or_insert_with(|| session.name())),
            }
        }
    }
    let list = |what: &BTreeSet<String>| what.iter().cloned().collect::<Vec<_>>().join(", ");
    let excluded = if all.excluded.is_empty() {
        String::new()
    } else {
        format!("; not due, as the Manager's filters exclude them: {}", list(&all.excluded))
    };
    if let Some(violated) = Judgement::violated(all.breaches) {
        return violated;
    }
    if let Some(session) = uncompared {
        return Judgement::unknown(format!(
            "{session} was never seen on its owner and on a node that is to have a copy while nobody asked for it"
        ));
    }
    if !all.undecidable.is_empty() {
        return Judgement::unknown(format!("values that cannot be compared: {}{excluded}", list(&all.undecidable)));
    }
    if all.same.is_empty() || all.attributes == 0 {
        return Judgement::unknown(format!("no session with an attribute that is due was seen on two nodes{excluded}"));
    }
    let copies = all.same.len();
    let held_by = if copies == 1 { "1 copy".to_owned() } else { format!("{copies} copies") };
    Judgement::holds(format!("{held_by} held what the owners held, {} values in all{excluded}", all.attributes))
        .resting_on(vec![], all.same)
        .after(copies)
}

/// A copy that was seen to be what another node had shown just before, though somebody went on asking.
fn agreed<'v, 'a>(session: &'v AppSession<'a>, open: bool) -> Option<&'v Shown<'a>> {
    session.shown.windows(2).find_map(|pair| {
        let (one, other) = (&pair[0], &pair[1]);
        let found = differences(one.replica, other.replica, open);
        let same = found.differs.is_empty() && found.undecidable.is_empty() && one.names() == other.names();
        (one.node != other.node && same && !one.names().is_empty()).then_some(other)
    })
}

/// Whether a session that should have been compared was still there at the end.
fn lives(view: &View<'_>, session: &AppSession<'_>) -> bool {
    let Some(last) = session.last_answered(&view.requests, Nanos(u64::MAX)) else { return false };
    let request = &view.requests[last];
    let gone = is_gone(view, session, request.acts_until, Nanos(u64::MAX));
    session.known(&view.requests, Nanos(u64::MAX))
        && session.left(&view.requests).is_none()
        && !request.says_to_end()
        && !gone
}

/// Whether a copy of a session was ever due: another node was up while nobody asked for it and the node that had answered it
/// last lived.
fn is_due(view: &View<'_>, session: &AppSession<'_>) -> bool {
    session.pauses(&view.requests).into_iter().any(|(from, next)| {
        let owner = session.last_answered(&view.requests, next).map(|last| view.requests[last].node);
        let until = owner.map_or(next, |owner| next.min(view.timeline.end_of(owner, from)));
        let mut others = view.plan.topology.names().filter(|node| Some(*node) != owner);
        others.any(|node| {
            let mut lives = view.timeline.lives(node).iter();
            lives.any(|life| life.ready.is_some_and(|ready| ready < until) && from < life.until)
        })
    })
}

/// The contexts with sessions that a node of the cluster keeps to itself, each with the first look that shows why.
fn local_contexts<'a>(view: &View<'a>) -> BTreeMap<&'a ContextPath, Option<(Nanos, usize, String)>> {
    let mut all: BTreeMap<&ContextPath, Option<(Nanos, usize, String)>> = BTreeMap::new();
    if view.plan.topology.nodes.len() < 2 {
        return all;
    }
    for session in view.app_sessions(THIS).filter(|session| session.known(&view.requests, Nanos(u64::MAX))) {
        let Some(context) = session.context else { continue };
        all.entry(context).or_insert_with(|| {
            let wanted = std::iter::once(context).collect();
            let in_cluster = |look: &&Look<'a>| look.state.is_some_and(|state| state.cluster_class.is_some());
            view.looks.iter().filter(in_cluster).find_map(|look| {
                let state =
                    look.contexts(&wanted).find(|state| state.local_because.is_some() || !state.distributable)?;
                let why = state.local_because.as_deref().unwrap_or("the app is not distributable");
                let because = format!("{} replicates no session of {context}: {why}", look.node);
                Some((look.at, look.record, because))
            })
        });
    }
    all
}

/// What a line says of a message about a session: that it could not be sent, or not be read. With `BackupManager` it is untrue that
/// the whole object is sent instead (`AbstractReplicatedMap.replicate`).
fn lost_message(line: &LogLine) -> Option<&'static str> {
    let says = |text: &str| line.message.contains(text);
    let unsent = line.class == LogClass::SerialisationFailed
        || says("Unable to diff object")
        || (says("Cannot serialize session attribute") && line.logger.contains(".ha.session."));
    let class = says("ClassNotFoundException") || says("InvalidClassException");
    let unread = says("Unable to receive message through TCP channel") && class;
    unsent.then_some("could not send").or_else(|| unread.then_some("could not read"))
}

/// Changes that could not be serialised, or not be read, as a node logged: what they carried is not on the other node.
fn unsent(view: &View<'_>) -> Vec<Breach> {
    let asked = view.plan.guarantees.contains(&THIS);
    let others = view.contexts.iter().any(|context| !view.counters.contains(context));
    let lines = view.history.records.iter().enumerate().filter_map(|(index, record)| match &record.kind {
        RecordKind::Log(line) => Some((index, record.at, line, lost_message(line)?)),
        _ => None,
    });
    let breaches = lines.filter_map(|(index, at, line, what_failed)| {
        let session = view.apps.all.iter().find(|session| line.message.contains(session.stem));
        let ours = session.map_or(others, |session| !view.is_counter(session.context));
        let whose = session.map_or_else(|| "a session".to_owned(), AppSession::name);
        // A look says which one the log only gives the class of.
        let named = session.and_then(|session| {
            let shown = session.shown.iter().flat_map(|shown| &shown.replica.attributes);
            let mut shown = shown.filter(|(_, value)| !value.excluded);
            shown.find_map(|(name, value)| Some(format!("; attribute {name}: {}", value.unserialisable.as_ref()?)))
        });
        let what = format!("{}{}", line.message, named.unwrap_or_default());
        (asked || ours).then(|| Breach {
            session: session.map(|session| session.stem.to_owned()),
            ..Breach::shown(at, index, format!("{} {what_failed} a change of {whose}: {what}", line.node))
        })
    });
    breaches.collect()
}

/// Attributes that no session took, each once a node: a Manager that replicates takes none that cannot be serialised.
fn refused(view: &View<'_>) -> Vec<Breach> {
    let asked = view.plan.guarantees.contains(&THIS);
    let mut seen = BTreeSet::new();
    let lines = view.history.records.iter().enumerate().filter_map(|(index, record)| match &record.kind {
        RecordKind::Log(line) if line.class == LogClass::AttributeRefused => Some((index, record.at, line)),
        _ => None,
    });
    let first = lines.filter(|(_, _, line)| asked && seen.insert((&line.node, &line.message)));
    let breach = |(index, at, line): (usize, Nanos, &LogLine)| {
        let what = line.message.rsplit_once(": ").map_or(line.message.as_str(), |(_, what)| what);
        let because = format!("a session on {} refused an attribute, which failed the request: {what}", line.node);
        Breach::shown(at, index, because).named(Violation::StaleReplica)
    };
    first.map(breach).collect()
}

/// What the owner holds and no Manager can send.
fn unserialisable(session: &AppSession<'_>) -> Vec<Breach> {
    let mut seen = BTreeSet::new();
    let mut breaches = Vec::new();
    for shown in &session.shown {
        for (name, value) in shown.replica.attributes.iter().filter(|(_, value)| !value.excluded) {
            let Some(why) = value.unserialisable.as_ref().filter(|_| seen.insert(name)) else { continue };
            let because = format!(
                "attribute {name} of {} on {} cannot be serialised, so no other node gets it: {why} ({})",
                session.name(),
                shown.node,
                value.class
            );
            breaches.push(Breach {
                session: Some(session.stem.to_owned()),
                ..Breach::shown(shown.at, shown.record, because).named(Violation::StaleReplica)
            });
        }
    }
    breaches
}

/// A time in which nobody asked for a session, and what its owner was last seen to hold in it.
struct Quiet<'v, 'a> {
    from: Nanos,
    until: Nanos,
    owner: &'v Shown<'a>,
}

/// Each ends where something befalls a node: another one may be the owner from then on.
fn quiet_times<'v, 'a>(view: &View<'a>, session: &'v AppSession<'a>) -> Vec<Quiet<'v, 'a>> {
    let mut times = Vec::new();
    for (from, until) in session.pauses(&view.requests) {
        let mut since = from;
        for end in view.timeline.breaks_between(from, until).into_iter().chain([until]) {
            let owner = baseline(view, session, end);
            times.extend(owner.map(|owner| Quiet { from: since, until: end, owner }));
            since = end;
        }
    }
    times
}

fn compare<'a>(view: &View<'a>, session: &AppSession<'a>, quiet: &Quiet<'_, 'a>, all: &mut Found) {
    let owner = quiet.owner;
    let open = view.is_counter(session.context);
    let looks: Vec<&Look<'a>> = view
        .looks_between(quiet.from, quiet.until)
        .iter()
        .filter(|look| {
            let (first, last) = (look.asked.min(owner.asked), look.at.max(owner.at));
            quiet.from < look.asked
                && view.is_copy_due(session, owner.node, look)
                && view.timeline.outlives(owner.node, first, last)
        })
        .collect();
    // Nobody finds what stands under another id than the owner's.
    let ids: BTreeSet<&str> =
        session.shown_in((owner.at, owner.record)).map(|shown| shown.replica.id.as_str()).collect();
    let copy = |look: &Look<'a>| {
        let shown = session.shown_in((look.at, look.record)).filter(|shown| ids.contains(shown.replica.id.as_str()));
        shown.max_by_key(|shown| (shown.replica.id == owner.replica.id, shown.replica.attributes.len()))
    };
    if !view.replicates_to_all() && !looks.iter().any(|look| copy(look).is_some()) {
        all.breaches.extend(without_backup(view, session, quiet, &looks));
        return;
    }
    for (place, look) in looks.iter().enumerate() {
        let same_later = |later: &&Look<'a>| {
            later.node == look.node
                && copy(later).is_some_and(|later| differences(owner.replica, later.replica, open).differs.is_empty())
        };
        let later = || looks[place + 1..].iter().filter(|later| later.node == look.node);
        // An app that completes its answer itself, by its length, is not waited for, whatever the send options are.
        let soon = |look: &Look<'_>| look.asked.since(quiet.from) < SOON;
        if (!view.waits() && later().any(same_later)) || later().any(|later| soon(later) && same_later(later)) {
            continue;
        }
        let because = match copy(look) {
            // Where one node has the copy the others know at most where it is.
            None if !view.replicates_to_all() => continue,
            None => no_copy(session, owner, look),
            Some(copy) => {
                let found = differences(owner.replica, copy.replica, open);
                all.excluded.extend(found.excluded);
                all.undecidable.extend(found.undecidable);
                let serialised = |name: &String| {
                    owner.replica.attributes.get(name).is_none_or(|value| value.unserialisable.is_none())
                };
                let differs = found.differs.into_iter().find(|(name, _)| serialised(name)).map(|(_, why)| why);
                let differs = differs.or_else(|| lives_otherwise(owner, copy));
                let Some(why) = differs.or_else(|| beyond(view, session, owner, copy)) else {
                    all.same.push(copy.record);
                    all.attributes += owner.names().len();
                    continue;
                };
                format!("the copy of {} on {} is not what {} holds: {why}", session.name(), look.node, owner.node)
            }
        };
        let may_come = !view.waits() && later().next().is_none();
        let unpromised = may_come
            .then(|| "no request waits for it, and it may have arrived later".to_owned())
            .or_else(|| unsent_at_its_end(view, session, quiet.from))
            .or_else(|| view.excuse(session, look.node, (quiet.from, look.at)))
            .or_else(|| view.excuse(session, owner.node, (quiet.from, look.at)))
            .or_else(|| view.cut_off(session, look.at));
        let breach = seen(view, session, look.at, look.record, because).beside(owner.record);
        all.breaches.push(Breach { unpromised, ..breach.named(Violation::StaleReplica) });
    }
}

/// That a look shows no copy of a session under its owner's id, in words.
fn no_copy(session: &AppSession<'_>, owner: &Shown<'_>, look: &Look<'_>) -> String {
    let other = session.shown_in((look.at, look.record)).next();
    let under = other.map_or_else(String::new, |other| format!(", but one under {}", other.replica.id));
    let id = other.map_or_else(String::new, |_| format!(" under {}", owner.replica.id));
    format!("{} holds no copy of {}{under}, which {} holds{id}", look.node, session.name(), owner.node)
}

/// That a node may have ended before it had sent what no request waits for, in words: some have it then, and others have not.
fn unsent_at_its_end(view: &View<'_>, session: &AppSession<'_>, from: Nanos) -> Option<String> {
    let asked = session.requests.iter().map(|index| &view.requests[*index]);
    let last = asked.take_while(|asked| asked.invoked < from).last().filter(|_| !view.waits())?;
    let ended = !view.timeline.outlives(last.node, last.invoked, last.acts_until.after(ON_ITS_WAY));
    ended.then(|| format!("no request waits for it, and {} ended right behind {}", last.node, last.name()))
}

/// An attribute that a node was seen to hold and holds no more, though nobody asked for its session in between.
pub(super) fn vanished(view: &View<'_>, session: &AppSession<'_>) -> Vec<Breach> {
    let mut last: BTreeMap<&crate::model::NodeName, &Shown<'_>> = BTreeMap::new();
    let mut breaches = Vec::new();
    for shown in &session.shown {
        let Some(before) = last.insert(shown.node, shown).filter(|before| before.record != shown.record) else {
            continue;
        };
        let quiet = before.replica.id == shown.replica.id
            && !session.busy(&view.requests, before.asked, shown.at)
            && view.timeline.outlives(shown.node, before.asked, shown.at)
            && !session.may_have_expired(&view.requests, shown.at);
        let names = shown.names();
        let Some(gone) = before.names().into_iter().find(|name| quiet && !names.contains(name)) else { continue };
        let because = format!(
            "{} of {} was on {} at {} and is not at {}, though nobody asked for it in between",
            gone,
            session.name(),
            shown.node,
            before.at,
            shown.at
        );
        let unpromised =
            view.excuse(session, shown.node, (before.asked, shown.at)).or_else(|| view.cut_off(session, shown.at));
        let breach = seen(view, session, shown.at, shown.record, because).beside(before.record);
        breaches.push(Breach { unpromised, ..breach.named(Violation::LostAttribute) });
    }
    breaches
}

/// What a copy holds and its owner does not, in words: the owner has lost it, or its end was not replicated. It is the session's
/// where an owner had it, or another session of the app where it was made, or the copy's node had been asked for it: a listener
/// may add to a copy what is no owner's.
fn beyond(view: &View<'_>, session: &AppSession<'_>, owner: &Shown<'_>, copy: &Shown<'_>) -> Option<String> {
    let (due, here) = (&owner.replica.attributes, &copy.replica.attributes);
    let asked = || {
        let mut requests = session.requests.iter().map(|index| &view.requests[*index]);
        requests.any(|request| request.node == copy.node && request.succeeded() && request.acts_until < copy.asked)
    };
    let owned = |name: &str| {
        let mut earlier = session.shown.iter().take_while(|shown| shown.at < copy.asked);
        earlier.any(|shown| shown.node == owner.node && shown.replica.attributes.contains_key(name))
    };
    // What a session has where it was made is the app's, and no listener's that adds to copies.
    let native = |name: &str| {
        let mut others = view.apps.all.iter().filter(|other| other.context == session.context);
        others.any(|other| {
            let made_on = other.born.map(|born| view.requests[born].node);
            let mut earlier = other.shown.iter().take_while(|shown| shown.at < copy.asked);
            earlier.any(|shown| Some(shown.node) == made_on && shown.replica.attributes.contains_key(name))
        })
    };
    let more = copy.names().into_iter().find(|name| {
        let serialises = here.get(*name).is_some_and(|value| value.unserialisable.is_none());
        !due.contains_key(*name) && serialises && (asked() || owned(name) || native(name))
    })?;
    Some(format!("it holds {more}, which {} does not", owner.node))
}

/// That a copy ends at another time than its owner's session, in words.
fn lives_otherwise(owner: &Shown<'_>, copy: &Shown<'_>) -> Option<String> {
    let (due, here) = (owner.replica.max_inactive_s?, copy.replica.max_inactive_s?);
    (due != here).then(|| format!("it ends after {here} s unused, and there after {due} s"))
}

/// How long after the end of a node the others may take to make another copy.
const COPIED_WITHIN: Duration = Duration::from_secs(30);

/// The nodes that were up between two instants, long after the last one ended, where looks show that they list each other and
/// nobody else.
fn survivors<'v>(view: &'v View<'_>, from: Nanos, to: Nanos) -> Option<Vec<&'v NodeName>> {
    let calm = Nanos(from.0.checked_sub(u64::try_from(COPIED_WITHIN.as_nanos()).ok()?)?);
    if view.timeline.broke_between(calm, to) {
        return None;
    }
    let endpoints = endpoints(view)?;
    let up: Vec<&NodeName> =
        view.plan.topology.names().filter(|node| view.timeline.up(node, calm, to).is_some()).collect();
    let agrees = |node: &NodeName| {
        let mut looks = view.looks.iter().filter(|look| look.node == node && from <= look.asked && look.at <= to);
        let listed = |look: &Look<'_>| {
            let members = look.state.map_or(&[][..], |state| &state.members);
            members.iter().map(|member| node_of(member, endpoints)).collect::<Option<BTreeSet<_>>>()
        };
        let others: BTreeSet<&NodeName> = up.iter().copied().filter(|other| *other != node).collect();
        looks.any(|look| listed(look).is_some_and(|listed| listed == others))
    };
    up.iter().all(|node| agrees(node)).then_some(up)
}

/// A session of `BackupManager` of which all nodes were looked at, and none but the owner holds it.
fn without_backup<'a>(
    view: &View<'a>,
    session: &AppSession<'a>,
    quiet: &Quiet<'_, 'a>,
    looks: &[&Look<'a>],
) -> Option<Breach> {
    let owner = quiet.owner;
    if !matches!(owner.replica.role, ReplicaRole::Primary | ReplicaRole::Replica) {
        return None;
    }
    let last = looks.last()?;
    let (from, to) = (owner.asked.min(last.asked), last.at.max(owner.at));
    let whole = view.timeline.whole.iter().find(|whole| whole.covers(from, to));
    let nodes: Vec<&NodeName> = match whole {
        Some(whole) => whole.nodes.iter().collect(),
        None => survivors(view, from, to)?,
    };
    let looked: BTreeSet<&NodeName> = looks.iter().map(|look| look.node).collect();
    let missed = nodes.iter().any(|node| *node != owner.node && !looked.contains(node));
    if missed || nodes.len() < 2 || !view.timeline.is_calm(from, to) {
        return None;
    }
    let because = format!("no node holds a backup of {}, only {} holds it", session.name(), owner.node);
    let late = (!view.waits()).then(|| "no request waits for it, and it may have arrived later".to_owned());
    let unpromised = late.or_else(|| view.excuse(session, owner.node, (quiet.from, last.at)));
    let breach = seen(view, session, last.at, last.record, because).beside(owner.record);
    Some(Breach { unpromised, ..breach.named(Violation::StaleReplica) })
}
