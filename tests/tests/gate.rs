//! `gate`: a configuration of the user's own on real servers. Those on servers need Java and, for the first run of a
//! release, Maven's network.

#[path = "gate/claims.rs"]
mod claims;
#[path = "gate/own.rs"]
mod own;

use std::process::Command;

use camino::Utf8PathBuf;
use integration_tests::{Ran, TestContext};
use rstest::rstest;
use serde_json::Value;
use tokio::sync::Mutex;

/// One cluster at a time, under plain `cargo test` too: nextest has its own group for that.
static ONE_CLUSTER: Mutex<()> = Mutex::const_new(());

const SERVER: [&str; 2] = ["--server", "tomcat:10.1.59"];
const REPLICATION: &str = r#"<Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/>"#;
const RECEIVER: &str =
    r#"<Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="auto" port="4000"/>"#;

/// A shop's server.xml, as somebody may have written it.
fn server_xml(route: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- the shop's own -->
<Server port="8005" shutdown="SHUTDOWN">
  <Listener className="org.apache.catalina.core.ThreadLocalLeakPreventionListener"/>
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1" connectionTimeout="20000"/>
    <Engine name="Catalina" defaultHost="localhost" jvmRoute="{route}">
      <Host name="localhost" appBase="webapps">
        <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
          <Manager className="org.apache.catalina.ha.session.DeltaManager" expireSessionsOnShutdown="false" stateTransferTimeout="5"/>
          <Channel className="org.apache.catalina.tribes.group.GroupChannel">
            <Membership className="org.apache.catalina.tribes.membership.McastService" address="228.0.0.9" port="45569" frequency="500" dropTime="3000"/>
            {RECEIVER}
            <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector" performReadTest="true"/>
            <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
          </Channel>
          {REPLICATION}
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

/// Two nodes' files, each changed in its way.
struct Gate {
    context: TestContext,
}

impl Gate {
    /// `change` is given the number of the node and its file.
    fn of(change: impl Fn(usize, String) -> String) -> Self {
        let gate = Self { context: TestContext::new() };
        gate.write("", change);
        gate
    }

    fn write(&self, folder: &str, change: impl Fn(usize, String) -> String) {
        for (number, route) in [(1, "a"), (2, "b")] {
            let conf = self.path(&format!("{folder}n{number}"));
            fs_err::create_dir_all(&conf).expect("a folder");
            fs_err::write(conf.join("server.xml"), change(number, server_xml(route))).expect("written");
        }
    }

    fn path(&self, below: &str) -> Utf8PathBuf {
        self.context.folder().join(below)
    }

    fn ran(&self, more: &[&str]) -> Ran {
        let nodes = ["gate", "--config", "n1", "--node", "n2=n2", "--out", "out"];
        let server = if more.contains(&"--server") { &[] } else { &SERVER[..] };
        self.context.run(&[&nodes, server, more].concat())
    }

    /// The report of a gate that ends with this code.
    async fn reported(&self, code: i32, more: &[&str]) -> Value {
        let _one = ONE_CLUSTER.lock().await;
        let before = self.files();
        let ran = self.ran(&[&["--json", "--quiet"], more].concat());
        assert_eq!(ran.code, Some(code), "{ran}");
        assert_eq!(self.files(), before, "the user's files are only read");
        ran.json()
    }

    fn files(&self) -> Vec<String> {
        ["n1", "n2"].map(|node| fs_err::read_to_string(self.path(node).join("server.xml")).expect("there")).into()
    }
}

/// Why a gate is red or open.
fn because(report: &Value) -> String {
    report["because"].as_array().expect("reasons").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

/// How a guarantee stands in a run.
fn standing<'r>(report: &'r Value, run: &str, guarantee: &str) -> &'r str {
    let runs = report["side"]["runs"].as_array().expect("runs");
    let run = runs.iter().find(|one| one["name"] == run).unwrap_or_else(|| panic!("no {run}: {report:#}"));
    let tested = run["tested"].as_array().expect("guarantees");
    let tested = tested.iter().find(|one| one["guarantee"] == guarantee);
    tested.and_then(|one| one["status"].as_str()).unwrap_or_else(|| panic!("no {guarantee}: {run:#}"))
}

