//! What the probe reports of apps that are not ours, on real servers, each node a process. Needs Java with its compiler, and
//! for the first run of a release Maven's network.

#[path = "any_app/replaced.rs"]
mod replaced;
#[path = "any_app/values.rs"]
mod values;

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8Path;
use integration_tests::{App, MainJob, TestContext};
use serde_json::Value;
use tomee_harness::Cluster;
use tomee_harness::config::farm_folders;
use tomee_harness::history::{NodeObservation, NodeState};
use tomee_harness::model::{ContextPath, NodeName, ServerSpec};
use tomee_harness::runtime::NodeFile;
use tomee_harness::tomcat::distribution::{Caches, Distribution, Maven, Quiet};
use tomee_harness::tomcat::war::War;

use self::values::{CART, values};

const MINUTE: Duration = Duration::from_mins(1);

/// Runs a scenario beside these apps, each at the path of its name.
async fn run(scenario: &str, apps: &[(&str, App)], arguments: &[&str]) -> MainJob {
    let context = TestContext::new();
    for (name, app) in apps {
        app.write(&context.folder().join(name));
    }
    let file = context.folder().join("scenario.toml");
    fs_err::write(&file, scenario).expect("written");
    MainJob::run_in(context, &[&[file.as_str(), "--runtime", "process"], arguments].concat()).await
}

