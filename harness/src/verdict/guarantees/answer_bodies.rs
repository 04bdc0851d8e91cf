//! What the answer to the same request said time and again before a fault, and never after it: state that is in no session,
//! as in a map of the node that is gone.
//!
//! Bodies differ for many reasons, so not the body is compared but its words. A word that is gone is lost where the node that
//! answers now goes on to say it to others; it is the other node's own where that one said it to others, too; and where nobody
//! else was asked, a word that had been there each time may be either.

use std::collections::{BTreeMap, BTreeSet};

use super::super::requests::Request;
use super::super::view::View;
use super::answer_pairs::{Pair, between, by_another, excuse, is_success, may_have_changed, same_session};
use super::answer_site::{Site, common, count, earlier, has_all};
use super::answer_words::{
    Reading, Words, is_lasting, is_number, is_plain, is_unit_of_time, number, places, says_when,
};
use super::judgement::Breach;
use super::{answer_growth, answer_stalled, answer_undone};
use crate::history::Rest;

/// The answers that lost words by a fault or a move.
pub(super) fn breaches<'v, 'a: 'v>(view: &'v View<'a>, pairs: impl Iterator<Item = &'v Pair<'v, 'a>>) -> Vec<Breach> {
    let mut pairs = pairs.peekable();
    if pairs.peek().is_none() {
        return vec![];
    }
    let site = Site::of(view);
    let of_pair = |pair: &Pair<'v, 'a>| {
        let gone = Page::of(&site, pair).and_then(|page| page.breach(view));
        let others = [answer_growth::breach, answer_stalled::breach, answer_undone::breach];
        let mut all = gone.into_iter().chain(others.iter().filter_map(|breach| breach(&site, pair)));
        let first = all.next()?;
        // One that is certain says more than one that is not.
        Some(if first.unpromised.is_none() { first } else { all.find(|it| it.unpromised.is_none()).unwrap_or(first) })
    };
    pairs.filter_map(of_pair).collect()
}

/// A page that one client was given before a fault, and never again after it.
struct Page<'p, 'v, 'a> {
    pair: &'p Pair<'v, 'a>,
    reading: Reading<'p, 'a>,
    /// All requests for it.
    same: &'p [&'v Request<'a>],
    /// What the last answer before the fault said.
    whole: Words<'a>,
    /// The words that stood in each of the last answers before the fault.
    due: Words<'a>,
    /// Those of the last one, where each of these answers had all of the one before it: of these a witness decides.
    grown: Words<'a>,
    /// How many these answers are.
    times: usize,
    /// Whether the last two of them said the same.
    steady: bool,
    /// The requests in between that are to change something: who made the same tells whether these took away what is gone, and
    /// nobody else.
    changed: Vec<Made<'a>>,
    /// A request in between that is not meant to change anything, and had not been made before.
    fresh: Option<&'v Request<'a>>,
    /// What another client asked for in between that may have changed it.
    by_another: Option<&'v Request<'a>>,
}

