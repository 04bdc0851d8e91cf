//! A client that sends the id of a live session is answered from that session: by any node, in whatever app, never out of
//! another client's.
//!
//! An app may end a session or change its id as it likes, and does not say so. What distinguishes a loss from that is where and
//! when: an id that changes on the node that held the session is the app's doing; one that changes with the node is a loss,
//! unless a look shows that the new one holds all that the old one had.

use super::super::app_sessions::{AppSession, Shown};
use super::super::attribute_values::is_same;
use super::super::operations::stem;
use super::super::requests::{Request, deletes};
use super::super::timeline::FOREVER;
use super::super::view::View;
use super::habits::Habits;
use super::identity_kept::not_sent_back;
use super::judgement::{Breach, Judgement, and_more};
use super::no_session::{of_another_domain, why_none};
use super::session_gone::{gone_at_last, gone_behind, made_anew, thrown_out};
use super::session_moves::{lived_on, may_live_short, moved_from, never_served, still_elsewhere, was_tried};
use super::session_tests::{
    Carried, Trial, carried, first_after, in_vain, is_routine, is_the_same, last_proof, named, out_of_reach, shown_by,
    trials, vanished_behind, was_ended,
};
use super::values_of_another::values_of_another;
use crate::history::Nanos;
use crate::model::{Guarantee, Violation};

const THIS: Guarantee = Guarantee::SessionKept;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    let habits = Habits::of(view, THIS);
    let breaches = view
        .app_sessions(THIS)
        .flat_map(|session| breaches(view, session).into_iter().chain(values_of_another(view, session, &habits)));
    let breaches = breaches.collect();
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    earned(view).unwrap_or_else(Judgement::unknown)
}

/// Each session that was put to the test must be shown to have been answered from: by an answer that gave its id again, or by
/// a look at the node that answered.
fn earned(view: &View<'_>) -> Result<Judgement, String> {
    if view.app_sessions(THIS).next().is_none() {
        return Err(why_none(view));
    }
    if let Some(why) = view.app_sessions(THIS).find_map(|session| of_another_domain(view, session)) {
        return Err(why);
    }
    let trials = trials(view, THIS);
    let untried = trials.iter().filter_map(|trial| untested(view, trial));
    let in_vain = view.app_sessions(THIS).filter_map(|session| in_vain(view, session));
    let never = view.app_sessions(THIS).filter_map(|session| never_served(view, session));
    let out = view.app_sessions(THIS).filter_map(|session| thrown_out(view, session));
    let untried = untried.chain(in_vain).chain(never).chain(out);
    if let Some(why) = and_more(untried.chain(out_of_reach(view, THIS)).collect()) {
        return Err(why);
    }
    if trials.is_empty() {
        return Err("no fault ended the node that had answered a session last, and no session moved".to_owned());
    }
    let all: Vec<_> = trials.iter().collect();
    let (names, answers, evidence) = named(view, &all);
    Ok(Judgement::holds(format!("each client was answered from its session after {names}"))
        .resting_on(answers, evidence)
        .after(trials.len()))
}

fn untested(view: &View<'_>, trial: &Trial<'_, '_>) -> Option<String> {
    let Some(index) = trial.request else {
        return Some(format!(
            "{} tested nothing of {}: it was not asked for again",
            trial.name(view),
            trial.session.name()
        ));
    };
    let request = &view.requests[index];
    let kept = request.received.is_some_and(|received| stem(received) == trial.session.stem);
    // A frozen node's session may have gone on elsewhere meanwhile.
    let seen = trial.session.shown.iter().any(|shown| shown.node == request.node && request.acts_until < shown.asked);
    let other = request.received.filter(|received| stem(received) != trial.session.stem);
    let lost = |other: &&str| {
        carried(view, trial.session, request, other) != Carried::All
            || (is_routine(view, trial.session, index) && !is_the_same(view, trial.session, request, other))
    };
    if let Some(other) = other.filter(lost) {
        return Some(format!(
            "{} was given another session, {other}, and nothing shows that it holds what {} had",
            request.name(),
            trial.session.name()
        ));
    }
    let changed = other.is_some();
    (!kept && !seen && !changed && !view.may_end(trial.session, index)).then(|| {
        format!(
            "nothing shows that {} was answered from {}: no look at {} followed",
            request.name(),
            trial.session.name(),
            request.node
        )
    })
}

