//! Maven that is not there, fails, or never ends.

use std::time::Duration;

use super::super::{DistributionError, Maven, MavenProblem};
use super::fake_maven::{Heard, World};

async fn refusal(world: &World, maven: &Maven) -> DistributionError {
    let error = world.resolve(maven).await.expect_err("it cannot be had");
    assert!(world.cached().is_empty(), "left behind: {:?}", world.cached());
    error
}

#[tokio::test]
async fn a_machine_without_maven_gets_a_hint_what_to_install() {
    let world = World::new();
    let maven = Maven { program: world.folder.path("nowhere/mvn"), ..Maven::default() };
    insta::assert_snapshot!(world.report(&refusal(&world, &maven).await));
}

#[tokio::test]
async fn an_unknown_version_is_reported_with_mavens_own_words() {
    let world = World::new();
    let maven = world.maven(
        "echo '[INFO] Scanning for projects...'
         echo '[ERROR] Failed to execute goal copy: Could not find artifact org.apache.tomcat:tomcat:zip:9.0.1 in central -> [Help 1]'
         echo '[ERROR] '
         echo '[ERROR] Re-run Maven using the -X switch to enable full debug logging.'
         exit 1",
    );
    insta::assert_snapshot!(world.report(&refusal(&world, &maven).await));
}

#[tokio::test]
async fn words_on_standard_error_count_as_well() {
    let world = World::new();
    let maven = world.maven("echo 'The JAVA_HOME environment variable is not defined correctly' >&2; exit 1");
    insta::assert_snapshot!(world.report(&refusal(&world, &maven).await));
}

#[tokio::test]
async fn a_maven_that_says_nothing_is_ended() {
    let world = World::new();
    let maven = Maven { silence: Duration::from_millis(200), ..world.maven("echo '[INFO] Scanning'; exec sleep 600") };
    insta::assert_snapshot!(world.report(&refusal(&world, &maven).await));
}

#[tokio::test]
async fn success_without_an_archive_is_no_success() {
    let world = World::new();
    let error = refusal(&world, &world.maven("exit 0")).await;
    insta::assert_snapshot!(world.report(&error));
}

#[tokio::test]
async fn maven_gets_the_java_and_the_variables_that_it_is_given() {
    let world = World::new();
    let mut maven = world.maven("echo \"[ERROR] $JAVA_HOME $RUN $(pwd)\"; exit 1");
    maven.java_home = Some("/opt/java".into());
    maven.env = vec![("RUN".to_owned(), "r1".to_owned())];
    let DistributionError::Maven { problem, source, .. } = refusal(&world, &maven).await else {
        panic!("Maven failed, and something else is reported");
    };
    assert_eq!(problem, MavenProblem::Other);
    assert!(source.lines[0].starts_with("/opt/java r1 "), "{:?}", source.lines);
    assert!(source.lines[0].contains("/cache/distributions/."), "run in the user's folder: {:?}", source.lines);
}

#[tokio::test]
async fn downloads_are_reported_as_they_go() {
    let world = World::new();
    let maven = world.maven(
        "echo '[INFO] Downloading from central: x.zip'
         printf 'Progress (1): 900 kB/56 MB\\rProgress (1): 28/56 MB\\rProgress (2): 0.5/1.0 kB | 56/56 MB\\r'
         echo '[INFO] Downloaded from central: x.zip (56 MB at 9.1 MB/s)'
         exit 1",
    );
    let heard = Heard::default();
    world.resolve_with(&maven, &heard).await.expect_err("it exits with 1");
    let fractions = heard.fractions.lock().expect("no panic").clone();
    assert_eq!(fractions, [(900_000, 56_000_000), (28_000_000, 56_000_000), (56_000_500, 56_001_000)]);
    let notes = heard.notes.lock().expect("no panic").clone();
    let downloads: Vec<&str> = notes.iter().map(String::as_str).filter(|note| note.starts_with("Download")).collect();
    assert_eq!(downloads, ["Downloading from central: x.zip", "Downloaded from central: x.zip (56 MB at 9.1 MB/s)"]);
}
