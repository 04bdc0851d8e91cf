//! What pages were seen to do with attributes: to leave them as they are, or to change them.
//!
//! Nothing is known of an app. But a page that left an attribute alone each time that looks stood around it hardly changes it
//! the first time that it is asked for behind a fault or on another node.

use std::collections::{HashMap, HashSet};

use super::super::app_sessions::{AppSession, Shown};
use super::super::attribute_values::{differences, is_same};
use super::super::requests::Request;
use super::super::view::View;
use super::judgement::Breach;
use super::session_moves::was_tried;
use super::session_tests::{first_after, last_seen, seen};
use crate::history::AttributeValue;
use crate::model::{ContextPath, Guarantee, NodeName, Violation};

/// An attribute, and a page that it is about.
type Page<'a> = (Option<&'a ContextPath>, (&'a str, &'a str), &'a str);

/// An app and the name of an attribute.
type AttributeOf<'a> = (Option<&'a ContextPath>, &'a str);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Habits<'a> {
    left: HashSet<Page<'a>>,
    /// Before anything put the session to the test.
    changed: HashSet<Page<'a>>,
    /// What was there behind such pages and forms as before them.
    kept: HashSet<Page<'a>>,
    /// What was gone behind them, before anything put the session to the test.
    taken: HashSet<Page<'a>>,
    /// What nodes had put into sessions, by attribute, before anything put these to the test.
    values: HashMap<AttributeOf<'a>, Vec<(&'a NodeName, &'a AttributeValue)>>,
}

/// Stands for how long a session lives unused, among the names of its attributes.
const LIFETIME: &str = "its lifetime unused";

/// So many values of an attribute tell whether it depends on the node, and so many requests before a look what they leave.
const ENOUGH: usize = 32;

/// Requests between two looks, as many as came.
pub(super) struct Between<'v, 'a> {
    pub(super) base: &'v Shown<'a>,
    pub(super) copy: &'v Shown<'a>,
    requests: Vec<&'v Request<'a>>,
}

impl<'a> Habits<'a> {
    pub(super) fn of(view: &View<'a>, guarantee: Guarantee) -> Self {
        let mut habits = Self::default();
        for session in view.app_sessions(guarantee) {
            habits.learn_values(view, session);
            habits.learn_kept(view, session);
            for between in all_between(view, session) {
                let tried = was_tried(view, session, between.copy.at);
                for name in between.base.names() {
                    let pages = between.requests.iter().map(|asked| (session.context, asked.key(), name));
                    match (between.copy.replica.attributes.contains_key(name), tried) {
                        (true, _) => habits.kept.extend(pages),
                        (false, false) => habits.taken.extend(pages),
                        (false, true) => {}
                    }
                }
                if !between.has_pages_only() {
                    continue;
                }
                let lives = between.base.replica.max_inactive_s == between.copy.replica.max_inactive_s;
                let pages = between.requests.iter().map(|asked| (session.context, asked.key(), LIFETIME));
                match (lives, tried) {
                    (true, _) => habits.left.extend(pages),
                    (false, false) => habits.changed.extend(pages),
                    (false, true) => {}
                }
                let found = differences(between.base.replica, between.copy.replica, false);
                let differs = |name: &str| found.differs.iter().any(|(other, _)| other == name);
                let decided = found.undecidable.is_empty();
                for name in between.base.names().into_iter().filter(|_| decided) {
                    let pages = between.requests.iter().map(|asked| (session.context, asked.key(), name));
                    match (differs(name), tried) {
                        (false, _) => habits.left.extend(pages),
                        (true, false) => habits.changed.extend(pages),
                        (true, true) => {}
                    }
                }
            }
        }
        habits
    }

    /// What was there behind the last form before a look, and behind the pages since.
    fn learn_kept(&mut self, view: &View<'a>, session: &AppSession<'a>) {
        for shown in &session.shown {
            let begun = session.requests.partition_point(|index| view.requests[*index].invoked < shown.asked);
            let mut form = false;
            for index in session.requests[..begun].iter().rev().take(ENOUGH) {
                let asked = &view.requests[*index];
                if form || !asked.succeeded() || asked.says_to_end() {
                    break;
                }
                form = !asked.is_safe();
                self.kept.extend(shown.names().into_iter().map(|name| (session.context, asked.key(), name)));
            }
        }
    }

    fn learn_values(&mut self, view: &View<'a>, session: &AppSession<'a>) {
        for shown in &session.shown {
            let last = session.last_answered(&view.requests, shown.asked).map(|index| view.requests[index].node);
            if last != Some(shown.node) || was_tried(view, session, shown.at) {
                continue;
            }
            for (name, value) in &shown.replica.attributes {
                let known = self.values.entry((session.context, name)).or_default();
                let new = !known.iter().any(|(node, other)| *node == shown.node && is_same(value, other));
                if new && known.len() < ENOUGH {
                    known.push((shown.node, value));
                }
            }
        }
    }

    /// Whether an attribute is none that says which node answered: one node gave two values, or two gave one.
    pub(super) fn is_of_the_session(&self, session: &AppSession<'a>, name: &'a str) -> bool {
        let values = self.values.get(&(session.context, name)).map_or(&[][..], Vec::as_slice);
        values.iter().enumerate().any(|(place, (node, value))| {
            let mut others = values[place + 1..].iter();
            others.any(|(other, another)| node == other || is_same(value, another))
        })
    }

