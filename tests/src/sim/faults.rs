//! Starts, faults, and what undoes them.

use tomee_harness::history::{Event, FaultPhase, Outcome, Question, ReplicaRole};
use tomee_harness::model::plan::App;
use tomee_harness::model::{FaultKind, Guarantee, ManagerKind, StepKind};

use super::bug::BugKind;
use super::cluster::Key;
use super::ledger::Known;
use super::world::{MILLISECOND, SECOND, World};

impl World {
    pub(super) fn start(&mut self) {
        let step = self.begin_step(StepKind::Start, format!("start {} nodes", self.names.len()));
        let endpoints = self.endpoints();
        self.event(Event::Addressed { endpoints });
        for node in self.names.clone() {
            self.event(Event::NodeStarts { node });
        }
        for node in self.names.clone() {
            self.pass(100 * MILLISECOND, SECOND);
            self.event(Event::NodeReady { node });
        }
        for machine in &mut self.machines {
            (machine.up, machine.life) = (true, 1);
        }
        self.meet();
        self.form(&Question::Everything);
        let nodes = self.names.clone();
        self.event(Event::ClusterFormed { nodes });
        self.end_step(step);
    }

    pub(super) fn deploy(&mut self, context: usize) {
        let path = self.contexts[context].clone();
        let title = format!("deploy counter.war at {path} through the farm of {}", self.names[0]);
        let step = self.begin_step(StepKind::deploy(App::Counter, path.clone()), title);
        let dropped = Event::WarDropped {
            node: self.names[0].clone(),
            alone: false,
            context: path.clone(),
            sha256: Self::sha(context),
            served_sha256: None,
        };
        self.event(dropped);
        self.pass(SECOND, 2 * SECOND);
        for machine in &mut self.machines {
            machine.serves = true;
        }
        self.form(&Question::Context(path.clone()));
        for node in self.names.clone() {
            self.event(Event::Deployed { node, context: path.clone() });
        }
        self.end_step(step);
    }

    /// All that are awake and not apart see each other and nobody else.
    fn meet(&mut self) {
        let awake = self.awake();
        for node in awake.clone() {
            let apart = |peer: &usize| self.cut.is_some_and(|cut| (cut == node) != (cut == *peer));
            self.machines[node].members = awake.iter().copied().filter(|peer| *peer != node && !apart(peer)).collect();
        }
    }

    /// The nodes notice who is gone.
    pub(super) fn evict(&mut self) {
        if self.manager() == ManagerKind::Backup {
            // A copy that is on its way is none that is missing.
            self.flush();
        }
        self.meet();
        self.unnoticed = false;
        if self.cut.is_none() && !self.machines.iter().any(|machine| machine.frozen) && self.split {
            self.reunite();
        }
        self.relocate();
    }

    fn fault_step(&mut self, kind: FaultKind, node: usize) -> (u32, u32) {
        let name = self.names[node].clone();
        let step = self.begin_step(StepKind::fault(kind, name.clone()), format!("{kind} {name}"));
        self.faults += 1;
        self.faults_on.push((self.faults, node, kind));
        (step, self.faults)
    }

    /// A step that ends well and has broken nothing.
    pub(super) fn fault_that_did_nothing(&mut self) {
        let (step, _) = self.fault_step(FaultKind::Kill, 0);
        self.end_step(step);
        self.faults -= 1;
        self.faults_on.pop();
        if let Some(bug) = &mut self.bug {
            bug.struck = true;
            bug.shown = Some(format!("step {step} broke nothing"));
        }
    }

