//! The main job on real servers, each node a process. Needs Java and, for the first run of a release, Maven's network.

#[path = "process/by_hand.rs"]
mod by_hand;
#[path = "process/by_hand_bugs.rs"]
mod by_hand_bugs;
#[path = "process/by_hand_requests.rs"]
mod by_hand_requests;
#[path = "process/by_hand_speed.rs"]
mod by_hand_speed;
#[path = "process/by_hand_wide.rs"]
mod by_hand_wide;
#[path = "process/front.rs"]
mod front;
#[path = "process/kubernetes.rs"]
mod kubernetes;
#[path = "process/lab.rs"]
mod lab;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use camino::Utf8Path;
use integration_tests::shop::shop;
use integration_tests::{MainJob, TestContext, left_of};
use lab::LIMIT;
use serde_json::json;
use tomee_harness::history::{self, FaultPhase, Outcome, RecordKind};
use tomee_harness::host::wait::{Look, TimedOut, until};
use tomee_harness::model::{RunId, Scenario, ServerSpec, Topology};
use tomee_harness::runtime::RuntimeKind;
use tomee_harness::runtime::process::{ClassArchive, ProcessRuntime};
use tomee_harness::suite::{PlannedRun, ScenarioRunner, Source};
use tomee_harness::tomcat::distribution::{Caches, Distribution, Maven, Quiet};
use tomee_harness::tomcat::java::{Java, JavaVersion};
use tomee_harness::verdict::Status;

/// Runs the main job in the runtime `process`.
async fn main_job(arguments: &[&str]) -> MainJob {
    MainJob::run(&[&["--runtime", "process"], arguments].concat()).await
}

#[tokio::test]
async fn tomee_9_keeps_its_sessions() {
    let job = main_job(&["--server", "tomee:9.0.0:webprofile"]).await;
    job.holds().await;
    let environment = job.environment();
    let info = environment["effective"]["n1"]["server-info"].as_str().expect("the probe reports the server");
    assert!(info.contains("TomEE") && info.contains("9.0.0"), "{info}");
    assert_eq!(environment["effective"]["n2"]["send-options"], json!(6));
}

