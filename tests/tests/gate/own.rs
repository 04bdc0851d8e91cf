//! What a configuration of one's own needs: an app, a virtual host, a login; and what its servers have in effect.

use integration_tests::App;
use rstest::rstest;
use serde_json::Value;

use super::{Gate, ONE_CLUSTER, REPLICATION, SERVER, because, standing};

const CART: &str = r#"HttpSession session = request.getSession();
    Integer items = (Integer) session.getAttribute("items");
    session.setAttribute("items", items == null ? 1 : items + 1);
    out.print("items=" + session.getAttribute("items"));"#;

/// A page behind a login, which a session without a user does not get.
const LOGIN: &str = r#"HttpSession session = request.getSession();
    if (request.getParameter("user") != null && request.getParameter("token").equals(session.getAttribute("token"))) {
        session.setAttribute("user", request.getParameter("user"));
        response.sendRedirect(request.getContextPath() + "/account.jsp");
        return;
    }
    session.setAttribute("token", String.valueOf(System.nanoTime()));
    response.setContentType("text/html");
    out.print("<form id='login' method='post'><input name='user'><input type='hidden' name='token' value='"
        + session.getAttribute("token") + "'></form>");"#;

const ACCOUNT: &str = r#"HttpSession session = request.getSession(false);
    if (session == null || session.getAttribute("user") == null) {
        response.sendError(403);
        return;
    }
    out.print("account of " + session.getAttribute("user"));"#;

const STEPS: &str = r##"
[[step]]
get = "/shop/login.jsp"
on = "sticky"

[[step]]
submit = "#login"
on = "sticky"
form = { user = "alice" }
follow = true
expect = { status = 200, body = "account of alice" }
"##;

fn with_app(change: impl Fn(usize, String) -> String, pages: &[(&str, &str)]) -> Gate {
    let gate = Gate::of(change);
    let app = pages.iter().fold(App::distributable(), |app, (path, code)| app.page(path, code));
    app.write(&gate.path("shop.war"));
    gate
}

/// A file whose Cluster is in a Host that is not the default one, beside another Host with a Cluster of its own.
#[expect(clippy::needless_pass_by_value, reason = "the form that a gate's change has")]
fn virtual_hosts(_: usize, xml: String) -> String {
    let (begin, end) = (xml.find("<Cluster ").expect("a Cluster"), xml.find("</Host>").expect("its Host"));
    let cluster = xml[begin..end].to_owned();
    let other = cluster.replace("228.0.0.9", "228.0.0.10").replace("\"4000\"", "\"4001\"");
    let hosts = format!(
        r#"</Host><Host name="admin.example.com" appBase="admin">{other}</Host>
        <Host name="shop.example.com" appBase="shop-apps"><Alias>www.example.com</Alias>{cluster}</Host>"#
    );
    format!("{}{hosts}{}", &xml[..begin], &xml[end + "</Host>".len()..])
}

fn effective<'r>(report: &'r Value, value: &str) -> Vec<&'r Value> {
    let all = report["side"]["effective"].as_array().expect("values").iter();
    all.filter(|it| format!("{} {}", it["element"], it["name"]).replace('"', "") == value).collect()
}

#[test]
fn each_cluster_of_a_virtual_host_is_moved_apart() {
    let gate = Gate::of(virtual_hosts);
    let ran = gate.ran(&["--show-transplant", "--host-header", "www.example.com:8080"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let moved: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with('+')).collect();
    // Of each of the two nodes a receiver, and of both the group.
    for (unlike, times) in [("port=\"24000\"", 1), ("port=\"24100\"", 1), ("port=\"45564\"", 2), ("port=\"45565\"", 2)]
    {
        assert_eq!(moved.iter().filter(|line| line.contains(unlike)).count(), times, "{unlike}: {ran}");
    }
}

#[rstest]
#[case::no_such_host(&["--host-header", "nobody.example.com"], "no Host and no Alias is nobody.example.com; there are localhost")]
#[case::no_host(&["--host-header", "a b"], "must be a host")]
#[case::no_login(&["--war", "shop.war", "--login", "none.toml"], "none.toml")]
#[case::a_login_without_an_app(&["--login", "login.toml"], "--war")]
#[case::a_login_that_shows_nothing(&["--war", "shop.war", "--login", "silent.toml"], "what shows that somebody is logged in")]
#[case::a_login_that_kills(&["--war", "shop.war", "--login", "kills.toml"], "a login makes requests, and nothing else")]
#[case::a_login_without_requests(&["--war", "shop.war", "--login", "empty.toml"], "there is no request in it")]
#[case::a_login_elsewhere(&["--war", "shop.war", "--login", "wrong.toml"], "wrong.toml:3:1")]
fn a_host_or_a_login_that_is_none_is_refused(#[case] arguments: &[&str], #[case] why: &str) {
    let gate = with_app(|_, xml| xml, &[("index.jsp", CART)]);
    let silent = STEPS.replace("expect", "# expect");
    let kills = "[[step]]\nkill = \"n1\"\n";
    let files = [("login.toml", STEPS), ("silent.toml", &silent), ("kills.toml", kills), ("empty.toml", "")];
    for (name, text) in files.into_iter().chain([("wrong.toml", "\n[[step]]\nfetch = \"/shop/\"\non = \"n1\"\n")]) {
        fs_err::write(gate.path(name), text).expect("written");
    }
    let ran = gate.ran(arguments);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains(why), "{ran}");
    assert!(!gate.path("out").exists(), "nothing was begun: {ran}");
}

