//! The lint rules, each on files that must show it and on near misses that must not (`tests/lint/CODE.txt`).

#[path = "lint/files.rs"]
mod files;
#[path = "lint/fixture.rs"]
mod fixture;
#[path = "lint/sarif.rs"]
mod sarif;
#[path = "lint/words.rs"]
mod words;

use std::collections::BTreeSet;

use fixture::Case;
use integration_tests::TestContext;
use tomee_harness::config::read::Document;
use tomee_harness::gate;
use tomee_harness::lint::baseline::Baseline;
use tomee_harness::lint::format::{Checked, Form, render};
use tomee_harness::lint::proof::{self, Half, Proof};
use tomee_harness::lint::{Finding, Input, NodeFiles, Options, Severity, fix, rules, run};
use tomee_harness::model::Violation;

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
            let mut found = run(&input, &Options::default());
            let stale = case.stale(&input, &mut found);
            found.findings.extend(stale);
            let of_rule = found.findings.iter().filter(|finding| finding.rule.code == rule.code);
            let worst = of_rule.map(|finding| finding.severity).max();
            let is_too_bad = case.is_mild() && worst == Some(Severity::Error);
            let is_too_mild = case.is_grave() && worst != Some(Severity::Error);
            if worst.is_some() != case.is_bad || is_too_bad || is_too_mild || !input.unreadable.is_empty() {
                let kind = if !case.is_bad {
                    "must not report it"
                } else if is_too_bad {
                    "must not report it as an error"
                } else if is_too_mild {
                    "must report it as an error"
                } else {
                    "must report it"
                };
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
        let input = input_of(bytes);
        let mut report = run(&input, &Options::default());
        baseline.apply([(&input, &mut report)], &BTreeSet::new());
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
fn a_baseline_tells_what_it_knows_in_vain_and_hides_it_in_no_other_file() {
    let context = TestContext::new();
    let write = |name: &str, bytes: &[u8]| {
        let path = context.folder().join(name).join("server.xml");
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs_err::write(&path, bytes).expect("it can be written");
        path.to_string()
    };
    let known = context.folder().join("known.json").to_string();
    let fixed = String::from_utf8_lossy(&farm()).replace("ISO-8859-1", "UTF-8").replace("cluster/webapps", "webapps");
    let paths = [write("a", &farm()), write("b", &farm())];
    let lint = |more: &[&str]| context.run(&[&["lint", &paths[0], &paths[1], "--baseline", &known], more].concat());
    let all = context.run(&["lint", &paths[0], &paths[1], "--write-baseline", &known]);
    assert_eq!(all.code, Some(1), "{}", all.stderr);
    let run = lint(&[]);
    assert!(run.code == Some(0) && !run.stdout.contains("C127"), "{}", run.stdout);
    // One of the two is fixed.
    write("a", fixed.as_bytes());
    let run = lint(&["--min-severity", "warning"]);
    assert!(run.code == Some(0) && run.stdout.contains("is not found any more"), "{}", run.stdout);
    assert_eq!(run.stdout.matches("warning[C127]").count(), 1, "{}", run.stdout);
    // Of a rule that is not asked, and of a file that is not read, nobody knows whether it is fixed.
    assert!(!lint(&["--ignore", "C029"]).stdout.contains("C127"));
    let other = context.folder().join("other.xml");
    fs_err::write(&other, "<Context/>").expect("it can be written");
    assert!(!context.run(&["lint", other.as_str(), "--baseline", &known]).stdout.contains("C127"));
    // It comes back in the one and goes in the other.
    write("a", &farm());
    write("b", fixed.as_bytes());
    assert_eq!(lint(&[]).code, Some(0));
    let run = lint(&["--write-baseline", &known]);
    assert!(run.stdout.contains("C127"), "{}", run.stdout);
    assert!(!lint(&[]).stdout.contains("C127"));
    // The entry is gone, so that the fault is new when it comes back.
    write("b", &farm());
    let run = lint(&["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!((run.code, json["summary"]["errors"].as_u64()), (Some(1), Some(1)));
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

#[test]
fn nine_of_ten_error_rules_are_proven_by_runs_and_the_others_say_why_not() {
    let errors: Vec<&str> =
        rules::ALL.iter().filter(|rule| rule.severity == Severity::Error).map(|rule| rule.code).collect();
    let unsaid: Vec<&&str> = errors.iter().filter(|code| proof::of(code).is_none()).collect();
    assert_eq!(unsaid, Vec::<&&str>::new(), "neither runs nor a reason");
    let proven = errors.iter().filter(|code| matches!(proof::of(code), Some(Proof::Runs(_)))).count();
    assert!(proven * 10 >= errors.len() * 9, "only {proven} of {} error rules", errors.len());
    let violations: Vec<String> = Violation::ALL.iter().map(ToString::to_string).collect();
    for (code, experiment) in proof::experiments() {
        assert!(rules::find(code).is_some(), "{code} is no rule");
        let unknown = experiment.shows.iter().find(|shown| !violations.iter().any(|known| known == *shown));
        assert_eq!(unknown, None, "{code} shows what is no violation");
    }
}

#[test]
fn each_proof_shows_the_fault_of_its_rule_and_a_remedy_without_it() {
    let mut wrong = vec![];
    for (code, experiment) in proof::experiments().filter(|(_, experiment)| experiment.is_linted) {
        let (bad, good) = (gate::linted(experiment, Half::Bad), gate::linted(experiment, Half::Good));
        if !bad.contains(&code) || good.contains(&code) {
            wrong.push(format!("{code}: the bad side has {bad:?}, the good side {good:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_each_side_of_a_proof_does_is_a_scenario() {
    let context = TestContext::new();
    for (code, experiment) in proof::experiments() {
        let folder = context.folder().join(code);
        let lacking = context.folder().clone();
        let runs = gate::prepare(experiment, &folder, (code == "C108").then_some(lacking.as_path()));
        let runs = runs.unwrap_or_else(|error| panic!("{code}: {error:?}"));
        for run in runs {
            let can = tomee_harness::runtime::process::capabilities();
            run.plan.check("process", &can).unwrap_or_else(|error| panic!("{code} {:?}: {error}", run.half));
        }
    }
}

/// All that the fixtures of all rules show, as SARIF.
fn sarif_of_everything() -> serde_json::Value {
    let mut checked = vec![];
    for rule in rules::ALL {
        for case in fixture::read(rule.code) {
            let input = case.input();
            let report = run(&input, &Options::default());
            checked.push(Checked { input, report });
        }
    }
    let mut broken = Input::new();
    let files = [("conf/server.xml".to_owned(), b"<Server><Service></Server>".to_vec())].into();
    broken.add_node(NodeFiles {
        name: "n1".to_owned(),
        prefix: "/srv/a b/\u{fc}/".to_owned(),
        files,
        ..NodeFiles::default()
    });
    let report = run(&broken, &Options::default());
    checked.push(Checked { input: broken, report });
    serde_json::from_str(&render(Form::Sarif, &checked).expect("it renders")).expect("JSON")
}

#[test]
fn sarif_is_as_the_standard_demands() {
    let log = sarif_of_everything();
    let results = log["runs"][0]["results"].as_array().expect("results").len();
    assert!(results > 200, "only {results} results were looked at");
    assert_eq!(sarif::faults(&log), Vec::<String>::new());
}

#[test]
fn what_sarif_forbids_is_seen() {
    type Damage = (&'static str, fn(&mut serde_json::Value));
    let damages: [Damage; 8] = [
        ("lacks tool", |run| drop(run.as_object_mut().expect("a run").remove("tool"))),
        ("which is no property of it", |run| run["results"][0]["severity"] = "error".into()),
        ("is none of", |run| run["results"][0]["level"] = "info".into()),
        ("is not the place of", |run| run["results"][0]["ruleIndex"] = 121.into()),
        ("is no URI", |run| {
            run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b.xml".into();
        }),
        ("is absolute", |run| {
            run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "/a.xml".into();
        }),
        ("is no number from 1", |run| {
            run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into();
        }),
        ("at least 1 are asked for", |run| run["results"][0]["locations"] = serde_json::json!([])),
    ];
    let log = sarif_of_everything();
    for (expected, damage) in damages {
        let mut log = log.clone();
        damage(&mut log["runs"][0]);
        let faults = sarif::faults(&log);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected} was not seen: {faults:?}");
    }
}

/// A file with some of its characters replaced by others, the same for each number.
fn mangled(text: &str, number: u64) -> String {
    const OTHERS: [char; 16] =
        ['"', '<', '>', '&', ' ', '-', '0', 'A', '{', '}', '$', '\u{e4}', '\u{8037}', '\u{10348}', '.', ','];
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(most).expect("small")).expect("small")
    };
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=next(4) {
        let at = next(characters.len());
        characters[at] = OTHERS[next(OTHERS.len())];
    }
    characters.into_iter().collect()
}

#[test]
fn no_rule_and_no_form_panics_on_a_mangled_file() {
    let files: Vec<String> = proof::experiments()
        .flat_map(|(_, experiment)| [Half::Bad, Half::Good].map(|half| experiment.files(half, "n1")))
        .filter_map(|files| files.get("conf/server.xml").map(|text| proof::with_seats(text, &proof::SAMPLE)))
        .collect();
    let mut read = 0;
    for number in 0..100 {
        let text = mangled(&files[usize::try_from(number).expect("small") % files.len()], number);
        let input = input_of(text.as_bytes());
        let report = run(&input, &Options::default());
        fix::apply(&input, &report.findings, true);
        read += usize::from(input.unreadable.is_empty());
        let checked = [Checked { input, report }];
        for form in [Form::Text { color: false }, Form::Json, Form::Sarif, Form::Github, Form::Junit, Form::Markdown] {
            render(form, &checked).expect("it renders");
        }
    }
    assert!(read > 25, "only {read} of 100 were XML");
}
