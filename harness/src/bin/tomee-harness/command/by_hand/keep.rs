//! `keeper`: the process that owns a cluster. `up` starts it; nobody else has a task for it.

use std::sync::Arc;

use camino::Utf8PathBuf;
use tomee_harness::cluster::Cluster;
use tomee_harness::keeper::{self, Finish, Task};
use tomee_harness::runner::{HandDone, OtherError, Outputs as _, RunFacts, RunRequest};
use tomee_harness::suite::{PlannedRun, RunFolder, Source};

use crate::block_on::block_on;
use crate::exit::{Exit, Failure};

pub(crate) fn keep() -> Result<Exit, Failure> {
    let task: Task = serde_json::from_reader(std::io::stdin().lock()).map_err(|error| {
        Failure::usage(format!("no task: {error}")).hint(Some("`tomee-harness up` brings a cluster up".to_owned()))
    })?;
    let started = jiff::Zoned::now();
    let finish: Finish = Box::new(move |cluster, done| finish(cluster, done, started));
    block_on(async { Box::pin(keeper::serve(task, finish)).await.map_err(Failure::environment) })?;
    Ok(Exit::Holds)
}

/// Leaves the folder that any run leaves.
fn finish(cluster: &Cluster, done: HandDone, started: jiff::Zoned) -> Result<(), OtherError> {
    let source = Source { name: done.plan.name.clone(), text: done.recipe, folder: Utf8PathBuf::new() };
    let planned = PlannedRun::of_scenario(source, "", done.plan);
    let folder = cluster.run_dir().path().to_owned();
    let request = RunRequest::new(Arc::clone(&planned.plan), |_| folder);
    let request = RunRequest { run: cluster.machines().run.clone(), started, ..request };
    let facts = RunFacts { request: &request, cluster };
    let mut folder = RunFolder::of(&planned).jvm(cluster.topology().jvm.clone());
    folder.begin(facts)?;
    folder.end(facts, &done.ended).map(drop)
}
