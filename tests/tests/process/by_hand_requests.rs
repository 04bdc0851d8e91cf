//! Requests by hand to an app that has a login with a token, and marks in the logs.

use integration_tests::App;

use crate::lab::Lab;

/// A page with a login form, whose hidden field must come back.
const LOGIN: &str = r#"<%@ page session="true" contentType="text/html;charset=UTF-8" %><%
  String token = "t-" + java.util.UUID.randomUUID();
  session.setAttribute("token", token);
%><html><form id="login" action="enter.jsp" method="post"><input type="hidden" name="_csrf" value="<%= token %>"/>
<input name="user"/><input name="password" type="password"/></form></html>"#;

/// Takes the login and leads to the cart.
const ENTER: &str = r#"<%@ page session="true" trimDirectiveWhitespaces="true" %><%
  if (!session.getAttribute("token").equals(request.getParameter("_csrf"))) {
    response.sendError(403);
    return;
  }
  session.setAttribute("user", request.getParameter("user"));
  response.setStatus(303);
  response.setHeader("Location", "cart.jsp");
%>"#;

const CART: &str = r#"<%@ page session="true" contentType="text/html;charset=UTF-8" trimDirectiveWhitespaces="true" %><h1>Cart of <%= session.getAttribute("user") %></h1>"#;

/// Says what came.
const ECHO: &str = r#"<%@ page session="false" contentType="text/plain;charset=UTF-8" trimDirectiveWhitespaces="true" %><%
  out.print(request.getContentType());
  java.io.BufferedReader body = request.getReader();
  for (String line = body.readLine(); line != null; line = body.readLine()) out.print("|" + line);
%>"#;

#[test]
fn an_app_with_a_login_is_asked_by_hand_and_a_mark_parts_what_it_logs() {
    let lab = Lab::new();
    let descriptor = r#"<web-app version="3.1" metadata-complete="true" xmlns="http://xmlns.jcp.org/xml/ns/javaee"><distributable/></web-app>"#;
    let pages = [("login.jsp", LOGIN), ("enter.jsp", ENTER), ("cart.jsp", CART), ("echo.jsp", ECHO)];
    let app = pages
        .into_iter()
        .fold(App::default().file("WEB-INF/web.xml", descriptor), |app, (path, text)| app.file(path, text));
    let war = lab.0.folder().join("own.war");
    app.write(&war);
    fs_err::write(lab.0.folder().join("a note.txt"), "one\ntwo").expect("written");
    lab.up(&["--war", war.as_str()]);

    let refused = lab.run(&["http", "n1", "--submit", "#login"]);
    assert_eq!((refused.code, refused.stderr.contains("has got no page yet")), (Some(2), true), "{refused}");
    let page = lab.done(&["http", "n1", "/own/login.jsp"]).stdout;
    let token = page.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a token").to_owned();
    let sent = ["-d", &format!("_csrf={token}"), "-d", "user=alice", "-d", "password=hunter2"];
    let entered = lab.done(&[&["http", "n1", "/own/enter.jsp", "--follow"][..], &sent].concat());
    assert!(entered.stdout.contains("Cart of alice"), "{entered}");
    lab.done(&["http", "n2", "/own/login.jsp", "--client", "bob"]);
    let submitted = lab.done(&["http", "n2", "--client", "bob", "--submit", "#login", "-d", "user=bob", "--follow"]);
    assert!(submitted.stdout.contains("Cart of bob"), "the page's own token is sent: {submitted}");
    let parts = lab.done(&["http", "n1", "/own/echo.jsp", "-F", "x=1", "-F", "note=@a note.txt"]).stdout;
    let all = ["multipart/form-data", "filename=\"a note.txt\"", "|one|two|"];
    assert!(all.into_iter().all(|part| parts.contains(part)), "{parts}");
    let patched = lab.run(&["http", "n1", "/own/echo.jsp", "-X", "PATCH", "--json-data", "[1]"]);
    assert!(patched.stdout.contains("PATCH /own/echo.jsp") && patched.stdout.contains("HTTP 405"), "{patched}");

    let refused = lab.run(&["logs", "--since", "mark"]);
    assert_eq!((refused.code, refused.stderr.contains("no mark was drawn yet")), (Some(2), true), "{refused}");
    lab.done(&["logs", "--mark", "before the kill"]);
    lab.done(&["kill", "n1"]);
    lab.done(&["wait", "--for", "members=0", "--on", "n2"]);
    assert!(lab.done(&["http", "n2", "/own/cart.jsp"]).stdout.contains("Cart of alice"));
    let all = lab.done(&["logs"]).stdout;
    let behind = lab.done(&["logs", "--since", "mark"]).stdout;
    assert!(behind.lines().next().is_some_and(|line| line.ends_with("---- before the kill ----")), "{behind}");
    assert!(behind.contains("member disappeared") && !behind.contains("Server startup"), "{behind}");
    assert!(all.contains("Server startup") && all.contains("---- before the kill ----"), "{all}");
}
