//! The guard of a test binary's own process. Owners that crash are in the integration tests.

use std::process::{Child, Command};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Guard, GuardError, RUN_VARIABLE, Registry, RegistryError};
use crate::model::RunId;

/// A folder for one run, with a registry of its own.
struct Place {
    _folder: tempfile::TempDir,
    path: Utf8PathBuf,
    run: RunId,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let run = RunId::new(format!("{name}-{}", std::process::id())).expect("a good name");
        Self { _folder: folder, path, run }
    }

    fn registry(&self) -> Registry {
        Registry::at(&self.path.join("runs"))
    }

    fn guard(&self) -> Guard {
        Guard::spawn_in(&self.registry(), &self.run, &self.path).expect("guarded")
    }

    fn sleeper(&self) -> Child {
        Command::new("sleep").arg("300").env(RUN_VARIABLE, self.run.as_str()).spawn().expect("sleep starts")
    }
}

fn end(mut child: Child) {
    child.kill().expect("killed");
    child.wait().expect("waited for");
}

#[test]
fn a_run_that_removed_everything_is_released_and_forgotten() {
    let place = Place::new("clean");
    let guard = place.guard();
    let child = place.sleeper();
    guard.process(child.id()).expect("registered");
    end(child);
    assert_eq!(guard.release().expect("released").removed, Vec::<String>::new());
    assert!(place.registry().runs().expect("listed").is_empty());
}

#[test]
fn what_the_owner_forgot_is_removed_at_release_and_named() {
    let place = Place::new("forgot");
    let guard = place.guard();
    let mut registered = Command::new("sleep").arg("300").spawn().expect("sleep starts");
    guard.process(registered.id()).expect("registered");
    let mut marked = place.sleeper();
    let removed = guard.release().expect("released").removed;
    assert_eq!(removed.len(), 2, "{removed:?}");
    for child in [&mut registered, &mut marked] {
        assert!(removed.contains(&format!("process {} (sleep)", child.id())), "{removed:?}");
        assert!(!child.wait().expect("waited for").success());
    }
}

#[test]
fn a_dropped_guard_ends_the_run() {
    let place = Place::new("dropped");
    let guard = place.guard();
    let mut child = place.sleeper();
    drop(guard);
    assert!(!child.wait().expect("it ends within its 300 s").success());
}

#[test]
fn a_kept_run_goes_on_and_is_remembered_as_kept() {
    let place = Place::new("kept");
    let guard = place.guard();
    let mut child = place.sleeper();
    guard.process(child.id()).expect("registered");
    guard.keep().expect("kept");
    assert_eq!(child.try_wait().expect("looked"), None, "it runs");
    end(child);
    assert_eq!(place.registry().runs().expect("listed"), [(place.run.clone(), super::Kept::Yes)]);
}

#[test]
fn a_process_that_has_the_number_of_a_registered_one_is_not_killed() {
    let place = Place::new("reused");
    let guard = place.guard();
    let mut child = Command::new("sleep").arg("300").spawn().expect("sleep starts");
    let mut process = super::processes::ProcessId::of(child.id()).expect("it runs");
    process.start.push('0');
    guard.send(&super::message::Message::Process(process)).expect("sent");
    assert_eq!(guard.release().expect("released").removed, Vec::<String>::new());
    assert_eq!(child.try_wait().expect("looked"), None, "it runs");
    end(child);
}

#[test]
fn a_run_without_a_place_for_the_log_is_refused_and_not_remembered() {
    let place = Place::new("no-log");
    let refused = Guard::spawn_in(&place.registry(), &place.run, Utf8Path::new("/nowhere"));
    assert!(matches!(refused, Err(GuardError::Log { .. })), "{refused:?}");
    assert!(place.registry().runs().expect("listed").is_empty());
}

#[test]
fn two_guards_of_one_run_are_refused() {
    let place = Place::new("twice");
    let guard = place.guard();
    let second = Guard::spawn_in(&place.registry(), &place.run, &place.path);
    assert!(matches!(second, Err(GuardError::Registry(RegistryError::Taken { .. }))), "{second:?}");
    guard.release().expect("released");
}

#[test]
fn a_program_that_does_not_become_a_guard_is_found_out() {
    let problem = |command: &mut Command, limit| match super::owner::ready(command, limit) {
        Err(super::owner::NotReady::Other(problem)) => problem,
        other => panic!("{other:?}"),
    };
    // What answers does so on a busy machine, too.
    let long = std::time::Duration::from_mins(1);
    let talks = problem(&mut Command::new("echo"), long);
    assert!(talks.contains(r#"answered "--list --exact"#), "its tests are only listed: {talks}");
    assert!(problem(&mut Command::new("true"), long).contains("exited"));
    let short = std::time::Duration::from_millis(200);
    assert!(problem(Command::new("sh").args(["-c", "exec sleep 300"]), short).contains("no answer within 200ms"));
}
