//! The command line without a server: help, usage errors, settings, stored runs, exit codes.

use camino::{Utf8Path, Utf8PathBuf};
use integration_tests::TestContext;
use integration_tests::fake::{BadAnswer, Bug, FakeRun};
use rstest::rstest;
use tomee_harness::model::Topology;

#[rstest]
#[case::all(&["--help"])]
#[case::run(&["run", "--help"])]
#[case::list(&["list", "--help"])]
#[case::explain(&["explain", "--help"])]
#[case::new(&["new", "--help"])]
#[case::import(&["import", "--help"])]
#[case::lint(&["lint", "--help"])]
#[case::gate(&["gate", "--help"])]
#[case::rules(&["rules", "--help"])]
#[case::check(&["check", "--help"])]
#[case::report(&["report", "--help"])]
#[case::bundle(&["bundle", "--help"])]
#[case::runs(&["runs", "--help"])]
#[case::init(&["init", "--help"])]
#[case::man(&["man", "--help"])]
#[case::doctor(&["doctor", "--help"])]
#[case::settings(&["settings", "--help"])]
#[case::sweep(&["sweep", "--help"])]
#[case::up(&["up", "--help"])]
#[case::down(&["down", "--help"])]
#[case::ps(&["ps", "--help"])]
#[case::status(&["status", "--help"])]
#[case::start(&["start", "--help"])]
#[case::restart(&["restart", "--help"])]
#[case::resume(&["resume", "--help"])]
#[case::heal(&["heal", "--help"])]
#[case::deploy(&["deploy", "--help"])]
#[case::undeploy(&["undeploy", "--help"])]
#[case::wait(&["wait", "--help"])]
#[case::drain(&["drain", "--help"])]
#[case::maint(&["maint", "--help"])]
#[case::ready(&["ready", "--help"])]
#[case::attach(&["attach", "--help"])]
#[case::config(&["config", "--help"])]
#[case::threads(&["threads", "--help"])]
#[case::heap(&["heap", "--help"])]
#[case::exec(&["exec", "--help"])]
#[case::jmx(&["jmx", "--help"])]
#[case::drop_one_way(&["drop-one-way", "--help"])]
#[case::redeploy(&["redeploy", "--help"])]
#[case::http(&["http", "--help"])]
#[case::sessions(&["sessions", "--help"])]
#[case::diff(&["diff", "--help"])]
#[case::logs(&["logs", "--help"])]
#[case::watch(&["watch", "--help"])]
#[case::serve(&["serve", "--help"])]
#[case::verdict(&["verdict", "--help"])]
#[case::recipe(&["recipe", "--help"])]
#[case::kill(&["kill", "--help"])]
#[case::stop(&["stop", "--help"])]
#[case::pause(&["pause", "--help"])]
#[case::lose_host(&["lose-host", "--help"])]
#[case::partition(&["partition", "--help"])]
#[case::tribes_partition(&["tribes-partition", "--help"])]
#[case::membership_partition(&["membership-partition", "--help"])]
#[case::drop_outgoing(&["drop-outgoing", "--help"])]
#[case::drop_incoming(&["drop-incoming", "--help"])]
#[case::packet_loss(&["packet-loss", "--help"])]
#[case::latency(&["latency", "--help"])]
#[case::slow_node(&["slow-node", "--help"])]
#[case::fill_disk(&["fill-disk", "--help"])]
#[case::skew_clock(&["skew-clock", "--help"])]
#[case::api_error(&["api-error", "--help"])]
#[case::api_error_once(&["api-error-once", "--help"])]
#[case::api_latency(&["api-latency", "--help"])]
#[case::api_unready_pods(&["api-unready-pods", "--help"])]
#[case::api_stale_pods(&["api-stale-pods", "--help"])]
#[case::api_old_addresses(&["api-old-addresses", "--help"])]
#[case::api_foreign_pod(&["api-foreign-pod", "--help"])]
#[case::completions(&["completions", "--help"])]
fn help_says(#[case] arguments: &[&str]) {
    let name = format!("help_{}", arguments[0].trim_start_matches('-').replace("help", "all"));
    insta::assert_snapshot!(name, TestContext::new().printed(arguments));
}

