//! `report.html`: one page that holds a whole run and needs nothing else, neither a network nor a build step.
//!
//! The page is three kinds of files of this folder, joined here, and one block of data: what is drawn, as columns
//! (`columns`), and the raw lines of the history, packed so that a hundred thousand operations stay a few megabytes
//! (`lines`). Every text of a server is data: it is in a block that no browser runs, the scripts put it into text
//! nodes only, and the page's policy runs no script but ours.

mod columns;
mod lag;
mod lines;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use self::columns::Columns;
use self::lines::Lines;
use super::Summary;
use super::rows::{Row, rows};
use crate::history::History;

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

/// The page's data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Data<'a> {
    summary: &'a Summary,
    rows: Vec<Row<'a>>,
    columns: &'a Columns<'a>,
    lines: &'a Lines,
}

/// What a history gives a page to draw, whatever its verdict is.
#[derive(Debug)]
pub struct Drawn<'a> {
    columns: Columns<'a>,
    lines: Lines,
}

/// Draws a history. This may go on beside its judgement.
///
/// # Errors
/// A record cannot be written as JSON; those that were read from a history can.
pub fn draw(history: &History) -> Result<Drawn<'_>, serde_json::Error> {
    // Both go through the whole history, which may be long.
    let (columns, lines) = std::thread::scope(|scope| {
        let columns = scope.spawn(|| Columns::of(history));
        let lines = Lines::of(history);
        (columns.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), lines)
    });
    Ok(Drawn { columns, lines: lines? })
}

/// Writes the page.
///
/// # Errors
/// A summary cannot be written as JSON.
pub fn render(summary: &Summary, drawn: &Drawn<'_>) -> Result<String, serde_json::Error> {
    let Drawn { columns, lines } = drawn;
    let data = Data { summary, rows: rows(&summary.verdict), columns, lines };
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
