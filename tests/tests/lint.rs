//! The lint rules, each on files that must show it and on near misses that must not (`tests/lint/CODE.txt`).

#[path = "lint/fixture.rs"]
mod fixture;

use std::collections::BTreeSet;

use fixture::Case;
use tomee_harness::lint::{Finding, Input, Options, Severity, rules, run};

fn codes(input: &Input) -> BTreeSet<&'static str> {
    run(input, &Options::default()).findings.iter().map(|finding| finding.rule.code).collect()
}

fn shown(findings: &[Finding], input: &Input) -> String {
    let lines = findings.iter().map(|finding| {
        let (line, column) = input.files[finding.file].position(finding.span.start);
        format!(
            "  {}:{line}:{column} {} {} {}\n",
            input.files[finding.file].name, finding.severity, finding.rule.code, finding.message
        )
    });
    lines.collect()
}

#[test]
fn every_rule_finds_what_it_must_and_no_near_miss() {
    let mut wrong = vec![];
    for rule in rules::ALL {
        for case in fixture::read(rule.code) {
            let input = case.input();
            let found = run(&input, &Options::default());
            let has = found.findings.iter().any(|finding| finding.rule.code == rule.code);
            if has != case.is_bad || !input.unreadable.is_empty() {
                let kind = if case.is_bad { "must report it" } else { "must not report it" };
                let unreadable: String =
                    input.unreadable.iter().map(|file| format!("  {}: {}\n", file.name, file.error)).collect();
                wrong.push(format!(
                    "{} {:?} {kind}, but found:\n{}{unreadable}",
                    rule.code,
                    case.title,
                    shown(&found.findings, &input)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_bad_file_and_a_near_miss() {
    for rule in rules::ALL {
        let cases = fixture::read(rule.code);
        assert!(cases.iter().any(|case| case.is_bad), "{} has no file that must report it", rule.code);
        assert!(cases.iter().any(|case| !case.is_bad), "{} has no near miss", rule.code);
    }
    assert!(rules::ALL.len() >= 95, "only {} rules", rules::ALL.len());
}

#[test]
fn a_near_miss_has_no_error_of_another_rule_by_accident() {
    let mut wrong = vec![];
    for rule in rules::ALL {
        for case in fixture::read(rule.code).iter().filter(|case| !case.is_bad && !case.is_loose()) {
            let input = case.input();
            let mut found = run(&input, &Options::default()).findings;
            found.retain(|finding| finding.severity == Severity::Error);
            if !found.is_empty() {
                wrong.push(format!("{} {:?}:\n{}", rule.code, case.title, shown(&found, &input)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn codes_and_names_are_unique() {
    let codes: BTreeSet<&str> = rules::ALL.iter().map(|rule| rule.code).collect();
    let names: BTreeSet<&str> = rules::ALL.iter().map(|rule| rule.name).collect();
    assert_eq!((codes.len(), names.len()), (rules::ALL.len(), rules::ALL.len()));
}

#[test]
fn a_file_with_several_of_everything_is_told_apart() {
    let case = Case::of("several", include_str!("../lint/several.txt"));
    let input = case[0].input();
    let report = run(&input, &Options::default());
    insta::assert_snapshot!("lint_several", shown(&report.findings, &input));
}

#[test]
fn the_stock_server_has_no_finding() {
    let case = Case::of("stock", "## near\n-- host\n");
    assert_eq!(codes(&case[0].input()), BTreeSet::new());
}
