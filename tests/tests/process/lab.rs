//! A user at a prompt, with a registry of clusters of its own.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use integration_tests::{Ran, TestContext, left_of};
use serde_json::Value;
use tomee_harness::host::wait::{Look, TimedOut, until};

pub(crate) const SERVER: [&str; 4] = ["--server", "tomcat:10.1.59", "--runtime", "process"];
/// How long a loaded machine may take for what needs a second.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A user with a registry of clusters of its own. Whatever a test does, nothing of it stays up.
pub(crate) struct Lab(pub(crate) TestContext);

impl Lab {
    pub(crate) fn new() -> Self {
        Self(TestContext::new())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.0.users(arguments);
        command.env("XDG_STATE_HOME", self.0.folder().join("state"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    pub(crate) fn done(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran}");
        ran
    }

    pub(crate) fn up(&self, more: &[&str]) {
        self.done(&[&["up"][..], &SERVER, more].concat());
    }

    pub(crate) fn status(&self) -> Value {
        self.done(&["status", "--json"]).json()["cluster"].clone()
    }

    /// The process of a node.
    pub(crate) fn pid(&self, node: usize) -> String {
        let place = self.status()["nodes"][node]["place"].as_str().expect("it runs").to_owned();
        place.strip_prefix("process ").expect("a process").to_owned()
    }

    pub(crate) fn begun(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.run(&["down", "--all"]);
    }
}

pub(crate) fn kill(pid: &str) {
    let killed = Command::new("kill").args(["-9", pid]).status().expect("kill is there");
    assert!(killed.success(), "there is no process {pid}");
}

pub(crate) async fn await_nothing_of(run: &str) {
    let gone: Result<(), TimedOut> = until("nothing to be left", LIMIT, async || {
        let left = left_of(run, false);
        Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
    })
    .await;
    gone.expect("the guard removes it");
}
