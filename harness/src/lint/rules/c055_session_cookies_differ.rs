//! Rule C055, session-cookies-differ.

use crate::config::read::Element;
use crate::lint::app::{App, child, cookie};
use crate::lint::{Confidence, Context, Findings, Input, Node, Rule, Scope, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C055",
    name: "session-cookies-differ",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: r#"nodes whose contexts have different session cookies, cookies="false", or a tracking-mode without cookies"#,
    why: "The other node does not find the session's cookie after a failover.",
    bad: r#"<!-- n1 --> <Context sessionCookieName="SID"/> <!-- n2 --> <Context/>"#,
    good: r#"<!-- both --> <Context sessionCookieName="SID"/>"#,
    evidence: "documentation, cluster-howto: URLs must look the same; Context",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    let has_cluster = input.clusters().next().is_some();
    let all: Vec<Vec<Context<'_>>> = input.nodes.iter().map(|node| node.contexts(input)).collect();
    links_only(input, out, &all, has_cluster);
    files_differ(input, out, has_cluster);
    let names_cookie = |context: &Context<'_>| {
        matches!(context.scope, Scope::App(_)) && NAMES.iter().any(|name| context.element.has(name))
    };
    for (contexts, node) in all.iter().zip(&input.nodes).filter(|(contexts, _)| contexts.iter().any(names_cookie)) {
        for (other, of) in input.nodes.iter().zip(&all).filter(|(other, _)| other.name != node.name) {
            only_here(input, out, (node, contexts), (other, of));
        }
    }
    let Some((first, others)) = all.split_first() else { return };
    for (contexts, node) in others.iter().zip(&input.nodes[1..]) {
        lacking(out, (&input.nodes[0], first), (node, contexts));
        lacking(out, (node, contexts), (&input.nodes[0], first));
    }
    for (contexts, node) in others.iter().zip(&input.nodes[1..]) {
        for context in first {
            let Some(other) = contexts.iter().find(|other| other.scope == context.scope) else { continue };
            unlike(out, (context.element, &input.nodes[0].name), (other.element, &node.name));
        }
    }
}

/// Sessions that live in links, or with the TLS session.
fn links_only(input: &Input, out: &mut Findings<'_>, all: &[Vec<Context<'_>>], has_cluster: bool) {
    let apps = if has_cluster { input.app_contexts() } else { vec![] };
    let elements = all.iter().flatten().filter(|_| has_cluster).map(|context| context.element);
    for context in elements
        .chain(apps.into_iter().map(|(_, context)| context))
        .filter(|context| context.flag("cookies", true) == Some(false))
    {
        out.on_value(
            context,
            "cookies",
            "without cookies a session lives in links only, and is lost by every other link",
        )
        .sure(Confidence::Low);
    }
    for app in input.apps.iter().filter(|app| has_cluster && app.is_distributable(input)) {
        let config = app.web(input).and_then(|web| child(web, "session-config"));
        let modes = config.into_iter().flat_map(Element::children).filter(|it| it.local_name() == "tracking-mode");
        let modes: Vec<Element<'_>> = modes.collect();
        let has = |name: &str| modes.iter().any(|mode| mode.text().eq_ignore_ascii_case(name));
        let Some(first) = modes.first().filter(|_| !has("COOKIE")) else { continue };
        if has("SSL") {
            out.on(*first, "the session's id is that of the TLS session, which no other node has").help("use `COOKIE`");
        } else if has("URL") {
            let message = "without cookies a session lives in links only, and is lost by every other link";
            out.on(*first, message).sure(Confidence::Low);
        }
    }
}

