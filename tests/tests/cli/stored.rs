//! Stored runs: listed, pruned, judged again, rendered, packed.

use camino::Utf8PathBuf;
use integration_tests::TestContext;
use integration_tests::fake::{BadAnswer, Bug, FakeRun};
use rstest::rstest;
use tomee_harness::model::Topology;

use super::{read, write};

#[test]
fn runs_are_listed_pruned_and_meant_by_their_names() {
    let context = TestContext::new();
    let runs = context.folder().join(".tomee-harness/runs");
    for (run, status) in [("20260101-000000-aaaa", "holds"), ("20260102-000000-bbbb", "violated")] {
        fs_err::create_dir_all(runs.join(run)).expect("made");
        fs_err::write(runs.join(run).join("plan.json"), "{\"name\": \"a scenario\"}").expect("written");
        fs_err::write(runs.join(run).join("verdict.json"), format!("{{\"status\": \"{status}\"}}")).expect("written");
    }
    fs_err::create_dir_all(runs.join("notes")).expect("made");
    let listed = context.run(&["runs", "list"]).stdout;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines.len() == 3 && lines[1].contains("bbbb  violated") && lines[2].contains("aaaa  holds"), "{listed}");
    assert!(context.run(&["runs", "latest"]).stdout.trim_end().ends_with("20260102-000000-bbbb"));
    let unsaid = context.run(&["runs", "prune"]);
    assert!(unsaid.code == Some(2) && unsaid.stderr.contains("keep-runs"), "{unsaid}");
    assert!(context.run(&["runs", "prune", "--keep", "1", "--dry-run"]).stdout.contains("would remove 1 of 2 runs"));
    fs_err::write(context.folder().join("tomee-harness.toml"), "keep-runs = 1\n").expect("written");
    assert_eq!(context.run(&["runs", "prune"]).code, Some(0));
    let left: Vec<String> =
        runs.read_dir_utf8().expect("there").flatten().map(|entry| entry.file_name().to_owned()).collect();
    assert!(left.len() == 2 && left.contains(&"20260102-000000-bbbb".to_owned()), "{left:?}");
    assert_eq!(context.run(&["check", "latest"]).code, Some(2), "its history is missing");
}

/// Stores a run of the fake cluster in the context's folder.
async fn stored(context: &TestContext, bug: Option<Bug>) -> Utf8PathBuf {
    let run = FakeRun::new(Topology::of(2).expect("two nodes"), bug);
    run.run(&context.folder()).await.expect("it runs");
    context.folder().join("run")
}

