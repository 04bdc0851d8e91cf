//! What the options of `run` do, on real servers. Several in one run each, as a run takes seconds.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::os::unix::fs::symlink;
use integration_tests::witness::Witness;
use integration_tests::{MainJob, Ran, TestContext, left_of};
use tomee_harness::tomcat::distribution::{Caches, Distribution, Maven, Quiet};

/// Where a run of `context` is known: not among the user's own, so that a sweep here touches no other run.
fn state(context: &TestContext) -> Utf8PathBuf {
    context.folder().join("state")
}

fn command(context: &TestContext, arguments: &[&str]) -> Command {
    let mut command = context.users(arguments);
    command.env("XDG_STATE_HOME", state(context));
    command
}

async fn run(context: TestContext, arguments: &[&str]) -> MainJob {
    let command = command(&context, &[&["run"], arguments].concat());
    MainJob::run_as(context, command).await
}

/// A run that was kept. Removed at the end, also where an assertion failed.
struct Kept<'a> {
    job: &'a MainJob,
    run: String,
}

impl<'a> Kept<'a> {
    /// Of a job after which so many nodes live on.
    fn of(job: &'a MainJob, nodes: usize) -> Self {
        assert!(job.context().folder().join("out/environment.json").exists(), "{}", job.ran());
        let run = job.environment()["run"].as_str().expect("a run has an id").to_owned();
        let kept = Self { job, run };
        assert_eq!(left_of(&kept.run, false).len(), nodes, "{}", job.ran());
        kept
    }

    fn sweep(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut command(self.job.context(), &[&["sweep", "--json"], arguments].concat()))
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        drop(self.sweep(&["--run", &self.run]));
    }
}

async fn distribution(server: &str) -> Distribution {
    let server = server.parse().expect("a server");
    let caches = Caches::of_user().expect("the user has a cache");
    Distribution::resolve(&server, &caches, &Maven::default(), &Quiet).await.expect("a release that can be had")
}

