//! A number that went on by the same with each answer of a session, stood still over a fault or a move, and goes on since: what
//! the last request before it had written was not there.

use std::collections::BTreeSet;

use super::super::requests::Request;
use super::answer_growth::{is_alike, shown_on};
use super::answer_pairs::{Pair, between, by_another, excerpts, excuse, is_success, may_have_changed, same_session};
use super::answer_site::{Site, earlier};
use super::answer_words::{Reading, is_number, is_unit_of_time};
use super::judgement::Breach;

/// No more answers are compared.
const COMPARED: usize = 20;
/// With so many answers it went on by the same where no other client shows that it should have gone on.
const ALONE: usize = 3;

pub(super) fn breach<'v, 'a: 'v>(site: &Site<'v, 'a>, pair: &Pair<'v, 'a>) -> Option<Breach> {
    let same = site.moved(pair)?;
    let (before, after) = (pair.before, pair.after);
    if !is_next(site, before, after) {
        return None;
    }
    let mut row: Vec<&Request<'a>> = vec![before];
    for other in earlier(same, before).skip(1).take(COMPARED) {
        let goes_on = row.last().is_some_and(|next| other.node == next.node && is_next(site, other, next));
        if !goes_on {
            break;
        }
        row.push(other);
    }
    let reading = Reading::of(&site.own, before, row.get(1).copied());
    let (had, now) = (reading.sequence(before)?, reading.sequence(after)?);
    let timed = |place: usize| had.get(place + 1).is_some_and(|unit| is_unit_of_time(unit));
    let still = |place: &usize| is_number(had[*place]) && had[*place] == now[*place] && !timed(*place);
    if row.len() < 2 || !is_alike(&now, &had) {
        return None;
    }
    (0..had.len()).filter(still).find_map(|place| {
        let value = |answer: &Request<'a>| -> Option<u64> {
            let sequence = reading.sequence(answer).filter(|sequence| is_alike(sequence, &had))?;
            sequence.get(place)?.parse().ok()
        };
        let values: Vec<u64> = row.iter().map_while(|answer| value(answer)).collect();
        let by = values.first()?.checked_sub(*values.get(1)?).filter(|by| 0 < *by)?;
        let times = 1 + values.windows(2).take_while(|pair| pair[0] == pair[1] + by).count();
        let begun = same.partition_point(|other| other.invoked <= after.invoked);
        let next = same[begun..].iter().find(|other| other.client == after.client && is_success(other))?;
        let goes_on = next.node == after.node
            && same_session(next) == same_session(after)
            && is_next(site, after, next)
            && value(next) == Some(values[0] + by);
        if !goes_on {
            return None;
        }
        let of_the_session = {
            let shown = |node| -> BTreeSet<u64> { shown_on(same, before.client, node, value) };
            let there = shown(before.node);
            values.iter().any(|value| there.contains(value)) || shown(after.node).contains(&values[0])
        };
        let witness = same.iter().copied().find(|other| {
            let last = earlier(same, other).nth(1);
            let over = |last: &Request<'a>| {
                last.invoked < pair.asked()
                    && is_next(site, last, other)
                    && value(last).map(|value| value + by) == value(other)
            };
            let mine = other.client == before.client;
            let since = pair.hit().is_some_and(|hit| hit < other.invoked);
            !mine && since && other.node == after.node && is_success(other) && last.is_some_and(over)
        });
        let witness = witness.filter(|_| of_the_session);
        let goes_on_for_another = || {
            let mut others = same.iter().filter(|other| other.client != before.client && is_success(other));
            others.any(|other| {
                let last = earlier(same, other).nth(1).filter(|last| is_next(site, last, other));
                last.and_then(value).zip(value(other)).is_some_and(|(last, other)| last + by == other)
            })
        };
        if witness.is_none() && times < ALONE && !goes_on_for_another() {
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
            pair.name(),
            before.id,
            next.id,
            before.id
        );
        let breach = witness.map(|by| by.record).into_iter().fold(pair.breach(because), Breach::beside);
        let doubt = || "no answer to another client shows that it should have gone on".to_owned();
        let by_another = by_another(site.view, before, before, after).map(may_have_changed);
        let unpromised =
            witness.is_none().then(doubt).or(by_another).or_else(|| excuse(site.view, before, after));
        Some(Breach { unpromised, ..breach })
    })
}

/// Whether one answer was given before the other one was asked for, and nothing in between was to change anything, nor was like
/// them.
fn is_next<'v, 'a>(site: &Site<'v, 'a>, one: &'v Request<'a>, other: &'v Request<'a>) -> bool {
    let mut meanwhile = between(site.view, one, other).filter(|between| between.context == one.context);
    one.acts_until <= other.invoked && meanwhile.all(|between| between.is_safe() && between.target != one.target)
}
