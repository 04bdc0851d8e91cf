//! Tests of a user's crate; `outside_crate.rs` copies and runs them.

use std::process::{Child, Command};

use tomee_harness::host::guard::{Guard, RUN_VARIABLE, Registry};
use tomee_harness::model::RunId;

fn guarded() -> (Guard, Child) {
    let folder = std::env::var("OUTSIDE_FOLDER").expect("set by the test of the workspace");
    let run = RunId::new(std::env::var("OUTSIDE_RUN").expect("set too")).expect("a good name");
    let registry = Registry::at(format!("{folder}/runs").as_str().into());
    let guard = Guard::spawn_in(&registry, &run, folder.as_str().into()).expect("guarded");
    let child = Command::new("sleep").arg("300").env(RUN_VARIABLE, run.as_str()).spawn().expect("sleep starts");
    (guard, child)
}

#[test]
fn forgets_a_process() {
    let (guard, mut child) = guarded();
    assert_eq!(guard.release().expect("released").removed, [format!("process {} (sleep)", child.id())]);
    assert!(!child.wait().expect("waited for").success());
}

#[test]
fn crashes() {
    let (_guard, _child) = guarded();
    std::process::abort();
}
