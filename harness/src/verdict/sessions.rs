//! The sessions: which operation asked which session, what was attempted and acknowledged, and what became of it.
//!
//! A session is followed by the stem of its id: a failover changes the route behind the dot, a change-id request the
//! whole id. The counter is judged by bounds, as Jepsen's counter checker does: an answer shows at least what was
//! acknowledged before it was asked for, and at most what was attempted before it came.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::content::Content;
use super::held::bounds::Held;
use super::look::Look;
use super::operations::{Fate, Operation, cookie_value, stem};
use super::routes::Routes;
use super::timeline::FOREVER;
use crate::history::{History, Nanos, Outcome, RecordKind};
use crate::model::plan::AppRequest;
use crate::model::{ClientName, ContextPath, NodeName};

/// One session of one client.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) client: &'a ClientName,
    /// The context of the counter app that it is of: several whose cookies share a path may give one id to a session each
    /// (`Request.doGetSession`).
    pub(super) context: Option<&'a ContextPath>,
    /// The stems that its id has had, the first one first.
    pub(super) stems: Vec<&'a str>,
    /// The operation that created it, where it is known.
    pub(super) created_by: Option<usize>,
    /// Every operation that may have reached it, by the instant of invocation.
    pub(super) operations: Vec<usize>,
    /// Those that asked for it and reached nobody.
    pub(super) refused: Vec<usize>,
    /// Those that were answered from it, by the instant of invocation.
    pub(super) answers: Vec<usize>,
    /// Those that asked for it and did not find it.
    pub(super) losses: Vec<Loss<'a>>,
    /// What looks showed of it, by the instant of the look.
    pub(super) replicas: Vec<Replica<'a>>,
    /// What its first request wrote, and when that was acknowledged.
    pub(super) created: Option<(Nanos, Content)>,
    /// From when until when two nodes may have counted at once: the last delta of an attribute then wins, so the counter
    /// may fall legitimately (cluster-howto: "last request will override"). Each with the latest end of all up to it.
    contentions: Vec<(Nanos, Nanos)>,
    /// When the latest acknowledged increment of the first so many began, by their end.
    alone_since: Vec<Nanos>,
    /// When the first of the answers from the so many-th on came.
    answered_from: Vec<Nanos>,
    /// What each node had to hold when it was asked or looked at.
    pub(super) held: Held,
    /// When each acknowledged increment ended, with the operation, sorted; of those that ended at one instant the last
    /// first.
    acknowledged: Vec<(Nanos, Reverse<usize>)>,
    /// When each increment that may have landed began, sorted.
    attempted: Vec<Nanos>,
    /// Those of its operations that asked for its end: few, where all others may be a hundred thousand.
    pub(super) ends: Vec<usize>,
    /// Those that asked for another id and whose answer is lost.
    changes: Vec<usize>,
    /// The request that made it end so long after its last use, and how long that is, as looks showed.
    pub(super) short: Option<(usize, Duration)>,
    /// The request that made it end some time after its last use, and no look showed how long that is.
    pub(super) shortened: Option<usize>,
    /// Until when any of the first so many operations was under way, beginning with the first one.
    busy_until: Vec<Nanos>,
    /// Until when any of the first so many operations may have changed something.
    acting_until: Vec<Nanos>,
}

/// An operation that asked for a session and did not find it.
#[derive(Debug)]
pub(super) struct Loss<'a> {
    pub(super) operation: usize,
    /// The id that it was given instead; `None` where there was none.
    pub(super) instead: Option<&'a str>,
    /// The operation that explains it: one that may have ended the session or changed its id meanwhile.
    pub(super) excuse: Option<usize>,
    /// Why the node need not have known the session, in words.
    pub(super) unpromised: Option<String>,
}

/// What a look showed of a session: a copy that is neither a proxy nor invalid.
#[derive(Debug)]
pub(super) struct Replica<'a> {
    /// The index of the look.
    pub(super) look: usize,
    pub(super) record: usize,
    pub(super) node: &'a NodeName,
    /// Its id there.
    pub(super) id: &'a str,
    /// Whether the node takes itself for the owner.
    pub(super) primary: bool,
    pub(super) asked: Nanos,
    pub(super) at: Nanos,
    /// Attributes that are not there at all.
    pub(super) missing: Vec<&'static str>,
    pub(super) content: Content,
    /// How long after its last use it ends, where it does.
    pub(super) lives: Option<Duration>,
}

