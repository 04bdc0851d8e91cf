//! Excuses: why a session may legitimately be gone. Somebody may have ended it, or taken the id from it that a request
//! sent, or its time was over.

use std::time::Duration;

use super::operations::{Fate, Operation};
use super::routes::Routes;
use super::sessions::{Loss, Session};
use super::timeline::FOREVER;
use crate::history::Nanos;
use crate::model::plan::AppRequest;

/// How long a session lives unused behind a request for `short-live.jsp`.
const SHORT_LIFE: Duration = Duration::from_secs(5);

impl Session<'_> {
    pub(super) fn excuse_losses(&mut self, routes: &Routes<'_>, operations: &[Operation<'_>]) {
        let losses = self.losses.iter();
        let excuses: Vec<_> = losses.map(|loss| self.excuse(&operations[loss.operation], routes, operations)).collect();
        for (loss, excuse) in self.losses.iter_mut().zip(excuses) {
            loss.excuse = excuse;
        }
    }

    /// The answered operation that ended the session, or took the sent id from it, before `lost` was answered. What nobody
    /// answered is a doubt of its own ([`super::held`]).
    fn excuse(&self, lost: &Operation<'_>, routes: &Routes<'_>, operations: &[Operation<'_>]) -> Option<usize> {
        let sent = lost.sent?;
        let answered = lost.completed.unwrap_or(FOREVER);
        // What ended before the sent id was last confirmed cannot have taken it away.
        let confirmed = self.answers.iter().map(|index| &operations[*index]);
        let confirmed = confirmed
            .filter(|answer| answer.received() == Some(sent.as_str()))
            .filter(|answer| answer.completed.is_some_and(|end| end < lost.invoked))
            .map(|answer| answer.invoked)
            .next_back();
        self.operations.iter().copied().find(|index| {
            let other = &operations[*index];
            if other.id == lost.id || other.invoked >= answered || other.answer().is_none() {
                return false;
            }
            let took_the_id = match other.request {
                AppRequest::Invalidate => return !self.answered_between(operations, other.acts_until, lost.invoked),
                AppRequest::ChangeId => other.sent.is_some_and(|id| id.stem() == sent.stem()),
                // JvmRouteBinderValve of another node renames the session on every node.
                _ => {
                    let to = routes.get(other.node);
                    to.is_some()
                        && to != sent.route()
                        && to != routes.get(lost.node)
                        && other.sent.is_some_and(|id| id.stem() == sent.stem())
                }
            };
            took_the_id && confirmed.is_none_or(|confirmed| other.acts_until > confirmed)
        })
    }

    /// What may have taken the session away, or keeps a node from having to know it, as the pass through it found.
    pub(super) fn take_over_doubts(&mut self) {
        for (loss, bounds) in self.losses.iter_mut().zip(&self.held.losses) {
            loss.excuse = loss.excuse.or(bounds.doubt);
            loss.unpromised.clone_from(&bounds.unpromised);
        }
    }

    /// Whether its time was over at an instant, at the earliest: so long after its last use began.
    pub(super) fn may_have_expired(&self, operations: &[Operation<'_>], at: Nanos) -> bool {
        let Some(shortened) = self.shortened else { return self.idle_too_long(operations, at).is_some() };
        if at <= operations[shortened].completed.unwrap_or(operations[shortened].invoked) {
            return false;
        }
        // Where no look showed how long it lives, it is as long as the page says.
        let life = self.short.map_or(SHORT_LIFE, |(_, life)| life);
        // A request that was not answered from it may have come when it was over already.
        let last = self.answers.partition_point(|index| operations[*index].invoked < at);
        let used = self.answers[..last].last().map(|index| operations[*index].invoked);
        used.is_some_and(|used| life <= at.since(used))
    }

    /// The last use of a session that nobody used for more than twice the time that it lives, as looks showed: so long may a
    /// copy wait whose owner died (`DeltaSession.isValid`).
    fn idle_too_long(&self, operations: &[Operation<'_>], at: Nanos) -> Option<usize> {
        let life = self.replicas.iter().filter_map(|replica| replica.lives).max()?;
        let last = self.answers.partition_point(|index| operations[*index].invoked < at);
        let used = *self.answers[..last].last()?;
        (life * 2 <= at.since(operations[used].invoked)).then_some(used)
    }

    /// Learns from the replicas how long it lives, where a request made that short; what was not found then is gone by
    /// right. Where nobody `waits` for the others only the node that was asked, or that goes on with it, has heard of it for
    /// certain.
    pub(super) fn learn_life(&mut self, operations: &[Operation<'_>], waits: bool) {
        let shorten = |index: &&usize| {
            let operation = &operations[**index];
            let landed = operation.answer().is_some_and(|shown| shown.session.is_some());
            operation.request == AppRequest::ShortLive && (landed || matches!(operation.fate, Fate::Perhaps(_)))
        };
        let Some(shortened) = self.operations.iter().find(shorten).copied() else {
            let used = |loss: &Loss<'_>| self.idle_too_long(operations, operations[loss.operation].completed?);
            let used: Vec<Option<usize>> = self.losses.iter().map(used).collect();
            for (loss, used) in self.losses.iter_mut().zip(used) {
                loss.excuse = loss.excuse.or(used);
            }
            return;
        };
        let since = operations[shortened].completed.unwrap_or(operations[shortened].invoked);
        let lives = self.replicas.iter().filter(|replica| {
            since < replica.asked && (waits || replica.primary || replica.node == operations[shortened].node)
        });
        let lives = lives.filter_map(|replica| replica.lives).min();
        self.short = lives.map(|life| (shortened, life));
        self.shortened = Some(shortened);
        let gone = |loss: &Loss<'_>| {
            let lost = &operations[loss.operation];
            lost.completed.is_some_and(|end| self.may_have_expired(operations, end))
        };
        let gone: Vec<bool> = self.losses.iter().map(|loss| loss.excuse.is_none() && gone(loss)).collect();
        for (loss, _) in self.losses.iter_mut().zip(gone).filter(|(_, gone)| *gone) {
            loss.excuse = Some(shortened);
        }
    }
}
