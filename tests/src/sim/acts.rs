//! What clients do: steps of requests, and traffic beside the other steps.

use std::collections::VecDeque;

use tomee_harness::model::plan::AppRequest;
use tomee_harness::model::{ClientName, Load, Millis, StepKind, Target, target::Role};

use super::requests::Fate;
use super::world::{Browser, Flow, SECOND, World};

/// A step of requests.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) name: ClientName,
    pub(super) clients: Vec<usize>,
    pub(super) context: usize,
    pub(super) node: usize,
    pub(super) request: AppRequest,
    pub(super) times: usize,
    pub(super) at_once: usize,
    /// How each of them ends; random where nothing is said.
    pub(super) fate: Option<Fate>,
}

fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

impl World {
    /// A browser with this name.
    pub(super) fn browser(&mut self, name: ClientName) -> usize {
        self.browsers.push(Browser { name, jar: std::collections::BTreeMap::new() });
        self.browsers.len() - 1
    }

    /// How a request ends: mostly well.
    pub(super) fn random_fate(&mut self, request: AppRequest) -> Fate {
        let smooth = matches!(request, AppRequest::Invalidate | AppRequest::ChangeId);
        let lands = self.rng.bool();
        if self.shop && smooth {
            // What never succeeded is no run of an app's.
            return Fate::Answered;
        }
        match self.rng.usize(..1000) {
            0..10 => Fate::Error { status: 500, lands },
            10..14 => Fate::Error { status: 503, lands: false },
            14..18 => Fate::Error { status: 404, lands: false },
            18..28 if !smooth => Fate::Silent { lands },
            _ => Fate::Answered,
        }
    }

    /// A step of requests of one or more clients.
    pub(super) fn ask(&mut self, ask: &Ask) {
        let count = ask.clients.len();
        let parallel = 1 + self.rng.usize(..count.clamp(1, 4));
        let routes = ask.clients.iter().map(|client| self.browsers[*client].jar.get(&ask.context).map(|id| id.route));
        let own = routes.into_iter().all(|route| route == Some(ask.node)) && self.machines[ask.node].serves;
        let sticky = own && self.chance(0.3);
        let node = if sticky { Target::Role(Role::Sticky) } else { self.names[ask.node].clone().into() };
        let kind = StepKind::Request {
            client: ask.name.clone(),
            node,
            context: self.contexts[ask.context].clone(),
            request: ask.request,
            load: Load {
                times: number(ask.times),
                clients: number(count),
                parallel: number(parallel),
                at_once: number(ask.at_once),
                every: None,
            },
        };
        let title = format!("{}: {:?} {} times on {}", ask.name, ask.request, ask.times, self.names[ask.node]);
        let step = self.begin_step(kind, title);
        if !self.is_sync() && self.chance(0.9) {
            self.flush();
        }
        let mut waiting: VecDeque<(usize, usize)> = ask.clients.iter().map(|client| (*client, ask.times)).collect();
        let mut active: Vec<(usize, usize)> = Vec::new();
        loop {
            active.retain(|(client, left)| *left > 0 || self.flying(*client) > 0);
            while active.len() < parallel
                && let Some(next) = waiting.pop_front()
            {
                active.push(next);
            }
            if active.is_empty() {
                break;
            }
            let turn = self.rng.usize(..active.len());
            let (client, left) = active[turn];
            if left > 0 && self.flying(client) < ask.at_once && self.rng.bool() {
                active[turn].1 -= 1;
                let fate = ask.fate.unwrap_or_else(|| self.random_fate(ask.request));
                self.send(client, ask.node, ask.context, ask.request, fate);
            } else if self.has_movable(|_| true) {
                self.tick();
            }
        }
        self.end_step(step);
    }

    fn flying(&self, client: usize) -> usize {
        self.flights.iter().filter(|flight| flight.client == client).count()
    }

