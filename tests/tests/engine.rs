//! The main job on real servers, each node a pod of containers. Included by `cargo ci test`.

use integration_tests::witness::Witness;
use integration_tests::{MainJob, TestContext};

/// Runs the main job in the runtime `docker`.
async fn main_job(arguments: &[&str]) -> MainJob {
    MainJob::run(&[&["--runtime", "docker"], arguments].concat()).await
}

#[tokio::test]
#[ignore = "needs a container engine"]
async fn engine_tomee_9_keeps_its_sessions() {
    main_job(&["--server", "tomee:9.0.0:webprofile"]).await.holds().await;
}

#[tokio::test]
#[ignore = "needs a container engine"]
async fn full_engine_tomcat_11_keeps_its_sessions() {
    main_job(&["--server", "tomcat:11.0.24"]).await.holds().await;
}

#[tokio::test]
#[ignore = "needs a container engine"]
async fn engine_options_reach_the_servers_in_their_containers() {
    let context = TestContext::new();
    let given = Witness::in_folder(&context.folder()).arguments();
    let mut arguments: Vec<&str> = given.iter().map(String::as_str).collect();
    arguments.extend(["--runtime", "docker", "--server", "tomcat:11.0.24"]);
    let job = MainJob::run_in(context, &arguments).await;
    // The witness has no sessions, so nothing is known of them.
    job.ends_with(3).await;
    for node in ["n1", "n2"] {
        Witness::is_heard(&job.context().folder().join("out/nodes").join(node).join("console.log"), false);
        assert!(job.environment()["endpoints"]["nodes"][node]["http-port"].is_u64(), "{node} has an address");
    }
}
