//! The gate as JUnit XML: a suite a side, a case for each guarantee.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::standing;
use crate::gate::{GateReport, RunResult, Side};
use crate::verdict::Status;

/// The gate as `JUnit` XML. What is unknown is an error, what is not promised is skipped.
///
/// # Errors
/// A text that XML cannot carry.
pub fn junit(report: &GateReport) -> Result<String, SerializeError> {
    let mut out = Report::new("tomee-harness gate");
    out.add_test_suite(suite(&report.side));
    if let Some(against) = &report.against {
        out.add_test_suite(suite(against));
        let mut changes = TestSuite::new("guarantees lost");
        for change in &report.lost {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("before: {}; now: {}", change.before, change.now));
            changes.add_test_case(TestCase::new(change.guarantee.clone(), status));
        }
        if report.lost.is_empty() {
            changes.add_test_case(TestCase::new("none", TestCaseStatus::success()));
        }
        out.add_test_suite(changes);
    }
    out.to_string()
}

fn suite(side: &Side) -> TestSuite {
    let mut suite = TestSuite::new(side.name.clone());
    let lint = if side.lint.errors.is_empty() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(side.lint.errors.join("; "));
        status
    };
    suite.add_test_case(TestCase::new("lint", lint));
    for run in &side.runs {
        run_cases(&mut suite, run);
    }
    for left in &side.left_out {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(left.clone());
        suite.add_test_case(TestCase::new("left out", status));
    }
    suite
}

fn run_cases(suite: &mut TestSuite, run: &RunResult) {
    for tested in &run.tested {
        let mut status = match standing(tested) {
            "holds" => TestCaseStatus::success(),
            "not promised" => TestCaseStatus::skipped(),
            "unknown" => TestCaseStatus::non_success(NonSuccessKind::Error),
            _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        if tested.status != Status::Holds || !tested.promised {
            status.set_message(tested.because.clone());
        }
        suite.add_test_case(TestCase::new(format!("{}: {}", run.name, tested.guarantee), status));
    }
    if run.tested.is_empty() || run.because.is_some() {
        let mut status = match run.status {
            Status::Holds => TestCaseStatus::success(),
            Status::Violated => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Status::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        if let Some(because) = &run.because {
            status.set_message(because.clone());
        }
        suite.add_test_case(TestCase::new(run.name.clone(), status));
    }
}
