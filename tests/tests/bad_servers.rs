//! Bad input that only a running server shows, reported by the binary: one message, the exit code of the contract, and
//! nothing left. Needs Java and, for the first run of a release, Maven's network.

#[path = "bad_servers/elements.rs"]
mod elements;

use std::io::{Cursor, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use integration_tests::apps::DISTRIBUTABLE;
use integration_tests::{App, Ran, TestContext, left_of};
use serde_json::Value;
use tokio::sync::Mutex;
use tomee_harness::host::wait::{self, Look, TimedOut};
use tomee_harness::tomcat::java::Java;
use zip::write::SimpleFileOptions;

/// What a run leaves may take so long to vanish.
const CLEARED: Duration = Duration::from_secs(10);
/// How long a run may take to come to the moment that a test waits for.
const MOMENT: Duration = Duration::from_mins(2);
/// The server that starts quickest.
const TOMCAT: [&str; 2] = ["--server", "tomcat:11.0.24"];

/// One cluster at a time, under plain `cargo test` too: nextest has its own group for that.
static ONE_CLUSTER: Mutex<()> = Mutex::const_new(());

/// A run of the binary on real servers.
struct Run {
    context: TestContext,
    in_docker: bool,
}

impl Run {
    fn on_processes() -> Self {
        Self { context: TestContext::new(), in_docker: false }
    }

    fn path(&self, below: &str) -> Utf8PathBuf {
        self.context.folder().join(below)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let runtime = if self.in_docker { "docker" } else { "process" };
        let mut command = self.context.users(&[&["run", "--runtime", runtime, "--out", "out"], arguments].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    async fn ran(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || Ran::of(&mut command)).await.expect("it does not panic")
    }

    /// Lets it go on to its end.
    async fn end(child: Child) -> Ran {
        let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("it does not panic");
        let output = output.expect("it is our child");
        let text = |bytes| String::from_utf8(bytes).expect("the binary speaks UTF-8");
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// It ended with this code, said each of these texts, in what it printed as its one error or its verdict.
    async fn ended(&self, ran: &Ran, code: i32, texts: &[&str]) {
        assert_eq!(ran.code, Some(code), "{ran}");
        for text in texts {
            assert!(ran.stderr.contains(text) || ran.stdout.contains(text), "{text:?} is not said: {ran}");
        }
        let errors = ran.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!(errors, usize::from(code == 4), "{ran}");
        assert!(code != 4 || ran.stderr.contains("\nhint: "), "nothing is said of what to do: {ran}");
        self.left_nothing().await;
    }

    /// The run's id, as its guard wrote it down.
    fn id(&self) -> String {
        let log = fs_err::read_to_string(self.path("out/guard.log")).expect("a run has a guard");
        let id = log.split("guarding run ").nth(1).and_then(|rest| rest.split_whitespace().next());
        id.expect("the guard names its run").trim_end_matches([',', ':', ';']).to_owned()
    }

    async fn left_nothing(&self) {
        let run = self.id();
        let cleared: Result<(), TimedOut> = wait::until("the run's things to vanish", CLEARED, async || {
            let left = left_of(&run, self.in_docker);
            Ok(if left.is_empty() { Look::Ready(()) } else { Look::NotYet(left.join(", ")) })
        })
        .await;
        cleared.expect("nothing of a run is left when it has ended");
    }

    /// Waits for a record of the run's history that has this text in it.
    async fn recorded(&self, text: &str) {
        let history = self.path("out/history.jsonl");
        let come: Result<(), TimedOut> = wait::until(text, MOMENT, async || {
            let there = fs_err::read_to_string(&history).unwrap_or_default();
            Ok(if there.contains(text) { Look::Ready(()) } else { Look::NotYet(format!("{} bytes", there.len())) })
        })
        .await;
        come.expect("the run comes so far");
    }

    /// The verdict that it stored.
    fn verdict(&self) -> Value {
        let text = fs_err::read_to_string(self.path("out/verdict.json")).expect("a judged run has a verdict");
        serde_json::from_str(&text).expect("JSON")
    }

    /// An app that is deployed to `/shop`.
    fn war(&self, descriptor: &str) -> Utf8PathBuf {
        let head = r#"<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">"#;
        let descriptor = format!("{head}{descriptor}</web-app>");
        let path = self.path("shop.war");
        let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
        for (name, content) in [("WEB-INF/web.xml", descriptor.as_str()), ("index.html", "hello")] {
            zip.start_file(name, SimpleFileOptions::default()).expect("an entry");
            zip.write_all(content.as_bytes()).expect("memory takes it");
        }
        fs_err::write(&path, zip.finish().expect("memory takes it").into_inner()).expect("the test's own folder");
        path
    }

    /// A Java home whose `java` does this before it becomes the real one.
    fn java_that(&self, script: &str) -> Utf8PathBuf {
        let real = Java::find(None).expect("the tests need Java");
        let home = self.path("jdk");
        fs_err::create_dir_all(home.join("bin")).expect("the test's own folder");
        let release = format!("JAVA_VERSION=\"{}\"\n", real.version.full);
        fs_err::write(home.join("release"), release).expect("the test's own folder");
        let draft = self.path("java.draft");
        let text = format!("#!/bin/sh\n{script}\nexec {}/bin/java \"$@\"\n", real.home);
        fs_err::write(&draft, text).expect("the test's own folder");
        let java = home.join("bin/java");
        let made = Command::new("install").args(["-m", "755", draft.as_str(), java.as_str()]).status();
        assert!(made.expect("coreutils are there").success());
        home
    }
}

#[tokio::test]
async fn a_flag_that_the_jvm_refuses_is_reported_in_its_words() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let ran = run.ran(&[&TOMCAT[..], &["--jvm-arg", "-XX:+NoSuchFlag"]].concat()).await;
    let texts = ["failed while starting: ended with exit code 1", "| Unrecognized VM option 'NoSuchFlag'"];
    run.ended(&ran, 4, &texts).await;
}

#[tokio::test]
async fn a_jvm_whose_heap_is_too_small_is_not_waited_for() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let ran = run.ran(&[&TOMCAT[..], &["--jvm-arg", "-Xmx8m"]].concat()).await;
    run.ended(&ran, 4, &["its JVM has run out of memory", "java.lang.OutOfMemoryError"]).await;
}

#[tokio::test]
async fn a_jvm_that_a_memory_limit_keeps_from_starting_is_reported_in_its_words() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let java = run.java_that("ulimit -v 1000000");
    let ran = run.ran(&[&TOMCAT[..], &["--java", java.as_str()]].concat()).await;
    run.ended(&ran, 4, &["failed while starting: ended with exit code 1", "| Could not "]).await;
}

