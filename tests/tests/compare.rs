//! `gate` with two sides, many releases and what a team accepts. Those on servers need Java and, for the first run of a
//! release, Maven's network.

#[path = "compare/templates.rs"]
mod templates;

use camino::Utf8PathBuf;
use integration_tests::{App, Ran, TestContext};
use rstest::rstest;
use serde_json::Value;
use tokio::sync::Mutex;

/// One cluster at a time, under plain `cargo test` too: nextest has its own group for that.
static ONE_CLUSTER: Mutex<()> = Mutex::const_new(());

const DELTA: &str =
    r#"<Manager className="org.apache.catalina.ha.session.DeltaManager" expireSessionsOnShutdown="false"/>"#;
const BACKUP: &str = r#"<Manager className="org.apache.catalina.ha.session.BackupManager"/>"#;
const DETECTOR: &str = r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector"/>"#;

/// A shop's server.xml; each node's route is a property, so that one file serves all.
pub(crate) fn server_xml(manager: &str) -> String {
    format!(
        r#"<Server port="8005" shutdown="SHUTDOWN">
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1" connectionTimeout="20000"/>
    <Engine name="Catalina" defaultHost="localhost" jvmRoute="${{route}}">
      <Host name="localhost" appBase="webapps">
        <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
          {manager}
          <Channel className="org.apache.catalina.tribes.group.GroupChannel">
            <Membership className="org.apache.catalina.tribes.membership.McastService" address="228.0.0.9" port="45569" frequency="500" dropTime="3000"/>
            <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="auto" port="4000"/>
            {DETECTOR}
            <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
          </Channel>
          <Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/>
          <Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/>
          <ClusterListener className="org.apache.catalina.ha.session.ClusterSessionListener"/>
        </Cluster>
      </Host>
    </Engine>
  </Service>
</Server>
"#
    )
}

/// A folder with a configuration.
struct Gate {
    context: TestContext,
}

impl Gate {
    fn of(xml: &str) -> Self {
        let gate = Self { context: TestContext::new() };
        gate.write("conf", xml);
        gate
    }

    fn write(&self, folder: &str, xml: &str) {
        let folder = self.path(folder);
        fs_err::create_dir_all(&folder).expect("a folder");
        fs_err::write(folder.join("server.xml"), xml).expect("written");
    }

    fn path(&self, below: &str) -> Utf8PathBuf {
        self.context.folder().join(below)
    }

    fn ran(&self, more: &[&str]) -> Ran {
        self.context.run(&[&["gate", "--config", "conf", "-D", "route={node}"], more].concat())
    }

    /// A gate on servers, with its exit code.
    async fn reported(&self, code: i32, more: &[&str]) -> Value {
        let _one = ONE_CLUSTER.lock().await;
        let ran = self.ran(&[&["--json", "--quiet"], more].concat());
        assert_eq!(ran.code, Some(code), "{ran}");
        ran.json()
    }

    /// An app whose Basket has this serialVersionUID, in a page that names its build.
    fn shop(&self, war: &str, build: u32, uid: u32) {
        let basket = format!(
            "package shop;\npublic class Basket implements java.io.Serializable {{\n\
             private static final long serialVersionUID = {uid}L;\nprivate final int items;\n\
             public Basket(int items) {{ this.items = items; }}\n\
             @Override public String toString() {{ return items + \" items\"; }}\n}}\n"
        );
        let page = format!(
            r#"Object n = request.getSession().getAttribute("n");
  int next = n == null ? 1 : ((Integer) n) + 1;
  request.getSession().setAttribute("n", next);
  request.getSession().setAttribute("basket", new shop.Basket(next));
  out.print("build {build} n=" + next);"#
        );
        let app = App::distributable().page("buy.jsp", &page).classes("8", &[("shop/Basket.java", &basket)]);
        let path = self.path(war);
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        app.write(&path);
    }
}

fn lines(report: &Value, key: &str) -> String {
    let lines = report[key].as_array().map(Vec::as_slice).unwrap_or_default();
    lines.iter().map(|line| format!("{}\n", line.as_str().map_or_else(|| line.to_string(), str::to_owned))).collect()
}

fn run<'r>(report: &'r Value, name: &str) -> &'r Value {
    let runs = report["side"]["runs"].as_array().expect("runs");
    runs.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}: {report:#}"))
}

