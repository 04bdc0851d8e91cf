//! What a sweep finds, and what it leaves alone.

use std::process::Command;

use tomee_harness::runtime::sweep::{Scope, Spared, sweep};

use crate::owner::{Owner, Place, Running};

#[tokio::test]
async fn a_sweep_removes_what_a_crash_left_and_not_what_lives_beside_it() {
    let crashed = Place::new();
    let mut owner = Owner::hold(&crashed, &["registered", "marked"]);
    let started = owner.started();
    let live = crashed.beside();
    let mut beside = Owner::hold(&live, &["registered", "marked"]);
    crashed.end_guard().await;
    owner.kill();
    assert!(started.iter().all(Running::lives), "nobody is left to remove them");

    let swept = sweep(&crashed.registry(), Scope::Crashed).await.expect("swept");

    crashed.cleared(&started).await;
    let removed: Vec<&str> =
        swept.removed.iter().filter(|(run, _)| *run == crashed.run).map(|(_, what)| what.as_str()).collect();
    assert_eq!(removed.len(), 2, "{removed:?}");
    assert_eq!(swept.spared.get(&live.run), Some(&Spared::Live));
    assert!(beside.started().iter().all(Running::lives), "the live run goes on");
    beside.kill();
    live.cleared(&[]).await;
}

#[tokio::test]
async fn a_run_without_owner_but_with_a_guard_is_live() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &["registered"]);
    let started = owner.started();
    let guard = place.guard();
    guard.signal("STOP");
    owner.kill();
    let swept = sweep(&place.registry(), Scope::All).await.expect("swept");
    let lived = started[0].lives();
    guard.signal("CONT");
    assert_eq!(swept.spared.get(&place.run), Some(&Spared::Live));
    assert!(lived, "it is the guard's to remove");
    place.cleared(&started).await;
}

#[tokio::test]
async fn a_run_whose_guard_was_killed_is_live_while_its_owner_is() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &["registered"]);
    let started = owner.started();
    place.end_guard().await;
    let swept = sweep(&place.registry(), Scope::Run(place.run.clone())).await.expect("swept");
    assert_eq!(swept.spared.get(&place.run), Some(&Spared::Live));
    assert!(started[0].lives());
    owner.kill();
    let swept = sweep(&place.registry(), Scope::Run(place.run.clone())).await.expect("swept");
    assert_eq!(swept.removed.len(), 1, "{swept:?}");
    place.cleared(&started).await;
}

#[tokio::test]
async fn kept_runs_are_removed_only_when_all_is_asked_for() {
    let place = Place::new();
    let owner = place.command(&["marked", "registered", "keep"]).output().expect("it runs");
    assert!(owner.status.success());
    let swept = sweep(&place.registry(), Scope::Crashed).await.expect("swept");
    assert_eq!(swept.spared.get(&place.run), Some(&Spared::Kept));
    assert_eq!(place.carriers().len(), 1);
    let swept = sweep(&place.registry(), Scope::All).await.expect("swept");
    assert_eq!(swept.removed.len(), 2, "the carrier and the registered one: {swept:?}");
    place.cleared(&[]).await;
    assert!(place.registry().folder().read_dir_utf8().expect("listed").next().is_none());
}

#[tokio::test]
async fn a_run_that_no_registry_knows_is_removed_only_by_its_name() {
    let stranger = Place::new();
    let mut child = Command::new("sleep")
        .arg("300")
        .env(tomee_harness::host::guard::RUN_VARIABLE, stranger.run.as_str())
        .spawn()
        .expect("it starts");
    let swept = sweep(&stranger.registry(), Scope::Crashed).await.expect("swept");
    assert_eq!(swept.spared.get(&stranger.run), Some(&Spared::Stranger));
    assert_eq!(child.try_wait().expect("looked"), None);
    let swept = sweep(&stranger.registry(), Scope::Run(stranger.run.clone())).await.expect("swept");
    assert_eq!(swept.removed, [(stranger.run.clone(), format!("process {} (sleep)", child.id()))]);
    assert!(!child.wait().expect("waited for").success());
}