#[tokio::test]
async fn tomee_8_keeps_its_sessions() {
    main_job(&["--server", "tomee:8.0.13:webprofile"]).await.holds().await;
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_tomcat_9_keeps_its_sessions() {
    main_job(&["--server", "tomcat:9.0.117"]).await.holds().await;
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_tomcat_10_1_keeps_its_sessions() {
    main_job(&["--server", "tomcat:10.1.59"]).await.holds().await;
}

#[tokio::test]
async fn tomcat_11_keeps_its_sessions() {
    main_job(&["--server", "tomcat:11.0.24"]).await.holds().await;
}

#[tokio::test]
async fn the_backup_manager_keeps_its_sessions() {
    let job = main_job(&["--manager", "backup"]).await;
    job.holds().await;
    let manager = &job.environment()["effective"]["n2"]["managers"]["/counter"]["class"];
    assert_eq!(manager, "org.apache.catalina.ha.session.BackupManager");
}

#[tokio::test]
async fn three_nodes_keep_their_sessions() {
    main_job(&["--nodes", "3"]).await.holds().await;
}

/// On three nodes a survivor may be a proxy of the session. It fetches it from the backup, then informs the dead owner of
/// it, fails, and gives its caller nothing (`AbstractReplicatedMap.get`: `Unable to replicate out data`). That caller is
/// `JvmRouteBinderValve`, which leaves the id as it is; the app, which asks next, gets the session. The second answer
/// renames the id. At one of the two failovers the asked node is always a proxy.
#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_the_backup_manager_on_three_nodes_renames_the_id_late_where_a_proxy_answers() {
    let job = main_job(&["--manager", "backup", "--nodes", "3"]).await;
    job.holds().await;
    let notes = job.verdict()["notes"].to_string();
    assert!(notes.contains("answered under the dead owner's route"), "{notes}");
}

#[tokio::test]
async fn members_that_find_each_other_by_multicast_keep_their_sessions() {
    main_job(&["--membership", "multicast"]).await.holds().await;
}

/// What was seen to be lost makes the run red all the same; what was not seen makes it neither red nor unknown.
#[tokio::test]
async fn async_send_options_promise_less_and_only_an_observed_loss_counts() {
    let job = main_job(&["--send-options", "async"]).await;
    let guarantees = ["acknowledged-writes-survive", "complete-session", "identity-kept"];
    let lost = guarantees.iter().any(|guarantee| job.finding(guarantee)["status"] == "violated");
    job.ends_with(i32::from(lost)).await;
    for guarantee in guarantees {
        assert_eq!(job.finding(guarantee)["promised"], false, "{guarantee}");
    }
    assert_eq!(job.environment()["effective"]["n1"]["send-options"], json!(8));
}

/// The answers of a run's requests: client, node, path, body, each with the number of nodes that were killed before.
fn answers(job: &MainJob) -> Vec<(usize, String, String, String, String)> {
    let file = fs_err::File::open(job.context().folder().join("out/history.jsonl")).expect("a run has a history");
    let history = history::read(std::io::BufReader::new(file)).expect("it can be read");
    let (mut killed, mut asked, mut answers) = (0, BTreeMap::new(), vec![]);
    for record in history.records {
        match record.kind {
            RecordKind::Fault { phase: FaultPhase::Hit { .. }, .. } => killed += 1,
            RecordKind::Invoke { operation, client, node, target, .. } => {
                asked.insert(operation, (client, node, target));
            }
            RecordKind::Complete { operation, outcome: Outcome::Ok { reply } } => {
                let (client, node, target) = asked.remove(&operation).expect("it was asked");
                let body = reply.body.unwrap_or_default();
                answers.push((killed, client.to_string(), node.to_string(), target, body));
            }
            _ => {}
        }
    }
    answers
}

/// The newcomer's first command, with an app of their own: each node is killed, and the survivors are asked the same.
#[tokio::test]
async fn an_own_app_is_asked_on_all_nodes_while_each_of_them_is_killed_in_turn() {
    let context = TestContext::new();
    let war = shop(&context.folder(), true);
    let paths = ["--at", "/shop", "--path", "/shop/cart.jsp", "--path", "/shop/account.jsp"];
    let arguments =
        [&["--runtime", "process", "--server", "tomcat:11.0.24", "--war", war.as_str()][..], &paths].concat();
    let job = MainJob::run_in(context, &arguments).await;
    job.ends_with(0).await;
    let answers = answers(&job);
    let first: BTreeSet<_> = answers.iter().filter(|(killed, ..)| *killed == 0).map(|(_, _, node, ..)| node).collect();
    assert_eq!(first.len(), 2, "both nodes have sessions before the first kill");
    for client in (1..=4).map(|number| format!("client-{number}")) {
        let mine = || answers.iter().filter(|(_, of, ..)| *of == client);
        let carts: Vec<&str> = mine().filter(|it| it.3.contains("cart")).map(|it| it.4.as_str()).collect();
        let wanted: Vec<String> = (1..=7).map(|items| format!("items={items}")).collect();
        assert_eq!(carts, wanted, "the cart of {client} survives the kills and the stop of n1");
        let last = mine().next_back().expect("it was asked");
        assert_eq!((last.0, last.3.as_str(), last.4.as_str()), (3, "GET /shop/account.jsp", "account items=7"));
    }
    let again = job.environment()["again"].clone();
    let again = again.as_array().expect("a command line").iter().filter_map(|word| word.as_str()).collect::<Vec<_>>();
    let kept = job.context().folder().join("out/files/1/my-shop.war");
    assert!(again.ends_with(&[&["--war", kept.as_str()][..], &paths].concat()), "{again:?}");
    assert!(fs_err::read(&kept).expect("the run took it along") == fs_err::read(&war).expect("it is there"));
}

/// Beside the one above: nothing is replicated, nobody waits for what no peer is to have, and each node is killed all the same.
#[tokio::test]
async fn an_own_app_that_is_not_distributable_loses_its_sessions_and_is_reported_so() {
    let context = TestContext::new();
    let war = shop(&context.folder(), false);
    let arguments = ["--runtime", "process", "--server", "tomcat:11.0.24", "--war", war.as_str()];
    let job = MainJob::run_in(context, &[&arguments[..], &["--path", "/my-shop/cart.jsp"]].concat()).await;
    job.ends_with(1).await;
    assert_eq!(job.finding("manager-as-configured")["status"], "violated", "{}", job.ran());
    let answers = answers(&job);
    assert_eq!(answers.iter().map(|(killed, ..)| *killed).max(), Some(3), "no wait cuts the run short");
    let lost = answers.iter().filter(|(killed, .., body)| *killed > 0 && body == "items=1").count();
    assert!(lost > 0, "{answers:?}");
}

/// Three runs on two clusters: one of the two is reset while the other one's run goes on, and nothing of either is left.
#[tokio::test]
async fn warm_runs_hand_their_cluster_on_and_leave_nothing() {
    let scenarios = ["failover/stop-the-owner", "failover/kill-the-owner", "failover/rolling-restart", "--warm"];
    let job = main_job(&[&scenarios[..], &["--set", "manager=delta", "--jobs", "2"]].concat()).await;
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    let out = job.context().folder().join("out");
    let environment = |number: u32| {
        let text = fs_err::read_to_string(out.join(format!("{number}/environment.json")));
        serde_json::from_str::<serde_json::Value>(&text.expect("a run writes its environment")).expect("JSON")
    };
    let environments: Vec<_> = (1..=3).map(environment).collect();
    let adopted: Vec<_> = environments.iter().filter_map(|environment| environment["cluster"].as_str()).collect();
    let [from] = adopted.as_slice() else { panic!("three runs on two clusters: {adopted:?}") };
    assert!(environments.iter().any(|environment| environment["run"] == **from), "{from} is none of the runs");
    for environment in &environments {
        let run = environment["run"].as_str().expect("a run has an id");
        assert_eq!(left_of(run, false), Vec::<String>::new(), "{run}");
    }
    let folders = fs_err::read_dir(&out).expect("it is there").flatten().map(|entry| entry.file_name());
    let machines: Vec<_> = folders.filter(|name| name.to_string_lossy().starts_with("cluster-")).collect();
    assert!(machines.is_empty(), "{machines:?} have no owner");
}

/// The packet filter of a network namespace needs root; where that is missing, the run is refused by name.
#[tokio::test]
async fn processes_with_networks_of_their_own_are_parted_and_lost_with_their_hosts() {
    let scenarios = ["partition/written-on-both-sides", "partition/lost-host", "--set", "manager=delta"];
    let job = main_job(&[&scenarios[..], &["--server", "tomcat:10.1.59"]].concat()).await;
    if let Err(why) = ProcessRuntime::check_namespaces() {
        assert_eq!(job.ran().code, Some(2), "{why}: {}", job.ran());
        assert!(job.ran().stderr.contains("partition, which runtime process cannot do"), "{}", job.ran());
        return;
    }
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    let out = job.context().folder().join("out");
    for number in ["1", "2"] {
        let history = fs_err::read_to_string(out.join(number).join("history.jsonl")).expect("a history");
        let dropped = history.lines().any(|line| line.contains("dropped"));
        assert!(dropped, "the filter of run {number} has dropped nothing");
        let text = fs_err::read_to_string(out.join(number).join("environment.json")).expect("an environment");
        let environment: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let run = environment["run"].as_str().expect("a run has an id");
        assert_eq!(left_of(run, false), Vec::<String>::new(), "{run}");
        let address = environment["endpoints"]["nodes"]["n1"]["http-address"].as_str().expect("n1 had an address");
        assert!(address.starts_with("198.1"), "{address}");
        let network = address.rsplit_once('.').map_or("", |(network, _)| network);
        // The kernel takes a network away a moment after the last process in it has ended.
        let gone: Result<(), TimedOut> = until("the network to be gone", LIMIT, async || {
            let routes = fs_err::read_to_string("/proc/net/fib_trie").unwrap_or_default();
            let left = routes.contains(network);
            Ok(if left { Look::NotYet(format!("{network} is there:\n{routes}")) } else { Look::Ready(()) })
        })
        .await;
        gone.expect("nothing of the run is left");
    }
}

/// A JVM says of each class where it comes from; `top` is the archive on top of the JDK's own.
#[tokio::test]
async fn nodes_of_warm_runs_and_of_no_others_take_the_servers_classes_from_an_archive() {
    for warm in [true, false] {
        let folder = tempfile::tempdir().expect("a folder");
        let log = format!("--jvm-arg=-Xlog:class+load:file={}/%p.txt", folder.path().display());
        let scenario = ["failover/stop-the-owner", "--set", "manager=delta", &log];
        let job = main_job(&[&scenario[..], if warm { &["--warm"] } else { &[] }].concat()).await;
        assert_eq!(job.ran().code, Some(0), "{}", job.ran());
        let setting = job.environment()["setting"].as_str().expect("a line on the cluster").to_owned();
        assert_eq!(setting.contains("class archive"), warm, "{setting}");
        let logs: Vec<_> = fs_err::read_dir(folder.path()).expect("it is there").flatten().collect();
        assert_eq!(logs.len(), 2, "a JVM for each node");
        for log in logs {
            let log = fs_err::read_to_string(log.path()).expect("it can be read");
            let context = log.lines().find(|line| line.contains(" org.apache.catalina.core.StandardContext source:"));
            let context = context.expect("each Tomcat loads it");
            assert_eq!(context.ends_with("shared objects file (top)"), warm, "{context}");
        }
    }
}

#[tokio::test]
async fn a_class_archive_that_was_cut_off_is_made_anew_and_one_that_cannot_be_made_is_tried_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let caches = Caches::at(Utf8Path::from_path(folder.path()).expect("UTF-8"));
    let users = Caches::of_user().expect("a home");
    let server = Distribution::resolve(&ServerSpec::default(), &users, &Maven::default(), &Quiet).await;
    let server = Arc::new(server.expect("TomEE by Maven"));
    let (java, run) = (Java::find(None).expect("a Java"), RunId::new("t-class-archive").expect("a good name"));
    let archive = async |java: &Java| ClassArchive::of(&caches, &server, java, &run, &Quiet).await;
    let file = || {
        let names = fs_err::read_dir(folder.path().join("classes")).expect("it is there").flatten();
        let found = names.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|kind| kind == "jsa"));
        found.expect("an archive")
    };
    let looked_at = || fs_err::metadata(file()).map(|found| (found.len(), found.modified().ok())).expect("it is there");

    archive(&java).await.expect("it can be made").expect("this Java can");
    let first = looked_at();
    archive(&java).await.expect("it is there").expect("this Java can");
    assert_eq!(looked_at(), first, "it is kept");

    let whole = fs_err::read(file()).expect("it can be read");
    fs_err::remove_file(file()).expect("it goes");
    let name = format!("{}-java{}.jsa", &server.digest[..16], java.version.full);
    fs_err::write(folder.path().join("classes").join(name), &whole[..whole.len() / 2]).expect("written");
    archive(&java).await.expect("it can be made").expect("this Java can");
    assert!(looked_at().0 > first.0 / 2, "{:?} is not whole", looked_at());

    let home = Utf8Path::from_path(folder.path()).expect("UTF-8").join("java");
    fs_err::create_dir_all(home.join("bin")).expect("made");
    fs_err::write(home.join("bin/java"), "#!/bin/sh\necho no server today\nexit 3\n").expect("written");
    fs_err::set_permissions(home.join("bin/java"), PermissionsExt::from_mode(0o755)).expect("it can be run");
    let broken = Java { home, version: JavaVersion { major: 99, full: "99".to_owned() }, vendor: None };
    let why = archive(&broken).await.expect_err("it starts no server").to_string();
    assert!(why.contains("exit status: 3") && why.contains("no server today"), "{why}");
    assert_eq!(archive(&broken).await.expect("nobody tries"), None);
}

