//! What only some configurations claim, and what a server makes of a file that claims more than it reads.

use serde_json::Value;

use super::{Gate, ONE_CLUSTER, REPLICATION, because, server_xml};

const BINDER: &str = r#"<Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/>"#;
const ACROSS: &str = r#"<Valve className="org.apache.catalina.ha.authenticator.ClusterSingleSignOn"/>"#;
const OF_NODE: &str = r#"<Valve className="org.apache.catalina.authenticator.SingleSignOn"/>"#;

fn status<'r>(report: &'r Value, run: &str) -> &'r str {
    let runs = report["side"]["runs"].as_array().expect("runs");
    let run = runs.iter().find(|one| one["name"] == run).unwrap_or_else(|| panic!("no {run}: {report:#}"));
    run["status"].as_str().expect("a status")
}

/// The status of one run, where nothing else is run: a gate that left out others is never green.
async fn only(gate: &Gate, run: &str, wanted: &str) -> Value {
    let code = if wanted == "violated" { 1 } else { 3 };
    let report = gate.reported(code, &["--only", run]).await;
    assert_eq!(status(&report, run), wanted, "{report:#}");
    report
}

/// In the Cluster of each node, or beside it.
fn with_valve(valve: &'static str, in_cluster: bool, nodes: &'static [usize]) -> Gate {
    Gate::of(move |number, xml| match (nodes.contains(&number), in_cluster) {
        (false, _) => xml,
        (true, true) => xml.replace(BINDER, &format!("{BINDER}{valve}")),
        (true, false) => xml.replace("</Host>", &format!("{valve}</Host>")),
    })
}

