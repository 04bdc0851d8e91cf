//! `junit.xml`: one test suite a run, one test case a guarantee or expectation, for the CI that shows test results.
//!
//! A violation is a failure, what could not be decided is an error, and what does not count, as it is
//! not promised or is an expected violation, is skipped with the reason.
//! A run whose verdict is not *holds* never gives a file in which every case passed.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::excerpt::evidence;
use super::format::{Format, Rendering};
use super::rows::{Row, rows};
use super::{Summary, notes};
use crate::history::History;
use crate::verdict::{Status, around};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct JUnit;

impl Format for JUnit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn title(&self) -> &'static str {
        "JUnit XML"
    }

    fn file(&self) -> Option<&'static str> {
        Some("junit.xml")
    }

    fn begin<'a>(&self, _history: &'a History) -> Rendering<'a> {
        Box::new(|run| Ok(render(run.summary, run.history)?))
    }
}

/// Writes the file's text.
///
/// # Errors
/// The XML cannot be written, which the text of a server cannot bring about: what XML cannot hold is left out.
pub fn render(summary: &Summary, history: &History) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new(summary.name.as_str());
    suite.set_time(history.records.iter().map(|record| Duration::from_nanos(record.at.0)).max().unwrap_or_default());
    for (name, value) in [("setting", &summary.setting), ("run-dir", &summary.run_dir)] {
        suite.add_property((name, value.as_str()));
    }
    let verdict = &summary.verdict;
    let rows = rows(verdict);
    suite.add_test_cases(rows.iter().map(|row| decided(row, summary, history)));
    let unmet = verdict.assumptions.iter().filter(|assumption| !assumption.met);
    suite.add_test_cases(
        unmet.map(|unmet| error(summary, &format!("assumption: {}", unmet.what), "not met", &unmet.because)),
    );
    let said = rows.iter().any(|row| row.counts().is_some_and(|status| status != Status::Holds))
        || verdict.assumptions.iter().any(|assumption| !assumption.met);
    if verdict.status != Status::Holds && !said {
        suite.add_test_case(error(summary, "verdict", "not decided", "nothing that is promised was decided"));
    }
    if let Some(why) = &summary.cut_short {
        suite.add_test_case(error(summary, "the whole plan was run", "cut short", why));
    }
    if !verdict.notes.is_empty() {
        let notes: Vec<String> = notes::grouped(&verdict.notes).iter().map(|note| format!("note: {note}")).collect();
        suite.set_system_out(notes.join("\n"));
    }
    let mut report = Report::new("tomee-harness");
    report.add_test_suite(suite);
    report.to_string()
}

fn decided(row: &Row<'_>, summary: &Summary, history: &History) -> TestCase {
    let status = match row.counts() {
        Some(Status::Holds) => TestCaseStatus::success(),
        Some(Status::Violated) => {
            let evidence: Vec<String> =
                [row.because.to_owned()].into_iter().chain(around(&evidence(row, history), history)).collect();
            not_passed(NonSuccessKind::Failure, "violated", row.because, &evidence.join("\n"))
        }
        Some(Status::Unknown) => not_passed(NonSuccessKind::Error, "unknown", row.because, row.because),
        None => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(row.reason());
            skipped
        }
    };
    let passed = matches!(status, TestCaseStatus::Success { .. });
    let mut case = TestCase::new(row.name.as_str(), status);
    case.set_classname(summary.name.as_str());
    if passed {
        case.set_system_out(row.because);
    }
    case
}

fn error(summary: &Summary, name: &str, kind: &str, because: &str) -> TestCase {
    let mut case = TestCase::new(name, not_passed(NonSuccessKind::Error, kind, because, because));
    case.set_classname(summary.name.as_str());
    case
}

fn not_passed(kind: NonSuccessKind, word: &str, because: &str, evidence: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word).set_message(because).set_description(evidence);
    status
}

#[cfg(test)]
mod tests {
    use super::super::sample::{held, hostile, violated};
    use super::*;
    use crate::verdict::Assumption;

    #[test]
    fn a_violation_is_a_failure_with_its_records_and_the_rest_has_its_own_kinds() {
        let (summary, history) = violated();
        insta::assert_snapshot!(render(&summary, &history).expect("XML"));
    }

    #[test]
    fn a_run_that_does_not_hold_never_passes_every_case() {
        let (mut summary, history) = held();
        let not_passed = |summary: &Summary| {
            let xml = render(summary, &history).expect("XML");
            (xml.matches("<failure").count(), xml.matches("<error").count(), xml.matches("<skipped").count())
        };
        assert_eq!(not_passed(&summary), (0, 0, 0), "it holds");
        summary.cut_short = Some("it took longer than 10 s".to_owned());
        assert_eq!(not_passed(&summary), (0, 1, 0), "cut short");
        summary.cut_short = None;
        summary.verdict.status = Status::Unknown;
        assert_eq!(not_passed(&summary), (0, 1, 0), "unknown, and no guarantee says so");
        let because = "fault 1 missed".to_owned();
        summary.verdict.assumptions = vec![Assumption { what: "every fault hit".to_owned(), met: false, because }];
        assert_eq!(not_passed(&summary), (0, 1, 0), "an assumption is not met");
        for finding in &mut summary.verdict.guarantees {
            finding.aside = Some(crate::verdict::Aside::NotPromised);
        }
        summary.verdict.assumptions.clear();
        assert_eq!(not_passed(&summary), (0, 1, summary.verdict.guarantees.len()), "nothing is promised");
    }

    #[test]
    fn what_servers_say_is_text_and_the_file_stays_xml() {
        let (summary, history) = hostile();
        let xml = render(&summary, &history).expect("XML");
        assert!(!xml.contains("<img") && !xml.contains("</script>"), "{xml}");
        let document = roxmltree::Document::parse(&xml).expect("well-formed");
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).expect("a failure");
        assert!(failure.attribute("message").is_some_and(|message| message.contains("</script><img")), "{xml}");
    }
}