/// The files below a folder, by their paths in it.
fn files(folder: &Utf8Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir_utf8().expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path().to_owned());
            } else {
                found.insert(entry.path().strip_prefix(folder).expect("below it").to_string());
            }
        }
    }
    found
}

/// A scenario with an app of its own, from a file.
#[tokio::test]
async fn a_run_leaves_the_same_folder_whoever_asked_for_it() {
    let context = TestContext::new();
    let path = context.folder().join("shop.toml");
    let text = "name = \"an app is served\"\n[cluster]\nserver = \"tomcat:11.0.24\"\n\
                [[step]]\ndeploy = \"my-shop.war\"\n\
                [[step]]\nget = \"/my-shop/cart.jsp\"\non = \"n1\"\nexpect = { status = 200 }\n";
    fs_err::write(&path, text).expect("written");
    shop(&context.folder(), true);

    let mut by_command_line = context.users(&["run", path.as_str(), "--runtime", "process", "--out", "out"]);
    let ran = tokio::task::spawn_blocking(move || integration_tests::Ran::of(&mut by_command_line));
    let ran = ran.await.expect("it does not panic");

    let source = Source::of_file(&path, text.as_bytes());
    let scenario = Scenario::parse(text.as_bytes()).expect("a scenario").in_folder(&source.folder);
    let plan = scenario.plans(&Topology::of(2).expect("two nodes")).expect("plans").remove(0).plan;
    let runner = ScenarioRunner::default().runtime(RuntimeKind::PROCESS).folder(context.folder().join("runs"));
    let finished = runner.run(&PlannedRun::of_scenario(source, "", plan)).await.expect("it runs");
    assert_eq!(ran.code == Some(0), finished.status == Status::Holds, "{ran}\n{}", finished.text);
    let of_suite = files(&finished.run_dir);
    assert_eq!(of_suite, files(&context.folder().join("out")));
    for file in ["environment.json", "scenario.toml", "files/1/my-shop.war", "junit.xml", "report.html", "verdict.json"]
    {
        assert!(of_suite.contains(file), "{file}: {of_suite:?}");
    }
    // What a failing test shows is what the command line prints, but for numbers and the folder.
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with("run: ") && !line.starts_with("report: "));
        lines.map(|line| line.split_whitespace().take(2).collect()).collect()
    };
    assert_eq!(lines(&finished.text), lines(&ran.stdout), "{}\n{ran}", finished.text);
}

