//! What nodes send each other about sessions, and how a bug garbles it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tomee_harness::model::ManagerKind;

use super::Bug;
use super::node::{Role, Session};
use super::world::World;

/// [`super::one_session`] counts so often before its first kill: the number of the write that a bug loses.
pub(super) const LAST_COUNT: i64 = 4;
/// How many messages a stale replica takes.
const MESSAGES_OF_A_STALE_REPLICA: u32 = 2;

/// Attributes that one request has set.
pub(super) type Sets = BTreeMap<String, Value>;

impl World {
    /// Sends what a request has set to the peers, before its answer goes out. `created`: the session is new, and the
    /// message that says so goes first; without it a peer drops a message of a session that it does not know.
    pub(super) fn replicate(&mut self, from: usize, id: &str, sets: &Sets, created: bool) {
        if let Some(session) = self.nodes[from].sessions.get_mut(id) {
            session.role = Role::Primary;
        }
        if self.bug == Some(Bug::NotDistributable) {
            return;
        }
        match self.manager {
            ManagerKind::Delta => {
                for to in self.others(from) {
                    self.deliver(to, id, sets, created, Role::Replica);
                }
            }
            ManagerKind::Backup => {
                let keeper = |world: &Self, to: usize| {
                    world.nodes[to].sessions.get(id).is_some_and(|session| session.role == Role::Backup)
                };
                match self.others(from).into_iter().find(|&to| keeper(self, to)) {
                    Some(backup) => self.deliver(backup, id, sets, created, Role::Backup),
                    None => self.relocate(),
                }
            }
        }
    }

    fn deliver(&mut self, to: usize, id: &str, sets: &Sets, created: bool, role: Role) {
        let lost = self.bug == Some(Bug::LosesTheLastWrite)
            && self.kills == 0
            && sets.get("count") == Some(&json!(LAST_COUNT));
        let (bug, node) = (self.bug, &mut self.nodes[to]);
        if !created && !node.sessions.contains_key(id) {
            let text = format!("Manager [/counter]: received session delta for unknown session [{id}]");
            node.log("FINE", "org.apache.catalina.ha.session.DeltaManager", &text);
            return;
        }
        let session = node.sessions.entry(id.to_owned()).or_insert_with(|| Session {
            id: id.to_owned(),
            role,
            attributes: BTreeMap::new(),
            messages: 0,
        });
        session.role = role;
        session.messages += 1;
        let stale = bug == Some(Bug::StaleReplica) && session.messages > MESSAGES_OF_A_STALE_REPLICA;
        if !lost && !stale {
            session.attributes.extend(as_sent(bug, sets));
        }
    }

    /// `BackupManager`: each session has one primary and, where there are two nodes, one backup; the others know only
    /// where it is. Restores that after a member came or went, or a proxy took over.
    pub(super) fn relocate(&mut self) {
        if self.manager != ManagerKind::Backup || self.bug == Some(Bug::NotDistributable) {
            return;
        }
        let running: Vec<usize> = (0..self.nodes.len()).filter(|&node| self.nodes[node].runs()).collect();
        let ids: BTreeSet<String> =
            running.iter().flat_map(|&node| self.nodes[node].sessions.keys().cloned()).collect();
        for id in ids {
            let with = |world: &Self, wanted: Role| {
                let has = |&node: &usize| world.nodes[node].sessions.get(&id).is_some_and(|held| held.role == wanted);
                running.iter().copied().find(has)
            };
            let (primary, backup) = (with(self, Role::Primary), with(self, Role::Backup));
            let Some(primary) = primary.or(backup) else {
                for &node in &running {
                    self.nodes[node].sessions.remove(&id);
                }
                continue;
            };
            // The last one, so that on three nodes and more the node that takes over has to fetch the session.
            let backup = backup
                .filter(|&node| node != primary)
                .or_else(|| self.others(primary).into_iter().rfind(|&node| !self.is_deaf(node)));
            let Some(session) = self.nodes[primary].sessions.get_mut(&id) else { continue };
            session.role = Role::Primary;
            let whole =
                Session { role: Role::Backup, attributes: as_sent(self.bug, &session.attributes), ..session.clone() };
            let proxy = Session { role: Role::Proxy, attributes: BTreeMap::new(), ..whole.clone() };
            for &node in running.iter().filter(|&&node| node != primary) {
                if Some(node) == backup {
                    let held = self.nodes[node].sessions.entry(id.clone()).or_insert_with(|| whole.clone());
                    if held.role != Role::Backup {
                        *held = whole.clone();
                    }
                } else if !self.is_deaf(node) {
                    self.nodes[node].sessions.insert(id.clone(), proxy.clone());
                }
            }
        }
    }

