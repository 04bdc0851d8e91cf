//! One fake node: its power, its peers, its app and its sessions.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use camino::Utf8PathBuf;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tomee_harness::model::{ContextPath, NodeName};

use super::door::Door;

/// What a node is for a session, by the names of the probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Primary,
    Replica,
    Backup,
    Proxy,
    Local,
}

/// A session as one node holds it.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) role: Role,
    pub(super) attributes: BTreeMap<String, Value>,
    /// How many messages have contained it, for a replica that stops listening.
    pub(super) messages: u32,
}

impl Session {
    pub(super) fn number(&self, name: &str) -> i64 {
        self.attributes.get(name).and_then(Value::as_i64).unwrap_or(0)
    }
}

/// Whether a node runs.
#[derive(Debug)]
pub(super) enum Power {
    Created,
    Running { closed: CancellationToken, ready: Instant },
    Ended(String),
}

/// A peer that a node sees between two instants.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) node: NodeName,
    /// Which life of it: an entry of an earlier one is a ghost.
    pub(super) life: u32,
    pub(super) from: Instant,
    pub(super) until: Option<Instant>,
}

/// The app on a node.
#[derive(Debug, Clone)]
pub(super) struct App {
    pub(super) context: ContextPath,
    pub(super) from: Instant,
    /// Which of the context's lives it is, from 1.
    pub(super) life: u32,
    pub(super) bytes: Bytes,
    /// Whether the log says that its deployment has ended.
    pub(super) is_logged: Arc<AtomicBool>,
}

/// What an app is served from: SHA-256 of its archive, and over what is in it, as a probe reports them.
#[derive(Debug, Clone, Default)]
pub(super) struct Bytes {
    pub(super) war_sha256: Option<String>,
    pub(super) served_sha256: Option<String>,
}

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: NodeName,
    pub(super) route: Option<String>,
    pub(super) door: Door,
    /// Only a number: nothing listens there.
    pub(super) receiver_port: u16,
    pub(super) folder: Utf8PathBuf,
    /// The probe's secret, from the file that the harness installs.
    pub(super) token: String,
    pub(super) power: Power,
    pub(super) life: u32,
    pub(super) peers: Vec<Peer>,
    /// Survives a kill, as files do.
    pub(super) app: Option<App>,
    /// From when on it has seen, in its present life, what is in its watch folder.
    pub(super) knows_its_archives: Instant,
    pub(super) sessions: BTreeMap<String, Session>,
    /// Sessions that are left of an app that is gone.
    pub(super) left: Vec<Session>,
    /// When the sessions of a joiner have arrived.
    pub(super) synchronised: Instant,
}

impl Node {
    pub(super) fn runs(&self) -> bool {
        matches!(self.power, Power::Running { .. })
    }

    pub(super) fn is_ready(&self, now: Instant) -> bool {
        matches!(self.power, Power::Running { ready, .. } if ready <= now)
    }

    pub(super) fn sees(&self, now: Instant) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(move |peer| peer.from <= now && peer.until.is_none_or(|until| now < until))
    }

    /// The app, once it is deployed and, on a joiner, the sessions have arrived.
    pub(super) fn serves(&self, now: Instant) -> Option<&App> {
        self.app.as_ref().filter(|app| app.from <= now)
    }

    /// Says once that the deployment of the app has ended, as soon as it is there.
    pub(super) fn log_deployed(&self, now: Instant) {
        let Some(app) = self.app.as_ref().filter(|app| app.from <= now && !app.is_logged.swap(true, Ordering::Relaxed))
        else {
            return;
        };
        let archive = app.context.war_name();
        let text = format!("Deployment of web application archive [/appBase/{archive}] has finished in [2] ms");
        self.log("INFO", "org.apache.catalina.startup.HostConfig", &text);
    }

    pub(super) fn log_path(&self) -> Utf8PathBuf {
        self.folder.join("harness.log")
    }

    /// Writes one record as the harness's log handler does.
    pub(super) fn log(&self, level: &str, logger: &str, message: &str) {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let line = format!("\u{1e}{time}|{level}|{logger}|{logger} invoke|{message}\n");
        let file = fs_err::OpenOptions::new().create(true).append(true).open(self.log_path());
        // A fake node without its log is noticed by whoever waits for a line of it.
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
