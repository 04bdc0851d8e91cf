//! What a guarantee about any app asks of a run: the sessions that it is about, and what excuses a loss.

use std::collections::BTreeSet;

use super::app_sessions::{AppSession, Shown};
use super::attribute_values::differences;
use super::operations::stem;
use super::requests::Request;
use super::view::View;
use crate::history::Nanos;
use crate::model::{ContextPath, Guarantee, NodeName, SessionId};

impl<'a> View<'a> {
    /// The sessions that a guarantee is about: those of every app where the plan asks for it, else those of all but the
    /// counter app, which has its own.
    pub(super) fn app_sessions(&self, guarantee: Guarantee) -> impl Iterator<Item = &AppSession<'a>> {
        let asked = self.plan.guarantees.contains(&guarantee);
        self.apps.all.iter().filter(move |session| asked || !self.is_counter(session.context))
    }

    /// Whether a context is one of the counter app.
    pub(super) fn is_counter(&self, context: Option<&ContextPath>) -> bool {
        context.is_some_and(|context| self.counters.contains(context))
    }

    /// Whether a request may have ended a session or given it another id, as far as is known: it says so, or it is
    /// not safe and nothing showed that the session lives on after such a one.
    pub(super) fn may_end(&self, session: &AppSession<'a>, index: usize) -> bool {
        let request = &self.requests[index];
        if request.counter.is_some() || request.says_to_end() {
            return request.says_to_end();
        }
        let kept = request.received.is_some_and(|received| stem(received) == session.stem);
        !kept && !request.is_safe() && !self.apps.keeping.contains(&request.key())
    }

    /// The request that may have ended a session before an instant: the last successful one, or one behind it that was not
    /// answered or with an error, and may have done so all the same.
    pub(super) fn ender(&self, session: &AppSession<'a>, before: Nanos) -> Option<usize> {
        let mut answered = false;
        for index in session.requests.iter().rev().copied() {
            let request = &self.requests[index];
            if before <= request.invoked {
                continue;
            }
            // Who has signed out is given pages as well, without a session.
            let is_there_since = || {
                let mut proofs = session.proofs(&self.requests);
                proofs.any(|(asked, _)| request.acts_until < asked && asked < before)
            };
            let is_out = || request.says_to_end() && request.succeeded() && !is_there_since();
            if (!answered && self.may_end(session, index)) || (answered && is_out()) {
                return Some(index);
            }
            answered |= request.succeeded() && request.completed.is_some_and(|end| end < before);
        }
        None
    }

    /// Whether nobody promises what a node shows of a session at an instant, in words: a split, or that no copy was left.
    pub(super) fn excuse(
        &self,
        session: &AppSession<'a>,
        node: &NodeName,
        (from, at): (Nanos, Nanos),
    ) -> Option<String> {
        let lineage = self.lineage(session);
        let asked = || lineage.iter().flat_map(|session| &session.requests).map(|index| &self.requests[*index]);
        let begun = || asked().filter(|asked| asked.invoked < at);
        let partition = self.partitions.iter().find(|partition| {
            let saw = |asked: &&Request<'a>| asked.invoked < partition.until && partition.from < asked.acts_until;
            if at <= partition.from || self.merged(session, partition.until, at) {
                return false;
            }
            if !self.replicates_to_all() {
                return begun().any(|asked| asked.invoked < partition.until);
            }
            let Some(first) = begun().find(saw) else { return false };
            let born = self.timeline.lives(node).iter().map(|life| life.from).filter(|born| *born < at).max();
            partition.parts(first.node, node)
                || begun().any(|asked| first.invoked <= asked.invoked && partition.parts(first.node, asked.node))
                || born.is_some_and(|born| first.invoked < born)
        });
        if let Some(partition) = partition {
            return Some(format!("{} had split {}, and nothing is merged", partition.name, session.name()));
        }
        let broken: Vec<_> = self.broken_between(from, at).collect();
        let alone = broken.iter().find(|(when, victim)| {
            let mut others = self.plan.topology.names().filter(|name| name != victim);
            !others.any(|other| {
                let held = |shown: &Shown<'a>| {
                    shown.node == other && shown.at < *when && self.timeline.outlives(other, shown.at, *when)
                };
                self.timeline.settled(other, *when, *when) || session.shown.iter().any(held)
            })
        });
        if let Some((when, victim)) = alone {
            return Some(format!("no other node held a copy when {victim} ended at {when}"));
        }
        // The first of the two may have come before: where nobody had noticed it, what was written then had no other copy.
        let ended: Vec<_> = self.broken_between(Nanos::default(), at).collect();
        let mut pairs =
            ended.iter().zip(ended.iter().skip(1)).filter(|((_, one), (when, other))| one != other && from < *when);
        // A copy that was seen between the two, on a node that outlived both, was the other one.
        let copied = |one: Nanos, other: Nanos| {
            session.shown_between(one, other).iter().any(|shown| {
                let held = one < shown.asked && !shown.names().is_empty();
                held && self.timeline.outlives(shown.node, shown.asked, at)
            })
        };
        let at_once = pairs.find(|((one, _), (other, _))| {
            !self.timeline.whole.iter().any(|whole| *one < whole.from && whole.from < *other) && !copied(*one, *other)
        });
        let ((_, one), (_, other)) = at_once.filter(|_| !self.replicates_to_all())?;
        Some(format!("{one} and {other} ended before BackupManager could make another copy"))
    }

    /// A session and those from which it got its content under another id, the oldest first.
    pub(super) fn lineage(&self, session: &AppSession<'a>) -> Vec<&AppSession<'a>> {
        let mut all: Vec<&AppSession<'a>> = Vec::new();
        let mut next = self.apps.find(session.context, session.stem);
        while let Some(one) = next.filter(|one| all.iter().all(|known| known.stem != one.stem)) {
            all.insert(0, one);
            let born = one.born.map(|born| &self.requests[born]);
            next = born.and_then(|born| self.apps.find(born.context, born.sent?.as_str()));
        }
        all
    }

    /// Whether all nodes were seen to agree about a session between two instants, under the id that its client has, while
    /// nobody asked for it: what had been apart is one again.
    fn merged(&self, session: &AppSession<'a>, since: Nanos, until: Nanos) -> bool {
        self.rounds().into_iter().filter(|(from, to)| since < *from && *to < until).any(|(from, to)| {
            if session.busy(&self.requests, from, to) {
                return false;
            }
            let Some(due) = self.due_in((from, to), |look| session.would_show_in(look)) else { return false };
            let copies: Vec<&Shown<'a>> = session.shown_between(from, to).iter().collect();
            let holders: BTreeSet<&NodeName> = copies.iter().map(|copy| copy.node).collect();
            let Some(first) = copies.first().filter(|_| copies.len() == due && holders.len() == due) else {
                return false;
            };
            let last = session.requests.iter().rev().map(|index| &self.requests[*index]);
            let id = last
                .filter(|asked| asked.invoked < from)
                .find_map(|asked| asked.received.or(asked.sent.filter(|_| asked.succeeded()).map(SessionId::as_str)));
            id == Some(first.replica.id.as_str())
                && copies.iter().all(|copy| {
                    let found = differences(first.replica, copy.replica, false);
                    copy.replica.id == first.replica.id
                        && copy.names() == first.names()
                        && found.differs.is_empty()
                        && found.undecidable.is_empty()
                })
        })
    }

    /// Whether a request for a session was not answered, in words: it may still go on; and what it had written when its node
    /// ended may have reached some nodes and not the others, and stays so until the same request is answered.
    pub(super) fn cut_off(&self, session: &AppSession<'a>, at: Nanos) -> Option<String> {
        let asked = || session.requests.iter().map(|index| &self.requests[*index]);
        let again = |cut: &Request<'a>| {
            let mut later = asked().filter(|other| other.key() == cut.key() && other.succeeded());
            later.any(|other| cut.invoked < other.invoked && other.completed.is_some_and(|end| end < at))
        };
        let unanswered = |cut: &&Request<'a>| cut.reply.is_none() && cut.invoked < cut.acts_until && cut.invoked < at;
        asked().filter(unanswered).find_map(|cut| {
            if at <= cut.acts_until {
                return Some(format!("{} was not answered, and may still go on", cut.name()));
            }
            let split = format!("{} ended with {}, and may have reached some nodes alone", cut.name(), cut.node);
            (!again(cut)).then_some(split)
        })
    }

    /// The ends of nodes between two instants.
    fn broken_between(&self, from: Nanos, to: Nanos) -> impl Iterator<Item = (Nanos, &'a NodeName)> {
        let faults = self.timeline.faults.iter().filter(|fault| !fault.kind.is_undone_in_place());
        // What was answered while a node was being stopped was answered before its end.
        let faults = faults.filter_map(|fault| fault.hit().map(|hit| (fault.asked, hit, fault.node)));
        let deaths = self.timeline.deaths.iter().map(|(at, node, ..)| (*at, *at, *node));
        let inside = faults.chain(deaths).filter(|(asked, hit, _)| from < *hit && *asked < to);
        let mut all: Vec<_> = inside.map(|(asked, _, node)| (asked, node)).collect();
        all.sort();
        all.into_iter()
    }
}
