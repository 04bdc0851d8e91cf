//! What a test that drives a cluster itself leaves behind: a run's folder that can be judged again, and where the test
//! failed, the verdict where its output goes.

use std::io;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::recorded::recorded;
use crate::cluster::Cluster;
use crate::cluster::recorder::Recorder;
use crate::history::{History, write_record};
use crate::host::run_dir::RunDir;
use crate::model::Topology;
use crate::report::Summary;
use crate::report::terminal::{self, Style};
use crate::verdict;

/// The evidence of a test. Dropped without [`Evidence::store`], as a failed test does, it is stored all the same, and the
/// verdict is printed.
#[derive(Debug)]
pub(super) struct Evidence {
    topology: Topology,
    runtime: &'static str,
    recorder: Arc<Recorder>,
    run_dir: RunDir,
    stored: bool,
}

impl Evidence {
    /// That of a cluster which has just been started.
    pub(super) fn of(cluster: &Cluster) -> Self {
        Self {
            topology: cluster.topology().clone(),
            runtime: cluster.runtime().name(),
            recorder: cluster.recorder().clone(),
            run_dir: cluster.run_dir().clone(),
            stored: false,
        }
    }

    /// Ends the history, and stores plan and verdict beside it.
    ///
    /// # Errors
    /// The run's folder cannot be written.
    pub(super) fn store(mut self) -> io::Result<()> {
        self.stored = true;
        self.write().map(drop)
    }

    fn write(&self) -> io::Result<Summary> {
        let (plan, history) = recorded(&self.topology, self.recorder.close());
        let verdict = verdict::judge(&plan, &history);
        self.run_dir.write_plan(&plan)?;
        self.write_history(&history)?;
        self.run_dir.write_json(&self.run_dir.verdict(), &verdict)?;
        let setting = format!("{} nodes of {} on {}", plan.topology.nodes.len(), plan.topology.server, self.runtime);
        let folder = camino::absolute_utf8(self.run_dir.path()).unwrap_or_else(|_| self.run_dir.path().to_owned());
        Ok(Summary::of(&plan, setting, verdict, &history, &folder))
    }

    /// The steps are found only now, and the plan goes by them. The new file takes the place of the old one as a whole.
    fn write_history(&self, history: &History) -> io::Result<()> {
        let new: Utf8PathBuf = self.run_dir.history().with_extension("new");
        let mut file = io::BufWriter::new(fs_err::File::create_new(&new)?);
        history.records.iter().try_for_each(|record| write_record(&mut file, record))?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
        fs_err::rename(new, self.run_dir.history())
    }
}

impl Drop for Evidence {
    #[expect(clippy::print_stderr, reason = "a failed test says why in its own output, which only this macro reaches")]
    fn drop(&mut self) {
        if self.stored {
            return;
        }
        let why = "The cluster was not shut down, as when its test fails; this was recorded until then:";
        match self.write() {
            Ok(summary) => eprintln!("{why}\n{}", terminal::render(&summary, Style::default())),
            Err(error) => eprintln!("{why}\n  nothing, as {} cannot be written: {error}", self.run_dir.path()),
        }
    }
}
