//! A test that starts a cluster and drives it itself: `cargo test -p examples --test cluster`.

use tomee_harness::{Cluster, Status};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_the_kill_of_its_node() -> Result<(), Box<dyn std::error::Error>> {
    // Your own app instead of the counter: `.war("target/shop.war")`.
    let cluster = Cluster::builder().nodes(2).counter().start().await?;
    let alice = cluster.client("alice")?;
    alice.get("n1", "/counter/").await?;

    // What n2 holds, read without touching the session.
    let session = alice.session().ok_or("no session")?;
    let replica = cluster.node("n2")?.replica(&session).await?.ok_or("n2 has no replica")?;
    assert_eq!(replica.attributes["count"].value, 1);

    cluster.node("n1")?.kill().await?;
    let answer = alice.get("n2", "/counter/").await?;
    assert!(answer.body.contains("\"count\":2"), "{}", answer.body);

    let verdict = cluster.verdict().await?;
    assert_eq!(verdict.status, Status::Holds);
    cluster.shutdown().await?;
    Ok(())
}
