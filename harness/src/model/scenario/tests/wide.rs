//! Apps that come and go, nodes that differ, requests to any app, traffic, looks and logs.

use super::{refusals, two};
use crate::model::exchange::Capture;
use crate::model::plan::AppRequest;
use crate::model::scenario::{ClusterTable, RestartTable, Scenario, ScenarioFile, StepBuilder as Step, WaitWord};
use crate::model::step::Through;
use crate::model::{
    Container, Expect, FaultKind, Guarantee, JvmRoutes, Millis, NodeChanges, Ports, ReplicaFate, SendOptions, StepKind,
};

const WIDE: &str = r#"
name = "all that a scenario can say beside requests and faults"

[cluster]
nodes = 3
container = "engine"
lacks-farm-temp = true
jvm-routes = "equal"
ports = "documented"

[node.n3]
server = "tomcat:10.1.59"
jvm-args = ["-Dshop=3"]
send-options = "async"

[[step]]
deploy = "counter"
expect = { no-log = "OutOfMemoryError" }

[[step]]
traffic = "count"
client = "load"
clients = 4
on = "rotate"
every = "50ms"

[[step]]
deploy = "shop.war"
through = "copy"
version = "002"
slowly = "2s"

[[step]]
get = "/shop/login"
on = "n1"
capture = { token = { json = "/token" } }

[[step]]
post = "/shop/login"
on = "n1"
headers = { X-Token = "${token}" }
form = { user = "alice" }
expect = { status = 303, header = { Location = "/shop" }, sets-cookie = "JSESSIONID" }

[[step]]
end-traffic = "load"

[[step]]
request = "count"
on = "n1"
at = "/counter"

[[step]]
look = "n2"
at = "/counter"
within = "10s"
expect = { replica = "replica", count = 1, attributes = { count = 1 } }

[[step]]
kill = "n1"

[[step]]
restart = "n1"
with = { jvm-args = ["-Dshop=1"], war = "counter" }

[[step]]
wait = "log"
on = "n2"
contains = "Replication member added"

[[step]]
rolling-restart = "stop"

[[step]]
cold-restart = "stop"

[[step]]
deploy = "heavy-counter"
aged = "60m"
detach = true

[[step]]
wait = "deployed"
within = "5s"

[[step]]
undeploy = "/shop"
through = "copy"
"#;

#[test]
fn a_wide_scenario_is_described_step_by_step() {
    let scenario = Scenario::parse(WIDE.as_bytes()).unwrap_or_else(|error| panic!("{error} {:?}", error.help));
    insta::assert_snapshot!(scenario.explain(&two()).expect("prose"));
    let plan = scenario.plans(&two()).expect("plans").remove(0).plan;
    assert!(!plan.waits_for_the_peer(), "one node does not");
    assert_eq!(plan.log_texts(), ["Replication member added", "OutOfMemoryError"]);
    let stored = serde_json::to_string(&plan).expect("JSON");
    assert_eq!(serde_json::from_str::<crate::model::Plan>(&stored).expect("read again"), plan);
}

