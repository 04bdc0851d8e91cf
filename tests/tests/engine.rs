//! The main job on real servers, each node a pod of containers. Included by `cargo ci test`.

use integration_tests::MainJob;

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
async fn engine_tomcat_11_keeps_its_sessions() {
    main_job(&["--server", "tomcat:11.0.24"]).await.holds().await;
}
