//! Plans that grow, and what the counter app is asked.

use super::*;
use crate::model::Topology;
use crate::model::scenario::StepBuilder;

fn plan(steps: &[Value]) -> Plan {
    let topology = Topology::of(2).expect("two nodes");
    let builder = steps.iter().fold(Scenario::builder("x"), |builder, step| {
        builder.step(StepBuilder::of_table(step.as_object().expect("an object").clone()))
    });
    builder.read().expect("good").plans(&topology).expect("plans").remove(0).plan
}

/// What was done for some steps stays what a plan of more steps begins with: so a plan can grow.
#[test]
fn the_plan_of_more_steps_begins_with_that_of_fewer() {
    let steps = [
        serde_json::json!({ "deploy": "counter" }),
        serde_json::json!({ "get": "/counter/count.jsp", "on": "n1" }),
        serde_json::json!({ "get": "/counter/count.jsp", "on": "n1", "client": "bob" }),
        serde_json::json!({ "pause": "n2", "for": "1s" }),
        serde_json::json!({ "kill": "n1" }),
        serde_json::json!({ "get": "/counter/count.jsp", "on": "n2" }),
        serde_json::json!({ "restart": "n1" }),
        serde_json::json!({ "undeploy": "/counter" }),
    ];
    let mut before: Vec<Step> = vec![];
    for count in 0..=steps.len() {
        let plan = plan(&steps[..count]);
        let now = &plan.steps[..due(&plan)];
        assert_eq!(now[..before.len()], before[..], "{count}");
        assert!(now.len() > before.len(), "{count}");
        before = now.to_vec();
    }
}

#[test]
fn a_plain_get_of_the_counter_is_the_request_that_it_is_and_no_other_step_is_changed() {
    let context = |path: &str| ContextPath::new(path).expect("a path");
    let apps = [(context("/counter"), App::Counter), (context("/shop"), App::War("shop.war".into()))];
    let asked = |json: Value| {
        let table = json.as_object().expect("an object").clone();
        let read = counter_request(&table, &apps);
        (read != table).then_some(Value::Object(read))
    };
    let of = |request: &str| serde_json::json!({ "request": request, "at": "/counter", "on": "n1" });
    for (path, request) in
        [("/counter/", "count"), ("/counter/count.jsp", "count"), ("/counter/change-id.jsp", "change-id")]
    {
        assert_eq!(asked(serde_json::json!({ "get": path, "on": "n1" })), Some(of(request)), "{path}");
    }
    for other in ["/counter/other.jsp", "/counter", "/counter/count.jsp?x=1", "/shop/count.jsp", "/elsewhere"] {
        assert_eq!(asked(serde_json::json!({ "get": other, "on": "n1" })), None, "{other}");
    }
    assert_eq!(asked(serde_json::json!({ "get": "/counter/", "on": "n1", "headers": { "X": "y" } })), None);
    assert_eq!(asked(serde_json::json!({ "kill": "n1" })), None);
}