impl Session<'_> {
    /// How many increments had been acknowledged before `at`.
    pub(super) fn acknowledged_before(&self, at: Nanos) -> usize {
        self.acknowledged.partition_point(|(ended, _)| *ended < at)
    }

    /// The operations of the acknowledged increments before `at`, the last ones first.
    pub(super) fn acknowledged_by(&self, at: Nanos) -> impl Iterator<Item = usize> {
        self.acknowledged[..self.acknowledged_before(at)].iter().rev().map(|(_, Reverse(operation))| *operation)
    }

    /// Whether a look would show it where the node holds it: its context was asked for, and is served.
    pub(super) fn would_show_in(&self, look: &Look<'_>) -> bool {
        look.would_show(self.context)
    }

    /// The answer that came last before `at`.
    pub(super) fn last_answer<'v, 'a>(&self, operations: &'v [Operation<'a>], at: Nanos) -> Option<&'v Operation<'a>> {
        let answers = self.answers.iter().map(|index| &operations[*index]);
        answers.filter(|answer| answer.completed.is_some_and(|end| end < at)).max_by_key(|answer| answer.completed)
    }

    /// How many increments may have landed before `at`.
    pub(super) fn attempted_before(&self, at: Nanos) -> usize {
        self.attempted.partition_point(|began| *began < at)
    }

    /// Whether two nodes may have counted at once before `at`, and none has counted alone since.
    pub(super) fn contended_before(&self, at: Nanos) -> bool {
        let begun = self.contentions.partition_point(|(from, _)| *from < at);
        let Some((_, until)) = self.contentions[..begun].last() else { return false };
        let alone = self.acknowledged_before(at).checked_sub(1).map(|last| self.alone_since[last]);
        alone.is_none_or(|since| since < *until)
    }

    /// Whether two nodes may ever have counted at once.
    pub(super) fn was_contended(&self) -> bool {
        !self.contentions.is_empty()
    }

    /// Whether an answer that was asked for after `from` came out of it before `to`: what it shows is so since then.
    pub(super) fn answered_between(&self, operations: &[Operation<'_>], from: Nanos, to: Nanos) -> bool {
        let first = self.answers.partition_point(|index| operations[*index].invoked < from);
        self.answered_from.get(first).is_some_and(|came| *came < to)
    }

    /// What its first request wrote, where that had been acknowledged before `at`.
    pub(super) fn created_before(&self, at: Nanos) -> Option<&Content> {
        self.created.as_ref().filter(|(created, _)| *created < at).map(|(_, content)| content)
    }

    /// Whether the first request is known to have written all attributes together: one that the app did not answer may have
    /// failed midway, unless somebody has shown since what no later request writes.
    pub(super) fn made_by_counting(&self, operations: &[Operation<'_>]) -> bool {
        let whole =
            || self.created.as_ref().is_some_and(|(_, content)| content.once.is_some() && content.list.is_some());
        self.created_by.is_some_and(|index| {
            operations[index].request == AppRequest::Count && (operations[index].answer().is_some() || whole())
        })
    }

    /// Whether an operation may have ended it before `at`, and no later answer has shown that it did not; or its time may
    /// have been over.
    pub(super) fn may_have_ended(&self, operations: &[Operation<'_>], at: Nanos) -> bool {
        let ended = |index: &usize| {
            let end = &operations[*index];
            end.invoked < at && !self.answered_between(operations, end.acts_until, at)
        };
        self.ends.iter().any(ended) || self.may_have_expired(operations, at)
    }

    /// Whether it may go by an id that no client was given: a change whose answer was lost, and no later answer shows the old
    /// one.
    pub(super) fn may_be_renamed(&self, operations: &[Operation<'_>], at: Nanos) -> bool {
        self.changes.iter().any(|index| {
            let change = &operations[*index];
            change.invoked < at && !self.answered_between(operations, change.acts_until, at)
        })
    }

    /// Whether the id may have changed while an operation was under way: another one ran on another node meanwhile,
    /// whose valve renames the session, or one that asked for a new id.
    pub(super) fn raced(&self, operations: &[Operation<'_>], index: usize) -> bool {
        let operation = &operations[index];
        let ended = operation.completed.unwrap_or(FOREVER);
        let begun = self.operations.partition_point(|other| operations[*other].invoked < ended);
        // From the last one back, as far as any before may still have acted.
        let before = self.operations[..begun].iter().zip(&self.acting_until).rev();
        let mut others = before.take_while(|(_, until)| operation.invoked < **until);
        others.any(|(other, _)| {
            let other = (*other != index).then(|| &operations[*other]);
            other.is_some_and(|other| {
                (other.node != operation.node || other.request == AppRequest::ChangeId)
                    && operation.invoked < other.acts_until
            })
        })
    }

    /// Whether one of its operations was under way between `from` and `to`, or may still have been.
    pub(super) fn busy(&self, operations: &[Operation<'_>], from: Nanos, to: Nanos) -> bool {
        let begun = self.operations.partition_point(|index| operations[*index].invoked <= to);
        self.busy_until[..begun].last().is_some_and(|until| from <= *until)
    }
}

/// All sessions, in the order in which they became known.
pub(super) fn sessions<'a>(
    routes: &Routes<'_>,
    history: &'a History,
    operations: &[Operation<'a>],
    counters: &BTreeSet<&'a ContextPath>,
) -> Vec<Session<'a>> {
    let context = |operation: &Operation<'_>| ContextPath::serving(operation.path, counters.iter().copied());
    let contexts = operations.iter().map(context).collect();
    let mut book = Book { sessions: Vec::new(), by_id: BTreeMap::new(), contexts };
    book.learn_ids(history, operations);
    for (index, operation) in operations.iter().enumerate() {
        book.assign(index, operation);
    }
    for session in &mut book.sessions {
        session.learn_content(operations);
        session.count(operations);
        session.contend(operations);
        session.excuse_losses(routes, operations);
        session.learn_times(operations);
    }
    book.sessions
}

struct Book<'a> {
    sessions: Vec<Session<'a>>,
    /// By context and stem.
    by_id: BTreeMap<(Option<&'a ContextPath>, &'a str), usize>,
    /// The context of each operation.
    contexts: Vec<Option<&'a ContextPath>>,
}

impl<'a> Book<'a> {
    /// Goes through the answers as they came and learns which stems belong together.
    fn learn_ids(&mut self, history: &'a History, operations: &[Operation<'a>]) {
        let mut by_end: Vec<usize> = (0..operations.len()).collect();
        by_end.sort_by_key(|index| operations[*index].completed.unwrap_or(FOREVER));
        let mut renamed = renamed(operations);
        renamed.extend(renamed_by_others(history, operations));
        for index in by_end {
            let operation = &operations[index];
            let context = self.contexts[index];
            let known = |book: &Self, stem: &'a str| book.by_id.get(&(context, stem)).copied();
            let sent = operation.sent.map(|id| stem(id.as_str()));
            // A cookie that no answer of this history gave: the session is older than the history.
            if let Some(sent) = sent.filter(|sent| known(self, sent).is_none()) {
                match renamed.get(sent).and_then(|before| known(self, before)) {
                    Some(session) => self.rename(session, sent),
                    None => self.open(context, sent, operation.client, None),
                }
            }
            let received = operation.received().map(stem);
            let Some(received) = received.filter(|received| known(self, received).is_none()) else { continue };
            let before =
                renamed.get(received).copied().or_else(|| sent.filter(|_| may_be_renamed(operations, operation)));
            match before.and_then(|before| known(self, before)) {
                Some(session) => self.rename(session, received),
                None => self.open(context, received, operation.client, Some(index)),
            }
        }
    }

    fn rename(&mut self, session: usize, stem: &'a str) {
        self.by_id.insert((self.sessions[session].context, stem), session);
        self.sessions[session].stems.push(stem);
    }

    fn open(
        &mut self,
        context: Option<&'a ContextPath>,
        stem: &'a str,
        client: &'a ClientName,
        created_by: Option<usize>,
    ) {
        self.by_id.insert((context, stem), self.sessions.len());
        self.sessions.push(Session {
            client,
            context,
            stems: vec![stem],
            created_by,
            operations: Vec::new(),
            refused: Vec::new(),
            answers: Vec::new(),
            losses: Vec::new(),
            replicas: Vec::new(),
            created: None,
            contentions: Vec::new(),
            alone_since: Vec::new(),
            answered_from: Vec::new(),
            held: Held::default(),
            acknowledged: Vec::new(),
            attempted: Vec::new(),
            ends: Vec::new(),
            changes: Vec::new(),
            short: None,
            shortened: None,
            busy_until: Vec::new(),
            acting_until: Vec::new(),
        });
    }

    fn assign(&mut self, index: usize, operation: &Operation<'a>) {
        let context = self.contexts[index];
        let find = |stem: Option<&'a str>| stem.and_then(|stem| self.by_id.get(&(context, stem)).copied());
        let (asked, received) =
            (find(operation.sent.map(|id| stem(id.as_str()))), find(operation.received().map(stem)));
        match operation.fate {
            Fate::Nothing => {
                if let Some(session) = asked {
                    self.sessions[session].refused.push(index);
                }
            }
            Fate::Perhaps(_) => {
                for session in asked.into_iter().chain(received.filter(|received| Some(*received) != asked)) {
                    self.sessions[session].operations.push(index);
                }
            }
            Fate::Landed(..) if operation.request == AppRequest::Invalidate => {
                if let Some(session) = asked {
                    self.sessions[session].operations.push(index);
                }
            }
            Fate::Landed(..) => {
                if let Some(session) = received {
                    self.sessions[session].operations.push(index);
                    self.sessions[session].answers.push(index);
                }
                if let Some(session) = asked.filter(|asked| Some(*asked) != received) {
                    let loss = Loss { operation: index, instead: operation.received(), excuse: None, unpromised: None };
                    self.sessions[session].losses.push(loss);
                }
            }
        }
    }
}

/// The stem before each that a change-id request gave. Other answers may give the new one first.
fn renamed<'a>(operations: &[Operation<'a>]) -> BTreeMap<&'a str, &'a str> {
    let changes = operations.iter().filter(|operation| operation.request == AppRequest::ChangeId);
    let renamed = changes.filter_map(|change| Some((stem(change.received()?), stem(change.sent?.as_str()))));
    renamed.filter(|(after, before)| after != before).collect()
}

