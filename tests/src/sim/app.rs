//! The counter app as the pages of `harness/app/` have it, and what a bug makes of it.

use tomee_harness::history::ReplicaRole;
use tomee_harness::model::ManagerKind;
use tomee_harness::model::plan::AppRequest;

use super::bug::BugKind;
use super::cluster::{Held, Id, Key, Message};
use super::requests::{Executed, Fate, Flight};
use super::world::World;

impl World {
    /// Runs a page on its node, and queues what it has written for the peers.
    pub(super) fn execute(&mut self, flight: &Flight) -> Executed {
        let failed_over = self.notes_failover(flight);
        let strike = self.strikes(flight, failed_over);
        let found = flight.sent.and_then(|sent| self.find(flight.node, flight.context, sent));
        let found = found.filter(|_| !forgets(flight, strike));
        if found.is_some() {
            self.notes_overtaking(flight);
        }
        match (found, flight.request) {
            (None, AppRequest::Count) => self.create(flight),
            (None, _) => nothing(None),
            (Some(key), request) => {
                if let Some(kind) = strike {
                    self.spoil(kind, key);
                }
                let unrenamed =
                    std::mem::take(&mut self.unrenamed) && request != AppRequest::ChangeId && strike.is_none();
                let executed = self.serve(flight, key, request, unrenamed);
                match strike {
                    Some(kind) => self.spoil_answer(kind, flight, executed),
                    None => executed,
                }
            }
        }
    }

    /// Where nobody waits for the peers a request may come to one that has not yet heard of the end of its session, and what
    /// it writes makes the session anew on those that have: somebody who sees it there may call that a loss.
    fn notes_overtaking(&mut self, flight: &Flight) {
        let known = flight.asked.map(|session| &self.ledger.known[session]);
        if !self.is_sync() && known.and_then(|known| known.ended).is_some_and(|ended| ended < flight.invoked) {
            self.ledger.either.get_or_insert_with(|| "a request overtook the end of its session".to_owned());
        }
    }

    fn notes_failover(&mut self, flight: &Flight) -> bool {
        let Some(session) = flight.asked else { return false };
        let known = &self.ledger.known[session];
        let owner = &self.machines[known.owner];
        let gone = known.owner != flight.node && (!owner.up || owner.life != known.owner_life);
        if gone {
            self.ledger.known[session].failovers += 1;
        }
        gone
    }

    /// Whether the bug strikes at this request.
    fn strikes(&mut self, flight: &Flight, failed_over: bool) -> Option<BugKind> {
        let session = flight.asked?;
        let overlapped = self.flights.iter().filter(|other| other.asked == Some(session)).count() > 1;
        let bug = self.bug.as_ref().filter(|bug| bug.victim.is_none_or(|victim| victim == session) && !bug.struck)?;
        let known = &self.ledger.known[session];
        if known.unsure.is_some() || known.torn || known.enders > 0 || known.ended.is_some() || !known.acknowledged {
            return None;
        }
        let counting = flight.request == AppRequest::Count;
        let moved = known.owner != flight.node && !failed_over;
        let enough = self.ledger.floor(session) > bug.from;
        let strikes = match bug.kind {
            kind if kind.strikes_at_failover() => {
                failed_over
                    && known.failovers >= bug.nth
                    && match kind {
                        BugKind::SessionReplaced | BugKind::CountStartsAgain => counting,
                        BugKind::SessionGone => flight.request == AppRequest::Read,
                        BugKind::LostBehindUnansweredWrite | BugKind::LostUnderTraffic => known.had_unanswered_write,
                        BugKind::GoneBehindUnansweredEnd => known.had_unanswered_end,
                        BugKind::LostBehindHeal => known.healed,
                        _ => true,
                    }
            }
            BugKind::LostWithoutFault | BugKind::ReplacedWithoutFault => counting && !failed_over && enough,
            BugKind::StaleOnMove => moved && enough,
            BugKind::UpdateLost => counting && overlapped,
            BugKind::EndIgnored => flight.request == AppRequest::Invalidate,
            _ => false,
        };
        let (kind, share) = (bug.kind, bug.share);
        if !strikes || self.rng.f64() > share {
            return None;
        }
        if let Some(bug) = &mut self.bug {
            (bug.struck, bug.victim) = (true, Some(session));
        }
        Some(kind)
    }

