//! Requests on their way: sent, executed, replicated to one peer after the other, answered.

use std::collections::BTreeSet;

use tomee_harness::history::{CounterReply, OperationId, Outcome, RecordKind, Reply};
use tomee_harness::model::SessionId;
use tomee_harness::model::plan::AppRequest;

use super::bug::BugKind;
use super::cluster::Id;
use super::ledger::ObservedAnswer;
use super::world::{MILLISECOND, SECOND, World};

/// How a request will end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    /// A complete answer that is not the app's.
    Error {
        status: u16,
        lands: bool,
    },
    /// No answer.
    Silent {
        lands: bool,
    },
}

/// What a node has made of a request.
#[derive(Debug, Clone)]
pub(super) struct Executed {
    pub(super) id: Option<Id>,
    pub(super) new: bool,
    pub(super) count: i64,
    pub(super) once: Option<usize>,
    pub(super) list: Vec<i64>,
    pub(super) cookie: Option<(Id, bool)>,
    /// Another node than the one that answers, where it names another.
    pub(super) named: Option<usize>,
    /// Whether it was served under the route that it came with, as a proxy may once.
    pub(super) unrenamed: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) operation: usize,
    pub(super) client: usize,
    pub(super) context: usize,
    pub(super) node: usize,
    pub(super) request: AppRequest,
    pub(super) sent: Option<Id>,
    /// The session that the client means.
    pub(super) asked: Option<usize>,
    pub(super) invoked: u64,
    pub(super) fate: Fate,
    pub(super) executed: Option<Executed>,
    /// Peers that have not yet got what it wrote.
    pub(super) waits_for: BTreeSet<usize>,
    pub(super) raced: bool,
}

fn ends(request: AppRequest) -> bool {
    matches!(request, AppRequest::Invalidate | AppRequest::ChangeId)
}

impl World {
    /// Sends a request.
    pub(super) fn send(&mut self, client: usize, node: usize, context: usize, request: AppRequest, fate: Fate) {
        self.operations += 1;
        let fate = if self.cursed == Some(client) { self.cursed_fate() } else { fate };
        let fate = if self.shop && self.faults > 0 { Fate::Answered } else { fate };
        self.forgets_its_cookie(client, context);
        let sent = self.browsers[client].jar.get(&context).copied();
        let kind = RecordKind::Invoke {
            operation: self.operation_id(self.operations),
            client: self.browsers[client].name.clone(),
            node: self.names[node].clone(),
            request: Some(request),
            target: format!("GET {}/{}", self.contexts[context], request.page()),
            session: sent.map(|id| self.id_text(id)),
        };
        self.push(kind);
        let asked = sent.and_then(|id| self.ledger.of_stem(id.stem));
        let mut flight = Flight {
            operation: self.operations,
            client,
            context,
            node,
            request,
            sent,
            asked,
            invoked: self.now,
            fate,
            executed: None,
            waits_for: BTreeSet::new(),
            raced: false,
        };
        if let Some(session) = asked {
            if request == AppRequest::Count {
                self.ledger.counts(session, flight.operation, flight.invoked);
            }
            let known = &mut self.ledger.known[session];
            flight.raced = known.enders > 0;
            if ends(request) {
                known.enders += 1;
                for other in self.flights.iter_mut().filter(|other| other.asked == Some(session)) {
                    (other.raced, flight.raced) = (true, true);
                }
            }
        }
        if self.machines[node].up {
            self.flights.push(flight);
        } else if self.answers_for_the_dead(node) {
            self.answer_of_the_dead(flight);
        } else {
            self.complete(
                &flight,
                Outcome::Failed { why: "tcp connect error: Connection refused (os error 111)".to_owned() },
            );
        }
    }

    /// Lets one request on its way, chosen at random, go one step further.
    pub(super) fn advance_any(&mut self) {
        let movable: Vec<usize> =
            (0..self.flights.len()).filter(|index| !self.machines[self.flights[*index].node].frozen).collect();
        if let Some(index) = self.pick(&movable) {
            self.advance(index);
        }
    }

    pub(super) fn has_movable(&self, of: impl Fn(&Flight) -> bool) -> bool {
        self.flights.iter().any(|flight| !self.machines[flight.node].frozen && of(flight))
    }

    /// Lets all requests on their way end that can.
    pub(super) fn drain(&mut self) {
        while self.has_movable(|_| true) {
            self.advance_any();
        }
    }

    fn advance(&mut self, index: usize) {
        self.pass(100_000, 2 * MILLISECOND);
        if self.flights[index].executed.is_none() {
            self.execute_flight(index);
            return;
        }
        let node = self.flights[index].node;
        if let Some(peer) = self.flights[index].waits_for.pop_first() {
            self.deliver(node, peer);
            return;
        }
        let flight = self.flights.swap_remove(index);
        let outcome = self.outcome(&flight);
        if let (Fate::Silent { .. }, false) = (flight.fate, self.has_short_lived()) {
            self.pass(2 * SECOND, 3 * SECOND);
            // No message is on its way so long, also where nobody waits for it.
            if !self.is_sync() {
                self.flush();
            }
        }
        self.complete(&flight, outcome);
    }

