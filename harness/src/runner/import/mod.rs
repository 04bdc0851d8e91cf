//! Requests that were recorded elsewhere, by a browser or as `curl` commands, as the steps of a scenario.
//!
//! What an answer gave and a later request sends back, as a CSRF token, becomes a capture; what a form of the page before had
//! anyway is sent by its name. [`recorded`] reads a file, [`scenario`] writes the steps.

mod curl;
mod har;
mod request;
mod steps;
mod tokens;
mod written;

pub use self::request::{ImportError, Recorded, RecordedAnswer};
pub use self::steps::scenario;

/// Reads a browser's HAR (JSON), or lines of `curl`.
///
/// # Errors
/// It is neither, or has no request to an app in it.
pub fn recorded(text: &str) -> Result<Vec<Recorded>, ImportError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let all = if text.starts_with('{') { har::read(text)? } else { curl::read(text)? };
    let host = request::main_host(&all).ok_or(ImportError::Empty)?;
    let all: Vec<Recorded> = all.into_iter().filter(|one| one.host == host && !one.is_decoration()).collect();
    if all.is_empty() { Err(ImportError::Empty) } else { Ok(all) }
}

#[cfg(test)]
mod tests;
