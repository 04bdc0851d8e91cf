//! One run of one plan: the command line's part of it. All else is the runner's.

use std::path::PathBuf;
use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tomee_harness::history::Record;
use tomee_harness::host::clock::Clock;
use tomee_harness::host::signals::Signals;
use tomee_harness::model::RunId;
use tomee_harness::report::summary::Summary;
use tomee_harness::report::{environment, terminal};
use tomee_harness::runner::{self, IdleCluster, Lease, Observer, Renewal, RunRequest, Runner};
use tomee_harness::suite::{PlannedRun, RunFolder};
use tomee_harness::verdict::{Status, wants_login};

use super::failure::run_failure;
use crate::args::Format;
use crate::exit::{Exit, Failure};
use crate::output::{json_line, print};
use crate::progress::Progress;
use crate::settings::Settings;
use crate::signals;
use crate::stored_runs::default_folder;

/// Where GitHub Actions, and what follows its ways, takes a step's summary from.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// A run that was judged.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) exit: Exit,
    /// What it has to say on standard output.
    pub(super) text: String,
}

/// What all runs of this program share.
#[derive(Clone, Copy)]
pub(super) struct Common<'a> {
    pub(super) settings: &'a Settings,
    pub(super) keep: bool,
    /// Whether each record is printed as it is made.
    pub(super) events: bool,
    pub(super) progress: &'a Progress,
    pub(super) signals: &'a Signals,
}

/// One run of one plan.
pub(super) struct One<'a> {
    pub(super) common: Common<'a>,
    pub(super) runner: &'a Runner,
    /// Ends it early: a signal, or the failure of another run.
    pub(super) stop: &'a CancellationToken,
    pub(super) planned: &'a PlannedRun,
    pub(super) clock: Clock,
}

impl One<'_> {
    /// Runs it. `number` is its place among `many`; a cluster that was handed on comes with the lease.
    pub(super) async fn run(
        &self,
        number: u32,
        many: bool,
        lease: (Lease, Option<IdleCluster>),
    ) -> Result<Ended, Failure> {
        let Common { settings, keep, events, progress, signals } = self.common;
        let folders = match &settings.out {
            Some(_) => Utf8PathBuf::new(),
            None => default_folder()?,
        };
        let request = RunRequest::new(self.planned.plan.clone(), |run| match &settings.out {
            Some(out) if many => out.join(number.to_string()),
            Some(out) => out.clone(),
            None => folders.join(run.as_str()),
        });
        let (runtime, timeout) = (settings.runtime.kind(), Some(settings.time_limit(&self.planned.plan)));
        let request = RunRequest { runtime, timeout, keep, clock: self.clock, ..request };
        let step_summary = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()).map(PathBuf::from);
        let mut folder = RunFolder::of(self.planned).jvm(settings.topology.jvm.clone()).step_summary(step_summary);
        let observer: Arc<dyn Observer> = if events {
            Arc::new(Streamed {
                progress: progress.clone(),
                run: request.run.clone(),
                scenario: self.planned.label.clone(),
            })
        } else {
            Arc::new(progress.clone())
        };
        let finished = self.runner.run(&request, lease, &observer, &mut folder, self.stop).await;
        let signalled = signals.first().map(signals::exit);
        let finished = finished.map_err(|failed| run_failure(*failed, signalled.unwrap_or(Exit::Interrupted)))?;
        if keep {
            self.kept(&request.run, &finished.ended);
        }
        let status = Exit::from(finished.ended.verdict.status);
        let exit = match signalled {
            Some(exit) => exit,
            None if finished.timed_out => status.worse(Exit::Unknown),
            None => status,
        };
        progress.finish();
        if let (Some(app), Some(led)) = (&self.planned.app, wants_login(&finished.ended.verdict)) {
            progress.line(&format!("note: {led}: only what anybody is shown was tested"));
            progress.line(&format!(
                "hint: `tomee-harness new FILE --war {}` writes a scenario with the steps of the login that it finds",
                app.war
            ));
        }
        Ok(Ended { exit, text: self.text(&finished.report, many)? })
    }

    /// Says where the nodes of a kept cluster are, and how to end them.
    fn kept(&self, run: &RunId, ended: &runner::Ended) {
        let progress = self.common.progress;
        let endpoints = environment::endpoints(&ended.history);
        for (node, place) in &ended.kept {
            let endpoint = endpoints.as_ref().and_then(|endpoints| endpoints.nodes.get(node));
            let address = endpoint.map(|it| format!("http://{}:{}  ", it.http_address, it.http_port));
            progress.line(&format!("  {node}  {}{place}", address.unwrap_or_default()));
        }
        progress.line(&format!("the cluster was kept; `tomee-harness sweep --run {run}` ends it"));
    }

    /// The summary; of many runs only of those that do not hold, as all are listed at the end.
    fn text(&self, summary: &Summary, many: bool) -> Result<String, Failure> {
        let settings = self.common.settings;
        if settings.format == Format::Json {
            return json_line(summary);
        }
        let style = self.common.progress.style(settings.color);
        if many && summary.verdict.status == Status::Holds {
            self.common.progress.line(&terminal::page(summary));
            return Ok(String::new());
        }
        Ok(terminal::render(summary, style))
    }
}

/// Progress, and beside it each record as a line on standard output.
struct Streamed {
    progress: Progress,
    run: RunId,
    scenario: String,
}

/// A record of one of perhaps several runs.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Line<'r> {
    run: &'r RunId,
    scenario: &'r str,
    #[serde(flatten)]
    record: &'r Record,
}

impl tomee_harness::tomcat::distribution::Progress for Streamed {
    fn note(&self, text: &str) {
        self.progress.note(text);
    }

    fn fraction(&self, done: u64, total: u64) {
        self.progress.fraction(done, total);
    }
}

impl Observer for Streamed {
    fn record(&self, record: &Record) {
        let line = json_line(&Line { run: &self.run, scenario: &self.scenario, record });
        // A reader that is gone ends the run no sooner.
        let _ = line.and_then(|line| print(&line));
        Observer::record(&self.progress, record);
    }

    fn line(&self, text: &str) {
        Observer::line(&self.progress, text);
    }

    fn renewed(&self, run: &RunId, renewal: &Renewal) {
        self.progress.renewed(run, renewal);
    }
}

/// The run's progress, as lines and a moving text.
impl Observer for Progress {
    fn record(&self, record: &Record) {
        Progress::record(self, record);
    }

    fn line(&self, text: &str) {
        Progress::line(self, text);
    }

    fn renewed(&self, run: &RunId, renewal: &Renewal) {
        match renewal {
            Ok(took) => self.line(&format!("{:>7.2} s  reset the cluster of run {run}", took.as_secs_f64())),
            Err(error) => self.line(&format!("  the cluster of run {run} is not used again: {error}")),
        }
    }
}
