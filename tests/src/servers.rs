//! The main job on real servers, run by the binary, and what it must leave: a verdict that `check` repeats, and nothing
//! that runs.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;
use tomee_harness::host::guard::{RUN_LABEL, RUN_VARIABLE};
use tomee_harness::host::wait::{self, Look, TimedOut};

use crate::context::{Ran, TestContext};

/// What a run leaves may take so long to vanish.
const CLEARED: Duration = Duration::from_secs(10);

/// One cluster at a time, under plain `cargo test` too: nextest has its own group for that.
static ONE_CLUSTER: Mutex<()> = Mutex::const_new(());

/// A run of the main job that came to an end.
#[derive(Debug)]
pub struct MainJob {
    context: TestContext,
    ran: Ran,
}

impl MainJob {
    /// Runs it with these arguments.
    ///
    /// # Panics
    /// The binary cannot be run.
    pub async fn run(arguments: &[&str]) -> Self {
        Self::run_in(TestContext::new(), arguments).await
    }

    /// Runs it in a context that has been made ready for it.
    ///
    /// # Panics
    /// The binary cannot be run.
    pub async fn run_in(context: TestContext, arguments: &[&str]) -> Self {
        let command = context.users(&[&["run"], arguments].concat());
        Self::run_as(context, command).await
    }

    /// Runs a command that is the binary's `run`, in the folder of the context.
    ///
    /// # Panics
    /// It cannot be run.
    pub async fn run_as(context: TestContext, mut command: Command) -> Self {
        let _alone = ONE_CLUSTER.lock().await;
        command.args(["--json", "--quiet", "--out", "out"]);
        let ran = tokio::task::spawn_blocking(move || Ran::of(&mut command)).await.expect("it does not panic");
        Self { context, ran }
    }

    /// How the binary ended.
    pub fn ran(&self) -> &Ran {
        &self.ran
    }

    /// Where it ran.
    pub fn context(&self) -> &TestContext {
        &self.context
    }

    /// The verdict as the run printed it.
    pub fn verdict(&self) -> Value {
        self.ran.json()["verdict"].clone()
    }

    /// The finding of a guarantee.
    ///
    /// # Panics
    /// The verdict has none.
    pub fn finding(&self, guarantee: &str) -> Value {
        let verdict = self.verdict();
        let findings = verdict["guarantees"].as_array().expect("a verdict has findings");
        let found = findings.iter().find(|finding| finding["guarantee"] == guarantee);
        found.unwrap_or_else(|| panic!("nothing is said of {guarantee}: {}", self.ran)).clone()
    }

    /// The environment that the run recorded.
    ///
    /// # Panics
    /// It recorded none.
    pub fn environment(&self) -> Value {
        let text = fs_err::read_to_string(self.context.folder().join("out/environment.json"));
        serde_json::from_str(&text.expect("a run writes its environment")).expect("JSON")
    }

    /// All that is promised holds, at exit code 0; `check` says the same; nothing of the run is left.
    ///
    /// # Panics
    /// One of these is not so.
    pub async fn holds(&self) {
        self.ends_with(0).await;
        assert_eq!(self.verdict()["status"], "holds", "{}", self.ran);
        for guarantee in ["cluster-forms", "deployed-everywhere", "manager-as-configured", "replicated-writes-survive"]
        {
            assert_eq!(self.finding(guarantee)["status"], "holds", "{guarantee}: {}", self.ran);
        }
    }

    /// The exit code is this one; `check` gives the same and the same verdict; nothing of the run is left.
    ///
    /// # Panics
    /// One of these is not so.
    pub async fn ends_with(&self, code: i32) {
        assert_eq!(self.ran.code, Some(code), "{}", self.ran);
        let again = self.context.run(&["check", "out", "--json"]);
        assert_eq!((again.code, &again.json()["verdict"]), (Some(code), &self.verdict()), "check says {again}");
        self.left_nothing().await;
    }

    /// No process, container or network of the run is left, soon after its end.
    ///
    /// # Panics
    /// Something is.
    pub async fn left_nothing(&self) {
        let environment = self.environment();
        let run = environment["run"].as_str().expect("a run has an id").to_owned();
        let in_docker = environment["runtime"] == "docker";
        let cleared: Result<(), TimedOut> = wait::until("the run's things to vanish", CLEARED, async || {
            let left = left_of(&run, in_docker);
            Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
        })
        .await;
        cleared.expect("nothing of a run is left when it has ended");
    }
}

/// What is left of a run: processes, and in containers also containers, networks and volumes.
///
/// # Panics
/// The engine does not say.
pub fn left_of(run: &str, in_docker: bool) -> Vec<String> {
    let mut left = carriers(&format!("{RUN_VARIABLE}={run}"));
    if in_docker {
        left.extend(on_the_engine(run));
    }
    left
}

/// The processes with this variable (`NAME=VALUE`) in their environment.
///
/// # Panics
/// This machine has no `/proc`.
pub fn carriers(mark: &str) -> Vec<String> {
    let entries = fs_err::read_dir("/proc").expect("processes are read from /proc").flatten();
    let marked = entries.filter_map(|entry| {
        let environment = fs_err::read(entry.path().join("environ")).ok()?;
        let carries = environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes());
        carries.then(|| format!("process {}", entry.file_name().to_string_lossy()))
    });
    marked.collect()
}

fn on_the_engine(run: &str) -> Vec<String> {
    let filter = format!("label={RUN_LABEL}={run}");
    let list = |what: &[&str]| {
        let listed = Ran::of(std::process::Command::new("docker").args(what).args(["--filter", &filter]));
        assert_eq!(listed.code, Some(0), "docker {what:?}: {listed}");
        listed.stdout.lines().map(|line| format!("{} {line}", what[0])).collect::<Vec<_>>()
    };
    let kinds =
        [&["container", "ls", "--all", "--quiet"][..], &["network", "ls", "--quiet"], &["volume", "ls", "--quiet"]];
    kinds.into_iter().flat_map(list).collect()
}
