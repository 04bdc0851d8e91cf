//! Requests that were recorded elsewhere, by a browser or as `curl` commands, as the steps of a scenario.
//!
//! What an answer gave and a later request sends back, as a CSRF token, becomes a capture; what a form of the page before had
//! anyway is sent by its name. [`recorded`] reads a file, [`scenario`] writes the steps.

mod curl;
mod fill;
mod har;
mod multipart;
mod request;
mod shell;
mod step;
mod steps;
mod tables;
mod tokens;
mod written;

use std::collections::BTreeMap;

pub use self::request::{ImportError, Recorded, RecordedAnswer, Recording};
pub use self::steps::{Imported, scenario};
pub use self::tables::{DoneStep, capture};

/// Reads a browser's HAR (JSON), or lines of `curl`.
///
/// # Errors
/// It is neither, or has no request to an app in it.
pub fn recorded(text: &str) -> Result<Recording, ImportError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let (all, mut notes) = if text.starts_with('{') { har::read(text)? } else { curl::read(text)? };
    let host = request::main_host(&all).ok_or(ImportError::Empty)?;
    let (mut requests, mut others, mut decorations) = (vec![], BTreeMap::<String, usize>::new(), 0);
    for one in all {
        if one.host != host {
            *others.entry(one.host).or_default() += 1;
        } else if one.is_decoration() {
            decorations += 1;
        } else {
            requests.push(one);
        }
    }
    if requests.is_empty() {
        return Err(ImportError::Empty);
    }
    let counted = |count: usize| if count == 1 { "1 request".to_owned() } else { format!("{count} requests") };
    notes.extend(others.into_iter().map(|(host, count)| format!("left out: {} to {host}", counted(count))));
    if decorations > 0 {
        notes.push(format!("left out: {} for scripts, styles and images", counted(decorations)));
    }
    Ok(Recording { requests, notes })
}

#[cfg(test)]
mod tests;
