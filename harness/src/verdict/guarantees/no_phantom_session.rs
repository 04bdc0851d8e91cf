//! No node holds a session that no client was given, nor more sessions than clients made.
//!
//! A request that was never answered may have made a session, or renamed one, without any client having been given its id: so many
//! unknown ones are there legitimately.

use std::collections::{BTreeSet, HashMap};

use super::super::look::Look;
use super::super::operations::{cookie_value, stem};
use super::super::requests::Request;
use super::super::view::View;
use super::judgement::{Breach, Judgement};
use crate::history::{Nanos, Outcome, RecordKind, Reply};
use crate::model::SessionId;

pub(super) fn judge(view: &View<'_>) -> Judgement {
    if view.counters.is_empty() {
        return Judgement::unknown("it is about the sessions of the counter app, which was not deployed");
    }
    let known = Known::of(view);
    let mut breaches = Vec::new();
    let (mut looks, mut listed) = (0, 0);
    for look in view.looks.iter().filter(|look| look.contexts(&view.counters).next().is_some()) {
        let ids = ids(view, look);
        looks += 1;
        listed += ids.len();
        breaches.extend(stranger(look, &ids, &known).or_else(|| too_many(view, look, &ids, &known)));
    }
    if let Some(violated) = Judgement::violated(breaches) {
        return violated;
    }
    if let Some(spot) = view.blind_spots().into_iter().next() {
        return Judgement::unknown(spot);
    }
    if listed == 0 {
        return Judgement::unknown("no node was ever seen to hold a session");
    }
    let last = view.looks.iter().rfind(|look| !ids(view, look).is_empty());
    let because = format!("every session that {looks} looks at nodes listed was one that a client had been given");
    Judgement::holds(because).resting_on(Vec::new(), last.map(|look| look.record).into_iter().collect())
}

/// The ids of the sessions that a node lists, proxies and all, less what is no longer valid.
fn ids<'a>(view: &View<'_>, look: &Look<'a>) -> Vec<&'a str> {
    let sessions = look.contexts(&view.counters).flat_map(|context| &context.sessions);
    sessions.filter(|session| session.valid).map(|session| session.id.as_str()).collect()
}

/// The sessions that clients were given, by any app.
struct Known<'a> {
    stems: BTreeSet<&'a str>,
    /// When each request began whose end named no session, and which may have made one.
    nameless: Vec<Nanos>,
}

impl<'a> Known<'a> {
    fn of(view: &View<'a>) -> Self {
        let mut known = Self { stems: BTreeSet::new(), nameless: Vec::new() };
        let by_id: HashMap<_, _> = view.requests.iter().rev().map(|request| (request.id, request)).collect();
        // A request for a session that goes on under its id made none, and renamed none.
        let confirmed = |operation| {
            let asked: &Request<'_> = by_id.get(&operation)?;
            let sent = asked.sent.filter(|_| !asked.says_to_end())?.stem();
            let ended = asked.completed?;
            let begun = view.requests.partition_point(|other| other.invoked <= ended);
            let mut later = view.requests[begun..].iter().filter(|other| other.client == asked.client);
            later.find(|other| other.answered && other.received.map(stem) == Some(sent))
        };
        let mut open = std::collections::BTreeMap::new();
        for record in &view.history.records {
            match &record.kind {
                RecordKind::Invoke { operation, session, .. } => {
                    known.stems.extend(session.as_ref().map(SessionId::stem));
                    open.insert(*operation, record.at);
                }
                RecordKind::Complete { operation, outcome } => {
                    let began = open.remove(operation);
                    let reply = match outcome {
                        Outcome::Ok { reply } | Outcome::Unknown { reply: Some(reply), .. } => Some(reply),
                        Outcome::Failed { .. } | Outcome::Unknown { reply: None, .. } => None,
                    };
                    let before = known.stems.len();
                    known.stems.extend(reply.into_iter().flat_map(ids_in));
                    let silent = matches!(outcome, Outcome::Unknown { .. }) && known.stems.len() == before;
                    known.nameless.extend(began.filter(|_| silent && confirmed(*operation).is_none()));
                }
                _ => {}
            }
        }
        known.nameless.extend(open.into_values());
        known.nameless.sort_unstable();
        known
    }

    fn nameless_before(&self, at: Nanos) -> usize {
        self.nameless.partition_point(|began| *began < at)
    }
}

/// The stems that a reply gives.
fn ids_in(reply: &Reply) -> impl Iterator<Item = &str> {
    let counter = reply.counter.as_ref().and_then(|counter| counter.session.as_ref()).map(SessionId::as_str);
    counter.into_iter().chain(reply.set_cookie.iter().filter_map(|cookie| cookie_value(cookie))).map(stem)
}

fn stranger(look: &Look<'_>, ids: &[&str], known: &Known<'_>) -> Option<Breach> {
    let strange: BTreeSet<&str> = ids.iter().map(|id| stem(id)).filter(|stem| !known.stems.contains(stem)).collect();
    let by_right = known.nameless_before(look.at);
    let first = strange.first().filter(|_| strange.len() > by_right)?;
    let because = format!("{} held session {first} at {}, which no client was ever given", look.node, look.at);
    let session = Some((*first).to_owned());
    Some(Breach { session, ..Breach::shown(look.at, look.record, because) })
}

/// A node that lists more sessions than there are, though nothing was under way: one of them is there twice.
fn too_many(view: &View<'_>, look: &Look<'_>, ids: &[&str], known: &Known<'_>) -> Option<Breach> {
    let made = view.sessions.len() + known.nameless_before(look.at);
    let busy = || view.sessions.iter().any(|session| session.busy(&view.operations, look.asked, look.at));
    if ids.len() <= made || !view.timeline.reachable(look.node, look.asked, look.at) || busy() {
        return None;
    }
    let because = format!("{} listed {} sessions at {}, where clients had made {made}", look.node, ids.len(), look.at);
    let torn = view.sessions.iter().find_map(|session| view.torn(session, look.node, look.at));
    let renamed = || Some("the message that renames a session may be lost, as no request waits for it".to_owned());
    let unpromised = torn.or_else(|| if view.waits() { None } else { renamed() });
    Some(Breach { unpromised, ..Breach::shown(look.at, look.record, because) })
}
