//! Runtime `docker` on a real engine with real servers.

mod latency;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tomee_harness::config::server_xml;
use tomee_harness::host::guard::{Guard, Registry};
use tomee_harness::host::wait::{self, Look, TimedOut};
use tomee_harness::model::{Endpoints, FaultKind, NodeName, RunId, ServerSpec, Timing, Topology};
use tomee_harness::runtime::docker::{DockerOptions, DockerRuntime, sweep};
use tomee_harness::runtime::{
    NetworkFault, NodeFile, NodeLaunch, NodeLog, NodeStatus, ResourceFault, Runtime, RuntimeError,
};
use tomee_harness::tomcat::catalina_base;
use tomee_harness::tomcat::distribution::{Caches, Distribution, Maven, Namespace, Product, Quiet};

/// How long a server may take to answer.
const START_LIMIT: Duration = Duration::from_secs(90);

/// A page that counts in the session.
const PAGE: &str = r#"<%@ page trimDirectiveWhitespaces="true" %><%
  Integer count = (Integer) session.getAttribute("count");
  session.setAttribute("count", count == null ? 1 : count + 1);
  out.print("count=" + session.getAttribute("count"));
%>"#;

struct Lab {
    run: RunId,
    dir: tempfile::TempDir,
    runtime: DockerRuntime,
    distribution: Arc<Distribution>,
}

