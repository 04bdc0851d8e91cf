//! Forms of a report: text, JSON, SARIF, annotations of GitHub, `JUnit` XML and Markdown.

mod checked;
mod github;
mod json;
mod junit;
mod markdown;
mod pages;
mod sarif;
mod text;

pub use checked::{Checked, FormatError};
pub use json::{JsonEdit, JsonFinding, JsonFix, JsonPlace, JsonReport, JsonSummary, JsonUnreadable};
pub use pages::{page, pages, rules_json};

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
