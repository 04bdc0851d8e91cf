//! Clusters that are handed on from scenario to scenario: as good as new, or refused.

use std::sync::Arc;
use std::time::Duration;

use camino::Utf8Path;
use integration_tests::fake::{Bug, FakeRun, recording};
use rstest::rstest;
use tomee_harness::Cluster;
use tomee_harness::history::{Event, History, RecordKind};
use tomee_harness::model::plan::AppRequest;
use tomee_harness::model::scenario::{Scenario, shipped};
use tomee_harness::model::step::Delivery;
use tomee_harness::model::{ContextPath, ManagerKind, NodeName, Plan, Role, Topology};
use tomee_harness::runner::Ended;
use tomee_harness::tomcat::war::War;
use tomee_harness::verdict::Status;

/// A wait that a bug makes run out is made short.
const SHORT: Duration = Duration::from_millis(500);

/// A shipped scenario on two nodes with this manager.
fn plan(name: &str, manager: ManagerKind) -> Plan {
    let scenario = shipped().into_iter().find(|scenario| scenario.name == name);
    let scenario = scenario.unwrap_or_else(|| panic!("no scenario is called {name}"));
    let read = Scenario::parse(scenario.content).expect("a shipped scenario can be read");
    let plans = read.plans(&Topology::of(2).expect("two nodes")).expect("plans");
    let plan = plans.into_iter().map(|run| run.plan).find(|plan| plan.topology.cluster.manager == manager);
    plan.unwrap_or_else(|| panic!("{name} has no cell with {manager}"))
}

fn folder() -> (tempfile::TempDir, camino::Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8").to_owned();
    (folder, path)
}

/// The cluster that a first scenario on a cluster with a bug has left.
async fn handed_on(name: &str, bug: Option<Bug>, path: &Utf8Path) -> Arc<Cluster> {
    let mut run = FakeRun::of(plan(name, ManagerKind::Delta), bug);
    run.limits.deploy = SHORT;
    let first = run.handing_on(path).await.expect("it runs");
    assert_eq!(first.verdict.status, Status::Holds, "{bug:?} shows in the first scenario already");
    first.cluster.expect("a scenario that holds hands its cluster on")
}

fn events(history: &History) -> impl Iterator<Item = &Event> {
    history.records.iter().filter_map(|record| match &record.kind {
        RecordKind::Event(event) => Some(event),
        _ => None,
    })
}

#[rstest]
#[case(ManagerKind::Delta)]
#[case(ManagerKind::Backup)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_scenario_holds_on_the_cluster_of_the_one_before(#[case] manager: ManagerKind) {
    let scenarios =
        ["failover/stop-the-owner", "failover/kill-the-owner", "failover/rotate", "failover/rolling-restart"];
    let folders: Vec<_> = scenarios.iter().map(|_| folder()).collect();
    let mut cluster: Option<Arc<Cluster>> = None;
    for (name, (_, path)) in scenarios.iter().zip(&folders) {
        let run = FakeRun::of(plan(name, manager), None);
        let warm = cluster.is_some();
        let ended = match cluster.take() {
            Some(cluster) => run.taking_over(cluster, path).await.expect("it is as good as new"),
            None => run.handing_on(path).await.expect("it runs"),
        };
        assert_eq!(ended.verdict.status, Status::Holds, "{name} {manager}: {:#?}", ended.verdict);
        assert_eq!(events(&ended.history).any(|event| matches!(event, Event::ClusterAdopted { .. })), warm, "{name}");
        assert!(path.join("run/nodes/n1/server.xml").exists(), "{name}");
        cluster = ended.cluster;
    }
    cluster.expect("the last one holds, too").shutdown().await.expect("it ends");
}