impl Lab {
    async fn new(name: &str, options: DockerOptions, distribution: Distribution) -> Self {
        let run = RunId::new(format!("t-{name}-{}", std::process::id())).expect("a good name");
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = Utf8Path::from_path(dir.path()).expect("a temporary path is text").to_owned();
        let guard = Arc::new(Guard::spawn_in(&Registry::at(&path.join("registry")), &run, &path).expect("guarded"));
        let runtime = DockerRuntime::connect(&run, guard, &path, options).await.expect("an engine answers");
        Self { run, dir, runtime, distribution: Arc::new(distribution) }
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.dir.path()).expect("a temporary path is text")
    }

    /// Two real servers that are laid and not started.
    async fn two_servers(name: &str) -> (Self, Endpoints, [NodeName; 2]) {
        let (server, caches) = (ServerSpec::default(), Caches::of_user().expect("a home"));
        let distribution = Distribution::resolve(&server, &caches, &Maven::default(), &Quiet).await;
        let lab = Self::new(name, DockerOptions::default(), distribution.expect("TomEE by Maven")).await;
        let mut topology = Topology::of(2).expect("two nodes");
        topology.timing = Timing::Accelerated;
        let endpoints = lab.runtime.reserve(&topology).await.expect("pods are reserved");
        let nodes = [NodeName::nth(0), NodeName::nth(1)];
        for node in &nodes {
            lab.runtime.install(lab.launch(&topology, &endpoints, node)).await.expect("files are laid");
        }
        (lab, endpoints, nodes)
    }

    /// A launch of a real server: its own configuration, and a page that counts in the session.
    fn launch(&self, topology: &Topology, endpoints: &Endpoints, node: &NodeName) -> NodeLaunch {
        let kind = self.distribution.kind().expect("a version of Tomcat");
        let xml = server_xml(topology, endpoints, node, &kind).expect("the default topology can be rendered");
        let mut files =
            catalina_base::files(&self.distribution, node, xml, "token", &[]).expect("a readable distribution");
        let web = r#"<web-app xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="3.1"><distributable/></web-app>"#;
        files.extend([file("webapps/app/index.jsp", PAGE), file("webapps/app/WEB-INF/web.xml", web)]);
        let flags = Timing::Accelerated.jvm_flags().iter().chain(&["-Dwith.space=a b $HOME"]);
        NodeLaunch {
            node: node.clone(),
            distribution: Arc::clone(&self.distribution),
            files,
            folders: catalina_base::folders(topology),
            java_home: None,
            jvm_args: flags.map(|flag| (*flag).to_owned()).collect(),
            env: vec![],
        }
    }

    /// A pod in whose server container a shell script runs for catalina.sh: all that needs no JVM is tested with it.
    async fn script(name: &str, options: DockerOptions, script: &str) -> (Self, NodeName) {
        Self::script_on(&Topology::of(2).expect("two nodes"), name, options, script).await
    }

    /// The same on machines that are prepared for a fault.
    async fn script_on(topology: &Topology, name: &str, options: DockerOptions, script: &str) -> (Self, NodeName) {
        let home = tempfile::tempdir().expect("a temporary folder").keep();
        let home = Utf8PathBuf::from_path_buf(home).expect("a temporary path is text");
        fs_err::create_dir_all(home.join("bin")).expect("a fresh folder");
        fs_err::write(home.join("bin/catalina.sh"), format!("#!/bin/sh\n{script}\n")).expect("a fresh file");
        let distribution = Distribution {
            base: home.clone(),
            home: home.clone(),
            product: Product::Tomcat,
            version: "0".to_owned(),
            tomcat_version: "0.0.0".to_owned(),
            namespace: Namespace::Jakarta,
            digest: format!("script {script}"),
            chosen: None,
        };
        let lab = Self::new(name, options, distribution).await;
        lab.runtime.reserve(topology).await.expect("pods are reserved");
        let node = NodeName::nth(0);
        let launch = NodeLaunch {
            node: node.clone(),
            distribution: Arc::clone(&lab.distribution),
            files: vec![],
            folders: vec!["logs".into()],
            java_home: None,
            jvm_args: vec![],
            env: vec![],
        };
        lab.runtime.install(launch).await.expect("files are laid");
        fs_err::remove_dir_all(home).expect("the image has it now");
        (lab, node)
    }

    /// Waits until a node has ended by itself; says how.
    async fn ends(&self, node: &NodeName) -> String {
        let ended: Result<String, TimedOut> = wait::until("the node to end", START_LIMIT, async || {
            Ok(match self.runtime.status(node).await.expect("a status") {
                NodeStatus::Ended(how) => Look::Ready(how),
                other => Look::NotYet(format!("{other:?}")),
            })
        })
        .await;
        ended.expect("it ends")
    }

    /// Waits until a log has so many lines.
    async fn grows(&self, node: &NodeName, log: NodeLog, lines: usize) {
        let grown: Result<(), TimedOut> = wait::until(&format!("{lines} lines in {log:?}"), START_LIMIT, async || {
            let now = self.log(node, log).lines().count();
            Ok(if now >= lines { Look::Ready(()) } else { Look::NotYet(format!("{now} lines")) })
        })
        .await;
        grown.expect("the log grows");
    }

    /// What a node answers, asked at its present address.
    async fn get(&self, node: &NodeName, path: &str, cookie: &str) -> Result<String, RuntimeError> {
        request(self.runtime.http(node).await?, path, cookie).map_err(|error| RuntimeError::Environment {
            what: format!("no answer: {error}"),
            hint: None,
            source: None,
        })
    }

    async fn serves(&self, node: &NodeName, path: &str, wanted: &str) -> String {
        let answer: Result<String, TimedOut> =
            wait::until(&format!("{node} to serve {path}"), START_LIMIT, async || {
                let status = self.runtime.status(node).await;
                Ok(match self.get(node, path, "").await {
                    Ok(answer) if answer.contains(wanted) => Look::Ready(answer),
                    Ok(answer) => Look::NotYet(answer),
                    Err(error) => Look::NotYet(format!("{error}, {status:?}")),
                })
            })
            .await;
        answer.unwrap_or_else(|error| panic!("{error}\n{}", self.log(node, NodeLog::Console)))
    }

    /// Waits until a node has logged so many times that a member came.
    async fn members_came(&self, node: &NodeName, times: usize) {
        self.logged(node, "Replication member added", times).await;
    }

    /// Waits until a node has logged a text so many times.
    async fn logged(&self, node: &NodeName, text: &str, times: usize) {
        let wanted = format!("{node} to log {text:?} {times} times");
        let seen: Result<(), TimedOut> = wait::until(&wanted, START_LIMIT, async || {
            let seen = self.log(node, NodeLog::Console).matches(text).count();
            Ok(if seen >= times { Look::Ready(()) } else { Look::NotYet(format!("{seen} of {times}")) })
        })
        .await;
        seen.expect("it is logged");
    }

    fn log(&self, node: &NodeName, log: NodeLog) -> String {
        fs_err::read_to_string(self.runtime.log_path(node, log)).unwrap_or_default()
    }
}

