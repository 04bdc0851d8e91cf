//! The end of a cluster that a test drives itself: its folder is that of any other run.

use std::sync::Arc;

use super::planned_run::PlannedRun;
use super::run_folder::RunFolder;
use crate::host::guard::Released;
use crate::report::Summary;
use crate::report::terminal::{self, Style};
use crate::runner::{Ended, GuardedCluster, OtherError, Outputs as _, RunFacts, RunRequest, ShutdownError};
use crate::verdict;

impl GuardedCluster {
    /// Ends all nodes, completes the run's folder, so that `tomee-harness check` and `report` take it as that of any other
    /// run, and lets the guard look once more.
    ///
    /// # Errors
    /// Something could not be removed, or the folder not be written.
    pub async fn shutdown(mut self) -> Result<Released, ShutdownError> {
        *self.ended() = true;
        let collected = self.collect_logs().await;
        // It shadows ours.
        let ended = crate::Cluster::shutdown(&self).await;
        let written = self.write_folder().map(drop);
        let released = self.machines().release().await?;
        collected?;
        ended?;
        written.map_err(ShutdownError::Outputs)?;
        Ok(released)
    }

    fn write_folder(&self) -> Result<Summary, OtherError> {
        let (plan, history) = self.write_recorded()?;
        self.recorder().close();
        let verdict = verdict::judge(&plan, &history);
        self.run_dir().write_json(&self.run_dir().verdict(), &verdict)?;
        let planned = PlannedRun::of_plan(plan);
        let request = RunRequest::new(Arc::clone(&planned.plan), |_| self.run_dir().path().to_owned());
        let request = RunRequest { run: self.machines().run.clone(), started: self.started().clone(), ..request };
        let facts = RunFacts { request: &request, cluster: self };
        let ended = Ended {
            history,
            verdict,
            cut_short: None,
            interrupted: false,
            kept: std::collections::BTreeMap::new(),
            cluster: None,
        };
        let mut folder = RunFolder::of(&planned);
        folder.begin(facts)?;
        folder.end(facts, &ended)
    }
}

/// A test that fails drops its cluster: what was recorded until then is judged and printed, and stored in the run's folder.
impl Drop for GuardedCluster {
    #[expect(clippy::print_stderr, reason = "a failed test says why in its own output, which only this macro reaches")]
    fn drop(&mut self) {
        if *self.ended() {
            return;
        }
        let why = "The cluster was not shut down, as when its test fails; this was recorded until then:";
        match self.write_folder() {
            Ok(summary) => eprintln!("{why}\n{}", terminal::render(&summary, Style { page: true, ..Style::default() })),
            Err(error) => eprintln!("{why}\n  nothing, as {} cannot be written: {error}", self.run_dir().path()),
        }
    }
}
