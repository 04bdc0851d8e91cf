//! The shipped scenarios: run on a fake cluster in seconds, and red there on the bugs that they are made for.

use camino::Utf8Path;
use integration_tests::fake::{Bug, FakeRun};
use rstest::rstest;
use tomee_harness::model::scenario::{Scenario, shipped};
use tomee_harness::model::{Millis, Plan, StepKind, Topology};
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

/// The run of a scenario that has one.
fn plan_of(scenario: &str) -> Plan {
    let scenario = Scenario::parse(scenario.as_bytes()).expect("it can be read");
    scenario.plans(&Topology::of(2).expect("two nodes")).expect("plans").remove(0).plan
}

async fn verdict(plan: &Plan, bug: Option<Bug>) -> Verdict {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    FakeRun::of(plan.clone(), bug).run(path).await.expect("it runs").verdict
}

fn described(verdict: &Verdict) -> String {
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
#[case("failover/all-at-once")]
#[case("config/encrypted")]
#[case("config/without-routes")]
#[case("config/equal-routes")]
#[case("seed/farm-corrected")]
#[case("config/in-place-change")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_holds_on_a_cluster_without_a_bug(#[case] name: &str) {
    for (label, plan) in plans(name) {
        let verdict = verdict(&plan, None).await;
        assert_eq!(verdict.status, Status::Holds, "{label}\n{}", described(&verdict));
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
#[case("failover/all-at-once", Bug::PartialSession("once"))]
#[case("config/without-routes", Bug::PartialSession("once"))]
#[case("config/equal-routes", Bug::PartialSession("once"))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_red_on_a_bug(#[case] name: &str, #[case] bug: Bug) {
    for (label, plan) in plans(name) {
        let verdict = verdict(&plan, Some(bug)).await;
        assert_eq!(verdict.status, Status::Violated, "{label} on {bug:?}\n{}", described(&verdict));
    }
}

/// A scenario that is expected to show a violation: it holds on a cluster that has it, and fails on one that has not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_negative_control_fails_where_all_is_well() {
    for name in ["negative/no-distributable", "negative/farm-without-its-folder"] {
        for (label, plan) in plans(name) {
            let verdict = verdict(&plan, None).await;
            assert_eq!(verdict.status, Status::Violated, "{label}\n{}", described(&verdict));
        }
    }
}

/// An app that was not waited for is waited for later, and then its absence is what the wait shows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_detached_app_that_reaches_no_peer_is_shown_by_the_wait_for_it() {
    for (label, mut plan) in plans("negative/farm-without-its-folder") {
        for step in &mut plan.steps {
            if let StepKind::Wait { within, .. } = &mut step.kind {
                *within = Some(Millis(300));
            }
        }
        let shown = verdict(&plan, Some(Bug::NeverDeploysOnPeers)).await;
        assert_eq!(shown.status, Status::Holds, "{label}\n{}", described(&shown));
        plan.expect_violations.clear();
        let red = verdict(&plan, Some(Bug::NeverDeploysOnPeers)).await;
        assert_eq!(red.status, Status::Violated, "{label}\n{}", described(&red));
        let green = verdict(&plan, None).await;
        assert_eq!(green.status, Status::Holds, "{label}\n{}", described(&green));
    }
}

/// Apps that come and go, traffic over a kill, a look and logs.
const WIDE: &str = r#"
name = "an app comes, is renewed and goes while clients ask"

[[step]]
deploy = "counter"

[[step]]
request = "count"
on = "n1"
times = 2

[[step]]
traffic = "count"
client = "load"
clients = 2
on = "n2"
every = "5ms"

[[step]]
look = "n2"
expect = { replica = "replica", count = 2, once = true, list = [0], attributes = { count = 2 } }

[[step]]
deploy = "counter"
expect = { log = "Installing webapp [/counter]", no-log = "OutOfMemoryError" }

[[step]]
wait = "log"
on = "n1"
contains = "Installing webapp"

[[step]]
kill = "n1"

[[step]]
request = "count"
on = "n2"
expect = { count = 3, session = "kept", each-answer-after = "0ms" }

