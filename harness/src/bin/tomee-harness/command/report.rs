//! `report`: renders a stored run again.

use std::io::{self, BufReader};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use tomee_harness::history::{self, History};
use tomee_harness::host::run_dir::RunDir;
use tomee_harness::model::Plan;
use tomee_harness::report::{Environment, Summary, html, junit, markdown};
use tomee_harness::verdict;

use super::{print, print_json};
use crate::args::{OutputArgs, ReportArgs};
use crate::exit::{Exit, Failure};

/// A run that was stored, and read again.
pub(crate) struct Stored {
    pub(crate) run_dir: RunDir,
    pub(crate) history: History,
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
    let stored = Stored::open(&args.run_dir)?;
    let (read_ms, begun) = (millis(begun), Instant::now());
    let mut files = Vec::new();
    let mut add = |path: &Utf8Path, text: String| {
        fs_err::write(path, text).map_err(Failure::environment)?;
        files.push(path.to_owned());
        Ok::<_, Failure>(())
    };
    let all = args.html.is_none() && args.junit.is_none() && args.markdown.is_none();
    let (page, results) = (stored.run_dir.report(), stored.run_dir.junit());
    let page = args.html.as_deref().or(all.then_some(&*page));
    let (summary, drawn) = std::thread::scope(|scope| {
        let history = &stored.history;
        let drawn = page.map(|path| scope.spawn(move || (path, html::draw(history))));
        let summary = stored.summary();
        (summary, drawn.map(|drawn| drawn.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
    });
    if let Some((path, drawn)) = drawn {
        let drawn = drawn.map_err(Failure::environment)?;
        add(path, html::render(&summary, &drawn).map_err(Failure::environment)?)?;
    }
    if let Some(path) = args.junit.as_deref().or(all.then_some(&*results)) {
        add(path, junit::render(&summary, &stored.history).map_err(Failure::environment)?)?;
    }
    if let Some(path) = &args.markdown {
        add(path, markdown::render(&summary))?;
    }
    let took = Took { read_ms, judge_and_render_ms: millis(begun) };
    if output.is_json() {
        print_json(&Written { format: 1, files: &files, took })?;
    } else {
        print(&files.iter().map(|path| format!("{path}\n")).collect::<String>())?;
    }
    Ok(Exit::Holds)
}

impl Stored {
    /// Reads it.
    ///
    /// # Errors
    /// The folder has no run that can be read.
    pub(crate) fn open(path: &Utf8Path) -> Result<Self, Failure> {
        let run_dir = RunDir::open(path).map_err(|error| {
            Failure::usage(error).hint(Some("a run directory has history.jsonl and plan.json in it".to_owned()))
        })?;
        let plan: Plan = read_json(&run_dir.plan())?;
        let file = fs_err::File::open(run_dir.history()).map_err(|error| unreadable(&run_dir.history(), &error))?;
        let history = history::read(BufReader::new(file)).map_err(Failure::usage)?;
        // Only a convenience here: a run that crashed may have written none.
        let environment = read_json::<Environment>(&run_dir.environment()).ok();
        Ok(Self { run_dir, history, plan, environment })
    }

    /// Judges it.
    pub(crate) fn summary(&self) -> Summary {
        let verdict = verdict::judge(&self.plan, &self.history);
        let environment = self.environment.as_ref();
        let setting = environment.map_or_else(|| self.plan.topology.server.to_string(), Environment::setting);
        let cut_short = environment.and_then(|environment| environment.cut_short.clone());
        let unused = environment.map_or(&[][..], |environment| &environment.not_in_effect);
        Summary::of(&self.plan, setting, verdict, &self.history, self.run_dir.path())
            .cut_short_by(cut_short)
            .not_in_effect(unused)
    }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Utf8Path) -> Result<T, Failure> {
    let text = fs_err::read(path).map_err(|error| unreadable(path, &error))?;
    let read = serde_json::from_slice(&text);
    read.map_err(|error| Failure::usage(format!("{path} is not as tomee-harness writes it: {error}")))
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
