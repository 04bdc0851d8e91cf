//! A real balancer before real servers, by hand: what it chooses, what it sees, and that nothing of it is left.

use std::time::Duration;

use integration_tests::{Ran, TestContext, left_of};
use tomee_harness::host::wait::{Look, TimedOut, until};

/// How long a loaded machine may take for what needs a second.
const LIMIT: Duration = Duration::from_secs(30);

/// A user with a registry of clusters of its own. Whatever a test does, nothing of it stays up.
struct Lab(TestContext);

impl Lab {
    fn done(&self, arguments: &[&str]) -> Ran {
        let mut command = self.0.users(arguments);
        let ran = Ran::of(command.env("XDG_STATE_HOME", self.0.folder().join("state")));
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran}");
        ran
    }

    /// Asks the front, and says which node it chose and what the counter showed there.
    fn count(&self) -> (String, i64) {
        let done = self.done(&["http", "front", "/counter/", "--json"]).json()["done"].clone();
        let answer = &done["answers"][0];
        let count = answer["reply"]["counter"]["count"].as_i64();
        (answer["node"].as_str().expect("a node").to_owned(), count.unwrap_or_else(|| panic!("{done}")))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let mut command = self.0.users(&["down", "--all"]);
        Ran::of(command.env("XDG_STATE_HOME", self.0.folder().join("state")));
    }
}

#[tokio::test]
async fn a_session_goes_on_behind_a_real_balancer_and_nothing_of_that_outlives_its_keeper() {
    let lab = Lab(TestContext::new());
    let server = ["--server", "tomcat:10.1.59", "--runtime", "process"];
    lab.done(&[&["up"][..], &server, &["--front", "haproxy", "--sticky", "prefix"]].concat());
    let (first, count) = lab.count();
    assert_eq!(count, 1);
    assert_eq!(lab.count(), (first.clone(), 2), "it stays where it is");
    lab.done(&["maint", &first]);
    let (second, count) = lab.count();
    assert_ne!(second, first, "that one is taken out");
    assert_eq!(count, 3);
    let status = lab.done(&["status", "--json"]).json()["cluster"].clone();
    let state = |node: &str| status["front"]["servers"][node]["state"].clone();
    assert_eq!((state(&first), state(&second)), ("MAINT".into(), "UP".into()), "{status}");
    lab.done(&["ready", &first]);
    assert_eq!(lab.count(), (second.clone(), 4), "the id has the new node's name");
    lab.done(&["kill", &second]);
    assert_eq!(lab.count(), (first, 5));
    let verdict = lab.done(&["verdict", "--json"]).json();
    assert_eq!(verdict["verdict"]["status"], "holds", "{verdict}");
    let recipe = lab.done(&["recipe"]).stdout;
    assert!(recipe.contains("[front]\nbalancer = \"haproxy\"\nsticky = \"prefix\"\n"), "{recipe}");

    let run = status["run"].as_str().expect("a run");
    let keeper = lab.done(&["ps", "--json"]).json()["clusters"][0]["keeper"].to_string();
    let killed = std::process::Command::new("kill").args(["-9", &keeper]).status().expect("kill is there");
    assert!(killed.success(), "there is no process {keeper}");
    let gone: Result<(), TimedOut> = until("nothing to be left", LIMIT, async || {
        let left = left_of(run, false);
        Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
    })
    .await;
    gone.expect("the guard removes the balancer, too");
}
