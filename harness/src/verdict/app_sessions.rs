//! The sessions of any app, by context and stem of the id: which requests sent or gave it, and what looks showed of it.
//!
//! Nothing is known of what an app does. So a session whose id changes is another one here, and whether it is a loss or
//! meant is for the guarantees to say.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::look::Look;
use super::operations::stem;
use super::requests::Request;
use crate::history::{Nanos, ReplicaRole, SessionReplica};
use crate::model::{ClientName, ContextPath, NodeName};

/// One session of an app.
#[derive(Debug)]
pub(super) struct AppSession<'a> {
    pub(super) context: Option<&'a ContextPath>,
    pub(super) stem: &'a str,
    /// Who was given its id first.
    pub(super) client: &'a ClientName,
    /// The first request whose answer gave its id.
    pub(super) born: Option<usize>,
    /// The requests that sent or were given its id, by the instant of their invocation.
    pub(super) requests: Vec<usize>,
    /// For each request until when it or one before it may have changed something.
    acting_until: Vec<Nanos>,
    /// For each request until when somebody waited for it or one before it.
    awaited_until: Vec<Nanos>,
    /// Copies that looks showed, by the instant of the look; no proxies, and none that is not valid.
    pub(super) shown: Vec<Shown<'a>>,
}

/// A copy of a session that a look showed.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) record: usize,
    pub(super) node: &'a NodeName,
    pub(super) asked: Nanos,
    pub(super) at: Nanos,
    pub(super) replica: &'a SessionReplica,
}

impl<'a> Shown<'a> {
    /// The names of the attributes that are to be replicated.
    pub(super) fn names(&self) -> BTreeSet<&'a str> {
        let due = self.replica.attributes.iter().filter(|(_, value)| !value.excluded);
        due.map(|(name, _)| name.as_str()).collect()
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct AppSessions<'a> {
    pub(super) all: Vec<AppSession<'a>>,
    by_id: HashMap<(Option<&'a ContextPath>, &'a str), usize>,
    /// Methods and paths after which a session was seen to live on.
    pub(super) keeping: HashSet<(&'a str, &'a str)>,
    /// Methods and paths that gave a session to who had none: without a word of one they were answered from one.
    making: HashSet<(&'a str, &'a str)>,
}

