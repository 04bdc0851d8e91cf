//! `report.html`: one page that holds a whole run and needs nothing else, neither a network nor a build step.
//!
//! The page is three kinds of files of this folder, joined here, and one block of data: what is drawn, as columns
//! (`columns`), and the raw lines of the history, packed so that a hundred thousand operations stay a few megabytes
//! (`lines`). Every text of a server is data: it is in a block that no browser runs, the scripts put it into text
//! nodes only, and the page's policy runs no script but ours.

mod answers;
mod columns;
mod lag;
mod lines;
mod steps;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use self::answers::Answers;
use self::columns::Columns;
use self::lag::Lag;
use self::lines::Lines;
use self::steps::Step;
use super::excerpt::{Excerpt, excerpts};
use super::format::{Format, JudgedRun, Rendering, ReportError};
use super::notes::{self, Note};
use super::remarks::{Remark, remarks};
use super::rows::{Row, rows};
use super::{Environment, Summary};
use crate::history::History;
use crate::model::NodeName;

const PAGE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
/// The scripts, in the order in which they use each other.
const SCRIPTS: [&str; 5] = [
    include_str!("data.js"),
    include_str!("timeline.js"),
    include_str!("plots.js"),
    include_str!("records.js"),
    include_str!("main.js"),
];

/// The page.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Html {
    /// The name of its file in a run's folder.
    pub const FILE: &str = "report.html";
}

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn title(&self) -> &'static str {
        "the page"
    }

    fn file(&self) -> Option<&'static str> {
        Some(Self::FILE)
    }

    fn begin<'a>(&self, history: &'a History) -> Rendering<'a> {
        let drawn = Drawn::of(history);
        Box::new(move |run| page(run, &drawn?))
    }
}

/// The page's data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Data<'a> {
    summary: &'a Summary,
    environment: Option<About<'a>>,
    rows: Vec<Row<'a>>,
    remarks: Vec<Remark<'a>>,
    notes: Vec<Note<'a>>,
    excerpts: Vec<Excerpt>,
    steps: Vec<Step<'a>>,
    columns: &'a Columns<'a>,
    lag: Lag,
    answers: &'a Answers<'a>,
    lines: &'a Lines,
}

/// What the head of the page says of a run's environment.
#[derive(Debug, Serialize)]
struct About<'a> {
    run: &'a str,
    started: &'a str,
    host: &'a str,
    scenario: Option<&'a str>,
    command: String,
}

impl<'a> About<'a> {
    fn of(environment: &'a Environment) -> Self {
        Self {
            run: environment.run.as_str(),
            started: &environment.started,
            host: &environment.host,
            scenario: environment.scenario.as_deref(),
            command: environment.arguments.join(" "),
        }
    }
}

/// What a history gives a page to draw, whatever its verdict is.
#[derive(Debug)]
struct Drawn<'a> {
    columns: Columns<'a>,
    answers: Answers<'a>,
    lines: Lines,
}

impl<'a> Drawn<'a> {
    fn of(history: &'a History) -> Result<Self, serde_json::Error> {
        // Both go through the whole history, which may be long.
        let ((columns, answers), lines) = std::thread::scope(|scope| {
            let columns = scope.spawn(|| (Columns::of(history), Answers::of(history)));
            let lines = Lines::of(history);
            (columns.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), lines)
        });
        Ok(Self { columns, answers, lines: lines? })
    }
}

/// Writes the page.
fn page(run: &JudgedRun<'_>, drawn: &Drawn<'_>) -> Result<String, ReportError> {
    let Drawn { columns, answers, lines } = drawn;
    let summary = run.summary;
    let rows = rows(&summary.verdict);
    let nodes: Vec<NodeName> = run.plan.topology.names().cloned().collect();
    let data = Data {
        summary,
        environment: run.environment.map(About::of),
        excerpts: excerpts(&rows, &nodes, run.history),
        rows,
        remarks: remarks(summary),
        notes: notes::grouped(&summary.verdict.notes),
        steps: steps::of(run.plan, run.history),
        columns,
        lag: Lag::of(&summary.verdict.measures.lags, columns),
        answers,
        lines,
    };
    // In JSON a `<` stands inside strings only, so that no text can end the block or begin a comment.
    let data = serde_json::to_string(&data)?.replace('<', "\\u003c");
    let script = format!("\"use strict\";\n{{\n{}\n}}\n", SCRIPTS.join("\n"));
    let (style_hash, script_hash) = (hash(STYLE), hash(&script));
    let title = escaped(&summary.name);
    let places = [
        ("title", &*title),
        ("style", STYLE),
        ("style-hash", &*style_hash),
        ("script", &*script),
        ("script-hash", &*script_hash),
        ("data", &*data),
    ];
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + script.len() + data.len());
    for part in PAGE.split("{{") {
        match part.split_once("}}") {
            Some((name, rest)) => {
                page.extend(places.iter().find(|(place, _)| *place == name).map(|(_, text)| *text));
                page.push_str(rest);
            }
            None => page.push_str(part),
        }
    }
    Ok(page)
}

/// What the page's policy names the only style and the only script by.
fn hash(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// A text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
