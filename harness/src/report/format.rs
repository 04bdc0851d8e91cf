//! What a report is: one trait, and one table with a row for each format.
//!
//! A new format is one file with its [`Format`] and one row of [`FORMATS`]: `report --NAME FILE` of the command line, its
//! help and the files that a run leaves come out of it.

use super::{Environment, Summary};
use super::{html, json, junit, markdown, terminal};
use crate::history::History;
use crate::model::Plan;

/// All formats.
pub const FORMATS: &[&dyn Format] =
    &[&html::Html, &junit::JUnit, &markdown::Markdown, &terminal::Terminal, &json::Json];

/// A run that was judged, as a report sees it.
#[derive(Debug, Clone, Copy)]
pub struct JudgedRun<'a> {
    /// What it did.
    pub plan: &'a Plan,
    /// What it ran on; a run that crashed may have stored nothing of that.
    pub environment: Option<&'a Environment>,
    /// What happened.
    pub history: &'a History,
    /// What is said of it.
    pub summary: &'a Summary,
}

/// The rest of a report, once the run is judged.
pub type Rendering<'a> = Box<dyn FnOnce(&JudgedRun<'_>) -> Result<String, ReportError> + Send + 'a>;

/// A form in which a run is reported.
pub trait Format: Sync {
    /// Its name, as in `report --NAME FILE`.
    fn name(&self) -> &'static str;

    /// What it is, for the help: `the page`, `JUnit XML`.
    fn title(&self) -> &'static str;

    /// The name of its file in the run's folder, where each run leaves one.
    fn file(&self) -> Option<&'static str> {
        None
    }

    /// Begins a report: what can be made of the history alone is made here, beside its judgement.
    fn begin<'a>(&self, history: &'a History) -> Rendering<'a>;
}

/// A report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Something of the run cannot be written as JSON.
    #[error("the report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// Something of the run cannot be written as XML.
    #[error("the report cannot be written as XML")]
    Xml(#[from] quick_junit::SerializeError),
}

/// A run as a text of some format.
///
/// # Errors
/// See [`ReportError`]; a run that was read from its folder has nothing in it that brings one about.
pub fn render(format: &dyn Format, run: &JudgedRun<'_>) -> Result<String, ReportError> {
    format.begin(run.history)(run)
}

/// The reports that each run leaves in its folder: file names and texts.
///
/// # Errors
/// See [`ReportError`].
pub fn files(run: &JudgedRun<'_>) -> Result<Vec<(&'static str, String)>, ReportError> {
    let named = FORMATS.iter().filter_map(|format| Some((*format, format.file()?)));
    named.map(|(format, file)| Ok((file, render(format, run)?))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::sample::{plan, violated};
    use super::*;

    #[test]
    fn each_format_has_a_name_of_its_own_and_renders_a_run() {
        let names: BTreeSet<&str> = FORMATS.iter().map(|format| format.name()).collect();
        assert_eq!(names.len(), FORMATS.len());
        let (summary, history) = violated();
        let plan = plan();
        let run = JudgedRun { plan: &plan, environment: None, history: &history, summary: &summary };
        for format in FORMATS {
            let text = render(*format, &run).expect("it renders");
            assert!(text.contains("acknowledged-writes-survive"), "{} says what was violated: {text}", format.name());
        }
        let files: Vec<&str> = files(&run).expect("they render").into_iter().map(|(file, _)| file).collect();
        assert_eq!(files, ["report.html", "junit.xml"]);
    }
}
