use tomee_harness::{Cluster, Status};

#[tokio::test]
async fn a_session_survives_its_node() -> Result<(), Box<dyn std::error::Error>> {
    // `.war("target/shop.war")` instead of `.counter()` deploys your own app.
    let cluster = Cluster::builder().nodes(2).counter().start().await?;
    let alice = cluster.client("alice")?;
    alice.get("n1", "/counter/").await?;
    cluster.node("n1")?.kill().await?;
    let session = alice.session().ok_or("no session")?;
    assert!(cluster.node("n2")?.replica(&session).await?.is_some());
    let answer = alice.get("n2", "/counter/").await?;
    assert_eq!(answer.status(), Some(200));
    assert_eq!(cluster.verdict().await?.status, Status::Holds);
    cluster.shutdown().await?;
    Ok(())
}