/// A test that drives its cluster itself: its folder can be judged again before its end already, as where it fails.
#[tokio::test]
async fn a_cluster_of_a_test_leaves_the_folder_of_a_run() {
    let context = TestContext::new();
    let folder = context.folder().join("own");
    let cluster = tomee_harness::Cluster::builder().server("tomcat:11.0.24").counter().folder(&folder);
    let cluster = cluster.start().await.expect("it starts");
    let alice = cluster.client("alice").expect("a client");
    alice.get("n1", "/counter/").await.expect("n1 is there");
    cluster.node("n1").expect("a node").kill().await.expect("it is killed");
    alice.get("n2", "/counter/").await.expect("n2 is there");
    let verdict = cluster.verdict().await.expect("it is judged");
    let judged_again = || context.run(&["check", folder.as_str(), "--json"]).json()["verdict"].clone();
    assert_eq!(judged_again(), json!(verdict));
    assert_eq!(cluster.shutdown().await.expect("it ends").removed, Vec::<String>::new());
    assert_eq!(judged_again()["status"], json!(verdict.status));
    let left = files(&folder);
    for file in ["plan.json", "environment.json", "junit.xml", "report.html", "verdict.json", "nodes/n1/catalina.log"] {
        assert!(left.contains(file), "{file}: {left:?}");
    }
}
