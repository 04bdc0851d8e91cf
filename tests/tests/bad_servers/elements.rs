//! What a scenario says of the servers' configuration: in effect, or judged where no server starts with it.

use integration_tests::Ran;

use super::{ONE_CLUSTER, Run, TOMCAT};

/// A scenario that does nothing but start two nodes, with these tables.
fn scenario(run: &Run, tables: &str) {
    let text = format!("name = \"x\"\nguarantees = [\"cluster-forms\"]\n{tables}\n");
    fs_err::write(run.path("scenario.toml"), text).expect("the test's own folder");
}

impl Run {
    async fn runs(&self, tables: &str) -> Ran {
        scenario(self, tables);
        self.ran(&[&TOMCAT[..], &["scenario.toml"]].concat()).await
    }

    /// The cluster does not form, and that is a violation in the server's words and no error.
    async fn does_not_form(&self, tables: &str, words: &[&str]) {
        let ran = self.runs(tables).await;
        self.ended(&ran, 1, &[&["VIOLATED  cluster-forms", "readiness of n"], words].concat()).await;
        let again = self.context.run(&["check", "out", "--json"]);
        assert_eq!((again.code, &again.json()["verdict"]), (Some(1), &self.verdict()), "check says {again}");
    }
}

#[tokio::test]
async fn a_receiver_on_every_address_with_static_members_is_judged_in_the_servers_words() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    run.does_not_form(
        "[cluster.elements.receiver]\naddress = \"0.0.0.0\"",
        &["There is no localMember in static member list"],
    )
    .await;
}

#[tokio::test]
async fn members_on_whose_ports_nobody_listens_are_judged_in_the_servers_words() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let member = |port: u16, id: u8| {
        format!("{{ host = \"127.0.0.1\", port = {port}, unique-id = \"{{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,{id}}}\" }}")
    };
    let tables = format!("[cluster.elements.static-membership]\nmembers = [{}, {}]", member(4998, 1), member(4999, 2));
    run.does_not_form(&tables, &["java.lang.IllegalStateException"]).await;
}

#[tokio::test]
async fn a_flag_of_the_scenario_that_the_jvm_refuses_is_judged() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    run.does_not_form(
        "[cluster]\njvm-args = [\"-XX:+NoSuchFlag\"]",
        &["ended with exit code 1; Unrecognized VM option 'NoSuchFlag'"],
    )
    .await;
}

#[tokio::test]
async fn a_node_that_does_not_come_back_with_what_its_restart_changes_is_judged() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    let tables = "[[step]]\nstop = \"n2\"\n[[step]]\nrestart = \"n2\"\nwith = { jvm-args = [\"-XX:+NoSuchFlag\"] }";
    run.does_not_form(tables, &["ended with exit code 1; Unrecognized VM option 'NoSuchFlag'"]).await;
}

/// The near miss of all of them.
#[tokio::test]
async fn receivers_on_ports_of_the_scenario_listen_there() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    // Free a moment ago, and below those that a run takes by itself.
    let free = || {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let (first, second) = (free(), free());
    let tables = format!(
        "[node.n1.elements.receiver]\nport = {first}\naddress = \"127.0.0.2\"\n[node.n2.elements.receiver]\nport = {second}"
    );
    let ran = run.runs(&tables).await;
    run.ended(&ran, 0, &["holds all 1 guarantees"]).await;
    let environment = fs_err::read_to_string(run.path("out/environment.json")).expect("written");
    let environment: serde_json::Value = serde_json::from_str(&environment).expect("JSON");
    let endpoints = &environment["endpoints"]["nodes"];
    assert_eq!(endpoints["n1"]["receiver-port"], first, "{endpoints}");
    assert_eq!(endpoints["n1"]["receiver-address"], "127.0.0.2", "{endpoints}");
    assert_eq!(endpoints["n2"]["receiver-port"], second, "{endpoints}");
    let xml = fs_err::read_to_string(run.path("out/nodes/n1/server.xml")).expect("written");
    assert!(xml.contains(&format!("port=\"{first}\"")), "{xml}");
}

#[tokio::test]
async fn a_stored_run_is_done_again_from_any_folder_when_the_apps_are_gone() {
    let _alone = ONE_CLUSTER.lock().await;
    let run = Run::on_processes();
    fs_err::create_dir_all(run.path("deep/build")).expect("the test's own folder");
    fs_err::rename(run.war("<distributable/>"), run.path("deep/build/shop.war")).expect("the test's own folder");
    let text = "name = \"x\"\n[[step]]\ndeploy = \"build/shop.war\"\n[[step]]\nget = \"/shop/index.html\"\non = \"n1\"\nexpect = { status = 200 }\n";
    fs_err::write(run.path("deep/scenario.toml"), text).expect("the test's own folder");
    let ran = run.ran(&[&TOMCAT[..], &["deep/scenario.toml"]].concat()).await;
    run.ended(&ran, 0, &["all 4 guarantees"]).await;
    let environment = fs_err::read_to_string(run.path("out/environment.json")).expect("written");
    let environment: serde_json::Value = serde_json::from_str(&environment).expect("JSON");
    assert_eq!(environment["files"][0]["kept"], "files/1/shop.war", "{environment}");
    fs_err::remove_dir_all(run.path("deep")).expect("the test's own folder");

    let again: Vec<String> = serde_json::from_value(environment["again"].clone()).expect("words");
    fs_err::create_dir(run.path("elsewhere")).expect("the test's own folder");
    let words: Vec<&str> = again.iter().skip(1).map(String::as_str).collect();
    let mut command = run.context.users(&words);
    command.current_dir(run.path("elsewhere"));
    let ran = tokio::task::spawn_blocking(move || Ran::of(&mut command)).await.expect("it does not panic");
    assert_eq!(ran.code, Some(0), "{again:?}: {ran}");
}
