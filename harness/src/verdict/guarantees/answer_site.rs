//! What is the same for all pages of a run, and the answers to one page that can be held against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::requests::Request;
use super::super::view::View;
use super::answer_pairs::{Pair, is_success, same_session};
use super::answer_words::{Words, is_comparable, of_the_run};
use crate::history::{Event, Nanos};
use crate::model::{ClientName, ContextPath};

/// See the module.
pub(super) struct Site<'v, 'a> {
    pub(super) view: &'v View<'a>,
    /// Names, ports and session ids of the run.
    pub(super) own: BTreeSet<String>,
    /// The requests for each page, by the instant of their invocation.
    pages: HashMap<&'a str, Vec<&'v Request<'a>>>,
    /// The answered requests of each client that were to change something, by the instant of their invocation.
    pub(super) changes: HashMap<&'a ClientName, Vec<&'v Request<'a>>>,
    /// When another build of an app was deployed: it says something else.
    rebuilt: Vec<(&'a ContextPath, Nanos)>,
}

impl<'v, 'a> Site<'v, 'a> {
    pub(super) fn of(view: &'v View<'a>) -> Self {
        let mut pages: HashMap<_, Vec<_>> = HashMap::new();
        let mut changes: HashMap<_, Vec<_>> = HashMap::new();
        for request in &view.requests {
            pages.entry(request.target).or_default().push(request);
            if request.answered && !request.is_safe() {
                changes.entry(request.client).or_default().push(request);
            }
        }
        let (mut builds, mut rebuilt) = (BTreeMap::new(), Vec::new());
        for (_, at, event) in view.events() {
            if let Event::WarDropped { context, sha256, .. } = event
                && builds.insert(context, sha256).is_some_and(|known| known != sha256)
            {
                rebuilt.push((context, at));
            }
        }
        Self { view, own: of_the_run(view), pages, changes, rebuilt }
    }

    /// All requests for the page of a pair, where both of its answers came out of one session and what they say can be compared:
    /// another node gave the second one, or the same one that was broken in between.
    pub(super) fn moved(&self, pair: &Pair<'v, 'a>) -> Option<&[&'v Request<'a>]> {
        let (before, after) = (pair.before, pair.after);
        let outlived = self.view.timeline.outlives(before.node, before.acts_until, after.invoked);
        let comparable = is_success(before)
            && is_success(after)
            && (before.node != after.node || !outlived)
            && is_comparable(before, after)
            && !self.rebuilt_between(before, after)
            && same_session(before).is_some()
            && same_session(after) == same_session(before);
        self.pages.get(before.target).filter(|_| comparable).map(Vec::as_slice)
    }

    /// Whether another build of the app came between two answers, or while one of them was made.
    fn rebuilt_between(&self, before: &Request<'_>, after: &Request<'_>) -> bool {
        let inside = |at: Nanos| before.invoked < at && after.completed.is_none_or(|end| at < end);
        self.rebuilt.iter().any(|(context, at)| before.context == Some(*context) && inside(*at))
    }
}

/// The answers to a request's client in its session up to that one, the latest first.
pub(super) fn earlier<'p, 'v: 'p, 'a: 'v>(
    same: &'p [&'v Request<'a>],
    last: &'p Request<'a>,
) -> impl Iterator<Item = &'v Request<'a>> + 'p {
    let begun = same.partition_point(|other| other.invoked <= last.invoked);
    let mine = same[..begun].iter().rev().copied();
    let mine = mine.filter(|other| other.client == last.client && is_success(other));
    mine.take_while(|other| same_session(other) == same_session(last))
}

/// No more answers are compared.
const COMPARED: usize = 20;

/// The last answers of one node up to that one, the latest first, as long as each goes on with the one behind it.
pub(super) fn in_a_row<'v, 'a>(
    same: &[&'v Request<'a>],
    last: &'v Request<'a>,
    goes_on: impl Fn(&'v Request<'a>, &'v Request<'a>) -> bool,
) -> Vec<&'v Request<'a>> {
    let mut row: Vec<&'v Request<'a>> = Vec::new();
    for other in earlier(same, last).take(COMPARED) {
        if !row.last().is_none_or(|next| other.node == next.node && goes_on(other, next)) {
            break;
        }
        row.push(other);
    }
    row
}

/// How often a page says a word.
pub(super) fn count(page: &Words<'_>, word: &str) -> usize {
    page.get(word).copied().unwrap_or(0)
}

/// The words that stand in both of two pages, as often as in each.
pub(super) fn common<'a>(one: Words<'a>, other: &Words<'a>) -> Words<'a> {
    let both = one.into_iter().filter_map(|(word, times)| Some((word, times.min(*other.get(word)?))));
    both.collect()
}

/// Whether a page says all that another one says, as often.
pub(super) fn has_all(page: &Words<'_>, other: &Words<'_>) -> bool {
    other.iter().all(|(word, times)| *times <= count(page, word))
}
