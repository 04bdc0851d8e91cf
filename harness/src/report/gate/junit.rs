//! The gate as JUnit XML: a case for all that stands against a pass, and one for each guarantee that holds.

use std::collections::BTreeSet;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::standing;
use crate::gate::{GateReport, Matter, Side};
use crate::verdict::Status;

/// The gate as `JUnit` XML. What makes it red is a failure, what leaves it open an error; what is not promised, what a team
/// accepts, what only follows, and how the other side stands, are skipped.
///
/// # Errors
/// A text that XML cannot carry.
pub fn junit(report: &GateReport) -> Result<String, SerializeError> {
    let mut out = Report::new("tomee-harness gate");
    let mut suite = TestSuite::new(report.side.name.clone());
    for matter in &report.matters() {
        suite.add_test_case(TestCase::new(name(matter), weighed(report, matter)));
    }
    for (case, status) in held(&report.side) {
        suite.add_test_case(TestCase::new(case, status));
    }
    out.add_test_suite(suite);
    if let Some(against) = &report.against {
        let mut suite = TestSuite::new(against.name.clone());
        for (case, status) in held(against).chain(others(against)) {
            suite.add_test_case(TestCase::new(case, status));
        }
        out.add_test_suite(suite);
    }
    out.to_string()
}

fn name(matter: &Matter) -> String {
    matter.key.as_ref().map_or_else(|| "left out".to_owned(), |key| format!("{}: {}", key.run, key.what))
}

fn weighed(report: &GateReport, matter: &Matter) -> TestCaseStatus {
    if report.accepted.contains(&matter.line) {
        return skipped(format!("accepted: {}", matter.line));
    }
    // What a red run left open is not said by itself.
    if !report.because.contains(&matter.line) {
        return skipped(matter.line.clone());
    }
    let kind = if matter.status == Status::Violated { NonSuccessKind::Failure } else { NonSuccessKind::Error };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(matter.line.clone());
    status
}

fn skipped(message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(message);
    status
}

/// What stands against no pass: each guarantee that a run showed to hold, or that is not promised, and a linter that found no
/// error.
fn held(side: &Side) -> impl Iterator<Item = (String, TestCaseStatus)> {
    let lint = side.lint.errors.is_empty().then(|| ("lint".to_owned(), TestCaseStatus::success()));
    let tested = side.runs.iter().flat_map(|run| run.tested.iter().map(move |tested| (run, tested)));
    let tested = tested.filter_map(|(run, tested)| {
        let status = match standing(tested) {
            "holds" => TestCaseStatus::success(),
            "not promised" => skipped(tested.because.clone()),
            _ => return None,
        };
        Some((format!("{}: {}", run.name, tested.guarantee), status))
    });
    lint.into_iter().chain(tested)
}

/// What the side that it is compared with does not keep: how that one stands decides nothing.
fn others(side: &Side) -> impl Iterator<Item = (String, TestCaseStatus)> {
    let runs = side.runs.iter().filter(|run| run.status != Status::Holds);
    runs.map(|run| {
        let tested = run.tested.iter().filter(|tested| matches!(standing(tested), "VIOLATED" | "unknown"));
        let lines: BTreeSet<String> = tested.map(crate::gate::Tested::line).chain(run.because.clone()).collect();
        (run.name.clone(), skipped(lines.into_iter().collect::<Vec<_>>().join("; ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{AcceptedFile, Role, RunResult, Setting, Tested};

    fn run(name: &str, role: Role, status: Status) -> RunResult {
        let tested = Tested {
            guarantee: "session-kept".to_owned(),
            promised: true,
            status,
            counts: true,
            because: "as it is".to_owned(),
        };
        RunResult {
            name: name.to_owned(),
            reason: String::new(),
            role,
            status,
            because: None,
            tested: vec![tested],
            logged: vec![],
            problems: BTreeSet::new(),
            measured: std::collections::BTreeMap::new(),
            run_dir: String::new(),
        }
    }

    fn side(runs: Vec<RunResult>) -> Side {
        Side { name: "conf".to_owned(), nodes: 2, runs, ..Side::default() }
    }

    /// Tests, skipped ones, failures and errors of the first suite, and the status.
    fn counts(report: &GateReport) -> ([usize; 4], Status) {
        let xml = junit(report).expect("XML");
        let suite =
            xml.split("<testsuite ").nth(1).expect("a suite").split('>').next().expect("its attributes").to_owned();
        let count = |name: &str| -> usize {
            let (_, rest) = suite.split_once(&format!(" {name}=\"")).expect("a number");
            rest.split('"').next().and_then(|number| number.parse().ok()).expect("a number")
        };
        ([count("tests"), count("skipped"), count("failures"), count("errors")], report.status)
    }

    #[test]
    fn the_cases_say_what_the_answer_says() {
        let none = AcceptedFile::default();
        let decided =
            |role, status| side(vec![run("failover", Role::Decides, Status::Holds), run("other", role, status)]);
        let answer = |side: Side, accepted: &AcceptedFile| counts(&GateReport::of(side, None, accepted));
        assert_eq!(answer(decided(Role::Decides, Status::Holds), &none), ([3, 0, 0, 0], Status::Holds));
        assert_eq!(answer(decided(Role::Decides, Status::Violated), &none), ([3, 0, 1, 0], Status::Violated));
        assert_eq!(answer(decided(Role::Decides, Status::Unknown), &none), ([3, 0, 0, 1], Status::Unknown));
        // A control run that shows nothing leaves it open.
        assert_eq!(answer(decided(Role::Control, Status::Violated), &none), ([3, 0, 0, 1], Status::Unknown));
        let red = decided(Role::Decides, Status::Violated);
        let accepted = AcceptedFile::of(&GateReport::of(red.clone(), None, &none).matters(), &none);
        assert_eq!(answer(red, &accepted), ([3, 1, 0, 0], Status::Holds));
        assert_eq!(answer(side(vec![]), &none), ([2, 0, 0, 1], Status::Unknown));
        // What is not as the files claim.
        let mut other = decided(Role::Decides, Status::Holds);
        other.effective.push(Setting {
            node: crate::model::NodeName::nth(0),
            element: "Engine".to_owned(),
            name: "jvmRoute".to_owned(),
            claimed: Some("a".to_owned()),
            found: Some("b".to_owned()),
            differs: true,
            of_replication: true,
        });
        assert_eq!(answer(other, &none), ([4, 0, 1, 0], Status::Violated));
    }

    #[test]
    fn how_the_other_side_stands_is_no_failure() {
        let holds = side(vec![run("failover", Role::Decides, Status::Holds)]);
        let other = side(vec![run("failover", Role::Decides, Status::Violated)]);
        let report = GateReport::of(holds, Some(other), &AcceptedFile::default());
        let xml = junit(&report).expect("XML");
        assert_eq!(report.status, Status::Holds);
        assert!(
            !xml.contains("<failure") && !xml.contains("<error") && xml.contains("session-kept: as it is"),
            "{xml}"
        );
    }
}