/// The records of a run's history.
fn history(job: &MainJob) -> Vec<Value> {
    let text = fs_err::read_to_string(job.context().folder().join("out/history.jsonl")).expect("a run has a history");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// What the last look at each node that showed a context said of it.
fn last_looks(job: &MainJob, path: &str) -> BTreeMap<String, Value> {
    let mut looks = BTreeMap::new();
    for record in history(job).into_iter().filter(|record| record["record"] == "observe") {
        let contexts = record["state"]["contexts"].as_array().cloned().unwrap_or_default();
        if let Some(context) = contexts.into_iter().find(|context| context["path"] == path) {
            looks.insert(record["node"].as_str().expect("a name").to_owned(), context);
        }
    }
    looks
}

/// The attributes of the only session of a context.
fn attributes(context: &Value) -> serde_json::Map<String, Value> {
    let sessions = context["sessions"].as_array().expect("sessions");
    assert_eq!(sessions.len(), 1, "{context}");
    sessions[0]["attributes"].as_object().expect("attributes").clone()
}

const SCENARIO: &str = r#"
name = "values"
guarantees = ["cluster-forms"]
[[step]]
deploy = "values.war"
[[step]]
get = "/values/set.jsp"
on = "n1"
[[step]]
observe = "/values"
"#;

/// Each value has the same digest on both nodes, but those that an app changed in place where it has them.
async fn values_of(server: &str, manager: &str) {
    let arguments = ["--server", server, "--manager", manager];
    let job = run(SCENARIO, &[("values.war", values(server))], &arguments).await;
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    let looks = last_looks(&job, "/values");
    let (one, two) = (attributes(&looks["n1"]), attributes(&looks["n2"]));
    assert!(one.len() > 40, "{one:?}");
    for (name, value) in &one {
        if name == "restless" {
            assert_eq!(value["undecidable"], "shop.Cart$Restless serialises otherwise each time", "{value}");
            continue;
        }
        assert!(value["sha256"].is_string(), "{name}: {value}");
        assert!(value["bytes"].as_u64() > Some(0), "{name}: {value}");
        assert_eq!(value["sha256"], two[name]["sha256"], "{name}: {value} {}", two[name]);
    }
    let digests: std::collections::BTreeSet<_> = one.values().map(|value| value["sha256"].to_string()).collect();
    assert_eq!(digests.len(), one.len(), "each is another value");
    let changed =
        format!("{SCENARIO}[[step]]\nget = \"/values/change.jsp\"\non = \"n1\"\n[[step]]\nobserve = \"/values\"\n");
    let job = run(&changed, &[("values.war", values(server))], &arguments).await;
    let looks = last_looks(&job, "/values");
    let (one, two) = (attributes(&looks["n1"]), attributes(&looks["n2"]));
    let differ: Vec<_> = one.keys().filter(|name| one[*name]["sha256"] != two[*name]["sha256"]).collect();
    assert_eq!(
        differ,
        ["bytes", "cart", "holder", "kinds", "linked", "list", "map", "unmodifiable", "watch-own"],
        "of the cart that it watches the attribute tells"
    );
}

#[tokio::test]
async fn a_value_has_one_digest_on_both_nodes_of_tomee_9_and_another_one_where_it_was_changed_in_place() {
    values_of("tomee:9.0.0", "delta").await;
}

#[tokio::test]
async fn a_value_has_one_digest_on_both_nodes_of_tomcat_11_with_the_backup_manager() {
    values_of("tomcat:11.0.24", "backup").await;
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_value_has_one_digest_on_both_nodes_of_tomee_8() {
    values_of("tomee:8.0.13", "delta").await;
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_value_has_one_digest_on_both_nodes_of_tomcat_9_with_the_backup_manager() {
    values_of("tomcat:9.0.117", "backup").await;
}

#[tokio::test]
#[ignore = "slow: the full tier"]
async fn full_a_value_has_one_digest_on_both_nodes_of_tomcat_10_1() {
    values_of("tomcat:10.1.59", "delta").await;
}

/// What cannot be serialised is named before any node dies, with the fields that lead to it; what is transient is not.
#[tokio::test]
async fn a_value_that_cannot_be_serialised_is_named_with_the_path_of_fields() {
    let set = r#"
      Map<String, Object> deep = new HashMap<String, Object>(); deep.put("secret", Arrays.asList(1, new Object[] {null, new Thread()}));
      request.getSession().setAttribute("cart", shop.Cart.of(5, new Object()));
      request.getSession().setAttribute("deep", deep);
      request.getSession().setAttribute("good", shop.Cart.of(5, "gift"));
    "#;
    let app = App::distributable().page("set.jsp", set).classes("8", CART);
    let scenario = SCENARIO.replace("set.jsp\"", "set.jsp\"\nexpect = { status = 500 }").replace("values", "shop");
    let job = run(&scenario, &[("shop.war", app)], &[]).await;
    let own = attributes(&last_looks(&job, "/shop")["n1"]);
    assert_eq!(
        own["cart"]["unserialisable"],
        "java.io.NotSerializableException: java.lang.Object (at cart.lines[2].product)"
    );
    assert_eq!(
        own["deep"]["unserialisable"],
        "java.io.NotSerializableException: java.lang.Thread (at deep.values()[0][1][1])"
    );
    assert!(own["cart"]["sha256"].is_null() && own["good"]["sha256"].is_string(), "{own:?}");
    let logs = history(&job).into_iter().filter(|record| record["record"] == "log");
    let said: Vec<_> =
        logs.filter(|line| line["class"] == "serialisation-failed").map(|line| line["message"].to_string()).collect();
    assert!(said.iter().any(|line| line.contains("NotSerializableException: java.lang.Object")), "{said:?}");
}

#[tokio::test]
async fn what_the_managers_filters_keep_back_is_named() {
    let set = r#"
      request.getSession().setAttribute("shop.cart", "a"); request.getSession().setAttribute("other", "b");
      request.getSession().setAttribute("shop.date", new Date(1));
    "#;
    let filters = "[cluster.elements.delta-manager]\nsession-attribute-name-filter = \"shop[.].*\"\n\
                   session-attribute-value-class-name-filter = \"java[.]lang[.].*\"\n[[step]]";
    let scenario = SCENARIO.replace("values", "shop").replacen("[[step]]", filters, 1);
    let job = run(&scenario, &[("shop.war", App::distributable().page("set.jsp", set))], &[]).await;
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    let looks = last_looks(&job, "/shop");
    let (own, peer) = (attributes(&looks["n1"]), attributes(&looks["n2"]));
    let excluded: Vec<_> = own.iter().filter(|(_, value)| value["excluded"] == true).map(|(name, _)| name).collect();
    assert_eq!(excluded, ["other", "shop.date"]);
    assert_eq!(peer.keys().collect::<Vec<_>>(), ["shop.cart"]);
}

/// The cookie's name and path are the server's; so is the route, which no configuration of ours has here.
#[tokio::test]
async fn the_session_cookie_and_the_route_are_those_of_the_running_servers() {
    let count = r#"
      Integer n = (Integer) request.getSession().getAttribute("n"); n = n == null ? 1 : n + 1;
      request.getSession().setAttribute("n", n); out.print("n=" + n);
    "#;
    let named = r#"<web-app version="3.1" xmlns="http://xmlns.jcp.org/xml/ns/javaee"><distributable/><session-config>
      <cookie-config><name>SHOPID</name></cookie-config></session-config></web-app>"#;
    let shop = App::default().file("WEB-INF/web.xml", named).page("count.jsp", count);
    let wide = App::distributable()
        .page("count.jsp", count)
        .file("META-INF/context.xml", r#"<Context sessionCookiePath="/"/>"#);
    let scenario = r#"
name = "a cookie of its own"
guarantees = ["cluster-forms"]
[cluster]
jvm-routes = "none"
[node.n1]
jvm-args = ["-DjvmRoute=east"]
[node.n2]
jvm-args = ["-DjvmRoute=west"]
[[step]]
deploy = "shop.war"
[[step]]
deploy = "wide.war"
[[step]]
get = "/shop/count.jsp"
on = "n2"
times = 2
[[step]]
get = "/shop/count.jsp"
on = "sticky"
expect = { body = "n=3" }
[[step]]
kill = "owner"
client = "alice"
[[step]]
get = "/shop/count.jsp"
on = "n1"
expect = { body = "n=4" }
"#;
    let job = run(scenario, &[("shop.war", shop), ("wide.war", wide)], &["--server", "tomee:9.0.0"]).await;
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    let looks = last_looks(&job, "/shop");
    assert_eq!(looks["n1"]["cookie"], serde_json::json!({"name": "SHOPID", "path": "/shop"}));
    assert_eq!(last_looks(&job, "/wide")["n1"]["cookie"], serde_json::json!({"name": "JSESSIONID", "path": "/"}));
    let records = history(&job);
    let routes: BTreeMap<_, _> = records
        .iter()
        .filter(|record| record["record"] == "observe" && !record["state"].is_null())
        .map(|record| (record["node"].to_string(), record["state"]["engine"]["jvm-route"].to_string()))
        .collect();
    assert_eq!(routes["\"n1\""], "\"east\"");
    assert_eq!(routes["\"n2\""], "\"west\"");
    let asked: Vec<_> = records.iter().filter(|record| record["record"] == "invoke").collect();
    let sent: Vec<_> = asked.iter().map(|record| record["session"].as_str().unwrap_or("none")).collect();
    assert_eq!(sent[0], "none");
    assert!(sent[1..].iter().all(|id| id.ends_with(".west")), "{sent:?}");
    assert_eq!(asked[2]["node"], "n2", "sticky goes by the route that the node has");
    let killed = records.iter().find(|record| record["record"] == "fault").expect("a kill");
    assert_eq!(killed["node"], "n2");
    let renamed = records.iter().rfind(|record| record["record"] == "complete").expect("an answer");
    let set = renamed["reply"]["set-cookie"][0].as_str().expect("a cookie");
    assert!(set.starts_with("SHOPID=") && set.contains(".east;"), "{set}");
}

/// Why the sessions of an app stay on one node, and of its near miss that they do not.
async fn reasons_on(server: &str) {
    let page = |app: App| app.page("a.jsp", "out.print(1);");
    let web = |text: &str| {
        page(App::default().file(
            "WEB-INF/web.xml",
            format!("<web-app version=\"3.1\" xmlns=\"http://xmlns.jcp.org/xml/ns/javaee\">{text}</web-app>"),
        ))
    };
    let jar = |name: &str, text: &str| {
        let fragment = format!(
            "<web-fragment version=\"3.1\" xmlns=\"http://xmlns.jcp.org/xml/ns/javaee\"><name>{name}</name>{text}</web-fragment>"
        );
        App::default().file("META-INF/web-fragment.xml", fragment).pack()
    };
    let says = "<distributable/>";
    let apps = [
        ("bare.war", page(App::default()), Some("the app has no WEB-INF/web.xml, and so no <distributable/>")),
        ("silent.war", web(""), Some("/WEB-INF/web.xml has no <distributable/>")),
        (
            "jar.war",
            web(says).file("WEB-INF/lib/a.jar", jar("a", says)).file("WEB-INF/lib/b.jar", jar("b", "")),
            Some(
                "META-INF/web-fragment.xml in /WEB-INF/lib/b.jar has no <distributable/>, which takes it from the whole app",
            ),
        ),
        ("complete.war", page(App::distributable()).file("WEB-INF/lib/b.jar", jar("b", "")), None),
        ("ordered.war", web(&format!("{says}<absolute-ordering/>")).file("WEB-INF/lib/b.jar", jar("b", "")), None),
        (
            "manager.war",
            web(says).file("META-INF/context.xml", "<Context><Manager/></Context>"),
            Some(
                "the <Manager> in META-INF/context.xml names no className, and so is org.apache.catalina.session.StandardManager, which does not replicate",
            ),
        ),
        (
            "hopeful.war",
            web("").file("META-INF/context.xml", r#"<Context distributable="true"/>"#),
            Some(
                "/WEB-INF/web.xml has no <distributable/>; `distributable` of <Context> in META-INF/context.xml has no effect",
            ),
        ),
    ];
    let mut scenario = "name = \"why\"\nguarantees = [\"cluster-forms\"]\n".to_owned();
    for (name, ..) in &apps {
        scenario.push_str(&format!("[[step]]\ndeploy = \"{name}\"\nthrough = \"copy\"\non = \"n1\"\n"));
    }
    for (name, ..) in &apps {
        scenario.push_str(&format!("[[step]]\nobserve = \"/{}\"\n", name.trim_end_matches(".war")));
    }
    let files: Vec<_> = apps.iter().map(|(name, app, _)| (*name, app.clone())).collect();
    let job = run(&scenario, &files, &["--server", server]).await;
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    for (name, _, why) in &apps {
        let look = last_looks(&job, &format!("/{}", name.trim_end_matches(".war")))["n1"].clone();
        assert_eq!(look["local-because"].as_str(), *why, "{name}: {look}");
        let replicates = look["manager"]["class"] == "org.apache.catalina.ha.session.DeltaManager";
        assert_eq!(replicates, why.is_none(), "{name}: {look}");
    }
}

#[tokio::test]
async fn why_an_app_is_local_is_reported_on_tomee_9() {
    reasons_on("tomee:9.0.0").await;
}

#[tokio::test]
async fn why_an_app_is_local_is_reported_on_tomcat_11() {
    reasons_on("tomcat:11.0.24").await;
}

#[tokio::test]
async fn the_fields_of_any_session_scoped_bean_are_listed() {
    let users = Caches::of_user().expect("a home");
    let server = Distribution::resolve(&ServerSpec::default(), &users, &Maven::default(), &Quiet).await;
    let lib = server.expect("TomEE by Maven").home.join("lib");
    let jars = lib.read_dir_utf8().expect("a folder").flatten().map(|entry| entry.path().to_string());
    let jars: Vec<_> = jars.filter(|jar| jar.ends_with(".jar")).collect();
    let basket = "package shop; import java.util.*;
      @jakarta.enterprise.context.SessionScoped public class Basket implements java.io.Serializable {
        private Map<String, Integer> items = new HashMap<String, Integer>(); private String nothing; private transient Object cache = new Object();
        public int add(String item) { items.put(item, 1); return items.size(); }
      }";
    let servlet = "package shop; import jakarta.servlet.http.*;
      @jakarta.servlet.annotation.WebServlet(\"/add\") public class Add extends HttpServlet {
        @jakarta.inject.Inject private Basket basket;
        @Override protected void doGet(HttpServletRequest q, HttpServletResponse a) throws java.io.IOException { a.getWriter().print(basket.add(q.getParameter(\"item\"))); }
      }";
    let web = "<web-app version=\"5.0\" xmlns=\"https://jakarta.ee/xml/ns/jakartaee\"><distributable/></web-app>";
    let app = App::default().file("WEB-INF/web.xml", web).file("WEB-INF/beans.xml", "<beans/>").classes_against(
        &jars.join(":"),
        "8",
        &[("shop/Basket.java", basket), ("shop/Add.java", servlet)],
    );
    let scenario = SCENARIO.replace("values/set.jsp", "values/add?item=x").replace("values", "shop");
    let job = run(&scenario, &[("shop.war", app)], &["--server", "tomee:9.0.0"]).await;
    assert_eq!(job.ran().code, Some(0), "{}", job.ran());
    let looks = last_looks(&job, "/shop");
    let (one, two) = (attributes(&looks["n1"]), attributes(&looks["n2"]));
    let names: Vec<_> = one.keys().collect();
    assert_eq!(names, ["bean:shop.Basket.items", "bean:shop.Basket.nothing", "openWebBeansSessionContext"]);
    for name in names {
        assert_eq!(one[name]["sha256"], two[name]["sha256"], "{name}: {one:?} {two:?}");
    }
    assert!(one["bean:shop.Basket.items"]["sha256"].is_string(), "{one:?}");
    assert!(one["openWebBeansSessionContext"]["sha256"].is_string(), "{one:?}");
}

/// An app goes and another comes, whose archive has the same length and time.
#[tokio::test]
async fn an_archive_that_differs_in_nothing_but_its_bytes_is_recognised_by_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let cluster = Cluster::builder().server("tomcat:11.0.24").folder(folder.join("run")).start().await;
    let cluster = cluster.expect("it starts");
    let node = &NodeName::nth(0);
    let shop = ContextPath::new("/shop").expect("a path");
    let wars = ["one", "two"].map(|content| App::distributable().file("a.txt", content).pack());
    assert!(wars[0] != wars[1] && wars[0].len() == wars[1].len());
    let path = Utf8Path::new(farm_folders(cluster.topology()).deploy).join("shop.war");
    for content in wars {
        fs_err::write(folder.join("shop.war"), &content).expect("written");
        let expected = War::read(&folder.join("shop.war"), shop.clone()).expect("an app");
        let file = NodeFile { path: path.clone(), content, modified: Some(1_700_000_000) };
        cluster.runtime().put(node, file).await.expect("it is put there");
        let there = |state: &NodeState| state.context(&shop, "").is_some_and(|found| found.available);
        cluster.observe_node_until(node, &shop, MINUTE, there).await.expect("n1 answers");
        let looks = cluster.observe(&shop).await.expect("all answer");
        let look = looks.iter().find(|look| look.node == *node).and_then(NodeObservation::state);
        let found = look.and_then(|state| state.context(&shop, "")).expect("it is served");
        assert_eq!(found.war_sha256.as_ref(), Some(&expected.sha256));
        assert_eq!(found.served_sha256, expected.served_sha256);
        cluster.runtime().remove(node, &path).await.expect("it is removed");
        let gone = |state: &NodeState| state.context(&shop, "").is_none();
        cluster.observe_node_until(node, &shop, MINUTE, gone).await.expect("n1 answers");
    }
    cluster.shutdown().await.expect("it ends");
}
