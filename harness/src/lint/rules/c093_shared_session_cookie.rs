//! Rule C093, shared-session-cookie.

use crate::config::read::Element;
use crate::lint::app::{App, cookie};
use crate::lint::{Confidence, Findings, Input, Rule, Scope, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C093",
    name: "shared-session-cookie",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "apps that share one session cookie",
    why: "Each app's new session overwrites the cookie of the other, or a failover renames one app's session and orphans the other's.",
    bad: r#"<Context sessionCookiePath="/"/> for several apps"#,
    good: "each app with its own path, or its own sessionCookieName",
    evidence: "runs on TomEE 9.0.0: with <cookie-config><path>/</path> on one node already, with sessionCookiePath and a jvmRoute after a failover",
    versions: "all",
    check,
};

/// A session cookie of an app: where it is set, and for which path.
struct Cookie<'i> {
    element: Element<'i>,
    attribute: &'static str,
    app: String,
    /// The app itself, unless a Context of the server speaks.
    of: Option<&'i App>,
    path: String,
    name: String,
    /// Whether somebody has chosen the path.
    is_chosen: bool,
    /// The Host, where that is known.
    host: Option<String>,
}

fn check(input: &Input, out: &mut Findings<'_>) {
    let mut cookies: Vec<Cookie<'_>> = vec![];
    for context in input.nodes.iter().take(1).flat_map(|node| node.contexts(input)) {
        match &context.scope {
            Scope::App(app) => {
                let cookie = of_context(context.element, app);
                cookies.extend(cookie.map(|cookie| Cookie { host: context.host.clone(), ..cookie }));
            }
            _ if context.element.value("sessionCookiePath") == Some("/") => {
                out.on_value(context.element, "sessionCookiePath", "all apps share one session cookie")
                    .help("remove `sessionCookiePath`, or run one app");
            }
            _ => {}
        }
    }
    for app in &input.apps {
        cookies.extend(of_app(input, app));
    }
    for (index, cookie) in cookies.iter().enumerate() {
        let is_same = |other: &&Cookie<'_>| {
            // Versions of one app share its cookie on purpose.
            let is_apart = other.of.zip(cookie.of).is_some_and(|(a, b)| a.is_apart_from(b));
            // A cookie is of the name of a host.
            let hosts = other.host.as_ref().zip(cookie.host.as_ref());
            let is_apart = is_apart || hosts.is_some_and(|(a, b)| !a.eq_ignore_ascii_case(b));
            other.app != cookie.app
                && !is_apart
                && (&other.path, &other.name) == (&cookie.path, &cookie.name)
                && (other.is_chosen || cookie.is_chosen)
        };
        if let Some(other) = cookies[..index].iter().find(is_same) {
            let message = format!("two apps share the session cookie `{}` at path {}", cookie.name, cookie.path);
            out.on_value(cookie.element, cookie.attribute, message)
                .label(other.element, other.attribute, "the other app")
                .help("give each app its own path or cookie name");
        }
    }
}

fn of_context<'i>(context: Element<'i>, app: &str) -> Option<Cookie<'i>> {
    let app = match app.split("##").next().unwrap_or_default() {
        "" => "ROOT",
        app => app,
    };
    let name = context.value("sessionCookieName").unwrap_or("JSESSIONID").to_owned();
    let chosen = context.value("sessionCookiePath").map(normal);
    let is_chosen = chosen.is_some();
    let path = chosen.or_else(|| (app == "ROOT").then(|| "/".to_owned()))?;
    Some(Cookie {
        element: context,
        attribute: "sessionCookiePath",
        app: app.to_owned(),
        path,
        name,
        is_chosen,
        of: None,
        host: None,
    })
}

fn of_app<'i>(input: &'i Input, app: &'i App) -> Option<Cookie<'i>> {
    let context = app.context(input);
    // The Context's attribute is asked before web.xml (`SessionConfig`).
    if let Some(cookie) = context.filter(|it| it.has("sessionCookiePath")).and_then(|it| of_context(it, &app.base_name))
    {
        return Some(Cookie { of: Some(app), ..cookie });
    }
    let web = app.web(input)?;
    let named = cookie(web, "name").map(Element::text);
    let name = context.and_then(|it| it.value("sessionCookieName")).or(named).unwrap_or("JSESSIONID").to_owned();
    let (element, path, is_chosen) = match cookie(web, "path") {
        Some(path) => (path, normal(path.text()), true),
        None if app.base_name == "ROOT" => (web, "/".to_owned(), false),
        None => return None,
    };
    Some(Cookie {
        element,
        attribute: "",
        app: app.base_name.clone(),
        path,
        name,
        is_chosen,
        of: Some(app),
        host: None,
    })
}

/// `/shop/` is `/shop`, and nothing is `/`.
fn normal(path: &str) -> String {
    match path.trim().trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}
