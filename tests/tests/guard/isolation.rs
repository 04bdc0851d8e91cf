//! What the guard must not hold on to, and in which programs it must work.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use tomee_harness::host::guard::{Guard, RUN_VARIABLE};
use tomee_harness::host::wait::{Look, TimedOut, until};

use crate::owner::{Owner, Place};

#[tokio::test]
async fn a_pipeline_ends_with_the_owner_while_the_guard_still_works() {
    let place = Place::new();
    let script = r#""$0" "$@" 9>&1 | cat"#;
    let mut pipeline = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_guard-owner")])
        .args([place.path.as_str(), place.run.as_str(), "hold"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let guarded: Result<(), TimedOut> = until("the guard", Duration::from_secs(10), async || {
        Ok(if place.log().contains("guarding") { Look::Ready(()) } else { Look::NotYet(place.log()) })
    })
    .await;
    guarded.expect("the owner works");
    let guard = place.guard();
    guard.signal("STOP");
    // The owner ends with its input, and does not release; cat ends when nobody holds the pipe any more.
    drop(pipeline.stdin.take());
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut out = pipeline.stdout.take().expect("piped");
    std::thread::spawn(move || sender.send(out.read_to_end(&mut Vec::new()).is_ok()));
    let ended = receiver.recv_timeout(Duration::from_secs(10));
    guard.signal("CONT");
    assert_eq!(ended, Ok(true), "somebody held the pipe");
    pipeline.wait().expect("waited for");
    place.cleared(&[]).await;
}

#[test]
fn a_guard_has_a_session_of_its_own_and_only_its_own_files() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &[]);
    let guard = place.guard();
    let files = guard.files();
    assert_eq!(files.len(), 4, "two pipes, the log, the registry: {files:?}");
    assert_eq!(files.iter().filter(|file| file.starts_with("pipe:")).count(), 2, "{files:?}");
    assert_eq!(guard.group(), guard.pid.to_string());
    assert_eq!(fs_err::read_link(format!("/proc/{}/cwd", guard.pid)).expect("read").as_os_str(), "/");
    owner.kill();
}

#[test]
fn a_guard_is_small() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &["registered"]);
    let status = fs_err::read_to_string(format!("/proc/{}/status", place.guard().pid)).expect("read");
    let value = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).expect("a line");
        line.split_ascii_whitespace().nth(1).expect("a number").parse().expect("a number")
    };
    assert!(value("RssAnon:") < 4096, "{} kB", value("RssAnon:"));
    assert_eq!(value("Threads:"), 1);
    owner.kill();
}

#[test]
fn a_test_binary_guards_its_own_runs() {
    let place = Place::new();
    let guard = Guard::spawn_in(&place.registry(), &place.run, &place.path).expect("guarded");
    let mut child = Command::new("sleep").arg("300").env(RUN_VARIABLE, place.run.as_str()).spawn().expect("it starts");
    drop(guard);
    assert!(!child.wait().expect("it ends within its 300 s").success());
}

/// As nextest does it: a process, a process group and pipes for each test.
#[test]
fn a_test_binary_that_runs_one_test_guards_and_ends() {
    let program = std::env::current_exe().expect("a path");
    let one = Command::new(program)
        .args(["--exact", "isolation::a_test_binary_guards_its_own_runs", "--nocapture"])
        .env("NEXTEST", "1")
        .process_group(0)
        .output()
        .expect("it runs");
    let out = String::from_utf8_lossy(&one.stdout);
    assert!(one.status.success() && out.contains("1 passed"), "{out}");
}

#[tokio::test]
async fn a_guard_that_was_killed_is_missed_at_the_next_word() {
    let place = Place::new();
    let guard = Guard::spawn_in(&place.registry(), &place.run, &place.path).expect("guarded");
    place.end_guard().await;
    assert!(guard.provider("docker").is_err());
    assert!(guard.release().is_err());
}