/// Such a watcher may not know yet what is in its folder, and then it does not notice that it goes.
#[rstest]
#[case::alone(&["kill n1", "count n2", "restart n1"])]
#[case::before_its_peer_dies(&["kill n1", "count n2", "restart n1", "kill n2", "count n1"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_watcher_keeps_no_app(#[case] then: &[&str]) {
    let mut scenario = "name = \"gone\"\n[[step]]\ndeploy = \"counter\"\n".to_owned();
    for step in ["count n1", "count n1"].iter().chain(then) {
        let step = match step.split_once(' ').expect("a word and a node") {
            ("count", node) => format!("request = \"count\"\non = \"{node}\""),
            (verb, node) => format!("{verb} = \"{node}\""),
        };
        scenario.push_str(&format!("[[step]]\n{step}\n"));
    }
    let scenario = Scenario::parse(scenario.as_bytes()).expect("a scenario");
    let plan = scenario.plans(&Topology::of(2).expect("two nodes")).expect("plans").remove(0).plan;
    let (_folder, path) = folder();
    let mut run = FakeRun::of(plan, None);
    run.limits.deploy = SHORT;
    let ended = run.handing_on(&path).await.expect("it runs");
    let cluster = ended.cluster.unwrap_or_else(|| panic!("{:#?}", ended.verdict));
    cluster.reset().await.expect("it is as good as new");
    cluster.shutdown().await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bug_is_seen_on_a_cluster_that_was_handed_on() {
    let ((_first, first), (_second, second)) = (folder(), folder());
    let bug = Some(Bug::ForgetsAtFailover(1));
    let cluster = handed_on("failover/stop-the-owner", bug, &first).await;
    let ended = FakeRun::of(plan("failover/kill-the-owner", ManagerKind::Delta), bug);
    let ended = ended.taking_over(cluster, &second).await.expect("it is as good as new");
    assert_eq!(ended.verdict.status, Status::Violated);
    assert!(ended.cluster.is_none(), "a scenario that shows a violation hands nothing on");
}

#[rstest]
#[case::an_app(Bug::UndeployDoesNotTake, "n2 still has counter.war")]
#[case::a_session(Bug::SessionsOutliveTheirApp, "still has session")]
#[case::a_member(Bug::ForgetsMemberAtUndeploy, "n2 sees []")]
#[case::a_node(Bug::ExitsAtRestart, "n1 failed while starting")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_a_reset_does_not_make_new_is_refused(#[case] bug: Bug, #[case] why: &str) {
    let (_folder, path) = folder();
    let mut run = FakeRun::of(plan("failover/stop-the-owner", ManagerKind::Delta), Some(bug));
    (run.limits.deploy, run.limits.start) = (SHORT, SHORT);
    let cluster = run.handing_on(&path).await.expect("it runs").cluster.expect("it holds");
    let error = cluster.reset().await.expect_err("it is not as good as new");
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    assert!(causes.iter().any(|causes| causes.contains(why)), "{causes:?}");
    cluster.shutdown().await.expect("it ends");
}

/// What somebody does to a cluster between its reset and the next scenario.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_is_not_as_new_when_its_scenario_begins_is_refused() {
    let (_folder, path) = folder();
    let cluster = handed_on("failover/stop-the-owner", None, &path).await;
    cluster.reset().await.expect("it is as good as new");
    let file = path.join("a.war");
    fs_err::write(&file, "PK").expect("written");
    let put = tomee_harness::runtime::NodeFile {
        path: "cluster/watch/late.war".into(),
        content: b"PK".to_vec(),
        modified: None,
    };
    cluster.runtime().put(&NodeName::nth(0), put).await.expect("put");
    let next = cluster.record(recording(&path.join("next"))).await.expect("its folder can be made");
    let error = next.start().await.expect_err("somebody has deployed an app");
    assert!(error.to_string().contains("still has /late"), "{error}");
    cluster.shutdown().await.expect("it ends");
}

