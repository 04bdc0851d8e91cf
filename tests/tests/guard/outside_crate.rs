//! A crate of somebody else, outside this workspace, that has the harness as a dev-dependency and no binary of it.

use std::process::Output;

use integration_tests::OutsideCrate;

use crate::owner::Place;

const TESTS: &str = include_str!("outside_crate/guarded.rs");

/// Runs one of the crate's tests on the run of `place`.
fn test(outside: &OutsideCrate, name: &str, place: &Place) -> Output {
    let mut command = outside.test(name);
    command.env("OUTSIDE_FOLDER", place.path.as_str()).env("OUTSIDE_RUN", place.run.as_str());
    command.output().expect("cargo runs")
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_outside_crate_is_guarded_when_its_test_ends_well_and_when_it_crashes() {
    let outside = OutsideCrate::with(TESTS, "");

    let well = Place::new();
    let output = test(&outside, "forgets_a_process", &well);
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains("1 passed"), "{out}{}", String::from_utf8_lossy(&output.stderr));
    well.cleared(&[]).await;

    let crash = Place::new();
    let output = test(&outside, "crashes", &crash);
    assert!(!output.status.success());
    let log = fs_err::read_to_string(crash.path.join("guard.log")).expect("it was guarded");
    crash.cleared(&[]).await;
    assert!(log.contains("guarding run"), "{log}");
}
