//! The harness where a user has it: installed, as the example, and as a dev-dependency of a crate outside this workspace.

use std::process::Command;

use camino::Utf8Path;
use integration_tests::context::workspace;
use integration_tests::outside::target_folder;
use integration_tests::{MainJob, OutsideCrate, Ran, TestContext};

const EXAMPLE: &str = include_str!("../../harness/examples/failover.rs");
const SCENARIOS: &str = include_str!("install/scenarios.rs");
const SURVIVES: &str = include_str!("../suite/survives.toml");
const MAIN_USE: &str = include_str!("install/main_use.rs");
const README: &str = include_str!("../../README.md");
const README_TEST: &str = include_str!("install/readme.rs");
const FAILED: &str = include_str!("install/failed.rs");
const TOKIO: &str = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }";
/// What a crate that only starts clusters of processes does not build.
const LEFT_OUT: [&str; 7] = ["clap", "miette", "indicatif", "testcontainers", "bollard", "libtest-mimic", "ctor"];
/// The main job in code is to stay shorter.
const EXAMPLE_LINES: usize = 40;

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace()).env("CARGO_TARGET_DIR", target_folder());
    command
}

async fn ran(mut command: Command) -> Ran {
    tokio::task::spawn_blocking(move || Ran::of(&mut command)).await.expect("it does not panic")
}