impl<'p, 'v, 'a> Page<'p, 'v, 'a> {
    /// Nothing where all that was due is there, which costs no more than its last answers.
    fn of(site: &'p Site<'v, 'a>, pair: &'p Pair<'v, 'a>) -> Option<Self> {
        let (view, before, after) = (site.view, pair.before, pair.after);
        let same = site.moved(pair)?;
        let reading = Reading::of(&site.own, before, earlier(same, before).nth(1));
        let (whole, now) = (reading.due(before)?, reading.words(after)?);
        let kept_part_is_same = reading.due(after).as_ref() == Some(&whole);
        if kept_part_is_same && rest(after) == rest(before) {
            return None;
        }
        // A form that was answered alike each time reads.
        let mut read = earlier(same, before).take_while(|other| reading.due(other).as_ref() == Some(&whole));
        if !before.target.starts_with("GET ") && (before.target.starts_with("DELETE ") || read.nth(1).is_none()) {
            return None;
        }
        let last = last_answers(view, &reading, earlier(same, before));
        let times = last.len();
        let second = last.get(1).and_then(|other| reading.due(other));
        let steady = second.as_ref() == Some(&whole);
        let other_end = has_another_end(same, before, after);
        // A page that had changed, and not by growing, has all that both of the last answers had: no more of them need be read.
        let changed = second.filter(|second| !steady && !other_end && !has_all(&whole, second));
        if changed.is_some_and(|second| has_all(&now, &common(whole.clone(), &second))) {
            return None;
        }
        let all: Vec<Words<'a>> = last.iter().filter_map(|other| reading.due(other)).collect();
        let grew = 1 < all.len() && all.windows(2).all(|pair| has_all(&pair[0], &pair[1]));
        // A page that had only grown, as a list does, has all of it again or nothing.
        let grows = grew && 2 < all.len() && all.windows(2).all(|pair| pair[0] != pair[1]);
        let due = if grows { whole.clone() } else { all.iter().fold(whole.clone(), common) };
        // Of one that was steady its numbers are compared as well, and the rest.
        let is_there = if steady {
            !kept_part_is_same && has_all(&now, &reading.words(before)?)
        } else {
            has_all(&now, &whole) || (!grew && has_all(&now, &due))
        };
        if is_there && !other_end {
            return None;
        }
        // What changes things may have changed the page, unless it had stayed the same over such a one.
        let kept: BTreeSet<_> =
            last.last().into_iter().flat_map(|first| between(view, first, before)).map(Request::key).collect();
        let changes = |other: &&Request<'_>| !other.is_safe() && !kept.contains(&other.key());
        let all = between(view, before, after).filter(|other| !other.is_safe());
        let changed = between(view, before, after).find(changes).map(|_| all.map(|other| made(view, other)).collect());
        let changed: Vec<Made<'a>> = changed.unwrap_or_default();
        let fresh = fresh(view, before, after);
        let by_another = by_another(view, last.last().copied().unwrap_or(before), before, after);
        // Not so where one of the later answers has it again, before it moves once more, and nothing else put it back.
        let begun = view.requests.partition_point(|other| other.invoked <= after.invoked);
        let mine = view.requests[begun..].iter().filter(|other| other.client == before.client);
        let page_alone = mine.take_while(|other| {
            other.target == before.target
                || kept.contains(&other.key())
                || changed.iter().any(|(_, key)| *key == other.key())
        });
        let later = page_alone.filter(|other| {
            other.target == before.target
                && is_success(other)
                && other.node == after.node
                && view.timeline.outlives(after.node, after.invoked, other.invoked)
        });
        let mut again = Vec::new();
        for other in later {
            if reading.due(other).as_ref() == Some(&whole) && rest(other) == rest(before) {
                return None;
            }
            again.extend(reading.words(other));
        }
        let all_again = again.iter().any(|now| has_all(now, &whole));
        let grown = if grew && !all_again { whole.clone() } else { Words::new() };
        let has_again = |word: &str, times: usize| {
            if grows { all_again } else { again.iter().any(|now| times <= count(now, word)) }
        };
        let due = due.into_iter().filter(|(word, times)| !has_again(word, *times)).collect();
        Some(Self { pair, reading, same, whole, due, grown, times, steady, changed, fresh, by_another })
    }