    fn is_deaf(&self, node: usize) -> bool {
        matches!(self.bug, Some(Bug::JoinerStaysEmpty | Bug::TransferFails)) && self.nodes[node].life > 1
    }

    /// Makes a node the one that serves a session. A proxy fetches it first.
    pub(super) fn take_over(&mut self, index: usize, id: &str) {
        let Some(role) = self.nodes[index].sessions.get(id).map(|session| session.role) else { return };
        match self.manager {
            ManagerKind::Delta => {
                for other in self.others(index) {
                    if let Some(session) = self.nodes[other].sessions.get_mut(id) {
                        session.role = Role::Replica;
                    }
                }
            }
            ManagerKind::Backup => {
                let held = |world: &Self, other: usize| {
                    world.nodes[other].sessions.get(id).filter(|session| session.role == Role::Primary).cloned()
                };
                let owner = self.others(index).into_iter().find_map(|other| Some((other, held(self, other)?)));
                if let Some((owner, session)) = owner {
                    if role == Role::Proxy {
                        self.nodes[index].sessions.insert(id.to_owned(), session);
                    }
                    if let Some(session) = self.nodes[owner].sessions.get_mut(id) {
                        session.role = Role::Proxy;
                    }
                }
            }
        }
        if let Some(session) = self.nodes[index].sessions.get_mut(id) {
            session.role = Role::Primary;
        }
        self.relocate();
    }

    /// `JvmRouteBinderValve` and `changeSessionId`: the session gets another id on every node that can be reached.
    pub(super) fn rename(&mut self, on: usize, old: &str, new: &str) {
        let reached = self.others(on).into_iter().chain([on]).collect::<Vec<_>>();
        for index in reached {
            let node = &mut self.nodes[index];
            if let Some(session) = node.sessions.remove(old) {
                node.sessions.insert(new.to_owned(), Session { id: new.to_owned(), ..session });
            }
        }
    }

    /// A node that comes back asks the first member for all sessions (`DeltaManager.getAllClusterSessions`).
    pub(super) fn join(&mut self, index: usize) {
        if self.nodes[index].app.is_none() || self.bug == Some(Bug::NotDistributable) {
            return;
        }
        let behind = self.bug == Some(Bug::JoinerIsBehind);
        let donor = self.others(index).into_iter().find(|&other| self.nodes[other].app.is_some());
        if let (Some(Bug::TransferFails), Some(donor)) = (self.bug, donor) {
            let refused = "Cannot serialize session attribute [cart] for session [A]: java.io.NotSerializableException: shop.Cart";
            self.nodes[donor].log("SEVERE", "org.apache.catalina.ha.session.DeltaSession", refused);
            let failed = "IOException while loading persisted sessions: [invalid type code: 00]";
            self.nodes[index].log("SEVERE", "org.apache.catalina.ha.session.DeltaManager", failed);
        }
        let Some(donor) = donor.filter(|_| !self.is_deaf(index)) else { return };
        let logger = "org.apache.catalina.ha.session.DeltaManager";
        let node = &self.nodes[index];
        node.log("INFO", logger, "Manager [/counter], requesting session state from [n]. This operation will timeout if no session state has been received within [60] seconds.");
        node.log("INFO", logger, "Manager [/counter]; session state sent at [x] received in [8] ms.");
        if self.manager == ManagerKind::Delta {
            let sessions = self.nodes[donor].sessions.clone().into_iter().map(|(id, session)| {
                (id, Session { role: Role::Replica, attributes: as_sent(self.bug, &session.attributes), ..session })
            });
            self.nodes[index].sessions = sessions.collect();
        } else if behind {
            // The bug shows only on a node that holds the session, so the joiner becomes its backup.
            for other in self.others(index) {
                self.nodes[other].sessions.retain(|_, session| session.role != Role::Backup);
            }
            let whole: Vec<Session> = self
                .others(index)
                .iter()
                .flat_map(|&other| {
                    self.nodes[other].sessions.values().filter(|session| session.role == Role::Primary).cloned()
                })
                .collect();
            self.nodes[index].sessions = whole
                .into_iter()
                .map(|session| (session.id.clone(), Session { role: Role::Backup, ..session }))
                .collect();
        }
        if behind {
            for session in self.nodes[index].sessions.values_mut() {
                let count = session.number("count") - 1;
                session.attributes.insert("count".to_owned(), json!(count));
            }
        }
        self.relocate();
    }
}

/// What arrives of attributes that are sent.
fn as_sent(bug: Option<Bug>, attributes: &Sets) -> Sets {
    let dropped = |name: &str| matches!(bug, Some(Bug::PartialSession(lost)) if lost == name);
    attributes.iter().filter(|(name, _)| !dropped(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
