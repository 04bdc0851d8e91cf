//! What a run asks on a fake cluster: every session once more at its end, any app by many clients, and all of the main job.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use integration_tests::fake::{Bug, FakeRun};
use rstest::rstest;
use tomee_harness::history::{Event, FaultPhase, History, Outcome, RecordKind};
use tomee_harness::model::plan::AppRequest;
use tomee_harness::model::{ContextPath, ManagerKind, Plan, Scenario, StepKind, Topology};
use tomee_harness::runner::Ended;
use tomee_harness::tomcat::war::War;
use tomee_harness::verdict::Status;

/// A request of a history.
#[derive(Debug)]
struct Asked {
    client: String,
    node: String,
    request: Option<AppRequest>,
    target: String,
    session: Option<String>,
    /// Its place in the history, and that of its end.
    place: (usize, usize),
    outcome: Outcome,
}

impl Asked {
    fn status(&self) -> Option<u16> {
        match &self.outcome {
            Outcome::Ok { reply } => Some(reply.status),
            _ => None,
        }
    }
}

/// All requests, in the order of their begin.
fn asked(history: &History) -> Vec<Asked> {
    let ends: BTreeMap<_, _> = (0..)
        .zip(&history.records)
        .filter_map(|(place, record)| match &record.kind {
            RecordKind::Complete { operation, outcome } => Some((*operation, (place, outcome.clone()))),
            _ => None,
        })
        .collect();
    let all = (0..).zip(&history.records).filter_map(|(place, record)| match &record.kind {
        RecordKind::Invoke { operation, client, node, request, target, session } => {
            let (end, outcome) = ends.get(operation).expect("every request ends").clone();
            Some(Asked {
                client: client.to_string(),
                node: node.to_string(),
                request: *request,
                target: target.clone(),
                session: session.as_ref().map(ToString::to_string),
                place: (place, end),
                outcome,
            })
        }
        _ => None,
    });
    all.collect()
}

/// Where in a history a step of this kind begins and ends.
fn span(plan: &Plan, history: &History, of: impl Fn(&StepKind) -> bool) -> Option<(usize, usize)> {
    let number = u32::try_from(plan.steps.iter().position(|step| of(&step.kind))? + 1).expect("few steps");
    let place = |wanted: &dyn Fn(&Event) -> bool| {
        history.records.iter().position(|record| matches!(&record.kind, RecordKind::Event(event) if wanted(event)))
    };
    let begin = place(&|event| matches!(event, Event::StepBegins { step, .. } if *step == number))?;
    Some((begin, place(&|event| matches!(event, Event::StepEnds { step } if *step == number))?))
}

/// The requests of the final read. Traffic goes on until its step has begun, and may make a last request in it: the read
/// begins with the first client that is not of the load, when nothing of the load is left.
fn read_at_the_end<'a>(plan: &Plan, history: &History, asked: &'a [Asked]) -> Vec<&'a Asked> {
    let Some((begin, end)) = span(plan, history, |kind| *kind == StepKind::FinalRead) else { return vec![] };
    let within = asked.iter().filter(|asked| begin < asked.place.0 && asked.place.1 < end);
    within.skip_while(|asked| asked.client.starts_with("load")).collect()
}

fn plan(text: &str) -> Plan {
    let scenario = Scenario::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error} {:?}", error.help));
    scenario.plans(&Topology::of(2).expect("two nodes")).expect("plans").remove(0).plan
}

/// The plan without traffic: a bug strikes the first request behind a kill, and whose that is must not be left to chance.
fn quiet(mut plan: Plan) -> Plan {
    plan.steps.retain(|step| !matches!(step.kind, StepKind::Traffic { .. } | StepKind::EndTraffic { .. }));
    plan
}

async fn run(plan: &Plan, bug: Option<Bug>) -> Ended {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    FakeRun::of(plan.clone(), bug).run(path).await.expect("it runs")
}

