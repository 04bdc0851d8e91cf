//! Rule C093, shared-session-cookie.

use crate::config::read::Element;
use crate::lint::app::child;
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

fn check(input: &Input, out: &mut Findings<'_>) {
    let mut shared: Vec<(Element<'_>, String, &str)> = vec![];
    for context in input.nodes.iter().take(1).flat_map(|node| node.contexts(input)) {
        if context.element.value("sessionCookiePath") == Some("/") {
            let name = context.element.value("sessionCookieName").unwrap_or("JSESSIONID").to_owned();
            if context.scope == Scope::App(String::new()) {
                continue;
            }
            if matches!(context.scope, Scope::App(_)) {
                shared.push((context.element, name, "sessionCookiePath"));
            } else {
                out.on_value(context.element, "sessionCookiePath", "all apps share one session cookie")
                    .help("remove `sessionCookiePath`, or run one app");
            }
        }
    }
    for app in &input.apps {
        if let Some(context) = app.context(input).filter(|context| context.value("sessionCookiePath") == Some("/")) {
            shared.push((
                context,
                context.value("sessionCookieName").unwrap_or("JSESSIONID").to_owned(),
                "sessionCookiePath",
            ));
        }
        let cookie = app.web(input).and_then(|web| child(child(web, "session-config")?, "cookie-config"));
        if let Some(path) = cookie.and_then(|cookie| child(cookie, "path")).filter(|path| path.text() == "/") {
            let name = cookie.and_then(|cookie| child(cookie, "name")).map_or("JSESSIONID", Element::text);
            shared.push((path, name.to_owned(), ""));
        }
    }
    for (index, (element, name, attribute)) in shared.iter().enumerate() {
        if let Some((other, _, other_attribute)) = shared[..index].iter().find(|(_, other, _)| other == name) {
            out.on_value(*element, attribute, format!("two apps share the session cookie `{name}` at path /"))
                .label(*other, other_attribute, "the other app")
                .help("give each app its own path or cookie name");
        }
    }
}