#[rstest]
#[case::rolling_of_one_side(&["--rolling", "--server", "tomcat:10.1.59"], "required arguments were not provided")]
#[case::rolling_of_the_same(
    &["--rolling", "--server", "tomcat:10.1.59", "--against-server", "tomcat:10.1.59", "--plan"],
    "there is nothing to roll out"
)]
#[case::a_line_to_bisect(&["--bisect", "tomcat:10.1..10.1.59"], "tomcat:10.1 is a line of releases")]
#[case::one_to_bisect(&["--bisect", "tomcat:10.1.59"], "must be releases of one server")]
#[case::no_such_run(&["--bisect", "tomcat:10.1.49,10.1.59", "--only", "farm"], "there is no run farm, expected failover or synchrony")]
#[case::never(&["--bisect", "tomcat:10.1.49,10.1.59", "--times", "2", "--at-least", "3"], "--at-least 3 of --times 2")]
#[case::no_file(&["--server", "tomcat:10.1.59", "--accepted", "no.toml"], "there is no file no.toml")]
#[case::noise_of_two(&["--noise", "--server", "tomcat:10.1.59", "--against-server", "tomcat:10.1.49"], "cannot be used with")]
fn bad_input_is_refused_before_anything_starts(#[case] arguments: &[&str], #[case] why: &str) {
    let gate = Gate::of(&server_xml(DELTA));
    let ran = gate.ran(arguments);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains(why), "{ran}");
    assert!(!gate.path(".tomee-harness").exists(), "nothing was begun: {ran}");
}

#[test]
fn what_a_team_accepts_is_a_file_that_ci_never_writes_and_that_keeps_its_reasons() {
    let gate = Gate::of(
        &server_xml(DELTA)
            .replace("<Valve className=\"org.apache.catalina.ha.tcp.ReplicationValve\" filter=\"\"/>", ""),
    );
    // Nothing is run, so what the linter finds is all that can be accepted.
    let quick = ["--server", "tomcat:10.1.59", "--within", "1ms"];
    let ran = gate.ran(&quick);
    assert_eq!(ran.code, Some(1), "{ran}");
    let accept = |ci: &str| {
        let mut command = gate.context.command(&["gate", "accept"]);
        Ran::of(command.env("CI", ci))
    };
    let ran = accept("true");
    assert_eq!(ran.code, Some(2), "{ran}");
    let file = gate.path("tomee-harness-gate.toml");
    assert!(ran.stderr.contains("CI is set") && !file.exists(), "{ran}");
    let ran = accept("");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("cannot be accepted  left out: failover"), "{ran}");
    let text = fs_err::read_to_string(&file).expect("written");
    assert!(text.contains("run = \"lint\"") && text.contains("reason = \"\""), "{text}");
    fs_err::write(&file, text.replacen("reason = \"\"", "reason = \"another valve does it\"", 1)).expect("written");
    // Red no longer; open still, as nothing was run.
    let ran = gate.ran(&quick);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stdout.contains("accepted:\n  lint: "), "{ran}");
    // What is accepted and occurs no longer is said, and goes with the next accept.
    gate.write("conf", &server_xml(DELTA));
    let ran = gate.ran(&quick);
    assert!(ran.stdout.contains("accepted, and occurs no longer:\n  lint: "), "{ran}");
    let ran = accept("");
    assert!(ran.stdout.contains("0 accepted") && ran.stdout.contains("gone  lint: "), "{ran}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_class_with_another_uid_in_a_rolling_update_is_red_and_named() {
    let gate = Gate::of(&server_xml(DELTA));
    gate.shop("old/shop.war", 1, 1);
    gate.shop("new/shop.war", 2, 2);
    gate.shop("same/shop.war", 2, 1);
    let rolled = |war: &'static str| {
        [
            "--server",
            "tomcat:10.1.59",
            "--war",
            war,
            "--against-war",
            "old/shop.war",
            "--path",
            "/shop/buy.jsp",
            "--rolling",
        ]
    };
    let report = gate.reported(1, &rolled("new/shop.war")).await;
    let rolling = run(&report, "rolling");
    assert_eq!(rolling["status"], "violated", "{rolling:#}");
    let because = lines(&report, "because");
    assert!(because.contains("rolling: ") && because.contains("InvalidClassException: shop.Basket"), "{because}");
    // Each side alone is as good as ever.
    assert_eq!(run(&report, "failover")["status"], "holds", "{report:#}");
    // Another build with the same class.
    let report = gate.reported(0, &rolled("same/shop.war")).await;
    assert_eq!(run(&report, "rolling")["status"], "holds", "{report:#}");
}

