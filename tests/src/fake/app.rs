//! The counter app as the pages of `harness/app/` have it, and what a bug makes of it at a failover.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::door::{Asked, Reaction};
use super::node::{Role, Session};
use super::replication::{LAST_COUNT, Sets};
use super::world::World;
use super::{BadAnswer, Bug};

/// The first answer behind a slow death.
const SLOW_ANSWER: Duration = Duration::from_millis(60);
const PAGES: [&str; 5] = ["count.jsp", "read.jsp", "mutate.jsp", "invalidate.jsp", "change-id.jsp"];

impl World {
    /// A page of the app.
    pub(super) fn app(&mut self, index: usize, asked: &Asked, now: Instant) -> Reaction {
        let Some(app) = self.nodes[index].serves(now) else { return Reaction::status(404) };
        let context = app.context.as_str().trim_end_matches('/').to_owned();
        let page = asked.path.strip_prefix(&context).and_then(|rest| rest.strip_prefix('/'));
        let page = page.map(|page| if page.is_empty() { "count.jsp" } else { page });
        let Some(page) = page.filter(|page| PAGES.contains(page)) else { return Reaction::status(404) };
        if asked.query.iter().any(|(name, value)| name == "jsp_precompile" && value == "true") {
            return Reaction::status(200);
        }
        let strikes = self.fails_over(index, asked.session.as_deref());
        let wanted =
            asked.session.clone().filter(|_| !(strikes && matches!(self.bug, Some(Bug::NewSessionAtFailover(_)))));
        let known = wanted.and_then(|id| self.find(index, &id, now, strikes));
        let renamed = known.is_some() && known != asked.session;
        let mut new = false;
        let (id, set_cookie) = match (page, known) {
            ("count.jsp", known) => {
                let (id, created) = self.count(index, known, strikes);
                new = created;
                (Some(id), created || renamed)
            }
            (_, None) => (None, false),
            ("mutate.jsp", Some(id)) => {
                self.mutate(index, &id);
                (Some(id), renamed)
            }
            ("invalidate.jsp", Some(id)) => {
                self.nodes.iter_mut().for_each(|node| drop(node.sessions.remove(&id)));
                (None, false)
            }
            ("change-id.jsp", Some(id)) => {
                let new = self.new_id(index);
                self.rename(index, &id, &new);
                (Some(new), true)
            }
            (_, Some(id)) => (Some(id), renamed),
        };
        let answer = self.answer(index, id.as_deref(), new, set_cookie.then_some(context));
        if strikes { self.struck_answer(answer) } else { answer }
    }

    /// Whether a request is the first one behind a kill that a bug waits for.
    fn fails_over(&mut self, index: usize, session: Option<&str>) -> bool {
        let last = match self.bug {
            Some(
                Bug::ForgetsAtFailover(kill)
                | Bug::LosesAttributeAtFailover(kill, _)
                | Bug::NewSessionAtFailover(kill)
                | Bug::NewStemAtFailover(kill)
                | Bug::CountsTwiceAtFailover(kill)
                | Bug::BadAnswerAtFailover(kill, _),
            ) => kill == self.kills,
            Some(Bug::DiesSlowly | Bug::LateMessageOfTheDead) => self.kills > 0,
            _ => false,
        };
        let route = session.and_then(|id| id.split_once('.')).map(|(_, route)| route.to_owned());
        last && route != self.nodes[index].route && self.struck.insert(self.kills)
    }

    /// The session of an id, on the node that is asked: taken over, and renamed where its route is another node's
    /// (`JvmRouteBinderValve`).
    fn find(&mut self, index: usize, id: &str, now: Instant, strikes: bool) -> Option<String> {
        if self.nodes[index].synchronised > now {
            return None;
        }
        let own_route = self.nodes[index].route.clone();
        let (stem, route) = id.split_once('.').unwrap_or((id, ""));
        let renamed = own_route.filter(|own| own != route).map(|own| format!("{stem}.{own}"));
        let Some(role) = self.nodes[index].sessions.get(id).map(|session| session.role) else {
            // The answer that gave the new id got lost on the way: the valve looks for the session under it too.
            return renamed.filter(|renamed| self.nodes[index].sessions.contains_key(renamed));
        };
        self.take_over(index, id);
        let session = self.nodes[index].sessions.get_mut(id)?;
        match self.bug.filter(|_| strikes) {
            Some(Bug::ForgetsAtFailover(_)) => {
                let count = session.number("count") - 1;
                session.attributes.insert("count".to_owned(), json!(count));
            }
            Some(Bug::LosesAttributeAtFailover(_, name)) => drop(session.attributes.remove(name)),
            _ => {}
        }
        let new = match self.bug {
            Some(Bug::NewStemAtFailover(_)) if strikes => Some(self.new_id(index)),
            Some(Bug::OldRouteAtFailover(kill)) if kill == self.kills => None,
            // A proxy of `BackupManager` fails to inform the dead owner that it has taken the session over; the valve
            // takes that for no session, and renames the id with the next request.
            _ => renamed.filter(|_| role != Role::Proxy),
        };
        let Some(new) = new else { return Some(id.to_owned()) };
        self.rename(index, id, &new);
        Some(new)
    }

