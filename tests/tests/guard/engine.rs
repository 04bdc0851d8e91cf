//! The guard and the container engine.

use std::process::{Command, Stdio};

use tomee_harness::host::guard::RUN_LABEL;
use tomee_harness::runtime::sweep::{Scope, sweep};

use crate::owner::{Owner, Place};

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("docker runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A network and a container of the run; the container is of an image that needs to hold nothing.
fn make(place: &Place) {
    let mut import = Command::new("docker")
        .args(["import", "-", "tomee-harness-empty"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("docker runs");
    let archive = Command::new("tar").args(["-c", "-T", "/dev/null"]).output().expect("tar runs").stdout;
    std::io::Write::write_all(&mut import.stdin.take().expect("piped"), &archive).expect("written");
    assert!(import.wait().expect("waited for").success());
    let label = format!("{RUN_LABEL}={}", place.run);
    docker(&["network", "create", "--label", &label, place.run.as_str()]);
    docker(&["create", "--label", &label, "--network", place.run.as_str(), "tomee-harness-empty", "/nothing"]);
}

fn left(place: &Place) -> String {
    let label = format!("label={RUN_LABEL}={}", place.run);
    docker(&["ps", "--all", "--quiet", "--filter", &label]) + &docker(&["network", "ls", "--quiet", "--filter", &label])
}

#[tokio::test]
#[ignore = "needs an engine"]
async fn engine_a_killed_owner_takes_containers_and_networks_with_it() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &["engine", "marked"]);
    make(&place);
    assert_ne!(left(&place), "");
    owner.kill();
    place.cleared(&[]).await;
    assert_eq!(left(&place), "");
    assert!(place.log().contains("removed network"), "{}", place.log());
}

#[tokio::test]
#[ignore = "needs an engine"]
async fn engine_a_sweep_removes_containers_and_networks_that_a_crash_left() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &["engine"]);
    make(&place);
    place.end_guard().await;
    let scope = Scope::Run(place.run.clone());
    sweep(&place.registry(), scope.clone()).await.expect("swept");
    assert_ne!(left(&place), "", "the owner lives");
    owner.kill();
    let swept = sweep(&place.registry(), scope).await.expect("swept");
    assert_eq!(swept.removed.len(), 2, "{swept:?}");
    assert_eq!(left(&place), "");
    place.cleared(&[]).await;
}
