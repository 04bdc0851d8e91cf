//! Kubernetes membership on real servers: the API server is the harness's own.

use tomee_harness::history::{self, FaultPhase, RecordKind};
use tomee_harness::model::FaultKind;

use super::main_job;

/// One failed poll makes every member expire; without `TcpFailureDetector` what is written until the next poll dies with its
/// node, and no excuse is made of it. That the loss shows is what the scenario expects; its near miss is `one-failed-poll`.
#[tokio::test]
async fn one_failed_poll_leaves_a_node_without_a_failure_detector_alone() {
    let scenario = "kubernetes/one-failed-poll-without-detector";
    let job = main_job(&[scenario, "--server", "tomcat:10.1.59", "--manager", "delta"]).await;
    job.ends_with(0).await;
    assert_eq!(job.finding("acknowledged-writes-survive")["status"], "violated");
    let text = fs_err::read_to_string(job.context().folder().join("out/history.jsonl")).expect("a history");
    let history = history::read(text.as_bytes()).expect("it can be read");
    let proofs = history.records.iter().filter_map(|record| match &record.kind {
        RecordKind::Fault { kind: FaultKind::ApiErrorOnce, phase: FaultPhase::Hit { proof }, .. } => Some(proof),
        _ => None,
    });
    let proofs: Vec<_> = proofs.collect();
    assert!(proofs.len() == 1 && proofs[0].ends_with("of n1 was answered with 503"), "{proofs:?}");
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_members_that_an_api_server_lists_keep_their_sessions() {
    for server in ["tomee:9.0.0:webprofile", "tomcat:10.1.59"] {
        main_job(&["--membership", "kubernetes", "--server", server]).await.holds().await;
    }
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_what_an_api_server_does_to_a_cluster_is_as_its_scenarios_say() {
    for server in ["tomcat:10.1.59", "tomee:9.0.0:webprofile"] {
        let job = main_job(&["kubernetes", "--server", server, "--jobs", "1"]).await;
        assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    }
}