    /// Begins a traffic of so many new clients.
    pub(super) fn begin_traffic(&mut self, name: &ClientName, count: usize, context: usize) {
        let clients = self.numbered(name, count);
        let serving = self.serving();
        let node = if self.rng.bool() { self.pick(&serving) } else { None };
        let target = node.map_or(Target::Role(Role::Sticky), |node| self.names[node].clone().into());
        let kind = StepKind::Traffic {
            client: name.clone(),
            node: target,
            context: self.contexts[context].clone(),
            request: AppRequest::Count,
            clients: number(count),
            every: Millis(50),
        };
        let step = self.begin_step(kind, format!("{name}: traffic of {count} clients"));
        self.flows.push(Flow { name: name.clone(), clients, context, node });
        self.bustle(count * 6);
        self.end_step(step);
    }

    /// Browsers with a name and a number; where it is one, without.
    pub(super) fn numbered(&mut self, name: &ClientName, count: usize) -> Vec<usize> {
        if count == 1 {
            return vec![self.browser(name.clone())];
        }
        let names = (1..=count).map(|client| name.numbered(number(client)).expect("a good name"));
        names.collect::<Vec<_>>().into_iter().map(|name| self.browser(name)).collect()
    }

    pub(super) fn end_traffic(&mut self) {
        for flow in std::mem::take(&mut self.flows) {
            let title = format!("{}: end of the traffic", flow.name);
            let step = self.begin_step(StepKind::EndTraffic { client: flow.name.clone() }, title);
            while self.has_movable(|flight| flow.clients.contains(&flight.client)) {
                self.advance_any();
            }
            self.end_step(step);
            self.retired.push(flow);
        }
    }

    /// Lets time pass while traffic goes on.
    pub(super) fn bustle(&mut self, ticks: usize) {
        for _ in 0..ticks {
            self.tick();
        }
    }

    fn tick(&mut self) {
        if !self.flows.is_empty() && self.rng.usize(..3) == 0 {
            self.flow();
        } else {
            self.advance_any();
        }
        if !self.is_sync() && self.chance(0.5) {
            let (from, to) = (self.rng.usize(..self.names.len()), self.rng.usize(..self.names.len()));
            self.deliver(from, to);
        }
    }

    fn flow(&mut self) {
        let flow = self.flows[self.rng.usize(..self.flows.len())].clone();
        let client = flow.clients[self.rng.usize(..flow.clients.len())];
        if self.flying(client) > 0 {
            return;
        }
        let serving = self.serving();
        let named = self.browsers[client].jar.get(&flow.context).map(|id| id.route);
        let node = match (flow.node, named.filter(|node| serving.contains(node))) {
            (Some(node), _) if !self.machines[node].frozen => Some(node),
            (Some(_), _) => None,
            (None, Some(named)) => Some(named),
            (None, None) => self.pick(&serving),
        };
        let Some(node) = node.filter(|node| self.machines[*node].serves || !self.machines[*node].up) else { return };
        let fate = self.random_fate(AppRequest::Count);
        self.send(client, node, flow.context, AppRequest::Count, fate);
    }

    /// Nothing happens for half a minute: sessions that live short end, and who is gone is missed.
    pub(super) fn idle(&mut self) {
        self.drain();
        self.flush();
        self.pass(30 * SECOND, 40 * SECOND);
        if self.unnoticed && !self.split && self.cut.is_none() && !self.machines.iter().any(|machine| machine.frozen) {
            // Long before that the others know who is gone.
            self.evict();
        }
        let now = self.now;
        for session in 0..self.ledger.known.len() {
            let known = &mut self.ledger.known[session];
            let key = super::cluster::Key { context: known.context, stem: known.stem };
            let short = self.machines.iter().any(|machine| machine.sessions.get(&key).is_some_and(|held| held.short));
            if short {
                known.ended.get_or_insert(now);
                self.machines.iter_mut().for_each(|machine| drop(machine.sessions.remove(&key)));
            }
        }
    }
}