#[test]
fn what_a_wide_scenario_cannot_say_is_refused_at_its_place() {
    let step = |text: &str| {
        format!(
            "name = \"x\"\n[[step]]\ndeploy = \"counter\"\n[[step]]\nrequest = \"count\"\non = \"n1\"\n[[step]]\n{text}"
        )
    };
    let bad = [
        "name = \"x\"\n[node.n3]\njvm-args = []".to_owned(),
        "name = \"x\"\n[node.n2]\npeers = [\"n4\"]".to_owned(),
        "name = \"x\"\n[node.n2]\nservre = \"tomcat:9.0.117\"".to_owned(),
        "name = \"x\"\n[matrix]\nnodes = [2, 12]".to_owned(),
        step("deploy = \"counter\"\non = \"n2\""),
        step("deploy = \"counter\"\nversion = \"../2\""),
        step("deploy = \"counter\"\nthrough = \"scp\""),
        step("undeploy = \"/shop\""),
        step("undeploy = \"/counter\"\n[[step]]\nrequest = \"count\"\non = \"n1\""),
        step("get = \"/${token}\"\non = \"n1\""),
        step("get = \"/\"\non = \"n1\"\ncapture = { token = { jsn = \"/t\" } }"),
        step("get = \"/\"\non = \"n1\"\nform = { a = \"b\" }"),
        step("post = \"/\"\non = \"n1\"\nform = { a = \"b\" }\njson = { a = 1 }"),
        step("post = \"/\"\non = \"n1\"\nheaders = { \"a b\" = \"c\" }"),
        step("get = \"/\"\non = \"n1\"\nexpect = { replica = \"held\" }"),
        step("traffic = \"count\"\non = \"n1\""),
        step("traffic = \"count\"\non = \"n1\"\nevery = \"0s\""),
        step(
            "traffic = \"count\"\non = \"n1\"\nevery = \"1s\"\n[[step]]\ntraffic = \"read\"\non = \"n1\"\nevery = \"1s\"",
        ),
        step("end-traffic = \"load\""),
        step("look = \"n2\""),
        step("request = \"read\"\non = \"n1\"\nwithin = \"5s\""),
        step("look = \"n2\"\nexpect = { status = 200 }"),
        step("kill = \"n1\"\nexpect = { count = 1 }"),
        step("repeat = 2\nsteps = [{ kill = \"n1\" }]\nexpect = { log = \"a\" }"),
        step("kill = \"n1\"\n[[step]]\nrestart = \"n1\"\nwith = {}"),
        step("kill = \"n1\"\n[[step]]\nrestart = \"n1\"\nwith = { sever = \"tomcat:9.0.117\" }"),
        step("rolling-restart = \"pause\""),
        step("kill = \"n1\"\n[[step]]\nrolling-restart = \"stop\""),
        step("wait = \"log\"\non = \"n1\""),
        step("cold-restart = \"lose-host\""),
        step("cold-restart = \"stop\"\nwithin = \"1s\""),
        step("kill = \"n1\"\n[[step]]\ncold-restart = \"stop\""),
        step("kill = \"n1\"\n[[step]]\nundeploy = \"/counter\""),
        step("kill = \"n1\"\n[[step]]\ndeploy = \"counter\""),
        step("wait = \"deployed\""),
        step("deploy = \"counter\"\ndetach = true\n[[step]]\ndeploy = \"counter\"\n[[step]]\nwait = \"deployed\""),
        step("undeploy = \"/counter\"\ndetach = true"),
        step("deploy = \"counter\"\nslowly = \"1s\"\naged = \"60m\""),
        "name = \"x\"\n[cluster]\ncontainer = \"service\"".to_owned(),
        "name = \"x\"\n[cluster]\njvm-routes = \"n1\"".to_owned(),
    ];
    insta::assert_snapshot!(refusals(&bad));
}

#[test]
fn a_new_build_takes_the_place_of_the_app_at_its_context() {
    let replaced = |deploys: &str, with: &str| {
        let text = format!(
            "name = \"x\"\n{deploys}[[step]]\nkill = \"n1\"\n[[step]]\nrestart = \"n1\"\nwith = {{ {with} }}\n"
        );
        let scenario = Scenario::parse(text.as_bytes()).map_err(|error| {
            let at = error.span.clone().map(|span| text[span].to_owned()).unwrap_or_default();
            format!("{error} at {at}")
        })?;
        let plan = scenario.plans(&two()).expect("plans").remove(0).plan;
        match plan.steps.into_iter().find_map(|step| match step.kind {
            StepKind::Restart { app, .. } => app,
            _ => None,
        }) {
            Some((_, context)) => Ok(context.to_string()),
            None => Err("no app".to_owned()),
        }
    };
    let shop = "[[step]]\ndeploy = \"build-1/shop.war\"\n";
    let both = format!("{shop}[[step]]\ndeploy = \"counter\"\n");
    let elsewhere = "[[step]]\ndeploy = \"build-1/shop-1.0.war\"\nat = \"/shop\"\n";
    let new = "war = \"build-2/shop-1.1.war\"";
    assert_eq!(replaced(shop, new), Ok("/shop".to_owned()), "there is only one");
    assert_eq!(replaced(elsewhere, new), Ok("/shop".to_owned()));
    assert_eq!(replaced(&both, &format!("{new}, at = \"/shop\"")), Ok("/shop".to_owned()));
    assert_eq!(
        replaced(&both, new),
        Err("missing `at`: apps are deployed at /shop, /counter at \"build-2/shop-1.1.war\"".to_owned())
    );
    assert_eq!(
        replaced(shop, &format!("{new}, at = \"/other\"")),
        Err("no app is deployed at `/other` at this step at \"/other\"".to_owned())
    );
    assert_eq!(
        replaced(shop, "at = \"/shop\", jvm-args = [\"-Dx=1\"]"),
        Err("`at` is not valid without `war` at \"/shop\"".to_owned())
    );
    assert_eq!(
        replaced("", new),
        Err("no app is deployed at this step that could be replaced at \"build-2/shop-1.1.war\"".to_owned())
    );
}

