//! A session that holds, behind pages that had kept it, just what the session of another client held.

use std::collections::BTreeSet;

use super::super::app_sessions::{AppSession, Shown};
use super::super::attribute_values::{differences, is_same};
use super::super::view::View;
use super::habits::{Between, Habits, all_between};
use super::judgement::Breach;
use super::session_tests::seen;
use crate::history::{AttributeValue, Nanos};
use crate::model::Violation;

/// The first time that looks show it. That both are alike may be chance, unless the other one has what this one had, or the
/// pages in between were seen to change none of it.
pub(super) fn values_of_another<'a>(view: &View<'a>, session: &AppSession<'a>, habits: &Habits<'a>) -> Option<Breach> {
    all_between(view, session).into_iter().filter(Between::has_pages_only).find_map(|between| {
        let (base, copy) = (between.base, between.copy);
        let other = differs(base, copy).filter(|_| base.names() == copy.names())?;
        // Which node answered is no secret of a client's.
        if !other.iter().all(|name| habits.is_of_the_session(session, name)) {
            return None;
        }
        let theirs = |other: &&AppSession<'a>| {
            let had = other.shown_between(Nanos::default(), copy.asked).last();
            had.is_some_and(|had| had.names() == copy.names() && is_all_of(had, copy) && !is_all_of(had, base))
        };
        let others = || view.apps.all.iter().filter(|it| it.context == session.context && it.client != session.client);
        let giver = others().find(theirs)?;
        let swapped = giver
            .shown_between(base.at, Nanos(u64::MAX))
            .iter()
            .any(|shown| base.at < shown.asked && shown.names() == base.names() && is_all_of(base, shown));
        // Two counts are equal by chance, and sessions that are used alike come to the same: a third one has it, too, this one had
        // it before, or the other one had what this one had.
        let went_the_same_way = |name: &&str| {
            let had = base.replica.attributes.get(*name);
            let mut before = giver.shown_between(Nanos::default(), copy.at).iter();
            before.any(|shown| {
                had.zip(shown.replica.attributes.get(*name)).is_some_and(|(one, other)| is_same(one, other))
            })
        };
        let known_elsewhere = |name: &str, value: &AttributeValue| {
            let all = view.apps.all.iter().filter(|it| it.context == session.context && it.stem != giver.stem);
            let mut shown = all.flat_map(|it| it.shown_between(Nanos::default(), base.at));
            shown.any(|shown| shown.replica.attributes.get(name).is_some_and(|other| is_same(value, other)))
        };
        let says_more = other.iter().any(|name| {
            let value = copy.replica.attributes.get(*name);
            value.is_some_and(|it| !it.value.is_number() && !known_elsewhere(name, it)) && !went_the_same_way(name)
        });
        let left = other.iter().all(|name| habits.leave(session, &between, name));
        let swapped = || swapped && !other.iter().any(|name| habits.change(session, &between, name));
        if !says_more || !(left || swapped()) {
            return None;
        }
        let because = format!(
            "{} has on {} at {} what {} had: {}",
            session.name(),
            copy.node,
            copy.at,
            giver.name(),
            copy.names().into_iter().collect::<Vec<_>>().join(", ")
        );
        let breach = seen(view, session, copy.at, copy.record, because).beside(base.record);
        Some(breach.named(Violation::ForeignSession))
    })
}

/// What of a session became another value, where all can be compared and something did.
fn differs<'a>(base: &Shown<'a>, copy: &Shown<'a>) -> Option<BTreeSet<&'a str>> {
    let found = differences(base.replica, copy.replica, false);
    let other = |name: &&str| found.differs.iter().any(|(other, _)| other == name);
    let names: BTreeSet<&str> = base.names().into_iter().filter(other).collect();
    (found.undecidable.is_empty() && !names.is_empty()).then_some(names)
}

fn is_all_of(one: &Shown<'_>, other: &Shown<'_>) -> bool {
    let found = differences(one.replica, other.replica, false);
    found.differs.is_empty() && found.undecidable.is_empty()
}
