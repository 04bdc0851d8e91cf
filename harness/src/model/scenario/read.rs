//! From text to a scenario: the file's own mistakes.

use std::ops::Range;

use camino::Utf8PathBuf;
use toml::Spanned;
use toml::de::DeTable;

use super::{Scenario, ScenarioError, ScenarioFile, Steps, reserved};
use crate::model::Topology;
use crate::model::written::{Written, refused};

/// A scenario of more bytes is somebody's other file.
const MOST_BYTES: usize = 1 << 20;

impl Scenario {
    /// Reads a scenario from the bytes of its file.
    ///
    /// # Errors
    /// It is no UTF-8, no TOML, too big, has an unknown key or a value of another type, or says what no run could do:
    /// an unknown node, a request to a dead one, an app that is not deployed, an expectation that cannot come true.
    pub fn parse(bytes: &[u8]) -> Result<Self, ScenarioError> {
        if bytes.len() > MOST_BYTES {
            return Err(ScenarioError::nowhere(format!(
                "the file has {} bytes, expected at most {MOST_BYTES}",
                bytes.len()
            )));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            ScenarioError::nowhere(format!("invalid UTF-8 at byte {at}"))
        })?;
        let file: ScenarioFile = toml::from_str(text).map_err(|error| located(&error, text))?;
        let steps = Steps::File(text.to_owned());
        Self::of(file, steps, &|path| reserved::place(text, path)).map_err(|error| pointing(error, text))
    }

    /// The scenario of a file's tables.
    pub(super) fn of(file: ScenarioFile, steps: Steps, places: &reserved::Places<'_>) -> Result<Self, ScenarioError> {
        let scenario = Self { file, steps, folder: Utf8PathBuf::new() };
        let root = scenario.root()?;
        reserved::check(&scenario.file, &scenario.written(root.as_ref()), places)?;
        // What can be seen without a machine is seen here: each cell must make a plan.
        let two = Topology::of(2).map_err(|error| ScenarioError::nowhere(error.to_string()))?;
        scenario.plans(&two)?;
        Ok(scenario)
    }

    /// The table that the file is, where there is one.
    pub(super) fn root(&self) -> Result<Option<Spanned<DeTable<'_>>>, ScenarioError> {
        match &self.steps {
            Steps::File(text) => DeTable::parse(text).map(Some).map_err(|error| located(&error, text)),
            Steps::Rust(_) => Ok(None),
        }
    }

    /// The steps, as they are written in that table.
    pub(super) fn written<'t>(&self, root: Option<&Spanned<DeTable<'t>>>) -> Vec<Written<'t>> {
        match &self.steps {
            Steps::File(_) => {
                let steps = root.and_then(|root| root.get_ref().get("step"));
                let steps = steps.and_then(|steps| steps.get_ref().as_array());
                steps.into_iter().flat_map(|steps| steps.iter()).filter_map(Written::in_file).collect()
            }
            Steps::Rust(steps) => steps.iter().map(|step| Written::in_rust(step.clone())).collect(),
        }
    }
}

/// The mistake that the TOML reader found.
fn located(error: &toml::de::Error, text: &str) -> ScenarioError {
    let error = pointing(refused(error), text);
    let unquoted = error.span.as_ref().and_then(|span| bare_word(text, span.start));
    match unquoted {
        // The reader takes `n1` for a number that is none, as `nan` is, and `true-north` for a boolean.
        Some(word) if error.help.is_none() => ScenarioError {
            message: format!("missing quotes around `{word}`"),
            help: Some(format!("write `\"{word}\"`")),
            ..error
        },
        _ => error,
    }
}

/// The word without quotes that is or begins the value around a place, where there is one.
fn bare_word(text: &str, place: usize) -> Option<&str> {
    let before = text.get(..place)?;
    let begin = before.rfind(['=', ',', '[', '{', '\n'])? + 1;
    // What stands behind the end of a line, or before a `=`, is no value.
    if before[begin - 1..].starts_with('\n') {
        return None;
    }
    let rest = &text[begin..];
    let end = rest.find([',', ']', '}', '#', '\n', '=']).unwrap_or(rest.len());
    let word = rest[..end].trim();
    if rest[end..].starts_with('=') {
        return None;
    }
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':');
    let is_word = word.starts_with(char::is_alphabetic) && word.chars().all(fits);
    (is_word && !["true", "false", "inf", "nan"].contains(&word)).then_some(word)
}

/// An empty span is widened to the character that it stands before, so that a caret has something to point at.
fn pointing(error: ScenarioError, text: &str) -> ScenarioError {
    let span = error.span.map(|span| visible(span, text));
    ScenarioError { span, ..error }
}

fn visible(span: Range<usize>, text: &str) -> Range<usize> {
    if span.is_empty() {
        let end = text
            .get(span.start..)
            .and_then(|rest| rest.chars().next())
            .map_or(span.start, |c| span.start + c.len_utf8());
        return span.start..end;
    }
    span
}
