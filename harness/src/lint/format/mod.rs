//! Forms of a report: text, JSON, SARIF, annotations of GitHub, `JUnit` XML and Markdown.

mod github;
mod json;
mod junit;
mod markdown;
mod pages;
mod sarif;
mod text;

use super::{Input, Report};
use crate::config::is_secret;

pub use json::{JsonEdit, JsonFinding, JsonFix, JsonPlace, JsonReport, JsonSummary, JsonUnreadable};
pub use pages::{page, pages, rules_json};

/// One input and what was found in it.
#[derive(Debug)]
pub struct Checked {
    /// What was linted.
    pub input: Input,
    /// What was found.
    pub report: Report,
}

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people, with colours or without.
    Text {
        /// Whether the terminal takes colours.
        color: bool,
    },
    /// For programs.
    Json,
    /// SARIF 2.1.0, for editors and code scanning.
    Sarif,
    /// Annotations of GitHub's workflows.
    Github,
    /// `JUnit` XML.
    Junit,
    /// Markdown.
    Markdown,
}

/// A report in one of the forms.
///
/// # Errors
/// Something cannot be written as JSON or XML.
pub fn render(form: Form, all: &[Checked]) -> Result<String, FormatError> {
    match form {
        Form::Text { color } => Ok(text::text(all, color)),
        Form::Json => Ok(serde_json::to_string_pretty(&JsonReport::of(all))? + "\n"),
        Form::Sarif => Ok(serde_json::to_string_pretty(&sarif::sarif(all))? + "\n"),
        Form::Github => Ok(github::github(all)),
        Form::Junit => junit::junit(all),
        Form::Markdown => Ok(markdown::markdown(all)),
    }
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
fn file_count(input: &Input) -> usize {
    input.files.iter().filter(|file| !file.name.ends_with(".class")).count() + input.unreadable.len()
}

/// The text of a file with the values of secret attributes masked, each byte of which keeps its place.
fn masked(input: &Input, file: usize) -> String {
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
