//! A list or a number that went on with each answer of a session, and begins anew after a fault or a move: an app that counts, or
//! keeps what it was asked for, and not in the session.
//!
//! What a node keeps for all of its clients goes on by itself and differs from node to node by right. It is told by its
//! values: no two clients of one node are shown the same one.

use std::collections::BTreeSet;

use super::super::requests::Request;
use super::answer_pairs::{Pair, between, by_another, excerpts, excuse, is_success, may_have_changed};
use super::answer_site::{Site, count, earlier, in_a_row};
use super::answer_words::{Reading, counted, is_lasting, is_number, is_unit_of_time};
use super::judgement::Breach;
use crate::model::{ClientName, NodeName};

/// What of a page may go on.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    /// How often it says a word, as a list does of each of its items.
    Word(&'a str),
    /// The number at a place among its words, where it is the same page but for numbers.
    Number(usize),
}

/// The growing part of one client's page.
struct Growth<'p, 'v, 'a> {
    site: &'p Site<'v, 'a>,
    pair: &'p Pair<'v, 'a>,
    reading: Reading<'p, 'a>,
    same: &'p [&'v Request<'a>],
    part: Part<'a>,
    /// What it was in the last answers before the fault, the latest first.
    values: Vec<u64>,
    /// By how much it went on with each answer, at least.
    by: u64,
}

/// What went on before a fault or a move, and is less after it.
pub(super) fn breach<'v, 'a: 'v>(site: &Site<'v, 'a>, pair: &Pair<'v, 'a>) -> Option<Breach> {
    let same = site.moved(pair)?;
    let last = last_in_a_row(site, pair, same);
    if last.len() < 2 || !only_safe_or_same(site, pair.before, pair.after) {
        return None;
    }
    let reading = Reading::of(&site.own, pair.before, last.get(1).copied());
    let (sequence, now) = (reading.sequence(pair.before)?, reading.sequence(pair.after)?);
    less(sequence.clone(), now).into_iter().find_map(|part| {
        let values: Option<Vec<u64>> = last.iter().map(|other| value(&reading, &sequence, part, other)).collect();
        let values = values.filter(|values| values.windows(2).all(|pair| pair[1] < pair[0]))?;
        let steps = || values.windows(2).map(|pair| pair[0] - pair[1]);
        let by = steps().min()?;
        let goes_on = match part {
            Part::Word(_) => values.iter().all(|value| 0 < *value),
            Part::Number(_) => steps().all(|step| step == by),
        };
        let growth = Growth { site, pair, reading: reading.clone(), same, part, values, by };
        growth.breach(&sequence).filter(|_| goes_on)
    })
}

/// The parts of which there is less in a second page: of them alone the other answers are read.
fn less<'a>(before: Vec<&'a str>, after: Vec<&'a str>) -> Vec<Part<'a>> {
    let timed = |place: usize| before.get(place + 1).is_some_and(|unit| is_unit_of_time(unit));
    let lower = |place: usize| Some(after[place].parse::<u64>().ok()? < before[place].parse::<u64>().ok()?);
    let alike = is_alike(&after, &before);
    let is_lower = |place: &usize| alike && is_number(before[*place]) && !timed(*place) && lower(*place) == Some(true);
    let numbers: Vec<Part<'a>> = (0..before.len()).filter(is_lower).map(Part::Number).collect();
    let (had, has) = (counted(before), counted(after));
    let words = had.iter().filter(|(word, times)| is_lasting(word) && !is_number(word) && count(&has, word) < **times);
    words.map(|(word, _)| Part::Word(word)).chain(numbers).collect()
}

/// Whether two pages say the same but for numbers.
pub(super) fn is_alike(one: &[&str], other: &[&str]) -> bool {
    let fits = |(one, other): (&&str, &&str)| one == other || (is_number(one) && is_number(other));
    one.len() == other.len() && one.iter().zip(other).all(fits)
}

/// The last answers of one node before the fault, the latest first, between which the client asked for nothing else that changes
/// something.
fn last_in_a_row<'v, 'a>(site: &Site<'v, 'a>, pair: &Pair<'v, 'a>, same: &[&'v Request<'a>]) -> Vec<&'v Request<'a>> {
    in_a_row(same, pair.before, |other, next| {
        site.view.timeline.outlives(other.node, other.acts_until, next.invoked) && only_safe_or_same(site, other, next)
    })
}

fn only_safe_or_same<'v, 'a>(site: &Site<'v, 'a>, from: &'v Request<'a>, to: &'v Request<'a>) -> bool {
    between(site.view, from, to).all(|other| other.is_safe() || other.target == from.target)
}

