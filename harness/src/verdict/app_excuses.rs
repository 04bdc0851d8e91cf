//! What a guarantee about any app asks of a run: the sessions that it is about, and what excuses a loss.

use super::app_sessions::AppSession;
use super::operations::stem;
use super::requests::Request;
use super::view::View;
use crate::history::Nanos;
use crate::model::{ContextPath, Guarantee, NodeName};

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
        if request.received.is_some_and(|received| stem(received) == session.stem) {
            return false;
        }
        if request.counter.is_some() || request.says_to_end() {
            return request.says_to_end();
        }
        !request.is_safe() && !self.apps.keeping.contains(&request.key())
    }

    /// Whether nobody promises what a node shows of a session at an instant, in words: a split, or that no copy was left.
    pub(super) fn excuse(
        &self,
        session: &AppSession<'a>,
        node: &NodeName,
        (from, at): (Nanos, Nanos),
    ) -> Option<String> {
        let begun = || session.requests.iter().map(|index| &self.requests[*index]).filter(|asked| asked.invoked < at);
        let partition = self.partitions.iter().find(|partition| {
            let saw = |asked: &&Request<'a>| asked.invoked < partition.until && partition.from < asked.acts_until;
            if at <= partition.from {
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
            !others.any(|other| self.timeline.settled(other, *when, *when))
        });
        if let Some((when, victim)) = alone {
            return Some(format!("no other node held a copy when {victim} ended at {when}"));
        }
        let mut pairs = broken.iter().zip(broken.iter().skip(1)).filter(|((_, one), (_, other))| one != other);
        let at_once = pairs.find(|((one, _), (other, _))| {
            !self.timeline.whole.iter().any(|whole| *one < whole.from && whole.from < *other)
        });
        let ((_, one), (_, other)) = at_once.filter(|_| !self.replicates_to_all())?;
        Some(format!("{one} and {other} ended before BackupManager could make another copy"))
    }

    /// The ends of nodes between two instants.
    fn broken_between(&self, from: Nanos, to: Nanos) -> impl Iterator<Item = (Nanos, &'a NodeName)> {
        let faults = self.timeline.faults.iter().filter(|fault| !fault.kind.is_undone_in_place());
        let faults = faults.filter_map(|fault| fault.hit().map(|_| (fault.asked, fault.node)));
        let deaths = self.timeline.deaths.iter().map(|(at, node, ..)| (*at, *node));
        let mut all: Vec<_> = faults.chain(deaths).filter(|(at, _)| from < *at && *at < to).collect();
        all.sort();
        all.into_iter()
    }
}