fn breaches(view: &View<'_>, session: &AppSession<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for index in &session.requests {
        let request = &view.requests[*index];
        if request.sent.is_some_and(|sent| sent.stem() == session.stem) {
            breaches.extend(replaced(view, session, *index));
            breaches.extend(not_there(view, session, *index));
            breaches.extend(made_anew(view, session, *index));
            breaches.extend(orphaned(view, session, *index));
            breaches.extend(overwritten(view, session, request));
        }
        if request.received.is_some_and(|received| stem(received) == session.stem) {
            breaches.extend(foreign(view, session, request));
            breaches.extend(lost_cookie(view, session, request));
        }
    }
    breaches.extend(gone_at_last(view, session).or_else(|| gone_behind(view, session)));
    breaches
}

/// A request was given another session than the one that it sent.
fn replaced(view: &View<'_>, session: &AppSession<'_>, index: usize) -> Option<Breach> {
    let request = &view.requests[index];
    let received = request.received.filter(|received| stem(received) != session.stem && request.answered)?;
    let routine = is_routine(view, session, index);
    let moved = moved_from(view, session, request);
    let mut quiet = false;
    // An app that stays where it is may give new ids from time to time. That a new session holds the same as the old one shows
    // nothing where a page fills each one with the same.
    let renews = moved.is_none() && changes_ids(view, request);
    let before = moved.map(|(_, before)| before).or_else(|| {
        // On the node that holds it an app does with it what it likes; but hardly by a page that had kept it.
        let last = session.last_answered(&view.requests, request.invoked).filter(|_| routine)?;
        let before = &view.requests[last];
        quiet = !view.timeline.broke_between(before.acts_until, request.invoked);
        let meant = || {
            changes_ids(view, request) || renews_whole(view, request, FOREVER) || may_live_short(view, session, request)
        };
        // Where nobody waits for the copies, an end of before may only now have come.
        let told = || view.waits() && lived_on(view, session, request) && !meant();
        (!quiet || told()).then_some(before)
    })?;
    let carried = carried(view, session, request, received);
    let ender = view.ender(session, request.invoked).map(|index| &view.requests[index]);
    // Who renews an id takes all along each time.
    let lost_by_habit = || is_bare(view, session, received) && renews_whole(view, request, request.invoked);
    let raced = session.raced(&view.requests, index);
    let over = ender.is_some_and(|ender| ender.says_to_end() && ender.succeeded())
        || !session.known(&view.requests, request.invoked)
        || was_ended(view, session, request.invoked)
        || session.may_have_expired(&view.requests, request.invoked)
        || (raced && !(routine && carried == Carried::Nothing))
        || request.says_to_end()
        || (!routine && changes_ids(view, request) && !lost_by_habit())
        || (carried == Carried::All && (!routine || renews || is_the_same(view, session, request, received)));
    if over {
        return None;
    }
    // What a page does that had kept the id before is no login's doing.
    let login = match carried {
        Carried::InName if !routine => Some("the new one has attributes of the same names, and others values"),
        Carried::Unseen if !routine && !request.is_safe() => Some("it may have got another id, as by a login"),
        Carried::Nothing if !routine && !request.is_safe() && begins_one(view, request) => {
            Some("it may have begun a new one, as it did for who had none")
        }
        _ => None,
    };
    let sent = request.sent.map_or(session.stem, |sent| sent.as_str());
    let because = format!(
        "{} sent the id of {}, {sent}, and was given a new session, {received}; {} had answered it last",
        request.name(),
        session.name(),
        before.name()
    );
    let may_end = ender.map(|ender| format!("{} may have ended it", ender.name()));
    let vanished = || vanished_behind(view, session, request.invoked);
    let at_once = || raced.then(|| "another request at the same time may have changed its id".to_owned());
    let unpromised = may_end.or_else(|| login.map(str::to_owned)).or_else(at_once).or_else(vanished);
    // An answer need not show that it came out of the session.
    let from = last_proof(view, session, request.invoked).map_or(before.acts_until, |at| at.min(before.acts_until));
    let unpromised = unpromised.or_else(|| view.excuse(session, request.node, (from, request.invoked)));
    let elsewhere = still_elsewhere(view, session, request);
    let unpromised = unpromised.or_else(|| {
        let doubt = match carried {
            _ if !quiet || elsewhere.is_some() => return None,
            Carried::Unseen => "no look shows whether the new one holds what the old one had",
            _ if was_tried(view, session, request.invoked) => return None,
            _ => "nothing had broken, and the app may have ended it",
        };
        Some(doubt.to_owned())
    });
    let breach = shown_by(view, session, request, because).named(Violation::LostSession);
    let breach = elsewhere.into_iter().fold(breach, Breach::beside);
    Some(Breach { unpromised, ..breach })
}