/// The same file serves the first run of an app, and its start may take as long as is said.
#[test]
fn a_login_and_a_slow_start_are_said_of_a_run_and_of_a_gate_alike() {
    let gate = with_app(|_, xml| xml, &[("login.jsp", LOGIN), ("account.jsp", ACCOUNT)]);
    fs_err::write(gate.path("login.toml"), STEPS).expect("written");
    let app = ["--war", "shop.war", "--path", "/shop/account.jsp", "--login", "login.toml"];
    let ran = gate.context.run(&[&["run", "--dry-run"][..], &app, &SERVER].concat());
    let at = |what: &str| ran.stdout.find(what).unwrap_or_else(|| panic!("no {what}: {ran}"));
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        at("deploy shop.war") < at("log in: POST") && at("log in: POST") < at("clients get /shop/account.jsp"),
        "{ran}"
    );
    assert!(at("log in: POST") < at("kill n1"), "each client has logged in before: {ran}");
    let ran = gate.ran(&[&["--plan", "--start-within", "4m"][..], &app].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("failover"), "{ran}");
}

#[rstest]
#[case::javax("javax", "tomcat:10.1.59", "jakarta.servlet")]
#[case::jakarta("jakarta", "tomcat:9.0.117", "javax.servlet")]
#[tokio::test]
async fn an_app_of_the_other_namespace_is_named(#[case] app: &str, #[case] server: &str, #[case] other: &str) {
    let _one = ONE_CLUSTER.lock().await;
    let gate = Gate::of(|_, xml| xml);
    let filter = format!("package {app}.servlet; public interface Filter {{}}");
    let own = format!("package shop; public class Guard implements {app}.servlet.Filter {{}}");
    let sources = [(format!("{app}/servlet/Filter.java"), filter), ("shop/Guard.java".to_owned(), own)];
    let sources: Vec<(&str, &str)> = sources.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    App::distributable().classes("8", &sources).write(&gate.path("shop.war"));
    let nodes = ["gate", "--config", "n1", "--node", "n2=n2", "--war", "shop.war", "--out", "out", "--server", server];
    let ran = gate.context.run(&nodes);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains(&format!("is made for {app}.servlet")), "{ran}");
    assert!(ran.stderr.contains(&format!("the server is one of {other}")), "{ran}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_an_app_of_ones_own_passes_and_one_with_a_value_that_cannot_be_sent_does_not() {
    let report = with_app(|_, xml| xml, &[("index.jsp", CART)]).reported(0, &["--war", "shop.war"]).await;
    for guarantee in ["session-kept", "attributes-replicated", "attributes-survive", "answers-kept"] {
        assert_eq!(standing(&report, "failover", guarantee), "holds");
    }
    assert_eq!(because(&report), "");
    // Refused at once, and only when it is sent.
    let refused = r#"request.getSession().setAttribute("thread", new Object()); out.print("ok");"#;
    let inside = r#"List<Object> cart = new ArrayList<Object>(); cart.add(new Object());
        request.getSession().setAttribute("cart", cart); out.print("ok");"#;
    for (code, names) in [(refused, "Non-serializable attribute [thread]"), (inside, "attribute cart")] {
        let report = with_app(|_, xml| xml, &[("index.jsp", code)]).reported(1, &["--war", "shop.war"]).await;
        assert_eq!(standing(&report, "failover", "attributes-replicated"), "violated");
        assert!(because(&report).contains(names), "{report:#}");
    }
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_cluster_of_a_virtual_host_is_asked_by_its_name() {
    let gate = with_app(virtual_hosts, &[("index.jsp", CART)]);
    let report = gate.reported(0, &["--war", "shop.war", "--host-header", "www.example.com:8080"]).await;
    assert_eq!(standing(&report, "failover", "session-kept"), "holds");
    assert!(gate.path("out/failover/nodes/n1/base/conf/Catalina/shop.example.com").is_dir());
    let replaced = report["side"]["replaced"].to_string();
    assert!(replaced.contains("Host[admin.example.com] runs, but is not asked"), "{replaced}");
    // Without a name the first Host in a Cluster is asked, and the page says so.
    let gate = Gate::of(|number, xml| {
        virtual_hosts(number, xml).replace(REPLICATION, "").replace("admin.example.com", "zoo.example.com")
    });
    let report = gate.reported(1, &[]).await;
    assert_eq!(standing(&report, "failover", "acknowledged-writes-survive"), "violated");
    let replaced = report["side"]["replaced"].to_string();
    assert!(replaced.contains("requests name zoo.example.com"), "{replaced}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_each_client_logs_in_first_and_stays_so() {
    let app = || with_app(|_, xml| xml, &[("login.jsp", LOGIN), ("account.jsp", ACCOUNT)]);
    let arguments = ["--war", "shop.war", "--path", "/shop/account.jsp", "--login", "login.toml"];
    let gate = app();
    fs_err::write(gate.path("login.toml"), STEPS).expect("written");
    let report = gate.reported(0, &arguments).await;
    assert_eq!(standing(&report, "failover", "answers-kept"), "holds");
    // Somebody else is logged in than the file says.
    let gate = app();
    fs_err::write(gate.path("login.toml"), STEPS.replace("account of alice", "account of bob")).expect("written");
    let report = gate.reported(1, &arguments).await;
    assert!(because(&report).contains("account of alice"), "{report:#}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_what_runs_otherwise_than_the_files_say_is_found() {
    let gate = Gate::of(|_, xml| xml.replace("channelSendOptions=\"6\"", "channelSendOptions=\"${send}\""));
    let report = gate.reported(0, &["-D", "send=6"]).await;
    let options = effective(&report, "Cluster channelSendOptions");
    assert_eq!(options.len(), 2, "{report:#}");
    assert!(options.iter().all(|it| it["claimed"] == "6" && it["found"] == "6"), "{options:?}");
    for value in ["Engine jvmRoute", "Receiver port", "Manager className", "Channel Interceptors", "Valve className"] {
        assert!(!effective(&report, value).is_empty(), "{value}: {report:#}");
    }
    // An argument of the JVM gives a route to an Engine whose file has none, until Tomcat 10.0.
    let gate = Gate::of(|number, xml| if number == 2 { xml.replace(" jvmRoute=\"b\"", "") } else { xml });
    let report = gate.reported(1, &["--server", "tomcat:9.0.117", "--jvm-arg", "-DjvmRoute=b"]).await;
    assert!(because(&report).contains("n2 runs Engine jvmRoute b, its files say nothing"), "{report:#}");
    assert!(!because(&report).contains("n1 runs Engine"), "{report:#}");
    // A context.xml changes the Manager of every app.
    let gate = Gate::of(|_, xml| xml);
    let context = r#"<Context><Manager className="org.apache.catalina.ha.session.DeltaManager" expireSessionsOnShutdown="true"/></Context>"#;
    fs_err::write(gate.path("n2/context.xml"), context).expect("written");
    let report = gate.reported(1, &[]).await;
    let line = "n2 runs the Manager of /counter expireSessionsOnShutdown true, its files say false";
    assert!(because(&report).contains(line), "{report:#}");
    assert!(!because(&report).contains("n1 runs the Manager"), "{report:#}");
}

#[test]
fn what_is_shown_of_a_change_has_no_secrets() {
    let gate = Gate::of(|_, xml| {
        let source = r#"<GlobalNamingResources><Resource name="jdbc/shop" type="javax.sql.DataSource" driverClassName="com.example.Driver" username="u" password="geheim"/></GlobalNamingResources><Service name"#;
        xml.replacen("<Service name", source, 1)
    });
    let ran = gate.ran(&["--show-transplant"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("driverClassName=\"org.h2.Driver\"") && !ran.stdout.contains("geheim"), "{ran}");
}

#[test]
fn a_data_source_that_is_none_is_refused() {
    let gate = Gate::of(|_, xml| xml);
    let ran = gate.ran(&["--resource", "jdbc/none", "--plan"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("no data source is jdbc/none; there are none"), "{ran}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn full_a_database_that_is_not_there_and_a_key_store_are_made() {
    let with_both = |_: usize, xml: String| {
        let source = r#"<GlobalNamingResources><Resource name="jdbc/shop" type="javax.sql.DataSource" auth="Container"
            driverClassName="com.mysql.cj.jdbc.Driver" url="jdbc:mysql://db.example.com/shop" username="u" password="p"/></GlobalNamingResources>
            <Service name"#;
        let connector = r#"<Connector port="8443" SSLEnabled="true"><SSLHostConfig><Certificate certificateKeystoreFile="conf/none.jks"/></SSLHostConfig></Connector><Engine"#;
        xml.replacen("<Service name", source, 1).replacen("<Engine", connector, 1)
    };
    let link = r#"<Context><ResourceLink name="jdbc/shop" global="jdbc/shop" type="javax.sql.DataSource"/></Context>"#;
    let code = r#"javax.sql.DataSource source = (javax.sql.DataSource) new javax.naming.InitialContext().lookup("java:comp/env/jdbc/shop");
        java.sql.Connection connection = source.getConnection();
        java.sql.ResultSet rows = connection.createStatement().executeQuery("SELECT 40 + 2");
        rows.next();
        request.getSession().setAttribute("answer", rows.getInt(1));
        out.print("answer=" + rows.getInt(1));
        connection.close();"#;
    let gate = Gate::of(with_both);
    App::distributable().file("META-INF/context.xml", link).page("index.jsp", code).write(&gate.path("shop.war"));
    let report = gate.reported(3, &["--war", "shop.war"]).await;
    assert_eq!(standing(&report, "failover", "session-kept"), "unknown");
    let because = because(&report);
    assert!(because.contains("it rests on the data source jdbc/shop, which is one in memory"), "{report:#}");
    assert!(because.contains("each client was answered from its session"), "the app had its answers: {report:#}");
    let replaced = report["side"]["replaced"].to_string();
    assert!(
        replaced.contains("jdbc/shop is replaced by one in memory (H2): no jar has its driver com.mysql"),
        "{replaced}"
    );
    assert!(replaced.contains("gets a key store that is made: conf/none.jks is not there"), "{replaced}");
    let states = effective(&report, "Connector 2 state");
    assert!(!states.is_empty() && states.iter().all(|it| it["found"] == "STARTED"), "{report:#}");
    // What the app does not name rests on nothing.
    let gate = with_app(with_both, &[("index.jsp", CART)]);
    let report = gate.reported(0, &["--war", "shop.war"]).await;
    assert_eq!(standing(&report, "failover", "session-kept"), "holds");
}

/// The nodes find each other as they do in the cluster that the files are for; with another provider they cannot here.
#[tokio::test]
#[ignore = "takes minutes"]
async fn full_members_by_kubernetes_are_pods_of_the_lab() {
    let cloud = |provider: &'static str| {
        move |_: usize, xml: String| {
            let begin = xml.find("<Membership").expect("a membership");
            let end = begin + xml[begin..].find("/>").expect("its end") + "/>".len();
            let service = "org.apache.catalina.tribes.membership.cloud.CloudMembershipService";
            format!(r#"{}<Membership className="{service}" {provider}/>{}"#, &xml[..begin], &xml[end..])
        }
    };
    let gate = Gate::of(cloud(""));
    let report = gate.reported(0, &[]).await;
    assert_eq!(standing(&report, "failover", "members-agree"), "holds");
    let replaced = report["side"]["replaced"].to_string();
    assert!(replaced.contains("lists the nodes as pods") && !replaced.contains("list of all nodes"), "{replaced}");
    let gate = Gate::of(cloud(r#"membershipProviderClassName="dns""#));
    let report = gate.reported(3, &[]).await;
    assert_eq!(standing(&report, "failover", "members-agree"), "unknown");
    assert!(because(&report).contains("it rests on CloudMembershipService with the provider dns"), "{report:#}");
}
