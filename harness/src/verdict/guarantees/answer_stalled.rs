//! A number that went on by the same with each answer of a session, stood still over a fault or a move, and goes on since: what
//! the last request before it had written was not there.

use std::collections::BTreeSet;

use super::super::requests::Request;
use super::answer_growth::{is_alike, shown_on};
use super::answer_pairs::{Pair, between, by_another, excerpts, excuse, is_success, may_have_changed, same_session};
use super::answer_site::{Site, earlier, in_a_row};
use super::answer_words::{Reading, is_number, is_unit_of_time};
use super::judgement::Breach;

/// With so many answers it went on by the same where no other client shows that it should have gone on.
const ALONE: usize = 3;

pub(super) fn breach<'v, 'a: 'v>(site: &Site<'v, 'a>, pair: &Pair<'v, 'a>) -> Option<Breach> {
    let same = site.moved(pair)?;
    let (before, after) = (pair.before, pair.after);
    let row = in_a_row(same, before, |other, next| is_next(site, other, next));
    if row.len() < 2 || !is_next(site, before, after) {
        return None;
    }
    let reading = Reading::of(&site.own, before, row.get(1).copied());
    let (had, now) = (reading.sequence(before)?, reading.sequence(after)?);
    if !is_alike(&now, &had) {
        return None;
    }
    let timed = |place: usize| had.get(place + 1).is_some_and(|unit| is_unit_of_time(unit));
    let still = |place: &usize| is_number(had[*place]) && had[*place] == now[*place] && !timed(*place);
    (0..had.len()).filter(still).find_map(|place| {
        let stalled = Stalled { site, pair, reading: &reading, same, had: &had, place };
        stalled.breach(&row)
    })
}

/// A number at a place of a page that is the same on both sides of the fault.
struct Stalled<'p, 'v, 'a> {
    site: &'p Site<'v, 'a>,
    pair: &'p Pair<'v, 'a>,
    reading: &'p Reading<'p, 'a>,
    same: &'p [&'v Request<'a>],
    had: &'p [&'a str],
    place: usize,
}

impl<'v, 'a> Stalled<'_, 'v, 'a> {
    fn value(&self, answer: &Request<'a>) -> Option<u64> {
        let sequence = self.reading.sequence(answer).filter(|sequence| is_alike(sequence, self.had))?;
        sequence.get(self.place)?.parse().ok()
    }

    fn breach(&self, row: &[&Request<'a>]) -> Option<Breach> {
        let (before, after) = (self.pair.before, self.pair.after);
        let values: Vec<u64> = row.iter().map_while(|answer| self.value(answer)).collect();
        let by = values.first()?.checked_sub(*values.get(1)?).filter(|by| 0 < *by)?;
        let times = 1 + values.windows(2).take_while(|pair| pair[0] == pair[1] + by).count();
        let next = self.next().filter(|next| self.value(next) == Some(values[0] + by))?;
        let witness = self.witness(by).filter(|_| self.is_of_the_session(&values));
        if witness.is_none() && times < ALONE && !self.goes_on_for_another(by) {
            return None;
        }
        let (old, new) = excerpts(before.reply?.body.as_deref()?, next.reply?.body.as_deref()?);
        let others = witness.map_or_else(String::new, |by| format!("; {} of {} goes on", by.name(), by.client));
        let because = format!(
            "{} of {} says {} after {}, as {} did, which was {by} more with each answer before and is again since{others}: \
             \"{new}\" in {} where \"{old}\" was in {}",
            after.name(),
            after.client,
            values[0],
            self.pair.name(),
            before.id,
            next.id,
            before.id
        );
        let breach = witness.map(|by| by.record).into_iter().fold(self.pair.breach(because), Breach::beside);
        let doubt = || "no answer to another client shows that it should have gone on".to_owned();
        let by_another = by_another(self.site.view, before, before, after).map(may_have_changed);
        let excused = || excuse(self.site.view, before, after);
        let unpromised = witness.is_none().then(doubt).or(by_another).or_else(excused);
        Some(Breach { unpromised, ..breach })
    }

    /// The next answer of the node that took over, out of the same session.
    fn next(&self) -> Option<&'v Request<'a>> {
        let after = self.pair.after;
        let begun = self.same.partition_point(|other| other.invoked <= after.invoked);
        let mut later = self.same[begun..].iter().copied();
        let next = later.find(|other| other.client == after.client && is_success(other))?;
        let goes_on =
            next.node == after.node && same_session(next) == same_session(after) && is_next(self.site, after, next);
        goes_on.then_some(next)
    }

    /// What a node keeps for all its clients goes on by itself: no two of them are shown the same.
    fn is_of_the_session(&self, values: &[u64]) -> bool {
        let before = self.pair.before;
        let shown = |node| -> BTreeSet<u64> { shown_on(self.same, before.client, node, |answer| self.value(answer)) };
        let there = shown(before.node);
        values.iter().any(|value| there.contains(value)) || shown(self.pair.after.node).contains(&values[0])
    }

    /// An answer to another client with which its own went on over the fault.
    fn witness(&self, by: u64) -> Option<&'v Request<'a>> {
        let hit = self.pair.hit()?;
        let before_it = |last: &&Request<'a>| last.invoked < self.pair.asked();
        self.others().find(|other| {
            other.node == self.pair.after.node
                && hit < other.invoked
                && self.last(other).filter(before_it).is_some_and(|last| self.went_on(last, other, by))
        })
    }

    /// Whether another client's went on by as much at any time.
    fn goes_on_for_another(&self, by: u64) -> bool {
        self.others().any(|other| self.last(other).is_some_and(|last| self.went_on(last, other, by)))
    }

    fn others(&self) -> impl Iterator<Item = &'v Request<'a>> {
        let client = self.pair.before.client;
        self.same.iter().copied().filter(move |other| other.client != client && is_success(other))
    }

    /// The answer to its client before another one.
    fn last(&self, other: &'v Request<'a>) -> Option<&'v Request<'a>> {
        earlier(self.same, other).nth(1).filter(|last| is_next(self.site, last, other))
    }

    fn went_on(&self, last: &Request<'a>, other: &Request<'a>, by: u64) -> bool {
        self.value(last).zip(self.value(other)).is_some_and(|(last, other)| last + by == other)
    }
}

/// Whether one answer was given before the other one was asked for, and nothing in between was to change anything, nor was like
/// them.
fn is_next<'v, 'a>(site: &Site<'v, 'a>, one: &'v Request<'a>, other: &'v Request<'a>) -> bool {
    let mut meanwhile = between(site.view, one, other).filter(|between| between.context == one.context);
    one.acts_until <= other.invoked && meanwhile.all(|between| between.is_safe() && between.target != one.target)
}
