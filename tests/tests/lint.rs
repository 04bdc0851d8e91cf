//! The lint rules, each on files that must show it and on near misses that must not (`tests/lint/CODE.txt`).

#[path = "lint/fixture.rs"]
mod fixture;

use std::collections::BTreeSet;

use fixture::Case;
use integration_tests::TestContext;
use tomee_harness::config::read::Document;
use tomee_harness::lint::baseline::Baseline;
use tomee_harness::lint::{Finding, Input, NodeFiles, Options, Severity, fix, rules, run};

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
fn a_file_with_several_of_everything_keeps_them_apart() {
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

#[test]
fn every_fix_is_xml_changes_nothing_else_and_is_done_once() {
    for rule in rules::ALL {
        for case in fixture::read(rule.code).iter().filter(|case| case.is_bad) {
            let input = case.input();
            let findings = run(&input, &Options::default()).findings;
            for fixed in fix::apply(&input, &findings, true) {
                let document = Document::read(&fixed.bytes).unwrap_or_else(|error| panic!("{} {error}", rule.code));
                assert_eq!(document.text(), fixed.after);
                assert_ne!(fixed.before, fixed.after, "{} {}", rule.code, case.title);
            }
        }
    }
}

/// The seed's farm, in an encoding of its own and with CRLF.
fn farm() -> Vec<u8> {
    let text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\r\n<!-- f\u{fc}r zwei -->\r\n<Server>\r\n <Service name=\"Catalina\">\r\n  \
        <Engine name=\"Catalina\" defaultHost=\"localhost\">\r\n   <Host name=\"localhost\"  appBase=\"webapps\">\r\n\t<Cluster \
        className=\"org.apache.catalina.ha.tcp.SimpleTcpCluster\">\r\n\t <Deployer className=\"org.apache.catalina.ha.deploy.FarmWarDeployer\"\r\n\t  \
        tempDir=\"cluster/temp\" deployDir=\"cluster/webapps\" watchDir=\"cluster/watch\" watchEnabled=\"true\"/>\r\n\t</Cluster>\r\n   \
        </Host>\r\n  </Engine>\r\n </Service>\r\n</Server>\r\n";
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect()
}

fn input_of(bytes: &[u8]) -> Input {
    let mut input = Input::new();
    let files = [("conf/server.xml".to_owned(), bytes.to_vec())].into();
    input.add_node(NodeFiles { name: "n1".to_owned(), files, ..NodeFiles::default() });
    input
}

#[test]
fn the_farm_of_the_seed_is_found_and_fixed_and_nothing_else_is_touched() {
    let before = farm();
    let input = input_of(&before);
    let report = run(&input, &Options::default());
    let errors: Vec<&str> =
        report.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| f.rule.code).collect();
    assert_eq!(errors, ["C029"]);
    let fixed = fix::apply(&input, &report.findings, false);
    let text = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    assert_eq!(text(&fixed[0].bytes), text(&before).replace("deployDir=\"cluster/webapps\"", "deployDir=\"webapps\""));
    assert!(!run(&input_of(&fixed[0].bytes), &Options::default()).has_errors());
}

#[test]
fn a_baseline_survives_moved_lines_and_hides_no_new_finding() {
    let bytes = farm();
    let input = input_of(&bytes);
    let baseline = Baseline::of(&input, &run(&input, &Options::default()).findings);
    let with = |bytes: &[u8]| {
        let options = Options { baseline: Some(baseline.clone()), ..Options::default() };
        let report = run(&input_of(bytes), &options);
        report.findings.iter().map(|finding| finding.rule.code).collect::<Vec<_>>()
    };
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let text = text.replace("ISO-8859-1", "UTF-8");
    for line in 1..8 {
        let mut lines: Vec<&str> = text.split("\r\n").collect();
        lines.insert(line, "<!-- one more line -->");
        assert_eq!(with(lines.join("\r\n").as_bytes()), Vec::<&str>::new());
    }
    let swapped = text.replace("cluster/webapps", "elsewhere");
    assert_eq!(with(swapped.as_bytes()), ["C029"]);
}

#[test]
fn the_command_has_one_exit_code_for_each_format() {
    let context = TestContext::new();
    let path = context.folder().join("server.xml");
    fs_err::write(&path, farm()).expect("it can be written");
    for format in ["text", "json", "sarif", "github", "junit", "markdown"] {
        let run = context.run(&["lint", path.as_str(), "--format", format]);
        assert_eq!(run.code, Some(1), "{format}: {}", run.stderr);
        assert!(run.stdout.contains("C029"), "{format}: {}", run.stdout);
    }
    let sarif = context.folder().join("lint.sarif");
    let run =
        context.run(&["lint", path.as_str(), "--format", "sarif", "--output", sarif.as_str(), "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!((json["format"].as_u64(), json["summary"]["errors"].as_u64()), (Some(1), Some(1)));
    let sarif: serde_json::Value =
        serde_json::from_str(&fs_err::read_to_string(sarif).expect("written")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(context.run(&["lint", path.as_str(), "--fix"]).code, Some(0));
    fs_err::write(&path, "<Server><Service></Server>").expect("it can be written");
    assert_eq!(context.run(&["lint", path.as_str()]).code, Some(2));
    assert_eq!(context.run(&["lint", "nowhere.xml"]).code, Some(2));
    assert_eq!(context.run(&["lint", context.folder().as_str(), "--format", "json"]).code, Some(2));
}

#[test]
fn a_secret_is_in_no_report() {
    let key = "00112233445566778899aabbccddee";
    let xml = format!(
        "<Server><Service name=\"Catalina\"><Engine name=\"Catalina\" defaultHost=\"localhost\"><Host name=\"localhost\"><Cluster \
         className=\"org.apache.catalina.ha.tcp.SimpleTcpCluster\"><Channel className=\"org.apache.catalina.tribes.group.GroupChannel\"><Interceptor \
         className=\"org.apache.catalina.tribes.group.interceptors.EncryptInterceptor\" encryptionKey=\"{key}\"/></Channel></Cluster></Host></Engine></Service></Server>"
    );
    let context = TestContext::new();
    let path = context.folder().join("server.xml");
    fs_err::write(&path, xml).expect("it can be written");
    for format in ["text", "json", "sarif", "github", "junit", "markdown"] {
        let run = context.run(&["lint", path.as_str(), "--format", format]);
        assert!(run.stdout.contains("C020") && !run.stdout.contains(key), "{format}: {}", run.stdout);
    }
}