impl<'a> AppSessions<'a> {
    pub(super) fn of(
        requests: &[Request<'a>],
        looks: &[Look<'a>],
        contexts: &BTreeSet<&'a ContextPath>,
        left_out: &BTreeSet<&'a ContextPath>,
    ) -> Self {
        let mut sessions = Self::default();
        let within = |context: Option<&'a ContextPath>| context.is_none_or(|context| !left_out.contains(context));
        for (index, request) in requests.iter().enumerate().filter(|(_, request)| within(request.context)) {
            // Without an app of its own a request of the counter's says nothing about another app.
            if request.context.is_none() && request.counter.is_some() {
                continue;
            }
            let sent = request.sent.map(|id| stem(id.as_str()));
            let received = request.received.map(stem).filter(|received| Some(*received) != sent);
            for id in sent.into_iter().chain(received) {
                let place = sessions.place(request, id);
                sessions.all[place].takes(index, request);
            }
            if let Some(received) = request.received.map(stem) {
                let place = sessions.place(request, received);
                sessions.all[place].gives(index, requests);
            }
        }
        let judged: BTreeSet<&ContextPath> = contexts.difference(left_out).copied().collect();
        for look in looks {
            for context in look.contexts(&judged) {
                // The plan's own path lives as long as the plan does.
                let path = judged.get(&context.path).copied();
                for replica in
                    context.sessions.iter().filter(|replica| replica.valid && replica.role != ReplicaRole::Proxy)
                {
                    let Some(place) = sessions.by_id.get(&(path, stem(replica.id.as_str()))) else { continue };
                    let (record, node, asked, at) = (look.record, look.node, look.asked, look.at);
                    sessions.all[*place].shown.push(Shown { record, node, asked, at, replica });
                }
            }
        }
        sessions.learn_keeping(requests);
        let giving = requests.iter().filter(|request| {
            request.received.is_some_and(|received| request.sent.is_none_or(|sent| sent.stem() != stem(received)))
        });
        sessions.making = giving.map(Request::key).collect();
        sessions
    }

    /// Whether such a request gives a session to who has none.
    pub(super) fn makes_one(&self, request: &Request<'_>) -> bool {
        self.making.contains(&request.key())
    }

    fn place(&mut self, request: &Request<'a>, stem: &'a str) -> usize {
        let all = &mut self.all;
        *self.by_id.entry((request.context, stem)).or_insert_with(|| {
            let (context, client) = (request.context, request.client);
            all.push(AppSession {
                context,
                stem,
                client,
                born: None,
                requests: vec![],
                acting_until: vec![],
                awaited_until: vec![],
                shown: vec![],
            });
            all.len() - 1
        })
    }

    /// Learns after which unsafe requests a session lived on: a look showed it before it was asked for again, or the same
    /// request was made again and the client was given no other session.
    fn learn_keeping(&mut self, requests: &[Request<'a>]) {
        let mut keeping = HashSet::new();
        for session in &self.all {
            let mut again: BTreeSet<(&str, &str)> = BTreeSet::new();
            for (place, index) in session.requests.iter().enumerate() {
                let request = &requests[*index];
                let gives = request.received.is_some_and(|received| stem(received) == session.stem);
                let replaced = request.received.is_some_and(|received| stem(received) != session.stem);
                if gives || (!again.insert(request.key()) && request.answered && !replaced) {
                    keeping.insert(request.key());
                    continue;
                }
                let first = session.shown.partition_point(|shown| shown.asked <= request.acts_until);
                let next = session.requests.get(place + 1).map(|next| requests[*next].invoked);
                if session.shown.get(first).is_some_and(|shown| next.is_none_or(|next| shown.at < next)) {
                    keeping.insert(request.key());
                }
            }
        }
        self.keeping = keeping;
    }

    /// Methods and paths that say by their path that they end a session, and were seen not to: a look at the node that answered
    /// showed it behind one, or a page that gives one to who has none was answered from it.
    pub(super) fn ending_nothing(&self, requests: &[Request<'a>]) -> HashSet<(&'a str, &'a str)> {
        let mut keys = HashSet::new();
        for session in &self.all {
            for (place, index) in session.requests.iter().enumerate() {
                let request = &requests[*index];
                let mine = request.sent.is_some_and(|sent| sent.stem() == session.stem);
                if request.counter.is_some() || !request.says_end || !mine || !request.succeeded() {
                    continue;
                }
                let next = session.requests.get(place + 1).map(|next| &requests[*next]);
                let first = session.shown.partition_point(|shown| shown.asked <= request.acts_until);
                let mut shown =
                    session.shown[first..].iter().take_while(|shown| next.is_none_or(|next| shown.at < next.invoked));
                let answered = next.is_some_and(|next| {
                    next.succeeded() && next.received.is_none() && !next.says_end && self.makes_one(next)
                });
                if answered || shown.any(|shown| shown.node == request.node) {
                    keys.insert(request.key());
                }
            }
        }
        keys
    }

    /// The session of an id in an app.
    pub(super) fn find(&self, context: Option<&'a ContextPath>, id: &'a str) -> Option<&AppSession<'a>> {
        self.by_id.get(&(context, stem(id))).map(|place| &self.all[*place])
    }
}

impl<'a> AppSession<'a> {
    fn gives(&mut self, index: usize, requests: &[Request<'a>]) {
        let ended = |index: usize| requests[index].completed;
        if self.born.is_none_or(|born| ended(index) < ended(born)) {
            (self.born, self.client) = (Some(index), requests[index].client);
        }
    }

    /// As in `alice's session A1B2 of /shop`.
    pub(super) fn name(&self) -> String {
        let of = self.context.map_or_else(String::new, |context| format!(" of {context}"));
        format!("{}'s session {}{of}", self.client, self.stem)
    }

    fn takes(&mut self, index: usize, request: &Request<'a>) {
        let later = |times: &[Nanos], until: Nanos| times.last().copied().unwrap_or_default().max(until);
        self.requests.push(index);
        self.acting_until.push(later(&self.acting_until, request.acts_until));
        self.awaited_until.push(later(&self.awaited_until, request.awaited_until()));
    }

    /// The copies of it that looks showed between two instants.
    pub(super) fn shown_between(&self, from: Nanos, to: Nanos) -> &[Shown<'a>] {
        let (first, end) =
            (self.shown.partition_point(|shown| shown.at <= from), self.shown.partition_point(|shown| shown.at < to));
        &self.shown[first.min(end)..end]
    }

    /// The copies of it that one look showed, by its instant and its record: several under different ids.
    pub(super) fn shown_in(&self, (at, record): (Nanos, usize)) -> impl Iterator<Item = &Shown<'a>> {
        let first = self.shown.partition_point(|shown| shown.at < at);
        let same = self.shown[first..].iter().take_while(move |shown| shown.at == at);
        same.filter(move |shown| shown.record == record)
    }

    /// How many of its requests had begun before an instant.
    fn begun(&self, requests: &[Request<'a>], before: Nanos) -> usize {
        self.requests.partition_point(|index| requests[*index].invoked < before)
    }

    /// Since when nobody waits for what was asked before an instant; `None` where nothing was asked. What was given up may go on
    /// (`View::cut_off`).
    pub(super) fn quiet_since(&self, requests: &[Request<'a>], before: Nanos) -> Option<Nanos> {
        let begun = self.begun(requests, before);
        self.awaited_until[..begun].last().copied()
    }

    /// The times in which nobody asked for it, up to the request by which its client left it.
    pub(super) fn pauses(&self, requests: &[Request<'a>]) -> Vec<(Nanos, Nanos)> {
        let mut from = Nanos::default();
        let mut times = Vec::new();
        let left = self.left(requests);
        for (place, index) in self.requests.iter().enumerate() {
            from = from.max(requests[*index].awaited_until());
            let next = self.requests.get(place + 1).map_or(Nanos(u64::MAX), |next| requests[*next].invoked);
            if left == Some(*index) {
                break;
            }
            if from < next {
                times.push((from, next));
            }
        }
        times
    }

    /// Whether one of its requests was under way between two instants, or may still have been.
    pub(super) fn busy(&self, requests: &[Request<'a>], from: Nanos, to: Nanos) -> bool {
        self.quiet_since(requests, Nanos(to.0.saturating_add(1))).is_some_and(|until| from <= until)
    }

    /// The last request before an instant that had been answered by then.
    pub(super) fn last_answered(&self, requests: &[Request<'a>], before: Nanos) -> Option<usize> {
        let begun = self.begun(requests, before);
        self.requests[..begun]
            .iter()
            .copied()
            .rfind(|index| requests[*index].answered && requests[*index].completed.is_some_and(|end| end < before))
    }

    /// The last request that had been answered before an instant, and not with an error.
    pub(super) fn last_successful(&self, requests: &[Request<'a>], before: Nanos) -> Option<usize> {
        let begun = self.begun(requests, before);
        self.requests[..begun]
            .iter()
            .copied()
            .rfind(|index| requests[*index].succeeded() && requests[*index].completed.is_some_and(|end| end < before))
    }

    /// Whether a look would show it where the node holds it.
    pub(super) fn would_show_in(&self, look: &Look<'a>) -> bool {
        look.would_show(self.context)
    }

    /// The request after another one.
    pub(super) fn next_after(&self, requests: &[Request<'a>], invoked: Nanos) -> Option<Nanos> {
        let begun = self.begun(requests, Nanos(invoked.0.saturating_add(1)));
        self.requests.get(begun).map(|index| requests[*index].invoked)
    }

    /// Whether another request may have changed its id while this one was under way.
    pub(super) fn raced(&self, requests: &[Request<'a>], index: usize) -> bool {
        let request = &requests[index];
        let ended = request.completed.unwrap_or(request.invoked);
        let begun = self.begun(requests, ended);
        let all = self.requests[..begun].iter().zip(&self.acting_until).rev();
        let mut others = all.take_while(|(_, until)| request.invoked < **until);
        others.any(|(other, _)| {
            let other_is = &requests[*other];
            let open = || !other_is.answered && !self.confirmed_since(requests, other_is, request.invoked);
            let changes = open() || other_is.received.is_some_and(|received| stem(received) != self.stem);
            *other != index && request.invoked < other_is.acts_until && changes
        })
    }

    /// Whether a later answer out of it shows that a request that was given up has changed nothing of its id: a safe one, that
    /// had not done so before.
    fn confirmed_since(&self, requests: &[Request<'a>], cut: &Request<'a>, before: Nanos) -> bool {
        let kept = self.requests.iter().map(|index| &requests[*index]).filter(|asked| {
            asked.succeeded()
                && asked.sent.is_some_and(|sent| sent.stem() == self.stem)
                && asked.received.is_none_or(|received| stem(received) == self.stem)
        });
        let known = kept.clone().any(|asked| asked.invoked < cut.invoked && asked.target == cut.target);
        let since = cut.completed.filter(|_| known && cut.is_safe());
        since.is_some_and(|since| {
            kept.clone().any(|asked| since < asked.invoked && asked.completed.is_some_and(|end| end < before))
        })
    }

    /// The first request that sent its id and was given another session.
    pub(super) fn left(&self, requests: &[Request<'a>]) -> Option<usize> {
        self.requests.iter().copied().find(|index| {
            let request = &requests[*index];
            request.sent.is_some_and(|sent| sent.stem() == self.stem)
                && request.received.is_some_and(|received| stem(received) != self.stem)
        })
    }

    /// When it was shown to be there: by an answer that gave its id, or by a look; from when to when each was asked for.
    pub(super) fn proofs(&self, requests: &[Request<'a>]) -> impl Iterator<Item = (Nanos, Option<Nanos>)> {
        let asked = self.requests.iter().map(|index| &requests[*index]);
        let given = asked.filter(|request| request.received.is_some_and(|received| stem(received) == self.stem));
        let given = given.map(|request| (request.invoked, request.completed));
        given.chain(self.shown.iter().map(|shown| (shown.asked, Some(shown.at))))
    }

    /// Whether it was known to be there by an instant: its id had been given, or a look had shown it.
    pub(super) fn known(&self, requests: &[Request<'a>], at: Nanos) -> bool {
        self.born.is_some_and(|born| requests[born].completed.is_some_and(|end| end < at))
            || self.shown.first().is_some_and(|shown| shown.at < at)
    }

    /// Whether its time may have been over at an instant, as far as a look showed how long it lives.
    pub(super) fn may_have_expired(&self, requests: &[Request<'a>], at: Nanos) -> bool {
        let begun = self.begun(requests, at);
        let asked = self.requests[..begun].last().map(|index| requests[*index].invoked);
        let quiet = self.awaited_until[..begun].last().copied().unwrap_or_default();
        let before = &self.shown[..self.shown.partition_point(|shown| shown.at <= at)];
        let settled = before.partition_point(|shown| shown.asked <= quiet);
        // Looks behind the last request show what that one left. Else what came before it may be in effect, or what any
        // later look shows, if it was so before.
        let shown = if settled < before.len() {
            &before[settled..]
        } else {
            let known = before.last().map_or(Nanos::default(), |last| last.at);
            &self.shown[before.partition_point(|shown| shown.at < known)..]
        };
        // How long it lives is for the node to say that answered it last; a copy may have heard otherwise.
        let owner = self.last_answered(requests, at).map(|index| requests[index].node);
        let by_owner = settled < before.len() && shown.iter().any(|shown| Some(shown.node) == owner);
        let shown = shown.iter().filter(|shown| !by_owner || Some(shown.node) == owner);
        // Not to end at all is longer than any time.
        let lives = shown.filter_map(|shown| shown.replica.max_inactive_s);
        let lives = lives.filter_map(|s| u64::try_from(s).ok()).filter(|s| *s > 0).min().map(Duration::from_secs);
        let used = self.last_successful(requests, at).map(|index| requests[index].invoked).or(asked);
        lives.zip(used).is_some_and(|(lives, used)| lives <= at.since(used))
    }
}
