//! What a keeper does from its first moment to its last.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::clusters::{Clusters, ClustersError, Entry};
use super::kept::{Kept, Phase, environment, refused};
use super::message::{Refused, Task, VERSION};
use super::{server, start};
use crate::cluster::Cluster;
use crate::host::clock::Clock;
use crate::host::run_dir::RunDir;
use crate::host::signals::Signals;
use crate::model::ClusterName;
use crate::runner::prepare::{MachineSpec, Place};
use crate::runner::{ByHand, ByHandError, HandDone, OtherError};
use crate::runtime::RuntimeKind;
use crate::tomcat::distribution::Progress as _;
use crate::verdict::{Status, Verdict};

/// A path of more bytes names no socket: `sun_path` has 108 on Linux, 104 elsewhere, with a zero at its end.
const MOST_SOCKET_BYTES: usize = 100;
/// How long the last answers may take to be read.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Completes the folder of a run that was done by hand, as that of any run.
pub type Finish = Box<dyn FnOnce(&Cluster, HandDone) -> Result<(), OtherError> + Send>;

/// Why a keeper cannot keep.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The registry of clusters.
    #[error(transparent)]
    Clusters(#[from] ClustersError),
    /// There is no runtime of this name.
    #[error("there is no runtime {0}")]
    Runtime(String),
    /// Its socket.
    #[error("no socket can be made for the cluster")]
    Socket(#[source] io::Error),
    /// The run's folder.
    #[error("the run directory cannot be used")]
    RunDir(#[source] io::Error),
}

/// Keeps a cluster: prepares its machines, starts it, answers, and ends it.
///
/// # Errors
/// It cannot be reached, so nothing was started. That the cluster does not start is no error: who asks hears of it.
pub async fn serve(task: Task, finish: Finish) -> Result<(), KeepError> {
    start::detach();
    let kind = RuntimeKind::named(&task.runtime).ok_or_else(|| KeepError::Runtime(task.runtime.clone()))?;
    let run_dir = RunDir::made(&task.folder).map_err(KeepError::RunDir)?;
    let clusters = Clusters::at(&task.clusters);
    let (listener, socket) = listen(&task.folder, &clusters, &task.name).map_err(KeepError::Socket)?;
    let entry = Entry {
        format: 1,
        name: task.name.clone(),
        version: VERSION.to_owned(),
        run: task.run.clone(),
        folder: task.folder.clone(),
        socket: socket.clone(),
        pid: nix::unistd::getpid().as_raw(),
        started: jiff::Timestamp::now(),
    };
    let held = clusters.enter(&entry).inspect_err(|_| drop(fs_err::remove_file(&socket)))?;
    let signals = Signals::listen(|_| {}).map_err(KeepError::Socket)?;
    let kept = Arc::new(Kept {
        task,
        phase: watch::Sender::new(Phase::Starting),
        lines: watch::Sender::new(vec![]),
        cluster: OnceLock::new(),
        hand: tokio::sync::Mutex::new(None),
        doing: Mutex::new(None),
        held: OnceLock::new(),
        told: tokio::sync::Notify::new(),
        stop: signals.token().clone(),
    });
    let mut connections = JoinSet::new();
    let accepting = kept.clone();
    let accept = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = accepting.clone();
            connections.spawn(async move { server::answer(&kept, stream).await });
            while connections.try_join_next().is_some() {}
        }
    });
    start_cluster(&kept, kind, &run_dir).await;
    if kept.cluster.get().is_some() {
        kept.stop.cancelled().await;
    } else {
        // There is nothing to keep; who brought it up is about to ask.
        let _ = tokio::time::timeout(LAST_WORDS, kept.told.notified()).await;
    }
    kept.phase.send_if_modified(|phase| {
        let ends = !matches!(phase, Phase::Failed(_)) || kept.cluster.get().is_some();
        if ends {
            *phase = Phase::Ending;
        }
        ends
    });
    let left = end_cluster(&kept, finish).await;
    // Nobody finds it from now on; those who ask already hear how it ended.
    let _ = fs_err::remove_file(&socket);
    let _ = held.forget();
    if kept.cluster.get().is_some() {
        kept.phase.send_replace(Phase::Ended(left));
    } else {
        let _ = fs_err::remove_dir_all(run_dir.path());
    }
    // A reader that is slow has the last answer in its socket; one that is gone is not waited for.
    let quiet = async {
        while kept.phase.receiver_count() > 0 {
            crate::host::wait::pause(crate::host::wait::POLL).await;
        }
    };
    let _ = tokio::time::timeout(LAST_WORDS, quiet).await;
    accept.abort();
    Ok(())
}

/// A socket that this user alone can reach: in the run's folder, which is private; where that path is too long, beside the
/// entry of the registry.
fn listen(folder: &Utf8Path, clusters: &Clusters, name: &ClusterName) -> io::Result<(UnixListener, Utf8PathBuf)> {
    let runtime_dir = etcetera::base_strategy::Xdg::new().ok().and_then(|places| {
        use etcetera::BaseStrategy as _;
        Utf8PathBuf::from_path_buf(places.runtime_dir()?).ok()
    });
    let near = [folder.join("keeper.sock"), clusters.folder().join(format!("{name}.sock"))];
    let far = runtime_dir.map(|folder| folder.join(format!("tomee-harness-{name}.sock")));
    let mut places = near.into_iter().chain(far);
    let Some(path) = places.find(|path| path.as_str().len() <= MOST_SOCKET_BYTES) else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidFilename,
            format!("the path {folder} is too long for a socket"),
        ));
    };
    if let Some(parent) = path.parent() {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new().mode(0o700).recursive(true).create(parent)?;
    }
    // What a keeper left that was killed; a name belongs to one keeper at a time.
    let _ = fs_err::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok((listener, path))
}