/// As the kernel does when memory runs out. The node was ready, so that the verdict is Unknown, and not the app's fault.
#[tokio::test]
async fn a_jvm_that_is_killed_in_the_midst_of_a_run_makes_the_verdict_unknown() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let child = run.command(&TOMCAT).spawn().expect("the program starts");
    run.recorded("war-dropped").await;
    let base = run.path("out/nodes/n2/base");
    assert!(end_jvm(&base), "n2 has a JVM");
    let ran = Run::end(child).await;
    run.ended(&ran, 3, &["n2 failed: ended by signal 9", "cut short: n2 exited unexpectedly: ended by signal 9"]).await;
    let again = run.context.run(&["check", "out", "--json"]);
    assert_eq!((again.code, &again.json()["verdict"]), (Some(3), &run.verdict()), "check says {again}");
}

/// Ends the JVM with this `CATALINA_BASE` by signal 9; whether there was one.
fn end_jvm(base: &Utf8Path) -> bool {
    let mark = format!("-Dcatalina.base={base}");
    let entries = fs_err::read_dir("/proc").expect("processes are read from /proc").flatten();
    let mut jvms = entries.filter(|entry| {
        let line = fs_err::read(entry.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|argument| argument == mark.as_bytes())
    });
    jvms.next().is_some_and(|jvm| {
        let pid = jvm.file_name().to_string_lossy().into_owned();
        Command::new("kill").args(["-KILL", &pid]).status().expect("kill runs").success()
    })
}

#[tokio::test]
async fn a_malformed_tomee_xml_is_named() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    // The release is in the cache once it was asked for; this asks for it and ends at once.
    let first = run.context.users(&["run", "--runtime", "process", "--out", "first", "--jvm-arg", "-XX:+NoSuchFlag"]);
    let first = tokio::task::spawn_blocking(|| {
        let mut first = first;
        Ran::of(&mut first)
    })
    .await;
    assert_eq!(first.expect("it does not panic").code, Some(4));
    let caches = tomee_harness::tomcat::distribution::Caches::of_user().expect("a cache");
    let release = caches.distributions().join("apache-tomee-9.0.0-webprofile/home");
    let home = run.path("tomee");
    fs_err::create_dir_all(home.join("conf")).expect("the test's own folder");
    for (from, to) in [(release.clone(), home.clone()), (release.join("conf"), home.join("conf"))] {
        for entry in from.read_dir_utf8().expect("the release is there") {
            let entry = entry.expect("readable");
            if !matches!(entry.file_name(), "conf" | "tomee.xml") {
                fs_err::os::unix::fs::symlink(entry.path(), to.join(entry.file_name())).expect("the test's own folder");
            }
        }
    }
    fs_err::write(home.join("conf/tomee.xml"), "<tomee><Resource id=\"x\"").expect("the test's own folder");
    let ran = run.ran(&["--server", "./tomee"]).await;
    run.ended(&ran, 4, &["OpenEJB has encountered a fatal error", "conf/tomee.xml: XML document structures must"])
        .await;
}