/// What the answers of a node to other clients show.
pub(super) fn shown_on<'a>(
    same: &[&Request<'a>],
    client: &ClientName,
    node: &NodeName,
    of: impl Fn(&Request<'a>) -> Option<u64>,
) -> BTreeSet<u64> {
    let others = same.iter().filter(|other| other.client != client && other.node == node && is_success(other));
    others.filter_map(|other| of(other)).collect()
}

/// How much there is of a part in an answer that looks like another one.
fn value(reading: &Reading<'_, '_>, as_in: &[&str], part: Part<'_>, answer: &Request<'_>) -> Option<u64> {
    match part {
        Part::Word(word) => u64::try_from(count(&reading.words(answer)?, word)).ok(),
        Part::Number(place) => {
            let sequence = reading.sequence(answer)?;
            sequence.get(place).filter(|_| is_alike(&sequence, as_in))?.parse().ok()
        }
    }
}

impl<'v, 'a> Growth<'_, 'v, 'a> {
    fn breach(&self, sequence: &[&str]) -> Option<Breach> {
        let (before, after) = (self.pair.before, self.pair.after);
        let of = |answer: &Request<'a>| value(&self.reading, sequence, self.part, answer);
        let (had, has) = (*self.values.first()?, of(after)?);
        if had <= has || self.carried(sequence) || self.came_back(&of, had) {
            return None;
        }
        let shown = |node| shown_on(self.same, before.client, node, of);
        let (there, here) = (shown(before.node), shown(after.node));
        let of_the_session = self.values.iter().any(|value| there.contains(value)) || here.contains(&has);
        // Each client of the node was shown another value: it counts for all.
        if !there.is_empty() && !of_the_session {
            return None;
        }
        let witness = self.witness(&of).filter(|_| of_the_session);
        let what = match self.part {
            Part::Word(word) => format!("\"{word}\" {has} times"),
            Part::Number(_) => format!("{has}"),
        };
        let (old, new) = excerpts(before.reply?.body.as_deref()?, after.reply?.body.as_deref()?);
        let others = witness.map_or_else(String::new, |by| format!("; {} of {} goes on", by.name(), by.client));
        let because = format!(
            "{} of {} says {what} after {}, after {had} in {} and more with each answer before it{others}: \"{new}\" where \
             \"{old}\" was",
            after.name(),
            after.client,
            self.pair.name(),
            before.id
        );
        let breach = witness.map(|by| by.record).into_iter().fold(self.pair.breach(because), Breach::beside);
        let doubt = || "no answer to another client shows whether it is only the other node's".to_owned();
        let by_another = by_another(self.site.view, before, before, after).map(may_have_changed);
        let excused = || excuse(self.site.view, before, after);
        let unpromised = witness.is_none().then(doubt).or(by_another).or_else(excused);
        Some(Breach { unpromised, ..breach })
    }

    /// Whether a number went back because the one before it went on, as seconds do with each minute.
    fn carried(&self, sequence: &[&str]) -> bool {
        let Part::Number(place) = self.part else { return false };
        let Some(higher) = place.checked_sub(1).filter(|higher| is_number(sequence[*higher])) else { return false };
        let of = |answer| value(&self.reading, sequence, Part::Number(higher), answer);
        of(self.pair.before) < of(self.pair.after)
    }

    /// Whether one of the next answers of the node is as far as it would be had it gone on: what begins anew is not.
    fn came_back(&self, of: &impl Fn(&Request<'a>) -> Option<u64>, had: u64) -> bool {
        let after = self.pair.after;
        let begun = self.same.partition_point(|other| other.invoked <= after.invoked);
        let later = self.same[begun..].iter().filter(|other| {
            other.client == after.client
                && is_success(other)
                && other.node == after.node
                && self.site.view.timeline.outlives(after.node, after.invoked, other.invoked)
        });
        (1..).zip(later).any(|(more, other)| of(other).is_some_and(|value| had + more * self.by <= value))
    }

    /// An answer to another client with which its own went on over the fault.
    fn witness(&self, of: &impl Fn(&Request<'a>) -> Option<u64>) -> Option<&'v Request<'a>> {
        let (before, after) = (self.pair.before, self.pair.after);
        let hit = self.pair.hit()?;
        let others = self.same.iter().copied().filter(|other| {
            other.client != before.client && other.node == after.node && hit < other.invoked && is_success(other)
        });
        others.into_iter().find(|other| {
            let last = earlier(self.same, other).nth(1).filter(|last| last.invoked < self.pair.asked());
            last.is_some_and(|last| of(last) < of(other) && only_safe_or_same(self.site, last, other))
        })
    }
}
