//! The lab by hand beyond its first steps: clusters of scenarios and of the user's own configuration, runs that are held,
//! several clusters, stored runs.

use serde_json::Value;

use crate::lab::Lab;

/// A scenario that fails where it expects something that is not so.
const FAILS: &str = "\
name = \"it fails\"
[cluster]
server = \"tomcat:10.1.59\"
[cluster.elements.delta-manager]
expire-sessions-on-shutdown = true
[[step]]
deploy = \"counter\"
[[step]]
request = \"count\"
on = \"n1\"
times = 2
[[step]]
request = \"count\"
on = \"n1\"
expect = { count = 7 }
[[step]]
kill = \"n1\"
";

#[test]
#[ignore = "slow: the full tier"]
fn full_a_run_that_fails_is_held_at_its_step_and_one_that_holds_is_not() {
    let lab = Lab::new();
    let file = |name: &str, text: &str| fs_err::write(lab.0.folder().join(name), text).expect("written");
    file("fails.toml", FAILS);
    file("holds.toml", &FAILS.replace("count = 7", "count = 3"));
    let ran = lab.done(&["run", "./holds.toml", "--runtime", "process", "--hold", "on-failure"]);
    assert!(ran.stdout.contains("holds"), "{ran}");
    assert!(lab.done(&["ps"]).stdout.contains("no cluster is up"));
    let ran = lab.run(&["run", "./fails.toml", "--runtime", "process", "--hold", "on-failure"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("held at step 3 of 4"), "{ran}");
    // The step that failed was the last one: nobody was killed.
    let status = lab.status();
    assert!(status["held"].as_str().expect("it is held").contains("step 3 of 4"), "{status}");
    assert_eq!(status["nodes"][0]["state"], "running");
    let manager = lab.done(&["jmx", "n1", "Catalina:type=Manager,context=/counter,*", "--json"]).json();
    let expires = &manager["beans"][0]["attributes"]["expireSessionsOnShutdown"];
    assert_eq!(*expires, Value::Bool(true), "the cluster is that of the scenario: {manager}");
    // It goes on by hand, and the recipe has both.
    lab.done(&["http", "n2", "/counter/"]);
    let recipe = lab.done(&["recipe"]).stdout;
    assert!(recipe.contains("expire-sessions-on-shutdown = true") && recipe.contains("count = 7"), "{recipe}");
    assert_eq!(lab.run(&["verdict"]).code, Some(1));
    let run = status["run"].as_str().expect("a run");
    let listed = lab.done(&["runs", "list", "--json"]).json();
    let all = listed["runs"].as_array().expect("runs");
    assert_eq!(all.len(), 2, "{listed}");
    assert_eq!((&all[0]["run"], &all[0]["is-live"]), (&Value::from(run), &Value::Bool(true)));
    assert_eq!(
        lab.done(&["runs", "prune", "--keep", "0", "--json"]).json()["removed"].as_array().map(Vec::len),
        Some(1)
    );
    lab.done(&["down"]);
    assert_eq!(lab.run(&["check", "latest"]).code, Some(1));
    lab.done(&["runs", "prune", "--keep", "0"]);
    assert!(lab.done(&["runs", "list"]).stdout.contains("there is no run"));
}

#[test]
#[ignore = "slow: the full tier"]
fn full_one_of_several_clusters_is_chosen_and_comes_from_a_scenario_or_from_files() {
    let lab = Lab::new();
    lab.up(&["kill-the-owner", "--name", "one"]);
    let status = lab.status();
    assert_eq!(status["nodes"][0]["apps"][0]["context"], "/counter", "its first steps deploy: {status}");
    let xml = lab.done(&["config", "n1", "--xml"]).stdout;
    let conf = lab.0.folder().join("conf");
    fs_err::create_dir_all(&conf).expect("made");
    fs_err::write(conf.join("server.xml"), own(&xml)).expect("written");
    lab.up(&["--config", "conf", "--name", "two", "--ports", "free"]);
    let several = lab.run(&["status"]);
    assert!(several.code == Some(2) && several.stderr.contains("attach"), "{several}");
    lab.done(&["attach", "two"]);
    let status = lab.status();
    assert_eq!(status["name"], "two", "{status}");
    assert_eq!((&status["nodes"][0]["members"][0], &status["nodes"][1]["members"][0]), (&"n2".into(), &"n1".into()));
    lab.done(&["http", "n1", "/counter/"]);
    lab.done(&["kill", "n1"]);
    assert!(lab.done(&["http", "n2", "/counter/"]).stdout.contains("\"count\":2"));
    assert_eq!(lab.done(&["verdict", "--json"]).json()["verdict"]["status"], "holds");
    lab.done(&["recipe", "--output", "own.toml"]);
    lab.done(&["down", "--name", "two"]);
    assert_eq!(lab.status()["name"], "one", "the only one that is left");
    lab.done(&["down"]);
    let again = lab.run(&["run", "./own.toml", "--config", "conf", "--runtime", "process", "--json"]);
    assert_eq!(again.json()["verdict"]["status"], "holds", "{again}");
}

/// A server.xml as a user has it, from one of ours: with Tomcat's own ports and multicast.
fn own(xml: &str) -> String {
    let begin = xml.find("<Cluster").expect("a cluster");
    let end = xml.find("</Cluster>").expect("its end") + "</Cluster>".len();
    let cluster = r#"<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="6">
          <Manager className="org.apache.catalina.ha.session.DeltaManager"/>
          <Channel className="org.apache.catalina.tribes.group.GroupChannel">
            <Membership className="org.apache.catalina.tribes.membership.McastService" address="228.0.0.4" port="45564" frequency="500" dropTime="3000"/>
            <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="auto" port="4000" autoBind="100"/>
            <Sender className="org.apache.catalina.tribes.transport.ReplicationTransmitter">
              <Transport className="org.apache.catalina.tribes.transport.nio.PooledParallelSender"/>
            </Sender>
            <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector"/>
            <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
          </Channel>
          <Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/>
          <Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/>
          <Deployer className="org.apache.catalina.ha.deploy.FarmWarDeployer" tempDir="temp/farm" deployDir="webapps" watchDir="watch" watchEnabled="true" processDeployFrequency="1"/>
        </Cluster>"#;
    format!("{}{cluster}{}", &xml[..begin], &xml[end..]).replace("jvmRoute=\"n1\"", "jvmRoute=\"${jvmRoute}\"")
}

#[test]
#[ignore = "slow: the full tier"]
fn full_sides_and_ways_are_cut_as_they_are_said() {
    let lab = Lab::new();
    lab.up(&["--nodes", "3", "--prepare", "partition"]);
    lab.done(&["http", "n1", "/counter/"]);
    assert_eq!(lab.run(&["partition", "n1,n2 / n4"]).code, Some(2));
    assert_eq!(lab.run(&["partition", "n1 / n3"]).code, Some(2), "n2 is on no side");
    assert_eq!(lab.run(&["drop-one-way", "n1", "n2"]).code, Some(2), "there are three");
    lab.done(&["partition", "n1,n2", "/", "n3"]);
    lab.done(&["wait", "--for", "members=0", "--on", "n3"]);
    lab.done(&["wait", "--for", "members=1", "--on", "n1"]);
    lab.done(&["heal"]);
    lab.done(&["wait", "--for", "members=2"]);
    lab.done(&["redeploy", "counter"]);
    assert_eq!(lab.run(&["redeploy", "cdi"]).code, Some(2), "it is not there");
}
