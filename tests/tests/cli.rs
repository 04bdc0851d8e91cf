//! The command line without a server: help, usage errors, settings, stored runs, exit codes.

#[path = "cli/scenarios.rs"]
mod scenarios;
#[path = "cli/stored.rs"]
mod stored;

use camino::Utf8Path;
use integration_tests::TestContext;
use rstest::rstest;

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
    let printed = TestContext::new().printed(arguments);
    assert!(!printed.contains('`'), "keys and values stand plainly in help: {printed}");
    insta::assert_snapshot!(name, printed);
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
    for said in ["deploy my-shop.war at /shop", "4 clients get /shop/account.jsp", "kill n2", "stop n1"] {
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

fn write(path: &Utf8Path, text: &str) {
    fs_err::write(path, text).expect("the test's own folder can be written");
}

fn read(path: &Utf8Path) -> String {
    fs_err::read_to_string(path).expect("the stored run can be read")
}