/// Whether the same request was seen before to make a session for a client that had none.
fn begins_one(view: &View<'_>, request: &Request<'_>) -> bool {
    let mut earlier = view.requests.iter().take_while(|other| other.invoked < request.invoked);
    earlier.any(|other| {
        let same = other.context == request.context && other.key() == request.key();
        same && other.sent.is_none() && other.received.is_some()
    })
}

/// Whether the same request was seen before to give a session another id, or another session, on the node that held it: as
/// a login does.
fn changes_ids(view: &View<'_>, request: &Request<'_>) -> bool {
    let earlier = view.requests.iter().take_while(|other| other.invoked < request.invoked);
    let mut same = earlier.filter(|other| other.context == request.context && other.key() == request.key());
    same.any(|other| {
        let (Some(sent), Some(received)) = (other.sent, other.received) else { return false };
        let session = view.apps.find(other.context, sent.as_str());
        sent.stem() != stem(received)
            && session.is_some_and(|session| {
                session.last_answered(&view.requests, other.invoked).map(|last| &view.requests[last]).is_some_and(
                    |last| last.node == other.node && view.timeline.outlives(last.node, last.acts_until, other.invoked),
                )
            })
    })
}

/// Whether looks show that the same request, at another time before an instant, gave an id whose session had all that the one
/// before had, by name.
fn renews_whole(view: &View<'_>, request: &Request<'_>, before: Nanos) -> bool {
    let others = view.requests.iter().take_while(|other| other.invoked < before);
    let mut same = others
        .filter(|other| other.id != request.id && other.context == request.context && other.key() == request.key());
    same.any(|other| {
        let (Some(sent), Some(received)) = (other.sent, other.received) else { return false };
        let made = view.apps.find(other.context, received).filter(|_| sent.stem() != stem(received));
        made.is_some_and(|made| {
            let mut older = view.lineage(made).into_iter().filter(|older| older.stem != made.stem);
            let had = older.rfind(|older| !older.shown.is_empty()).and_then(|older| older.shown.last());
            had.zip(made.shown.first()).is_some_and(|(had, has)| took_over(view, made, had, has))
        })
    })
}

/// Whether a session has the attributes of an older one by name, and got them from there: all are the same, or one is that no
/// client's but theirs has.
fn took_over(view: &View<'_>, made: &AppSession<'_>, had: &Shown<'_>, has: &Shown<'_>) -> bool {
    let same = |name: &str, value| has.replica.attributes.get(name).is_some_and(|other| is_same(value, other));
    let others = view.apps.all.iter().filter(|it| it.context == made.context && it.client != made.client);
    let others: Vec<&Shown<'_>> = others.flat_map(|other| &other.shown).collect();
    let alone = |name: &str, value| {
        let theirs = |shown: &&Shown<'_>| shown.replica.attributes.get(name).is_some_and(|it| is_same(value, it));
        !others.is_empty() && !others.iter().any(theirs)
    };
    let mut values = had.replica.attributes.iter().filter(|(_, value)| !value.excluded);
    !had.names().is_empty()
        && had.names().is_subset(&has.names())
        && (values.clone().all(|(name, value)| same(name, value))
            || values.any(|(name, value)| same(name, value) && alone(name, value)))
}

/// Whether looks show that a new session has nothing of what an old one had.
fn is_bare<'a>(view: &View<'a>, session: &AppSession<'a>, received: &'a str) -> bool {
    let had = session.shown.last().map(Shown::names).filter(|had| !had.is_empty());
    let has = view.apps.find(session.context, received).and_then(|new| new.shown.first()).map(Shown::names);
    had.zip(has).is_some_and(|(had, has)| had.is_disjoint(&has))
}

