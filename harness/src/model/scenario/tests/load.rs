//! Requests of many clients to any app: how many ask, how fast, and while the scenario goes on.

use super::{refusals, two};
use crate::model::exchange::{Capture, Method};
use crate::model::scenario::{Scenario, StepBuilder as Step, TrafficWord};
use crate::model::{Exchange, Guarantee, Load, Millis, Plan, StepKind};

const SHOP: &str = r#"
name = "the cart of each customer survives"

[[step]]
deploy = "shop.war"

[[step]]
get = "/shop/login"
client = "customer"
clients = 6
parallel = 3
on = "sticky"
capture = { token = { json = "/token" } }

[[step]]
post = "/shop/cart"
client = "customer"
clients = 4
parallel = 2
times = 5
every = "100ms"
on = "sticky"
headers = { X-Token = "${token}" }
form = { item = "book" }

[[step]]
get = "/shop/cart"
client = "customer-2"
times = 10
at-once = 5
on = "n1"
headers = { X-Token = "${token}" }

[[step]]
traffic = { post = "/shop/cart" }
client = "customer"
clients = 4
on = "sticky"
every = "50ms"
headers = { X-Token = "${token}" }
json = { item = "pen" }

[[step]]
kill = "n1"

[[step]]
get = "/shop/cart"
client = "customer"
clients = 6
on = "n2"
expect = { status = 200, each-answer-within = "1s" }
"#;

fn plan(scenario: &Scenario) -> Plan {
    scenario.plans(&two()).expect("plans").remove(0).plan
}

#[test]
fn many_clients_ask_any_app_and_go_on_while_a_node_dies() {
    let scenario = Scenario::parse(SHOP.as_bytes()).unwrap_or_else(|error| panic!("{error} {:?}", error.help));
    insta::assert_snapshot!(scenario.explain(&two()).expect("prose"));
    let plan = plan(&scenario);
    insta::assert_json_snapshot!(plan.steps);
    let stored = serde_json::to_string(&plan).expect("JSON");
    assert_eq!(serde_json::from_str::<Plan>(&stored).expect("read again"), plan);
    let asked: Vec<_> = plan.steps.iter().filter_map(|step| step.kind.clients()).map(|(_, count)| count).collect();
    assert_eq!(asked, [6, 4, 1, 6], "each of them is judged");
}

/// Whether the guarantees about sessions of any app are decided by default.
fn decides_any_app(steps: &[&str]) -> bool {
    let steps: String = steps.iter().map(|step| format!("[[step]]\n{step}\n")).collect();
    let text = format!("name = \"a\"\n[[step]]\ndeploy = \"shop.war\"\n{steps}");
    let scenario = Scenario::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error} {:?}", error.help));
    let guarantees = plan(&scenario).guarantees;
    Guarantee::ANY_APP.into_iter().all(|it| guarantees.contains(&it))
}

#[test]
fn an_app_of_ones_own_that_is_asked_while_or_after_a_node_dies_is_judged_by_default() {
    let traffic = "traffic = { get = \"/shop/cart\" }\nclient = \"load\"\non = \"rotate\"\nevery = \"50ms\"";
    let (kill, end) = ("kill = \"n1\"", "end-traffic = \"load\"");
    let get = "get = \"/shop/cart\"\non = \"rotate\"";
    assert!(decides_any_app(&[traffic, kill]), "the traffic goes on to the end of the run");
    assert!(decides_any_app(&[traffic, kill, end]));
    assert!(decides_any_app(&[get, kill, get]));
    assert!(decides_any_app(&[get, kill]), "the final read asks once more");
    assert!(!decides_any_app(&[traffic, end]), "nothing breaks");
    assert!(!decides_any_app(&[kill, "restart = \"n1\""]), "nobody asks");
    assert!(
        !decides_any_app(&["deploy = \"counter\"", "kill = \"n2\"", "request = \"count\"\non = \"n1\""]),
        "the counter has its own"
    );
}

