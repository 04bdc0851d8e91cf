//! A recording: what is written down of one use of a cluster. A cluster may have many, one after the other.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::state::State;
use super::{Cluster, ClusterError};
use crate::cluster::logs::LogFollower;
use crate::cluster::recorder::{Listener, Recorder};
use crate::history::{Event, LogLine};
use crate::host::clock::Clock;
use crate::host::error_chain::DisplayErrorChain;
use crate::host::run_dir::RunDir;
use crate::host::sync::lock;
use crate::host::wait::{self, Look};
use crate::model::{FrontServer, FrontState, NodeName};
use crate::runtime::{NodeLog, Runtime};

/// How often a node's log file is looked at.
const LOG_POLL: Duration = Duration::from_millis(40);

/// How often the balancer in front may fail to answer before it is taken for dead.
const FRONT_FAILURES: u32 = 3;

/// The console's name in a node's folder.
const CONSOLE: &str = "console.log";

/// A run's folder, its clock and its history, and what follows the nodes' logs for it.
#[derive(Debug)]
pub struct Recording {
    run_dir: RunDir,
    recorder: Arc<Recorder>,
    /// How long each log was when it began, by its path below `nodes/`; nothing where no node had run.
    earlier: BTreeMap<Utf8PathBuf, u64>,
    followers: Mutex<Vec<Arc<Mutex<LogFollower>>>>,
    tasks: Mutex<JoinSet<()>>,
    stop: CancellationToken,
    /// How the balancer in front had the nodes last.
    front: Mutex<BTreeMap<NodeName, FrontState>>,
    /// Cancelled before the balancer is ended.
    front_stop: CancellationToken,
}

impl Recording {
    /// A recording into a folder, which is made.
    ///
    /// # Errors
    /// The folder is there already, or cannot be made.
    pub fn create(folder: &Utf8Path, clock: Clock, listener: Listener) -> io::Result<Self> {
        Self::into(RunDir::create(folder)?, clock, listener)
    }

    /// A recording into a folder that was made for it.
    ///
    /// # Errors
    /// The history's file cannot be made.
    pub fn into(run_dir: RunDir, clock: Clock, listener: Listener) -> io::Result<Self> {
        let recorder = Recorder::new(clock, Some(&run_dir.history()), listener)?;
        Ok(Self {
            run_dir,
            recorder: Arc::new(recorder),
            earlier: BTreeMap::new(),
            followers: Mutex::default(),
            tasks: Mutex::default(),
            stop: CancellationToken::new(),
            front: Mutex::default(),
            front_stop: CancellationToken::new(),
        })
    }

    /// The run's folder.
    pub fn run_dir(&self) -> &RunDir {
        &self.run_dir
    }