#[tokio::test]
#[ignore = "asks Maven's repositories"]
async fn full_a_line_is_the_newest_release_and_is_named_exactly() {
    let gate = Gate::of(&server_xml(DELTA));
    let ran = gate.ran(&["--server", "tomcat:10.1", "--against-server", "tomcat:9.0", "--within", "1ms"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    for line in ["10.1", "9.0"] {
        assert!(ran.stderr.contains(&format!("tomcat:{line} is tomcat:{line}.")), "{ran}");
    }
    assert!(ran.stdout.contains("on tomcat:9.0.") && !ran.stdout.contains("on tomcat:9.0\n"), "{ran}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_two_versions_and_two_configurations_roll_over_and_another_key_does_not() {
    let gate = Gate::of(&server_xml(DELTA));
    let report =
        gate.reported(0, &["--server", "tomcat:10.1.59", "--against-server", "tomcat:10.1.49", "--rolling"]).await;
    assert_eq!(run(&report, "rolling")["status"], "holds", "{report:#}");
    let key = |key: &str| {
        let encrypt = format!(
            r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.EncryptInterceptor" encryptionKey="{key}"/>{DETECTOR}"#
        );
        server_xml(DELTA).replace(DETECTOR, &encrypt)
    };
    gate.write("conf", &key("cafebabedeadbeefcafebabedeadbeef"));
    gate.write("before", &key("0123456789abcdef0123456789abcdef"));
    let arguments = ["--server", "tomcat:10.1.59", "--against", "before", "--rolling"];
    let report = gate.reported(1, &arguments).await;
    assert_eq!(run(&report, "rolling")["status"], "violated", "{report:#}");
    assert_eq!(run(&report, "failover")["status"], "holds", "{report:#}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_the_release_that_broke_the_backup_manager_is_found_and_goes_on_where_it_was() {
    let gate = Gate::of(&server_xml(BACKUP));
    let arguments = ["--nodes", "3", "--bisect", "tomcat:10.1.40..10.1.49", "--only", "failover", "--out", "bisected"];
    let report = gate.reported(0, &arguments).await;
    assert_eq!((report["last"].as_str(), report["first"].as_str()), (Some("tomcat:10.1.43"), Some("tomcat:10.1.47")));
    assert!(report["changelog"]["anchor"].as_str().is_some_and(|anchor| anchor.starts_with("Tomcat_10.1.47_")));
    assert_eq!(report["again"], "tomee-harness gate --server tomcat:10.1.47 --config conf --nodes 3 -D 'route={node}'");
    let again = gate.reported(0, &arguments).await;
    assert_eq!(again["known"], report["known"], "nothing is run twice");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_failover_of_twice_the_time_is_claimed_with_its_interval() {
    let gate = Gate::of(&with_drop_time("6000"));
    gate.write("before", &with_drop_time("3000"));
    let report = gate.reported(0, &["--server", "tomcat:10.1.59", "--against", "before", "--pairs", "6"]).await;
    let changes = report["changes"].as_array().expect("measures");
    let claimed: Vec<&Value> = changes.iter().filter(|change| change["claimed"] == true).collect();
    assert!(claimed.iter().any(|change| change["measure"] == "eviction of a dead member"), "{changes:#?}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_side_against_itself_claims_nothing() {
    let gate = Gate::of(&with_drop_time("6000"));
    let report = gate.reported(0, &["--server", "tomcat:10.1.59", "--noise"]).await;
    let changes = report["changes"].as_array().expect("measures");
    assert!(!changes.is_empty() && changes.iter().all(|change| change["claimed"] == false), "{changes:#?}");
}

/// Without a detector nobody but the heartbeats tells that a member is dead.
fn with_drop_time(milliseconds: &str) -> String {
    server_xml(DELTA).replace("dropTime=\"3000\"", &format!("dropTime=\"{milliseconds}\"")).replace(DETECTOR, "")
}