    fn execute_flight(&mut self, index: usize) {
        let flight = self.flights[index].clone();
        let lands = match flight.fate {
            Fate::Answered => true,
            Fate::Error { lands, .. } | Fate::Silent { lands } => lands,
        };
        let executed = if lands {
            self.execute(&flight)
        } else {
            Executed {
                id: None,
                new: false,
                count: 0,
                once: None,
                list: Vec::new(),
                cookie: None,
                named: None,
                unrenamed: false,
            }
        };
        let waits_for =
            if lands && self.is_sync() { self.peers(flight.node).into_iter().collect() } else { BTreeSet::new() };
        if self.split && lands {
            // What one side writes the other does not get.
            for session in executed.id.and_then(|id| self.ledger.of_stem(id.stem)).into_iter().chain(flight.asked) {
                let known = &mut self.ledger.known[session];
                (known.torn, known.answers_since_heal) = (true, 0);
            }
        }
        let flight = &mut self.flights[index];
        (flight.executed, flight.waits_for) = (Some(executed), waits_for);
    }

    fn outcome(&self, flight: &Flight) -> Outcome {
        let Some(executed) = &flight.executed else {
            return Outcome::Unknown { why: "connection closed before message completed".to_owned(), reply: None };
        };
        match flight.fate {
            Fate::Answered => Outcome::Ok { reply: self.reply(flight, executed, 200) },
            Fate::Error { status, .. } => {
                let reply = Reply { counter: None, ..self.reply(flight, executed, status) };
                if status < 400 {
                    return Outcome::Ok { reply };
                }
                let reply = Some(reply);
                Outcome::Unknown { why: format!("HTTP {status}"), reply }
            }
            Fate::Silent { .. } => Outcome::Unknown { why: "operation timed out".to_owned(), reply: None },
        }
    }

    pub(super) fn reply(&self, flight: &Flight, executed: &Executed, status: u16) -> Reply {
        let cookie = executed.cookie.map(|(id, right)| {
            let path = if right { self.contexts[flight.context].as_str() } else { "/other" };
            format!("JSESSIONID={}; Path={path}; HttpOnly", self.id_text(id))
        });
        let counter = CounterReply {
            node: self.names[executed.named.unwrap_or(flight.node)].to_string(),
            session: executed.id.map(|id| self.id_text(id)),
            route: executed.id.map(|id| self.names[id.route].to_string()),
            new: executed.new,
            count: executed.count,
            once: executed.once.map(|once| self.once_text(once)),
            list: executed.list.clone(),
        };
        Reply { status, set_cookie: cookie.into_iter().collect(), counter: Some(counter), ..Reply::default() }
    }

    pub(super) fn once_text(&self, once: usize) -> String {
        let text = self.stem_text(once + 1_000_000).to_lowercase();
        format!("{}-{}-{}", &text[..8], &text[8..12], &text[12..24])
    }

    pub(super) fn session_text(&self, id: Id) -> SessionId {
        self.id_text(id)
    }

    fn operation_id(&self, operation: usize) -> OperationId {
        debug_assert!(operation <= self.operations);
        OperationId(u32::try_from(operation).unwrap_or(u32::MAX))
    }

