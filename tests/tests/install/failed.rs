//! Tests of a user's crate that fail; `install.rs` copies and runs them.

use tomee_harness::Cluster;

#[tokio::test]
async fn an_assertion_fails() -> Result<(), Box<dyn std::error::Error>> {
    let cluster = Cluster::builder().nodes(2).server("tomcat:11.0.24").counter().start().await?;
    let alice = cluster.client("alice")?;
    alice.get("n1", "/counter/").await?;
    let answer = alice.get("n1", "/counter/nothing").await?;
    assert_eq!((answer.status(), answer.is_success()), (Some(404), false));
    cluster.node("n1")?.kill().await?;
    assert_eq!(alice.get("n2", "/counter/").await?.status(), Some(404), "this fails");
    Ok(())
}

#[tokio::test]
async fn a_server_is_missing() -> Result<(), Box<dyn std::error::Error>> {
    let cluster = Cluster::builder().server("/nowhere/tomcat").start().await?;
    cluster.shutdown().await?;
    Ok(())
}