#[tokio::test]
async fn what_the_options_give_a_node_reaches_it_in_a_named_folder_and_is_kept_until_all_is_swept() {
    let context = TestContext::new();
    let witness = Witness::in_folder(&context.folder());
    let server = context.folder().join("server");
    symlink(distribution("tomcat:11.0.24").await.home, &server).expect("linked");
    let java = witness.java();
    let given = witness.arguments();
    let mut arguments: Vec<&str> = given.iter().map(String::as_str).collect();
    arguments.extend(["--runtime", "process", "--server", server.as_str(), "--java", java.as_str(), "--keep"]);
    let job = run(context, &arguments).await;
    let kept = Kept::of(&job, 2);

    assert_eq!(job.ran().code, Some(3), "an app without sessions proves nothing of them: {}", job.ran());
    let environment = job.environment();
    assert_eq!(environment["server"], "Tomcat 11.0.24 (Tomcat 11.0.24)");
    for node in ["n1", "n2"] {
        Witness::is_heard(&job.context().folder().join("out/nodes").join(node).join("console.log"), true);
        let endpoints = &environment["endpoints"]["nodes"][node];
        let address = endpoints["http-address"].as_str().expect("an address");
        let port = endpoints["http-port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        assert!(std::net::TcpStream::connect((address, port)).is_ok(), "{node} was at {endpoints} and lives on");
    }

    let swept = kept.sweep(&[]).json();
    assert_eq!(swept["removed"], serde_json::json!([]));
    let why = swept["spared"].as_array().and_then(|all| all.iter().find(|spared| spared["run"] == kept.run.as_str()));
    let why = why.and_then(|spared| spared["why"].as_str()).expect("the kept run is listed");
    assert!(why.contains("kept on purpose"), "{why}");
    assert_eq!(left_of(&kept.run, false).len(), 2, "it is still there");

    let swept = kept.sweep(&["--all"]).json();
    assert_eq!(swept["removed"].as_array().map(Vec::len), Some(2), "{swept}");
    job.left_nothing().await;
}

/// As Debian's package `tomcat10` lays it out: `/usr/share/tomcat10` has `bin` and `lib`, whose jars are links;
/// `/var/lib/tomcat10` has `webapps` and links to `/etc/tomcat10` and to the logs.
fn as_debian_does(root: &Utf8Path, whole: &Distribution) -> Utf8PathBuf {
    let (home, base, etc) = (root.join("usr/share/tomcat10"), root.join("var/lib/tomcat10"), root.join("etc/tomcat10"));
    for folder in [&home.join("lib"), &base.join("webapps"), &base.join("lib"), &etc, &root.join("var/log/tomcat10")] {
        fs_err::create_dir_all(folder).expect("made");
    }
    symlink(whole.home.join("bin"), home.join("bin")).expect("linked");
    for jar in whole.home.join("lib").read_dir_utf8().expect("it has libraries").flatten() {
        symlink(jar.path(), home.join("lib").join(jar.file_name())).expect("linked");
    }
    for file in whole.base.join("conf").read_dir_utf8().expect("it has a configuration").flatten() {
        if file.file_type().is_ok_and(|kind| kind.is_file()) {
            fs_err::copy(file.path(), etc.join(file.file_name())).expect("copied");
        }
    }
    symlink("../../../etc/tomcat10", base.join("conf")).expect("linked");
    symlink("../../log/tomcat10", base.join("logs")).expect("linked");
    home
}

#[tokio::test]
async fn the_layout_of_debians_package_does_the_main_job_and_is_kept_until_its_run_is_swept() {
    let context = TestContext::new();
    let home = as_debian_does(&context.folder(), &distribution("tomcat:10.1.59").await);
    let job = run(context, &["--runtime", "process", "--server", home.as_str(), "--keep"]).await;
    // The first node is the last that the main job ends.
    let kept = Kept::of(&job, 1);

    assert_eq!((job.ran().code, &job.verdict()["status"]), (Some(0), &"holds".into()), "{}", job.ran());
    assert_eq!(job.environment()["server"], "Tomcat 10.1.59 (Tomcat 10.1.59)");
    assert_eq!(kept.sweep(&["--run", "20200101-000000-0000"]).json()["removed"], serde_json::json!([]));
    let swept = kept.sweep(&["--run", &kept.run]).json();
    assert_eq!(swept["removed"].as_array().map(Vec::len), Some(1), "{swept}");
    job.left_nothing().await;
}

/// The summaries that a run over many printed, and the folders that it made.
fn many(job: &MainJob) -> (Vec<serde_json::Value>, Vec<String>) {
    let lines = job.ran().stdout.lines();
    let summaries = lines.map(|line| serde_json::from_str(line).expect("one summary a line")).collect();
    let folders = job.context().folder().join("out").read_dir_utf8().expect("a folder of runs").flatten();
    let mut folders: Vec<String> = folders.map(|folder| folder.file_name().to_owned()).collect();
    folders.sort();
    for folder in &folders {
        let environment = job.context().folder().join("out").join(folder).join("environment.json");
        let environment = fs_err::read_to_string(environment).expect("each run writes its environment");
        let environment: serde_json::Value = serde_json::from_str(&environment).expect("JSON");
        let run = environment["run"].as_str().expect("a run has an id");
        assert_eq!(left_of(run, false), Vec::<String>::new(), "run {folder} left something");
    }
    (summaries, folders)
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_runs_are_repeated_until_one_does_not_hold() {
    let arguments = ["--runtime", "process", "--server", "tomcat:11.0.24", "--repeat", "2", "--until-failure"];
    let job = run(TestContext::new(), &arguments).await;
    let (summaries, folders) = many(&job);
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    assert_eq!((summaries.len(), folders), (2, vec!["1".to_owned(), "2".to_owned()]));
    assert!(summaries.iter().all(|summary| summary["verdict"]["status"] == "holds"), "{}", job.ran());

    let context = TestContext::new();
    let alone = Witness::in_folder(&context.folder()).alone();
    let job = run(context, &[&arguments[..], &["--war", alone.as_str()]].concat()).await;
    let (summaries, folders) = many(&job);
    assert_eq!(job.ran().code, Some(1), "{}", job.ran());
    assert_eq!((summaries.len(), folders), (1, vec!["1".to_owned()]));
}

#[tokio::test]
async fn an_engine_on_another_machine_is_refused() {
    let context = TestContext::new();
    let mut refused = command(&context, &["run", "--runtime", "docker", "--server", "tomcat:11.0.24", "--quiet"]);
    refused.env("DOCKER_HOST", "tcp://elsewhere.example:2375");
    let ran = tokio::task::spawn_blocking(move || Ran::of(&mut refused)).await.expect("it does not panic");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""), "{ran}");
    let words =
        ["error: DOCKER_HOST is tcp://elsewhere.example:2375, an engine on another machine", "hint: use an engine"];
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{ran}");
}