    /// What the bug makes of what the nodes hold.
    fn spoil(&mut self, kind: BugKind, key: Key) {
        let other = self.other_session(key);
        for machine in &mut self.machines {
            let Some(held) = machine.sessions.get_mut(&key).filter(|held| held.is_whole()) else { continue };
            let count = held.count.unwrap_or_default();
            match kind {
                BugKind::LastWriteLost
                | BugKind::LostAtSecondFailover
                | BugKind::LostBehindUnansweredWrite
                | BugKind::LostBehindHeal
                | BugKind::LostInOneOfTwenty
                | BugKind::LostWithoutFault
                | BugKind::UpdateLost
                | BugKind::StaleOnMove => held.count = Some(count - 1),
                BugKind::ThreeWritesLost => held.count = Some((count - 3).max(0)),
                BugKind::CountStartsAgain | BugKind::LostUnderTraffic => held.count = Some(0),
                BugKind::OnceLost => held.once = None,
                BugKind::OnceChanged => held.once = held.once.map(|once| once + 500_000),
                BugKind::ListLost => held.list = None,
                BugKind::ListOther => held.list = Some(vec![7]),
                BugKind::WriteDoubled => held.count = Some(count + 1),
                BugKind::CrossTalk => {
                    if let Some(other) = &other {
                        (held.count, held.once) = (other.count, other.once);
                    }
                }
                _ => {}
            }
        }
    }

    /// What a session of another client, in the same context, holds.
    fn other_session(&self, key: Key) -> Option<Held> {
        let client = self.ledger.of_stem(key.stem).map(|session| self.ledger.known[session].client);
        let all = self.machines.iter().flat_map(|machine| &machine.sessions);
        let others = all.filter(|(other, held)| {
            let of = self.ledger.of_stem(other.stem).map(|session| self.ledger.known[session].client);
            other.context == key.context && of.is_some() && of != client && held.is_whole()
        });
        others.map(|(_, held)| held.clone()).next()
    }

    /// What the bug makes of the answer.
    fn spoil_answer(&mut self, kind: BugKind, flight: &Flight, mut executed: Executed) -> Executed {
        match kind {
            BugKind::StemChanged => {
                let stem = self.new_stem();
                if let Some(id) = &mut executed.id {
                    let (old, new) =
                        (Key { context: flight.context, stem: id.stem }, Key { context: flight.context, stem });
                    for machine in &mut self.machines {
                        if let Some(held) = machine.sessions.remove(&old) {
                            machine.sessions.insert(new, held);
                        }
                    }
                    id.stem = stem;
                    executed.cookie = Some((*id, true));
                }
            }
            BugKind::RouteKept => {
                if let (Some(id), Some(sent)) = (&mut executed.id, flight.sent) {
                    id.route = sent.route;
                    executed.cookie = None;
                }
            }
            BugKind::CookieNotSet => executed.cookie = None,
            BugKind::CookieOfAnotherId => {
                let stem = self.new_stem();
                if let Some((id, _)) = &mut executed.cookie {
                    id.stem = stem;
                }
            }
            BugKind::CookieForAnotherPath => {
                if let Some((_, right)) = &mut executed.cookie {
                    *right = false;
                }
            }
            BugKind::TakenForNew => executed.new = true,
            BugKind::WrongNodeNamed => {
                executed.named = (0..self.names.len()).find(|node| *node != flight.node);
                if let Some(bug) = self.bug.as_mut().filter(|_| matches!(flight.fate, Fate::Answered)) {
                    bug.shown = Some(format!("#{} was answered by another node than was asked", flight.operation));
                }
            }
            BugKind::OtherClientsSession => {
                let key = flight.sent.map(|sent| Key { context: flight.context, stem: sent.stem });
                let session = key.and_then(|key| {
                    let all = self.machines[flight.node].sessions.iter();
                    let client = flight.client;
                    let mut others = all.filter(|(other, held)| {
                        let of = self.ledger.of_stem(other.stem).map(|session| self.ledger.known[session].client);
                        other.context == key.context && of.is_some_and(|of| of != client) && held.is_whole()
                    });
                    others.next().map(|(key, held)| (*key, held.clone()))
                });
                if let Some((key, held)) = session {
                    executed.id = Some(Id { stem: key.stem, route: flight.node });
                    executed.cookie = executed.id.map(|id| (id, true));
                    (executed.count, executed.once) = (held.count.unwrap_or_default(), held.once);
                }
            }
            _ => {}
        }
        executed
    }