#[test]
fn what_is_said_of_them_in_rust_is_what_a_file_says() {
    let token = [("X-Token".to_owned(), "${token}".to_owned())];
    let post = Step::post("/shop/cart").client("customer").clients(4).parallel(2).times(5).every(Millis(100));
    let traffic = Step::traffic(TrafficWord::post("/shop/cart")).client("customer").clients(4).every(Millis(50));
    let fast = crate::model::Expect {
        status: Some(200),
        each_answer_within: Some(Millis(1000)),
        ..crate::model::Expect::default()
    };
    let scenario = Scenario::builder("the cart of each customer survives")
        .step(Step::deploy("shop.war"))
        .step(
            Step::get("/shop/login")
                .client("customer")
                .clients(6)
                .parallel(3)
                .on("sticky")
                .capture([("token".to_owned(), Capture::json("/token"))]),
        )
        .step(post.on("sticky").headers(token.clone()).form([("item".to_owned(), "book".to_owned())]))
        .step(Step::get("/shop/cart").client("customer-2").times(10).at_once(5).on("n1").headers(token.clone()))
        .step(traffic.on("sticky").headers(token).json(serde_json::json!({ "item": "pen" })))
        .step(Step::kill("n1"))
        .step(Step::get("/shop/cart").client("customer").clients(6).on("n2").expect(fast))
        .read()
        .expect("it can be run");
    assert_eq!(plan(&scenario), plan(&Scenario::parse(SHOP.as_bytes()).expect("it can be run")));
}

#[test]
fn what_clients_of_any_app_cannot_do_is_refused_at_its_place() {
    let step = |text: &str| format!("name = \"x\"\n[[step]]\ndeploy = \"shop.war\"\n[[step]]\n{text}");
    let traffic = |text: &str| step(&format!("on = \"n1\"\nevery = \"1s\"\n{text}"));
    let login = "get = \"/shop/\"\non = \"n1\"\ncapture = { token = { json = \"/t\" } }";
    let uses = "get = \"/shop/${token}\"\non = \"n1\"";
    let bad = [
        step("get = \"/shop/\"\non = \"n1\"\nclients = 2\nparallel = 3"),
        step("get = \"/shop/\"\non = \"n1\"\ntimes = 2\nat-once = 3"),
        step("get = \"/shop/\"\non = \"n1\"\ntimes = 4\nat-once = 2\nevery = \"1s\""),
        step("get = \"/shop/\"\non = \"n1\"\nclients = 1001"),
        step(&format!("{login}\nclients = 2\n[[step]]\n{uses}\nclients = 3")),
        step(&format!("{login}\nclients = 2\n[[step]]\n{uses}")),
        step(&format!("{login}\n[[step]]\n{uses}\nclients = 2")),
        step("kill = \"n1\"\nclients = 2"),
        traffic("traffic = \"count\""),
        traffic("traffic = \"cuont\""),
        traffic("traffic = 3"),
        traffic("traffic = { get = \"shop\" }"),
        traffic("traffic = { gte = \"/shop/\" }"),
        traffic("traffic = { get = \"/shop/\", post = \"/shop/\" }"),
        traffic("traffic = { get = \"/shop/\" }\nform = { a = \"b\" }"),
        traffic("traffic = { get = \"/shop/\" }\nat = \"/shop\""),
        traffic("traffic = { get = \"/shop/\" }\nparallel = 2"),
        traffic("traffic = { get = \"/shop/${token}\" }"),
        traffic("traffic = \"count\"\nheaders = { X = \"y\" }"),
        step("traffic = { get = \"/shop/\" }\non = \"n1\""),
        step("traffic = { get = \"/shop/\" }\nevery = \"1s\""),
    ];
    insta::assert_snapshot!(refusals(&bad));
}

/// Plans as releases before this one stored them.
#[test]
fn requests_and_traffic_of_an_older_plan_are_read_as_of_one_client() {
    let http = r#"{"title":"t","do":"http","client":"alice","node":"n1","method":"POST","path":"/shop","times":3}"#;
    let step: crate::model::Step = serde_json::from_str(http).expect("it is read");
    let exchange = Exchange { method: Method::Post, ..Exchange::get("/shop") };
    let StepKind::Http { exchange: asked, load, .. } = &step.kind else { panic!("{step:?}") };
    let once = Load { times: 3, clients: 1, parallel: 1, at_once: 1, every: None };
    assert_eq!((asked, load), (&exchange, &once));
    assert_eq!(serde_json::to_string(&step).expect("JSON"), http, "and written as it was");
    let traffic = r#"{"title":"t","do":"traffic","client":"load","node":"sticky","context":"/counter","request":"count","clients":4,"every":50}"#;
    let read = serde_json::from_str::<crate::model::Step>(traffic)
        .or_else(|_| serde_json::from_str(&traffic.replace("\"every\":50", "\"every\":\"50ms\"")));
    assert!(matches!(read.expect("it is read").kind, StepKind::Traffic { clients: 4, .. }));
}
