//! What a keeper is started for, and the wait until it answers.

use camino::Utf8PathBuf;
use serde_json::{Map, Value};
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::host::wait::{self, TimedOut};
use tomee_harness::keeper::{self, Clusters, ClustersError, Known, Task};
use tomee_harness::model::scenario::{Head, NamedPath, Tables};
use tomee_harness::model::{ClusterName, Topology};
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::suite::Source;

use super::ask::registry;
use crate::block_on::block_on;
use crate::exit::Failure;

/// What a cluster is called where nothing is said.
const NAME: &str = "lab";
/// How long a keeper may take to be reached. It needs some ten milliseconds.
const REACHED: std::time::Duration = std::time::Duration::from_secs(20);

/// The name of a cluster that is to be brought up, and the registry, which has none of this name.
pub(super) fn free_name(name: Option<&ClusterName>) -> Result<(ClusterName, Clusters), Failure> {
    let name = match name {
        Some(name) => name.clone(),
        None => ClusterName::new(NAME).map_err(Failure::usage)?,
    };
    let clusters = Clusters::of_user().map_err(registry)?;
    match clusters.known(&name).map_err(registry)? {
        Some(known) => Err(taken(&known)),
        None => Ok((name, clusters)),
    }
}

/// A cluster of this name is remembered.
fn taken(known: &Known) -> Failure {
    let name = &known.entry.name;
    if known.lives {
        let hint = format!("`tomee-harness down --name {name}` ends it; --name NAME names another one");
        return Failure::usage(format!("cluster {name} is already up")).hint(Some(hint));
    }
    let hint = format!("`tomee-harness down --name {name}` removes what is left of it");
    Failure::usage(format!("the keeper of cluster {name} is gone, and it was not ended")).hint(Some(hint))
}

/// A scenario's tables, with whole paths.
pub(super) fn tables(source: &Source, topology: &Topology) -> Result<Tables, Failure> {
    let text = NamedPath::renamed(&source.text, |named| {
        camino::absolute_utf8(source.folder.join(&named.path)).ok().filter(|_| named.path.is_relative())
    });
    Tables::of(&text, topology).map_err(|error| Failure::usage(error.message).hint(error.help))
}

/// A task in a new folder.
pub(super) fn task(
    (name, clusters): (ClusterName, &Clusters),
    out: Option<Utf8PathBuf>,
    (topology, runtime): (Topology, RuntimeKind),
    (head, steps): (Option<Head>, Vec<Map<String, Value>>),
    holds: bool,
) -> Result<Task, Failure> {
    let run = RunDir::new_id(&jiff::Zoned::now());
    let folder = out.unwrap_or_else(|| format!(".tomee-harness/runs/{run}").into());
    let run_dir = RunDir::create(&folder).map_err(Failure::environment)?;
    let (folder, clusters) = (run_dir.path().to_owned(), clusters.folder().to_owned());
    Ok(Task { name, run, folder, clusters, topology, runtime: runtime.name().to_owned(), head, steps, holds })
}

/// Starts the keeper, and waits until it can be reached.
pub(super) fn reached(clusters: &Clusters, task: &Task) -> Result<Known, Failure> {
    let mut process = keeper::start(task, &["keeper"]).map_err(Failure::environment)?;
    let log = task.folder.join("keeper.log");
    let known = block_on(async {
        let mut patience = wait::Patience::new("the keeper to answer", REACHED);
        Ok(loop {
            match clusters.known(&task.name) {
                Ok(Some(known)) if known.entry.run == task.run => break Ok(known),
                Ok(_) => {}
                Err(error) => break Err(Reach::Clusters(error)),
            }
            if !matches!(process.try_wait(), Ok(None)) {
                break Err(Reach::Ended);
            }
            if let Err(late) = patience.another_look("it is not in the registry").await {
                break Err(Reach::Late(late));
            }
        })
    })?;
    known.map_err(|error| {
        let said = fs_err::read_to_string(&log).unwrap_or_default();
        let lines = said.lines().rev().take(12).map(str::to_owned).collect::<Vec<_>>().into_iter().rev().collect();
        Failure { lines, ..Failure::environment(error).hint(Some(format!("see {log}"))) }
    })
}

/// Why a keeper is not reached.
#[derive(Debug, thiserror::Error)]
enum Reach {
    #[error(transparent)]
    Clusters(ClustersError),
    #[error("the keeper of the cluster exited")]
    Ended,
    #[error(transparent)]
    Late(#[from] TimedOut),
}
