//! Somebody's own app, driven as scenarios/README.md says it, on real servers, each node a process.

use integration_tests::{App, MainJob, TestContext, workspace};
use tomee_harness::model::Scenario;

/// A page with a login form, whose hidden field must come back.
const LOGIN: &str = r#"<%@ page session="true" contentType="text/html;charset=UTF-8" %><%
  String token = java.util.UUID.randomUUID() + "&<";
  session.setAttribute("token", token);
%><html><form id="login" action="enter.jsp;jsessionid=<%= session.getId() %>" method="post">
<input type="hidden" name="_csrf" value="<%= token.replace("&", "&amp;").replace("<", "&lt;") %>"/>
<input name="user"/><input type="submit" name="go" value="in"/></form></html>"#;

/// Takes the login and leads to the cart, by a URL that names the node.
const ENTER: &str = r#"<%@ page session="true" trimDirectiveWhitespaces="true" %><%
  if (!session.getAttribute("token").equals(request.getParameter("_csrf")) || !"in".equals(request.getParameter("go"))) {
    response.sendError(403);
    return;
  }
  session.setAttribute("user", request.getParameter("user"));
  response.setStatus(303);
  response.setHeader("Location", "http://" + request.getHeader("Host") + request.getContextPath() + "/cart.jsp?view=v-17&x=1");
%>"#;

/// A long page with the cart at its end.
const CART: &str = r#"<%@ page session="true" contentType="text/html;charset=UTF-8" trimDirectiveWhitespaces="true" %><%
  for (int i = 0; i < 800; i++) out.print("<p>filler</p>\n");
  out.print("<h1>Cart of " + session.getAttribute("user") + " &amp; co</h1>view=" + request.getParameter("view"));
%>"#;

/// Says what came.
const ECHO: &str = r#"<%@ page session="false" contentType="text/plain;charset=UTF-8" trimDirectiveWhitespaces="true" %><%
  out.print(request.getMethod() + " " + request.getContentType() + " tags=" + java.util.Arrays.asList(
    request.getParameterValues("tag") == null ? new String[0] : request.getParameterValues("tag")));
  if (request.getParameter("tag") == null) {
    java.io.BufferedReader body = request.getReader();
    for (String line = body.readLine(); line != null; line = body.readLine()) out.print("|" + line);
  }
%>"#;

/// A compressed answer, whatever was asked.
const PACKED: &str = r#"<%@ page session="false" contentType="text/plain;charset=UTF-8" trimDirectiveWhitespaces="true" %><%
  response.setHeader("Content-Encoding", "gzip");
  java.util.zip.GZIPOutputStream packed = new java.util.zip.GZIPOutputStream(response.getOutputStream());
  packed.write("unpacked".getBytes("UTF-8"));
  packed.finish();
  if (true) return;
%>"#;

fn app() -> App {
    let descriptor = r#"<web-app version="3.1" metadata-complete="true" xmlns="http://xmlns.jcp.org/xml/ns/javaee"><distributable/>
      <session-config><cookie-config><name>OWNID</name></cookie-config></session-config></web-app>"#;
    let pages =
        [("login.jsp", LOGIN), ("enter.jsp", ENTER), ("cart.jsp", CART), ("echo.jsp", ECHO), ("packed.jsp", PACKED)];
    pages.into_iter().fold(App::default().file("WEB-INF/web.xml", descriptor), |app, (path, text)| app.file(path, text))
}

/// What the manual shows, of an app that is there.
const GOOD: &str = r##"
name = "what an app of one's own can be asked"
[cluster]
server = "tomcat:11.0.24"
[[step]]
deploy = "own.war"
within = "2m"
[[step]]
get = "/own/login.jsp"
on = "n1"
capture = { token = { field = "_csrf" }, plain = { after = "value=\"", before = "\"", decode = "html" } }
[[step]]
submit = "#login"
on = "n1"
form = { user = "alice" }
expect = { status = 303, session = "kept" }
capture = { next = { header = "Location" }, view = { header = "Location", after = "view=", before = "&" } }
[[step]]
get = "${next}"
on = "n2"
expect = { status = 200, body = ["Cart of alice", "view=${view}", "filler"], no-body = ["Cart of bob", "${token}"] }
capture = { title = { after = "<h1>", before = "</h1>", decode = "html" }, none = { json = "/a", optional = true } }
[[step]]
post = "/own/echo.jsp"
on = "n1"
body = "${title}|${none}|${plain}"
expect = { body = ["POST text/plain", "|Cart of alice & co||"], no-body = "&amp;" }
[[step]]
post = "/own/echo.jsp"
on = "n1"
form = { tag = ["a b", "c&d"] }
expect = { body = "tags=[a b, c&d]" }
[[step]]
post = "/own/echo.jsp"
on = "n1"
multipart = { note = "hello", photo = { file-name = "me.txt", content = "inside" } }
expect = { body = ["POST multipart/form-data; boundary=", "name=\"note\"||hello", "filename=\"me.txt\"|Content-Type: text/plain||inside"] }
[[step]]
patch = "/own/echo.jsp"
on = "n1"
json = { a = 1 }
expect = { status = 405 }
[[step]]
get = "/own/packed.jsp"
on = "n1"
expect = { body = "unpacked" }
[[step]]
kill = "owner"
[[step]]
get = "/own/login.jsp"
on = "n2"
[[step]]
submit = "form"
on = "n2"
form = { user = "bob" }
follow = true
expect = { status = 200, body = "Cart of bob", session = "kept" }
"##;

