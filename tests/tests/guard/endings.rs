//! How an owner can end.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tomee_harness::host::guard::RUN_VARIABLE;
use tomee_harness::host::wait::{Look, TimedOut, until};

use crate::owner::{Owner, Place, Running};

const EVERY_KIND: [&str; 6] = ["registered", "marked", "deaf", "session", "family", "paused"];

#[tokio::test]
async fn a_killed_owner_takes_every_kind_of_process_with_it() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &EVERY_KIND);
    let mut started = owner.started();
    let parent = started[3].clone();
    let children: Result<Vec<Running>, TimedOut> = until("a family", Duration::from_secs(10), async || {
        let children = parent.children();
        let apart = children.iter().filter(|child| child.group() != parent.group()).count();
        Ok(if (children.len(), apart) == (2, 1) {
            Look::Ready(children)
        } else {
            Look::NotYet(format!("{children:?}"))
        })
    })
    .await;
    started.extend(children.expect("two children"));
    let marked: Result<(), TimedOut> = until("four processes with the run's id", Duration::from_secs(10), async || {
        let count = place.carriers().len();
        Ok(if count == 4 { Look::Ready(()) } else { Look::NotYet(format!("{count}")) })
    })
    .await;
    marked.expect("marked, deaf, session, paused");
    owner.kill();
    place.cleared(&started).await;
}

#[tokio::test]
async fn a_panic_ends_the_run() {
    let place = Place::new();
    let owner = place.command(&["registered", "marked", "panic"]).stderr(Stdio::null()).output().expect("it runs");
    assert_eq!(owner.status.code(), Some(101));
    place.cleared(&[]).await;
}

#[tokio::test]
async fn an_owner_that_just_ends_takes_all_with_it() {
    let place = Place::new();
    let owner = place.command(&["marked", "session"]).output().expect("it runs");
    assert!(owner.status.success());
    place.cleared(&[]).await;
}

#[tokio::test]
async fn an_owner_that_releases_is_done_when_the_run_is() {
    let place = Place::new();
    let owner = place.command(&["registered", "deaf", "release"]).output().expect("it runs");
    assert!(owner.status.success());
    assert_eq!(place.carriers(), Vec::<i32>::new(), "nothing is left at once, not only soon");
    assert!(place.registry().folder().read_dir_utf8().expect("listed").next().is_none());
}

#[tokio::test]
async fn an_owner_that_carries_the_id_itself_is_not_removed_nor_its_other_children() {
    let place = Place::new();
    let mut owner = Owner::hold_with(&place, &["marked", "other"], |owner| owner.env(RUN_VARIABLE, place.run.as_str()));
    let [marked, other] = owner.started().try_into().expect("two processes");
    drop(owner.process.stdin.take());
    assert!(owner.process.wait().expect("it ends").success());
    place.cleared(&[marked]).await;
    assert!(other.lives());
    other.signal("KILL");
}

#[tokio::test]
async fn a_killed_owner_leaves_nothing_whenever_it_is_killed() {
    for round in 0..20 {
        let place = Place::new();
        let mut owner = place.command(&["churn"]).stdout(Stdio::piped()).spawn().expect("the owner starts");
        // Held until the owner is dead: without a reader it would end by itself.
        let mut out = BufReader::new(owner.stdout.take().expect("piped")).lines();
        let random = RandomState::new().hash_one(round);
        if round % 2 == 0 {
            // Before there is a guard, while it is started, and after.
            let moment = Duration::from_micros(random % 50_000);
            let start = Instant::now();
            while start.elapsed() < moment {
                std::thread::yield_now();
            }
        } else {
            // In the midst of its work.
            let lines = usize::try_from(1 + random % 100).expect("small");
            assert_eq!(out.by_ref().map_while(Result::ok).take(lines).count(), lines, "the owner works");
        }
        owner.kill().expect("killed");
        owner.wait().expect("waited for");
        drop(out);
        place.cleared(&[]).await;
    }
}

#[tokio::test]
async fn ctrl_c_ends_the_owner_and_not_the_guard() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &["deaf", "registered"]);
    let started = owner.started();
    crate::owner::send("INT", &format!("-{}", owner.process.id()));
    let status = owner.process.wait().expect("waited for");
    assert!(!status.success());
    place.cleared(&started).await;
}

#[tokio::test]
async fn a_guard_is_not_stopped_by_signals() {
    let place = Place::new();
    let mut owner = Owner::hold(&place, &["deaf"]);
    let guard = place.guard();
    for signal in ["INT", "TERM", "HUP", "QUIT", "PIPE", "TSTP", "USR1"] {
        guard.signal(signal);
        assert!(guard.lives(), "{signal}");
    }
    owner.kill();
    place.cleared(&[]).await;
}

#[tokio::test]
async fn what_was_kept_stays() {
    let place = Place::new();
    let owner = place.command(&["marked", "keep"]).output().expect("it runs");
    assert!(owner.status.success());
    let kept = place.carriers();
    assert_eq!(kept.len(), 1);
    assert!(Command::new("kill").args(["-KILL", &kept[0].to_string()]).status().expect("kill runs").success());
}
