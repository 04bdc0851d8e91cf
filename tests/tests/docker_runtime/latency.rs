//! Packets that are held back.

use std::time::{Duration, Instant};

use tomee_harness::model::{FaultKind, Millis, NodeName, Topology};
use tomee_harness::runtime::docker::{DockerOptions, sweep};
use tomee_harness::runtime::{NetworkFault, Runtime, RuntimeError};

use super::{Lab, packets};

const DELAY: Millis = Millis(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_write_waits_for_packets_that_are_held_back_and_for_no_others() {
    let (lab, _, [n1, n2]) = Lab::two_servers("late").await;
    for node in [&n1, &n2] {
        lab.runtime.start(node).await.expect("it starts");
        lab.serves(node, "/app/", "count=1").await;
    }
    for node in [&n1, &n2] {
        lab.members_came(node, 1).await;
    }
    let late = NetworkFault::Delay { by: DELAY };
    let proof = lab.runtime.add_network_fault(&n1, late).await.expect("packets are held back");
    assert!(packets(&proof) > 0 && proof.ends_with("held back for 300ms"), "{proof}");
    let begun = Instant::now();
    assert!(lab.get(&n1, "/app/", "").await.expect("clients are not held up").contains("count=1"));
    let took = begun.elapsed();
    // There and back.
    assert!(took >= 2 * Duration::from_millis(DELAY.0), "the write took {took:?}");
    let twice = lab.runtime.add_network_fault(&n1, late).await.expect_err("they are held back already");
    assert!(format!("{twice:?}").contains("already cut off from its peers"), "{twice:?}");
    assert!(packets(&lab.runtime.remove_network_fault(&n1).await.expect("it is mended")) > packets(&proof));

    // Again, and then the program that does it dies: nobody knows since when packets came in time.
    lab.runtime.add_network_fault(&n1, late).await.expect("packets are held back");
    let pause = format!("tomee-harness-{}-n1", lab.run);
    let ended = std::process::Command::new("docker")
        .args(["exec", &pause, "sh", "-c", "kill -9 $(cat /tmp/harness-delay.pid)"])
        .status()
        .expect("the engine's own client");
    assert!(ended.success());
    let missed = lab.runtime.remove_network_fault(&n1).await.expect_err("it did not last");
    assert!(format!("{missed:?}").contains("the program that delays packets has exited"), "{missed:?}");
    lab.runtime.shutdown().await.expect("all goes");
    assert!(!sweep::runs().await.expect("runs").contains(&lab.run));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_pause_container_that_cannot_hold_packets_back_is_refused_by_name_before_any_server_starts() {
    let (lab, _) = Lab::script("unheld", without_perl(), "exec sleep 1000").await;
    let mut topology = Topology::of(2).expect("two nodes");
    topology.prepared_for.insert(FaultKind::Latency);
    let refused = lab.runtime.reserve(&topology).await.expect_err("no Perl");
    let RuntimeError::Environment { what, hint, source } = &refused else { panic!("{refused:?}") };
    assert!(what.contains("latency"), "{what}");
    assert!(hint.as_deref().is_some_and(|hint| hint.contains("NFQUEUE") && hint.contains("Perl")), "{hint:?}");
    assert!(source.as_ref().is_some_and(|source| source.to_string().contains("perl")), "{source:?}");
    lab.runtime.start(&NodeName::nth(0)).await.expect_err("no server was laid");
    lab.runtime.shutdown().await.expect("all goes");
    assert!(!sweep::runs().await.expect("runs").contains(&lab.run));
}

/// A pause container's base as ours, but without Perl and without anything to get it with.
fn without_perl() -> DockerOptions {
    const RECIPE: &str = "FROM tomee-harness/pause-base\nRUN rm /usr/bin/perl\nCMD [\"sleep\", \"infinity\"]\n";
    const IMAGE: &str = "tomee-harness/pause-without-perl";
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs_err::write(folder.path().join("Dockerfile"), RECIPE).expect("a fresh file");
    let mut build = std::process::Command::new("docker");
    build.args(["build", "--quiet", "--tag", IMAGE]).arg(folder.path());
    assert!(build.status().expect("the engine's own client").success());
    DockerOptions { pause_base: Some(IMAGE.to_owned()), ..DockerOptions::default() }
}