/// Logs are known to be whole only when the nodes have ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scenario_that_is_judged_by_logs_hands_nothing_on() {
    let (_folder, path) = folder();
    let mut scenario = plan("failover/stop-the-owner", ManagerKind::Delta);
    scenario.guarantees.push(tomee_harness::model::Guarantee::CleanLogs);
    let ended = FakeRun::of(scenario, None).handing_on(&path).await.expect("it runs");
    assert_eq!(ended.verdict.status, Status::Holds, "{:#?}", ended.verdict);
    assert!(ended.cluster.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scenario_that_ends_otherwise_than_well_hands_nothing_on() {
    for bug in
        [Bug::ForgetsAtFailover(1), Bug::KillFails, Bug::BadProbe(1, integration_tests::fake::BadProbe::ServerError)]
    {
        let (_folder, path) = folder();
        let mut run = FakeRun::of(plan("failover/kill-the-owner", ManagerKind::Delta), Some(bug));
        run.limits.start = SHORT;
        let ended: Ended = run.handing_on(&path).await.expect("it is judged");
        assert_ne!(ended.verdict.status, Status::Holds, "{bug:?}");
        assert!(ended.cluster.is_none(), "{bug:?}");
    }
}

/// A session that no probe can read is in the way only of those who ask for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_concern_a_session_does_without_it() {
    let (_kept, path) = folder();
    let run = FakeRun::new(Topology::of(2).expect("two nodes"), Some(Bug::FirstSessionUnreadable));
    let cluster = run.cluster(&path).await.expect("it starts");
    let context = ContextPath::new("/counter").expect("a path");
    let war = Arc::new(War::counter(context.clone()).expect("the counter"));
    cluster.deploy(&war).await.expect("it is served");
    let (n1, n2) = (cluster.node("n1").expect("a node"), cluster.node("n2").expect("a node"));
    let mut sessions = vec![];
    for name in ["alice", "bob"] {
        let client = cluster.client(name).expect("a client");
        client.ask(n1.name(), &context, AppRequest::Count).await.expect("n1 is there");
        sessions.push(client.session().expect("it has a session"));
    }
    let (unreadable, bobs) = (&sessions[0], &sessions[1]);
    n2.replica(unreadable).await.expect_err("it cannot be read");
    let replica = n2.replica(bobs).await.expect("it can be read");
    assert_eq!(replica.map(|replica| replica.id), Some(bobs.clone()));
    let find = |role| cluster.find(role, Some(bobs));
    assert_eq!(&find(Role::Owner).await.expect("bob's session has an owner"), n1.name());
    assert_eq!(&find(Role::Backup).await.expect("bob's session has a replica"), n2.name());
    cluster.deploy(&war).await.expect("it is served anew");
    n2.replica(unreadable).await.expect_err("it is still there");
    cluster.undeploy(&context, &Delivery::default()).await.expect("it goes");
    cluster.deploy(&war).await.expect("it is served once more");
    cluster.reset().await.expect("nothing of it is left");
    cluster.shutdown().await.expect("it ends");
}

/// What a cluster is in outlives a recording; what was recorded does not go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_cluster_serves_several_recordings_one_after_the_other() {
    let ((_one, one), (_two, two)) = (folder(), folder());
    let run = FakeRun::new(Topology::of(3).expect("three nodes"), None);
    let first = run.cluster(&one).await.expect("it starts");
    let context = ContextPath::new("/counter").expect("a path");
    let war = Arc::new(War::counter(context.clone()).expect("the counter"));
    first.deploy(&war).await.expect("it is served");
    let n2 = first.node("n2").expect("a node").name().clone();
    first.kill(&n2).await.expect("it is killed");
    let of_first = first.recorder().close().records.len();

    let second = first.record(recording(&two)).await.expect("its folder can be made");
    assert_eq!(second.recorder().history().records, [], "nothing has happened since");
    assert_eq!(second.living(), first.living());
    assert_eq!(second.served(), std::slice::from_ref(&context));
    assert_eq!(second.find(Role::Victim, None).await.expect("n2 was killed before"), n2);
    second.restart(&n2).await.expect("it is back, with the app that it had");
    let by_age = second.find(Role::Oldest, None).await.expect("somebody is");
    // Which of the two others began first is left to chance: they start in parallel.
    assert_ne!(by_age, n2, "n2 is the youngest now");
    assert!(two.join("run/nodes/n2/server.xml").exists());
    let started =
        events(&second.recorder().history()).filter(|event| matches!(event, Event::NodeStarts { .. })).count();
    assert_eq!(started, 1, "the first start is not of this recording");
    let stored = fs_err::read_to_string(one.join("run/history.jsonl")).expect("the first history");
    assert_eq!(stored.lines().count(), of_first, "nothing more was written to it");
    second.shutdown().await.expect("it ends");
}