fn file(path: &str, content: &str) -> NodeFile {
    NodeFile { path: path.into(), content: content.into(), modified: None }
}

fn request(address: SocketAddr, path: &str, cookie: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(15)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn cookie(answer: &str) -> String {
    let start = answer.find("JSESSIONID=").expect("a session cookie");
    answer[start..].split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_killed_node_comes_back_with_its_address_port_and_files_and_nothing_stays_behind() {
    let (lab, endpoints, [n1, n2]) = Lab::two_servers("life").await;
    assert_eq!(lab.runtime.status(&n1).await.expect("a status"), NodeStatus::Created);
    for node in [&n1, &n2] {
        lab.runtime.start(node).await.expect("it starts");
        lab.serves(node, "/app/", "count=1").await;
    }
    let kill_and_back = async |dies: &NodeName, lives: &NodeName, round: usize| {
        lab.members_came(dies, round).await;
        lab.members_came(lives, round).await;
        let first = lab.get(dies, "/app/", "").await.expect("an answer");
        let cookie = cookie(&first);
        let port = lab.runtime.http(dies).await.expect("a port");
        let proof = lab.runtime.kill(dies).await.expect("a kill");
        assert!(proof.contains("exit code 137"), "{proof}");
        let over = lab.get(lives, "/app/", &cookie).await.expect("the survivor answers");
        assert!(over.contains("count=2"), "{over}");
        let status = lab.runtime.status(dies).await.expect("a status");
        assert_eq!(status, NodeStatus::Ended("exit code 137 (SIGKILL)".to_owned()));
        lab.runtime.kill(dies).await.expect_err("a dead node cannot be killed");
        lab.runtime.start(dies).await.expect("it starts again");
        lab.serves(dies, "/app/", "count=1").await;
        assert_eq!(lab.runtime.http(dies).await.expect("a port"), port);
        let back = lab.get(dies, "/app/", &cookie).await.expect("an answer");
        assert!(back.contains("count="), "{back}");
    };
    kill_and_back(&n1, &n2, 1).await;
    kill_and_back(&n2, &n1, 2).await;

    // Where each node is seen from is where it was promised to be, and its arguments came through the shell.
    let console = lab.log(&n1, NodeLog::Console);
    assert_eq!(console.matches("Server startup in").count(), 2, "{console}");
    assert!(console.contains("with.space=a b $HOME"), "{console}");
    let bound = format!("/{}:4000]", endpoints.nodes[&n1].receiver_address);
    assert_eq!(console.matches(&bound).count(), 2, "{bound} in {console}");

    lab.runtime.put(&n1, file("webapps/app/there.txt", "put")).await.expect("a file is put");
    lab.serves(&n1, "/app/there.txt", "put").await;
    let dump = lab.runtime.threads(&n1).await.expect("a dump").expect("it runs");
    assert!(dump.contains("\"main\"") && dump.contains("JNI global ref"), "{dump}");

    let proof = lab.runtime.pause(&n2).await.expect("a pause");
    assert!(proof.contains("paused"), "{proof}");
    assert_eq!(lab.runtime.threads(&n2).await.expect("no error"), None);
    lab.runtime.resume(&n2).await.expect("a thaw");
    lab.serves(&n2, "/app/", "count=1").await;
    let proof = lab.runtime.stop(&n2).await.expect("a stop");
    assert!(proof.contains("exit code 143"), "{proof}");

    let into = lab.path().join("collected");
    lab.runtime.collect(&n1, &into).await.expect("logs are collected");
    let collected: Vec<_> =
        fs_err::read_dir(&into).expect("a folder").map(|entry| entry.unwrap().file_name()).collect();
    assert!(collected.iter().any(|name| name.to_string_lossy().starts_with("catalina.")), "{collected:?}");
    assert!(sweep::runs().await.expect("runs").contains(&lab.run));
    lab.runtime.shutdown().await.expect("all goes");
    assert!(!sweep::runs().await.expect("runs").contains(&lab.run));
    assert!(lab.log(&n2, NodeLog::Console).contains("Stopping service"), "the last lines of a stop are there");
}

/// The packets that a cut is proven by.
fn packets(proof: &str) -> u64 {
    let count = proof.split_once(" packet").and_then(|(count, _)| count.parse().ok());
    count.unwrap_or_else(|| panic!("no count of packets in {proof:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_node_that_is_cut_off_answers_its_clients_and_a_lost_host_is_silent_until_it_comes_back() {
    const EVICTED: &str = "Received member disappeared";
    let (lab, _, [n1, n2]) = Lab::two_servers("cuts").await;
    for node in [&n1, &n2] {
        lab.runtime.start(node).await.expect("it starts");
        lab.serves(node, "/app/", "count=1").await;
    }
    for node in [&n1, &n2] {
        lab.members_came(node, 1).await;
    }
    lab.runtime.remove_network_fault(&n1).await.expect_err("nothing was cut");
    let first = packets(&lab.runtime.add_network_fault(&n1, NetworkFault::Peers).await.expect("a cut"));
    assert!(first > 0);
    let twice = lab.runtime.add_network_fault(&n1, NetworkFault::Incoming).await.expect_err("it is cut already");
    assert!(format!("{twice:?}").contains("already cut off from its peers"), "{twice:?}");
    for node in [&n1, &n2] {
        lab.logged(node, EVICTED, 1).await;
        assert!(lab.get(node, "/app/", "").await.expect("clients are not cut off").contains("count=1"));
    }
    assert!(packets(&lab.runtime.remove_network_fault(&n1).await.expect("it is mended")) > first);
    for node in [&n1, &n2] {
        lab.members_came(node, 2).await;
    }
    for cut in
        [NetworkFault::Tribes, NetworkFault::Outgoing, NetworkFault::Incoming, NetworkFault::Loss { percent: 50 }]
    {
        let proof = lab.runtime.add_network_fault(&n1, cut).await.unwrap_or_else(|error| panic!("{cut:?}: {error:?}"));
        assert!(packets(&proof) > 0, "{cut:?}: {proof}");
        lab.runtime.remove_network_fault(&n1).await.unwrap_or_else(|error| panic!("{cut:?}: {error:?}"));
    }
    // Static membership has no heartbeats: a cut that hits nothing is none, and leaves nothing.
    lab.runtime.add_network_fault(&n1, NetworkFault::Heartbeats).await.expect_err("nothing is dropped");
    lab.runtime.remove_network_fault(&n1).await.expect_err("nothing was cut");

    let address = lab.runtime.http(&n1).await.expect("an address");
    let proof = lab.runtime.lose_host(&n1).await.expect("a loss");
    assert!(proof.contains("exit code 137"), "{proof}");
    let silence = request(address, "/app/", "").expect_err("nobody answers");
    // The machine itself takes the connection for the pod; a dead server without a lost host would end it.
    assert!(matches!(silence.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silence:?}");
    lab.runtime.start(&n1).await.expect("host and server come back");
    assert_eq!(lab.runtime.http(&n1).await.expect("an address"), address);
    lab.serves(&n1, "/app/", "count=1").await;
    lab.runtime.shutdown().await.expect("all goes");
    assert!(!sweep::runs().await.expect("runs").contains(&lab.run));
}

/// Writes numbered lines to the console, to the harness's log, and to a third file that says how far it came.
const CHATTER: &str = r#"cd "$CATALINA_BASE"; touch logs/truth; n=$(wc -l < logs/truth)
while :; do n=$((n+1)); echo "line $n" >> logs/truth; echo "line $n" >> harness/log/harness.log; echo "line $n"; done"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_no_line_is_lost_or_repeated_over_kills_and_restarts() {
    let (lab, node) = Lab::script("logs", DockerOptions::default(), CHATTER).await;
    for round in 1..=3 {
        lab.runtime.start(&node).await.expect("it starts");
        let before = lab.log(&node, NodeLog::Harness).lines().count();
        lab.grows(&node, NodeLog::Harness, before + 500 * round).await;
        lab.runtime.kill(&node).await.expect("a kill");
    }
    let into = lab.path().join("collected");
    lab.runtime.collect(&node, &into).await.expect("logs are collected");
    lab.runtime.shutdown().await.expect("all goes");
    let truth = fs_err::read_to_string(into.join("truth")).expect("collected").lines().count();
    for (log, may_lack) in [(NodeLog::Harness, 3), (NodeLog::Console, 3)] {
        let text = lab.log(&node, log);
        let numbers: Vec<usize> =
            text.lines().map(|line| line.trim_start_matches("line ").parse().expect("a number")).collect();
        assert!(numbers.len() + may_lack >= truth, "{log:?} has {} lines of {truth}", numbers.len());
        // A kill may hit between two of the three writes, once a round.
        let jumps = numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
        assert!(jumps <= 2 && numbers.is_sorted_by(|a, b| a < b), "{log:?} jumps {jumps} times");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_server_that_ends_at_once_says_how_and_leaves_its_last_words() {
    let (lab, node) = Lab::script("ends", DockerOptions::default(), "echo Unrecognized VM option >&2; exit 3").await;
    lab.runtime.start(&node).await.expect("its container starts");
    assert_eq!(lab.ends(&node).await, "exit code 3");
    lab.grows(&node, NodeLog::Console, 1).await;
    assert_eq!(lab.log(&node, NodeLog::Console), "Unrecognized VM option\n");
    lab.runtime.pause(&node).await.expect_err("what does not run cannot be paused");
    lab.runtime.stop(&node).await.expect_err("nor stopped");
    lab.runtime.shutdown().await.expect("all goes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_server_that_its_memory_limit_kills_differs_from_a_killed_one() {
    let options = DockerOptions { memory_bytes: Some(32 << 20), ..DockerOptions::default() };
    // One endless line, which sed keeps in memory.
    let (lab, node) = Lab::script("memory", options, "exec sed p /dev/zero").await;
    lab.runtime.start(&node).await.expect("its container starts");
    let how = lab.ends(&node).await;
    assert!(how.contains("exit code 137") && how.contains("memory limit"), "{how}");
    lab.runtime.kill(&node).await.expect_err("a kill that hits nothing is no kill");
    lab.runtime.shutdown().await.expect("all goes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_sweep_removes_a_run_in_any_state_and_nothing_of_another() {
    let (gone, node) = Lab::script("gone", DockerOptions::default(), "exec sleep 1000").await;
    let (other, _) = Lab::script("other", DockerOptions::default(), "exec sleep 1000").await;
    gone.runtime.start(&node).await.expect("it starts");
    gone.runtime.pause(&node).await.expect("a pause");
    let removed = sweep::remove(&gone.run).await.expect("all can be removed");
    assert_eq!(removed.len(), 4, "two pause containers, a paused server and a network: {removed:?}");
    let runs = sweep::runs().await.expect("runs");
    assert!(!runs.contains(&gone.run) && runs.contains(&other.run), "{runs:?}");
    assert_eq!(sweep::remove(&gone.run).await.expect("nothing is left"), Vec::<String>::new());
    let status = gone.runtime.status(&node).await.expect("a status");
    assert_eq!(status, NodeStatus::Ended("its container was removed".to_owned()));
    other.runtime.shutdown().await.expect("all goes");
    assert!(!sweep::runs().await.expect("runs").contains(&other.run));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_second_reservation_replaces_the_first() {
    let (lab, node) = Lab::script("twice", DockerOptions::default(), "exec sleep 1000").await;
    lab.runtime.start(&node).await.expect("it starts");
    let topology = Topology::of(2).expect("two nodes");
    let endpoints = lab.runtime.reserve(&topology).await.expect("pods are reserved again");
    assert_eq!(endpoints.nodes.len(), 2);
    assert_eq!(lab.runtime.status(&node).await.expect("a status"), NodeStatus::Created);
    lab.runtime.start(&node).await.expect_err("its files must be laid again");
    lab.runtime.shutdown().await.expect("all goes");
}

/// Writes to its disk all the time, and says whether it could; and that it has a file of an earlier life.
const WRITER: &str = r#"cd "$CATALINA_BASE"; test -s kept && echo kept
while :; do if date > kept.part 2> /dev/null; then echo written; mv kept.part kept; else echo refused; fi; sleep 0.1; done"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_full_disk_is_felt_in_the_server_and_its_files_outlive_the_server() {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.prepared_for.insert(FaultKind::FillDisk);
    let (lab, node) = Lab::script_on(&topology, "disk", DockerOptions::default(), WRITER).await;
    lab.runtime.start(&node).await.expect("it starts");
    lab.logged(&node, "written", 2).await;
    let proof = lab.runtime.add_resource_fault(&node, ResourceFault::FullDisk).await.expect("it is filled");
    assert!(proof.contains("No space left on device"), "{proof}");
    lab.logged(&node, "refused", 3).await;
    lab.runtime.kill(&node).await.expect("a kill");
    assert_eq!(
        lab.runtime.remove_resource_fault(&node, ResourceFault::FullDisk).await.expect("a dead node's disk is freed"),
        None
    );
    let written = lab.log(&node, NodeLog::Console).matches("written").count();
    lab.runtime.start(&node).await.expect("it starts again");
    lab.logged(&node, "written", written + 2).await;
    assert_eq!(lab.log(&node, NodeLog::Console).matches("kept").count(), 1, "its files were there");
    lab.runtime.collect(&node, &lab.path().join("collected")).await.expect("logs are collected");
    lab.runtime.reserve(&topology).await.expect("pods are reserved again");
    lab.runtime.shutdown().await.expect("all goes");
    assert!(!sweep::runs().await.expect("runs").contains(&lab.run), "no volume is left either");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_a_slow_processor_is_counted_and_what_a_machine_is_not_prepared_for_is_refused() {
    let (lab, node) = Lab::script("slow", DockerOptions::default(), "exec sleep 1000").await;
    let slow = ResourceFault::SlowProcessor { percent: 5 };
    lab.runtime.add_resource_fault(&node, slow).await.expect_err("it does not run");
    lab.runtime.start(&node).await.expect("it starts");
    let proof = lab.runtime.add_resource_fault(&node, slow).await.expect("it is throttled");
    assert!(proof.contains("5 % of a core") && proof.contains("was throttled in"), "{proof}");
    let effect = lab.runtime.remove_resource_fault(&node, slow).await.expect("it is let go");
    assert!(effect.as_deref().is_some_and(|effect| effect.starts_with("throttled in ")), "{effect:?}");
    let clock = ResourceFault::WrongClock { by: "+1h".parse().expect("a skew") };
    for (strain, because) in [(ResourceFault::FullDisk, "no disk of its own"), (clock, "clock cannot be set")] {
        let refused = lab.runtime.add_resource_fault(&node, strain).await.expect_err(because);
        assert!(format!("{refused:?}").contains(because), "{refused:?}");
    }
    lab.runtime.shutdown().await.expect("all goes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine"]
async fn engine_an_image_without_libfaketime_is_refused_by_name() {
    let mut topology = Topology::of(2).expect("two nodes");
    topology.prepared_for.insert(FaultKind::SkewClock);
    // It has a shell and no library that fakes a clock.
    let options = DockerOptions { node_base: Some("tomee-harness/pause-base".to_owned()), ..DockerOptions::default() };
    let (lab, _) = Lab::script("clock", options, "exec sleep 1000").await;
    lab.runtime.reserve(&topology).await.expect("pods are reserved again");
    let launch = NodeLaunch {
        node: NodeName::nth(0),
        distribution: Arc::clone(&lab.distribution),
        files: vec![],
        folders: vec![],
        java_home: None,
        jvm_args: vec![],
        env: vec![],
    };
    let refused = lab.runtime.install(launch).await.expect_err("no clock");
    let RuntimeError::Environment { what, hint, .. } = &refused else { panic!("{refused:?}") };
    assert!(what.contains("libfaketime") && what.contains("skew-clock"), "{what}");
    assert!(hint.as_deref().is_some_and(|hint| hint.contains("install -y libfaketime")), "{hint:?}");
    lab.runtime.shutdown().await.expect("all goes");
    assert!(!sweep::runs().await.expect("runs").contains(&lab.run));
}