const MANY: &str = r#"
name = "nobody asks after the kill"
guarantees = ["replicated-writes-survive", "acknowledged-writes-survive", "complete-session"]
[[step]]
deploy = "counter"
[[step]]
request = "count"
on = "sticky"
clients = 20
parallel = 4
times = 2
[[step]]
traffic = "count"
client = "load"
on = "sticky"
every = "10ms"
[[step]]
request = "read"
on = "sticky"
clients = 20
parallel = 20
times = 20
every = "10ms"
[[step]]
kill = "n1"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_session_is_asked_for_once_more_where_it_lives_and_few_at_a_time() {
    let plan = plan(MANY);
    let ended = run(&plan, None).await;
    let asked = asked(&ended.history);
    let last = read_at_the_end(&plan, &ended.history, &asked);
    let clients: BTreeSet<&str> = last.iter().map(|asked| asked.client.as_str()).collect();
    assert_eq!((last.len(), clients.len()), (21, 21), "each once: {clients:?}");
    assert!(last.iter().all(|asked| asked.request == Some(AppRequest::Read) && asked.status() == Some(200)));
    assert!(last.iter().all(|asked| asked.node == "n2" && asked.session.is_some()), "only n2 lives");
    let under_way = |at: usize| last.iter().filter(|asked| asked.place.0 <= at && at <= asked.place.1).count();
    let most = last.iter().map(|asked| under_way(asked.place.0)).max();
    assert!(most > Some(1) && most <= Some(8), "{most:?} at one time");
    let (begin, _) = span(&plan, &ended.history, |kind| *kind == StepKind::FinalRead).expect("it was done");
    let later = asked.iter().filter(|asked| asked.place.1 > begin && asked.request == Some(AppRequest::Count));
    assert!(later.count() <= 1, "the traffic ends first");
    assert_eq!(ended.verdict.status, Status::Holds, "{:#?}", ended.verdict.guarantees);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_lost_while_nobody_asked_is_seen_at_the_end() {
    let ended = run(&quiet(plan(MANY)), Some(Bug::ForgetsAtFailover(1))).await;
    assert_eq!(ended.verdict.status, Status::Violated, "{:#?}", ended.verdict.guarantees);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_read_on_the_node_that_its_id_names() {
    let plan = plan(&MANY.replace("kill = \"n1\"", "partition = \"n1\"\n[[step]]\nheal = \"n1\""));
    let ended = run(&plan, None).await;
    let asked = asked(&ended.history);
    let last = read_at_the_end(&plan, &ended.history, &asked);
    assert_eq!(last.len(), 21);
    for asked in last {
        let session = asked.session.as_deref().expect("it has a session");
        assert!(session.ends_with(&format!(".{}", asked.node)), "{session} is asked for on {}", asked.node);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_by_itself_is_over_before_the_last_word_of_each_session() {
    let fault = "partition = \"n2\"\nfor = \"300ms\"";
    let plan = quiet(plan(&MANY.replace("kill = \"n1\"", fault)));
    let ended = run(&plan, None).await;
    let healed = ended
        .history
        .records
        .iter()
        .position(|record| matches!(&record.kind, RecordKind::Fault { phase: FaultPhase::Healed { .. }, .. }));
    let asked = asked(&ended.history);
    let last = read_at_the_end(&plan, &ended.history, &asked);
    assert_eq!(last.len(), 20);
    assert!(last.iter().all(|asked| Some(asked.place.0) > healed) && healed.is_some(), "{healed:?}");
}

/// The fake serves the counter's pages wherever an app is deployed; to the harness this one is somebody's own.
const SHOP: &str = r#"
name = "a shop"
[[step]]
deploy = "WAR"
[[step]]
get = "/shop/count.jsp"
client = "customer"
clients = 3
on = "sticky"
[[step]]
get = "/shop/read.jsp?page=cart"
client = "customer"
clients = 3
parallel = 3
times = 2
on = "sticky"
[[step]]
post = "/shop/count.jsp"
client = "customer"
clients = 3
on = "sticky"
[[step]]
post = "/shop/count.jsp"
client = "machine"
on = "n1"
[[step]]
traffic = { get = "/shop/count.jsp" }
client = "load"
clients = 2
on = "sticky"
every = "10ms"
[[step]]
get = "/shop/read.jsp?page=cart"
client = "customer"
clients = 3
parallel = 3
times = 20
every = "10ms"
on = "sticky"
[[step]]
kill = "n1"
[[step]]
observe = "/shop"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_any_app_go_on_while_a_node_dies_and_ask_again_for_what_they_read_last() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let war = Utf8Path::from_path(folder.path()).expect("a path in UTF-8").join("shop.war");
    let counter = War::counter(ContextPath::new("/shop").expect("a path")).expect("the counter");
    fs_err::write(&war, &counter.content).expect("the test's own folder can be written");
    let plan = plan(&SHOP.replace("WAR", war.as_str()));
    let ended = run(&plan, None).await;
    let asked = asked(&ended.history);
    let killed = ended
        .history
        .records
        .iter()
        .position(|record| matches!(&record.kind, RecordKind::Fault { phase: FaultPhase::Hit { .. }, .. }));
    let killed = killed.expect("the kill hit");
    let load = || asked.iter().filter(|asked| asked.client.starts_with("load-"));
    let nodes = |asked: &mut dyn Iterator<Item = &Asked>| asked.map(|it| it.node.clone()).collect::<BTreeSet<_>>();
    assert_eq!(
        nodes(&mut load().filter(|asked| asked.place.1 < killed)).len(),
        2,
        "each node has a client of the load"
    );
    assert_eq!(nodes(&mut load().filter(|asked| asked.place.0 > killed)), ["n2".to_owned()].into());
    assert!(load().all(|asked| asked.target == "GET /shop/count.jsp" && asked.request.is_none()));

    let last = read_at_the_end(&plan, &ended.history, &asked);
    let mut requested: Vec<(&str, &str)> =
        last.iter().map(|asked| (asked.client.as_str(), asked.target.as_str())).collect();
    requested.sort_unstable();
    let customer = ["customer-1", "customer-2", "customer-3"].map(|client| (client, "GET /shop/read.jsp?page=cart"));
    let load = ["load-1", "load-2"].map(|client| (client, "GET /shop/count.jsp"));
    assert_eq!(requested, [&customer[..], &load[..]].concat(), "the machine made no safe request, and is looked at");
    assert!(last.iter().all(|asked| asked.status() == Some(200) && asked.node == "n2"), "{last:#?}");
    let (begin, end) = span(&plan, &ended.history, |kind| *kind == StepKind::FinalRead).expect("it was done");
    let looks = ended.history.records[begin..end].iter();
    assert!(looks.into_iter().any(|record| matches!(record.kind, RecordKind::Observe(_))), "at the machine's session");
    assert!(ended.cut_short.is_none(), "{:?}", ended.cut_short);
}

#[rstest]
#[case(2, ManagerKind::Delta)]
#[case(3, ManagerKind::Delta)]
#[case(5, ManagerKind::Delta)]
#[case(2, ManagerKind::Backup)]
#[case(3, ManagerKind::Backup)]
#[case(5, ManagerKind::Backup)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_job_kills_every_node_under_traffic_and_holds(#[case] nodes: usize, #[case] manager: ManagerKind) {
    let mut topology = Topology::of(nodes).expect("a number of nodes that can be had");
    topology.cluster.manager = manager;
    let run = FakeRun::main_job(topology, None);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    let ended = run.run(path).await.expect("it runs");
    let problems: Vec<_> = ended
        .verdict
        .guarantees
        .iter()
        .filter(|finding| finding.status != Status::Holds)
        .map(|finding| format!("{} {:?} {}", finding.guarantee, finding.status, finding.because))
        .collect();
    assert_eq!(ended.verdict.status, Status::Holds, "{problems:#?} {:#?}", ended.verdict.assumptions);
    let asked = asked(&ended.history);
    for node in run.plan.topology.names() {
        let hit = ended.history.records.iter().any(|record| {
            matches!(&record.kind, RecordKind::Fault { node: victim, phase: FaultPhase::Hit { .. }, .. } if victim == node)
        });
        assert!(hit, "{node} was never lost");
        assert!(asked.iter().any(|asked| asked.node == node.as_str()), "{node} was never asked");
    }
    let clients = asked.iter().map(|asked| asked.client.as_str());
    let (traffic, others): (BTreeSet<&str>, BTreeSet<&str>) = clients.partition(|name| name.starts_with("traffic-"));
    assert!(!traffic.is_empty() && others.len() == 1 + 8 + 2, "{traffic:?} {others:?}");
}

#[rstest]
#[case(Bug::NewSessionAtFailover(2))]
#[case(Bug::ForgetsAtFailover(1))]
#[case(Bug::LosesAttributeAtFailover(1, "once"))]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_job_is_red_where_one_of_its_sessions_is_lost(#[case] bug: Bug) {
    let job = FakeRun::main_job(Topology::of(2).expect("two nodes"), None);
    let ended = run(&quiet(job.plan), Some(bug)).await;
    assert_eq!(ended.verdict.status, Status::Violated, "{bug:?}: {:#?}", ended.verdict.guarantees);
}

/// A test as a user of the library writes it, on a fake cluster: one session over a kill, and the node comes back.
#[rstest]
#[case::nothing_is_wrong(None, Status::Holds)]
#[case::the_survivor_forgets(Some(Bug::ForgetsAtFailover(1)), Status::Violated)]
#[case::the_app_is_not_distributable(Some(Bug::OtherManagerOnOneNode), Status::Violated)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_that_drives_a_cluster_itself_gets_a_verdict(#[case] bug: Option<Bug>, #[case] status: Status) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    let cluster = FakeRun::new(Topology::of(2).expect("two nodes"), bug).cluster(path).await.expect("it starts");
    let context = ContextPath::new("/counter").expect("a path");
    let war = std::sync::Arc::new(War::counter(context.clone()).expect("the counter"));
    cluster.deploy(&war).await.expect("it is served");
    let (n1, n2) = (cluster.node("n1").expect("a node"), cluster.node("n2").expect("a node"));
    let alice = cluster.client("alice").expect("a client");
    for _ in 0..3 {
        alice.ask(n1.name(), &context, AppRequest::Count).await.expect("n1 is there");
    }
    n1.kill().await.expect("it dies");
    alice.ask(n2.name(), &context, AppRequest::Count).await.expect("n2 is there");
    n1.restart().await.expect("it comes back");
    let verdict = cluster.verdict().await.expect("no node exited unexpectedly");
    let findings: Vec<_> =
        verdict.guarantees.iter().map(|it| format!("{} {:?} {}", it.guarantee, it.status, it.because)).collect();
    assert_eq!(verdict.status, status, "{findings:#?} {:#?}", verdict.assumptions);
    assert_eq!(verdict.guarantees.len(), 9, "{findings:#?}");
    cluster.shutdown().await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_that_breaks_nothing_gets_no_findings_about_sessions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("a path in UTF-8");
    let cluster = FakeRun::new(Topology::of(2).expect("two nodes"), None).cluster(path).await.expect("it starts");
    let war = War::counter(ContextPath::new("/counter").expect("a path")).expect("the counter");
    cluster.deploy(&std::sync::Arc::new(war)).await.expect("it is served");
    let verdict = cluster.verdict().await.expect("no node exited unexpectedly");
    let decided: Vec<String> = verdict.guarantees.iter().map(|finding| finding.guarantee.to_string()).collect();
    assert_eq!(decided, ["cluster-forms", "deployed-everywhere", "manager-as-configured", "members-agree"]);
    assert_eq!(verdict.status, Status::Holds, "{:#?}", verdict.guarantees);
    cluster.shutdown().await.expect("it ends");
}
