//! Scenarios without a server: listed, explained, written, refused.

use integration_tests::TestContext;

use super::write;

/// An installed server with this server.xml, as far as it is looked at before it runs.
fn installed(context: &TestContext, server_xml: &str) {
    let home = context.folder().join("tomcat");
    for (file, content) in [("bin/bootstrap.jar", ""), ("lib/catalina.jar", ""), ("conf/server.xml", server_xml)] {
        let path = home.join(file);
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
        write(&path, content);
    }
}

#[test]
fn an_installed_servers_own_configuration_is_said_to_be_unused() {
    let context = TestContext::new();
    let own = r#"<Server port="8005" shutdown="SHUTDOWN">
  <Service name="Catalina">
    <Connector port="9090" protocol="HTTP/1.1"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="8"/>
    </Engine>
  </Service>
</Server>"#;
    installed(&context, own);
    let run = ["run", "--server", "./tomcat", "--dry-run", "--quiet"];
    let warned = context.run(&run);
    assert_eq!(warned.code, Some(0), "{warned}");
    insta::assert_snapshot!(context.filtered(&warned.stderr));
    // The near miss.
    installed(&context, "<Server port=\"8005\" shutdown=\"SHUTDOWN\"><Service name=\"Catalina\"/></Server>");
    let silent = context.run(&run);
    assert_eq!((silent.code, silent.stderr.as_str()), (Some(0), ""), "{silent}");
}

/// The near miss: the archive is beside the scenario, wherever it is run from.
#[test]
fn a_dry_run_finds_an_app_beside_its_scenario() {
    let context = TestContext::new();
    fs_err::create_dir_all(context.folder().join("apps/build")).expect("made");
    let mut war = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    war.start_file("index.html", zip::write::SimpleFileOptions::default()).expect("an entry");
    let war = war.finish().expect("memory takes it").into_inner();
    fs_err::write(context.folder().join("apps/build/shop.war"), war).expect("written");
    write(&context.folder().join("apps/scenario.toml"), "name = \"x\"\n[[step]]\ndeploy = \"build/shop.war\"\n");
    let here = context.run(&["run", "apps/scenario.toml", "--dry-run"]);
    assert_eq!(here.code, Some(0), "{here}");
    let mut command = context.command(&["run", "./scenario.toml", "--dry-run"]);
    let there = integration_tests::Ran::of(command.current_dir(context.folder().join("apps")));
    assert_eq!(there.code, Some(0), "{there}");
    assert!(there.stdout.contains("deploy build/shop.war at /shop"), "{there}");
}

#[test]
fn scenarios_are_listed_explained_written_and_checked_without_a_server() {
    let context = TestContext::new();
    let listed = context.run(&["list", "--json"]).json();
    let names: Vec<&str> =
        listed["scenarios"].as_array().expect("a list").iter().filter_map(|it| it["scenario"].as_str()).collect();
    assert!(names.contains(&"failover/kill-the-owner") && names.contains(&"negative/no-distributable"), "{names:?}");
    insta::assert_snapshot!("explain_kill_the_owner", context.printed(&["explain", "kill-the-owner"]));

    let written = context.run(&["new", "mine.toml"]);
    assert_eq!(written.code, Some(0), "{written}");
    let again = context.run(&["new", "mine.toml"]);
    assert_eq!(again.code, Some(2), "what is there is not written over: {again}");
    let dry = ["run", "mine.toml", "--set", "nodes=3", "--dry-run"];
    insta::assert_snapshot!("dry_run_of_the_template", context.printed(&dry));
    assert!(!context.folder().join(".tomee-harness").exists(), "a dry run leaves nothing");
}