/// Prepares and starts, and says how that went.
async fn start_cluster(kept: &Arc<Kept>, kind: RuntimeKind, run_dir: &RunDir) {
    let mut hand = kept.hand.lock().await;
    let _doing = kept.does("up");
    let started = tokio::select! {
        started = bring_up(kept, kind, run_dir, &mut hand) => started,
        () = kept.stop.cancelled() => return,
    };
    kept.phase.send_replace(match started {
        Ok(()) => Phase::Up,
        Err(refused) => Phase::Failed(refused),
    });
}

async fn bring_up(
    kept: &Arc<Kept>,
    kind: RuntimeKind,
    run_dir: &RunDir,
    hand: &mut Option<ByHand>,
) -> Result<(), Refused> {
    let task = &kept.task;
    let spec = MachineSpec::new(task.topology.clone(), kind).map_err(|error| environment(&error, error.hint()))?;
    let place = Place { run: task.run.clone(), folder: task.folder.clone(), machines: None };
    let prepared = spec.prepare_in(&place, run_dir.clone(), run_dir, &**kept, (Clock::start(), Arc::new(|_| {}))).await;
    let cluster = Arc::new(prepared.map_err(|error| environment(&error, error.hint()))?);
    let by_hand = hand.insert(
        ByHand::new(cluster.clone(), format!("by hand on {}", task.name), task.head.clone())
            .map_err(|error| refused(&error))?,
    );
    let _ = kept.cluster.set(cluster);
    kept.note("starting the nodes");
    let started = by_hand.start().await.map_err(|error| refused(&error))?;
    tell(kept, &started.proof);
    if task.holds {
        return run(kept, by_hand).await;
    }
    for step in &task.steps {
        let done = by_hand.step(step.clone()).await.map_err(|error| refused(&error))?;
        kept.note(&done.title);
        tell(kept, &done.proof);
    }
    Ok(())
}

/// Does the steps of a run, and stops where it fails. One that holds to its end has nothing to be held for.
async fn run(kept: &Kept, by_hand: &mut ByHand) -> Result<(), Refused> {
    let steps = &kept.task.steps;
    by_hand.go_as_a_run(true);
    let mut held = None;
    for (number, step) in (1..).zip(steps) {
        let at = |why: &str| format!("step {number} of {}: {why}", steps.len());
        match by_hand.step(step.clone()).await {
            Ok(done) => {
                kept.note(&done.title);
                tell(kept, &done.proof);
                let verdict = by_hand.so_far().map_err(|error| refused(&error))?;
                held = violated(&verdict).map(|why| at(&format!("{}: {why}", done.title)));
            }
            Err(error @ ByHandError::Failed(_)) => {
                by_hand.so_far().map_err(|error| refused(&error))?;
                held = Some(at(&refused(&error).message));
            }
            Err(error) => return Err(refused(&error)),
        }
        if held.is_some() {
            break;
        }
    }
    if held.is_none() {
        let verdict = by_hand.judge().await.map_err(|error| refused(&error))?;
        let why = || violated(&verdict).unwrap_or_else(|| "it is not known whether all holds".to_owned());
        held = (verdict.status != Status::Holds).then(|| format!("all steps are done: {}", why()));
    }
    by_hand.go_as_a_run(false);
    if let Some(held) = held {
        kept.note(&format!("held at {held}"));
        let _ = kept.held.set(held);
    }
    Ok(())
}

/// What makes a run red whatever comes later: a guarantee that is violated in no way that is expected or allowed, an answer
/// that is not as a step expects it, a measure above its limit.
fn violated(verdict: &Verdict) -> Option<String> {
    let finding = verdict.guarantees.iter().find(|one| one.status == Status::Violated && one.aside.is_none());
    let finding = finding.map(|one| format!("{}: {}", one.guarantee, one.because));
    let unmet = verdict.expectations.iter().find(|one| one.status == Status::Violated);
    finding.or_else(|| unmet.map(|one| format!("{}: {}", one.what, one.because)))
}

fn tell(kept: &Kept, proof: &[String]) {
    for line in proof {
        kept.note(&format!("  {line}"));
    }
}

/// Ends what there is; says what of it is left.
async fn end_cluster(kept: &Kept, finish: Finish) -> Option<Refused> {
    let cluster = kept.cluster.get()?;
    let hand = kept.hand.lock().await.take();
    let ended = match hand {
        Some(by_hand) => by_hand.end().await.map_err(|error| refused(&error)),
        None => Err(Refused::usage("nothing was started", None)),
    };
    let written = match ended {
        Ok(done) => finish(cluster, done).map_err(|error| environment(&*error, None)),
        Err(refused) => Err(refused),
    };
    // It removes what could not be ended, too.
    let released = cluster.machines().release().await.map_err(|error| environment(&error, None));
    match (written, released) {
        (_, Err(left)) | (Err(left), Ok(_)) => Some(left),
        (Ok(()), Ok(_)) => None,
    }
}