    /// Whether these requests were seen to leave an attribute as it is, and never to change it.
    pub(super) fn leave(&self, session: &AppSession<'a>, between: &Between<'_, 'a>, name: &'a str) -> bool {
        let mut pages = between.requests.iter().map(|asked| (session.context, asked.key(), name));
        pages.all(|page| self.left.contains(&page) && !self.changed.contains(&page))
    }

    /// Whether an attribute was seen behind each of these requests, and never gone behind one.
    fn keep(&self, session: &AppSession<'a>, between: &Between<'_, 'a>, name: &'a str) -> bool {
        let mut pages = between.requests.iter().map(|asked| (session.context, asked.key(), name));
        pages.all(|page| self.kept.contains(&page) && !self.taken.contains(&page))
    }

    /// Whether one of these requests was seen to change an attribute.
    pub(super) fn change(&self, session: &AppSession<'a>, between: &Between<'_, 'a>, name: &'a str) -> bool {
        let mut pages = between.requests.iter().map(|asked| (session.context, asked.key(), name));
        pages.any(|page| self.changed.contains(&page))
    }
}

/// Each time that a session was looked at where it was answered from, and again behind some more requests, none of which says
/// to end it.
pub(super) fn all_between<'v, 'a>(view: &'v View<'a>, session: &'v AppSession<'a>) -> Vec<Between<'v, 'a>> {
    let request = |place: usize| &view.requests[session.requests[place]];
    let count = session.requests.len();
    let (mut place, mut all) = (0, Vec::new());
    while place < count {
        let base = last_seen(view, session, request(place).invoked);
        let Some(base) = base.filter(|base| !base.names().is_empty()) else {
            place += 1;
            continue;
        };
        let looked = (place..count).find_map(|end| Some((end, first_after(view, session, request(end))?)));
        let Some((end, copy)) = looked else { break };
        let requests: Vec<_> = (place..=end).map(request).collect();
        let quiet = requests.iter().all(|asked| {
            let kept = asked.received.is_none_or(|received| super::super::operations::stem(received) == session.stem);
            let sent = asked.sent.is_some_and(|sent| sent.stem() == session.stem);
            kept && sent && asked.succeeded() && !asked.says_to_end()
        });
        if quiet && !session.busy(&view.requests, copy.asked, copy.at) {
            all.push(Between { base, copy, requests });
        }
        place = end + 1;
    }
    all
}

/// What pages changed behind a fault or a move that had left it alone each time before: nobody knows whether they did, or it is
/// lost.
pub(super) fn unusual<'a>(view: &View<'a>, session: &AppSession<'a>, habits: &Habits<'a>) -> Vec<Breach> {
    if view.is_counter(session.context) {
        return vec![];
    }
    let tried = all_between(view, session).into_iter().filter(|it| was_tried(view, session, it.copy.at));
    let (pages, forms): (Vec<_>, Vec<_>) = tried.partition(Between::has_pages_only);
    let gone = forms.iter().filter_map(|between| {
        let is_gone = |name: &&str| !between.copy.replica.attributes.contains_key(*name);
        let name = between.base.names().into_iter().filter(is_gone).find(|name| habits.keep(session, between, name))?;
        let why = format!("{name} of {} is not on {} at {}", session.name(), between.copy.node, between.copy.at);
        let doubt = "the form may have taken it out, though it had never before";
        Some(between.breach(view, session, &why, doubt)?.named(Violation::LostAttribute))
    });
    let lives = pages.iter().filter_map(|between| {
        let (had, has) = (between.base.replica.max_inactive_s?, between.copy.replica.max_inactive_s?);
        if had == has || !habits.leave(session, between, LIFETIME) {
            return None;
        }
        let why = format!(
            "{} ends after {has} s unused on {} at {}, and after {had} s",
            session.name(),
            between.copy.node,
            between.copy.at
        );
        between.breach(view, session, &why, "the page may have changed it, though it had never before")
    });
    let breaches = pages.iter().filter_map(|between| {
        let (base, copy) = (between.base, between.copy);
        let found = differences(base.replica, copy.replica, false);
        let differs = |name: &&str| found.differs.iter().any(|(other, _)| other == name);
        let told = |name: &&str| {
            let gone = !copy.replica.attributes.contains_key(*name);
            (gone || habits.is_of_the_session(session, name)) && habits.leave(session, between, name)
        };
        let name = base.names().into_iter().filter(differs).find(told)?;
        let why = format!("{name} of {} is not on {} at {} what it was", session.name(), copy.node, copy.at);
        let doubt = "the page may have changed it, though it had never before";
        Some(between.breach(view, session, &why, doubt)?.named(Violation::LostAttribute))
    });
    breaches.chain(gone).chain(lives).collect()
}

impl<'a> Between<'_, 'a> {
    /// Whether no request between the looks changes anything by what it asks for.
    pub(super) fn has_pages_only(&self) -> bool {
        self.requests.iter().all(|asked| asked.is_safe())
    }

    /// A breach that its second look shows, and that the requests may be the reason of.
    fn breach(&self, view: &View<'a>, session: &AppSession<'a>, why: &str, doubt: &str) -> Option<Breach> {
        let (base, copy) = (self.base, self.copy);
        let because = format!("{why} at {}, behind {}", base.at, self.requests.last()?.name());
        let breach = seen(view, session, copy.at, copy.record, because).beside(base.record);
        Some(Breach { unpromised: Some(doubt.to_owned()), ..breach })
    }
}
