//! From text to a scenario: the file's own mistakes.

use std::ops::Range;

use camino::Utf8PathBuf;

use super::error::nearest;
use super::{Scenario, ScenarioError, ScenarioFile, reserved};
use crate::model::Topology;

/// A scenario of more bytes is somebody's other file.
const MOST_BYTES: usize = 1 << 20;

impl Scenario {
    /// Reads a scenario from the bytes of its file.
    ///
    /// # Errors
    /// It is no UTF-8, no TOML, too big, has an unknown key or a value of another type, or tells what no run could do:
    /// an unknown node, a request to a dead one, an app that is not deployed, an expectation that cannot come true.
    pub fn parse(bytes: &[u8]) -> Result<Self, ScenarioError> {
        if bytes.len() > MOST_BYTES {
            return Err(ScenarioError::nowhere(format!("{} bytes: a scenario has at most {MOST_BYTES}", bytes.len())));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            ScenarioError::nowhere(format!("the byte at {at} is no UTF-8"))
        })?;
        let file: ScenarioFile = toml::from_str(text).map_err(|error| told(&error, text))?;
        Self::of(file, &|path| reserved::place(text, path))
    }

    /// The scenario of a file's tables.
    pub(super) fn of(file: ScenarioFile, places: &reserved::Places<'_>) -> Result<Self, ScenarioError> {
        reserved::check(&file, places)?;
        let scenario = Self { file, folder: Utf8PathBuf::new() };
        // What can be seen without a machine is seen here: each cell must make a plan.
        let two = Topology::of(2).map_err(|error| ScenarioError::nowhere(error.to_string()))?;
        scenario.plans(&two)?;
        Ok(scenario)
    }
}

/// The mistake that the TOML reader found, on one line, with the nearest right word.
fn told(error: &toml::de::Error, text: &str) -> ScenarioError {
    let message = error.message().trim_end().replace('\n', ", ");
    let span = error.span().map(|span| visible(span, text));
    let help = unknown_word(&message);
    ScenarioError { message, span, help }
}

/// An empty span is widened to the character that it stands before, so that a caret has something to point at.
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

/// serde says ``unknown field `clint`, expected one of `client`, `on` ``: the nearest of them, as a question.
pub fn unknown_word(message: &str) -> Option<String> {
    let (what, known) = message.split_once(", expected ")?;
    let unknown = what.strip_prefix("unknown field").or_else(|| what.strip_prefix("unknown variant"))?;
    let word = unknown.trim().trim_matches('`');
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}
