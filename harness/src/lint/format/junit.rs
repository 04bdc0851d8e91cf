//! `JUnit` XML: a suite a file, a case a finding; errors fail.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::checked::{Checked, FormatError};
use crate::lint::Severity;

pub(super) fn junit(all: &[Checked]) -> Result<String, FormatError> {
    let mut report = Report::new("tomee-harness lint");
    for Checked { input, report: found } in all {
        for (index, file) in input.files.iter().enumerate() {
            let mut suite = TestSuite::new(file.name.as_str());
            for finding in found.findings.iter().filter(|finding| finding.file == index) {
                let (line, column) = file.position(finding.span.start);
                let name = format!("{} {} at {line}:{column}", finding.rule.code, finding.rule.name);
                let help = finding.help.as_deref().unwrap_or_default();
                let mut case = if finding.severity == Severity::Error {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status
                        .set_type("error")
                        .set_message(finding.message.as_str())
                        .set_description(format!("{}\n{help}", finding.message));
                    TestCase::new(name, status)
                } else {
                    let mut case = TestCase::new(name, TestCaseStatus::success());
                    case.set_system_out(format!("{}: {}\n{help}", finding.severity, finding.message));
                    case
                };
                case.set_classname(file.name.as_str());
                suite.add_test_case(case);
            }
            if suite.test_cases.is_empty() && file.name.ends_with(".class") {
                continue;
            }
            if suite.test_cases.is_empty() {
                suite.add_test_case(TestCase::new("no findings", TestCaseStatus::success()));
            }
            report.add_test_suite(suite);
        }
        for file in &input.unreadable {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("unreadable").set_message(file.error.to_string());
            let mut suite = TestSuite::new(file.name.as_str());
            suite.add_test_case(TestCase::new(format!("XML at {}:{}", file.error.line, file.error.column), status));
            report.add_test_suite(suite);
        }
    }
    Ok(report.to_string()?)
}
