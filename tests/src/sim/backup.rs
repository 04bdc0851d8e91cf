//! `BackupManager`: each session has one primary, one backup, and proxies elsewhere.

use tomee_harness::history::ReplicaRole;
use tomee_harness::model::ManagerKind;

use super::bug::BugKind;
use super::cluster::{Held, Key, Message};
use super::world::World;

impl World {
    /// Makes a node the primary of a session that it knows; whether the session could be had.
    pub(super) fn take_over(&mut self, node: usize, key: Key) -> bool {
        let Some(own) = self.machines[node].sessions.get(&key).cloned() else { return false };
        if own.role == ReplicaRole::Primary {
            return true;
        }
        let keepers: Vec<usize> = (0..self.machines.len())
            .filter(|peer| self.hears(node, *peer))
            .filter(|peer| {
                let held = self.machines[*peer].sessions.get(&key);
                held.is_some_and(|held| held.is_whole() && held.route == own.route)
            })
            .collect();
        let role = |peer: &usize| self.machines[*peer].sessions[&key].role;
        let primary = keepers.iter().copied().find(|peer| role(peer) == ReplicaRole::Primary);
        // A proxy fails to inform a dead owner, and the id is renamed only by the next request.
        self.unrenamed = !own.is_whole() && !self.machines[own.owner].up && self.rng.bool();
        let whole = match (own.is_whole(), primary.or(keepers.first().copied())) {
            (true, _) => own,
            (false, Some(keeper)) => self.machines[keeper].sessions[&key].clone(),
            (false, None) => {
                self.machines[node].sessions.remove(&key);
                return false;
            }
        };
        let backup = primary.or_else(|| self.peers(node).first().copied());
        let mut mine = whole.as_role(ReplicaRole::Primary);
        (mine.backup, mine.owner) = (backup, node);
        self.machines[node].sessions.insert(key, mine);
        self.copy_out(node, key);
        true
    }

    /// Gives the backup of a primary its copy, and all others a proxy.
    fn copy_out(&mut self, node: usize, key: Key) {
        if self.is_sync() {
            self.flush();
        }
        let Some(held) = self.machines[node].sessions.get(&key).cloned() else { return };
        for peer in self.peers(node) {
            let role = if held.backup == Some(peer) { ReplicaRole::Backup } else { ReplicaRole::Proxy };
            let mut copy = held.as_role(role);
            copy.owner = node;
            self.machines[peer].sessions.insert(key, copy);
        }
    }

    /// Queues what a request has written.
    pub(super) fn replicate_to_backup(&mut self, node: usize, key: Key, renamed: bool) {
        let Some(held) = self.machines[node].sessions.get(&key).cloned() else { return };
        let whole = renamed || self.ledger.is_torn(key.stem);
        let known = held.backup.filter(|backup| self.peers(node).contains(backup));
        for peer in self.peers(node) {
            let known_there = self.machines[peer].sessions.contains_key(&key);
            let message = match (known == Some(peer), whole || !known_there) {
                (true, false) => Message::Delta { key, route: held.route, count: held.count, short: held.short },
                (true, true) => Message::Put { key, held: held.as_role(ReplicaRole::Backup) },
                (false, true) => Message::Put { key, held: held.as_role(ReplicaRole::Proxy) },
                (false, false) => continue,
            };
            self.wire[node][peer].push_back(message);
        }
    }

    /// A new session's backup: the next one in turn.
    pub(super) fn choose_backup(&mut self, node: usize) -> Option<usize> {
        let peers = self.peers(node);
        if peers.is_empty() { None } else { Some(peers[self.rng.usize(..peers.len())]) }
    }

    /// A node has seen that others are gone: copies are made anew where one is missing.
    pub(super) fn relocate(&mut self) {
        if self.manager() != ManagerKind::Backup {
            return;
        }
        for node in self.awake() {
            for key in self.machines[node].sessions.keys().copied().collect::<Vec<_>>() {
                self.relocate_one(node, key);
            }
        }
    }

    fn relocate_one(&mut self, node: usize, key: Key) {
        let peers = self.peers(node);
        let Some(held) = self.machines[node].sessions.get(&key).cloned() else { return };
        let elsewhere = |role: ReplicaRole| {
            peers.iter().any(|peer| self.machines[*peer].sessions.get(&key).is_some_and(|other| other.role == role))
        };
        let promoted =
            held.role == ReplicaRole::Backup && !peers.contains(&held.owner) && !elsewhere(ReplicaRole::Primary);
        if held.role == ReplicaRole::Proxy && !elsewhere(ReplicaRole::Primary) && !elsewhere(ReplicaRole::Backup) {
            self.machines[node].sessions.remove(&key);
            return;
        }
        let lacks = held.backup.is_none_or(|backup| {
            !peers.contains(&backup)
                || self.machines[backup].sessions.get(&key).is_none_or(|copy| copy.role != ReplicaRole::Backup)
        });
        if promoted || (held.role == ReplicaRole::Primary && lacks) {
            let backup = self.choose_backup(node);
            if let Some(bug) = self.bug.as_mut().filter(|bug| bug.kind == BugKind::RelocatedBackupMissing)
                && self.ledger.of_stem(key.stem) == bug.victim
                && (promoted || backup.is_some())
            {
                bug.struck = true;
                if let Some(mine) = self.machines[node].sessions.get_mut(&key) {
                    (mine.role, mine.backup, mine.owner) = (ReplicaRole::Primary, None, node);
                }
                return;
            }
            if let Some(mine) = self.machines[node].sessions.get_mut(&key) {
                (mine.role, mine.backup, mine.owner) = (ReplicaRole::Primary, backup, node);
            }
            self.copy_out(node, key);
        }
    }

    /// A node that has joined learns where each session is.
    pub(super) fn give_proxies(&mut self) {
        for node in self.awake() {
            let primaries = self.machines[node].sessions.iter().filter(|(_, held)| held.is_primary());
            for key in primaries.map(|(key, _)| *key).collect::<Vec<_>>() {
                self.copy_out(node, key);
            }
        }
    }

    /// Nodes that were apart see each other again: what nobody asked meanwhile is as before, all else stays torn.
    pub(super) fn reunite(&mut self) {
        if self.manager() != ManagerKind::Backup {
            return;
        }
        for node in self.awake() {
            let primaries = self.machines[node].sessions.iter().filter(|(_, held)| held.role == ReplicaRole::Primary);
            for key in primaries.map(|(key, _)| *key).collect::<Vec<_>>() {
                let owner = self.ledger.owner(key.stem);
                let theirs = owner.is_some_and(|owner| {
                    owner != node
                        && self.hears(node, owner)
                        && self.machines[owner].sessions.get(&key).is_some_and(Held::is_primary)
                });
                if theirs {
                    continue;
                }
                let backup = self.peers(node).first().copied();
                if let Some(mine) = self.machines[node].sessions.get_mut(&key) {
                    (mine.backup, mine.owner) = (backup, node);
                }
                if self.ledger.is_torn(key.stem) {
                    let copy = self.machines[node].sessions[&key].as_role(ReplicaRole::Backup);
                    if let Some(backup) = backup {
                        self.machines[backup].sessions.entry(key).or_insert(copy);
                    }
                } else {
                    self.copy_out(node, key);
                }
            }
        }
        self.relocate();
    }
}

impl Held {
    fn is_primary(&self) -> bool {
        self.role == ReplicaRole::Primary
    }
}
