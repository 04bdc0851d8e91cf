//! Live progress on standard error: a spinner on a terminal, plain lines elsewhere or with `NO_COLOR`.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tomee_harness::history::{Event, FaultPhase, Nanos, Outcome, Record, RecordKind};
use tomee_harness::host::sync::lock;

/// Shows what a run does.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    mode: Mode,
    /// Which run it is, where several go on at one time.
    run: String,
    step: Arc<Mutex<(Nanos, String)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Quiet,
    Plain,
    Live,
}

impl Progress {
    pub(crate) fn new(quiet: bool, color: bool) -> Self {
        let mode = match (quiet, color && std::io::stderr().is_terminal()) {
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
        Self { bar, mode, run: String::new(), step: Arc::default() }
    }

    /// The same for one of several runs at one time: it names itself on each line.
    pub(crate) fn of_run(&self, label: &str) -> Self {
        Self { run: format!("{label}: "), step: Arc::default(), ..self.clone() }
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        let text = format!("{}{text}", self.run);
        match self.mode {
            Mode::Quiet => {}
            Mode::Live => self.bar.println(&text),
            // Without standard error there is nowhere to report to.
            Mode::Plain => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }

    /// What goes on right now; gone with the next.
    pub(crate) fn now(&self, text: &str) {
        self.bar.set_message(format!("{}{text}", self.run));
    }

    /// Takes the spinner away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Takes a record of the run.
    pub(crate) fn record(&self, record: &Record) {
        match &record.kind {
            RecordKind::Event(event) => self.event(record.at, event),
            RecordKind::Complete { operation, outcome } => match outcome {
                Outcome::Ok { .. } => {}
                Outcome::Failed { why } | Outcome::Unknown { why, .. } => self.line(&format!("  {operation} {why}")),
            },
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
                *lock(&self.step) = (at, title.clone());
                self.now(title);
            }
            Event::StepEnds { .. } => {
                let (began, title) = lock(&self.step).clone();
                self.line(&format!("{:>7.2} s  {title}", at.since(began).as_secs_f64()));
            }
            Event::NodeReady { node } => self.now(&format!("{node} is ready")),
            Event::Deployed { node, context } => self.now(&format!("{node} serves {context}")),
            Event::WaitRanOut { wanted, last_seen, .. } => {
                self.line(&format!("  timed out waiting for {wanted}; last status: {last_seen}"));
            }
            Event::NodeDied { node, why } => self.line(&format!("  {node} failed: {why}")),
            Event::Interrupted { by } => self.line(&format!("  interrupted by {by}; ending the cluster")),
            _ => {}
        }
    }
}