/// A safe request on another node was answered without a word of the session, and the node holds none.
fn not_there(view: &View<'_>, session: &AppSession<'_>, index: usize) -> Option<Breach> {
    let request = &view.requests[index];
    let renamed = request.received.is_some_and(|received| stem(received) == session.stem);
    // A page that its client had been given is refused to who has no session.
    let given = |earlier: &Request<'_>| {
        let same = earlier.target == request.target && earlier.invoked < request.invoked;
        same && earlier.succeeded() && earlier.sent.is_some_and(|sent| sent.stem() == session.stem)
    };
    let refused = || {
        let was_given = session.requests.iter().any(|earlier| given(&view.requests[*earlier]));
        was_given && request.status().is_some_and(|status| status < 500)
    };
    let answered = request.succeeded() || (request.answered && refused());
    if !answered || (request.received.is_some() && !renamed) || !request.is_safe() {
        return None;
    }
    let (_, before) = moved_from(view, session, request)?;
    let next = session.next_after(&view.requests, request.invoked);
    let look = view.looks_between(request.acts_until, next.unwrap_or(FOREVER)).iter().find(|look| {
        look.node == request.node
            && request.acts_until < look.asked
            && session.would_show_in(look)
            && view.timeline.outlives(look.node, request.invoked, look.at)
    })?;
    let there = session.shown_in((look.at, look.record)).next().is_some();
    let over = there
        || session.raced(&view.requests, index)
        || !session.known(&view.requests, request.invoked)
        || view.ender(session, request.invoked).is_some()
        || was_ended(view, session, request.invoked)
        || session.may_have_expired(&view.requests, request.invoked)
        || session.may_have_expired(&view.requests, look.at);
    if over {
        return None;
    }
    let because = format!(
        "{} sent the id of {}, and {} holds no such session at {}; {} had answered it last",
        request.name(),
        session.name(),
        request.node,
        look.at,
        before.name()
    );
    // Those that were answered since it was last there may have been answered without it.
    let since = last_proof(view, session, request.invoked).map_or(before.acts_until, |at| at.min(before.acts_until));
    let unpromised = view
        .excuse(session, request.node, (since, request.invoked))
        .or_else(|| vanished_behind(view, session, request.invoked));
    // It was there when the node gave it its own route.
    let ended = || format!("{} may have ended it", request.name());
    let unpromised = unpromised.or_else(|| (renamed && !lives_on_behind(view, request)).then(ended));
    let breach = shown_by(view, session, request, because).beside(look.record).named(Violation::LostSession);
    Some(Breach { unpromised, ..breach })
}

/// Whether a look showed before a request that a session lived on behind the same one.
fn lives_on_behind(view: &View<'_>, request: &Request<'_>) -> bool {
    let earlier = view.requests.iter().take_while(|other| other.invoked < request.invoked);
    let mut same =
        earlier.filter(|other| other.context == request.context && other.target == request.target && other.answered);
    same.any(|other| {
        let session = other.sent.and_then(|sent| view.apps.find(other.context, sent.as_str()));
        session.is_some_and(|session| {
            session.shown_between(other.acts_until, request.invoked).iter().any(|shown| other.acts_until < shown.asked)
        })
    })
}

/// A node that answered holds the session only under another route than the client's id has: nobody finds it there.
fn orphaned(view: &View<'_>, session: &AppSession<'_>, index: usize) -> Option<Breach> {
    let request = &view.requests[index];
    if !request.succeeded() {
        return None;
    }
    let sent = request.sent.map(crate::model::SessionId::as_str);
    // A server sets an id that was sent only where it made a new session under it.
    let set = request.reply.is_some_and(|reply| !reply.set_cookie.is_empty());
    let fresh = set && request.received == sent && session.known(&view.requests, request.invoked);
    // What that leaves behind stays as it was, whatever is asked of the new one.
    let later = || {
        let mut shown = session.shown.iter().filter(|shown| shown.node == request.node);
        let shown = shown.find(|shown| request.acts_until < shown.asked)?;
        view.timeline.outlives(shown.node, request.acts_until, shown.at).then_some(shown)
    };
    let first = first_after(view, session, request).or_else(|| later().filter(|_| fresh))?;
    let mine = |shown: &&Shown<'_>| Some(shown.replica.id.as_str()) == request.received.or(sent);
    let here = || session.shown_in((first.at, first.record));
    let own = here().find(mine);
    let has = own.map(Shown::names).unwrap_or_default();
    let left_behind = |other: &Shown<'_>| {
        let mut before = session.shown.iter().take_while(|shown| shown.at < request.invoked);
        fresh && own.is_some() && before.any(|shown| shown.replica.id == other.replica.id)
    };
    let other = here().filter(|shown| !mine(shown)).find(|other| {
        let names = other.names();
        !names.is_empty() && (left_behind(other) || (names.len() > has.len() && has.is_subset(&names)))
    })?;
    // Another request of its own may have given it the other id meanwhile.
    let given = session.requests.iter().map(|index| &view.requests[*index]).any(|given| {
        given.client == request.client
            && given.received == Some(other.replica.id.as_str())
            && given.completed.is_some_and(|end| request.invoked < end && end < first.at)
    });
    // A page may give it in its links (`;jsessionid=`).
    let linked = request
        .reply
        .and_then(|reply| reply.body.as_deref())
        .is_some_and(|body| body.contains(other.replica.id.as_str()));
    if given || linked || session.raced(&view.requests, index) {
        return None;
    }
    let id = request.received.or(sent).unwrap_or(session.stem);
    let because = format!(
        "{} was not answered from {}: its client has the id {id}, and {} holds its {} attributes under {}; another app \
         that has the same cookie may have renamed it",
        request.name(),
        session.name(),
        request.node,
        other.names().len(),
        other.replica.id
    );
    let since = session.last_answered(&view.requests, request.invoked).map(|last| view.requests[last].acts_until);
    let unpromised = view.excuse(session, request.node, (since.unwrap_or_default(), request.invoked));
    let breach = shown_by(view, session, request, because).beside(first.record).named(Violation::LostSession);
    Some(Breach { unpromised, ..breach })
}