/// The same of requests that are not the counter's, as a login is: the session under the new id has what the one under the old
/// id had been created with.
fn renamed_by_others<'a>(history: &'a History, operations: &[Operation<'a>]) -> BTreeMap<&'a str, &'a str> {
    let mut asked = BTreeMap::new();
    let mut changed: BTreeMap<&str, &str> = BTreeMap::new();
    for record in &history.records {
        match &record.kind {
            RecordKind::Invoke { operation, request: None, session: Some(session), .. } => {
                asked.insert(*operation, session.stem());
            }
            // An answer that refuses, as 404, may begin a session of its own: that is no other id of the one that was sent.
            RecordKind::Complete { operation, outcome: Outcome::Ok { reply } } if reply.status < 400 => {
                let Some(before) = asked.remove(operation) else { continue };
                let received = reply.set_cookie.last().and_then(|cookie| cookie_value(cookie)).map(stem);
                let Some(after) = received.filter(|after| *after != before) else { continue };
                changed.insert(after, before);
            }
            _ => {}
        }
    }
    if changed.is_empty() {
        return BTreeMap::new();
    }
    let created_at = operations
        .iter()
        .filter_map(|operation| Some((stem(operation.received()?), operation.answer()?.once.as_deref()?)));
    let mut created: BTreeMap<&str, &str> = BTreeMap::new();
    for (of, once) in created_at {
        created.entry(of).or_insert(once);
    }
    let once = |of: &str| created.get(of).copied();
    // A login may change it several times before the counter is asked again.
    let counted = changed.keys().filter_map(|after| Some((*after, once(after)?)));
    let renamed = counted.filter_map(|(after, content)| {
        let mut before = std::iter::successors(changed.get(after), |before| changed.get(*before)).take(changed.len());
        before.find(|before| once(before) == Some(content)).map(|before| (after, *before))
    });
    renamed.collect()
}

