//! Rule C056, session-timeout.

use crate::config::read::Element;
use crate::lint::app::{App, child, has};
use crate::lint::{Confidence, Findings, Input, Node, Rule, Severity};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C056",
    name: "session-timeout",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    finds: "a session timeout of 0 or less, or one that differs between nodes",
    why: "Each node ends its copy by its own timeout; with 0 or less copies are kept for ever.",
    bad: "<session-config><session-timeout>-1</session-timeout></session-config>",
    good: "<session-config><session-timeout>30</session-timeout></session-config>",
    evidence: "DeltaManager.handleSESSION_CREATED uses the local timeout; WebXml.merge takes that of a web-fragment.xml where web.xml has none",
    versions: "all",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for app in input.apps.iter().filter(|app| app.is_distributable(input)) {
        let own = app.web(input).and_then(timeout);
        if let Some((element, minutes)) = own.or_else(|| of_fragment(input, app)).filter(|(_, minutes)| *minutes <= 0) {
            out.on(element, format!("session-timeout {minutes}: sessions and their copies are never removed"))
                .help("set a number of minutes");
        }
    }
    for (first, other) in input.variants() {
        let both = first.web(input).and_then(timeout).zip(other.web(input).and_then(timeout));
        if let Some(((place, a), (element, b))) = both.filter(|((_, a), (_, b))| a != b) {
            let (n1, n2) = (&first.nodes[0], &other.nodes[0]);
            out.on(
                element,
                format!("sessions of `{}` end after {b} minutes on {n2}, after {a} on {n1}", other.base_name),
            )
            .label(place, "", format!("on {n1}"));
        }
    }
    let defaults = input.nodes.iter().filter_map(|node| Some((node, timeout(node.web(input)?)?)));
    let defaults: Vec<_> = defaults.collect();
    let is_clustered = |node: &Node| !node.clusters(input).is_empty();
    for (_, (element, minutes)) in defaults.iter().filter(|(node, (_, minutes))| *minutes <= 0 && is_clustered(node)) {
        let message = format!("session-timeout {minutes} for all apps: sessions and their copies are never removed");
        out.on(*element, message).help("set a number of minutes");
    }
    let Some(((first, (place, minutes)), others)) = defaults.split_first() else { return };
    for (node, (element, other)) in others.iter().filter(|(_, (_, other))| other != minutes) {
        out.on(
            *element,
            format!("sessions end after {other} minutes on {}, after {minutes} on {}", node.name, first.name),
        )
        .label(*place, "", format!("on {}", first.name));
    }
}

/// The timeout of a jar of an app whose web.xml has none, and lets fragments count.
fn of_fragment<'i>(input: &'i Input, app: &App) -> Option<(Element<'i>, i64)> {
    let web = app.web(input)?;
    if web.flag("metadata-complete", false) == Some(true) || has(web, "absolute-ordering") {
        return None;
    }
    let mut counting = app
        .fragments(input)
        .into_iter()
        .filter(|(jar, fragment)| fragment.local_name() == "web-fragment" && input.scans(app, jar) == Some(true));
    counting.find_map(|(_, fragment)| timeout(fragment))
}

fn timeout(web: Element<'_>) -> Option<(Element<'_>, i64)> {
    let element = child(child(web, "session-config")?, "session-timeout")?;
    Some((element, element.text().parse().ok()?))
}
