//! The templates of `ci/gate`: their shell parts are run for real, on a configuration for which nothing is started.

use std::process::Command;

use camino::Utf8PathBuf;
use integration_tests::context::binary;
use integration_tests::{Ran, TestContext, workspace};
use rstest::rstest;

use super::{DELTA, server_xml};

/// The lines of a block that stand deeper than the line that begins it.
fn block<'t>(lines: &[&'t str], begin: usize) -> Vec<&'t str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(lines[begin]);
    let inner = lines[begin + 1..].iter().take_while(|line| line.trim().is_empty() || depth(line) > own);
    inner.copied().collect()
}

/// The shell parts of a template.
fn scripts(file: &str) -> Vec<String> {
    let text = fs_err::read_to_string(workspace().join("ci/gate").join(file)).expect("it is there");
    if file == "Jenkinsfile" {
        return text.split("'''").skip(1).step_by(2).map(str::to_owned).collect();
    }
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &str| matches!(line.trim(), "run: |" | "- |");
    let places = (0..lines.len()).filter(|at| begins(lines[*at]));
    places.map(|at| block(&lines, at).join("\n") + "\n").collect()
}

/// Runs the parts of a template one after the other, as a CI system does, up to the first that fails.
fn ran(file: &str, context: &TestContext, env: &[(&str, &str)]) -> Ran {
    let parts = scripts(file);
    assert!(!parts.is_empty(), "{file} has no shell part");
    let path = format!("{}:{}", binary().parent().expect("a folder"), std::env::var("PATH").expect("a path"));
    let mut last = None;
    for part in parts {
        let mut command = Command::new(if file == "Jenkinsfile" { "sh" } else { "bash" });
        command.args(["-e", "-c", &part]).current_dir(context.folder()).env("PATH", &path).env("CI", "true");
        command.env("GITHUB_STEP_SUMMARY", context.folder().join("summary.md")).env("GITHUB_ACTION_PATH", "/nowhere");
        command.env_remove("GITHUB_BASE_REF").envs(env.iter().copied());
        let ran = Ran::of(&mut command);
        let ended = ran.code != Some(0);
        last = Some(ran);
        if ended {
            break;
        }
    }
    last.expect("a part")
}

/// A repository in which `conf` is committed, and which is its own origin.
fn repository() -> TestContext {
    let context = TestContext::new();
    let folder: Utf8PathBuf = context.folder().join("conf");
    fs_err::create_dir_all(&folder).expect("a folder");
    fs_err::write(folder.join("server.xml"), server_xml(DELTA)).expect("written");
    for words in [
        &["init", "--quiet", "--initial-branch", "main"][..],
        &["add", "conf"],
        &["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "--quiet", "--message", "first"],
        &["remote", "add", "origin", "."],
        &["fetch", "--quiet", "origin"],
    ] {
        let ran = Ran::of(Command::new("git").current_dir(context.folder()).args(words));
        assert_eq!(ran.code, Some(0), "{ran}");
    }
    context
}

#[rstest]
#[case::github("action.yml", "GITHUB_BASE_REF", "\n", "gate-reports/")]
#[case::gitlab("gitlab-ci.yml", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", " ", "")]
#[case::jenkins("Jenkinsfile", "CHANGE_TARGET", " ", "")]
fn each_template_compares_with_the_target_branch_leaves_reports_and_ends_as_the_gate_does(
    #[case] file: &str,
    #[case] target: &str,
    #[case] between: &str,
    #[case] reports: &str,
) {
    let context = repository();
    let words = |words: &[&str]| words.join(between);
    let common = [("GATE_CONFIG", "conf"), (target, "main"), ("GATE_REPORTS", "gate-reports"), ("GATE_AGAINST", "")];
    let with = |arguments: &str| {
        let arguments = arguments.to_owned();
        let env: Vec<(&str, &str)> = common.iter().copied().chain([("GATE_ARGUMENTS", arguments.as_str())]).collect();
        ran(file, &context, &env)
    };
    // Both sides are planned: it compares.
    let planned = with(&words(&["--server", "tomcat:10.1.59", "--plan"]));
    assert_eq!(planned.code, Some(0), "{planned}");
    assert_eq!(planned.stdout.matches(" on tomcat:10.1.59").count(), 2, "{planned}");
    // There is no time for a run: not decided, and the reports say so.
    let open = with(&words(&["--server", "tomcat:10.1.59", "--within", "1ms", "--out", "out"]));
    assert_eq!(open.code, Some(3), "{open}");
    for (name, begin) in [("gate.md", "## tomee-harness gate: unknown"), ("gate.xml", "<?xml")] {
        let text = fs_err::read_to_string(context.folder().join(reports).join(name)).expect(name);
        assert!(text.starts_with(begin), "{name}: {text}");
    }
    if file == "action.yml" {
        let summary = fs_err::read_to_string(context.folder().join("summary.md")).expect("a summary");
        assert!(summary.contains("## tomee-harness gate: unknown"), "{summary}");
    }
    // What is wrong with the input is not swallowed.
    let bad = with(&words(&["--server", "tomcat:nine", "--plan"]));
    assert_eq!(bad.code, Some(2), "{bad}");
}
