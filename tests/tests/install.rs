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
    let tokio = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }";
    let outside = OutsideCrate::with(MAIN_USE, tokio);
    let good = ran(outside.test("a_session_survives_its_node")).await;
    assert!(good.code == Some(0) && good.stdout.contains("1 passed"), "{good}");
    assert_one_run_and_nothing_left(outside.folder());
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
