//! The table of formats, one row each.
//!
//! A new format is one file with its [`Format`] and one row of [`FORMATS`]: `report --NAME FILE` of the command line, its
//! help and the files that a run leaves come out of it.

use super::format::{Format, JudgedRun, ReportError, render};
use super::{html, json, junit, markdown, terminal};

/// All formats.
pub const FORMATS: &[&dyn Format] =
    &[&html::Html, &junit::JUnit, &markdown::Markdown, &terminal::Terminal, &json::Json];

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