#[test]
fn scenarios_that_cannot_be_run_are_refused_before_anything_starts() {
    let context = TestContext::new();
    let folder = context.folder();
    write(
        &folder.join("typo.toml"),
        "name = \"x\"\n\n[[step]]\ndeploy = \"counter\"\n\n[[step]]\nrequest = \"count\"\nonn = \"n1\"\n",
    );
    write(&folder.join("ghost.toml"), "name = \"x\"\n\n[[step]]\ndeploy = \"counter\"\n\n[[step]]\nkill = \"n3\"\n");
    write(
        &folder.join("host.toml"),
        "name = \"x\"\n\n[[step]]\ndeploy = \"counter\"\n\n[[step]]\nfill-disk = \"n1\"\n",
    );
    fs_err::create_dir_all(folder.join("apps/build")).expect("made");
    write(&folder.join("apps/none.toml"), "name = \"x\"\n\n[[step]]\ndeploy = \"build/none.war\"\n");
    write(&folder.join("apps/text.toml"), "name = \"x\"\n\n[[step]]\ndeploy = \"build/text.war\"\n");
    write(&folder.join("apps/build/text.war"), "no archive");
    write(&folder.join("port.toml"), "name = \"x\"\n\n[cluster.elements.receiver]\nport = 4100\n");
    write(&folder.join("unused.toml"), "name = \"x\"\n\n[cluster.elements.backup-manager]\nrpc-timeout = 1000\n");
    fs_err::write(folder.join("bytes.toml"), [0xff, 0xfe, 0x00]).expect("written");
    fs_err::create_dir(folder.join("empty")).expect("made");
    let all = [
        vec!["run", "typo.toml"],
        vec!["run", "ghost.toml", "--dry-run"],
        vec!["run", "ghost.toml", "--set", "nodes=9"],
        vec!["run", "ghost.toml", "--set", "node=3"],
        vec!["run", "ghost.toml", "--set", "nodes"],
        vec!["run", "host.toml", "--runtime", "process"],
        vec!["run", "apps/none.toml", "--dry-run"],
        vec!["run", "apps/text.toml", "--dry-run"],
        vec!["run", "port.toml", "--dry-run"],
        vec!["run", "unused.toml", "--dry-run"],
        vec!["run", "--jvm-arg=-Dcatalina.base=/x"],
        vec!["run", "bytes.toml"],
        vec!["run", "empty/"],
        vec!["run", "nowhere.toml"],
        vec!["run", "nonsense"],
        vec!["run", "failover", "--war", "shop.war"],
        vec!["run", "--set", "nodes=3"],
        vec!["explain", "nonsense"],
        vec!["explain", "kill-the-ower"],
        vec!["list", "failovr"],
        vec!["run", "failover/kil-the-owner", "--dry-run"],
    ];
    let texts = all.iter().map(|arguments| {
        let ran = context.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        format!("$ tomee-harness {}\n{}", arguments.join(" "), context.filtered(&ran.stderr))
    });
    insta::assert_snapshot!(texts.collect::<Vec<_>>().join("\n"));
}

#[test]
fn runs_that_a_runtime_does_not_support_are_named_and_may_be_skipped() {
    let context = TestContext::new();
    let wanted = ["run", "kill-the-owner", "slow-replica", "--runtime", "process", "--dry-run"];
    let refused = context.run(&wanted);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused}");
    assert!(refused.stderr.contains("error: 2 of 4 runs are not supported by the runtime"), "{refused}");
    assert_eq!(refused.stderr.matches("  | host/slow-replica [manager=").count(), 2, "{refused}");
    assert!(refused.stderr.contains("hint: --skip-unsupported"), "{refused}");

    let skipped = context.run(&[&wanted[..], &["--skip-unsupported"]].concat());
    assert_eq!(skipped.code, Some(3), "{skipped}");
    assert_eq!(skipped.stdout.matches("\nskipped     host/slow-replica [manager=").count(), 2, "{skipped}");
    assert!(skipped.stdout.starts_with("failover/kill-the-owner ["), "{skipped}");

    let alone = context.run(&["run", "slow-replica", "--runtime", "process", "--skip-unsupported", "--dry-run"]);
    assert_eq!(alone.code, Some(2), "nothing is left to run: {alone}");
}

#[test]
fn what_prints_text_prints_json_where_it_is_asked_for() {
    let context = TestContext::new();
    let explained = context.run(&["explain", "failover/kill-the-owner", "--json"]).json();
    assert_eq!(explained["scenarios"][0]["scenario"], "failover/kill-the-owner");
    assert!(explained["scenarios"][0]["text"].as_str().is_some_and(|text| text.contains("Catalogue")), "{explained}");
    assert_eq!(context.run(&["new", "mine.toml", "--json"]).json()["file"], "mine.toml");
    let dry = context.run(&["run", "mine.toml", "--dry-run", "--json"]).json();
    assert!(dry["runs"][0]["steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{dry}");
    let script = context.run(&["completions", "bash", "--json"]).json();
    assert!(script["script"].as_str().is_some_and(|script| script.contains("tomee-harness")), "{script}");
}

#[test]
fn the_scenarios_of_a_folder_are_explained_each_under_its_name() {
    let all = TestContext::new().run(&["explain", "failover/"]);
    assert_eq!(all.code, Some(0), "{all}");
    let names = all.stdout.lines().filter(|line| line.starts_with("== failover/") && line.ends_with(" ==")).count();
    assert!(names > 10, "{all}");
}
