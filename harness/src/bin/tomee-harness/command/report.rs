//! `report`: renders a stored run again.

use std::borrow::Cow;
use std::io::{self, BufReader};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use tomee_harness::history::{self, History};
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::model::Plan;
use tomee_harness::report::{Environment, FORMATS, Format, JudgedRun, Summary};
use tomee_harness::verdict;

use crate::args::{OutputArgs, ReportArgs};
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};
use crate::stored_runs;

/// A run that was stored, and read again.
pub(crate) struct Stored {
    pub(crate) run_dir: RunDir,
    pub(crate) history: History,
    /// As reports show it, where that is another.
    hidden: Option<History>,
    plan: Plan,
    environment: Option<Environment>,
}

/// How long each part took. Judging and rendering go on side by side.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Took {
    read_ms: u64,
    judge_and_render_ms: u64,
}

/// What was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Written<'a> {
    format: u32,
    files: &'a [Utf8PathBuf],
    took: Took,
}

pub(crate) fn report(args: &ReportArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let stored = Stored::open(&stored_runs::meant(&args.run_dir)?)?.showing_values(args.show_values);
    let (read_ms, begun) = (millis(begun), Instant::now());
    let asked = stored.asked(args);
    let (summary, renderings) = std::thread::scope(|scope| {
        let history = stored.shown();
        let begun: Vec<_> = asked.iter().map(|(format, _)| scope.spawn(|| format.begin(history))).collect();
        let summary = stored.summary();
        let join = |begun: std::thread::ScopedJoinHandle<'_, _>| {
            begun.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        (summary, begun.into_iter().map(join).collect::<Vec<_>>())
    });
    let run = stored.judged(&summary);
    let mut files = Vec::new();
    for ((_, path), rendering) in asked.into_iter().zip(renderings) {
        let text = rendering(&run).map_err(Failure::environment)?;
        if path == "-" {
            print(&text)?;
        } else {
            fs_err::write(&path, text).map_err(Failure::environment)?;
            files.push(path);
        }
    }
    let took = Took { read_ms, judge_and_render_ms: millis(begun) };
    if output.is_json() {
        print_json(&Written { format: 1, files: &files, took })?;
    } else {
        print(&files.iter().map(|path| format!("{path}\n")).collect::<String>())?;
    }
    if args.open {
        open(&stored.run_dir.report())?;
    }
    Ok(Exit::Holds)
}

/// Opens a page with the program that the desktop has for it.
fn open(page: &Utf8Path) -> Result<(), Failure> {
    let own = std::env::var("BROWSER").ok().filter(|browser| !browser.is_empty());
    let programs = own.into_iter().chain(["xdg-open".to_owned(), "open".to_owned()]);
    for program in programs {
        let started = std::process::Command::new(&program)
            .arg(page)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn();
        if started.is_ok() {
            return Ok(());
        }
    }
    let hint = "the variable BROWSER names a program that shows it".to_owned();
    Err(Failure::environment(format!("no program opens {page}")).hint(Some(hint)))
}

impl Stored {
    /// Reads it.
    ///
    /// # Errors
    /// The folder has no run that can be read.
    pub(crate) fn open(path: &Utf8Path) -> Result<Self, Failure> {
        let run_dir = RunDir::open(path).map_err(|error| {
            Failure::usage(error).hint(Some("a run directory contains history.jsonl and plan.json".to_owned()))
        })?;
        let plan: Plan = read_json(&run_dir.plan())?;
        let file = fs_err::File::open(run_dir.history()).map_err(|error| unreadable(&run_dir.history(), &error))?;
        let history = history::read(BufReader::new(file)).map_err(Failure::usage)?;
        tracing::trace!(%path, records = history.records.len(), "read a stored run");
        // Only a convenience here: a run that crashed may have written none.
        let environment = read_json::<Environment>(&run_dir.environment()).ok();
        let hidden = match history.with_values_hidden() {
            Cow::Owned(hidden) => Some(hidden),
            Cow::Borrowed(_) => None,
        };
        Ok(Self { run_dir, history, hidden, plan, environment })
    }

    /// The same, with all that sessions hold in its reports where that is asked for.
    fn showing_values(mut self, show: bool) -> Self {
        self.hidden = self.hidden.filter(|_| !show);
        self
    }

    /// What happened, as reports show it.
    fn shown(&self) -> &History {
        self.hidden.as_ref().unwrap_or(&self.history)
    }

    /// The reports that are asked for, or else those of the run's folder, each with its file.
    fn asked(&self, args: &ReportArgs) -> Vec<(&'static dyn Format, Utf8PathBuf)> {
        if !args.files.0.is_empty() {
            let page = self.run_dir.report();
            let opened = FORMATS.iter().filter(|format| args.open && format.name() == "html");
            return args.files.0.iter().cloned().chain(opened.map(|format| (*format, page.clone()))).collect();
        }
        let folder = self.run_dir.path();
        FORMATS.iter().filter_map(|format| Some((*format, folder.join(format.file()?)))).collect()
    }

    /// The run with what is said of it, as reports take it.
    pub(crate) fn judged<'a>(&'a self, summary: &'a Summary) -> JudgedRun<'a> {
        JudgedRun { plan: &self.plan, environment: self.environment.as_ref(), history: self.shown(), summary }
    }

    /// What it ran on, where that is stored.
    pub(crate) fn environment(&self) -> Option<&Environment> {
        self.environment.as_ref()
    }

    /// Judges it.
    pub(crate) fn summary(&self) -> Summary {
        let verdict = verdict::judge(&self.plan, &self.history);
        let environment = self.environment.as_ref();
        let setting = environment.map_or_else(|| self.plan.topology.server.to_string(), Environment::setting);
        let cut_short = environment.and_then(|environment| environment.cut_short.clone());
        let unused = environment.map_or(&[][..], |environment| &environment.not_in_effect);
        Summary::of(&self.plan, setting, verdict, self.shown(), self.run_dir.path())
            .cut_short_by(cut_short)
            .not_in_effect(unused)
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Utf8Path) -> Result<T, Failure> {
    let text = fs_err::read(path).map_err(|error| unreadable(path, &error))?;
    let read = serde_json::from_slice(&text);
    read.map_err(|error| Failure::usage(format!("{path} was not written by tomee-harness, or is damaged: {error}")))
}

fn unreadable(path: &Utf8Path, error: &io::Error) -> Failure {
    Failure::usage(match error.kind() {
        io::ErrorKind::NotFound => format!("{path} is missing"),
        kind => format!("{path} cannot be read: {kind}"),
    })
}

fn millis(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
