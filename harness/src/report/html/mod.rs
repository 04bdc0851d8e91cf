//! `report.html`: one page that holds a whole run and needs nothing else, neither a network nor a build step.
//!
//! The page is three kinds of files of this folder, joined here, and one block of data: what is drawn, as columns
//! ([`columns`]), and the raw lines of the history, packed so that a hundred thousand operations stay a few megabytes
//! ([`lines`]). Every text of a server is data: it is in a block that no browser runs, the scripts put it into text
//! nodes only, and the page's policy runs no script but ours.

mod columns;
mod lag;
mod lines;

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
    columns: Columns<'a>,
    lines: Lines,
}

/// Writes the page.
///
/// # Errors
/// A record cannot be written as JSON; those that were read from a history can.
pub fn render(summary: &Summary, history: &History) -> Result<String, serde_json::Error> {
    // Both go through the whole history, which may be long.
    let (columns, lines) = std::thread::scope(|scope| {
        let lines = scope.spawn(|| Lines::of(history));
        let columns = Columns::of(history);
        (columns, lines.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let data = Data { summary, rows: rows(&summary.verdict), columns, lines: lines? };
    // In JSON a `<` stands inside strings only, so that no text can end the block or begin a comment.
    let data = serde_json::to_string(&data)?.replace('<', "\\u003c");
    // A nonce that is the data's own digest: no text in the data can name it.
    let nonce: String = Sha256::digest(data.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let scripts = SCRIPTS.join("\n");
    let (parts, fill) = (PAGE.split("{{"), |name: &str| match name {
        "nonce" => Some(nonce.clone()),
        "title" => Some(escaped(&summary.name)),
        "style" => Some(STYLE.to_owned()),
        "script" => Some(scripts.clone()),
        "data" => Some(data.clone()),
        _ => None,
    });
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + scripts.len() + data.len());
    for part in parts {
        match part.split_once("}}") {
            Some((name, rest)) => {
                page.push_str(&fill(name).unwrap_or_default());
                page.push_str(rest);
            }
            None => page.push_str(part),
        }
    }
    Ok(page)
}

/// A text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