#[test]
fn the_smallest_change_is_shown_and_nothing_is_started() {
    let gate = Gate::of(|_, xml| xml);
    let ran = gate.ran(&["--show-transplant"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    insta::assert_snapshot!(gate.context.filtered(&ran.stdout));
    assert!(!gate.path("out").exists());
    let (old, new): (Vec<&str>, Vec<&str>) = (
        ran.stdout.lines().filter(|it| it.starts_with('-')).collect(),
        ran.stdout.lines().filter(|it| it.starts_with('+')).collect(),
    );
    assert_eq!((old.len(), new.len()), (10, 10), "four lines and the header of each node: {ran}");
}

#[test]
fn what_is_run_is_chosen_by_what_is_claimed() {
    let reasons = |gate: &Gate| {
        let ran = gate.ran(&["--plan", "--json"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        let runs = ran.json()["runs"].as_array().expect("runs").clone();
        runs.iter().map(|run| format!("{}: {}\n", run["run"], run["reason"])).collect::<String>()
    };
    insta::assert_snapshot!(reasons(&Gate::of(|_, xml| xml)), @r#"
    "failover": "DeltaManager on 2 nodes claims that the sessions of the counter app survive the end of a node"
    "control": "the same without <Cluster> must lose the session, or its survival proves nothing"
    "synchrony": "channelSendOptions 6 claims that a write waits for the peer"
    "#);
    let farm = r#"<Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" watchEnabled="true"
        tempDir="/tmp/war-temp/" deployDir="webapps" watchDir="/tmp/war-listen/"/></Cluster>"#;
    let other = Gate::of(|_, xml| {
        let xml = xml
            .replace("</Cluster>", farm)
            .replace("ha.session.DeltaManager\"", "ha.session.BackupManager\" mapSendOptions=\"8\"");
        xml.replace(" expireSessionsOnShutdown=\"false\" stateTransferTimeout=\"5\"", "")
    });
    insta::assert_snapshot!(reasons(&other), @r#"
    "failover": "BackupManager on 2 nodes claims that the sessions of the counter app, deployed through the farm, survive the end of a node"
    "control": "the same without <Cluster> must lose the session, or its survival proves nothing"
    "synchrony": "mapSendOptions 8 claims that a write does not wait for the peer"
    "#);
}

#[rstest]
#[case::nothing(&[], "required arguments were not provided")]
#[case::no_such_folder(&["--config", "nowhere"], "nowhere cannot be read")]
#[case::no_server_xml(&["--config", "empty"], "no server.xml found in empty")]
#[case::no_server(&["--config", "good"], "nothing says which server")]
#[case::half(&["--config", "half", "--server", "tomcat:10.1.59"], "the file ends inside <Service>")]
#[case::a_bomb(&["--config", "bomb", "--server", "tomcat:10.1.59"], "expands to too much")]
#[case::other_xml(&["--config", "context", "--server", "tomcat:10.1.59"], "the root element is <Context>, expected <Server>")]
#[case::too_many_members(&["--config", "three", "--nodes", "2", "--server", "tomcat:10.1.59"], "the lists name 3 members")]
#[case::too_many_nodes(&["--config", "good", "--node", "n3=good", "--nodes", "2", "--server", "tomcat:10.1.59"], "but 2 are run")]
#[case::no_node(&["--node", "n2=good", "--server", "tomcat:10.1.59"], "no configuration was given for n1")]
#[case::no_such_revision(&["--config", "good", "--against", "no-such", "--server", "tomcat:10.1.59"], "no-such")]
#[case::no_such_war(&["--config", "good", "--war", "no.war", "--server", "tomcat:10.1.59"], "no.war")]
#[case::no_such_jar(&["--config", "good", "--lib", "no.jar", "--server", "tomcat:10.1.59"], "there is no file no.jar")]
#[case::another_form(&["--config", "good", "--server", "tomcat:10.1.59", "--format", "sarif"], "only valid with lint")]
fn bad_input_is_refused_before_anything_starts(#[case] arguments: &[&str], #[case] why: &str) {
    let context = TestContext::new();
    let write = |folder: &str, xml: &str| {
        let folder = context.folder().join(folder);
        fs_err::create_dir_all(&folder).expect("a folder");
        fs_err::write(folder.join("server.xml"), xml).expect("written");
    };
    fs_err::create_dir_all(context.folder().join("empty")).expect("a folder");
    let good = server_xml("a");
    write("good", &good);
    write("half", &good[..good.find("<Engine").expect("an Engine")]);
    let doubled: String = (1..16).map(|at| format!("<!ENTITY a{at} \"&a{0};&a{0};&a{0};&a{0};\">", at - 1)).collect();
    write("bomb", &format!("<!DOCTYPE Server [<!ENTITY a0 \"x\">{doubled}]><Server port=\"&a15;\"/>"));
    write("context", "<Context/>");
    let member = |host: &str| {
        format!(r#"<Member className="org.apache.catalina.tribes.membership.StaticMember" host="{host}" port="4000"/>"#)
    };
    let list = format!(
        r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor">{}</Interceptor></Channel>"#,
        ["x", "y", "z"].map(member).concat()
    );
    write("three", &good.replace("</Channel>", &list));
    let ran = context.run(&[&["gate"], arguments].concat());
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains(why), "{ran}");
    assert!(!context.folder().join(".tomee-harness").exists(), "nothing was begun: {ran}");
}

#[test]
fn files_without_any_cluster_are_red_at_once() {
    let without = |xml: String| {
        let (begin, end) = (xml.find("<Cluster").expect("one"), xml.find("</Cluster>").expect("its end"));
        format!("{}{}", &xml[..begin], &xml[end + "</Cluster>".len()..])
    };
    let ran = Gate::of(|_, xml| without(xml)).ran(&["--quiet"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stdout.contains("no <Cluster> in the server.xml of n1, n2"), "{ran}");
    assert!(ran.stdout.contains("nothing was run"), "{ran}");
}

#[test]
fn a_gate_without_time_for_a_run_is_unknown_and_says_what_was_left_out() {
    let gate = Gate::of(|_, xml| xml);
    let ran = gate.ran(&[
        "--within", "1ms", "--format", "markdown", "--output", "gate.md", "--format", "junit", "--output", "gate.xml",
    ]);
    assert_eq!(ran.code, Some(3), "{ran}");
    for run in ["failover", "control", "synchrony"] {
        assert!(ran.stdout.contains(&format!("left out: {run}: the 1ms of --within were over")), "{ran}");
    }
    assert!(ran.stdout.contains("nothing was run"), "{ran}");
    let page = fs_err::read_to_string(gate.path("gate.md")).expect("a page");
    assert!(page.starts_with("## tomee-harness gate: unknown"), "{page}");
    let junit = fs_err::read_to_string(gate.path("gate.xml")).expect("a file");
    assert!(junit.contains("<error") && !junit.contains("errors=\"0\""), "{junit}");
}

#[test]
fn a_side_may_be_a_git_revision() {
    let gate = Gate::of(|_, xml| xml);
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(gate.context.folder()).args(["-c", "user.name=x", "-c", "user.email=x@example.org"]);
        let output = command.args(arguments).output().expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["init", "--quiet"]);
    git(&["add", "n1"]);
    git(&["commit", "--quiet", "--message", "first"]);
    let server = gate.path("n1/server.xml");
    let xml =
        fs_err::read_to_string(&server).expect("there").replace("channelSendOptions=\"6\"", "channelSendOptions=\"8\"");
    fs_err::write(&server, xml).expect("written");
    let ran = gate.context.run(&[&["gate", "--config", "n1", "--against", "HEAD", "--plan"][..], &SERVER].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    let (now, before) = ran.stdout.split_once("HEAD on tomcat:10.1.59").expect("two sides");
    assert!(now.contains("channelSendOptions 8 claims that a write does not wait for the peer"), "{ran}");
    assert!(before.contains("channelSendOptions 6 claims that a write waits for the peer"), "{ran}");
}

#[tokio::test]
async fn a_good_configuration_passes_and_the_control_run_loses_the_session() {
    let report = Gate::of(|_, xml| xml).reported(0, &[]).await;
    assert_eq!(because(&report), "");
    for guarantee in ["cluster-forms", "acknowledged-writes-survive", "identity-kept"] {
        assert_eq!(standing(&report, "failover", guarantee), "holds");
    }
    assert_eq!(standing(&report, "synchrony", "replication-waits"), "holds");
    assert_eq!(report["side"]["runs"][1]["role"], "control");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_route_that_is_removed_on_one_node_is_found() {
    let gate = Gate::of(|number, xml| if number == 2 { xml.replace(" jvmRoute=\"b\"", "") } else { xml });
    let report = gate.reported(1, &[]).await;
    assert_eq!(standing(&report, "failover", "identity-kept"), "violated");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_farm_that_deploys_elsewhere_than_in_the_app_base_is_found() {
    // As the farm's documentation prints it.
    let farm = |watches: bool| {
        format!(
            r#"<Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" tempDir="/tmp/war-temp/"
            deployDir="/tmp/war-deploy/" watchDir="/tmp/war-listen/" watchEnabled="{watches}"/></Cluster>"#
        )
    };
    let report = Gate::of(|number, xml| xml.replace("</Cluster>", &farm(number == 1))).reported(1, &[]).await;
    assert_eq!(standing(&report, "failover", "deployed-everywhere"), "violated");
    assert!(because(&report).contains("lint: C029 "), "{report:#}");
    assert!(report["side"]["lint"]["errors"][0].as_str().is_some_and(|line| line.starts_with("C029 ")), "{report:#}");
    // The same with the appBase, and its folders outside of CATALINA_BASE, too.
    let good = |number: usize, xml: String| {
        xml.replace("</Cluster>", &farm(number == 1)).replace("/tmp/war-deploy/", "webapps")
    };
    let report = Gate::of(good).reported(0, &[]).await;
    assert_eq!(standing(&report, "failover", "deployed-everywhere"), "holds");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_send_options_that_wait_no_more_are_a_lost_guarantee() {
    let gate = Gate::of(|_, xml| xml.replace("channelSendOptions=\"6\"", "channelSendOptions=\"8\""));
    gate.write("before/", |_, xml| xml);
    let arguments = ["gate", "--config", ".", "--against", "before", "--out", "out", "--json", "--quiet"];
    let _one = ONE_CLUSTER.lock().await;
    let ran = gate.context.run(&[&arguments, &SERVER[..]].concat());
    assert_eq!(ran.code, Some(1), "{ran}");
    let report = ran.json();
    let lost = report["lost"].as_array().expect("changes");
    let waits = lost.iter().find(|change| change["guarantee"] == "replication-waits").expect("it is lost");
    assert!(waits["before"].as_str().is_some_and(|text| text.contains("waited")), "{waits}");
    assert!(waits["now"].as_str().is_some_and(|text| text.contains("in spite of")), "{waits}");
    assert!(lost.iter().any(|change| change["guarantee"] == "acknowledged-writes-survive"), "{report:#}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_cluster_without_its_replication_valve_is_found() {
    // Another valve stands there, so that Tomcat adds none.
    let report = Gate::of(|_, xml| xml.replace(REPLICATION, "")).reported(1, &[]).await;
    assert_eq!(standing(&report, "failover", "acknowledged-writes-survive"), "violated");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_another_key_on_one_node_is_found() {
    let with_key = |number: usize, xml: String, keys: [&str; 2]| {
        let key = format!(
            r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.EncryptInterceptor" encryptionKey="{}"/><Interceptor"#,
            keys[number - 1]
        );
        xml.replacen("<Interceptor", &key, 1)
    };
    let (one, other) = ("cafebabedeadbeefcafebabedeadbeef", "0123456789abcdef0123456789abcdef");
    let report = Gate::of(|number, xml| with_key(number, xml, [one, other])).reported(1, &[]).await;
    assert_eq!(report["side"]["runs"][0]["status"], "violated", "{report:#}");
    let report = Gate::of(|number, xml| with_key(number, xml, [one, one])).reported(0, &[]).await;
    assert_eq!(because(&report), "");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_receiver_that_announces_all_interfaces_is_found() {
    let report = Gate::of(|_, xml| xml.replace("address=\"auto\"", "address=\"0.0.0.0\"")).reported(1, &[]).await;
    assert_eq!(standing(&report, "failover", "cluster-forms"), "violated");
    assert!(because(&report).contains("0.0.0.0"), "{report:#}");
}