#[rstest]
#[case::holds(None, 0, "holds")]
#[case::violated(Some(Bug::LosesTheLastWrite), 1, "violated")]
#[case::unknown(Some(Bug::BadAnswerAtFailover(2, BadAnswer::ServerError)), 3, "unknown")]
#[tokio::test]
async fn check_judges_a_stored_run_as_the_run_itself_was(
    #[case] bug: Option<Bug>,
    #[case] code: i32,
    #[case] status: &str,
) {
    let context = TestContext::new();
    let folder = stored(&context, bug).await;
    let ran = context.run(&["check", folder.as_str(), "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), ""), "{ran}");
    let verdict = fs_err::read_to_string(folder.join("verdict.json")).expect("the run's own verdict");
    let verdict: serde_json::Value = serde_json::from_str(&verdict).expect("JSON");
    assert_eq!(verdict["status"], status);
    assert_eq!(ran.json()["verdict"], verdict);
}

#[tokio::test]
async fn check_shows_people_what_held() {
    let context = TestContext::new();
    let folder = stored(&context, None).await;
    insta::assert_snapshot!(context.printed(&["check", folder.as_str(), "-v", "--color", "never"]));
}

#[tokio::test]
async fn the_first_screen_fits_and_says_what_else_there_is() {
    let context = TestContext::new();
    for bug in [None, Some(Bug::LosesTheLastWrite)] {
        let folder = stored(&context, bug).await;
        let ran = context.run(&["check", folder.as_str()]);
        assert!(ran.stdout.lines().count() <= 25, "{ran}");
        assert!(ran.stdout.contains("  more with -v: ") && !ran.stdout.contains("channelSendOptions"), "{ran}");
        assert_eq!(ran.stdout.contains("around the first violation:\n  | "), bug.is_some(), "{ran}");
        assert!(ran.stdout.ends_with(&format!("run: {folder}\n")), "{ran}");
        context.run(&["report", folder.as_str()]);
        let ran = context.run(&["check", folder.as_str()]);
        assert!(ran.stdout.ends_with(&format!("report: {folder}/report.html\n")), "{ran}");
        fs_err::remove_dir_all(&folder).expect("the test's own folder");
    }
}

#[tokio::test]
async fn colours_and_log_follow_flags_and_environment() {
    let context = TestContext::new();
    let folder = stored(&context, None).await;
    let check = |flags: &[&str], variables: &[(&str, &str)]| {
        let arguments: Vec<&str> = ["check", folder.as_str()].into_iter().chain(flags.iter().copied()).collect();
        integration_tests::Ran::of(context.command(&arguments).envs(variables.iter().copied()))
    };
    let coloured = |flags: &[&str], variables: &[(&str, &str)]| check(flags, variables).stdout.contains('\u{1b}');
    assert!(!coloured(&[], &[]), "a pipe");
    assert!(coloured(&[], &[("FORCE_COLOR", "1")]) && coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]), "the flag wins");
    assert!(!coloured(&["--color", "never"], &[("FORCE_COLOR", "1")]), "the flag wins");
    assert_eq!(check(&[], &[]).stderr, "");
    let logged = check(&[], &[("RUST_LOG", "tomee_harness=trace")]);
    assert!(logged.stderr.contains("read a stored run"), "{logged}");
}

#[tokio::test]
async fn report_writes_page_and_results_into_the_run_and_others_where_options_say_so() {
    let context = TestContext::new();
    let folder = stored(&context, Some(Bug::LosesTheLastWrite)).await;
    let ran = context.run(&["report", folder.as_str()]);
    let (page, results) = (folder.join("report.html"), folder.join("junit.xml"));
    assert_eq!(
        (ran.code, ran.stdout),
        (Some(0), format!("{page}\n{results}\n")),
        "a violation is no failure of report"
    );
    assert!(read(&page).starts_with("<!doctype html>"));
    assert!(read(&results).contains("<failure"));
    let ran = context.run(&["report", folder.as_str(), "--markdown", "summary.md"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "summary.md\n"));
    assert!(read(&context.folder().join("summary.md")).starts_with("## ❌ violated: "));
    let ran = context.run(&["report", folder.as_str(), "--markdown", "-"]);
    assert!(ran.code == Some(0) && ran.stdout == read(&context.folder().join("summary.md")), "{ran}");
    let ran = context.run(&["report", folder.as_str(), "--summary", "summary.json", "--text", "summary.txt"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "summary.txt\nsummary.json\n"));
    let checked = context.run(&["check", folder.as_str(), "--json"]);
    assert_eq!(read(&context.folder().join("summary.json")), checked.stdout);
    assert_eq!(context.run(&["report", "nowhere"]).code, Some(2));
}

