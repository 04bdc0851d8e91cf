//! What is done to the host of a pod whose server runs on: its processor, its disk, its clock.

use std::time::Duration;

use futures_util::TryStreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::ContainerUpdateBody;
use testcontainers::bollard::query_parameters::StatsOptionsBuilder;

use super::archive::upload;
use super::error::DockerError;
use super::layout::{DISK, LAYOUT};
use super::server::{self, shell};
use crate::host::wait::Patience;
use crate::model::Skew;
use crate::runtime::{NodeFile, NodeLaunch};

/// The file below `CATALINA_BASE` from which libfaketime reads how wrong the clock is.
const CLOCK_FILE: &str = "harness/clock";
/// What that file says of a clock that is right.
const RIGHT: &str = "+0";
/// The time in which a quota is counted, in microseconds: the kernel's default.
const PERIOD: i64 = 100_000;
/// How long a quota may take to hold something up.
const THROTTLE_LIMIT: Duration = Duration::from_secs(15);
/// Work in the server's control group, one to two seconds of it: an idle JVM may need less than its quota for long.
const WORK: &str = r#"end=$(($(date +%s) + 2)); while [ "$(date +%s)" -lt "$end" ]; do :; done"#;
/// Takes all that is free on the disk `$1`, in two goes: what the first leaves is less than it writes at once.
const FILL: &str = r#"for part in 1 2; do cat /dev/zero > "$1/.harness-ballast-$part" 2> /dev/null; done; true"#;
const EMPTY: &str = r#"rm -rf "$1"/* "$1"/.[!.]*"#;
const FREE: &str = r#"rm -f "$1"/.harness-ballast-*"#;
/// Tries to write one byte below `$1`, and says what comes of it.
const ONE_BYTE: &str =
    r#"printf x | LC_ALL=C dd of="$1/.harness-byte" bs=1 count=1 2>&1; rm -f "$1/.harness-byte"; true"#;
/// The C library's word for `ENOSPC`.
const NO_SPACE: &str = "No space left on device";
/// Sets the clock in one piece: the server reads the file whenever it asks for the time.
const SET_CLOCK: &str = r#"cd "$1" && printf %s "$3" > "$2.part" && mv -f "$2.part" "$2""#;

/// Lets a JVM read its wall clock through libfaketime, right as yet. Its other clock, by which it waits, stays the
/// machine's own, and so do the times of files.
pub(super) fn with_clock(launch: &mut NodeLaunch, library: &str) {
    let file = format!("{}/{CLOCK_FILE}", LAYOUT.base);
    let variables = [
        ("LD_PRELOAD", library),
        ("FAKETIME_TIMESTAMP_FILE", &file),
        ("FAKETIME_NO_CACHE", "1"),
        // With that fix, which is the default, each timed wait of a JVM's threads takes too long, or for ever.
        ("FAKETIME_FORCE_MONOTONIC_FIX", "0"),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("NO_FAKE_STAT", "1"),
    ];
    launch.env.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    launch.files.push(NodeFile { path: CLOCK_FILE.into(), content: RIGHT.into(), modified: None });
}

/// Leaves a server a part of one core, and returns when that has held it up; says how often.
pub(super) async fn throttle(docker: &Docker, name: &str, percent: u8) -> Result<String, DockerError> {
    let before = throttled(docker, name).await?;
    set_quota(docker, name, PERIOD * i64::from(percent) / 100).await?;
    let held_up = held_up(docker, name, before).await;
    if held_up.is_err() {
        // What went wrong first is what to report.
        drop(set_quota(docker, name, -1).await);
    }
    held_up.map(|times| {
        format!("container {name} is limited to {percent} % of a core; it was throttled in {times} periods")
    })
}

/// Takes the quota away again; says how often the server was throttled in all.
pub(super) async fn unthrottle(docker: &Docker, name: &str) -> Result<Option<String>, DockerError> {
    // One that has ended is not counted any more.
    let effect = throttled(docker, name).await.ok().filter(|times| *times > 0);
    set_quota(docker, name, -1).await?;
    Ok(effect.map(|times| format!("throttled in {times} periods of {} ms", PERIOD / 1000)))
}

async fn held_up(docker: &Docker, name: &str, before: u64) -> Result<u64, DockerError> {
    shell(docker, name, WORK, &[]).await?;
    let mut patience = Patience::new(format!("container {name} to be throttled"), THROTTLE_LIMIT);
    loop {
        match throttled(docker, name).await?.saturating_sub(before) {
            0 => patience.another_look("no throttled period").await?,
            times => return Ok(times),
        }
    }
}

/// In how many periods the kernel has held a container up so far.
async fn throttled(docker: &Docker, name: &str) -> Result<u64, DockerError> {
    let once = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
    let mut stats = std::pin::pin!(docker.stats(name, Some(once)));
    let throttled = stats.try_next().await?.and_then(|stats| stats.cpu_stats?.throttling_data?.throttled_periods);
    throttled.ok_or_else(|| {
        DockerError::Refused(format!("the engine does not report whether container {name} is throttled"))
    })
}

/// A quota of -1 is none.
async fn set_quota(docker: &Docker, name: &str, quota: i64) -> Result<(), DockerError> {
    let limits = ContainerUpdateBody { cpu_period: Some(PERIOD), cpu_quota: Some(quota), ..Default::default() };
    Ok(docker.update_container(name, limits).await?)
}

/// Fills a pod's disk from its pause container, whose memory is not the server's, and lets the server try to write one byte.
pub(super) async fn fill(docker: &Docker, pause: &str, name: &str) -> Result<String, DockerError> {
    shell(docker, pause, FILL, &[DISK]).await?;
    let said = shell(docker, name, ONE_BYTE, &[LAYOUT.base]).await;
    match said {
        Ok(said) if said.contains(NO_SPACE) => Ok(format!("one more byte below {}: {NO_SPACE}", LAYOUT.base)),
        said => {
            drop(shell(docker, pause, FREE, &[DISK]).await);
            Err(DockerError::Refused(format!(
                "expected {NO_SPACE:?} when writing one more byte, got {:?}",
                said?.trim()
            )))
        }
    }
}

/// Takes all files from a pod's disk.
pub(super) async fn empty(docker: &Docker, pause: &str) -> Result<(), DockerError> {
    shell(docker, pause, EMPTY, &[DISK]).await.map(drop)
}

/// Takes from a pod's disk what was filled in. The server may have ended.
pub(super) async fn free(docker: &Docker, pause: &str) -> Result<(), DockerError> {
    shell(docker, pause, FREE, &[DISK]).await.map(drop)
}

/// Sets the clock of a server's JVM, which runs with libfaketime. Right again with `None`; the server may have ended.
pub(super) async fn set_clock(docker: &Docker, name: &str, by: Option<Skew>) -> Result<(), DockerError> {
    let text = by.map_or_else(|| RIGHT.to_owned(), |by| format!("{:+}", by.seconds()));
    if server::state(docker, name).await?.running {
        return shell(docker, name, SET_CLOCK, &[LAYOUT.base, CLOCK_FILE, &text]).await.map(drop);
    }
    let file = NodeFile { path: CLOCK_FILE.into(), content: text.into_bytes(), modified: None };
    upload(docker, name, LAYOUT.base, &file).await
}
