//! Progress on standard error: a spinner on a terminal, plain lines elsewhere; one line a phase, with `-v` one a step.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tomee_harness::history::{Event, FaultPhase, Nanos, Outcome, Record, RecordKind};
use tomee_harness::host::sync::lock;
use tomee_harness::report::terminal::Style;

use crate::args::OutputArgs;
use crate::color;
use crate::color::ColorChoice;

use self::downloads::Downloads;
use self::phases::Phases;

mod downloads;
mod phases;

/// Shows what a run does.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    mode: Mode,
    verbose: bool,
    /// Which run it is, where several go on at one time.
    run: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Quiet,
    Plain,
    Live,
}

#[derive(Debug, Default)]
struct State {
    phases: Phases,
    downloads: Downloads,
}

impl Progress {
    pub(crate) fn new(output: &OutputArgs, choice: ColorChoice) -> Self {
        // Log lines and a spinner would overwrite each other.
        let live = !output.verbose && std::io::stderr().is_terminal() && color::on_stderr(choice);
        let mode = match (output.quiet, live) {
            (true, _) => Mode::Quiet,
            (false, true) => Mode::Live,
            (false, false) => Mode::Plain,
        };
        let bar = if mode == Mode::Live {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
            bar.set_style(style);
        }
        if mode == Mode::Live {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar, mode, verbose: output.verbose, run: String::new(), state: Arc::default() }
    }

    /// The same for one of several runs at one time: it names itself on each line.
    pub(crate) fn of_run(&self, label: &str) -> Self {
        Self { run: format!("{label}: "), state: Arc::default(), ..self.clone() }
    }

    /// How the summary of a run is shown, whose page is in its folder.
    pub(crate) fn style(&self, choice: ColorChoice) -> Style {
        Style { color: color::on_stdout(choice), verbose: self.verbose, page: true }
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        let before = lock(&self.state).phases.flush();
        self.write(before.as_deref());
        self.write(Some(text));
    }

    fn write<'a>(&self, lines: impl IntoIterator<Item = &'a str>) {
        for line in lines {
            let text = format!("{}{line}", self.run);
            match self.mode {
                Mode::Quiet => {}
                Mode::Live => self.bar.println(&text),
                // Standard error that is gone leaves nobody to print for.
                Mode::Plain => drop(writeln!(std::io::stderr(), "{text}")),
            }
        }
    }

    /// What goes on right now; gone with the next.
    pub(crate) fn now(&self, text: &str) {
        self.bar.set_message(format!("{}{text}", self.run));
    }

    /// Takes the spinner away, and prints what is still held back.
    pub(crate) fn finish(&self) {
        let (phase, downloads) = {
            let mut state = lock(&self.state);
            // Nothing came behind them, so they ended in a failure.
            (state.phases.flush(), state.downloads.all())
        };
        self.write(downloads.iter().map(String::as_str));
        self.write(phase.as_deref());
        self.bar.finish_and_clear();
    }

    /// Takes a record of the run.
    pub(crate) fn record(&self, record: &Record) {
        tracing::trace!(?record);
        self.end_downloads();
        match &record.kind {
            RecordKind::Event(event) => self.event(record.at, event),
            RecordKind::Complete { operation, outcome } => match outcome {
                Outcome::Ok { .. } => {}
                Outcome::Failed { why } | Outcome::Unknown { why, .. } if self.verbose => {
                    self.line(&format!("  {operation} {why}"));
                }
                Outcome::Failed { .. } | Outcome::Unknown { .. } => lock(&self.state).phases.unanswered(),
            },
            RecordKind::Fault { phase: FaultPhase::Asked, .. } => lock(&self.state).phases.breaks(),
            RecordKind::Fault { phase: FaultPhase::Hit { proof }, .. } => self.now(proof),
            RecordKind::Fault { phase: FaultPhase::Missed { seen }, kind, node, .. } => {
                self.line(&format!("  {kind} of {node} had no effect: {seen}"));
            }
            _ => {}
        }
    }

    fn event(&self, at: Nanos, event: &Event) {
        match event {
            Event::StepBegins { title, .. } => {
                lock(&self.state).phases.begin(at, title);
                self.now(title);
            }
            Event::StepEnds { .. } => {
                let lines = lock(&self.state).phases.end(at, self.verbose);
                self.write(lines.iter().map(String::as_str));
            }
            Event::NodeReady { node } => self.now(&format!("{node} is ready")),
            Event::Deployed { node, context } => self.now(&format!("{node} serves {context}")),
            Event::WaitRanOut { wanted, last_seen, .. } => {
                self.line(&format!("  timed out waiting for {wanted}; last status: {last_seen}"));
            }
            Event::DeploymentFailed { node, context, .. } => {
                self.line(&format!("  {node} could not start the app at {context}"));
            }
            Event::OtherNamespace { why, .. } => self.line(&format!("  warning: {why}")),
            Event::NodeDied { node, why } => self.line(&format!("  {node} failed: {why}")),
            Event::Interrupted { by } => self.line(&format!("  interrupted by {by}; ending the cluster")),
            _ => {}
        }
    }

    fn end_downloads(&self) {
        let summary = lock(&self.state).downloads.end();
        self.write(summary.as_deref());
    }
}

/// The distribution's progress, as lines and a moving count. The downloads of Maven are one line when they are done, or
/// all lines where they fail.
impl tomee_harness::tomcat::distribution::Progress for Progress {
    fn note(&self, text: &str) {
        self.now(text);
        if !self.verbose && lock(&self.state).downloads.take(text) {
            return;
        }
        self.end_downloads();
        self.line(&format!("  {text}"));
    }

    fn fraction(&self, done: u64, total: u64) {
        self.now(&format!("{done} of {total}"));
    }
}
