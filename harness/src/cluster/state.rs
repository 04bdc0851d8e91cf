//! The state of a cluster: who lives, what is deployed, which faults are active. It outlives each recording.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::active_fault::ActiveFault;
use super::cookies::SessionCookies;
use super::deployed::{Deployed, Dropping};
use crate::history::LogLine;
use crate::host::sync::lock;
use crate::model::{ContextPath, Endpoints, NodeChanges, NodeName};

/// What a cluster is in just now.
#[derive(Debug)]
pub(super) struct State {
    /// Whether the first start of all nodes has begun.
    pub(super) started: AtomicBool,
    pub(super) endpoints: Mutex<Endpoints>,
    /// What the probes have said of the apps' session cookies.
    pub(super) session_cookies: Arc<SessionCookies>,
    /// The jvmRoute of each node, as its probe said last.
    pub(super) routes: Mutex<BTreeMap<NodeName, Option<String>>>,
    /// The nodes that run and have not been broken.
    pub(super) living: Mutex<BTreeSet<NodeName>>,
    /// What was done to each node and can be undone, in order.
    pub(super) undoable: Mutex<BTreeMap<NodeName, Vec<ActiveFault>>>,
    /// What was changed at restarts.
    pub(super) changed: Mutex<BTreeMap<NodeName, NodeChanges>>,
    /// The server.xml of each node, without its secrets.
    pub(super) server_xml: Mutex<BTreeMap<NodeName, String>>,
    pub(super) deployed: Mutex<Vec<Deployed>>,
    /// What was dropped and is not waited for yet.
    pub(super) detached: Mutex<BTreeMap<ContextPath, Dropping>>,
    /// The contexts that the nodes have without any app.
    pub(super) own_contexts: Mutex<BTreeSet<ContextPath>>,
    /// The lines of each node's log that were worth keeping.
    pub(super) logs: Mutex<BTreeMap<NodeName, Vec<LogLine>>>,
    past: Mutex<Past>,
}

/// What has happened, as far as something later depends on it.
#[derive(Debug, Default)]
struct Past {
    /// The nodes in the order in which their present lives began.
    births: Vec<NodeName>,
    /// The node whose fault hit last.
    victim: Option<NodeName>,
    /// When the last life of each node ended by a fault.
    ended: BTreeMap<NodeName, Instant>,
    /// Whether an app was given to a node.
    app_was_given: bool,
    /// The nodes that were started after an app had been given to one.
    started_behind_an_app: BTreeSet<NodeName>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            started: AtomicBool::new(false),
            endpoints: Mutex::new(Endpoints { nodes: BTreeMap::new(), multicast: None, ..Endpoints::default() }),
            session_cookies: Arc::default(),
            routes: Mutex::default(),
            living: Mutex::default(),
            undoable: Mutex::default(),
            changed: Mutex::default(),
            server_xml: Mutex::default(),
            deployed: Mutex::default(),
            detached: Mutex::default(),
            own_contexts: Mutex::default(),
            logs: Mutex::default(),
            past: Mutex::default(),
        }
    }

    /// Whether the first start of all nodes has begun already; it has from now on.
    pub(super) fn begin_start(&self) -> bool {
        self.started.swap(true, Ordering::SeqCst)
    }

    /// A node is about to be started.
    pub(super) fn starts(&self, node: &NodeName) {
        let mut past = lock(&self.past);
        if past.app_was_given {
            past.started_behind_an_app.insert(node.clone());
        }
    }

    /// A node is ready: a life of it has begun.
    pub(super) fn is_ready(&self, node: &NodeName) {
        lock(&self.living).insert(node.clone());
        let births = &mut lock(&self.past).births;
        births.retain(|known| known != node);
        births.push(node.clone());
    }

    /// An app is given to a node.
    pub(super) fn gives_an_app(&self) {
        lock(&self.past).app_was_given = true;
    }

    /// Whether a node may not have looked at its folder since it was started: an app was given before.
    pub(super) fn was_started_behind_an_app(&self, node: &NodeName) -> bool {
        lock(&self.past).started_behind_an_app.contains(node)
    }

    /// A fault has hit a node.
    pub(super) fn is_hit(&self, node: &NodeName, ends_it: bool) {
        let mut past = lock(&self.past);
        past.victim = Some(node.clone());
        if ends_it {
            past.ended.insert(node.clone(), Instant::now());
        }
    }

    /// When the last life of a node ended by a fault.
    pub(super) fn ended(&self, node: &NodeName) -> Option<Instant> {
        lock(&self.past).ended.get(node).copied()
    }

    /// The node whose fault hit last.
    pub(super) fn victim(&self) -> Option<NodeName> {
        lock(&self.past).victim.clone()
    }

    /// The living nodes, the one whose present life began first in front.
    pub(super) fn by_age(&self) -> Vec<NodeName> {
        let living = lock(&self.living).clone();
        let births = lock(&self.past).births.clone();
        let unborn = living.iter().filter(|node| !births.contains(node)).cloned();
        unborn.chain(births.iter().filter(|node| living.contains(*node)).cloned()).collect()
    }

    /// Forgets what apps and faults have left, of a cluster that is as good as new.
    pub(super) fn forget(&self) {
        lock(&self.deployed).clear();
        lock(&self.detached).clear();
        lock(&self.logs).clear();
        self.session_cookies.forget();
        let mut past = lock(&self.past);
        *past = Past { births: std::mem::take(&mut past.births), ..Past::default() };
    }
}