/// The same with a mistake in each step.
const BAD: &str = r##"
name = "what is not there fails its step"
[cluster]
server = "tomcat:11.0.24"
[[step]]
deploy = "own.war"
[[step]]
get = "/own/login.jsp"
on = "n1"
capture = { token = { field = "csrf" } }
[[step]]
submit = "#logon"
on = "n1"
[[step]]
post = "/own/echo.jsp?t=${token}"
on = "n1"
[[step]]
get = "/own/cart.jsp"
on = "n1"
expect = { body = "Cart of alice", no-body = "Cart of null" }
"##;

async fn run(scenario: &str) -> MainJob {
    let context = TestContext::new();
    app().write(&context.folder().join("own.war"));
    let file = context.folder().join("scenario.toml");
    fs_err::write(&file, scenario).expect("written");
    MainJob::run_in(context, &[file.as_str(), "--runtime", "process"]).await
}

/// The expectations of a run, each with its status and its reason.
fn expectations(job: &MainJob) -> Vec<(String, String)> {
    let verdict = job.verdict();
    let all = verdict["expectations"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    all.iter().map(|it| (text(&it["status"]), format!("{}: {}", text(&it["what"]), text(&it["because"])))).collect()
}

#[tokio::test]
async fn forms_tokens_redirects_and_bodies_are_sent_and_judged_as_the_manual_says() {
    let job = run(GOOD).await;
    job.ends_with(0).await;
    assert!(expectations(&job).iter().all(|(status, _)| status == "holds"), "{:?}", expectations(&job));
    let out = job.context().folder().join("out");
    let base = out.join("nodes/n1/base");
    assert!(base.join("conf/server.xml").is_file(), "the configuration stays");
    for gone in ["webapps", "work", "cluster/watch", "temp"] {
        assert!(!base.join(gone).exists(), "{gone} of a node that ended is left");
    }
}

#[tokio::test]
async fn what_is_not_there_fails_its_step_and_what_is_there_is_shown() {
    let job = run(BAD).await;
    job.ends_with(1).await;
    let all = expectations(&job);
    assert!(all.iter().all(|(status, _)| status == "violated"), "{all:?}");
    let wanted = [
        "the fields of the page's forms are [_csrf, user, go]",
        "was not sent: the page /own/login.jsp has no form #logon, but #login",
        "was not sent: `${token}` has no value",
        "<h1>Cart of null &amp; co</h1>",
        "has \"Cart of null\" at byte 11",
    ];
    assert_eq!(all.len(), wanted.len(), "{all:?}");
    for ((_, because), wanted) in all.iter().zip(wanted) {
        assert!(because.contains(wanted), "{wanted}: {because}");
    }
}

#[test]
fn each_example_of_the_manual_can_be_read() {
    let manual = fs_err::read_to_string(workspace().join("scenarios/README.md")).expect("the manual");
    let (_, own) = manual.split_once("## Your own app\n").expect("its section");
    let (own, _) = own.split_once("\n## ").expect("the next section");
    let examples: Vec<&str> =
        own.split("```toml\n").skip(1).map(|rest| rest.split("```").next().expect("its end")).collect();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let app = "[[step]]\ndeploy = \"shop.war\"\n";
        let values = "[[step]]\nget = \"/shop/\"\non = \"n1\"\ncapture = { count = { field = \"count\" } }\n";
        let text = if example.starts_with("name") {
            example.to_owned()
        } else if example.starts_with("expect") {
            format!("name = \"x\"\n{app}{values}[[step]]\nget = \"/shop/\"\non = \"n1\"\n{example}")
        } else {
            format!("name = \"x\"\n{app}{example}")
        };
        let scenario = Scenario::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}\n{error}"));
        scenario
            .plans(&tomee_harness::model::Topology::of(2).expect("two nodes"))
            .unwrap_or_else(|error| panic!("{text}\n{error}"));
    }
}