    /// The session of an id on a node: under that id, or under the id that the node itself would give it
    /// (`JvmRouteBinderValve`).
    fn find(&mut self, node: usize, context: usize, sent: Id) -> Option<Key> {
        let key = Key { context, stem: sent.stem };
        let held = self.machines[node].sessions.get(&key)?;
        if held.route != sent.route && held.route != node {
            return None;
        }
        let known = self.manager() == ManagerKind::Delta || self.take_over(node, key);
        known.then_some(key)
    }

    fn create(&mut self, flight: &Flight) -> Executed {
        let (stem, node) = (self.new_stem(), flight.node);
        let key = Key { context: flight.context, stem };
        let backup = if self.manager() == ManagerKind::Backup { self.choose_backup(node) } else { None };
        let held = Held {
            route: node,
            role: ReplicaRole::Primary,
            count: Some(1),
            once: Some(stem),
            list: Some(vec![0]),
            short: false,
            backup,
            owner: node,
        };
        let mut held = held;
        let partial = matches!(flight.fate, Fate::Error { .. }) && self.chance(0.5);
        if partial {
            // The page failed before it had written anything.
            (held.count, held.once, held.list) = (None, None, None);
            self.ledger.unclear("the first request of a session failed midway");
        }
        self.machines[node].sessions.insert(key, held.clone());
        let once = held.once;
        let session = self.ledger.created(flight.client, flight.context, stem, node, once);
        self.ledger.known[session].partial = partial;
        self.ledger.known[session].owner_life = self.machines[node].life;
        self.ledger.counts(session, flight.operation, flight.invoked);
        match self.manager() {
            ManagerKind::Delta => {
                let message = Message::Put { key, held: Held { role: ReplicaRole::Replica, ..held } };
                self.replicate(node, &[message]);
            }
            ManagerKind::Backup => self.replicate_to_backup(node, key, true),
        }
        let id = Id { stem, route: node };
        let kept = flight.fate == Fate::Answered || self.rng.bool();
        Executed {
            id: Some(id),
            new: true,
            count: 1,
            once: Some(stem),
            list: vec![0],
            cookie: kept.then_some((id, true)),
            named: None,
            unrenamed: false,
        }
    }