    /// Adds one, in a new session where there is none. Gives its id and whether it is new.
    fn count(&mut self, index: usize, known: Option<String>, strikes: bool) -> (String, bool) {
        let created = known.is_none();
        let mut sets = Sets::new();
        let id = known.unwrap_or_else(|| {
            sets.insert("once".to_owned(), json!(format!("written once, in session {}", self.stems + 1)));
            sets.insert("list".to_owned(), json!([0]));
            self.new_id(index)
        });
        let twice = strikes && matches!(self.bug, Some(Bug::CountsTwiceAtFailover(_)));
        let held = self.nodes[index].sessions.get(&id).map_or(0, |session| session.number("count"));
        sets.insert("count".to_owned(), json!(held + if twice { 2 } else { 1 }));
        let role = if self.bug == Some(Bug::NotDistributable) { Role::Local } else { Role::Primary };
        let new = || Session { id: id.clone(), role, attributes: Sets::new(), messages: 0 };
        let session = self.nodes[index].sessions.entry(id.clone()).or_insert_with(new);
        session.attributes.extend(sets.clone());
        self.replicate(index, &id, &sets, created);
        (id, created)
    }

    /// Adds to the list in place: no attribute is set, so nothing is sent.
    fn mutate(&mut self, index: usize, id: &str) {
        let list = self.nodes[index].sessions.get_mut(id).and_then(|session| session.attributes.get_mut("list"));
        if let Some(Value::Array(list)) = list {
            list.push(json!(list.len() + 1));
        }
        self.replicate(index, id, &Sets::new(), false);
    }

    fn new_id(&mut self, index: usize) -> String {
        self.stems += 1;
        let stem = stem_of(self.stems);
        self.nodes[index].route.as_ref().map_or_else(|| stem.clone(), |route| format!("{stem}.{route}"))
    }

    /// What the pages print.
    fn answer(&mut self, index: usize, id: Option<&str>, new: bool, cookie_path: Option<String>) -> Reaction {
        let forgets = self.bug == Some(Bug::AnswersBeforeWriting) && self.kills == 0;
        let node = &mut self.nodes[index];
        let session = id.and_then(|id| node.sessions.get(id));
        let attribute = |name: &str| session.and_then(|session| session.attributes.get(name)).cloned();
        let body = json!({
            "node": node.name,
            "session": id,
            "route": id.and_then(|id| id.split_once('.')).map(|(_, route)| route),
            "new": new,
            "count": session.map_or(0, |session| session.number("count")),
            "once": attribute("once"),
            "list": attribute("list").unwrap_or_else(|| json!([])),
        });
        if forgets && body["count"] == json!(LAST_COUNT) {
            self.forget_the_last_count();
        }
        let cookie = cookie_path
            .zip(id)
            .map(|(path, id)| format!("JSESSIONID={id}; Path={}; HttpOnly", if path.is_empty() { "/" } else { &path }));
        Reaction::Answer { status: 200, body: body.to_string(), set_cookie: cookie }
    }

    fn forget_the_last_count(&mut self) {
        for session in self.nodes.iter_mut().flat_map(|node| node.sessions.values_mut()) {
            if let Some(count) = session.attributes.get_mut("count") {
                *count = json!(LAST_COUNT - 1);
            }
        }
    }

    /// The first answer behind a kill, as a bug has it.
    fn struck_answer(&mut self, answer: Reaction) -> Reaction {
        match self.bug {
            // The valve has set the cookie before the app fails.
            Some(Bug::BadAnswerAtFailover(_, BadAnswer::ServerError)) => match answer {
                Reaction::Answer { set_cookie, .. } => {
                    Reaction::Answer { status: 500, body: "<html>HTTP Status 500".to_owned(), set_cookie }
                }
                other => other,
            },
            Some(Bug::BadAnswerAtFailover(_, BadAnswer::Silence)) => Reaction::Silence,
            Some(Bug::BadAnswerAtFailover(_, BadAnswer::Reset)) => Reaction::Reset,
            Some(Bug::BadAnswerAtFailover(_, BadAnswer::BrokenJson)) => match answer {
                Reaction::Answer { status, mut body, set_cookie } => {
                    body.truncate(body.len() / 2);
                    Reaction::Answer { status, body, set_cookie }
                }
                other => other,
            },
            Some(Bug::DiesSlowly) => Reaction::Late(SLOW_ANSWER, Box::new(answer)),
            Some(Bug::LateMessageOfTheDead) => {
                let sessions = self.nodes.iter_mut().flat_map(|node| node.sessions.values_mut());
                for count in sessions.filter_map(|session| session.attributes.get_mut("count")) {
                    *count = json!(count.as_i64().unwrap_or(0) - 1);
                }
                answer
            }
            _ => answer,
        }
    }
}

/// The stem of the id of the `number`th session that the cluster makes, from 1.
pub(super) fn stem_of(number: u32) -> String {
    format!("{:032X}", 0xA11C_E000_u64 + u64::from(number))
}