    fn breach(&self, view: &View<'_>) -> Option<Breach> {
        let (before, after) = (self.pair.before, self.pair.after);
        let now = self.words(after)?;
        let is_gone = |(word, times): &(&&'a str, &usize)| count(&now, word) < **times;
        let mut all_lost: Vec<(&&str, &usize)> = self.due.iter().filter(is_gone).collect();
        // What came and went before, as the time of day does, is nothing that anybody keeps.
        all_lost.retain(|(word, _)| !self.comes_and_goes(view, word));
        // A word says more than a number.
        all_lost.sort_by_key(|(word, _)| !is_plain(word));
        let lost = || all_lost.iter().copied();
        // A number says something in its place only, where all else is as before.
        let says = |word: &str| !says_when(word) && (self.steady || (is_lasting(word) && !is_number(word)));
        let grown = self.grown.iter().filter(|(word, _)| !self.due.contains_key(*word)).filter(is_gone);
        let grown = grown.filter(|(word, _)| is_lasting(word) && !self.comes_and_goes(view, word));
        let kept_for = lost()
            .chain(grown)
            .filter(|(word, _)| says(word))
            .find_map(|(word, times)| Some((*word, self.goes_on(view, word, *times)?)));
        // What is a node's own stands in a page that is else the same.
        let plain = self.due.keys().filter(|word| is_plain(word)).count();
        let mostly = 2 < plain && plain < 2 * lost().filter(|(word, _)| is_plain(word)).count();
        // Once is no time and again.
        let unknown = || {
            lost()
                .filter(|_| self.times > 1)
                .map(|(word, _)| *word)
                .find(|word| is_lasting(word) && (mostly || !self.is_of_the_node(word)))
        };
        let numbers = || self.went_back().or_else(|| self.number_gone(&now, lost().map(|(word, _)| *word)));
        if !self.changed.is_empty() && kept_for.is_none() {
            return None;
        }
        let known = kept_for.map(|(word, by)| (word, Some(by)));
        let Some((word, witness)) = known.or_else(|| Some((unknown().or_else(numbers)?, None))) else {
            return self.other_rest();
        };
        let others = witness.map_or_else(String::new, |by| format!("; {} of {} still has it", by.name(), by.client));
        let (old, new) = super::answer_pairs::excerpts(body(before)?, body(after).unwrap_or_default());
        let how_often = match self.times {
            1 => "1 answer had".to_owned(),
            times => format!("{times} answers had"),
        };
        let because = format!(
            "{} of {} was answered without \"{word}\" after {}, which {how_often} before it, {} at last{others}: \"{new}\" \
             where \"{old}\" was",
            after.name(),
            after.client,
            self.pair.name(),
            before.id
        );
        let breach = witness.map(|by| by.record).into_iter().fold(self.pair.breach(because), Breach::beside);
        let doubt = witness
            .is_none()
            .then(|| "no answer to another client shows whether it is only the other node's".to_owned());
        let fresh = self.fresh.map(|other| format!("{} came between, and may have changed the page", other.name()));
        let unpromised =
            doubt.or(fresh).or(self.by_another.map(may_have_changed)).or_else(|| excuse(view, before, after));
        Some(Breach { unpromised, ..breach })
    }

    /// An answer of the same node to another client that it had answered before, and that has the word as often as before.
    fn goes_on(&self, view: &'v View<'a>, word: &str, times: usize) -> Option<&'v Request<'a>> {
        let (before, after) = (self.pair.before, self.pair.after);
        let hit = self.pair.hit()?;
        let others = self.same.iter().copied().filter(|other| {
            other.client != before.client && other.node == after.node && hit < other.invoked && is_success(other)
        });
        // A number says the same in its place only.
        let places = |request: &Request<'a>| places(&self.reading.sequence(request).unwrap_or_default(), word);
        let in_place = |other: &Request<'a>| !is_number(word) || !places(other).is_disjoint(&places(before));
        let has = |other: &&Request<'a>| {
            self.words(other).is_some_and(|words| times <= count(&words, word)) && in_place(other)
        };
        // What all share may have changed since: as the last one says, and a number not before the one that lacks it.
        let is_last = |other: &&Request<'a>| {
            let last = self
                .same
                .iter()
                .rfind(|last| last.client == other.client && last.node == after.node && is_success(last));
            last.is_some_and(|last| last.id == other.id) && (is_plain(word) || after.invoked <= other.invoked)
        };
        let lived_there = |other: &&Request<'a>| {
            let last = self.same.iter().rfind(|known| known.client == other.client && known.invoked < hit);
            // What it asked for since may say anew what the other page says by another word.
            last.is_some_and(|last| {
                // Who moved along is as good a witness as who had been there.
                (last.node == after.node || last.node == before.node)
                    && has(last)
                    && (self.says_nothing_else() || self.made_the_same(view, last, other))
                    && (self.changed.is_empty() || self.made_the_same(view, last, other))
            })
        };
        let in_each = |other: &&Request<'a>| {
            let since = self.same.iter().filter(|one| one.client == other.client && one.node == after.node);
            since.filter(|one| hit < one.invoked && is_success(one)).all(|one| !is_lasting(word) || has(one))
        };
        others.filter(is_last).filter(has).filter(in_each).find(lived_there)
    }

    /// Whether another client changed nothing in between, or just what this one changed.
    fn made_the_same(&self, view: &'v View<'a>, last: &'v Request<'a>, other: &'v Request<'a>) -> bool {
        let changes = between(view, last, other).filter(|request| !request.is_safe());
        changes.map(|request| made(view, request)).eq(self.changed.iter().copied())
    }

    /// Whether the page says nothing that it had not said before, but for numbers: what is gone was not put in other words.
    fn says_nothing_else(&self) -> bool {
        let now = self.words(self.pair.after).unwrap_or_default();
        now.keys().all(|word| is_number(word) || self.whole.contains_key(word))
    }

    /// Whether an answer before the fault had a word less often than the one before it, of the same client, session and node,
    /// and nothing in between was to change anything.
    fn comes_and_goes(&self, view: &View<'a>, word: &str) -> bool {
        let times = |request: &Request<'a>| Some(count(&self.words(request)?, word));
        let known = self.same.iter().filter(|known| known.invoked < self.pair.asked() && is_success(known));
        let mut last: BTreeMap<_, &Request<'a>> = BTreeMap::new();
        known.into_iter().any(|known| {
            let Some(before) = last.insert(known.client, known) else { return false };
            before.node == known.node
                && same_session(before) == same_session(known)
                && times(known) < times(before)
                && between(view, before, known).all(Request::is_safe)
        })
    }

    /// A number that had been the same each time and is smaller in each later answer, while the rest of the page is the same.
    fn went_back(&self) -> Option<&'a str> {
        let (before, after) = (self.pair.before, self.pair.after);
        let had = self.reading.sequence(before).filter(|_| self.steady)?;
        let later = self
            .same
            .iter()
            .filter(|other| other.client == before.client && after.invoked <= other.invoked && is_success(other));
        let mut back: Option<BTreeSet<usize>> = None;
        for other in later {
            let smaller = smaller(&had, &self.reading.sequence(other)?)?;
            back = Some(back.map_or_else(|| smaller.clone(), |known| &known & &smaller));
        }
        // How long it took is another time each time.
        let timed = |place: usize| had.get(place + 1).is_some_and(|unit| is_unit_of_time(unit));
        let mut back = back?.into_iter().filter(|place| !timed(*place)).map(|place| had[place]);
        back.find(|number| !self.is_of_the_node(number))
    }

    /// A number that had been the same each time, where the page has fewer numbers now: of a time of day another one stands
    /// there.
    fn number_gone(&self, now: &Words<'a>, mut lost: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let numbers = |words: &Words<'a>| -> usize {
            words.iter().filter(|(word, _)| is_number(word)).map(|(_, times)| times).sum()
        };
        let fewer = self.steady && numbers(now) < numbers(&self.whole);
        lost.find(|word| fewer && is_number(word) && !self.is_of_the_node(word))
    }

    /// The end of a long page is another one, which had been the same each time, while all that is kept is there.
    fn other_rest(&self) -> Option<Breach> {
        let (before, after) = (self.pair.before, self.pair.after);
        if !has_another_end(self.same, before, after) {
            return None;
        }
        let as_before = earlier(self.same, before).take_while(|it| rest(it) == rest(before)).count();
        let because = format!(
            "{} of {} was answered after {} with another end, of which only the hash was kept, than {as_before} answers had before \
             it, {} at last",
            after.name(),
            after.client,
            self.pair.name(),
            before.id
        );
        let unpromised = Some("nobody knows what stands there".to_owned());
        Some(Breach { unpromised, ..self.pair.breach(because) })
    }

    fn words(&self, request: &Request<'a>) -> Option<Words<'a>> {
        self.reading.words(request)
    }

    /// Whether the node that had answered before said the word to another client, too, and no other node ever did.
    fn is_of_the_node(&self, word: &str) -> bool {
        let before = self.pair.before;
        let says = |other: &Request<'a>| self.words(other).is_some_and(|words| words.contains_key(word));
        let by_others = self.same.iter().any(|other| other.node != before.node && says(other));
        !by_others
            && self.same.iter().any(|other| {
                other.client != before.client
                    && other.node == before.node
                    && other.invoked < self.pair.asked()
                    && says(other)
            })
    }
}

