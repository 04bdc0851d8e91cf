//! A test whose cluster is an rstest fixture (feature `rstest`): `cargo test -p examples --test fixture`.

use rstest::rstest;
use tomee_harness::fixtures::{StartedCluster, two_nodes};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_the_stop_of_its_node(
    #[future(awt)] two_nodes: StartedCluster,
) -> Result<(), Box<dyn std::error::Error>> {
    let cluster = two_nodes?;
    let alice = cluster.client("alice")?;
    alice.get("n1", "/counter/").await?;
    cluster.node("n1")?.stop().await?;
    let answer = alice.get("n2", "/counter/").await?;
    assert!(answer.body.contains("\"count\":2"), "{}", answer.body);
    cluster.shutdown().await?;
    Ok(())
}