[[step]]
end-traffic = "load"

[[step]]
restart = "n1"

[[step]]
undeploy = "/counter"
"#;

#[rstest]
#[case::as_it_is("", "", None, Status::Holds)]
#[case::another_count("count = 2, once", "count = 7, once", None, Status::Violated)]
#[case::another_attribute("{ count = 2 }", "{ count = 7 }", None, Status::Violated)]
#[case::another_role("\"replica\", count", "\"none\", count", None, Status::Violated)]
#[case::a_log_that_does_not_come(
    "log = \"Installing webapp [/counter]\"",
    "log = \"Installing webapp [/shop]\"",
    None,
    Status::Violated
)]
#[case::a_log_that_must_not_come("OutOfMemoryError", "Installing webapp", None, Status::Violated)]
#[case::a_slow_answer("each-answer-after = \"0ms\"", "each-answer-after = \"1m\"", None, Status::Violated)]
#[case::a_forgotten_session("", "", Some(Bug::ForgetsAtFailover(1)), Status::Violated)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wide_scenario_is_judged_by_all_that_it_says(
    #[case] from: &str,
    #[case] to: &str,
    #[case] bug: Option<Bug>,
    #[case] status: Status,
) {
    let text = if from.is_empty() { WIDE.to_owned() } else { WIDE.replace(from, to) };
    let verdict = verdict(&plan_of(&text), bug).await;
    assert_eq!(verdict.status, status, "{}", described(&verdict));
}

/// Clients that stick begin on any node, stay there while it lives, and go on where its session is when it is dead.
#[rstest]
#[case::they_stay("on = \"sticky\"", Status::Holds)]
#[case::those_that_go_round_do_not("on = \"rotate\"", Status::Violated)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_stick(#[case] on: &str, #[case] status: Status) {
    let text = format!(
        "name = \"sticky\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\nrequest = \"count\"\non = \"n1\"\n\
         [[step]]\nkill = \"n1\"\n[[step]]\nrequest = \"count\"\n{on}\nexpect = {{ count = 2, session = \"kept\" }}\n\
         [[step]]\nrestart = \"n1\"\n[[step]]\nrequest = \"count\"\n{on}\ntimes = 3\n\
         expect = {{ count = 5, session = \"kept\", route = \"n2\" }}\n"
    );
    let verdict = verdict(&plan_of(&text), None).await;
    assert_eq!(verdict.status, status, "{}", described(&verdict));
}

/// A look that may wait sees what comes late; one that may not has to take what it sees first.
#[rstest]
#[case::it_waits("within = \"1m\"", 2, Some(Bug::CopiesComeLate), Status::Holds)]
#[case::there_at_once("within = \"0s\"", 2, None, Status::Holds)]
#[case::one_look("", 2, Some(Bug::CopiesComeLate), Status::Violated)]
#[case::it_never_comes("within = \"300ms\"", 3, Some(Bug::CopiesComeLate), Status::Violated)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_waits_for_what_it_is_to_show(
    #[case] within: &str,
    #[case] count: u32,
    #[case] bug: Option<Bug>,
    #[case] status: Status,
) {
    let text = format!(
        "name = \"a copy\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\nrequest = \"count\"\non = \"n1\"\ntimes = 2\n\
         [[step]]\nlook = \"n2\"\n{within}\nexpect = {{ count = {count} }}\n"
    );
    let verdict = verdict(&plan_of(&text), bug).await;
    assert_eq!(verdict.status, status, "{}", described(&verdict));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_not_renewed_on_a_peer_is_waited_for_in_vain() {
    let mut run = FakeRun::of(plan_of(WIDE), Some(Bug::NeverDeploysAgainOnPeers));
    run.limits.deploy = std::time::Duration::from_secs(3);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    let verdict = run.run(path).await.expect("it runs").verdict;
    assert_eq!(verdict.status, Status::Violated, "{}", described(&verdict));
    assert!(described(&verdict).contains("n2 has no new /counter"), "{}", described(&verdict));
}