#[tokio::test]
async fn an_app_that_is_not_distributable_is_said_with_the_manager_it_got() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let war = run.war("");
    let ran = run.ran(&[&TOMCAT[..], &["--war", war.as_str()]].concat()).await;
    let texts = [
        "VIOLATED  manager-as-configured",
        "runs /shop with org.apache.catalina.session.StandardManager",
        "/WEB-INF/web.xml has no <distributable/>",
    ];
    run.ended(&ran, 1, &texts).await;
}

#[tokio::test]
async fn an_app_that_fails_to_deploy_is_reported_with_what_the_server_says() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let war = run.war("<distributable/><listener><listener-class>no.Such</listener-class></listener>");
    let ran = run.ran(&[&TOMCAT[..], &["--war", war.as_str()]].concat()).await;
    let texts = [
        "VIOLATED  deployed-everywhere           n1 could not start the app at /shop: the class no.Such is missing; its log says: Error",
        "configuring application listener of class [no.Such]",
        "cut short: n1 could not start the app at /shop",
    ];
    run.ended(&ran, 1, &texts).await;
    assert!(!ran.stdout.contains("timed out"), "{ran}");
}

/// A listener that no jakarta server can load, against an API of its own.
fn app_of_javax() -> App {
    let api = "package javax.servlet; public interface ServletContextListener {}";
    let listener = "package shop; public class Start implements javax.servlet.ServletContextListener {}";
    let sources = [("javax/servlet/ServletContextListener.java", api), ("shop/Start.java", listener)];
    let descriptor = DISTRIBUTABLE.replace(
        "<distributable/>",
        "<distributable/><listener><listener-class>shop.Start</listener-class></listener>",
    );
    App::default().file("WEB-INF/web.xml", descriptor).classes("11", &sources).without("WEB-INF/classes/javax/")
}

#[tokio::test]
async fn an_app_for_the_other_servlet_api_is_named_as_such_by_new() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    app_of_javax().write(&run.path("old.war"));
    let mut command = run.context.users(&["new", "old.toml", "--war", "old.war", "--server", "tomcat:11.0.24"]);
    let ran = tokio::task::spawn_blocking(move || Ran::of(&mut command)).await.expect("it does not panic");
    assert_eq!(ran.code, Some(1), "{ran}");
    for text in [
        "error: n1 could not start the app at /old\n",
        "old.war is written for javax.servlet (shop.Start uses it) and Tomcat 11.0.24 has jakarta.servlet",
        "tomcat:9.0 and tomee:8 have javax.servlet; its log says: ",
        "\n  | Error configuring application listener of class [shop.Start]",
        "\nhint: `tomee-harness run --war old.war` keeps the logs of all nodes",
    ] {
        assert!(ran.stderr.contains(text), "{text:?} is not said: {ran}");
    }
    assert!(!ran.stderr.contains("not shut down") && !run.path("old.toml").exists(), "{ran}");
}

/// A `java` that waits, on n1, until a test has done with its port what it wants.
const WAITS: &str = r#"
case "$CATALINA_BASE" in
  */n1/base) touch "$CATALINA_BASE/asks"; while [ ! -e "$CATALINA_BASE/go" ]; do sleep 0.02; done ;;
esac"#;

impl Run {
    /// Waits until n1 is about to start, takes its port where that is asked for, and lets it start.
    async fn let_start(&self, taken: bool) -> Option<TcpListener> {
        let base = self.path("out/nodes/n1/base");
        let asks: Result<(), TimedOut> = wait::until("n1 to start", MOMENT, async || {
            Ok(if base.join("asks").exists() { Look::Ready(()) } else { Look::NotYet("not yet".to_owned()) })
        })
        .await;
        asks.expect("the run comes so far");
        let xml = fs_err::read_to_string(base.join("conf/server.xml")).expect("it is laid");
        let connector = xml.split("<Connector").nth(1).expect("a connector");
        let port = connector.split("port=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a port");
        let stranger = taken.then(|| {
            TcpListener::bind(("127.0.0.1", port.parse().expect("a number"))).expect("it was free a moment ago")
        });
        // Gone, so that the next try differs from this one.
        fs_err::remove_file(base.join("asks")).expect("it is there");
        fs_err::write(base.join("go"), "").expect("it is laid");
        stranger
    }
}