#[test]
fn what_one_node_alone_is_given_is_not_due_everywhere() {
    let text = |on: &str| format!("name = \"x\"\n[[step]]\ndeploy = \"counter\"\nthrough = \"copy\"\n{on}");
    let plan =
        |on| Scenario::parse(text(on).as_bytes()).expect("it is valid").plans(&two()).expect("plans").remove(0).plan;
    let everywhere = Guarantee::DeployedEverywhere;
    assert!(plan("").guarantees.contains(&everywhere) && !plan("on = \"n1\"").guarantees.contains(&everywhere));
    let StepKind::Deploy { delivery, .. } = &plan("on = \"n1\"").steps[1].kind else { panic!("it deploys") };
    assert_eq!(delivery.through, Through::Copy);
}

#[test]
fn what_is_built_in_rust_is_what_a_file_says() {
    let text = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let third = NodeChanges {
        server: Some("tomcat:10.1.59".parse().expect("a server")),
        jvm_args: vec!["-Dshop=3".to_owned()],
        send_options: Some(SendOptions::ASYNC),
        ..NodeChanges::default()
    };
    let answer = Expect {
        status: Some(303),
        header: text(&[("Location", "/shop")]),
        sets_cookie: Some("JSESSIONID".to_owned()),
        ..Expect::default()
    };
    let replica = Expect {
        replica: Some(ReplicaFate::Replica),
        count: Some(1),
        attributes: [("count".to_owned(), 1.into())].into(),
        ..Expect::default()
    };
    let logs = Expect { no_log: Some("OutOfMemoryError".to_owned()), ..Expect::default() };
    let capture = [("token".to_owned(), Capture::json("/token"))];
    let mut with = RestartTable { jvm_args: vec!["-Dshop=1".to_owned()], ..RestartTable::default() };
    with.war = Some("counter".to_owned());
    let cluster = ClusterTable {
        container: Some(Container::Engine),
        lacks_farm_temp: true,
        jvm_routes: JvmRoutes::Equal,
        ports: Ports::Documented,
        ..ClusterTable::default()
    };
    let scenario = Scenario::builder("all that a scenario can say beside requests and faults")
        .cluster(cluster)
        .nodes(3)
        .node("n3", third)
        .step(Step::deploy("counter").expect(logs))
        .step(Step::traffic(AppRequest::Count).client("load").clients(4).on("rotate").every(Millis(50)))
        .step(Step::deploy("shop.war").through(Through::Copy).version("002").slowly(Millis(2000)))
        .step(Step::get("/shop/login").on("n1").capture(capture))
        .step(
            Step::post("/shop/login")
                .on("n1")
                .headers(text(&[("X-Token", "${token}")]))
                .form(text(&[("user", "alice")]))
                .expect(answer),
        )
        .step(Step::end_traffic("load"))
        .step(Step::request(AppRequest::Count).on("n1").at("/counter"))
        .step(Step::look("n2").within(Millis(10_000)).at("/counter").expect(replica))
        .step(Step::kill("n1"))
        .step(Step::restart("n1").with(with))
        .step(Step::wait(WaitWord::Log).on("n2").contains("Replication member added"))
        .step(Step::rolling_restart(FaultKind::Stop))
        .step(Step::cold_restart(FaultKind::Stop))
        .step(Step::deploy("heavy-counter").aged(Millis(3_600_000)).detach(true))
        .step(Step::wait(WaitWord::Deployed).within(Millis(5000)))
        .step(Step::undeploy("/shop").through(Through::Copy))
        .read()
        .expect("it is valid");
    let file = Scenario::parse(WIDE.as_bytes()).expect("it is valid");
    let plan = |scenario: &Scenario| scenario.plans(&two()).expect("plans").remove(0).plan;
    assert_eq!(plan(&scenario), plan(&file));
    let typo = Scenario::builder("x").step(Step::kill("N 1")).read().expect_err("no name");
    assert!(typo.message.contains("N 1"), "{typo}");
    let early = Scenario::builder("x").step(Step::request(AppRequest::Count).on("n1")).read().expect_err("no app");
    assert!(early.message.contains("no app is deployed"), "{early}");
}