    /// A request has ended: the record, the client's cookies, the ledger.
    pub(super) fn complete(&mut self, flight: &Flight, outcome: Outcome) {
        let failed = matches!(outcome, Outcome::Failed { .. });
        let answered = matches!(&outcome, Outcome::Ok { reply } if reply.counter.is_some());
        let heard = matches!(outcome, Outcome::Ok { .. } | Outcome::Unknown { reply: Some(_), .. });
        self.push(RecordKind::Complete { operation: self.operation_id(flight.operation), outcome });
        self.end_attempt(flight, heard, failed);
        if let Some(session) = flight.asked {
            let (now, known) = (self.now, &mut self.ledger.known[session]);
            known.trailing += usize::from(!answered);
            if ends(flight.request) {
                known.enders -= 1;
                if !failed && !answered {
                    known.unsure = Some(now);
                    known.had_unanswered_end = true;
                }
            }
            // Whether the node did or not, its client cannot know.
            let moved = flight.sent.is_some_and(|sent| sent.route != flight.node);
            let renamed = flight
                .executed
                .as_ref()
                .is_some_and(|executed| executed.id.is_some() && (moved || executed.id != flight.sent));
            if renamed && !heard {
                known.unsure = Some(now);
                known.renamed_unheard = true;
            }
            known.had_unanswered_write |= flight.request == AppRequest::Count && !failed && !answered;
        }
        let executed = flight.executed.as_ref().filter(|_| heard);
        if let Some((id, true)) = executed.and_then(|executed| executed.cookie) {
            self.browsers[flight.client].jar.insert(flight.context, id);
        } else if executed.is_some_and(|executed| executed.cookie.is_some()) {
            self.browsers[flight.client].jar.remove(&flight.context);
        }
        let Some(executed) = executed.filter(|_| answered) else { return };
        if let (AppRequest::Invalidate, None, Some(session)) = (flight.request, executed.id, flight.asked) {
            let known = &mut self.ledger.known[session];
            if known.unsure.is_some() {
                known.finished = true;
                self.ledger.unclear("a session was ended whose id may have changed before");
            } else {
                known.ended.get_or_insert(self.now);
            }
        }
        if let Some(bug) =
            self.bug.as_mut().filter(|bug| bug.kind == BugKind::KillWithoutDeath && bug.node == Some(flight.node))
        {
            bug.struck = true;
            bug.shown = Some(format!("#{} was answered by a node that is said to be dead", flight.operation));
        }
        let observed = ObservedAnswer {
            operation: flight.operation,
            client: flight.client,
            context: flight.context,
            node: flight.node,
            request: flight.request,
            invoked: flight.invoked,
            completed: self.now,
            raced: flight.raced,
            asked: flight.asked,
            sent: flight.sent,
            id: executed.id,
            new: executed.new,
            unrenamed: executed.unrenamed,
            count: executed.count,
            once: executed.once,
            list: executed.list.clone(),
            cookie: executed.cookie,
        };
        self.ledger.read(&observed);
    }

    /// An increment is over with its answer. Nobody can know that one which ran out of time is over before its node is.
    fn end_attempt(&mut self, flight: &Flight, heard: bool, failed: bool) {
        if heard || failed || !self.machines[flight.node].up {
            self.ledger.ended_attempt(flight.operation, self.now, failed);
        } else {
            self.unheard.push((flight.operation, flight.node));
        }
    }

    /// What ran out of time on a node that has ended is over.
    pub(super) fn end_unheard(&mut self, node: usize) {
        for (operation, on) in std::mem::take(&mut self.unheard) {
            if on == node {
                self.ledger.ended_attempt(operation, self.now, false);
            } else {
                self.unheard.push((operation, on));
            }
        }
    }

    fn cursed_fate(&mut self) -> Fate {
        match self.rng.usize(..3) {
            0 => Fate::Error { status: 404, lands: false },
            1 => Fate::Error { status: 302, lands: false },
            _ => Fate::Error { status: 500, lands: self.rng.bool() },
        }
    }

    /// A client that does not send the cookie that it was given.
    fn forgets_its_cookie(&mut self, client: usize, context: usize) {
        let Some(id) = self.browsers[client].jar.get(&context).copied() else { return };
        let Some(session) = self.ledger.of_stem(id.stem) else { return };
        let known = &self.ledger.known[session];
        let owner = &self.machines[known.owner];
        let failover = !owner.up || owner.life != known.owner_life;
        let quiet = known.acknowledged && known.ended.is_none() && known.unsure.is_none() && known.enders == 0;
        if let Some(bug) = self.bug.as_mut().filter(|bug| bug.kind == BugKind::CookieNotSent && !bug.struck)
            && failover
            && quiet
        {
            (bug.struck, bug.victim) = (true, Some(session));
            bug.shown = Some(format!("#{} sends no cookie, and its client has one", self.operations));
            self.browsers[client].jar.remove(&context);
        }
    }

    fn answers_for_the_dead(&self, node: usize) -> bool {
        self.bug
            .as_ref()
            .is_some_and(|bug| bug.kind == BugKind::DeadNodeAnswers && !bug.struck && bug.node == Some(node))
    }

    fn answer_of_the_dead(&mut self, mut flight: Flight) {
        let Some(session) =
            flight.asked.filter(|_| flight.request == AppRequest::Count && flight.fate == Fate::Answered)
        else {
            return self.fail(&flight);
        };
        let (count, once) = (self.ledger.floor(session) + 1, self.ledger.known[session].once);
        let Some(sent) = flight.sent else { return self.fail(&flight) };
        let id = Id { route: flight.node, ..sent };
        let cookie = (id != sent).then_some((id, true));
        let executed =
            Executed { id: Some(id), new: false, count, once, list: vec![0], cookie, named: None, unrenamed: false };
        flight.executed = Some(executed);
        let outcome = self.outcome(&flight);
        if let Some(bug) = &mut self.bug {
            bug.struck = true;
            bug.shown = Some(format!("#{} was answered by a node that had been killed", flight.operation));
        }
        self.complete(&flight, outcome);
    }

    fn fail(&mut self, flight: &Flight) {
        self.complete(
            flight,
            Outcome::Failed { why: "tcp connect error: Connection refused (os error 111)".to_owned() },
        );
    }
}
