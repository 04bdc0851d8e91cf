//! The end of a cluster that a test drives itself: its folder is that of any other run.

use std::sync::Arc;

use super::planned_run::PlannedRun;
use super::run_folder::RunFolder;
use crate::host::guard::Released;
use crate::runner::{Ended, GuardedCluster, OtherError, Outputs as _, RunFacts, RunRequest, ShutdownError};
use crate::verdict;

impl GuardedCluster {
    /// Ends all nodes, completes the run's folder, so that `tomee-harness check` and `report` take it as that of any other
    /// run, and lets the guard look once more.
    ///
    /// # Errors
    /// Something could not be removed, or the folder not be written.
    pub async fn shutdown(self) -> Result<Released, ShutdownError> {
        let collected = self.collect_logs().await;
        // It shadows ours.
        let ended = crate::Cluster::shutdown(&self).await;
        let written = self.write_folder();
        let released = self.machines().release().await?;
        collected?;
        ended?;
        written.map_err(ShutdownError::Outputs)?;
        Ok(released)
    }

    fn write_folder(&self) -> Result<(), OtherError> {
        let (plan, history) = self.write_recorded()?;
        self.recorder().close();
        let verdict = verdict::judge(&plan, &history);
        self.run_dir().write_json(&self.run_dir().verdict(), &verdict)?;
        let planned = PlannedRun::of_plan(plan);
        let request = RunRequest::new(Arc::clone(&planned.plan), |_| self.run_dir().path().to_owned());
        let request = RunRequest { run: self.machines().run.clone(), started: self.started().clone(), ..request };
        let facts = RunFacts { request: &request, cluster: self };
        let ended = Ended { history, verdict, cut_short: None, interrupted: false, cluster: None };
        let mut folder = RunFolder::of(&planned);
        folder.begin(facts)?;
        folder.end(facts, &ended).map(drop)
    }
}