/// What a crate's own runs left in its folder `target/tomee-harness`: one run, and nothing that lives.
fn assert_one_run_and_nothing_left(folder: &Utf8Path) {
    let runs = folder.join("target/tomee-harness").read_dir_utf8().expect("a run has a folder").flatten();
    let runs: Vec<String> = runs.map(|run| run.file_name().to_owned()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(integration_tests::left_of(&runs[0], false), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_the_installed_binary_does_the_main_job_from_any_folder() {
    let place = TestContext::new();
    let root = place.folder().join("root");
    // Debug, and into this workspace's target folder: what is built there already is not built once more.
    let install = cargo(&["install", "--path", "harness", "--offline", "--locked", "--debug", "--root", root.as_str()]);
    let installed = ran(install).await;
    assert_eq!(installed.code, Some(0), "{installed}");

    let context = TestContext::new();
    let run = context.users_program(&root.join("bin/tomee-harness"), &["run", "--runtime", "process"]);
    assert!(context.folder().read_dir_utf8().expect("a folder").next().is_none(), "it runs in an empty folder");
    MainJob::run_as(context, run).await.holds().await;
}

#[tokio::test]
async fn the_example_does_the_main_job_in_few_lines() {
    assert!(EXAMPLE.lines().count() < EXAMPLE_LINES, "{} lines", EXAMPLE.lines().count());
    let build = cargo(&["build", "--workspace", "--example", "failover", "--test", "pure", "--offline", "--quiet"]);
    let built = ran(build).await;
    assert_eq!(built.code, Some(0), "{built}");
    let context = TestContext::new();
    let mut example = Command::new(target_folder().join("debug/examples/failover"));
    example.current_dir(context.folder());
    let ended = ran(example).await;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert_one_run_and_nothing_left(&context.folder());
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_crate_outside_the_workspace_fails_over_in_its_own_test() {
    let outside = OutsideCrate::with(MAIN_USE, TOKIO);
    let good = ran(outside.test("a_session_survives_its_node")).await;
    assert!(good.code == Some(0) && good.stdout.contains("1 passed"), "{good}");
    assert_one_run_and_nothing_left(outside.folder());
}

#[test]
fn the_example_of_the_readme_is_the_one_that_is_tested_with_all_its_dependencies() {
    assert!(README.contains(&format!("```rust\n{README_TEST}```\n")), "README.md does not show install/readme.rs");
    for dependency in ["default-features = false, features = [\"guard-at-start\"]", TOKIO] {
        assert!(README.contains(dependency), "README.md does not name {dependency}");
    }
}

#[tokio::test]
async fn a_crate_without_the_default_features_builds_neither_the_program_nor_an_engines_client() {
    let outside = OutsideCrate::with_only(README_TEST, "", TOKIO);
    let tree = ran(outside.cargo(&["tree", "--offline", "--prefix", "none", "--edges", "normal,build,dev"])).await;
    assert_eq!(tree.code, Some(0), "{tree}");
    let names: Vec<&str> = tree.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"reqwest"), "{tree}");
    let found: Vec<&&str> = LEFT_OUT.iter().filter(|left_out| names.contains(left_out)).collect();
    assert_eq!(found, Vec::<&&str>::new());
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_the_example_of_the_readme_passes_as_it_stands() {
    let outside = OutsideCrate::with_only(README_TEST, "\"guard-at-start\"", TOKIO);
    let good = ran(outside.test("a_session_survives_its_node")).await;
    assert!(good.code == Some(0) && good.stdout.contains("1 passed"), "{good}");
    assert_one_run_and_nothing_left(outside.folder());
    let judged = check_only_run(&outside);
    assert_eq!(judged.code, Some(0), "{judged}");
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_failed_test_says_what_was_seen_and_leaves_a_run_to_judge_again() {
    let outside = OutsideCrate::with_only(FAILED, "\"guard-at-start\"", TOKIO);
    let failed = ran(outside.test("an_assertion_fails")).await;
    let said = format!("{}{}", failed.stdout, failed.stderr);
    assert_eq!(failed.code, Some(101), "{failed}");
    for words in ["cluster-forms", "target/tomee-harness/", "The cluster was not shut down"] {
        assert!(said.contains(words), "{words}: {failed}");
    }
    let judged = check_only_run(&outside);
    assert!(judged.stdout.contains("cluster-forms"), "{judged}");

    let failed = ran(outside.test("a_server_is_missing")).await;
    let said = format!("{}{}", failed.stdout, failed.stderr);
    assert!(said.contains("/nowhere/tomcat") && !said.contains("Identify("), "{failed}");
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_program_that_cannot_become_a_guard_is_refused() {
    let outside = OutsideCrate::with_only(README_TEST, "", TOKIO);
    let refused = ran(outside.test("a_session_survives_its_node")).await;
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert_eq!(refused.code, Some(101), "{refused}");
    assert!(said.contains("cannot be guarded") && said.contains("hint:") && said.contains("guard_main"), "{refused}");
}

/// `check` and `report` on the one run of a crate.
fn check_only_run(outside: &OutsideCrate) -> Ran {
    let runs = outside.folder().join("target/tomee-harness").read_dir_utf8().expect("a run has a folder");
    let run = runs.flatten().next().expect("one run").into_path();
    let context = TestContext::new();
    let reported = context.run(&["report", run.as_str()]);
    assert_eq!(reported.code, Some(0), "{reported}");
    assert!(run.join("report.html").is_file() && run.join("junit.xml").is_file(), "{reported}");
    context.run(&["check", run.as_str()])
}

/// Both ways of the manual: one line of rstest, and a target with a main function, under `cargo test` and nextest.
#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_crate_outside_the_workspace_runs_its_scenarios_as_tests() {
    let more = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n\
                rstest = { version = \"0.28\", default-features = false }\n\n\
                [[test]]\nname = \"failover\"\nharness = false\n";
    let outside = OutsideCrate::with(SCENARIOS, more);
    outside.file("scenarios/failover/survives.toml", SURVIVES);
    let main = "fn main() -> std::process::ExitCode {\n    tomee_harness::test_main(\"scenarios\")\n}\n";
    outside.file("tests/failover.rs", main);

    let by_line = ran(outside.cargo(&["test", "--offline", "--test", "outside"])).await;
    assert!(by_line.code == Some(0) && by_line.stdout.contains("1 passed"), "{by_line}");

    let warm = ["test", "--offline", "--test", "failover", "--", "--warm", "--jobs", "auto"];
    let by_main = ran(outside.cargo(&warm)).await;
    assert!(by_main.code == Some(0) && by_main.stdout.contains("2 passed"), "{by_main}");

    let mut list = nextest(&["list"]);
    list.current_dir(outside.folder());
    let listed = ran(list).await;
    for manager in ["delta", "backup"] {
        assert!(listed.stdout.contains(&format!("failover/survives::manager={manager}")), "{listed}");
    }
    let mut run = nextest(&["run"]);
    run.current_dir(outside.folder());
    let ran_tests = ran(run).await;
    assert!(ran_tests.code == Some(0) && ran_tests.stderr.contains("2 tests run: 2 passed"), "{ran_tests}");

    let runs = outside.folder().join("target/tomee-harness").read_dir_utf8().expect("runs have folders").flatten();
    let left: Vec<String> = runs.flat_map(|run| integration_tests::left_of(run.file_name(), true)).collect();
    assert_eq!(left, Vec::<String>::new());
}

/// The nextest of this workspace, else that of the path.
fn nextest(command: &[&str]) -> Command {
    let own = workspace().join("target/tools/bin/cargo-nextest");
    let mut nextest = Command::new(if own.is_file() { own.as_str() } else { "cargo-nextest" });
    nextest.arg("nextest").args(command).args(["--offline", "--test", "failover"]);
    nextest.env("CARGO_TARGET_DIR", target_folder());
    // Else it would take this run of tests for its own.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NEXTEST")) {
        nextest.env_remove(name);
    }
    nextest
}
