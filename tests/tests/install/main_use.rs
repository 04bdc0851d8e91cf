//! The test of a user's crate; `install.rs` copies and runs it.

use tomee_harness::Cluster;

#[tokio::test]
async fn a_session_survives_its_node() -> Result<(), Box<dyn std::error::Error>> {
    let cluster = Cluster::builder().nodes(2).server("tomcat:11.0.24").counter().start().await?;
    let alice = cluster.client("alice")?;
    alice.get("n1", "/counter/").await?;
    let session = alice.session().ok_or("no session")?;
    let replica = cluster.node("n2")?.replica(&session).await?.ok_or("n2 has no replica")?;
    assert_eq!(replica.attributes["count"].value, 1);
    cluster.node("n1")?.kill().await?;
    let answer = alice.get("n2", "/counter/").await?;
    assert!(answer.body.contains("\"count\":2"), "{}", answer.body);
    assert_eq!(cluster.shutdown().await?.removed, Vec::<String>::new());
    Ok(())
}