    /// Where all that happens goes.
    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Follows a node's log, over its restarts.
    fn follow(&self, node: &NodeName, follower: LogFollower, state: &Arc<State>) {
        let follower = Arc::new(Mutex::new(follower));
        lock(&self.followers).push(follower.clone());
        let (stop, node, state) = (self.stop.clone(), node.clone(), state.clone());
        lock(&self.tasks).spawn(async move {
            loop {
                let stopping = stop.is_cancelled();
                read_on(&node, &follower, &state);
                if stopping {
                    // A last line is held for a trace that may follow it.
                    read_on(&node, &follower, &state);
                    return;
                }
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = wait::pause(LOG_POLL) => {}
                }
            }
        });
    }

    /// Notes how the balancer in front has the nodes, where that is otherwise than before.
    pub(super) fn note_front(&self, all: &BTreeMap<NodeName, FrontServer>) {
        let now: BTreeMap<NodeName, FrontState> =
            all.iter().map(|(node, server)| (node.clone(), server.state)).collect();
        // Locked until it is recorded, so that two who look at one time keep their order.
        let mut before = lock(&self.front);
        if *before != now {
            before.clone_from(&now);
            self.recorder.event(Event::FrontSees { nodes: now });
        }
    }

    /// Notes it no longer: the balancer is about to end.
    pub(super) fn leave_front(&self) {
        self.front_stop.cancel();
    }

    /// Goes on noting it. A balancer that answers no more has died.
    pub(super) fn follow_front(self: &Arc<Self>, runtime: Arc<dyn Runtime>) {
        let (stop, recording) = (self.front_stop.clone(), Arc::downgrade(self));
        lock(&self.tasks).spawn(async move {
            let mut failures = 0;
            while !stop.is_cancelled() {
                let seen = runtime.front().await;
                let Some(recording) = recording.upgrade() else { return };
                match seen {
                    Ok(all) => {
                        failures = 0;
                        recording.note_front(&all);
                    }
                    Err(_) if stop.is_cancelled() => return,
                    Err(_) if failures < FRONT_FAILURES => failures += 1,
                    Err(error) => {
                        let why = DisplayErrorChain(&error).to_string();
                        recording.recorder.event(Event::NodeDied { node: NodeName::front(), why });
                        return;
                    }
                }
                drop(recording);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = wait::pause(wait::POLL) => {}
                }
            }
        });
    }

    /// Reads the nodes' logs to their present ends, and follows them no longer.
    pub(super) async fn stop_following(&self) {
        self.front_stop.cancel();
        self.stop.cancel();
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        while tasks.join_next().await.is_some() {}
    }

    /// Writes a node's server.xml, without its secrets.
    fn write_server_xml(&self, node: &NodeName, server_xml: &str) -> Result<(), ClusterError> {
        let folder = self.run_dir.node(node);
        let written =
            fs_err::create_dir_all(&folder).and_then(|()| fs_err::write(folder.join("server.xml"), server_xml));
        written.map_err(|source| ClusterError::Files { node: node.clone(), source })
    }
}

/// The follower is locked until its lines are kept, so that they stay in their order.
fn read_on(node: &NodeName, follower: &Mutex<LogFollower>, state: &State) {
    let mut follower = lock(follower);
    let lines = follower.read_on();
    if !lines.is_empty() {
        lock(&state.logs).entry(node.clone()).or_default().extend(lines);
    }
}

impl Cluster {
    /// The same cluster for another recording, which begins now and hears of nothing before. The earlier one ends: this
    /// value and what was made of it (clients, nodes) record nothing more that is of use.
    ///
    /// # Errors
    /// The nodes' logs cannot be measured, or the run's folder not be written.
    pub async fn record(&self, recording: Recording) -> Result<Self, ClusterError> {
        self.recording.stop_following().await;
        let earlier = self.lengths(&recording.run_dir).await?;
        let recording = Arc::new(Recording { earlier, ..recording });
        let (machines, state) = (self.machines.clone(), self.state.clone());
        let cluster = Self { machines, state, recording, probe: self.probe.clone() };
        for node in cluster.topology().names() {
            let path = cluster.machines.runtime.log_path(node, NodeLog::Harness);
            let follower = LogFollower::from_now(node.clone(), path, cluster.recorder().clone());
            cluster.recording.follow(node, follower, &cluster.state);
            if let Some(server_xml) = lock(&cluster.state.server_xml).get(node) {
                cluster.recording.write_server_xml(node, server_xml)?;
            }
        }
        Ok(cluster)
    }

    /// Follows each node's log from its beginning.
    pub(super) fn follow_all(&self) {
        for node in self.topology().names() {
            let path = self.machines.runtime.log_path(node, NodeLog::Harness);
            let follower = LogFollower::new(node.clone(), path, self.recorder().clone());
            self.recording.follow(node, follower, &self.state);
        }
    }

    /// Keeps a node's server.xml, which has no secrets any more, for this recording and those to come.
    pub(super) fn keep_server_xml(&self, node: &NodeName, server_xml: String) -> Result<(), ClusterError> {
        self.recording.write_server_xml(node, &server_xml)?;
        lock(&self.state.server_xml).insert(node.clone(), server_xml);
        Ok(())
    }

