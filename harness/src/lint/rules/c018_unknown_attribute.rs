//! Rule C018, unknown-attribute.

use std::borrow::Cow;

use crate::config::read::Element;
use crate::lint::attributes::{List, Names, lists};
use crate::lint::{Applicability, Cluster, Confidence, Findings, Input, Rule, Severity, Versions};

/// The rule.
pub(in crate::lint) static RULE: Rule = Rule {
    code: "C018",
    name: "unknown-attribute",
    severity: Severity::Warning,
    confidence: Confidence::High,
    finds: "an attribute that the class of its element does not have",
    why: r#"The server logs "Match [...] failed to set property", or nothing at all, and the default stays in effect."#,
    bad: r#"<Receiver className="…NioReceiver" autobind="1"/>"#,
    good: r#"<Receiver className="…NioReceiver" autoBind="1"/>"#,
    evidence: "the setters of Tomcat's own classes, read by `cargo ci attributes` from 8.5.100, 9.0.117, 10.0.27, 10.1.59 and 11.0.24; IntrospectionUtils.setProperty; Connector.setProperty passes on to protocol and endpoint",
    versions: "8.5 to 11.0; later ones as 11.0",
    check,
};

fn check(input: &Input, out: &mut Findings<'_>) {
    for (element, known, versions) in known_elements(input) {
        for attribute in element.attributes().iter().filter(|attribute| !is_special(&attribute.name)) {
            let name = lowered(&attribute.name);
            let has = known.iter().any(|(_, names)| names.contains_key(name.as_str()));
            let is_passed_on = element.name() == "Connector" && name.starts_with("socket.");
            if !has && !is_passed_on {
                unknown(out, element, &attribute.name, &known, versions);
            }
        }
    }
}

/// What an element takes, by list.
pub(super) type KnownNames = Vec<(&'static List, Cow<'static, Names>)>;

/// Every element of which all lists of its node's versions know what it takes, as Catalina creates it.
pub(super) fn known_elements(input: &Input) -> Vec<(Element<'_>, KnownNames, Versions)> {
    let mut all = vec![];
    for node in &input.nodes {
        let clusters = node.clusters(input);
        for root in node.roots(input) {
            elements(root, &clusters, node.versions, &mut all);
        }
    }
    // An app is of all nodes.
    let versions = input.nodes.first().map_or(Versions::ANY, |node| node.versions);
    for app in input.apps.iter().filter(|app| !app.is_stock(input)) {
        if let Some(root) = app.context(input).filter(|root| root.name() == "Context") {
            elements(root, &[], versions, &mut all);
        }
    }
    all
}

fn elements<'i>(
    root: Element<'i>,
    clusters: &[Cluster<'_>],
    versions: Versions,
    all: &mut Vec<(Element<'i>, KnownNames, Versions)>,
) {
    let lists = lists(versions);
    if lists.is_empty() {
        return;
    }
    let inside =
        |element: Element<'_>| clusters.iter().any(|cluster| cluster.element.span().contains(&element.span().start));
    for element in root.document().elements() {
        let parent = element.parent().map_or("", Element::name);
        let default = match (element.name(), parent) {
            ("Server", "") => Some("org.apache.catalina.core.StandardServer"),
            ("Service", "Server") => Some("org.apache.catalina.core.StandardService"),
            ("Executor", "Service") => Some("org.apache.catalina.core.StandardThreadExecutor"),
            ("Engine", "Service") => Some("org.apache.catalina.core.StandardEngine"),
            ("Host", "Engine") => Some("org.apache.catalina.core.StandardHost"),
            ("Context", "Host" | "") => Some("org.apache.catalina.core.StandardContext"),
            ("Connector", "Service") => {
                let protocol = element.value_or("protocol", "");
                let names = |list: &&'static List| Some((*list, list.connector_names(protocol?)?));
                if let Some(known) =
                    lists.iter().map(names).collect::<Option<Vec<_>>>().filter(|_| !element.has("className"))
                {
                    all.push((element, known, versions));
                }
                continue;
            }
            ("Manager", "Context") => Some("org.apache.catalina.session.StandardManager"),
            ("Valve", "Engine" | "Host" | "Context")
            | ("Listener", "Server" | "Engine" | "Host" | "Context")
            | ("Store", "Manager") => None,
            _ if element.document().file() == root.document().file() && inside(element) => None,
            _ => continue,
        };
        let Some(class) = element.class().map(str::trim).or(default.filter(|_| !element.has("className"))) else {
            continue;
        };
        let names = |list: &&'static List| Some((*list, Cow::Borrowed(list.names(class)?)));
        if let Some(known) = lists.iter().map(names).collect() {
            all.push((element, known, versions));
        }
    }
}

fn unknown(out: &mut Findings<'_>, element: Element<'_>, name: &str, known: &KnownNames, versions: Versions) {
    let short = element.short_class().unwrap_or(element.name());
    let nearest = known
        .iter()
        .flat_map(|(_, names)| names.keys())
        .map(|known| (strsim::osa_distance(&known.to_lowercase(), &name.to_lowercase()), *known))
        .min();
    let finding = out.on_name(element, name, format!("`{name}` is no attribute of {short}"));
    if versions.is_unknown() || known.iter().all(|(list, _)| list.is_guess) {
        finding.sure(Confidence::Medium);
    }
    match nearest {
        Some((0, right)) => finding.help(format!("write `{right}`")).rename(Applicability::Safe, element, name, right),
        Some((distance, right)) if distance <= 2 && name.len() > 4 => {
            finding.help(format!("did you mean `{right}`?")).rename(Applicability::Unsafe, element, name, right)
        }
        _ => finding.help("remove it; it has no effect"),
    };
}

/// `IntrospectionUtils` capitalizes the first letter only.
pub(super) fn lowered(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_lowercase().to_string() + characters.as_str()).unwrap_or_default()
}

/// Read by the digester itself, or reported by another rule.
fn is_special(name: &str) -> bool {
    name.eq_ignore_ascii_case("className")
        || name.starts_with("xml")
        || name.contains(':')
        || super::c017_old_names::is_old(name)
}