/// The step that was being done when a request was made, and the request's method and path: other clients make the same in it.
type Made<'a> = (Option<u32>, (&'a str, &'a str));

fn made<'a>(view: &View<'a>, request: &Request<'a>) -> Made<'a> {
    (view.step_at(request.invoked), request.key())
}

/// What a client asked for between two answers that is not meant to change anything, and that it had not asked for before. By its
/// query, too: that may say what to do.
fn fresh<'v, 'a>(view: &'v View<'a>, before: &'v Request<'a>, after: &'v Request<'a>) -> Option<&'v Request<'a>> {
    let known_already = |other: &Request<'_>| {
        let mut known = view.requests.iter().take_while(|known| known.invoked < before.invoked);
        other.target == before.target || known.any(|known| known.client == other.client && known.target == other.target)
    };
    between(view, before, after).find(|other| other.is_safe() && !known_already(other))
}

/// No more answers are compared.
const COMPARED: usize = 20;

/// The last answers of some, the latest first, between which nothing was to change what they say, or did.
fn last_answers<'v, 'a>(
    view: &View<'a>,
    reading: &Reading<'_, 'a>,
    all: impl Iterator<Item = &'v Request<'a>>,
) -> Vec<&'v Request<'a>> {
    let mut last: Vec<&'v Request<'a>> = Vec::new();
    for earlier in all.take(COMPARED) {
        if let Some(next) = last.last() {
            let quiet = between(view, earlier, next).all(Request::is_safe);
            if !quiet && reading.due(earlier) != reading.due(next) {
                break;
            }
        }
        last.push(earlier);
    }
    last
}

/// Whether the end of a long page, of which only the hash is kept, is another one than at least two answers had before.
fn has_another_end<'a>(same: &[&Request<'a>], before: &Request<'a>, after: &Request<'a>) -> bool {
    let differs = rest(before).zip(rest(after)).is_some_and(|(had, has)| had != has);
    differs && earlier(same, before).nth(1).is_some_and(|last| rest(last) == rest(before))
}

/// What is not kept of a long body.
fn rest<'a>(request: &Request<'a>) -> Option<&'a Rest> {
    request.reply?.rest.as_ref()
}

fn body<'a>(request: &Request<'a>) -> Option<&'a str> {
    request.reply?.body.as_deref()
}

/// The places at which the numbers of two texts differ, where all are smaller in the second and all else is the same. Of a time
/// one goes back when another goes on.
fn smaller(had: &[&str], has: &[&str]) -> Option<BTreeSet<usize>> {
    let mut places = BTreeSet::new();
    for (place, (old, new)) in had.iter().zip(has).enumerate().filter(|(_, (old, new))| old != new) {
        let (old, new) = (number(old)?, number(new)?);
        places.extend((new < old).then_some(place));
        if old < new {
            return None;
        }
    }
    (had.len() == has.len()).then_some(places)
}