#[test]
fn what_is_claimed_beside_sessions_is_run_too() {
    let runs = |gate: &Gate, more: &[&str]| {
        let ran = gate.ran(&[&["--plan", "--json"], more].concat());
        assert_eq!(ran.code, Some(0), "{ran}");
        let runs = ran.json()["runs"].as_array().expect("runs").clone();
        let of = |run: &Value| (run["run"].as_str().unwrap_or_default().to_owned(), run["steps"].to_string());
        runs.iter()
            .map(of)
            .filter(|(name, _)| matches!(name.as_str(), "single-sign-on" | "versions"))
            .collect::<Vec<_>>()
    };
    assert!(runs(&Gate::of(|_, xml| xml), &[]).is_empty());
    let across = runs(&with_valve(ACROSS, true, &[2]), &[]);
    assert!(across.len() == 1 && across[0].1.contains("kill n1") && !across[0].1.contains("farm"), "{across:?}");
    let of_node = runs(&with_valve(OF_NODE, false, &[1, 2]), &[]);
    assert!(of_node.len() == 1 && !of_node[0].1.contains("kill n1"), "{of_node:?}");
    let versions = Gate::of(|_, xml| xml.replace("<Host ", "<Host undeployOldVersions=\"true\" "));
    assert_eq!(runs(&versions, &[])[0].0, "versions");
    let archive = Gate::of(|_, xml| xml);
    integration_tests::App::distributable().page("index.jsp", "out.print(1);").write(&archive.path("shop##7.war"));
    assert_eq!(runs(&archive, &["--war", "shop##7.war"])[0].0, "versions");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_single_sign_on_holds_where_it_is_claimed_and_in_effect() {
    only(&with_valve(ACROSS, true, &[1, 2]), "single-sign-on", "holds").await;
    let report = only(&with_valve(ACROSS, true, &[1]), "single-sign-on", "violated").await;
    assert!(because(&report).contains("single-sign-on: "), "{report:#}");
    only(&with_valve(OF_NODE, false, &[1, 2]), "single-sign-on", "holds").await;
    // A Cluster takes none but its own valves, and says nothing.
    let report = only(&with_valve(OF_NODE, true, &[1, 2]), "single-sign-on", "violated").await;
    let dropped = "n1 runs Valve className nothing, its files say org.apache.catalina.authenticator.SingleSignOn";
    assert!(because(&report).contains(dropped), "{report:#}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_versions_beside_each_other_keep_their_sessions_where_they_are_replicated() {
    let with = |more: fn(String) -> String| {
        Gate::of(move |_, xml| more(xml.replace("<Host ", "<Host undeployOldVersions=\"true\" ")))
    };
    only(&with(|xml| xml), "versions", "holds").await;
    only(&with(|xml| xml.replace(REPLICATION, "")), "versions", "violated").await;
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_node_with_another_key_is_named() {
    let with_keys = |keys: [&'static str; 2]| {
        Gate::of(move |number, xml| {
            let key = keys[number - 1];
            let interceptor = format!(
                r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.EncryptInterceptor" encryptionKey="{key}" encryptionAlgorithm="AES/GCM/NoPadding"/>
                <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector""#
            );
            let detector =
                r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector""#;
            xml.replace(detector, &interceptor).replace("stateTransferTimeout=\"5\"", "stateTransferTimeout=\"3\"")
        })
    };
    let (one, other) = ("cafebabedeadbeefcafebabedeadbeef", "0123456789abcdef0123456789abcdef");
    only(&with_keys([one, one]), "failover", "holds").await;
    let report = only(&with_keys([one, other]), "failover", "violated").await;
    let because = because(&report);
    assert!(because.contains("C020") && because.contains("n2"), "{report:#}");
    assert!(!report.to_string().contains(other), "a key is a secret: {report:#}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_cluster_that_stands_where_nothing_reads_it_is_found() {
    // As somebody may paste it: below the Service, and the server starts without a word of error.
    let gate = Gate::of(|number, xml| {
        let (begin, end) = (xml.find("<Cluster ").expect("a Cluster"), xml.find("</Host>").expect("its Host"));
        let moved = format!("{}</Engine>{}</Service></Server>", &xml[..begin].trim_end(), &xml[begin..end]);
        if number == 2 { moved.replace("</Engine>", "</Host></Engine>") } else { xml }
    });
    let report = only(&gate, "failover", "violated").await;
    let line =
        "n2 runs the Cluster in <Service> className nothing, its files say org.apache.catalina.ha.tcp.SimpleTcpCluster";
    assert!(because(&report).contains(line), "{report:#}");
    assert!(!because(&report).contains("n1 runs the Cluster"), "{report:#}");
    // An interceptor beside the Channel, and one attribute with a slip of the pen.
    let gate = Gate::of(|_, xml| {
        let stray =
            r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpPingInterceptor"/><Channel"#;
        xml.replace("<Channel", stray).replace("expireSessionsOnShutdown", "expireSessionOnShutdown")
    });
    let report = gate.reported(1, &["--only", "failover"]).await;
    assert_eq!(status(&report, "failover"), "holds", "{report:#}");
    assert!(because(&report).contains("n1 runs the Interceptor in <Cluster> className nothing"), "{report:#}");
    assert!(
        because(&report).contains("n1 runs Manager expireSessionOnShutdown nothing, its files say false"),
        "{report:#}"
    );
    // The same where they belong.
    let gate = Gate::of(|_, xml| {
        let stray = r#"<Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpPingInterceptor"/><Interceptor"#;
        xml.replacen("<Interceptor", stray, 1)
    });
    let report = only(&gate, "failover", "holds").await;
    assert!(!because(&report).contains("not as the files claim"), "{report:#}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_route_by_a_property_is_taken_by_tomcat_9_and_not_by_11() {
    for (server, taken) in [("tomcat:9.0.117", true), ("tomcat:11.0.24", false)] {
        let gate = Gate::of(|_, xml| xml);
        for (node, route) in [("n1", "a"), ("n2", "b")] {
            let base = gate.path(&format!("bases/{node}"));
            fs_err::create_dir_all(base.join("conf")).expect("a folder");
            fs_err::create_dir_all(base.join("bin")).expect("a folder");
            let xml = server_xml(route).replace(&format!(" jvmRoute=\"{route}\""), "");
            fs_err::write(base.join("conf/server.xml"), xml).expect("written");
            let script = format!("#!/bin/sh\nCATALINA_OPTS=\"$CATALINA_OPTS -DjvmRoute={route}\"\n");
            fs_err::write(base.join("bin/setenv.sh"), script).expect("written");
        }
        let _one = ONE_CLUSTER.lock().await;
        let arguments = [
            "gate", "--config", "bases", "--server", server, "--out", "out", "--json", "--quiet", "--only", "failover",
        ];
        let ran = gate.context.run(&arguments);
        assert_eq!(ran.code, Some(if taken { 3 } else { 1 }), "{ran}");
        let line = "n2 runs Engine jvmRoute nothing, its files say b";
        assert_eq!(because(&ran.json()).contains(line), !taken, "{ran}");
    }
}