#[test]
fn each_key_of_a_file_can_be_said_in_rust() {
    let schema = serde_json::to_value(schemars::schema_for!(ScenarioFile)).expect("JSON");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/model");
    let steps =
        fs_err::read_dir(format!("{folder}/step")).expect("a folder").map(|entry| entry.expect("a file").path());
    let files = steps.chain([format!("{folder}/scenario/repetition.rs").into()]);
    let source: String = files.map(|path| fs_err::read_to_string(path).expect("a source")).collect();
    let said = |key: &str| {
        let name = if key == "for" { "lasting".to_owned() } else { key.replace('-', "_") };
        // A line of a macro ends with a semicolon, a field with a comma.
        let is_said = |line: &str| line.starts_with(&format!("    {name}: ")) && line.ends_with(';');
        source.lines().any(is_said) || source.contains(&format!("pub fn {name}("))
    };
    let faults: Vec<String> = FaultKind::ALL.iter().map(ToString::to_string).collect();
    let keys = schema["$defs"]["StepTable"]["properties"].as_object().expect("the keys of a step");
    assert!(keys.len() > 30, "{keys:?}");
    let missing: Vec<_> = keys.keys().filter(|key| *key != "steps" && !faults.contains(key) && !said(key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_form_is_sent_by_a_client_that_has_got_a_page() {
    let refused = |steps: &str| {
        let text = format!("name = \"x\"\n[[step]]\ndeploy = \"shop.war\"\n{steps}");
        let error = Scenario::parse(text.as_bytes()).err()?;
        Some((error.message, error.span.map(|span| text[span].to_owned())))
    };
    let get = |client: &str| format!("[[step]]\nget = \"/shop/\"\non = \"n1\"\n{client}\n");
    let submit = "[[step]]\nsubmit = \"#login\"\non = \"n2\"\nclient = \"bob\"\n";
    let from = "[[step]]\npost = \"/shop/in\"\non = \"n2\"\nclient = \"bob\"\nform-from = \"form\"\n";
    for sends in [submit, from] {
        assert_eq!(refused(&(get("client = \"bob\"") + sends)), None);
        for before in [String::new(), get(""), get("client = \"bob\"\nclients = 2")] {
            let (message, at) = refused(&(before.clone() + sends)).expect(&before);
            assert!(message.contains("client `bob` has got no page yet"), "{before}: {message}");
            let place = if sends == submit { "\"#login\"" } else { "\"form\"" };
            assert_eq!(at.as_deref(), Some(place), "{before}");
        }
    }
    let one_of_them = get("client = \"bob\"\nclients = 2") + &submit.replace("\"bob\"", "\"bob-2\"");
    assert_eq!(refused(&one_of_them), None);
    let counter = "[[step]]\ndeploy = \"counter\"\n[[step]]\nrequest = \"count\"\non = \"n1\"\nclient = \"bob\"\n";
    assert!(refused(&format!("{counter}{submit}")).is_some(), "the counter gives no page");
}