#[tokio::test]
async fn bundle_makes_one_file_without_secrets() {
    let context = TestContext::new();
    let folder = stored(&context, None).await;
    let node = folder.join("nodes/n1");
    fs_err::create_dir_all(&node).expect("the test's own folder can be written");
    write(&node.join("server.xml"), "<Server><Connector secret=\"hunter2\"/></Server>");
    write(&node.join("console.log"), "started with DB_PASSWORD=hunter2\n");
    let ran = context.run(&["bundle", folder.as_str()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "run.zip\n"), "{ran}");
    let file = fs_err::File::open(context.folder().join("run.zip")).expect("it was written");
    let mut bundle = zip::ZipArchive::new(file).expect("a zip file");
    let mut names = vec![];
    for index in 0..bundle.len() {
        let mut entry = bundle.by_index(index).expect("an entry");
        names.push(entry.name().expect("a name in UTF-8").into_owned());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).expect("text");
        assert!(!text.contains("hunter2"), "{} contains a secret", names[index]);
    }
    for name in
        ["plan.json", "history.jsonl", "report.html", "junit.xml", "nodes/n1/server.xml", "nodes/n1/console.log"]
    {
        assert!(names.contains(&format!("run/{name}")), "{name} is not in {names:?}");
    }
    let again = context.run(&["bundle", folder.as_str()]);
    assert_eq!(again.code, Some(2), "a file that is there is not written over");
    assert!(again.stderr.contains("hint: --force overwrites it"), "{again}");
    assert_eq!(context.run(&["bundle", folder.as_str(), "--force"]).code, Some(0));
}

#[tokio::test]
async fn every_command_that_takes_a_run_takes_its_id_and_the_latest() {
    let context = TestContext::new();
    let id = "20260101-000000-aaaa";
    for command in ["check", "report", "bundle"] {
        assert_eq!(context.run(&[command, "latest"]).code, Some(2), "{command}: there is no run yet");
    }
    let folder = stored(&context, None).await;
    let runs = context.folder().join(".tomee-harness/runs");
    fs_err::create_dir_all(&runs).expect("made");
    fs_err::rename(&folder, runs.join(id)).expect("moved");
    for command in ["check", "report", "bundle"] {
        for (word, code) in [(id, 0), ("latest", 0), ("20260101-000000-aaab", 2)] {
            fs_err::remove_file(context.folder().join(format!("{id}.zip"))).ok();
            let ran = context.run(&[command, word]);
            assert_eq!(ran.code, Some(code), "{command} {word}: {ran}");
        }
    }
    fs_err::create_dir_all(runs.join("20260102-000000-bbbb")).expect("made");
    assert_eq!(context.run(&["bundle", "latest"]).code, Some(2), "the latest has no history");
}

#[tokio::test]
async fn a_damaged_run_is_refused_and_one_that_a_crash_cut_off_is_unknown() {
    let context = TestContext::new();
    let folder = stored(&context, None).await;
    let check = || context.run(&["check", folder.as_str()]);
    let (plan, history) = (folder.join("plan.json"), folder.join("history.jsonl"));
    let (whole_plan, whole) = (read(&plan), read(&history));

    // In the middle of a record, as a crash leaves it. Log lines may come behind the last step, and nothing rests on them.
    let last_step = whole.rfind("step-ends").expect("the last step ended");
    for cut in [last_step, whole.len() / 2, 30] {
        write(&history, &whole[..cut]);
        assert_eq!(check().code, Some(3), "cut at {cut} of {}", whole.len());
    }
    let mut texts = vec![];
    for (what, bad_history, bad_plan) in [
        ("a line in the middle is no record", whole.replacen("\"at-ns\"", "\"at-no\"", 3), whole_plan.clone()),
        ("the plan is another file", whole.clone(), "[]".to_owned()),
        ("the plan breaks off", whole.clone(), whole_plan[..whole_plan.len() / 2].to_owned()),
    ] {
        write(&history, &bad_history);
        write(&plan, &bad_plan);
        let ran = check();
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{what}: {ran}");
        texts.push(format!("# {what}\n{}", context.filtered(&ran.stderr)));
    }
    fs_err::remove_file(&plan).expect("it is there");
    texts.push(format!("# no plan\n{}", context.filtered(&check().stderr)));
    assert_eq!(check().code, Some(2));
    fs_err::remove_file(&history).expect("it is there");
    texts.push(format!("# no history\n{}", context.filtered(&check().stderr)));
    assert_eq!(check().code, Some(2));
    insta::assert_snapshot!(texts.join("\n"));
}
