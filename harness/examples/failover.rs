//! The main job as a library user writes it: two nodes, a counter, a killed node, and back again.
//!
//! `cargo run --example failover`

use tomee_harness::Cluster;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cluster = Cluster::builder().nodes(2).counter().start().await?;
    let alice = cluster.client("alice")?;
    for _ in 0..4 {
        alice.get("n1", "/counter/").await?;
    }
    let session = alice.session().ok_or("no session")?;

    // What n2 holds, read without touching the session.
    let replica = cluster.node("n2")?.replica(&session).await?.ok_or("n2 has no replica")?;
    assert_eq!(replica.attributes["count"].value, 4);

    cluster.node("n1")?.kill().await?;
    let answer = alice.get("n2", "/counter/").await?;
    assert!(answer.body.contains("\"count\":5"), "{}", answer.body);

    cluster.node("n1")?.restart().await?;
    cluster.node("n2")?.kill().await?;
    let answer = alice.get("n1", "/counter/").await?;
    assert!(answer.body.contains("\"count\":6"), "{}", answer.body);
    assert_eq!(alice.session().ok_or("no session")?.stem(), session.stem());

    assert_eq!(cluster.shutdown().await?.removed, Vec::<String>::new());
    Ok(())
}