/// The files of apps and the web.xml of nodes that say something else of the cookie.
fn files_differ(input: &Input, out: &mut Findings<'_>, has_cluster: bool) {
    for (first, other) in input.variants() {
        let (Some(a), Some(b)) = (first.web(input), other.web(input)) else { continue };
        for name in ["name", "path", "domain"] {
            let (one, two) = (cookie(a, name), cookie(b, name));
            if one.map(Element::text) != two.map(Element::text) {
                let (n1, n2) = (&first.nodes[0], &other.nodes[0]);
                let message = format!("the session cookie's {name} of `{}` is not on {n2} as on {n1}", other.base_name);
                out.on(two.unwrap_or(b), message).label(one.unwrap_or(a), "", format!("on {n1}"));
            }
        }
    }
    let read = input.app_contexts();
    let context = |app: &App| read.iter().find(|(it, _)| std::ptr::eq(*it, app)).map(|(_, context)| *context);
    for (first, other) in input.variants() {
        if let Some((a, b)) = context(first).zip(context(other)) {
            unlike(out, (a, &first.nodes[0]), (b, &other.nodes[0]));
        }
    }
    if let Some((first, others)) = input.nodes.split_first().filter(|_| has_cluster) {
        for node in others {
            let Some((a, b)) = first.web(input).zip(node.web(input)) else { continue };
            for name in ["name", "path", "domain"] {
                let (one, two) = (cookie(a, name), cookie(b, name));
                if one.map(Element::text) != two.map(Element::text) {
                    let message = format!(
                        "the session cookie's {name} of conf/web.xml of {} is not that of {}",
                        node.name, first.name
                    );
                    let finding =
                        out.on(two.unwrap_or(b), message).label(one.unwrap_or(a), "", format!("on {}", first.name));
                    finding.help("use the same web.xml on all nodes");
                }
            }
        }
    }
}

/// What a context of the cookie says.
const NAMES: [&str; 5] = ["sessionCookieName", "sessionCookiePath", "sessionCookieDomain", "useHttpOnly", "cookies"];

/// Two contexts of one app that say something else of the cookie, each with its node.
fn unlike(out: &mut Findings<'_>, one: (Element<'_>, &str), other: (Element<'_>, &str)) {
    for name in NAMES {
        let (a, b) = (one.0.attribute(name), other.0.attribute(name));
        let is_known = a.is_none_or(|a| a.known().is_some()) && b.is_none_or(|b| b.known().is_some());
        if is_known && a.map(|a| &a.value) != b.map(|b| &b.value) {
            let message = format!("`{name}` of {} is not that of {}", other.1, one.1);
            out.on_value(other.0, name, message).label(one.0, name, format!("on {}", one.1));
        }
    }
}

/// The contexts of a node's apps that another node has without such a file: there the app's own counts.
fn only_here(input: &Input, out: &mut Findings<'_>, own: (&Node, &[Context<'_>]), other: (&Node, &[Context<'_>])) {
    let is_missing = |context: &&Context<'_>| {
        matches!(context.scope, Scope::App(_)) && other.1.iter().all(|it| it.scope != context.scope)
    };
    for context in own.1.iter().filter(is_missing) {
        let is_theirs = |app: &&App| app.is_on(&other.0.name) && context.is_about(app);
        let Some(app) = input.apps.iter().filter(|app| !app.nodes.is_empty()).find(is_theirs) else { continue };
        let inside = app.context(input);
        for name in NAMES.into_iter().filter(|name| *name != "useHttpOnly") {
            let Some(value) = context.element.value(name) else { continue };
            if inside
                .and_then(|inside| inside.attribute(name))
                .is_none_or(|it| it.known().is_some_and(|it| it != value))
            {
                let message = format!("{} has no context file with the `{name}` of {}", other.0.name, own.0.name);
                out.on_value(context.element, name, message)
                    .sure(Confidence::Medium)
                    .help("put the same file on all nodes, or the attribute into the app's META-INF/context.xml");
            }
        }
    }
}

/// The attributes of a node's context for all apps, of which the other node has none.
fn lacking(out: &mut Findings<'_>, own: (&Node, &[Context<'_>]), other: (&Node, &[Context<'_>])) {
    let is_missing = |context: &&Context<'_>| {
        context.scope == Scope::Global && other.1.iter().all(|it| it.scope != context.scope) && other.0.has_server()
    };
    for context in own.1.iter().filter(is_missing) {
        for name in NAMES.into_iter().filter(|name| *name != "useHttpOnly" && context.element.value(name).is_some()) {
            let message = format!("{} has no context.xml with the `{name}` of {}", other.0.name, own.0.name);
            out.on_value(context.element, name, message)
                .sure(Confidence::Medium)
                .help("use the same context.xml on all nodes");
        }
    }
}
