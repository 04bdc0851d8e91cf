//! The machines, what they hold, and what they send each other with `DeltaManager`.

use std::collections::{BTreeMap, BTreeSet};

use tomee_harness::history::ReplicaRole;
use tomee_harness::model::ManagerKind;

use super::bug::BugKind;
use super::world::World;

/// A session on a node: the context and the stem of its id, both by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) context: usize,
    pub(super) stem: usize,
}

/// A session id as a cookie has it: the stem and the node in its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) stem: usize,
    pub(super) route: usize,
}

/// What a node holds of a session.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Held {
    pub(super) route: usize,
    pub(super) role: ReplicaRole,
    pub(super) count: Option<i64>,
    pub(super) once: Option<usize>,
    pub(super) list: Option<Vec<i64>>,
    pub(super) short: bool,
    /// Of a primary of `BackupManager`: where its copy is.
    pub(super) backup: Option<usize>,
    /// Of a backup or a proxy: where the primary is.
    pub(super) owner: usize,
}

impl Held {
    pub(super) fn as_role(&self, role: ReplicaRole) -> Self {
        let mut copy = Self { role, backup: None, ..self.clone() };
        if role == ReplicaRole::Proxy {
            (copy.count, copy.once, copy.list) = (None, None, None);
        }
        copy
    }

    pub(super) fn is_whole(&self) -> bool {
        self.role != ReplicaRole::Proxy
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    pub(super) up: bool,
    pub(super) frozen: bool,
    pub(super) serves: bool,
    pub(super) serves_since: u64,
    pub(super) life: usize,
    pub(super) members: BTreeSet<usize>,
    pub(super) sessions: BTreeMap<Key, Held>,
}

/// What a node sends another.
#[derive(Debug, Clone)]
pub(super) enum Message {
    Put { key: Key, held: Held },
    Delta { key: Key, route: usize, count: Option<i64>, short: bool },
    Rename { key: Key, from: usize, to: usize },
    Change { from: Key, route: usize, to: Key, new_route: usize },
    Expire { key: Key, route: usize },
}

impl Message {
    fn key(&self) -> Key {
        match self {
            Self::Put { key, .. } | Self::Delta { key, .. } | Self::Rename { key, .. } | Self::Expire { key, .. } => {
                *key
            }
            Self::Change { from, .. } => *from,
        }
    }
}

impl World {
    /// The nodes that run and are not frozen.
    pub(super) fn awake(&self) -> Vec<usize> {
        (0..self.machines.len()).filter(|node| self.machines[*node].up && !self.machines[*node].frozen).collect()
    }

    /// The nodes that can be asked for the apps.
    pub(super) fn serving(&self) -> Vec<usize> {
        self.awake().into_iter().filter(|node| self.machines[*node].serves).collect()
    }

    /// Whether what a node sends now comes to another.
    pub(super) fn hears(&self, from: usize, to: usize) -> bool {
        let (a, b) = (&self.machines[from], &self.machines[to]);
        let apart = self.cut.is_some_and(|cut| (cut == from) != (cut == to));
        from != to && a.up && b.up && !b.frozen && !apart && b.serves
    }

    pub(super) fn peers(&self, node: usize) -> Vec<usize> {
        (0..self.machines.len())
            .filter(|peer| self.hears(node, *peer) && self.machines[node].members.contains(peer))
            .collect()
    }

    /// Queues what a request has written for each peer that is to have it.
    pub(super) fn replicate(&mut self, from: usize, messages: &[Message]) {
        for to in self.peers(from) {
            for message in messages {
                if !self.loses(from, to, message) {
                    self.wire[from][to].push_back(message.clone());
                }
            }
        }
    }

    fn loses(&mut self, _from: usize, to: usize, message: &Message) -> bool {
        let Some(bug) = &mut self.bug else { return false };
        let session = self.ledger.of_stem(message.key().stem);
        let count = match message {
            Message::Delta { count, .. } => *count,
            Message::Put { held, .. } => held.count,
            _ => None,
        };
        match bug.kind {
            BugKind::ReplicaBehindForEver if bug.victim == session && count.is_some_and(|count| count > bug.from) => {
                let node = *bug.node.get_or_insert(to);
                bug.struck |= node == to;
                node == to && matches!(message, Message::Delta { .. })
            }
            BugKind::NoReplicationOfSession if bug.victim == session => {
                bug.struck = true;
                true
            }
            _ => false,
        }
    }

    /// Delivers the messages from one node to another.
    pub(super) fn deliver(&mut self, from: usize, to: usize) {
        while let Some(message) = self.wire[from][to].pop_front() {
            if self.hears(from, to) {
                self.apply(to, message);
            }
        }
    }

    /// Delivers all messages, in the order of each line.
    pub(super) fn flush(&mut self) {
        for from in 0..self.machines.len() {
            for to in 0..self.machines.len() {
                self.deliver(from, to);
            }
        }
    }

    fn apply(&mut self, to: usize, message: Message) {
        let delta = self.manager() == ManagerKind::Delta;
        let message = self.garbled(to, message);
        let sessions = &mut self.machines[to].sessions;
        match message {
            Message::Put { key, held } => drop(sessions.insert(key, held)),
            Message::Delta { key, route, count, short } => {
                if let Some(held) = sessions.get_mut(&key).filter(|held| held.route == route) {
                    if delta {
                        held.role = ReplicaRole::Replica;
                    } else if held.role != ReplicaRole::Backup {
                        return;
                    }
                    held.count = count.or(held.count);
                    held.short |= short;
                }
            }
            Message::Rename { key, from, to } => {
                if let Some(held) = sessions.get_mut(&key).filter(|held| held.route == from) {
                    held.route = to;
                    if delta {
                        held.role = ReplicaRole::Replica;
                    }
                }
            }
            Message::Change { from, route, to, new_route } => {
                if sessions.get(&from).is_some_and(|held| held.route == route)
                    && let Some(mut held) = sessions.remove(&from)
                {
                    held.route = new_route;
                    sessions.insert(to, held);
                }
            }
            Message::Expire { key, route } => {
                if sessions.get(&key).is_some_and(|held| held.route == route) {
                    sessions.remove(&key);
                }
            }
        }
    }

    /// What a bug makes of a message on its arrival.
    fn garbled(&mut self, to: usize, mut message: Message) -> Message {
        let session = self.ledger.of_stem(message.key().stem);
        let Some(bug) = self.bug.as_mut().filter(|bug| bug.victim == session) else { return message };
        match (&mut message, bug.kind) {
            (Message::Put { held, .. }, BugKind::CreationWithoutOnce) => {
                held.once = None;
                bug.struck = true;
            }
            (Message::Put { held, .. }, BugKind::CreationWithoutList) => {
                held.list = None;
                bug.struck = true;
            }
            (Message::Delta { count: Some(count), .. }, BugKind::DeltaOutOfOrder) if *count > bug.from => {
                // The older one is applied behind it, and stays until the next.
                let node = *bug.node.get_or_insert(to);
                if node == to {
                    *count -= 1;
                    bug.struck = true;
                }
            }
            _ => {}
        }
        message
    }
}
