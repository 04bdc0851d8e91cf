//! The shipped scenarios: told on a fake cluster in seconds, and red there on the bugs that they are made for.

use camino::Utf8Path;
use integration_tests::fake::{Bug, FakeRun};
use rstest::rstest;
use tomee_harness::spec::scenario::{Scenario, shipped};
use tomee_harness::spec::{Plan, Topology};
use tomee_harness::verdict::{Status, Verdict};

/// The runs of a shipped scenario.
fn plans(name: &str) -> Vec<(String, Plan)> {
    let scenario = shipped().into_iter().find(|scenario| scenario.name == name);
    let scenario = scenario.unwrap_or_else(|| panic!("no scenario is called {name}"));
    let read = Scenario::parse(scenario.content).expect("a shipped scenario can be read");
    let two = Topology::of(2).expect("two nodes");
    let plans = read.plans(&two).expect("a shipped scenario makes plans");
    plans.into_iter().map(|run| (format!("{name} {}", run.cell), run.plan)).collect()
}

async fn verdict(plan: &Plan, bug: Option<Bug>) -> Verdict {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    FakeRun::of(plan.clone(), bug).run(path).await.expect("it runs").verdict
}

fn told(verdict: &Verdict) -> String {
    let findings = verdict.guarantees.iter().map(|it| format!("{:?} {}: {}", it.status, it.guarantee, it.because));
    let both = verdict.expectations.iter().chain(&verdict.expected_violations);
    let expected = both.map(|it| format!("{:?} {}: {}", it.status, it.what, it.because));
    let unmet = verdict.assumptions.iter().filter(|it| !it.met).map(|it| format!("NOT {}: {}", it.what, it.because));
    findings.chain(expected).chain(unmet).collect::<Vec<_>>().join("\n")
}

#[rstest]
#[case("failover/kill-the-owner")]
#[case("failover/stop-the-owner")]
#[case("failover/kill-two-in-turn")]
#[case("failover/rolling-restart")]
#[case("failover/rotate")]
#[case("failover/many-sessions")]
#[case("failover/change-of-id")]
#[case("failover/ended-session")]
#[case("failover/asked-of-a-proxy")]
#[case("failover/come-back-and-read")]
#[case("failover/owner-and-backup-at-once")]
#[case("failover/joiner-gets-all-in-blocks")]
#[case("config/encrypted")]
#[case("seed/farm-corrected")]
#[case("config/in-place-change")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_holds_on_a_cluster_without_a_bug(#[case] name: &str) {
    for (label, plan) in plans(name) {
        let verdict = verdict(&plan, None).await;
        assert_eq!(verdict.status, Status::Holds, "{label}\n{}", told(&verdict));
    }
}

#[rstest]
#[case("failover/kill-the-owner", Bug::ForgetsAtFailover(1))]
#[case("failover/kill-the-owner", Bug::NewSessionAtFailover(2))]
#[case("failover/kill-the-owner", Bug::LosesAttributeAtFailover(1, "once"))]
#[case("failover/kill-two-in-turn", Bug::ForgetsAtFailover(2))]
#[case("failover/rotate", Bug::StaleReplica)]
#[case("failover/many-sessions", Bug::PartialSession("once"))]
#[case("failover/change-of-id", Bug::ForgetsAtFailover(1))]
#[case("failover/come-back-and-read", Bug::JoinerIsBehind)]
#[case("failover/owner-and-backup-at-once", Bug::ForgetsAtFailover(2))]
#[case("failover/joiner-gets-all-in-blocks", Bug::JoinerIsBehind)]
#[case("config/encrypted", Bug::ForgetsAtFailover(1))]
#[case("config/in-place-change", Bug::NewSessionAtFailover(1))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_red_on_a_bug(#[case] name: &str, #[case] bug: Bug) {
    for (label, plan) in plans(name) {
        let verdict = verdict(&plan, Some(bug)).await;
        assert_eq!(verdict.status, Status::Violated, "{label} on {bug:?}\n{}", told(&verdict));
    }
}

/// A story that is told to show a violation: it holds on a cluster that has it, and fails on one that has not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_negative_control_fails_where_all_is_well() {
    for (label, plan) in plans("negative/no-distributable") {
        let verdict = verdict(&plan, None).await;
        assert_eq!(verdict.status, Status::Violated, "{label}\n{}", told(&verdict));
    }
}
