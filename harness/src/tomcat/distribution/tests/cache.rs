//! The cache: once, whole, and by one at a time.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use fs_err as fs;

use super::super::{Namespace, Product};
use super::fake_maven::{Heard, World};
use crate::host::wait::{self, Look, TimedOut};

#[tokio::test]
async fn a_release_is_fetched_unpacked_and_known() {
    let world = World::new();
    let heard = Heard::default();
    let found = world.resolve_with(&world.working_maven(), &heard).await.expect("a server");
    assert_eq!(found.home, world.distributions().join("tomcat-9.0.1/home"));
    assert_eq!(found.base, found.home);
    assert_eq!((found.product, found.version.as_str()), (Product::Tomcat, "9.0.1"));
    assert_eq!((found.tomcat_version.as_str(), found.namespace), ("9.0.1", Namespace::Javax));
    assert_eq!(fs::read_to_string(found.home.join("webapps/ROOT/index.jsp")).expect("unpacked"), "hello");
    let mode = |name| fs::metadata(found.home.join(name)).expect("unpacked").permissions().mode();
    assert_eq!(mode("bin/catalina.sh") & 0o111, 0o111, "catalina.sh must be executable");
    assert_eq!(mode("conf/server.xml") & 0o111, 0);
    assert_eq!(heard.fractions.lock().expect("no panic").last(), Some(&(7, 7)));
    let notes = heard.notes.lock().expect("no panic");
    assert_eq!(*notes, ["asking Maven for org.apache.tomcat:tomcat:9.0.1:zip", "unpacking tomcat-9.0.1.zip"]);
    assert_eq!(world.cached(), ["tomcat-9.0.1"]);
}

#[tokio::test]
async fn what_is_in_the_cache_needs_no_maven() {
    let world = World::new();
    let first = world.resolve(&world.working_maven()).await.expect("a server");
    let second = world.resolve(&world.maven("exit 1")).await.expect("from the cache");
    assert_eq!(first, second);
    assert_eq!(world.starts().len(), 1);
}

#[tokio::test]
async fn a_cache_that_lost_a_file_is_filled_again() {
    let world = World::new();
    let first = world.resolve(&world.working_maven()).await.expect("a server");
    for damage in ["lost", "cut", "marker"] {
        match damage {
            "lost" => fs::remove_file(first.home.join("webapps/ROOT/index.jsp")),
            "cut" => fs::write(first.home.join("webapps/ROOT/index.jsp"), ""),
            _ => fs::write(world.distributions().join("tomcat-9.0.1/unpacked.json"), "{"),
        }
        .expect("writable");
        let again = world.resolve(&world.working_maven()).await.expect("a server");
        assert_eq!(again, first);
        assert_eq!(fs::read_to_string(first.home.join("webapps/ROOT/index.jsp")).expect(damage), "hello");
    }
    assert_eq!(world.starts().len(), 4);
    assert_eq!(world.cached(), ["tomcat-9.0.1"]);
}

#[tokio::test]
async fn what_a_server_writes_into_its_home_does_not_spoil_the_cache() {
    let world = World::new();
    let first = world.resolve(&world.working_maven()).await.expect("a server");
    fs::create_dir_all(first.home.join("logs")).expect("writable");
    fs::write(first.home.join("logs/catalina.out"), "INFO").expect("writable");
    world.resolve(&world.maven("exit 1")).await.expect("from the cache");
}

#[tokio::test]
async fn what_a_killed_run_left_is_removed_and_another_release_left_alone() {
    let world = World::new();
    let left = world.distributions().join(".tomcat-9.0.1.partial-dead");
    let other = world.distributions().join(".tomcat-9.0.117.partial-alive");
    fs::create_dir_all(left.join("whole/home/bin")).expect("writable");
    fs::write(left.join("whole/home/bin/bootstrap.jar"), "half").expect("writable");
    fs::create_dir_all(&other).expect("writable");
    // A run of an older harness, or of a hand, that left a folder without a marker in the place itself.
    fs::create_dir_all(world.distributions().join("tomcat-9.0.1/home")).expect("writable");
    world.resolve(&world.working_maven()).await.expect("a server");
    assert_eq!(world.cached(), [".tomcat-9.0.117.partial-alive", "tomcat-9.0.1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn runs_that_want_the_same_release_at_once_fetch_it_once() {
    let world = std::sync::Arc::new(World::new());
    let maven = world.working_maven();
    let mut runs = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (world, maven) = (world.clone(), maven.clone());
        runs.spawn(async move { world.resolve(&maven).await.expect("a server") });
    }
    let found = runs.join_all().await;
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(world.starts().len(), 1, "{:?}", world.starts());
    assert_eq!(world.cached(), ["tomcat-9.0.1"]);
}

#[tokio::test]
async fn a_run_that_waits_for_another_says_so_and_goes_on_when_the_other_dies() {
    let world = World::new();
    fs::create_dir_all(world.distributions()).expect("writable");
    let lock = fs::File::create(world.distributions().join(".tomcat-9.0.1.lock")).expect("writable");
    lock.lock().expect("nobody else has it");
    let heard = Heard::default();
    let maven = world.working_maven();
    let waiting = world.resolve_with(&maven, &heard);
    let other = async {
        until("the note", || !heard.notes.lock().expect("no panic").is_empty()).await;
        assert!(world.starts().is_empty(), "Maven was started under the other's lock");
        drop(lock);
    };
    let (found, ()) = tokio::join!(waiting, other);
    found.expect("a server");
    assert_eq!(heard.notes.lock().expect("no panic")[0], "waiting for another run that is fetching tomcat-9.0.1");
}

#[tokio::test]
async fn a_run_that_is_given_up_leaves_the_cache_as_it_was() {
    let world = World::new();
    // It writes its own process id, and then takes for ever.
    let maven = world.maven("echo $$ > \"$REPOSITORY/pid\"; exec sleep 600");
    let pid_file = world.folder.path("repository/pid");
    let started = until("Maven", || !fs::read_to_string(&pid_file).unwrap_or_default().trim().is_empty());
    tokio::select! {
        found = world.resolve(&maven) => panic!("it ended: {found:?}"),
        () = started => {}
    }
    assert!(world.cached().is_empty(), "{:?}", world.cached());
    let pid: u32 = fs::read_to_string(&pid_file).expect("written").trim().parse().expect("a process id");
    let stat = camino::Utf8PathBuf::from(format!("/proc/{pid}/stat"));
    // A zombie has ended; the runtime reaps it in the background.
    until("the end of Maven", || !fs::read_to_string(&stat).is_ok_and(|line| !line.contains(") Z "))).await;
}

async fn until(wanted: &str, mut holds: impl FnMut() -> bool) {
    let waited: Result<(), TimedOut> = wait::until(wanted, Duration::from_secs(30), || {
        let look = if holds() { Look::Ready(()) } else { Look::NotYet("not there".to_owned()) };
        std::future::ready(Ok(look))
    })
    .await;
    waited.expect("it comes soon");
}