#[test]
fn every_command_has_its_help_in_a_snapshot() {
    let help = TestContext::new().run(&["--help"]).stdout;
    let commands =
        help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("it lists commands");
    // What is said of a command goes on in lines that are indented further.
    let commands = commands.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let commands = commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    let snapshots = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let without: Vec<&str> =
        commands.filter(|name| !snapshots.join(format!("cli__help_{name}.snap")).is_file()).collect();
    assert!(without.is_empty(), "{without:?} have no snapshot of their help");
}

#[test]
fn bad_usage_is_reported_with_exit_code_2() {
    let context = TestContext::new();
    let all = [
        vec![],
        vec!["runn"],
        vec!["run", "--nodes", "1"],
        vec!["run", "--nodes", "9"],
        vec!["run", "--manager", "standard"],
        vec!["run", "--membership", "gossip"],
        vec!["run", "--send-options", "syncack"],
        vec!["run", "--timing", "fast"],
        vec!["run", "--server", "jetty:12"],
        vec!["run", "--server", "tomee:9.0.0:fat"],
        vec!["run", "--timeout", "5"],
        vec!["run", "--repeat", "0"],
        vec!["run", "--env", "NAME"],
        vec!["run", "--json", "--format", "text"],
        vec!["check"],
        vec!["check", "nowhere"],
        vec!["check", "."],
        vec!["completions", "cmd"],
    ];
    let texts: Vec<String> = all
        .iter()
        .map(|arguments| {
            let ran = context.run(arguments);
            assert_eq!(ran.code, Some(2), "{arguments:?}: {ran}");
            assert_eq!(ran.stdout, "", "{arguments:?}");
            format!("$ tomee-harness {}\n{}", arguments.join(" "), context.filtered(&ran.stderr))
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn an_own_apps_context_and_paths_are_checked_before_anything_starts() {
    let context = TestContext::new();
    let war = integration_tests::shop::shop(&context.folder(), true);
    let run = |more: &[&str]| context.run(&[&["run", "--dry-run", "--war", war.as_str()][..], more].concat());
    let ran = run(&["--at", "/shop", "--path", "/shop/cart.jsp", "--path", "/shop/account.jsp"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    for said in
        ["deploy my-shop.war at /shop", "4 clients get /shop/account.jsp", "kill n2", "ask for every session once"]
    {
        assert!(ran.stdout.contains(said), "{said}: {ran}");
    }
    assert!(run(&[]).stdout.contains("get /my-shop/, each on its node"), "the app's root");
    for (more, why) in [
        (&["--path", "/shop/cart.jsp"][..], "/shop/cart.jsp is not one of the app, which is served at /my-shop"),
        (&["--path", "my-shop/cart.jsp"], "must begin with /"),
        (&["--at", "shop"], "'shop'"),
    ] {
        let ran = run(more);
        assert_eq!((ran.code, ran.stderr.contains(why)), (Some(2), true), "{more:?}: {ran}");
    }
    for alone in [["--at", "/shop"], ["--path", "/shop/"]] {
        let ran = context.run(&[&["run", "--dry-run"][..], &alone].concat());
        assert_eq!((ran.code, ran.stderr.contains("--war <FILE>")), (Some(2), true), "{alone:?} is of an app: {ran}");
    }
}

#[test]
fn settings_show_where_each_comes_from() {
    let context = TestContext::new();
    write(&context.folder().join("tomee-harness.toml"), "nodes = 3\nmanager = \"backup\"\ntimeout = \"90s\"\n");
    let mut command = context.command(&["settings", "--manager", "delta", "--env", "PASSWORD=secret"]);
    command.env("TOMEE_HARNESS_TIMING", "documented");
    let ran = integration_tests::Ran::of(&mut command);
    assert!(!ran.stdout.contains("secret"), "the value of a variable is shown: {ran}");
    insta::assert_snapshot!("settings_text", context.filtered(&ran.to_string()));
    let json = context.run(&["settings", "--json"]).json();
    assert_eq!(json["nodes"]["value"], "3");
    assert_eq!(json["nodes"]["from"], context.folder().join("tomee-harness.toml").as_str());
    assert_eq!(json["server"]["from"], "default");
}

#[test]
fn a_settings_file_is_found_upward_and_its_mistakes_are_shown_at_their_place() {
    let context = TestContext::new();
    let deep = context.folder().join("a/b");
    fs_err::create_dir_all(&deep).expect("a folder");
    let mut texts = vec![];
    for text in [
        "nodes = 3\nmanagr = \"backup\"\n",
        "nodes = 12\n",
        "server = \"jetty:12\"\n",
        "nodes = \n",
        "timeout = \"5\"\n",
    ] {
        write(&context.folder().join("tomee-harness.toml"), text);
        let ran = integration_tests::Ran::of(context.command(&["settings"]).current_dir(&deep));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{text}: {ran}");
        texts.push(format!("# {}\n{}", text.trim_end().replace('\n', "; "), context.filtered(&ran.stderr)));
    }
    insta::assert_snapshot!(texts.join("\n"));
}

#[rstest]
#[case("bash")]
#[case("zsh")]
#[case("fish")]
#[case("elvish")]
#[case("powershell")]
fn completions_are_a_script_that_asks_the_program(#[case] shell: &str) {
    let ran = TestContext::new().run(&["completions", shell]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("COMPLETE") && ran.stdout.contains("tomee-harness"), "{shell}: {ran}");
}

/// What a shell offers behind these words.
fn offered(context: &TestContext, words: &[&str]) -> Vec<String> {
    let mut command = context.command(&[&["--", "tomee-harness"], words].concat());
    let ran = integration_tests::Ran::of(command.env("COMPLETE", "fish"));
    assert_eq!(ran.code, Some(0), "{ran}");
    ran.stdout.lines().filter_map(|line| line.split('\t').next()).map(str::to_owned).collect()
}

#[test]
fn a_shell_offers_commands_scenarios_runs_and_clusters() {
    let context = TestContext::new();
    for (words, wanted) in [
        (&["se"][..], "sessions"),
        (&["explain", "kill"], "kill-the-owner"),
        (&["run", "kill-the"], "kill-the-owner"),
        (&["check", ""], "latest"),
        (&["kill", "own"], "owner"),
        (&["run", "--runtime", "pro"], "process"),
    ] {
        let offered = offered(&context, words);
        assert!(offered.iter().any(|word| word == wanted), "{words:?}: {offered:?}");
    }
    assert!(offered(&context, &["check", "20261"]).is_empty(), "there is no run yet");
    let run = "20261129-215258-2c10";
    fs_err::create_dir_all(context.folder().join(".tomee-harness/runs").join(run)).expect("made");
    assert_eq!(offered(&context, &["check", "20261"]), [run]);
}

#[test]
fn a_project_is_set_up_once_and_what_is_there_stays() {
    let context = TestContext::new();
    let folder = context.folder();
    fs_err::write(folder.join("Cargo.toml"), "[package]\nname = \"shop\"\n").expect("written");
    fs_err::write(folder.join(".gitignore"), "/target").expect("written");
    let first = context.run(&["init", "--server", "tomcat:10.1.59"]);
    assert_eq!(first.code, Some(0), "{first}");
    for file in ["tomee-harness.toml", "scenarios/failover.toml", "tests/failover.rs", ".github/workflows/failover.yml"]
    {
        assert!(folder.join(file).is_file(), "{file}: {first}");
    }
    let read = |file: &str| fs_err::read_to_string(folder.join(file)).expect("it is there");
    assert_eq!(read(".gitignore"), "/target\n/.tomee-harness/\n");
    assert!(read("Cargo.toml").contains("harness = false") && read("Cargo.toml").contains("tomee-harness = {"));
    let settings = context.run(&["settings", "--json"]).json().to_string();
    assert!(settings.contains("tomcat:10.1.59") && settings.contains("keep-runs"), "{settings}");
    let dry = context.run(&["run", "scenarios/", "--dry-run"]);
    assert!(dry.code == Some(0) && dry.stdout.contains("kill"), "{dry}");
    let before = read("Cargo.toml");
    let again = context.run(&["init", "--json"]).json();
    let what: Vec<&str> =
        again["files"].as_array().expect("files").iter().filter_map(|file| file["what"].as_str()).collect();
    assert_eq!(what, ["kept"; 6], "{again}");
    assert_eq!(read("Cargo.toml"), before);
}

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

#[test]
fn each_command_has_a_man_page() {
    let context = TestContext::new();
    let written = context.run(&["man", "pages", "--json"]).json();
    let pages = written["pages"].as_array().expect("pages");
    for page in ["tomee-harness.1", "tomee-harness-run.1", "tomee-harness-runs-prune.1", "tomee-harness-kill.1"] {
        assert!(pages.iter().any(|one| one == page), "{page}: {written}");
    }
    assert!(context.run(&["man"]).stdout.contains(".TH tomee-harness 1"));
}

#[test]
fn sweep_lists_what_it_removed_and_what_it_left() {
    // What other runs of this machine's user have left or are about shows here too, so that only the form is certain.
    let ran = TestContext::new().run(&["sweep", "--json"]);
    let json = ran.json();
    assert_eq!((ran.code, &json["format"]), (Some(0), &serde_json::json!(1)), "{ran}");
    assert!(json["removed"].is_array() && json["spared"].is_array(), "{ran}");
}

#[test]
fn sweep_says_when_no_engine_could_be_asked() {
    let context = TestContext::new();
    let sweep = |arguments: &[&str]| {
        let mut command = context.command(arguments);
        command.env("DOCKER_HOST", format!("unix://{}/nobody.sock", context.folder()));
        integration_tests::Ran::of(&mut command)
    };
    let text = sweep(&["sweep"]);
    assert!(text.stdout.contains("containers were not checked: no container engine answers\n"), "{text}");
    let json = sweep(&["sweep", "--json"]).json();
    assert_eq!(json["no-engine"], "no container engine answers");
}

#[test]
fn doctor_reports_each_thing_and_an_engine_on_another_machine() {
    let context = TestContext::new();
    let mut command = context.command(&["doctor", "--json"]);
    command.env("DOCKER_HOST", "tcp://elsewhere.example:2375");
    let checks = integration_tests::Ran::of(&mut command).json();
    let checks = checks.as_array().expect("a list of checks");
    let names: Vec<&str> = checks.iter().filter_map(|check| check["name"].as_str()).collect();
    assert_eq!(names, ["java", "maven", "haproxy", "namespaces", "engine", "iptables", "multicast", "memory"]);
    let engine = &checks[4];
    assert_eq!(engine["health"], "optional");
    let found = engine["found"].as_str().expect("it says what it found");
    assert!(found.starts_with("DOCKER_HOST is tcp://elsewhere.example:2375, an engine on another machine"), "{found}");
    let advice = engine["advice"].as_str().expect("it says what to do");
    assert!(advice.contains("use an engine of this machine"), "{advice}");
}

/// Stores a run of the fake cluster in the context's folder.
async fn stored(context: &TestContext, bug: Option<Bug>) -> Utf8PathBuf {
    let run = FakeRun::new(Topology::of(2).expect("two nodes"), bug);
    run.run(&context.folder()).await.expect("it runs");
    context.folder().join("run")
}

fn write(path: &Utf8Path, text: &str) {
    fs_err::write(path, text).expect("the test's own folder can be written");
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

/// An installed server with this server.xml, as far as it is looked at before it runs.
fn installed(context: &TestContext, server_xml: &str) {
    let home = context.folder().join("tomcat");
    for (file, content) in [("bin/bootstrap.jar", ""), ("lib/catalina.jar", ""), ("conf/server.xml", server_xml)] {
        let path = home.join(file);
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
        write(&path, content);
    }
}

#[test]
fn an_installed_servers_own_configuration_is_said_to_be_unused() {
    let context = TestContext::new();
    let own = r#"<Server port="8005" shutdown="SHUTDOWN">
  <Service name="Catalina">
    <Connector port="9090" protocol="HTTP/1.1"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="8"/>
    </Engine>
  </Service>
</Server>"#;
    installed(&context, own);
    let run = ["run", "--server", "./tomcat", "--dry-run", "--quiet"];
    let warned = context.run(&run);
    assert_eq!(warned.code, Some(0), "{warned}");
    insta::assert_snapshot!(context.filtered(&warned.stderr));
    // The near miss.
    installed(&context, "<Server port=\"8005\" shutdown=\"SHUTDOWN\"><Service name=\"Catalina\"/></Server>");
    let silent = context.run(&run);
    assert_eq!((silent.code, silent.stderr.as_str()), (Some(0), ""), "{silent}");
}

/// The near miss: the archive is beside the scenario, wherever it is run from.
#[test]
fn a_dry_run_finds_an_app_beside_its_scenario() {
    let context = TestContext::new();
    fs_err::create_dir_all(context.folder().join("apps/build")).expect("made");
    let mut war = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    war.start_file("index.html", zip::write::SimpleFileOptions::default()).expect("an entry");
    let war = war.finish().expect("memory takes it").into_inner();
    fs_err::write(context.folder().join("apps/build/shop.war"), war).expect("written");
    write(&context.folder().join("apps/scenario.toml"), "name = \"x\"\n[[step]]\ndeploy = \"build/shop.war\"\n");
    let here = context.run(&["run", "apps/scenario.toml", "--dry-run"]);
    assert_eq!(here.code, Some(0), "{here}");
    let mut command = context.command(&["run", "./scenario.toml", "--dry-run"]);
    let there = integration_tests::Ran::of(command.current_dir(context.folder().join("apps")));
    assert_eq!(there.code, Some(0), "{there}");
    assert!(there.stdout.contains("deploy build/shop.war at /shop"), "{there}");
}

fn read(path: &Utf8Path) -> String {
    fs_err::read_to_string(path).expect("the stored run can be read")
}

#[test]
fn scenarios_are_listed_explained_written_and_checked_without_a_server() {
    let context = TestContext::new();
    let listed = context.run(&["list", "--json"]).json();
    let names: Vec<&str> =
        listed["scenarios"].as_array().expect("a list").iter().filter_map(|it| it["scenario"].as_str()).collect();
    assert!(names.contains(&"failover/kill-the-owner") && names.contains(&"negative/no-distributable"), "{names:?}");
    insta::assert_snapshot!("explain_kill_the_owner", context.printed(&["explain", "kill-the-owner"]));

    let written = context.run(&["new", "mine.toml"]);
    assert_eq!(written.code, Some(0), "{written}");
    let again = context.run(&["new", "mine.toml"]);
    assert_eq!(again.code, Some(2), "what is there is not written over: {again}");
    let dry = ["run", "mine.toml", "--set", "nodes=3", "--dry-run"];
    insta::assert_snapshot!("dry_run_of_the_template", context.printed(&dry));
    assert!(!context.folder().join(".tomee-harness").exists(), "a dry run leaves nothing");
}

#[test]
fn scenarios_that_cannot_be_run_are_refused_before_anything_starts() {
    let context = TestContext::new();
    let folder = context.folder();
    write(
        &folder.join("typo.toml"),
        "name = \"x\"\n\n[[step]]\ndeploy = \"counter\"\n\n[[step]]\nrequest = \"count\"\nonn = \"n1\"\n",
    );
    write(&folder.join("ghost.toml"), "name = \"x\"\n\n[[step]]\ndeploy = \"counter\"\n\n[[step]]\nkill = \"n3\"\n");
    write(
        &folder.join("host.toml"),
        "name = \"x\"\n\n[[step]]\ndeploy = \"counter\"\n\n[[step]]\nfill-disk = \"n1\"\n",
    );
    fs_err::create_dir_all(folder.join("apps/build")).expect("made");
    write(&folder.join("apps/none.toml"), "name = \"x\"\n\n[[step]]\ndeploy = \"build/none.war\"\n");
    write(&folder.join("apps/text.toml"), "name = \"x\"\n\n[[step]]\ndeploy = \"build/text.war\"\n");
    write(&folder.join("apps/build/text.war"), "no archive");
    write(&folder.join("port.toml"), "name = \"x\"\n\n[cluster.elements.receiver]\nport = 4100\n");
    write(&folder.join("unused.toml"), "name = \"x\"\n\n[cluster.elements.backup-manager]\nrpc-timeout = 1000\n");
    fs_err::write(folder.join("bytes.toml"), [0xff, 0xfe, 0x00]).expect("written");
    fs_err::create_dir(folder.join("empty")).expect("made");
    let all = [
        vec!["run", "typo.toml"],
        vec!["run", "ghost.toml", "--dry-run"],
        vec!["run", "ghost.toml", "--set", "nodes=9"],
        vec!["run", "ghost.toml", "--set", "node=3"],
        vec!["run", "ghost.toml", "--set", "nodes"],
        vec!["run", "host.toml", "--runtime", "process"],
        vec!["run", "apps/none.toml", "--dry-run"],
        vec!["run", "apps/text.toml", "--dry-run"],
        vec!["run", "port.toml", "--dry-run"],
        vec!["run", "unused.toml", "--dry-run"],
        vec!["run", "--jvm-arg=-Dcatalina.base=/x"],
        vec!["run", "bytes.toml"],
        vec!["run", "empty/"],
        vec!["run", "nowhere.toml"],
        vec!["run", "nonsense"],
        vec!["run", "failover", "--war", "shop.war"],
        vec!["run", "--set", "nodes=3"],
        vec!["explain", "nonsense"],
    ];
    let texts = all.iter().map(|arguments| {
        let ran = context.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        format!("$ tomee-harness {}\n{}", arguments.join(" "), context.filtered(&ran.stderr))
    });
    insta::assert_snapshot!(texts.collect::<Vec<_>>().join("\n"));
}

#[test]
fn runs_that_a_runtime_does_not_support_are_named_and_may_be_skipped() {
    let context = TestContext::new();
    let wanted = ["run", "kill-the-owner", "slow-replica", "--runtime", "process", "--dry-run"];
    let refused = context.run(&wanted);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused}");
    assert!(refused.stderr.contains("error: 2 of 4 runs are not supported by the runtime"), "{refused}");
    assert_eq!(refused.stderr.matches("  | host/slow-replica [manager=").count(), 2, "{refused}");
    assert!(refused.stderr.contains("hint: --skip-unsupported"), "{refused}");

    let skipped = context.run(&[&wanted[..], &["--skip-unsupported"]].concat());
    assert_eq!(skipped.code, Some(3), "{skipped}");
    assert_eq!(skipped.stdout.matches("\nskipped     host/slow-replica [manager=").count(), 2, "{skipped}");
    assert!(skipped.stdout.starts_with("failover/kill-the-owner ["), "{skipped}");

    let alone = context.run(&["run", "slow-replica", "--runtime", "process", "--skip-unsupported", "--dry-run"]);
    assert_eq!(alone.code, Some(2), "nothing is left to run: {alone}");
}

#[test]
fn what_prints_text_prints_json_where_it_is_asked_for() {
    let context = TestContext::new();
    let explained = context.run(&["explain", "failover/kill-the-owner", "--json"]).json();
    assert_eq!(explained["scenarios"][0]["scenario"], "failover/kill-the-owner");
    assert!(explained["scenarios"][0]["text"].as_str().is_some_and(|text| text.contains("Catalogue")), "{explained}");
    assert_eq!(context.run(&["new", "mine.toml", "--json"]).json()["file"], "mine.toml");
    let dry = context.run(&["run", "mine.toml", "--dry-run", "--json"]).json();
    assert!(dry["runs"][0]["steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{dry}");
    let script = context.run(&["completions", "bash", "--json"]).json();
    assert!(script["script"].as_str().is_some_and(|script| script.contains("tomee-harness")), "{script}");
}

#[test]
fn the_scenarios_of_a_folder_are_explained_each_under_its_name() {
    let all = TestContext::new().run(&["explain", "failover/"]);
    assert_eq!(all.code, Some(0), "{all}");
    let names = all.stdout.lines().filter(|line| line.starts_with("== failover/") && line.ends_with(" ==")).count();
    assert!(names > 10, "{all}");
}
