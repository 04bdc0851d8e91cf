//! What all forms of a report are made of.

use crate::config::is_secret;
use crate::lint::{Input, Report};

/// One input and what was found in it.
#[derive(Debug)]
pub struct Checked {
    /// What was linted.
    pub input: Input,
    /// What was found.
    pub report: Report,
}

/// A report that cannot be written in a form.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// As JSON.
    #[error("the report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// As XML.
    #[error("the report cannot be written as JUnit XML")]
    Junit(#[from] quick_junit::SerializeError),
}

/// How many files were looked at; the classes of an app count as one with it.
pub(super) fn file_count(input: &Input) -> usize {
    input.files.iter().filter(|file| !file.name.ends_with(".class")).count() + input.unreadable.len()
}

/// The text of a file with the values of secret attributes masked, each byte of which keeps its place.
pub(super) fn masked(input: &Input, file: usize) -> String {
    let source = &input.files[file];
    let mut text = source.text().to_owned();
    for element in source.document.iter().flat_map(crate::config::read::Document::elements) {
        for attribute in element.attributes().iter().filter(|attribute| is_secret(&attribute.name)) {
            if attribute.span.end <= text.len() && !attribute.written.contains("${") {
                text.replace_range(attribute.span.clone(), &"*".repeat(attribute.span.len()));
            }
        }
    }
    text
}