    /// Reads the nodes' logs to their present ends.
    pub fn read_logs(&self) {
        for follower in &*lock(&self.recording.followers) {
            let node = lock(follower).node().clone();
            // A last line is held for a trace that may follow it.
            read_on(&node, follower, &self.state);
            read_on(&node, follower, &self.state);
        }
    }

    /// How many lines of each node's log were seen.
    pub fn log_marks(&self) -> BTreeMap<NodeName, usize> {
        lock(&self.state.logs).iter().map(|(node, lines)| (node.clone(), lines.len())).collect()
    }

    /// Waits until a node's log has a line with a text behind a mark. Lines of no class are kept only for the texts of
    /// [`Recorder::keep_lines_with`].
    ///
    /// # Errors
    /// The wait ran out.
    pub async fn await_log(
        &self,
        node: &NodeName,
        text: &str,
        mark: usize,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        wait::until(&format!("{node} to log {text:?}"), limit, async || {
            let lines = self.logs_since(node, mark);
            let said = lines.iter().any(|line| line.message.contains(text));
            Ok(if said { Look::Ready(()) } else { Look::NotYet(format!("none of {} lines says so", lines.len())) })
        })
        .await
    }

    /// How many lines of a node's log were seen, as a mark to look on from.
    pub(super) fn log_mark(&self, node: &NodeName) -> usize {
        lock(&self.state.logs).get(node).map_or(0, Vec::len)
    }

    /// The lines of a node's log behind a mark.
    pub(super) fn logs_since(&self, node: &NodeName, mark: usize) -> Vec<LogLine> {
        let logs = lock(&self.state.logs);
        logs.get(node).and_then(|lines| lines.get(mark..)).map(<[_]>::to_vec).unwrap_or_default()
    }

    /// Copies each node's own logs into the run directory. To be called before [`Self::shutdown`] where containers hold
    /// them, and once a recording.
    ///
    /// # Errors
    /// A log cannot be read.
    pub async fn collect_logs(&self) -> Result<(), ClusterError> {
        for node in self.topology().names() {
            self.machines.runtime.collect(node, &self.run_dir().node(node)).await?;
        }
        self.leave_out_earlier().map_err(ClusterError::Logs)
    }

    /// How long each log of each node is now, by its path below `nodes/`.
    async fn lengths(&self, run_dir: &RunDir) -> Result<BTreeMap<Utf8PathBuf, u64>, ClusterError> {
        let folder = run_dir.path().join(".earlier");
        let mut lengths = BTreeMap::new();
        for node in self.topology().names() {
            let (collected, node_folder) = (folder.join(node.as_str()), Utf8PathBuf::from(node.as_str()));
            self.machines.runtime.collect(node, &collected).await?;
            for entry in collected.read_dir_utf8().into_iter().flatten().flatten() {
                let length = entry.metadata().map_or(0, |file| file.len());
                lengths.insert(node_folder.join(entry.file_name()), length);
            }
            let console = fs_err::metadata(self.machines.runtime.log_path(node, NodeLog::Console));
            lengths.insert(node_folder.join(CONSOLE), console.map_or(0, |file| file.len()));
        }
        match fs_err::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ClusterError::Logs(error)),
            _ => Ok(lengths),
        }
    }

    /// Takes out of the collected logs what they held before the recording began, and adds the console where the machines
    /// keep it elsewhere.
    fn leave_out_earlier(&self) -> io::Result<()> {
        for node in self.topology().names() {
            let (folder, console) = (self.run_dir().node(node), self.machines.runtime.log_path(node, NodeLog::Console));
            if !console.starts_with(self.run_dir().path()) && console.exists() {
                fs_err::copy(console, folder.join(CONSOLE))?;
            }
        }
        for (path, length) in &self.recording.earlier {
            let path = self.run_dir().path().join("nodes").join(path);
            let Ok(text) = fs_err::read(&path) else { continue };
            // A log that is shorter now was laid anew.
            let own = usize::try_from(*length).ok().and_then(|length| text.get(length..));
            fs_err::write(&path, own.unwrap_or(&text))?;
        }
        Ok(())
    }
}