    /// Ends a node, by a signal or in good order.
    pub(super) fn kill(&mut self, node: usize, kind: FaultKind) {
        if self.is_sync() || self.chance(0.75) {
            self.flush();
        }
        let (step, fault) = self.fault_step(kind, node);
        self.fault(fault, kind, node, FaultPhase::Asked);
        let ticks = self.rng.usize(..6);
        self.bustle(ticks);
        if kind == FaultKind::Stop {
            while self.has_movable(|flight| flight.node == node) {
                self.advance_any();
            }
            self.flush();
        }
        let signal = self.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::CrashTakenForKill && !bug.struck);
        if self.bug.as_ref().is_some_and(|bug| bug.kind == BugKind::KillWithoutDeath && bug.node.is_none()) {
            self.fault(fault, kind, node, FaultPhase::Hit { proof: "process 4711 ended by signal 9".to_owned() });
            if let Some(bug) = &mut self.bug {
                bug.node = Some(node);
            }
            self.end_step(step);
            return;
        }
        let proof = match kind {
            FaultKind::Stop => format!("process {} ended with exit code 143", 4000 + node),
            FaultKind::LoseHost => "no packet comes or goes any more; exit code 137".to_owned(),
            _ if signal => {
                if let Some(bug) = &mut self.bug {
                    bug.struck = true;
                    bug.shown = Some("the node died of signal 6, which nobody sent".to_owned());
                }
                format!("process {} ended by signal 6", 4000 + node)
            }
            _ => format!("process {} ended by signal 9", 4000 + node),
        };
        self.stake(node);
        self.machines[node].up = false;
        self.machines[node].serves = false;
        let late = self.rng.bool();
        if late {
            self.fault(fault, kind, node, FaultPhase::Hit { proof: proof.clone() });
        }
        self.lose_flights(node, kind);
        self.end_unheard(node);
        if !late {
            self.fault(fault, kind, node, FaultPhase::Hit { proof });
        }
        self.machines[node].sessions.clear();
        self.machines[node].members.clear();
        for peer in 0..self.names.len() {
            self.wire[node][peer].clear();
            self.wire[peer][node].clear();
        }
        self.kills += 1;
        if self.kills == 1 && self.chance(0.06) {
            let clients: Vec<usize> = (0..self.browsers.len()).collect();
            self.cursed = self.pick(&clients);
        }
        self.unnoticed = true;
        if let Some(bug) = self
            .bug
            .as_mut()
            .filter(|bug| matches!(bug.kind, BugKind::DeadNodeAnswers | BugKind::DeadNodeSeen) && !bug.struck)
        {
            bug.node = Some(node);
        }
        self.note_gone();
        self.end_step(step);
    }

    /// What has something to lose by the end of a node: the sessions that it served last. That a copy elsewhere is lost
    /// matters only where their owner goes, too.
    fn stake(&mut self, node: usize) {
        let now = self.now;
        let owned = |known: &&mut Known| known.acknowledged && !known.finished && known.owner == node;
        for known in self.ledger.known.iter_mut().filter(owned) {
            known.staked = Some(now);
            let machines = &self.machines;
            let seen =
                known.seen_on.iter().any(|(on, life)| *on != node && machines[*on].up && machines[*on].life == *life);
            known.unlooked |= !seen;
        }
    }

    /// Requests to a node that ends are never answered; some have reached some of the peers.
    fn lose_flights(&mut self, node: usize, kind: FaultKind) {
        let (lost, kept) = std::mem::take(&mut self.flights).into_iter().partition(|flight| flight.node == node);
        self.flights = kept;
        let lost: Vec<super::requests::Flight> = lost;
        for flight in lost {
            if let (Some(bug), Some(session)) = (&mut self.bug, flight.asked)
                && bug.kind == BugKind::LostUnderTraffic
                && !bug.struck
            {
                (bug.victim, bug.nth) = (Some(session), 1);
            }
            let lost = if kind == FaultKind::LoseHost {
                "operation timed out"
            } else {
                "connection closed before message completed"
            };
            let why = lost.to_owned();
            self.complete(&flight, Outcome::Unknown { why, reply: None });
        }
    }

    /// Finds the sessions of which nobody has a copy any more.
    fn note_gone(&mut self) {
        let to_blame = self.bug.as_ref().filter(|bug| bug.struck).and_then(|bug| bug.victim);
        for session in 0..self.ledger.known.len() {
            let known = &self.ledger.known[session];
            let key = Key { context: known.context, stem: known.stem };
            let held = self
                .machines
                .iter()
                .any(|machine| machine.up && machine.sessions.get(&key).is_some_and(super::cluster::Held::is_whole));
            let left = self.machines.iter().any(|machine| machine.up);
            if !held && (to_blame != Some(session) || !left) && (self.is_sync() || !left) {
                self.ledger.known[session].gone = true;
            }
        }
    }

    /// Starts a node again; its peers' sessions come to it.
    pub(super) fn restart(&mut self, node: usize) {
        let name = self.names[node].clone();
        let step = self.begin_step(StepKind::restart(name.clone()), format!("restart {name}"));
        if !self.plan.guarantees.contains(&Guarantee::StateTransferred) {
            self.plan.guarantees.push(Guarantee::StateTransferred);
            self.plan.guarantees.sort();
        }
        self.event(Event::NodeStarts { node: name.clone() });
        for _ in 0..4 {
            self.pass(200 * MILLISECOND, 600 * MILLISECOND);
            let ticks = self.rng.usize(..3);
            self.bustle(ticks);
        }
        self.event(Event::NodeReady { node: name.clone() });
        // Whoever has not noticed its end does so at its new beginning.
        self.evict();
        let machine = &mut self.machines[node];
        (machine.up, machine.life, machine.serves) = (true, machine.life + 1, true);
        self.evict();
        self.flush();
        self.transfer(node);
        self.machines[node].serves_since = self.now;
        self.form(&Question::Everything);
        let nodes = self.awake().into_iter().map(|node| self.names[node].clone()).collect();
        self.event(Event::ClusterFormed { nodes });
        for context in self.contexts.clone() {
            self.event(Event::Deployed { node: name.clone(), context });
        }
        let ticks = self.rng.usize(..3);
        self.bustle(ticks);
        self.form(&Question::Everything);
        let sessions = self.machines[node].sessions.len();
        if sessions == 0 {
            self.ledger.unclear("a restarted node had no session to take over");
        }
        self.event(Event::Synchronised { node: name, sessions });
        self.end_step(step);
    }

    fn transfer(&mut self, node: usize) {
        match self.manager() {
            ManagerKind::Delta => {
                let Some(donor) = self.awake().into_iter().find(|donor| *donor != node) else { return };
                let mut sessions = self.machines[donor].sessions.clone();
                for held in sessions.values_mut() {
                    held.role = ReplicaRole::Replica;
                }
                if let Some(bug) = self.bug.as_mut() {
                    let known = bug.victim.and_then(|victim| self.ledger.known.get(victim));
                    let key = known.map(|known| Key { context: known.context, stem: known.stem });
                    let held = key.and_then(|key| sessions.get_mut(&key));
                    match (bug.kind, key, held) {
                        (BugKind::JoinerLacksSession, Some(key), Some(_)) => {
                            bug.struck = true;
                            sessions.remove(&key);
                        }
                        (BugKind::JoinerBehind, _, Some(held)) => {
                            bug.struck = true;
                            held.count = held.count.map(|count| count - 1);
                        }
                        _ => {}
                    }
                }
                self.machines[node].sessions = sessions;
            }
            ManagerKind::Backup => self.give_proxies(),
        }
    }

    pub(super) fn partition(&mut self, node: usize) {
        self.drain();
        self.flush();
        let kind = if self.chance(0.25) { FaultKind::TribesPartition } else { FaultKind::Partition };
        let (step, fault) = self.fault_step(kind, node);
        self.fault(fault, kind, node, FaultPhase::Asked);
        (self.cut, self.split, self.was_split) = (Some(node), true, true);
        let proof = "37 packets dropped".to_owned();
        self.fault(fault, kind, node, FaultPhase::Hit { proof });
        self.end_step(step);
    }

    pub(super) fn freeze(&mut self, node: usize) {
        self.drain();
        self.flush();
        let (step, fault) = self.fault_step(FaultKind::Pause, node);
        self.fault(fault, FaultKind::Pause, node, FaultPhase::Asked);
        self.machines[node].frozen = true;
        (self.split, self.was_split, self.unnoticed) = (true, true, true);
        let proof = format!("process {} is stopped", 4000 + node);
        self.fault(fault, FaultKind::Pause, node, FaultPhase::Hit { proof });
        self.end_step(step);
    }

    /// Undoes the partition or the pause of a node, and mostly waits until all see each other.
    pub(super) fn heal(&mut self, node: usize) {
        self.drain();
        let last = self.faults_on.iter().rfind(|(_, on, _)| *on == node);
        let Some((fault, _, kind)) = last.copied() else { return };
        let name = self.names[node].clone();
        let step = self.begin_step(StepKind::Heal { node: name.clone().into() }, format!("heal {name}"));
        let effect = (kind != FaultKind::Pause).then(|| "40 packets dropped".to_owned());
        self.machines[node].frozen = false;
        self.cut = None;
        self.fault(fault, kind, node, FaultPhase::Healed { effect });
        self.end_step(step);
        self.wait_formed();
    }
}