    fn serve(&mut self, flight: &Flight, mut key: Key, request: AppRequest, unrenamed: bool) -> Executed {
        let (node, delta) = (flight.node, self.manager() == ManagerKind::Delta);
        if let Some(session) = self.ledger.of_stem(key.stem) {
            let known = &mut self.ledger.known[session];
            (known.owner, known.owner_life) = (node, self.machines[node].life);
        }
        let mut messages = Vec::new();
        let Some(held) = self.machines[node].sessions.get_mut(&key) else { return nothing(None) };
        let renamed = held.route != node && !unrenamed;
        if renamed {
            messages.push(Message::Rename { key, from: held.route, to: node });
            held.route = node;
        }
        held.role = ReplicaRole::Primary;
        let (mut count, mut short) = (None, false);
        match request {
            AppRequest::Count => {
                count = Some(held.count.unwrap_or_default() + 1);
                held.count = count;
            }
            AppRequest::Mutate => {
                if let Some(list) = &mut held.list {
                    list.push(i64::try_from(list.len()).unwrap_or(i64::MAX) + 1);
                }
            }
            AppRequest::ShortLive => (held.short, short) = (true, true),
            AppRequest::Read | AppRequest::Invalidate | AppRequest::ChangeId => {}
        }
        let mut whole = renamed;
        match request {
            AppRequest::Invalidate => return self.end(flight, key, renamed, messages),
            AppRequest::ChangeId => {
                let to = Key { stem: self.new_stem(), ..key };
                messages.push(Message::Change { from: key, route: node, to, new_route: node });
                if let Some(held) = self.machines[node].sessions.remove(&key) {
                    self.machines[node].sessions.insert(to, held);
                }
                if !delta {
                    self.replicate(
                        node,
                        &[Message::Change {
                            from: key,
                            route: flight.sent.map_or(node, |id| id.route),
                            to,
                            new_route: node,
                        }],
                    );
                    self.replicate(node, &[Message::Change { from: key, route: node, to, new_route: node }]);
                }
                self.ledger.changed(key.stem, to.stem);
                (key, whole) = (to, true);
            }
            _ => {}
        }
        if delta {
            if count.is_some() || short {
                messages.push(Message::Delta { key, route: node, count, short });
            }
            self.replicate(node, &messages);
        } else if whole || count.is_some() || short {
            self.replicate_to_backup(node, key, whole);
        }
        Executed { unrenamed, ..self.answer(flight, key) }
    }

    fn answer(&self, flight: &Flight, key: Key) -> Executed {
        let Some(held) = self.machines[flight.node].sessions.get(&key) else { return nothing(None) };
        let id = Id { stem: key.stem, route: held.route };
        Executed {
            id: Some(id),
            new: false,
            count: held.count.unwrap_or_default(),
            once: held.once,
            list: held.list.clone().unwrap_or_default(),
            cookie: (flight.sent != Some(id)).then_some((id, true)),
            named: None,
            unrenamed: false,
        }
    }

    fn end(&mut self, flight: &Flight, key: Key, renamed: bool, mut messages: Vec<Message>) -> Executed {
        let cookie = renamed.then_some((Id { stem: key.stem, route: flight.node }, true));
        let bug = self
            .bug
            .as_mut()
            .filter(|bug| bug.victim.is_none_or(|victim| self.ledger.of_stem(key.stem) == Some(victim)));
        match bug.map(|bug| (bug.kind, bug)) {
            Some((BugKind::EndIgnored, _)) => {}
            Some((BugKind::EndNotReplicated, bug)) => {
                bug.struck = true;
                self.machines[flight.node].sessions.remove(&key);
                self.replicate(flight.node, &messages);
            }
            _ => {
                self.machines[flight.node].sessions.remove(&key);
                messages.push(Message::Expire { key, route: flight.node });
                if self.manager() == ManagerKind::Backup {
                    // The others may know it under the route that it had before.
                    let routes = 0..self.machines.len();
                    messages.extend(routes.map(|route| Message::Expire { key, route }));
                }
                self.replicate(flight.node, &messages);
            }
        }
        nothing(cookie)
    }
}

fn nothing(cookie: Option<(Id, bool)>) -> Executed {
    Executed { id: None, new: false, count: 0, once: None, list: Vec::new(), cookie, named: None, unrenamed: false }
}

fn forgets(flight: &Flight, strike: Option<BugKind>) -> bool {
    match strike {
        Some(
            BugKind::SessionReplaced
            | BugKind::SessionGone
            | BugKind::GoneBehindUnansweredEnd
            | BugKind::ReplacedWithoutFault,
        ) => true,
        Some(BugKind::LostUnderTraffic) => flight.operation.is_multiple_of(2),
        _ => false,
    }
}