/// Whether an answer under another id comes out of the session that was asked for, by a change-id request whose own
/// answer is lost: the server does not take the session for new.
fn may_be_renamed(operations: &[Operation<'_>], operation: &Operation<'_>) -> bool {
    let (Some(sent), Some(ended)) = (operation.sent, operation.completed) else { return false };
    let known = operation.answer().is_some_and(|answer| !answer.new);
    known
        && operations.iter().any(|other| {
            other.request == AppRequest::ChangeId
                && matches!(other.fate, Fate::Perhaps(_))
                && other.sent.is_some_and(|id| id.stem() == sent.stem())
                // Behind it the node would not know the old id any more.
                && other.invoked < ended
                && operation.invoked < other.acts_until
        })
}

impl Session<'_> {
    /// What the creating request wrote; where its answer is lost, what the first answer shows, as long as nothing had
    /// been changed in place.
    fn learn_content(&mut self, operations: &[Operation<'_>]) {
        let creator = self.created_by.map(|index| &operations[index]);
        let first = self.answers.iter().map(|index| &operations[*index]).min_by_key(|answer| answer.completed);
        let source = match creator {
            Some(creator) if creator.answer().is_some() => Some(creator),
            _ => first,
        };
        let Some(source) = source else { return };
        let (Some(at), Some(answer)) = (source.completed, source.answer()) else { return };
        let mut content = Content { count: None, ..Content::of_answer(answer) };
        if self.may_be_mutated(operations, at) {
            content.list = None;
        }
        self.created = Some((at, content));
    }

    /// Whether its list may have been changed in place before an instant.
    fn may_be_mutated(&self, operations: &[Operation<'_>], at: Nanos) -> bool {
        let mut asked = self.operations.iter().map(|index| &operations[*index]);
        asked.any(|other| other.request == AppRequest::Mutate && other.invoked < at)
    }

    /// What the first request wrote, where its answer is lost and a look showed all of it before any answer did.
    pub(super) fn learn_content_from_looks(&mut self, operations: &[Operation<'_>]) {
        let creator = self.created_by.map(|index| &operations[index]);
        let Some(creator) = creator.filter(|creator| creator.answer().is_none()) else { return };
        let seen =
            self.replicas.iter().find(|replica| creator.acts_until < replica.asked && replica.missing.is_empty());
        let Some(seen) = seen.filter(|seen| self.created.as_ref().is_none_or(|(at, _)| seen.at < *at)) else { return };
        let list = seen.content.list.clone().filter(|_| !self.may_be_mutated(operations, seen.at));
        self.created = Some((seen.at, Content { count: None, list, ..seen.content.clone() }));
    }

    fn count(&mut self, operations: &[Operation<'_>]) {
        let ends = self.operations.iter().copied();
        self.ends = ends.filter(|index| operations[*index].request == AppRequest::Invalidate).collect();
        let lost = |index: &usize| {
            operations[*index].request == AppRequest::ChangeId && matches!(operations[*index].fate, Fate::Perhaps(_))
        };
        self.changes = self.operations.iter().copied().filter(lost).collect();
        for index in &self.operations {
            let count = &operations[*index];
            if count.request != AppRequest::Count {
                continue;
            }
            self.attempted.push(count.invoked);
            if let (Fate::Landed(..), Some(completed)) = (count.fate, count.completed) {
                self.acknowledged.push((completed, Reverse(*index)));
            }
        }
        self.attempted.sort_unstable();
        self.acknowledged.sort_unstable();
    }

    fn learn_times(&mut self, operations: &[Operation<'_>]) {
        let (mut busy, mut acting) = (Nanos::default(), Nanos::default());
        for operation in self.operations.iter().map(|index| &operations[*index]) {
            busy = busy.max(operation.completed.unwrap_or(FOREVER));
            acting = acting.max(operation.acts_until);
            self.busy_until.push(busy);
            self.acting_until.push(acting);
        }
    }

    fn contend(&mut self, operations: &[Operation<'_>]) {
        let mut busy_until: BTreeMap<&NodeName, Nanos> = BTreeMap::new();
        let mut latest = Nanos::default();
        for count in self.operations.iter().map(|index| &operations[*index]) {
            if count.request != AppRequest::Count {
                continue;
            }
            let elsewhere = busy_until.iter().filter(|(node, until)| **node != count.node && **until > count.invoked);
            if let Some(until) = elsewhere.map(|(_, until)| *until).max() {
                latest = latest.max(until).max(count.acts_until);
                self.contentions.push((count.invoked, latest));
            }
            let until = busy_until.entry(count.node).or_default();
            *until = (*until).max(count.acts_until);
        }
        let mut since = Nanos::default();
        for (_, Reverse(index)) in &self.acknowledged {
            since = since.max(operations[*index].invoked);
            self.alone_since.push(since);
        }
        let mut came = FOREVER;
        self.answered_from = self
            .answers
            .iter()
            .rev()
            .map(|index| {
                came = came.min(operations[*index].completed.unwrap_or(FOREVER));
                came
            })
            .collect();
        self.answered_from.reverse();
    }
}