#[tokio::test]
async fn a_port_that_is_taken_between_allocation_and_start_is_got_round() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let java = run.java_that(WAITS);
    let child = run.command(&[&TOMCAT[..], &["--java", java.as_str()]].concat()).spawn().expect("the program starts");
    let _stranger = run.let_start(true).await;
    run.let_start(false).await;
    let ran = Run::end(child).await;
    run.ended(&ran, 0, &["holds all 9 guarantees"]).await;
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_port_that_is_taken_at_every_try_is_named() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let java = run.java_that(WAITS);
    let child = run.command(&[&TOMCAT[..], &["--java", java.as_str()]].concat()).spawn().expect("the program starts");
    let mut strangers = vec![];
    for _ in 0..3 {
        strangers.push(run.let_start(true).await.expect("it was to be taken"));
    }
    let port = strangers[2].local_addr().expect("it listens").port().to_string();
    let ran = Run::end(child).await;
    run.ended(&ran, 4, &["n1 failed while starting", "Address already in use", &port]).await;
}

/// A way to the engine that can be cut and opened again, as if the engine had stopped and come back.
struct Proxy {
    socket: Utf8PathBuf,
    connections: tokio::task::JoinHandle<()>,
}

impl Proxy {
    fn open(socket: &Utf8Path) -> Self {
        let engine = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        let engine = engine.strip_prefix("unix://").expect("an engine behind a socket of this machine").to_owned();
        let listener = tokio::net::UnixListener::bind(socket).expect("the test's own folder");
        let connections = tokio::spawn(async move {
            // Ends with this task, and takes its connections with it.
            let mut pairs = tokio::task::JoinSet::new();
            while let Ok((mut caller, _)) = listener.accept().await {
                let engine = engine.clone();
                pairs.spawn(async move {
                    let mut engine = tokio::net::UnixStream::connect(engine).await?;
                    tokio::io::copy_bidirectional(&mut caller, &mut engine).await
                });
            }
        });
        Self { socket: socket.to_owned(), connections }
    }

    async fn cut(self) {
        self.connections.abort();
        let ended = self.connections.await;
        assert!(ended.is_err_and(|end| end.is_cancelled()), "it was open until now");
        fs_err::remove_file(&self.socket).expect("it was bound");
    }
}

/// Removes a run's containers and networks also where its test fails: nobody else would, the engine being away.
struct Removed(String);

impl Drop for Removed {
    fn drop(&mut self) {
        let label = format!("label={}={}", tomee_harness::host::guard::RUN_LABEL, self.0);
        for (list, remove) in [("ps --all", "rm --force"), ("network ls", "network rm")] {
            let line = format!("docker {list} --quiet --filter {label} | xargs --no-run-if-empty docker {remove}");
            // A test that failed before must give its own reason.
            Command::new("sh").args(["-c", &line]).stdout(Stdio::null()).status().ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a container engine"]
async fn engine_that_stops_half_way_is_reported_and_a_sweep_removes_what_it_held() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run { in_docker: true, ..Run::on_processes() };
    let socket = run.path("engine.sock");
    let host = format!("unix://{socket}");
    let proxy = Proxy::open(&socket);
    let child = run.command(&TOMCAT).env("DOCKER_HOST", &host).spawn().expect("the program starts");
    run.recorded("war-dropped").await;
    let _removed = Removed(run.id());
    proxy.cut().await;
    let ran = Run::end(child).await;
    assert_eq!(ran.code, Some(4), "{ran}");
    assert_eq!(ran.stderr.lines().filter(|line| line.starts_with("error:")).count(), 1, "{ran}");
    assert!(ran.stderr.contains("no container engine answers"), "{ran}");
    assert!(ran.stderr.contains(&format!("`tomee-harness sweep --run {}` removes what is left", run.id())), "{ran}");
    assert_ne!(left_of(&run.id(), true), Vec::<String>::new(), "the engine was away, and nobody could remove anything");

    let _proxy = Proxy::open(&socket);
    let mut sweep = run.context.users(&["sweep", "--run", &run.id()]);
    sweep.env("DOCKER_HOST", &host);
    let swept = tokio::task::spawn_blocking(move || Ran::of(&mut sweep)).await.expect("it does not panic");
    assert_eq!(swept.code, Some(0), "{swept}");
    run.left_nothing().await;
}