/// The client sends an id that another app gave it in the place of this app's: both share one cookie.
fn overwritten(view: &View<'_>, session: &AppSession<'_>, request: &Request<'_>) -> Option<Breach> {
    let first = session.requests.first().is_some_and(|first| view.requests[*first].id == request.id);
    if !first || session.known(&view.requests, request.invoked) || view.is_counter(session.context) {
        return None;
    }
    let of = |other: &&AppSession<'_>| {
        other.client == request.client
            && other.born.is_some_and(|born| view.requests[born].completed < Some(request.invoked))
    };
    let giver = view
        .apps
        .all
        .iter()
        .filter(of)
        .find(|other| other.stem == session.stem && other.context != session.context && other.context.is_some())?;
    let mine = view.apps.all.iter().filter(of).filter(|other| other.context == session.context);
    let lost = mine.max_by_key(|other| other.born.map(|born| view.requests[born].completed))?;
    let last = lost.last_answered(&view.requests, request.invoked)?;
    let had = lost.shown.iter().rfind(|shown| shown.at < request.invoked);
    let nothing = had.is_some_and(|had| had.names().is_empty());
    if nothing || view.may_end(lost, last) || lost.left(&view.requests).is_some() {
        return None;
    }
    let because = format!(
        "{} was not answered from {}: {} of the app {} had given its client another id in the same cookie, {}",
        request.name(),
        lost.name(),
        giver.born.map_or_else(String::new, |born| view.requests[born].id.to_string()),
        giver.context.map_or_else(String::new, ToString::to_string),
        session.stem
    );
    Some(shown_by(view, lost, request, because).named(Violation::LostSession))
}

/// A client was given an id that another one had been given.
fn foreign(view: &View<'_>, session: &AppSession<'_>, request: &Request<'_>) -> Option<Breach> {
    let born = &view.requests[session.born?];
    let sent_it = request.sent.is_some_and(|sent| sent.stem() == session.stem);
    if born.client == request.client || sent_it || born.completed > request.completed {
        return None;
    }
    let because = format!(
        "{} gave {} the session {}, which {} had given {}",
        request.name(),
        request.client,
        session.stem,
        born.name(),
        born.client
    );
    let breach = shown_by(view, session, request, because).beside(born.record).named(Violation::ForeignSession);
    Some(breach)
}

/// A client was given a cookie that it cannot send back to the app.
fn lost_cookie(view: &View<'_>, session: &AppSession<'_>, request: &Request<'_>) -> Option<Breach> {
    let cookie = request.reply?.set_cookie.last().filter(|cookie| !deletes(cookie))?;
    let why = not_sent_back(cookie, request.path)?;
    if let Some(context) = session.context
        && not_sent_back(cookie, &context.page("")).is_none()
    {
        return None;
    }
    let because = format!("{} was given a cookie that its client cannot send back: {why}", request.name());
    Some(shown_by(view, session, request, because).named(Violation::LostSession))
}
